"""Who is foretold, on the lanes of one signal: nobody twice, nobody too late, and not for long."""

from dataclasses import replace

import pytest

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from detectors.view_builder import MAX_VEHICLES
from signal_ctrl.cabinet.foretold import (
    AHEAD_S,
    FRESH_MS,
    LATE_S,
    PRESENCE,
    SKEW_MS,
    WANTED_MS,
    Doors,
    ForetoldBoard,
)
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import Foretold, foretold_to_bytes
from signal_ctrl.domain.network import JunctionLayout, Loop, LoopRole

NOW_MS = 1_800_000_000_000


def layout(far_m: float = 139.0) -> JunctionLayout:
    """The trial signal with a loop ten seconds before each stop line."""
    made = trial_layout(trial_site("cab-1"))
    far = tuple(Loop(f"far{k}", f"in{k}", 60.0, 2.0, LoopRole.ADVANCE, (k,), far_m, 9 + k) for k in range(3))
    lanes = tuple(replace(lane, loops=(*lane.loops, 3 + k)) for k, lane in enumerate(made.lanes))
    return replace(made, lanes=lanes, loops=(*made.loops, *far))


def comes(in_s: float, here: str = "in1", onto: str = "out1") -> Foretold:
    return Foretold(here, onto, NOW_MS + round(1000 * in_s))


def test_a_vehicle_comes_on_the_lane_and_by_the_movement_of_its_turn() -> None:
    ((lane, found),) = Doors(layout()).expected((comes(25.0),), NOW_MS)
    assert (lane, found.movement, found.presence) == (1, 1, PRESENCE)
    assert found.eta_s == pytest.approx(25.0)


@pytest.mark.parametrize(
    ("in_s", "is_there"),
    [(AHEAD_S + 0.1, False), (AHEAD_S - 0.1, True), (10.1, True), (10.0 - LATE_S + 0.1, True), (10.0 - LATE_S, False)],
)
def test_from_the_farthest_loop_on_the_loops_count_it(in_s: float, is_there: bool) -> None:
    found = Doors(layout()).expected((comes(in_s),), NOW_MS)
    assert bool(found) is is_there
    assert all(vehicle.eta_s >= 10.0 for _, vehicle in found)  # who is a little late has the whole way before him


def test_turns_that_are_not_of_this_signal_lead_nobody_here() -> None:
    foreign = (comes(20.0, "in1", "out2"), comes(20.0, "x", "out1"), comes(20.0, "in1", ""))
    assert Doors(layout()).expected(foreign, NOW_MS) == ()


def test_lanes_of_one_turn_share_those_who_come_and_hold_no_more_than_a_view() -> None:
    made = layout()
    both = replace(made, lanes=tuple(replace(lane, edge_id="in") for lane in made.lanes))
    both = replace(both, exits=tuple(replace(out, edge_id="out") for out in both.exits))
    many = tuple(comes(12.0 + 0.1 * k, "in", "out") for k in range(300))
    found = Doors(both).expected(many, NOW_MS)
    assert [sum(lane == k for lane, _ in found) for k in range(3)] == [MAX_VEHICLES] * 3
    assert len({vehicle.key for _, vehicle in found}) == len(found)
    assert [lane for lane, _ in found[:3]] == [0, 1, 2]


def test_what_was_heard_counts_for_a_quarter_of_a_minute() -> None:
    board, data = ForetoldBoard(), foretold_to_bytes([comes(20.0)], NOW_MS, 7)
    assert board.put(data, NOW_MS, 5_000) == 7
    assert board.at(5_000) == board.at(5_000 + FRESH_MS) == (comes(20.0),)
    assert board.at(5_000 + FRESH_MS + 1) == () and board.at(4_999) == ()
    board.put(data, NOW_MS, 5_000)
    board.clear()
    assert board.at(5_000) == ()


@pytest.mark.parametrize("utc_ms", [NOW_MS + SKEW_MS + 1, NOW_MS - SKEW_MS - 1])
def test_a_document_of_another_time_takes_away_what_was_there(utc_ms: int) -> None:
    board, data = ForetoldBoard(), foretold_to_bytes([comes(20.0)], NOW_MS)
    board.put(data, NOW_MS, 5_000)
    with pytest.raises(InvalidInputError, match="another time"):
        board.put(data, utc_ms, 5_100)
    assert board.at(5_100) == ()


def test_nobody_asks_for_what_nobody_looks_at() -> None:
    board = ForetoldBoard()
    assert not board.is_wanted(0)
    board.at(1_000)
    assert board.is_wanted(1_000 + WANTED_MS) and not board.is_wanted(1_001 + WANTED_MS)
