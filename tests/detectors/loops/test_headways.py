"""Headways from departures: of a queue with right of way, and of one that has to yield."""

import pytest

from detectors.loops.headways import (
    DEFAULT_HEADWAY_S,
    DEFAULT_YIELDING_S,
    LIMITS_S,
    LONGEST_S,
    START_UP_VEH,
    YIELDING_LIMITS_S,
    HeadwayMeter,
    YieldMeter,
)


def discharged(gaps_s: list[float], more_behind: bool = True) -> HeadwayMeter:
    meter, now_s = HeadwayMeter(), 100.0
    meter.left(now_s, more_behind)
    for gap_s in gaps_s:
        now_s += gap_s
        meter.left(now_s, more_behind)
    return meter


def test_the_first_four_vehicles_teach_nothing() -> None:
    assert discharged([2.5] * (START_UP_VEH - 1)).headway_s == DEFAULT_HEADWAY_S
    learned_s = DEFAULT_HEADWAY_S + 0.05 * (2.5 - DEFAULT_HEADWAY_S)
    assert discharged([2.5] * START_UP_VEH).headway_s == pytest.approx(learned_s)


def test_a_long_queue_teaches_its_headway() -> None:
    assert discharged([2.2] * 300).headway_s == pytest.approx(2.2, abs=1e-3)


def test_a_gap_begins_a_new_queue() -> None:
    assert discharged(([2.5] * (START_UP_VEH - 1) + [LONGEST_S + 0.1]) * 5).headway_s == DEFAULT_HEADWAY_S


def test_without_anybody_behind_there_is_no_queue() -> None:
    assert discharged([2.5] * 20, more_behind=False).headway_s == DEFAULT_HEADWAY_S


@pytest.mark.parametrize(("gap_s", "limit_s"), [(0.5, LIMITS_S[0]), (3.4, LIMITS_S[1])])
def test_the_headway_stays_within_limits(gap_s: float, limit_s: float) -> None:
    assert discharged([gap_s] * 300).headway_s == pytest.approx(limit_s, abs=1e-3)


def yielded(every_s: float, vehicles: int, share: float = 1.0) -> YieldMeter:
    """Return the meter of a queue of which one vehicle leaves every so many seconds."""
    meter = YieldMeter()
    for _ in range(vehicles):
        meter.waits(share, every_s)
        meter.left(2.0)
    return meter


def test_at_first_the_usual_headway_is_assumed() -> None:
    assert YieldMeter().headway_s == pytest.approx(DEFAULT_YIELDING_S)


def test_a_queue_that_has_to_yield_teaches_how_long_it_takes() -> None:
    assert yielded(8.0, 200).headway_s == pytest.approx(8.0, rel=0.01)


def test_those_of_a_shared_lane_who_need_not_yield_are_taken_off() -> None:
    """One of four turns: the lane's 10 s a vehicle are 2 s for each of three and 34 s for the fourth, cut to the limit."""
    assert yielded(4.0, 400, share=0.25).headway_s == pytest.approx(4 * 4.0 - 3 * 2.0, rel=0.02)
    assert yielded(10.0, 400, share=0.25).headway_s == YIELDING_LIMITS_S[1]


def test_who_stands_and_never_goes_takes_ever_longer() -> None:
    meter = YieldMeter()
    for _ in range(60):
        meter.waits(1.0, 1.0)
    assert meter.headway_s > 2 * DEFAULT_YIELDING_S


def test_without_such_a_green_nothing_is_learned() -> None:
    meter = YieldMeter()
    for _ in range(60):
        meter.waits(0.0, 10.0)
        meter.left(2.0)
    assert meter.headway_s == pytest.approx(DEFAULT_YIELDING_S)


def test_gaps_that_come_back_are_learned_too() -> None:
    meter = yielded(12.0, 100)
    for _ in range(60):
        meter.waits(1.0, 2.5)
        meter.left(2.0)
    assert meter.headway_s < 3.5
