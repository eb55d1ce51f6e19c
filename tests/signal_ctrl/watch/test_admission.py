"""What counts of what is sent: each way to be wrong, alone and among what is right; an oracle for the rules of time."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.batches import Reason
from signal_ctrl.watch.feeds.values import Feed, FeedKind
from signal_ctrl.watch.intake.admission import Admission, Judged
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, count, network, position

NOW_MS = BEGIN_MS + MINUTE_MS + 2_000
COUNTS = Feed("loops", FeedKind.COUNTS, 0, "root")
BUSES = Feed("bus", FeedKind.POSITIONS, 0, "root")
TAGS = Feed("tags", FeedKind.READS, 0, "root")


def judged(feed: Feed, *items: Any, now_ms: int = NOW_MS, by: Admission | None = None) -> Judged:
    admission = by or Admission(network())
    found = admission.judge(feed, items, now_ms)
    admission.remember(found, now_ms)
    return found


def read(**changes: Any) -> dict[str, Any]:
    return {"reader": "g0", "tag": "t1", "utc_ms": BEGIN_MS, **changes}


WRONG: list[tuple[Feed, Any, Reason]] = [
    (COUNTS, count(0, BEGIN_MS, detector="nowhere"), Reason.UNKNOWN),
    (COUNTS, count(0, BEGIN_MS, vehicles=46), Reason.IMPOSSIBLE),
    (COUNTS, count(0, BEGIN_MS, vehicles=-1), Reason.IMPOSSIBLE),
    (COUNTS, count(0, BEGIN_MS, occupied=1.01), Reason.IMPOSSIBLE),
    (COUNTS, count(0, BEGIN_MS, occupied=0.0), Reason.IMPOSSIBLE),
    (COUNTS, count(0, BEGIN_MS, speed_mps=71.0), Reason.IMPOSSIBLE),
    (COUNTS, count(0, BEGIN_MS, vehicles=0), Reason.IMPOSSIBLE),
    (COUNTS, count(0, BEGIN_MS, to_utc_ms=BEGIN_MS), Reason.IMPOSSIBLE),
    (COUNTS, count(0, BEGIN_MS - 240_000, to_utc_ms=BEGIN_MS + MINUTE_MS), Reason.IMPOSSIBLE),
    (COUNTS, count(0, BEGIN_MS, vehicles=10.5), Reason.FORM),
    (COUNTS, count(0, BEGIN_MS, vehicles=True), Reason.FORM),
    (COUNTS, count(0, BEGIN_MS, occupied="0.1"), Reason.FORM),
    (COUNTS, count(0, BEGIN_MS, more=1), Reason.FORM),
    (COUNTS, count(0, BEGIN_MS, occupied=10**400), Reason.FORM),
    (COUNTS, {"detector": "d0"}, Reason.FORM),
    (COUNTS, ["d0", BEGIN_MS], Reason.FORM),
    (COUNTS, None, Reason.FORM),
    (COUNTS, position("a", BEGIN_MS), Reason.FORM),
    (COUNTS, count(0, BEGIN_MS + 5_001 + 2_000), Reason.FUTURE),
    (COUNTS, count(0, BEGIN_MS - 6 * MINUTE_MS), Reason.LATE),
    (BUSES, position("a", NOW_MS + 5_001), Reason.FUTURE),
    (BUSES, position("a", NOW_MS - 300_001), Reason.LATE),
    (BUSES, position("a", BEGIN_MS, lat=52.5), Reason.UNKNOWN),
    (BUSES, position("a", BEGIN_MS, lat=91.0), Reason.IMPOSSIBLE),
    (BUSES, position("a", BEGIN_MS, speed_mps=71.0), Reason.IMPOSSIBLE),
    (BUSES, position("a", BEGIN_MS, heading_deg=360.0), Reason.IMPOSSIBLE),
    (BUSES, position("", BEGIN_MS), Reason.FORM),
    (BUSES, position("a" * 65, BEGIN_MS), Reason.FORM),
    (BUSES, position("a", BEGIN_MS, kind="tram"), Reason.FORM),
    (BUSES, count(0, BEGIN_MS), Reason.FORM),
    (BUSES, position("a", BEGIN_MS, lon=-(10**400)), Reason.FORM),
    (TAGS, read(reader="g9"), Reason.UNKNOWN),
    (TAGS, read(utc_ms=NOW_MS + 5_001), Reason.FUTURE),
    (TAGS, read(utc_ms=1.5), Reason.FORM),
]
RIGHT = {"loops": count(1, BEGIN_MS), "bus": position("good", BEGIN_MS), "tags": read(tag="good")}


@pytest.mark.parametrize(("feed", "item", "reason"), WRONG)
def test_what_is_wrong_is_left_out_and_nothing_else(feed: Feed, item: Any, reason: Reason) -> None:
    found = judged(feed, item, RIGHT[feed.feed], item)
    assert found.left_out == Counter({reason: 2})
    assert len(found.accepted) == 1


@pytest.mark.parametrize("item", [count(0, BEGIN_MS), count(0, BEGIN_MS - 2 * MINUTE_MS), count(0, BEGIN_MS + 7_000)])
def test_what_is_right_counts(item: Any) -> None:
    assert len(judged(COUNTS, item).accepted) == 1


def test_the_same_again_counts_once_in_one_batch_and_in_the_next() -> None:
    for feed in (COUNTS, BUSES, TAGS):
        admission = Admission(network())
        first = judged(feed, RIGHT[feed.feed], RIGHT[feed.feed], by=admission)
        again = judged(feed, RIGHT[feed.feed], by=admission)
        assert (len(first.accepted), first.left_out[Reason.DUPLICATE]) == (1, 1)
        assert (len(again.accepted), again.left_out[Reason.DUPLICATE]) == (0, 1)


def test_a_count_that_overlaps_one_is_there_already() -> None:
    admission = Admission(network())
    judged(COUNTS, count(0, BEGIN_MS), by=admission)
    for begin_ms in (BEGIN_MS - 30_000, BEGIN_MS + 1):
        found = judged(COUNTS, count(0, begin_ms, to_utc_ms=begin_ms + 40_000), by=admission)
        assert found.left_out == Counter({Reason.DUPLICATE: 1})
    assert len(judged(COUNTS, count(0, BEGIN_MS - MINUTE_MS), by=admission).accepted) == 1


def test_a_judgement_that_is_not_remembered_leaves_no_trace() -> None:
    admission = Admission(network())
    for _ in range(2):
        assert len(admission.judge(COUNTS, [count(0, BEGIN_MS)], NOW_MS).accepted) == 1


def test_no_vehicle_jumps_and_one_wrong_fix_does_not_shut_it_out_for_good() -> None:
    admission = Admission(network())
    here, there = 11.401, 11.411  # 730 m apart
    judged(BUSES, position("a", NOW_MS - 30_000, lon=here), by=admission)
    jump = judged(BUSES, position("a", NOW_MS - 25_000, lon=there), by=admission)
    assert jump.left_out == Counter({Reason.IMPOSSIBLE: 1})
    assert len(judged(BUSES, position("a", NOW_MS - 20_000, lon=there), by=admission).accepted) == 1
    assert len(judged(BUSES, position("b", NOW_MS - 20_000, lon=there), by=admission).accepted) == 1


def test_a_feed_reports_for_its_own_detectors_and_vehicles_alone() -> None:
    north = Feed("north", FeedKind.COUNTS, 0, "root", only=("d1", "d2"))
    found = judged(north, count(0, BEGIN_MS), count(1, BEGIN_MS))
    assert (len(found.accepted), found.left_out) == (1, Counter({Reason.FOREIGN: 1}))
    admission = Admission(network())
    other = Feed("bus-2", FeedKind.POSITIONS, 0, "root")
    item = position("a", BEGIN_MS)
    names = {judged(feed, item, by=admission).accepted[0].vehicle for feed in (BUSES, other)}  # type: ignore[union-attr]
    assert names == {"bus/a", "bus-2/a"}


def test_a_late_minute_is_open_once_for_thirty_seconds() -> None:
    admission = Admission(network())
    minute = BEGIN_MS - 3 * MINUTE_MS

    def late(k: int, after_ms: int) -> int:
        return len(judged(COUNTS, count(k, minute), now_ms=NOW_MS + after_ms, by=admission).accepted)

    assert [late(0, 0), late(1, 30_000), late(2, 30_001), late(3, 90_000)] == [1, 1, 0, 0]
    other = judged(COUNTS, count(4, minute + MINUTE_MS), now_ms=NOW_MS + 31_000, by=admission)
    assert len(other.accepted) == 1


def test_what_is_left_out_opens_no_minute() -> None:
    admission = Admission(network())
    minute = BEGIN_MS - 3 * MINUTE_MS
    assert not judged(COUNTS, count(0, minute, vehicles=99), by=admission).accepted
    assert judged(COUNTS, count(0, minute), now_ms=NOW_MS + 40_000, by=admission).accepted


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-8 * 60, 20), st.integers(0, 90)), max_size=30))
def test_the_rules_of_time_are_those_of_a_slow_oracle(steps: list[tuple[int, int, int]]) -> None:
    admission, now_ms = Admission(network()), NOW_MS
    counted: list[tuple[int, int]] = []
    opened: dict[int, int] = {}
    for k, age_s, wait_s in steps:
        now_ms += 1000 * wait_s
        end_ms = now_ms + 1000 * age_s
        begin_ms = end_ms - MINUTE_MS
        minute, age_ms = begin_ms // MINUTE_MS, now_ms - end_ms
        wanted = -5_000 <= age_ms <= 300_000
        wanted = wanted and not any(k == j and abs(begin_ms - other) < MINUTE_MS for j, other in counted)
        if wanted and age_ms > 60_000:
            wanted = now_ms - opened.get(minute, now_ms) <= 30_000
            if wanted:
                opened.setdefault(minute, now_ms)
        assert bool(judged(COUNTS, count(k, begin_ms), now_ms=now_ms, by=admission).accepted) == wanted
        if wanted:
            counted.append((k, begin_ms))
