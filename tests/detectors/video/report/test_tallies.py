"""Tallies against slow counts of the same frames, and what they say of times that nobody saw."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.video.camera import Zone, ZoneKind, named_line
from detectors.video.report.in_order import InOrder
from detectors.video.report.intervals import IntervalTally
from detectors.video.report.line_presence import LinePresence
from detectors.video.report.rows import ALL, IntervalRow
from detectors.video.report.seconds import SecondTally
from detectors.video.report.tables import interval_cells, second_cells
from detectors.video.seen import Crossing, Kind, Seen, TrackView, ZoneState
from signal_ctrl.domain.errors import InvalidInputError

LINE = named_line("stop", (0.0, 50.0), (100.0, 50.0))
ZONE = Zone("wait", ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0)), ZoneKind.QUEUE)


def crossing(time_s: float, direction: str = "down", kind: Kind = Kind.CAR, speed_mps: float | None = None) -> Crossing:
    return Crossing(time_s, 0, "stop", direction, kind, speed_mps, None, 1)


def track(y: float, number: int = 1, kind: Kind = Kind.CAR) -> TrackView:
    return TrackView(number, (40.0, y - 20.0, 60.0, y), (50.0, y), kind, None, False)


def seen(*crossings: Crossing, tracks: tuple[TrackView, ...] = (), valid: bool = True) -> Seen:
    return Seen(crossings, tracks, valid=valid)


def row_of(rows: list[IntervalRow], from_s: float, direction: str = "down", kind: str = ALL) -> IntervalRow:
    return next(r for r in rows if (r.from_s, r.direction, r.kind) == (from_s, direction, kind))


def tallied(items: list[tuple[float, Seen]], interval_s: float = 60.0) -> list[IntervalRow]:
    tally = IntervalTally((LINE,), interval_s)
    rows = [row for time_s, each in items for row in tally.take(time_s, each)]
    return rows + list(tally.end(Seen()))


def test_counts_speed_and_share_seen_of_each_interval() -> None:
    items = [(float(t), seen()) for t in range(150)]
    items[20] = (20.0, seen(crossing(19.9, speed_mps=10.0), crossing(19.5, kind=Kind.BUS, speed_mps=6.0)))
    items[61] = (61.0, seen(crossing(59.8), crossing(60.5, "up")))  # told of late: it belongs to the first interval
    rows = tallied(items)
    assert row_of(rows, 0.0).count == 3
    assert row_of(rows, 0.0).speed_mps == pytest.approx(8.0)
    assert row_of(rows, 0.0, kind="bus").count == 1
    assert row_of(rows, 0.0, "up").count == 0
    assert row_of(rows, 60.0, "up").count == 1
    assert [row_of(rows, at).valid_ratio for at in (0.0, 60.0, 120.0)] == pytest.approx([1.0, 1.0, 29 / 60])
    assert {(r.from_s, r.to_s) for r in rows} == {(0.0, 60.0), (60.0, 120.0), (120.0, 180.0)}


def test_rows_come_when_the_interval_is_surely_over_and_in_order() -> None:
    tally = IntervalTally((LINE,), 60.0)
    told_s = [time_s for time_s in range(0, 200) if tally.take(float(time_s), seen())]
    assert told_s == [70, 130, 190]


def test_a_gap_is_not_seen_and_not_zero() -> None:
    tally = IntervalTally((LINE,), 60.0)
    rows = [row for t in range(0, 31) for row in tally.take(float(t), seen())]
    rows += tally.gap(150.0)
    rows += [row for t in range(150, 181) for row in tally.take(float(t), seen(crossing(float(t))))]
    rows += tally.end(Seen())
    assert row_of(rows, 0.0).valid_ratio == pytest.approx(0.5)
    assert row_of(rows, 0.0).count == 0
    lost = row_of(rows, 60.0)
    assert (lost.count, lost.occupancy, lost.valid_ratio) == (None, None, 0.0)
    assert row_of(rows, 120.0).count == 30
    assert row_of(rows, 120.0).valid_ratio == pytest.approx(0.5)
    assert interval_cells(lost)[5:] == (None, None, None, "0.000")


def test_frames_far_apart_and_frames_that_are_not_trusted_are_not_seen() -> None:
    rows = tallied([(0.0, seen()), (1.0, seen()), (11.0, seen()), (12.0, seen(valid=False)), (13.0, seen())])
    assert row_of(rows, 0.0).valid_ratio == pytest.approx(2 / 60)


@given(
    st.lists(st.tuples(st.floats(0.01, 3.0), st.booleans(), st.integers(0, 3)), min_size=2, max_size=80),
    st.sampled_from([1.0, 7.5, 60.0]),
)
def test_intervals_add_up_to_a_slow_count(steps: list[tuple[float, bool, int]], interval_s: float) -> None:
    time_s, items, times_s = 0.0, [], []
    for step_s, valid, count in steps:
        time_s += step_s
        times_s += [time_s] * count
        items.append((time_s, seen(*(crossing(time_s) for _ in range(count)), valid=valid)))
    rows = [row for row in tallied(items, interval_s) if row.kind == ALL and row.direction == "down"]
    for before, after in pairwise(rows):
        assert before.to_s == after.from_s
    for row in rows:
        inside = sum(math.floor(each / interval_s) == round(row.from_s / interval_s) for each in times_s)
        assert (row.count or 0) == inside
    valid_s = sum(b - a for (a, _), (b, each) in pairwise(items) if each.valid and b - a <= 2.0)
    assert sum(row.valid_ratio for row in rows) * interval_s == pytest.approx(valid_s)


def test_occupancy_is_the_share_of_time_on_the_line() -> None:
    items = [(t / 10, seen(tracks=(track(20.0 + 0.5 * t),))) for t in range(200)]  # foot y 20 to 119, box 20 high
    rows = tallied(items)
    on_s = sum((20 + 0.5 * t) - 10 <= 50 <= 20 + 0.5 * t for t in range(1, 200)) / 10
    assert row_of(rows, 0.0).occupancy == pytest.approx(on_s / 19.9)
    assert row_of(rows, 0.0, kind="car").occupancy == pytest.approx(on_s / 19.9)
    assert row_of(rows, 0.0, "up").occupancy == 0.0


def test_who_is_on_a_line_is_told_by_direction_and_ends() -> None:
    presence = LinePresence((LINE, named_line("far", (200.0, 50.0), (300.0, 50.0))))
    presence.at((track(80.0),))
    assert presence.at((track(56.0),)) == {("stop", "up", "car")}
    presence.forget()
    assert presence.at((track(10.0),)) == frozenset()


def test_an_interval_shorter_than_a_second_is_refused() -> None:
    for bad in (0.5, 0.0, math.nan, math.inf):
        with pytest.raises(InvalidInputError, match="1 s or longer"):
            IntervalTally((LINE,), bad)


def zone_frame(occupied: bool, vehicles: int, queue_m: float | None, valid: bool = True) -> Seen:
    return Seen(zones=(ZoneState("wait", occupied, queue_m, vehicles),), valid=valid)


def test_seconds_of_a_zone() -> None:
    tally = SecondTally((ZONE,))
    rows = [*tally.take(10.1, zone_frame(False, 0, 0.0)), *tally.take(10.6, zone_frame(True, 2, 13.25))]
    rows += tally.take(10.9, zone_frame(False, 1, 5.0))
    rows += tally.take(11.2, zone_frame(True, 3, None, valid=False))
    rows += tally.gap(13.5)
    rows += tally.take(13.6, zone_frame(False, 0, None))
    rows += tally.end(Seen())
    assert [second_cells(row) for row in rows] == [
        (10, "wait", 1, 1, 2, "13.2", 0),
        (11, "wait", 0, None, None, None, 0),
        (12, "wait", 0, None, None, None, 0),
        (13, "wait", 1, 0, 0, None, 0),
    ]
    known = SecondTally((ZONE,), empty_known=True)
    rows = [*known.take(10.1, zone_frame(False, 0, None)), *known.gap(12.0)]
    assert [second_cells(row)[-1] for row in rows] == [1, 1]


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 9.0), st.booleans()), max_size=60))
def test_crossings_come_in_order_if_they_are_no_later_than_allowed(steps: list[tuple[float, float, bool]]) -> None:
    order, now_s, put, got = InOrder(), 0.0, [], []
    for step_s, late_s, crossed in steps:
        now_s += step_s
        these = (crossing(now_s - late_s),) if crossed else ()
        put += these
        got += order.take(now_s, Seen(these))
    got += order.end(Seen())
    assert [each.time_s for each in got] == sorted(each.time_s for each in put)
