"""The backtest: nothing leaks, rivals are kept only where they win, a day live is a day of the backtest."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from detectors.forecast.backtest import BOOSTED, BOTH, CHOSEN, MODELS, STATE, Backtest, backtest, best_naive, chosen
from detectors.forecast.baselines import NAIVE, PERSISTENCE
from detectors.forecast.live import LiveForecast
from detectors.forecast.report import report_of, rows_of
from detectors.forecast.series import FlowSeries
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.forecast.series import made

pytestmark = pytest.mark.slow
N_TRAIN = 28


@lru_cache
def series() -> FlowSeries:
    return made(n_days=42, m=2)


@lru_cache
def backtested() -> Backtest:
    return backtest(series(), N_TRAIN)


def test_forecasts_do_not_depend_on_what_is_counted_later() -> None:
    changed = series().vehicles.copy()
    changed[35, 24:] = 3.0
    changed[36:] = 3.0
    other = backtest(replace(series(), vehicles=changed), N_TRAIN)
    for name in (*MODELS, CHOSEN, *NAIVE):
        np.testing.assert_array_equal(backtested().mean_veh[name][35, :25], other.mean_veh[name][35, :25], err_msg=name)
        np.testing.assert_array_equal(backtested().bounds[name][0][35, :25], other.bounds[name][0][35, :25])
    assert backtested().choices == other.choices


def test_it_beats_naive_forecasts_and_says_by_how_much() -> None:
    report = report_of(backtested())
    first = report["ahead"][0]
    assert first["against_best_naive"]["gain"] > 0
    assert first["scores"][CHOSEN]["mae_veh"] > first["floor_veh"]
    assert 0.85 < first["scores"][CHOSEN]["coverage"] < 0.95
    assert len(rows_of(report)) == 2 * len((*NAIVE, *MODELS, CHOSEN))
    assert report["choices"][0]["model"] in MODELS


def test_a_rival_is_kept_only_if_it_wins_by_a_paired_test() -> None:
    dice = np.random.default_rng(1)
    counted = dice.poisson(50, (14, 48, 1, 1)).astype(float)
    state = np.full_like(counted, 50.0) + dice.normal(0, 8, counted.shape)
    better, same = np.full_like(counted, 50.0), state + dice.normal(0, 1, counted.shape)
    assert chosen(counted, {STATE: state, BOOSTED: better, BOTH: state})[0] == BOOSTED
    assert chosen(counted, {STATE: state, BOOSTED: same, BOTH: same})[0] == STATE
    assert chosen(counted, {STATE: better, BOOSTED: state, BOTH: state})[0] == STATE


def test_the_best_naive_forecast_is_that_with_the_smallest_error() -> None:
    counted = np.ones((4, 48, 2))
    means = {name: counted + 1.0 for name in NAIVE} | {PERSISTENCE: counted + 0.5}
    assert best_naive(counted, means) == PERSISTENCE


def test_a_day_live_is_that_day_of_the_backtest() -> None:
    day = N_TRAIN
    live = LiveForecast(series().until(N_TRAIN), series().dates[day], rivals=False)
    for slot in range(17):
        live.take(slot, [float(v) for v in series().vehicles[day, slot]])
    found = live.ahead(17)
    # The level of the days before is smoothed over two weeks live, over all days in a backtest.
    np.testing.assert_allclose(found.mean_veh, backtested().mean_veh[STATE][day, 17], rtol=2e-3)
    assert (found.low_veh <= found.mean_veh).all()
    assert (found.mean_veh <= found.high_veh).all()


def test_no_vehicle_where_many_are_usual_is_not_counted_as_zero() -> None:
    live = LiveForecast(series().until(N_TRAIN), series().dates[N_TRAIN], rivals=False)
    for slot in range(16):
        live.take(slot, [float(v) for v in series().vehicles[N_TRAIN, slot]])
    before = live.ahead(18).mean_veh
    for slot in (16, 17):
        live.take(slot, [0.0, 0.0])
    np.testing.assert_allclose(live.ahead(18).mean_veh, before)


def test_too_few_days_and_a_history_that_is_too_old_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="20 days to learn from"):
        backtest(series(), 20)
    with pytest.raises(InvalidInputError, match="needs 7 days behind them"):
        backtest(series(), 40)
    with pytest.raises(InvalidInputError, match="the history ends on 2026-03-29"):
        LiveForecast(series().until(N_TRAIN), series().dates[0], rivals=False)
    empty = series().vehicles.copy()
    empty[:, :, 1] = np.nan
    with pytest.raises(InvalidInputError, match="signal S, approach e1: only 0% of the first 28 days"):
        backtest(replace(series(), vehicles=empty), N_TRAIN)
