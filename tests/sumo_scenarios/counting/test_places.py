"""Counted places: what the network lacks is refused by name, and counts that cannot all be true are found."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.counting.places import Contradiction, contradictions, find_places
from sumo_scenarios.counting.streets import read_streets
from tests.sumo_scenarios.counting.towns import chain, one_hour, streets_of, turns
from tests.sumo_scenarios.small_nets import edge_row, net_of

ALL_IN = {"WA_AB": 300.0, "WA_AN": 40.0, "SA_AB": 100.0, "SA_AN": 10.0}
ALL_OUT = {"AB_BE": 350.0, "AB_BO": 50.0, "TB_BE": 80.0, "TB_BO": 20.0}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (("Z", "WA", "AB"), "signal Z, WA to AB: town.net.xml has no signal 'Z'"),
        (("A", "WX", "AB"), "no edge 'WX'"),
        (("A", "WA", "BE"), "no car can turn so there"),
        (("B", "WA", "AB"), "no car can turn so there"),
        (("XY",), "edge XY: town.net.xml has no edge 'XY'"),
        ((":A_0",), "no edge ':A_0'"),
    ],
)
def test_places_that_are_none_are_refused_by_name(place: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=said):
        find_places(streets_of(tmp_path, chain()), one_hour({place: 5.0}))


def test_a_turn_that_is_none_may_be_counted_as_empty(tmp_path: Path) -> None:
    counts = one_hour({("A", "WA", "BE"): 0.0, ("A", "WA", "AB"): 3.0})
    places, notices = find_places(streets_of(tmp_path, chain()), counts)
    assert list(places.turns.values()) == [("A", "WA", "AB")]
    assert notices == ("signal A, WA to BE does not exist for cars; its counts of 0 are left out",)


def test_a_network_without_turns_is_refused(tmp_path: Path) -> None:
    net = net_of(tmp_path, f"<net>{edge_row('AB', ('A', 'B'))}</net>")
    with pytest.raises(InvalidInputError, match="no turn that a car may take"):
        read_streets(net)


def test_a_bus_street_is_no_street(tmp_path: Path) -> None:
    text = chain().replace('<lane id="SA_0"', '<lane allow="bus" id="SA_0"')
    with pytest.raises(InvalidInputError, match="no car can turn so there"):
        find_places(streets_of(tmp_path, text), one_hour(turns(SA_AN=4)))


@pytest.mark.parametrize("middle", ["", "M"])
def test_what_enters_a_street_and_does_not_leave_it_is_a_contradiction(middle: str, tmp_path: Path) -> None:
    ins = {name.replace("AB", "AM") if middle else name: veh for name, veh in ALL_IN.items()}
    outs = {name.replace("AB", "MB") if middle else name: veh for name, veh in ALL_OUT.items()}
    streets = streets_of(tmp_path, chain(middle))
    counts = one_hour(turns(**ins | outs))
    places, _ = find_places(streets, counts)
    assert contradictions(places, counts) == ()
    counts = one_hour(turns(**ins | outs | {("MB_BE" if middle else "AB_BE"): 290.0}))
    where = "edge AM to MB" if middle else "edge AB"
    assert contradictions(places, counts) == (Contradiction(where, 400.0, 340.0),)
    assert contradictions(places, counts)[0].difference_veh == 60.0


def test_partial_counts_leave_streets_open(tmp_path: Path) -> None:
    streets = streets_of(tmp_path, chain())
    counts = one_hour(turns(**{k: v for k, v in ALL_IN.items() if k != "SA_AB"} | ALL_OUT))
    places, _ = find_places(streets, counts)
    assert streets.index["AB"] not in places.closed_starts
    assert contradictions(places, counts) == ()
    assert streets.index["AB"] in places.closed_ends


def test_links_around_a_junction_contradict_each_other(tmp_path: Path) -> None:
    streets = streets_of(tmp_path, chain())
    counts = one_hour({("WA",): 340.0, ("SA",): 110.0, ("AB",): 400.0, ("AN",): 30.0})
    places, _ = find_places(streets, counts)
    assert contradictions(places, counts) == (Contradiction("junction A", 450.0, 430.0),)
