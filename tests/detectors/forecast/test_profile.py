"""The historical profile: from earlier days alone, robust, and of its kind of day."""

from dataclasses import replace

import numpy as np

from detectors.forecast.profile import ProfileRules, group_of, rolling_profiles, smoothed
from tests.detectors.forecast.series import curve, made


def test_a_profile_is_made_of_the_days_before_alone() -> None:
    series = made()
    changed = series.vehicles.copy()
    changed[20:] = 999.0
    one, other = (rolling_profiles(s, ProfileRules(), 2).usual_veh for s in (series, replace(series, vehicles=changed)))
    np.testing.assert_array_equal(one[:21], other[:21])
    assert not np.allclose(one[25], other[25])


def test_an_incident_or_a_gap_does_not_poison_the_profile() -> None:
    series = made(spread=0.02)
    usual = rolling_profiles(series, ProfileRules(), 0).usual_veh[-1]
    hurt = series.vehicles.copy()
    hurt[21, 14:20] = 0.0  # a street closed on a Monday morning
    hurt[23, 14:20] = 10 * hurt[23, 14:20]
    hurt[24, 10:] = np.nan
    found = rolling_profiles(replace(series, vehicles=hurt), ProfileRules(), 0).usual_veh[-1]
    peak = slice(14, 20)
    assert np.abs(found[peak] / usual[peak] - 1).max() < 0.06
    mean = np.nanmean(hurt[[k for k in range(35) if k % 7 < 5]], axis=0)
    assert np.abs(mean[peak] / usual[peak] - 1).min() > 0.2, "a plain mean would have been poisoned"


def test_weekends_holidays_and_working_days_have_their_own_level() -> None:
    series = made(n_days=42, spread=0.02)
    found = rolling_profiles(series, ProfileRules(), 0).usual_veh
    assert found[40].sum() / found[39].sum() < 0.7  # Saturday over Friday
    kinds = list(series.kinds)
    kinds[41] = "holiday"
    holiday = rolling_profiles(replace(series, kinds=tuple(kinds)), ProfileRules(), 0).usual_veh[41]
    np.testing.assert_allclose(holiday.sum() / found[41].sum(), 1.0, atol=0.1)  # no holiday was seen: as a Sunday
    assert group_of("holiday") == "holiday"


def test_smoothing_keeps_level_and_fills_what_is_unknown() -> None:
    mean = np.array([[2.0], [np.nan], [np.nan], [5.0]])
    np.testing.assert_allclose(smoothed(mean, np.eye(4))[:, 0], [2.0, 3.0, 4.0, 5.0])
    np.testing.assert_allclose(rolling_profiles(made(spread=0.0), ProfileRules(), 0).usual_veh[34].sum() / 1.8,
                               curve(1800).sum(), rtol=0.1)  # fmt: skip
