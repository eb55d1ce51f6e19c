from collections.abc import Callable

import pytest

from bench.city_speed.city import make_city
from signal_ctrl.watch.observations import LoopCount, Observation, Position, TagRead
from signal_ctrl.watch.state.inbox import AHEAD_MS, Inbox

NOW_MS = 1_767_600_060_000
BEGIN_MS = NOW_MS - 60_000
CITY = make_city(1)
LOOP = CITY.loops[0].detector


def _count(**changes: object) -> LoopCount:
    values: dict[str, object] = {"vehicles": 5, "occupied": 0.1, **changes}
    return LoopCount(LOOP, BEGIN_MS, NOW_MS, **values)  # type: ignore[arg-type]  # values of two fields


@pytest.mark.parametrize(
    ("why", "observation"),
    [
        ("from the future", Position("v", NOW_MS + AHEAD_MS + 1, 116.4, 39.9)),
        ("from the future", LoopCount(LOOP, NOW_MS, NOW_MS + 60_000, 1, 0.1)),
        ("unknown detector", LoopCount("none", BEGIN_MS, NOW_MS, 1, 0.1)),
        ("unknown reader", TagRead("none", "t", NOW_MS)),
        ("longer than five minutes", LoopCount(LOOP, NOW_MS - 600_000, NOW_MS, 1, 0.1)),
        ("impossible", _count(vehicles=60)),
        ("impossible", _count(vehicles=20, occupied=0.001)),
    ],
)
def test_why_it_is_refused_is_counted(why: str, observation: Observation) -> None:
    inbox = Inbox(CITY)
    inbox.take(observation, NOW_MS)
    assert inbox.refused == {why: 1}
    told = inbox.close(BEGIN_MS)
    assert not (told.counts or told.positions or told.reads)


def test_what_tells_of_a_minute_is_kept_for_it() -> None:
    inbox = Inbox(CITY)
    inbox.take(_count(), NOW_MS)
    inbox.take(Position("v", NOW_MS - 1, 116.4, 39.9), NOW_MS)
    inbox.take(Position("v", NOW_MS, 116.4, 39.9), NOW_MS)
    told = inbox.close(BEGIN_MS)
    assert list(told.counts) == [LOOP]
    assert list(told.positions) == [("v", NOW_MS - 1)]
    assert list(inbox.close(NOW_MS).positions) == [("v", NOW_MS)]


@pytest.mark.parametrize("make", [_count, lambda: Position("v", NOW_MS - 1, 116.4, 39.9)])
def test_twice_and_too_late(make: Callable[[], Observation]) -> None:
    inbox = Inbox(CITY)
    inbox.take(make(), NOW_MS)
    inbox.take(make(), NOW_MS)
    inbox.close(BEGIN_MS)
    inbox.take(make(), NOW_MS + 1)
    assert inbox.refused == {"twice": 1, "too late": 1}


def test_all_counts_of_a_detector_within_a_minute_are_kept_and_none_of_them_twice() -> None:
    inbox, starts = Inbox(CITY), [BEGIN_MS + k * 20_000 for k in range(3)]
    for begin_ms in [*starts, *starts, BEGIN_MS + 10_000]:
        inbox.take(LoopCount(LOOP, begin_ms, begin_ms + 20_000, 5, 0.1), NOW_MS)
    assert inbox.refused == {"twice": 4}
    assert [each.from_utc_ms for each in inbox.close(BEGIN_MS).counts[LOOP]] == starts


@pytest.mark.parametrize("lasts_ms", [1_000, 5_000, 60_000])
def test_one_vehicle_is_possible_in_any_time(lasts_ms: int) -> None:
    inbox = Inbox(CITY)
    inbox.take(LoopCount(LOOP, NOW_MS - lasts_ms, NOW_MS, 1, 0.3), NOW_MS)
    assert not inbox.refused


def test_a_count_over_several_minutes_tells_of_the_one_that_it_ends_in() -> None:
    inbox = Inbox(CITY)
    inbox.close(BEGIN_MS - 60_000)
    inbox.take(LoopCount(LOOP, NOW_MS - 300_000, NOW_MS, 25, 0.1), NOW_MS)
    assert not inbox.refused
    assert list(inbox.close(BEGIN_MS).counts) == [LOOP]


def test_a_clock_that_is_a_little_ahead_does_no_harm() -> None:
    inbox = Inbox(CITY)
    inbox.take(Position("v", NOW_MS + AHEAD_MS, 116.4, 39.9), NOW_MS)
    assert not inbox.refused


def test_minutes_that_nobody_asked_for_are_not_kept_for_ever() -> None:
    inbox = Inbox(CITY)
    for minute in range(50):
        inbox.take(Position("v", NOW_MS + minute * 60_000, 116.4, 39.9), NOW_MS + minute * 60_000)
    inbox.close(NOW_MS + 49 * 60_000)
    assert not inbox._minutes
