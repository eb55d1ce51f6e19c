"""Guided drivers on the lanes of one signal: nobody twice, nobody too late, and no more than a view holds."""

from dataclasses import replace

import pytest

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from detectors.comers import AHEAD_S, LATE_S, Comers
from detectors.view_builder import MAX_VEHICLES
from signal_ctrl.domain.link.foretold import Foretold, ForetoldKind
from signal_ctrl.domain.network import JunctionLayout, Loop, LoopRole

FAR_M = 139.0
SEEN_S = 10.0
"""So long before the stop line the farthest loop counts somebody, at 13.9 m/s. [s]"""


def layout() -> JunctionLayout:
    """The trial signal with a loop ten seconds before each stop line."""
    made = trial_layout(trial_site("cab-1"))
    far = tuple(Loop(f"far{k}", f"in{k}", 60.0, 2.0, LoopRole.ADVANCE, (k,), FAR_M, 9 + k) for k in range(3))
    lanes = tuple(replace(lane, loops=(*lane.loops, 3 + k)) for k, lane in enumerate(made.lanes))
    exits = tuple(replace(out, edge_id=out.lane_id) for out in made.exits)
    return replace(made, lanes=lanes, exits=exits, loops=(*made.loops, *far))


def comes(in_s: float, here: str = "in1", onto: str = "out1", key: int = 1) -> Foretold:
    return Foretold(ForetoldKind.GUIDED, key, here, onto, (in_s,), 0.0, 0.0, 1.0, 0.8)


def test_a_driver_comes_on_the_lane_and_by_the_movement_of_his_turn() -> None:
    ((lane, found),) = Comers(layout()).guided((comes(25.0),))
    assert (lane, found.movement, found.presence) == (1, 1, 0.8)
    assert found.eta_s == pytest.approx(25.0)


@pytest.mark.parametrize(
    ("in_s", "is_there"),
    [
        (AHEAD_S + 0.1, False),
        (AHEAD_S - 0.1, True),
        (SEEN_S + 0.1, True),
        (SEEN_S - LATE_S + 0.1, True),
        (SEEN_S - LATE_S, False),
    ],
)
def test_from_the_farthest_loop_on_the_loops_count_him(in_s: float, is_there: bool) -> None:
    found = Comers(layout()).guided((comes(in_s),))
    assert bool(found) is is_there
    assert all(vehicle.eta_s >= SEEN_S for _, vehicle in found)  # who is a little late has the whole way before him


def test_turns_that_are_not_of_this_signal_lead_nobody_here() -> None:
    foreign = (comes(20.0, "in1", "out2"), comes(20.0, "x", "out1", 2), comes(20.0, "in1", "x", 3))
    assert Comers(layout()).guided(foreign) == []


def test_a_bus_is_no_guided_driver_and_a_driver_no_bus() -> None:
    bus = Foretold(ForetoldKind.BUS, 7, "in1", "out1", (20.0,), 200.0, 9.0, 20.0)
    comers = Comers(layout())
    assert [one.key for one in comers.buses((bus, comes(20.0)))] == [7]
    assert len(comers.guided((bus, comes(20.0)))) == 1


def test_lanes_of_one_turn_share_those_who_come_and_hold_no_more_than_a_view() -> None:
    made = layout()
    both = replace(made, lanes=tuple(replace(lane, edge_id="in") for lane in made.lanes))
    both = replace(both, exits=tuple(replace(out, edge_id="out") for out in both.exits))
    many = tuple(comes(12.0 + 0.1 * k, "in", "out", k) for k in range(300))
    found = Comers(both).guided(many)
    assert [sum(lane == k for lane, _ in found) for k in range(3)] == [MAX_VEHICLES] * 3
    assert len({vehicle.key for _, vehicle in found}) == len(found)
    assert [lane for lane, _ in found[:3]] == [0, 1, 2]
