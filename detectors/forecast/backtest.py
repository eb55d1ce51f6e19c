"""Backtest by rolling origin: forecasts made in each interval of each day, from what was counted before it.

Everything that is learned once is learned on the training days; profiles, intervals and the trees of the rival grow
with the days, each day from those before it. Which model is kept is decided on the last part of the training days.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.baselines import NAIVE, naive_forecasts, targets
from detectors.forecast.boosting import features, fitted
from detectors.forecast.conformal import rolling_bounds
from detectors.forecast.model import PROFILE_D, Learned, check_train, forecast, learn
from detectors.forecast.scores import LEVEL, daily_errors, diebold_mariano
from detectors.forecast.series import FlowSeries
from detectors.forecast.state_space import Filtered
from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
Bounds = tuple[FloatArray, FloatArray]
STATE: Final = "state space"
BOOSTED: Final = "boosted trees"
BOTH: Final = "mean of both"
CHOSEN: Final = "chosen"
MODELS: Final = (STATE, BOOSTED, BOTH)
AHEAD_S: Final = 3600
SIGNIFICANT: Final = 0.05
_REFIT_D: Final = 14
_CHOOSE_REFIT_D: Final = 10

Tell = Callable[[str], None]
"""Called with what is done next."""


@dataclass(frozen=True, slots=True)
class SignalChoice:
    """Which model a signal keeps, what it learned, and the one-sided p of the better rival on the training days."""

    signal: str
    model: str
    learned: Learned
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Forecasts of a series, by the origin at the begin of an interval, for it and those after it.

    counted_veh and each of mean_veh (n_days, n_slots, n_ahead, n_approaches) [veh]; bounds, ends of the 90 % intervals.
    """

    series: FlowSeries
    n_train: int
    choices: tuple[SignalChoice, ...]
    counted_veh: FloatArray
    mean_veh: Mapping[str, FloatArray]
    bounds: Mapping[str, Bounds]


def backtest(series: FlowSeries, n_train: int, tell: Tell = lambda _line: None) -> Backtest:
    """Return the forecasts of the days behind the training days.

    Raises: InvalidInputError for too few days, or an interval longer than half an hour.
    """
    check_train(series, n_train)
    if len(series.dates) < n_train + 7:
        raise InvalidInputError(
            f"{len(series.dates)} days, of which {n_train} are to learn from; a backtest needs 7 days behind them"
        )
    n_ahead = AHEAD_S // series.interval_s
    parts = []
    for signal in series.signals():
        tell(f"signal {signal}: learning from {n_train} days")
        parts.append(_of_signal(series.of_signal(signal), n_train, n_ahead))
    means = {name: np.concatenate([part[1][name] for part in parts], axis=3) for name in parts[0][1]}
    spreads = {name: np.concatenate([part[2][name] for part in parts], axis=3) for name in parts[0][2]}
    counted = targets(series.vehicles, n_ahead)
    tell("intervals")
    ends = {name: rolling_bounds(counted, mean, spreads[name], n_train, LEVEL) for name, mean in means.items()}
    return Backtest(series, n_train, tuple(part[0] for part in parts), counted, means, ends)


Means = dict[str, FloatArray]


def _of_signal(series: FlowSeries, n_train: int, n_ahead: int) -> tuple[SignalChoice, Means, Means]:
    """Return the choice, and by name forecasts and what they think of their spread."""
    known = learn(series.until(n_train))
    profiles, found = forecast(series, known, n_ahead, PROFILE_D)
    counted = targets(series.vehicles, n_ahead)
    seen = features(series, profiles, found)
    choice, means = compared(series, known, seen, found, counted, n_train)
    means[CHOSEN] = means[choice.model]
    spreads = dict.fromkeys(means, np.sqrt(found.var_veh))
    for name, mean in naive_forecasts(series, PROFILE_D, n_train, n_ahead).items():
        means[name], spreads[name] = mean, np.sqrt(mean + 1.0)
    return choice, means, spreads


def compared(
    series: FlowSeries,
    known: Learned,
    seen: FloatArray,
    found: Filtered,
    counted: FloatArray,
    n_train: int | None = None,
) -> tuple[SignalChoice, Means]:
    """Return the model that one signal keeps by its training days, and the forecasts of all of them.

    Args: n_train, how many days are for training, None: all.
    """
    n_train = len(counted) if n_train is None else n_train
    n_choose = choice_begin(n_train)
    means = {STATE: found.mean_veh, BOOSTED: _boosted(seen, found, counted, n_choose, n_train)}
    means[BOTH] = 0.5 * (means[STATE] + means[BOOSTED])
    past = counted[n_choose:n_train].copy()
    past[-1:] = np.nan  # its last forecasts are about the first day that is scored
    model, p = chosen(past, {name: mean[n_choose:n_train] for name, mean in means.items()})
    return SignalChoice(series.approaches[0][0], model, known, p), means


def choice_begin(n_train: int) -> int:
    """Return the first of the training days on which the models are compared."""
    return n_train - max((n_train - PROFILE_D) // 2, 4)


def _boosted(seen: FloatArray, found: Filtered, counted: FloatArray, n_choose: int, n_train: int) -> FloatArray:
    """Return what trees say that were fitted on days before; NaN on days before the first comparison."""
    mean = np.full_like(found.mean_veh, np.nan)
    begins = [*range(n_choose, n_train, _CHOOSE_REFIT_D), *range(n_train, len(mean), _REFIT_D)]
    for begin, end in zip(begins, [*begins[1:], len(mean)], strict=True):
        past = counted[PROFILE_D:begin].copy()
        past[-1:] = np.nan  # its last forecasts are about the day after
        booster = fitted(seen[PROFILE_D:begin], found.mean_veh[PROFILE_D:begin], past)
        base = found.mean_veh[begin:end]
        mean[begin:end] = base if booster is None else booster.mean_veh(seen[begin:end], base)
    return mean


def chosen(counted: FloatArray, means: Mapping[str, FloatArray]) -> tuple[str, float]:
    """Return the model that is kept, and the p of its best rival, which has to win by a paired test."""
    best, least, least_p = STATE, np.inf, 1.0
    for name in (BOOSTED, BOTH):
        own, others = daily_errors(counted, means[name], means[STATE])
        if len(own) < 4:
            continue
        differences = own - others
        p = diebold_mariano(differences) / 2.0 if differences.mean() < 0 else 1.0
        least_p = min(least_p, p)
        if p < SIGNIFICANT and own.sum() < least:
            best, least = name, float(own.sum())
    return best, least_p


def best_naive(counted: FloatArray, means: Mapping[str, FloatArray], names: Sequence[str] = NAIVE) -> str:
    """Return the naive forecast with the smallest mean absolute error where all of them are there."""
    seen = ~np.isnan(counted)
    for name in names:
        seen &= ~np.isnan(means[name])
    if not seen.any():
        raise InvalidInputError("no interval has a count and every naive forecast; give more days")
    return min(names, key=lambda name: float(np.abs(counted - means[name])[seen].mean()))
