"""The forecast of today: history learned once, counts taken in as they come, what is ahead asked for at any time."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.forecast.backtest import AHEAD_S, BOTH, STATE, SignalChoice, compared
from detectors.forecast.baselines import targets
from detectors.forecast.boosting import Booster, features, fitted
from detectors.forecast.conformal import WINDOW_D, bounds_at, quantiles, scores
from detectors.forecast.model import PROFILE_D, check_train, days_of, forecast, learn, prepared
from detectors.forecast.profile import Profiles
from detectors.forecast.scores import LEVEL
from detectors.forecast.series import Approach, FlowSeries
from detectors.forecast.state_space import at_slot
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import kind_of_date

FloatArray = NDArray[np.float64]
SURELY_VEH: Final = 10.0
"""Where so many are usual, none at all means that nothing was counted: the chance is exp(-10), below 1 in 10,000."""
_DAY: Final = dt.timedelta(days=1)
_MOST_LATE_D: Final = 60


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """A forecast: of the intervals from `slot` of the day on. mean_veh, low_veh, high_veh, usual_veh (n_ahead,
    n_approaches) [veh]; the ends are those of 90 % intervals.
    """

    approaches: tuple[Approach, ...]
    slot: int
    mean_veh: FloatArray
    low_veh: FloatArray
    high_veh: FloatArray
    usual_veh: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Signal:
    """What is known of one signal: what it learned, what is usual on the day and how the day begins, the quantiles of
    its past errors, and trees where they were kept.
    """

    choice: SignalChoice
    profiles: Profiles
    start: FloatArray
    factors: tuple[FloatArray, FloatArray]
    booster: Booster | None


class LiveForecast:
    """Forecasts of one day, of all signals of a history."""

    def __init__(
        self,
        history: FlowSeries,
        date: dt.date,
        calendar: Mapping[dt.date, str] | None = None,
        rivals: bool = True,
    ) -> None:
        """Args: history, of days before the date; rivals, whether trees may be kept where they won on the history.

        Raises: InvalidInputError for a history that is too short, does not end before the date or long before it.
        """
        self._series = _with_day(history, date, calendar or {})
        self._n_ahead = AHEAD_S // history.interval_s
        self._signals = {name: self._learned(history.of_signal(name), rivals) for name in history.signals()}

    @property
    def series(self) -> FlowSeries:
        """The history and the day, as far as it was counted."""
        return self._series

    @property
    def choices(self) -> tuple[SignalChoice, ...]:
        """What each signal keeps."""
        return tuple(one.choice for one in self._signals.values())

    def _learned(self, history: FlowSeries, rivals: bool) -> _Signal:
        known = learn(history)
        n_days = len(history.dates)
        profiles, found = forecast(history, known, self._n_ahead, PROFILE_D)
        counted = targets(history.vehicles, self._n_ahead)
        mean, choice, booster = found.mean_veh, SignalChoice(history.approaches[0][0], STATE, known, 1.0), None
        if rivals:
            seen = features(history, profiles, found)
            choice, means = compared(history, known, seen, found, counted)
            mean = means[choice.model]
            if choice.model != STATE:
                booster = fitted(seen[PROFILE_D:-1], found.mean_veh[PROFILE_D:-1], counted[PROFILE_D:-1])
        first = max(n_days - WINDOW_D, 0)
        past = scores(counted, mean, np.sqrt(found.var_veh))[first:]
        today = self._series.of_signal(choice.signal)
        own = prepared(today, known, self._n_ahead, len(today.dates) - 1)
        return _Signal(choice, *own, quantiles(past, LEVEL), booster)

    def take(self, slot: int, vehicles: Sequence[float]) -> None:
        """Take in the counts of an interval of the day, by approach, NaN where there are none. [veh]

        Raises: InvalidInputError for an interval that is none, or counts that are not of the approaches.
        """
        own = np.asarray(vehicles, dtype=np.float64)
        if not 0 <= slot < self._series.n_slots or own.shape != (len(self._series.approaches),):
            raise InvalidInputError(f"interval {slot} with {own.shape} counts for {len(self._series.approaches)}")
        counted = self._series.vehicles.copy()
        counted[-1, slot] = np.where((own >= 0) & np.isfinite(own), own, np.nan)
        self._series = replace(self._series, vehicles=counted)

    def ahead(self, slot: int) -> Ahead:
        """Return what is expected in the hour from the begin of an interval on; what was counted later is not seen.

        An interval of the day without any vehicle where many are usual is taken as not counted.
        """
        parts = [self._of(name, one, slot) for name, one in self._signals.items()]
        order = [approach for part in parts for approach in part.approaches]
        places = [order.index(approach) for approach in self._series.approaches]
        arrays = (
            np.concatenate([getattr(part, name) for part in parts], axis=1)[:, places]
            for name in ("mean_veh", "low_veh", "high_veh", "usual_veh")
        )
        return Ahead(self._series.approaches, slot, *arrays)

    def _of(self, name: str, one: _Signal, slot: int) -> Ahead:
        series = self._series.of_signal(name)
        today, usual = len(series.dates) - 1, one.profiles.usual_veh[-2]
        counted = series.vehicles.copy()
        counted[today, slot:] = np.nan
        counted[today, (counted[today] == 0) & (usual[: series.n_slots] >= SURELY_VEH)] = np.nan
        series = replace(series, vehicles=counted)
        days = days_of(series, one.profiles, one.start, slice(today, None))
        mean, var = (part[0] for part in at_slot(days, one.choice.learned.spreads, self._n_ahead, slot))
        if one.booster is not None:
            mean = self._boosted(series, one, slot)
        low, high = bounds_at(slot, mean, np.sqrt(var), one.factors, series.n_slots)
        return Ahead(series.approaches, slot, mean, low, high, usual[slot : slot + self._n_ahead])

    def _boosted(self, series: FlowSeries, one: _Signal, slot: int) -> FloatArray:
        """Return what is expected by the trees, or by them and the state space. (n_ahead, n_approaches) [veh]"""
        profiles, found = forecast(series, one.choice.learned, self._n_ahead, len(series.dates) - 1)
        state = np.asarray(found.mean_veh[-1, slot])
        if one.booster is None:
            return state
        trees = one.booster.mean_veh(features(series, profiles, found)[-1, slot], state)
        return np.asarray(0.5 * (state + trees) if one.choice.model == BOTH else trees)


def _with_day(history: FlowSeries, date: dt.date, calendar: Mapping[dt.date, str]) -> FlowSeries:
    """Return a history with the days up to a date, not counted yet."""
    check_train(history, len(history.dates))
    late = (date - history.dates[-1]).days
    if not 1 <= late <= _MOST_LATE_D:
        raise InvalidInputError(
            f"the history ends on {history.dates[-1]}; a forecast of {date} needs one that ends 1 to {_MOST_LATE_D} "
            "days before"
        )
    more = tuple(history.dates[-1] + k * _DAY for k in range(1, late + 1))
    kinds = (*history.kinds, *(kind_of_date(day, calendar) for day in more))
    following = (kind_of_date(date + _DAY, calendar), kind_of_date(date + 2 * _DAY, calendar))
    empty = np.full((late, *history.vehicles.shape[1:]), np.nan)
    counted = np.concatenate([history.vehicles, empty])
    return FlowSeries((*history.dates, *more), kinds, history.interval_s, history.approaches, counted, following)
