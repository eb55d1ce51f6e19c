"""What arrives live is judged as in a run: the same loops fail at the same time, and no gap makes one fail."""

import random

import pytest

from detectors.live.loop_feed import LoopFeed
from detectors.live.loop_watch import LoopWatch, loops_alone
from detectors.live.message import Row
from detectors.live.stream import LiveStream
from detectors.live.told import DataGap, LiveEvent, Told
from detectors.loops.events import LoopEvent
from detectors.loops.health import LoopHealth
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.network import JunctionLayout
from tests.detectors.layouts import FAR, LINE, NEAR, junction
from tests.detectors.live.wire import T0_MS, edges, network, received, sent

CHANNELS = {FAR: 1, NEAR: 2, LINE: 3}


def street() -> JunctionLayout:
    layout = junction()
    return JunctionLayout(
        layout.signal_id, layout.lanes, layout.movements, layout.exits, layout.reach, layout.loops,
        ((NEAR,), (LINE,), ()),
    )  # fmt: skip


def traffic(seconds: int, silent: frozenset[int] = frozenset(), stuck: int | None = None) -> list[Row]:
    """A vehicle each 14 s over the three loops; silent ones say nothing, a stuck one goes on at 300 s and stays."""
    rows = []
    for k in range(0, seconds, 14):
        for loop, after_s in ((FAR, 0.0), (NEAR, 11.5), (LINE, 15.0)):
            for code, lasts_s in ((82, 0.0), (81, 0.8)):
                at_s = k + after_s + lasts_s
                if at_s < seconds and loop not in silent and (loop != stuck or at_s < 300):
                    rows.append(Row(T0_MS + round(at_s * 1000), "J", code, CHANNELS[loop]))
    if stuck is not None:
        rows.append(Row(T0_MS + 300_000, "J", 82, CHANNELS[stuck]))
    return sorted(rows, key=lambda row: row.time_ms)


def judged(rows: list[Row], lost: range = range(0)) -> tuple[LoopWatch, list[float]]:
    """The watch after a shuffled delivery, and since when each loop is what it is, 0 if it is ok."""
    watch = LoopWatch([street()])
    for told in received(network(sent(rows), random.Random(5), doubled=0.2, delayed=0.2, lost=lost), LiveStream()):
        watch.take(told)
    return watch, [one.since_s or 0.0 for one in watch.standings()]


def in_a_run(rows: list[Row], seconds: int) -> list[float]:
    """Since when each loop is what it is where events come as they happen, once a second."""
    health, since_s, before = LoopHealth(street()), [0.0] * 3, [DetectorState.OK] * 3
    index = {channel: loop for loop, channel in CHANNELS.items()}
    at = 0
    for second in range(1, seconds + 1):
        while at < len(rows) and rows[at].time_ms <= T0_MS + second * 1000:
            health.believes(LoopEvent(index[rows[at].parameter], rows[at].time_ms / 1000, rows[at].code == 82))
            at += 1
        health.assess(T0_MS / 1000 + second, "r")
        for loop in range(3):
            if health.state(loop) is not before[loop]:
                before[loop] = health.state(loop)
                since_s[loop] = 0.0 if before[loop] is DetectorState.OK else T0_MS / 1000 + second
    return since_s


@pytest.mark.parametrize(
    ("silent", "stuck", "bad"),
    [(frozenset(), None, set()), (frozenset({LINE}), None, {LINE}), (frozenset(), NEAR, {NEAR})],
)
def test_the_same_loops_are_distrusted_as_in_a_run(silent: frozenset[int], stuck: int | None, bad: set[int]) -> None:
    rows = traffic(900, silent, stuck)
    watch, since_s = judged(rows)
    assert {loop for loop, at_s in enumerate(since_s) if at_s} == bad
    assert since_s == pytest.approx(in_a_run(rows, 900), abs=4.0)  # each is judged every fourth second
    states = {one.channel: (one.state, bool(one.why)) for one in watch.standings()}
    assert all(states[CHANNELS[loop]] == (DetectorState.FAILED, True) for loop in bad)
    assert all(watch.quality("J", CHANNELS[loop]) == ("fault" if loop in bad else "ok") for loop in range(3))


