"""Counts at places: the CSV of link counts, and what it refuses."""

import pytest

from signal_ctrl.domain.counts import CountPeriod, Counts
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.place_counts import PlaceCounts, links_from_csv, links_to_csv, of_turns

HEAD = "begin_s,end_s,edge,vehicles\n"


def test_a_document_comes_back_as_it_was() -> None:
    counts = PlaceCounts(((0.0, 900.0), (900.0, 1800.0)), ({("a",): 5.0, ("b",): 0.0}, {("a",): 7.5}))
    assert links_from_csv(links_to_csv(counts)) == counts


def test_columns_in_any_order_and_others_beside_them() -> None:
    found = links_from_csv("edge,weather,vehicles,end_s,begin_s\n a ,rain,12,900,0\n")
    assert found == PlaceCounts(((0.0, 900.0),), ({("a",): 12.0},))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD, "holds no counts"),
        ("begin_s,end_s,edge\n0,900,a\n", "header needs"),
        (HEAD + "0,900,a,-1\n", "line 2: -1 vehicles on edge a"),
        (HEAD + "0,900,a,\n", "line 2: vehicles is '', not a number"),
        (HEAD + "0,900,a,nan\n", "line 2: vehicles is 'nan'"),
        (HEAD + "0,900,,5\n", "line 2: edge is empty"),
        (HEAD + "0,900,a,5\n0,900,a,6\n", "line 3: edge a occurs twice"),
        (HEAD + "900,0,a,5\n", "0 <= begin_s < end_s"),
        (HEAD + "-900,0,a,5\n", "0 <= begin_s < end_s"),
        (HEAD + "0,900,a,5\n600,1500,a,5\n", "periods overlap"),
        (HEAD + "0,900,a,5,6\n", "more fields"),
    ],
)
def test_bad_counts_are_refused_with_their_line(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        links_from_csv(text, "c.csv")


def test_turning_counts_are_counts_at_places() -> None:
    turn = ("C", "a", "b")
    found = of_turns(Counts((CountPeriod(0.0, 900.0, {turn: 3.0}),)))
    assert found.places() == (turn,)
    assert found.total_veh() == 3.0


def test_values_are_checked_without_a_document_too() -> None:
    with pytest.raises(InvalidInputError, match="signal C, a to b: -1 vehicles"):
        PlaceCounts(((0.0, 1.0),), ({("C", "a", "b"): -1.0},))
    with pytest.raises(InvalidInputError, match="at least one period"):
        PlaceCounts((), ())
