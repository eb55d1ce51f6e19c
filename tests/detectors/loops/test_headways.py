"""Saturation headway from departures."""

import pytest

from detectors.loops.headways import DEFAULT_HEADWAY_S, LIMITS_S, LONGEST_S, START_UP_VEH, HeadwayMeter


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
