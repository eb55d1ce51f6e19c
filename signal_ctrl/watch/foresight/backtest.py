"""Forecasts of days that nothing was learned from, beside naive ones: what was said, and what came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.foresight.city_arrays import CityArrays
from signal_ctrl.watch.foresight.days import WatchedDay
from signal_ctrl.watch.foresight.foresight import Foresight
from signal_ctrl.watch.foresight.learning import Learned
from signal_ctrl.watch.foresight.outlook import region_of
from signal_ctrl.watch.foresight.rows import FIRST_ORIGIN, origins, present_of, target
from signal_ctrl.watch.foresight.usual import FILL, JAM, SPEED
from signal_ctrl.watch.foresight.values import AHEAD_MIN, CityForecast

FloatArray = npt.NDArray[np.float64]
OURS: Final = "forecast"
PERSISTENCE: Final = "persistence"
LASTING: Final = "persistence, calibrated"
HISTORY: Final = "historical mean"
NAIVE: Final = (PERSISTENCE, LASTING, HISTORY)


@dataclass(frozen=True, slots=True, eq=False)
class DayBacktest:
    """One day at one horizon; arrays (n_origins, n_roads), by the slot `origin` at whose begin the forecast was made.

    `jam_now`, as seen at the origin; `jam`, as it was at the horizon; `said`, probability by forecast; `flag`, jams
    that were spoken of; `pace`, logarithm of travel time over the free one, as it was; `pace_said`, by forecast.
    Region: `vehicles` and `vehicles_said` (n_origins,) [veh].
    """

    day: str
    ahead_min: int
    origin: npt.NDArray[np.int64]
    jam_now: FloatArray
    jam: FloatArray
    pace: FloatArray
    low: FloatArray
    high: FloatArray
    said: Mapping[str, FloatArray]
    flag: Mapping[str, npt.NDArray[np.bool_]]
    pace_said: Mapping[str, FloatArray]
    weight: FloatArray
    vehicles: FloatArray
    vehicles_low: FloatArray
    vehicles_high: FloatArray
    vehicles_said: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Lasting:
    """How often a jam is there at a horizon, by whether the road is jammed now: learned from the same days."""

    jammed: float
    free: float


def lasting_of(days: Sequence[WatchedDay], ahead_min: int) -> Lasting:
    """Return what persistence is worth on days."""
    pairs = [(day.seen.jam[o - 1], day.seen.jam[target(o, ahead_min)]) for day in days for o in origins(day, ahead_min)]
    now, then = (np.concatenate([pair[k] for pair in pairs]) for k in range(2))
    return Lasting(*(float(np.nanmean(then[now == value])) if (now == value).any() else value for value in (1.0, 0.0)))


def backtest_day(
    day: WatchedDay, learned: Learned, city: CityArrays, lasting: Mapping[int, Lasting]
) -> list[DayBacktest]:
    """Return the forecasts of one day, one for each horizon."""
    foresight = Foresight(city, learned, lambda _ms: (day.kind, 0))
    made = {
        origin: foresight.ahead(present_of(day, origin), day.kind, _factors(day, origin))
        for origin in range(FIRST_ORIGIN, len(day) - AHEAD_MIN[0] // 5 + 1)
    }
    return [
        _of_horizon(day, foresight, made, at, lasting[ahead_min])
        for at, ahead_min in enumerate(AHEAD_MIN)
        if len(origins(day, ahead_min))
    ]


def _factors(day: WatchedDay, origin: int) -> Callable[[int], FloatArray]:
    return lambda ahead_min: day.factors_at(target(origin, ahead_min))


def _of_horizon(
    day: WatchedDay, foresight: Foresight, made: Mapping[int, CityForecast], at: int, lasting: Lasting
) -> DayBacktest:
    ahead_min, city = AHEAD_MIN[at], foresight.city
    when = list(origins(day, ahead_min))
    then = [target(origin, ahead_min) for origin in when]
    usual = foresight.usual(day.kind)
    means = np.stack([usual.at(day.first_slot + slot) for slot in then], axis=1)
    now = np.nan_to_num(np.stack([day.seen.jam[origin - 1] for origin in when]).astype(np.float64))
    ours = np.stack([made[origin].jam_probability[at] for origin in when]).astype(np.float64)
    free_s = city.length_m / city.free_mps

    def paces(name: str) -> FloatArray:
        return np.log(np.stack([getattr(made[origin], name)[at] for origin in when]) / free_s).astype(np.float64)

    pace_now = -np.log(np.stack([day.seen.ratio[origin - 1] for origin in when]).astype(np.float64))
    regions = [region_of(present_of(day, origin), usual, city) for origin in when]
    usual_veh = (means[FILL] * city.room_veh).sum(axis=1)
    true = day.true
    limit = _horizon_threshold(foresight, ahead_min)
    return DayBacktest(
        day=day.day,
        ahead_min=ahead_min,
        origin=np.array(when),
        jam_now=now,
        jam=true.jam[then].astype(np.float64),
        pace=-np.log(true.ratio[then].astype(np.float64)),
        low=paces("travel_time_low_s"),
        high=paces("travel_time_high_s"),
        said={
            OURS: ours,
            PERSISTENCE: now,
            LASTING: np.where(now > 0.5, lasting.jammed, lasting.free),
            HISTORY: means[JAM],
        },
        flag={OURS: ours >= limit, PERSISTENCE: now > 0.5, HISTORY: means[JAM] >= 0.5},
        pace_said={OURS: paces("travel_time_s"), PERSISTENCE: np.nan_to_num(pace_now), HISTORY: means[SPEED]},
        weight=np.nan_to_num(true.fill[then].astype(np.float64)) * city.room_veh,
        vehicles=np.nansum(true.fill[then] * city.room_veh, axis=1),
        vehicles_low=np.array([made[origin].region[at].low for origin in when]),
        vehicles_high=np.array([made[origin].region[at].high for origin in when]),
        vehicles_said={
            OURS: np.array([made[origin].region[at].vehicles for origin in when]),
            PERSISTENCE: np.array([each.vehicles for each in regions]),
            HISTORY: usual_veh,
        },
    )


def _horizon_threshold(foresight: Foresight, ahead_min: int) -> float:
    assert foresight.learned is not None
    return next(each.threshold for each in foresight.learned.horizons if each.ahead_min == ahead_min)
