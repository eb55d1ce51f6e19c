"""Arrivals by hand: the farthest loop of a lane counts, the way that is left takes its time, and none is told unheard."""

from dataclasses import replace

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from detectors.loops.events import LoopEvent
from signal_ctrl.cabinet.arrivals import EVERY_MS, Arrivals
from signal_ctrl.domain.link.arrivals import arrivals_of
from signal_ctrl.domain.network import Loop, LoopRole, Movement

LAYOUT = trial_layout(trial_site("cab-1"))
MAIN, SIDE, LEFT = range(3)
NOW_MS = 1_790_000_000_000


def told(arrivals: Arrivals, utc_ms: int, heard: bool = True) -> list[tuple[int, int]]:
    texts: list[str] = []
    arrivals.settle(utc_ms, lambda: heard, texts.append)
    return [(group, at - utc_ms) for text in texts for group, at in arrivals_of(text, utc_ms)]


def test_a_vehicle_arrives_after_the_way_that_is_left_from_the_farthest_loop() -> None:
    far = Loop("far", "in0", 50.0, 2.0, LoopRole.ADVANCE, (0,), 139.0, 9)
    lanes = (replace(LAYOUT.lanes[0], loops=(0, 3), speed_mps=13.9), *LAYOUT.lanes[1:])
    arrivals = Arrivals(replace(LAYOUT, lanes=lanes, loops=(*LAYOUT.loops, far)))
    events = [LoopEvent(3, 99.5, True), LoopEvent(3, 99.8, False), LoopEvent(0, 99.9, True), LoopEvent(1, 99.0, True)]
    arrivals.take(events, 100.0, NOW_MS)
    assert told(arrivals, NOW_MS) == [(MAIN, 9_500), (SIDE, -1_000)]


def test_of_a_lane_with_several_groups_the_one_that_goes_straight_on_counts() -> None:
    turning = Movement(2, LEFT, 0, 2, 15.0, "l", ())
    lanes = (replace(LAYOUT.lanes[0], movements=(2, 0)), LAYOUT.lanes[1])
    layout = replace(LAYOUT, lanes=lanes, movements=(*LAYOUT.movements[:2], turning), loops=LAYOUT.loops[:2])
    arrivals = Arrivals(layout)
    arrivals.take([LoopEvent(0, 10.0, True)], 10.0, NOW_MS)
    assert told(arrivals, NOW_MS) == [(MAIN, 0)]


def test_they_are_told_every_ten_seconds_and_let_go_where_nobody_hears() -> None:
    arrivals = Arrivals(LAYOUT)
    arrivals.take([LoopEvent(0, 10.0, True)], 10.0, NOW_MS)
    assert told(arrivals, NOW_MS, heard=False) == []
    arrivals.take([LoopEvent(0, 11.0, True)], 11.0, NOW_MS + 1_000)
    assert told(arrivals, NOW_MS + EVERY_MS - 1) == []
    assert told(arrivals, NOW_MS + EVERY_MS) == [(MAIN, 1_000 - EVERY_MS)]
    assert told(arrivals, NOW_MS + 3 * EVERY_MS) == []
