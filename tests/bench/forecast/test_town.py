"""The made-up town: the same by the same seed, counts around their rates, gaps, and no more variation than asked for."""

import datetime as dt

import numpy as np
import pytest

from bench.forecast.series_of_town import calendar_csv, counts_csv, happened_csv, rates_of, series_of
from bench.forecast.town import TownRules, make_town
from detectors.forecast.series import flow_series
from signal_ctrl.domain.counted_days import counted_days_from_csv
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule_json import calendar_from_csv


def test_the_same_rules_make_the_same_town_and_another_seed_another() -> None:
    one, same, other = (make_town(TownRules(seed, weeks=2)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.vehicles, same.vehicles)
    assert one.happened == same.happened
    assert not np.array_equal(one.rate_veh, other.rate_veh)


def test_counts_are_poisson_around_the_rates() -> None:
    town = make_town(TownRules(1, weeks=6))
    seen = ~np.isnan(town.vehicles)
    score = (town.vehicles - town.rate_veh)[seen] / np.sqrt(np.maximum(town.rate_veh[seen], 0.5))
    busy = town.rate_veh[seen] > 5
    assert abs(score[busy].mean()) < 0.03
    assert 0.95 < score[busy].var() < 1.05


def test_days_differ_as_much_as_asked_for() -> None:
    def apart(variation: float) -> float:
        town = make_town(TownRules(2, weeks=8, variation=variation))
        special = {day.date for day in town.special}
        own = [k for k, date in enumerate(town.dates) if date.weekday() < 5 and date not in special]
        rate = town.rate_veh[own, 24:88]
        return float((rate.std(axis=0) / rate.mean(axis=0)).mean())

    assert apart(0.0) < 0.05, "growth and season alone"
    assert apart(0.0) < apart(0.5) < apart(1.0) < apart(2.0)


def test_without_gaps_everything_is_counted_and_with_them_some_is_not() -> None:
    assert not np.isnan(make_town(TownRules(1, weeks=2, gaps=0.0)).vehicles).any()
    assert 0.0 < np.isnan(make_town(TownRules(1, weeks=8)).vehicles).mean() < 0.2


def test_the_files_of_a_user_hold_what_was_made() -> None:
    town = make_town(TownRules(5, weeks=2, start=dt.date(2026, 4, 27)))
    series = series_of(town)
    special = calendar_from_csv(calendar_csv(town))
    read = flow_series(counted_days_from_csv(counts_csv(town)), special=special)
    assert (read.dates, read.kinds, read.approaches) == (series.dates, series.kinds, series.approaches)
    np.testing.assert_array_equal(read.vehicles, series.vehicles)
    assert rates_of(town).shape == series.vehicles.shape
    assert len(happened_csv(town).splitlines()) == len(town.happened) + 1


@pytest.mark.parametrize("bad", [{"weeks": 0}, {"interval_s": 700}, {"variation": -1.0}, {"size": 0.0}, {"seed": -1}])
def test_towns_that_cannot_be_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError, match="a town needs"):
        TownRules(**{"seed": 1, **bad})
