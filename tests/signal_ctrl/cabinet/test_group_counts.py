"""Counts by signal group, by hand: lanes that several groups share, loops that several lanes share, loops that fail."""

from dataclasses import replace

import pytest

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from detectors.loops.events import LoopEvent
from signal_ctrl.cabinet.group_counts import GroupCounts
from signal_ctrl.domain.network import JunctionLayout, Loop, LoopRole, Movement

SITE = trial_site("cab-1")
LAYOUT = trial_layout(SITE)
MAIN, SIDE, LEFT = range(3)


def passing(loop: int, times: int = 1) -> list[LoopEvent]:
    return [LoopEvent(loop, 1.0, on) for _ in range(times) for on in (True, False)]


def taken(layout: JunctionLayout, *takes: tuple[list[LoopEvent], list[int], list[int]]) -> dict[str, int]:
    counts = GroupCounts(SITE, layout)
    for events, lit, failed in takes:
        counts.take(events, lit, failed)
    return dict(counts.settle())


def shared_lane() -> JunctionLayout:
    """Return the layout with main and left on one lane."""
    lanes = (replace(LAYOUT.lanes[0], movements=(0, 2)), LAYOUT.lanes[1])
    movements = (LAYOUT.movements[0], LAYOUT.movements[1], Movement(2, LEFT, 0, 2, 15.0, "l", ()))
    return replace(LAYOUT, lanes=lanes, movements=movements, loops=LAYOUT.loops[:2])


def test_who_goes_off_the_loop_has_left() -> None:
    assert taken(LAYOUT, (passing(0, 5), [MAIN], []), (passing(1, 2), [SIDE], [])) == {"main": 5, "side": 2, "left": 0}
    assert taken(LAYOUT, ([LoopEvent(0, 1.0, True)], [MAIN], [])) == {"main": 0, "side": 0, "left": 0}


def test_a_lane_of_two_groups_counts_for_the_one_that_is_lit_else_for_both() -> None:
    layout = shared_lane()
    assert taken(layout, (passing(0, 4), [MAIN], []), (passing(0, 2), [LEFT], [])) == {"main": 4, "side": 0, "left": 2}
    assert taken(layout, (passing(0, 6), [MAIN, LEFT], [])) == {"main": 3, "side": 0, "left": 3}
    assert taken(layout, (passing(0, 6), [], [])) == {"main": 3, "side": 0, "left": 3}


def test_halves_are_not_lost() -> None:
    counts = GroupCounts(SITE, shared_lane())
    counts.take(passing(0), [], [])
    assert dict(counts.settle())["main"] == 0
    counts.take(passing(0), [], [])
    assert dict(counts.settle())["main"] == 1


def test_a_group_whose_loop_is_not_believed_is_unknown_for_the_period() -> None:
    counts = GroupCounts(SITE, LAYOUT)
    counts.take(passing(1, 3), [SIDE], [1])
    assert dict(counts.settle()) == {"main": 0, "left": 0}
    counts.take(passing(1, 3), [SIDE], [])
    assert dict(counts.settle())["side"] == 3


@pytest.mark.parametrize("loops", [(), (0,)])
def test_a_lane_that_nobody_counts_leaves_its_group_unknown(loops: tuple[int, ...]) -> None:
    lanes = (LAYOUT.lanes[0], replace(LAYOUT.lanes[1], loops=()), *LAYOUT.lanes[2:])
    assert set(taken(replace(LAYOUT, lanes=lanes))) == {"main", "left"}


def test_loops_nearer_to_the_stop_line_count() -> None:
    far = Loop("far", "in0", 100.0, 2.0, LoopRole.ADVANCE, (0,), 98.0, 9)
    lanes = (replace(LAYOUT.lanes[0], loops=(3, 0)), *LAYOUT.lanes[1:])
    layout = replace(LAYOUT, lanes=lanes, loops=(*LAYOUT.loops, far))
    assert taken(layout, (passing(3, 7), [MAIN], []), (passing(0, 2), [MAIN], []))["main"] == 2


def test_a_loop_of_two_lanes_counts_half_for_each() -> None:
    lanes = (replace(LAYOUT.lanes[0], loops=(0,)), replace(LAYOUT.lanes[1], loops=(0,)), LAYOUT.lanes[2])
    layout = replace(LAYOUT, lanes=lanes)
    assert taken(layout, (passing(0, 8), [MAIN], [])) == {"main": 4, "side": 4, "left": 0}