def test_no_gap_makes_a_loop_fail() -> None:
    assert judged(traffic(900), lost=range(300, 540))[1] == [0.0, 0.0, 0.0]


def test_a_vehicle_that_a_gap_took_off_the_loop_does_not_stay_there() -> None:
    feed = LoopFeed(street())
    assert feed.edges([LiveEvent(1000, "J", 82, 3, "c")]) == [LoopEvent(LINE, 1.0, True)]
    assert feed.lost(DataGap("c", "b", 2, 3, 1500, 4000)) == [LoopEvent(LINE, 4.0, False)]
    assert feed.lost(DataGap("c", "b", 5, 5, 6000, 7000)) == []


def test_only_what_is_in_order_and_of_a_known_loop_is_taken() -> None:
    feed = LoopFeed(street())
    events = [
        LiveEvent(1000, "J", 82, 3, "c", late=True),
        LiveEvent(1000, "K", 82, 3, "c"),
        LiveEvent(1000, "J", 1, 3, "c"),
        LiveEvent(1000, "J", 82, 9, "c"),
    ]
    assert (feed.edges(events), feed.unknown) == ([], 1)


def test_a_second_on_tells_that_an_off_was_lost() -> None:
    feed = LoopFeed(street())
    feed.edges([LiveEvent(1000, "J", 82, 2, "c")])
    assert feed.edges([LiveEvent(8000, "J", 82, 2, "c")]) == [LoopEvent(NEAR, 8.0, False), LoopEvent(NEAR, 8.0, True)]


def test_the_same_edge_twice_is_one() -> None:
    feed, event = LoopFeed(street()), LiveEvent(1000, "J", 82, 2, "c")
    assert (feed.edges([event, event]), feed.doubled) == ([LoopEvent(NEAR, 1.0, True)], 1)


def test_loops_without_a_place_are_judged_by_themselves() -> None:
    watch = LoopWatch([loops_alone("J", [("J/1", 1, 2.0), ("J/2", 2, 2.0)])])
    rows = edges(120)
    chatter = [
        Row(T0_MS + 60_000 + k * 100 + lasts, "J", code, 2) for k in range(40) for code, lasts in ((82, 0), (81, 30))
    ]
    for told in received(
        network(sent(sorted(rows + chatter, key=lambda row: row.time_ms)), random.Random(1)), LiveStream()
    ):
        watch.take(told)
    assert [(one.channel, one.state) for one in watch.standings()] == [(1, DetectorState.OK), (2, DetectorState.FAILED)]


def test_an_off_that_a_gap_took_is_not_held_against_its_loop() -> None:
    watch = LoopWatch([loops_alone("J", [("J/1", 1, 2.0), ("J/2", 2, 2.0)])])
    once = [Row(T0_MS + 99_800, "J", 82, 2), Row(T0_MS + 101_500, "J", 81, 2)]
    rows = sorted(edges(1300) + once, key=lambda row: row.time_ms)
    for told in received(network(sent(rows), random.Random(1), lost=range(101, 111)), LiveStream()):
        watch.take(told)
    assert [one.state for one in watch.standings()] == [DetectorState.OK] * 2


def test_lamps_are_asked_for_where_somebody_knows_them() -> None:
    asked = []

    def lamps(signal: str, at_s: float) -> str:
        asked.append((signal, at_s))
        return "G"

    watch = LoopWatch([street()], lamps)
    watch.take(Told("c", None, (LiveEvent(500, "J", 82, 3, "c"),), (0, 3000)))
    assert asked == [("J", 3.0)]
    watch.take(Told("c", None, (), (3000, 5000)))
    assert asked == [("J", 3.0), ("J", 4.0), ("J", 5.0)]
