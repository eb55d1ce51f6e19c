"""Turning counts and their CSV document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.counts import CountPeriod, Counts, counts_from_csv, counts_to_csv
from signal_ctrl.domain.errors import InvalidInputError

HEADER = "begin_s,end_s,signal,from_edge,to_edge,vehicles\n"
names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


def test_counts_of_two_periods_and_their_flow() -> None:
    counts = counts_from_csv(HEADER + "0,900,J,a,b,25\n900,1800,J,a,b,50\n900,1800,J,a,c,0\n")
    assert [p.flow_veh_h() for p in counts.periods] == [
        {("J", "a", "b"): 100.0},
        {("J", "a", "b"): 200.0, ("J", "a", "c"): 0.0},
    ]
    assert counts.signals() == ("J",)


def test_columns_may_come_in_any_order_with_others_beside_them_and_a_byte_order_mark() -> None:
    text = "\ufeffvehicles,note,signal,from_edge,to_edge,end_s,begin_s\n7,rain,J,a,b,900,0\n"
    assert counts_from_csv(text).periods == (CountPeriod(0.0, 900.0, {("J", "a", "b"): 7.0}),)


@given(st.dictionaries(st.tuples(names, names, names), st.floats(0, 1e6), min_size=1, max_size=5))
def test_what_is_written_is_read_again(vehicles: dict[tuple[str, str, str], float]) -> None:
    vehicles = {turn: float(f"{v:.12g}") for turn, v in vehicles.items()}
    counts = Counts((CountPeriod(0.0, 900.0, vehicles),))
    assert counts_from_csv(counts_to_csv(counts)) == counts


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "header needs"),
        ("begin_s,end_s,signal,from_edge,to_edge\n0,900,J,a,b\n", "look at vehicles"),
        (HEADER, "no counts"),
        (HEADER + "0,900,J,a,b,-1\n", "line 2: -1 vehicles at signal J"),
        (HEADER + "0,900,J,a,b,nan\n", "line 2: vehicles is 'nan'"),
        (HEADER + "0,900,J,a,b,\n", "vehicles is ''"),
        (HEADER + "0,900,J,,b,1\n", "is empty"),
        (HEADER + "0,900,J,a,b,1\n0,900,J,a,b,2\n", "line 3: a to b of signal J occurs twice"),
        (HEADER + "900,0,J,a,b,1\n", "begin_s < end_s"),
        (HEADER + "-900,0,J,a,b,1\n", "0 <= begin_s"),
        (HEADER + "0,900,J,a,b,1\n600,1200,J,a,b,1\n", "overlap"),
        (HEADER + "0,900,J,a,b,1,9\n", "more fields"),
        (HEADER + '0,900,"J,a,b,1\n', "no CSV"),
    ],
)
def test_damaged_counts_are_refused_by_place(text: str, named: str) -> None:
    with pytest.raises(InvalidInputError, match=named):
        counts_from_csv(text)
