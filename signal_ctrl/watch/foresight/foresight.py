"""The forecast of a city: from its last minutes, the usual day, neighbours, and what is known of the time ahead."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute
from signal_ctrl.watch.foresight.city_arrays import CityArrays
from signal_ctrl.watch.foresight.learning import Horizon, Learned
from signal_ctrl.watch.foresight.outlook import HISTORY, Present, columns
from signal_ctrl.watch.foresight.slots import SLOT_MIN, folded, minutes_of
from signal_ctrl.watch.foresight.usual import Usual
from signal_ctrl.watch.foresight.values import (
    AHEAD_MIN,
    CityForecast,
    FactorsAt,
    JamForecast,
    RegionForecast,
    Restriction,
    RoadFactors,
)

FloatArray = npt.NDArray[np.float64]
_FASTEST_PACE: Final = -0.25
_SLOWEST_PACE: Final = 4.0
_UNLEARNED_SPREAD: Final = 0.7

DayOf = Callable[[int], tuple[str, int]]
"""Return the type of the local day at a time [ms, UTC], and its slot of five minutes since midnight."""
Ahead = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


class Foresight:
    """Forecasts of one network, with what was learned of it, or without."""

    def __init__(self, city: CityArrays, learned: Learned | None, day_of: DayOf) -> None:
        """Args: learned, None: the present lasts."""
        self.city, self.learned, self._day_of = city, learned, day_of
        self._usual: dict[str, Usual] = {}

    def forecast(
        self, minutes: Sequence[CityMinute], factors_at: FactorsAt, restrictions: Sequence[Restriction], now_utc_ms: int
    ) -> CityForecast:
        """Return the forecast at the end of the last of the minutes, oldest first, that had ended at `now_utc_ms`.

        Raises: InvalidInputError if there is no slot of five minutes, or a minute is of another network.
        """
        past = [each for each in minutes if each.minute_utc_ms + MINUTE_MS <= now_utc_ms]
        slots = folded(minutes_of(past[-HISTORY * SLOT_MIN :], self.city), self.city)
        at_ms = past[-1].minute_utc_ms + MINUTE_MS
        kind, slot = self._day_of(at_ms)
        present = Present(slots, slot, at_ms, _array(factors_at(at_ms)), tuple(restrictions))
        return self.ahead(present, kind, lambda ahead_min: _array(factors_at(at_ms + ahead_min * MINUTE_MS)))

    def ahead(self, present: Present, kind: str, factors_then: Callable[[int], FloatArray]) -> CityForecast:
        """Return the forecast of what is seen now.

        Args: kind, type of day; factors_then, those in force so far ahead [min].
        """
        learned = self.learned
        if learned is None:
            return self._made(present, [self._unlearned(present)] * len(AHEAD_MIN), (), [0.5] * len(AHEAD_MIN), 0)
        usual = self.usual(kind)
        found, region = [], []
        critical = None if learned.fundamental is None else learned.fundamental.critical_veh
        for horizon in learned.horizons:
            then = factors_then(horizon.ahead_min)
            found.append(self._at(horizon, columns(present, horizon.ahead_min, then, usual, self.city)))
            region.append(horizon.region.forecast(present, then, usual, self.city, critical))
        return self._made(present, found, tuple(region), [each.threshold for each in learned.horizons], learned.n_days)

    def usual(self, kind: str) -> Usual:
        """Return the usual day of a type. Only where something was learned."""
        assert self.learned is not None
        if kind not in self._usual:
            self._usual[kind] = self.learned.sums.usual(kind)
        return self._usual[kind]

    def _at(self, horizon: Horizon, seen: FloatArray) -> Ahead:
        """Return pace, its interval and the probability of a jam at one horizon."""
        pace = horizon.pace(seen)
        low, high = horizon.spread.ends(pace)
        return pace, low, high, horizon.probability(seen)

    def _unlearned(self, present: Present) -> Ahead:
        """Return the present, as if it lasted, with intervals that are no more than a convention."""
        pace = -np.log(np.nan_to_num(present.slots.ratio[-1].astype(np.float64), nan=1.0))
        jam = np.nan_to_num(present.slots.jam[-1].astype(np.float64))
        return pace, pace - _UNLEARNED_SPREAD, pace + _UNLEARNED_SPREAD, jam

    def _made(
        self,
        present: Present,
        found: Sequence[Ahead],
        region: tuple[RegionForecast, ...],
        thresholds: Sequence[float],
        n_days: int,
    ) -> CityForecast:
        pace, low, high, jam = (np.stack([each[k] for each in found]) for k in range(4))
        free_s = self.city.length_m / self.city.free_mps
        now = np.nan_to_num(present.slots.jam[-1]) > 0.5
        time_s, low_s, high_s = (_time_s(each, free_s) for each in (pace, low, high))
        said = jam >= np.array(thresholds)[:, None]
        return CityForecast(
            at_utc_ms=present.now_utc_ms,
            ahead_min=AHEAD_MIN,
            speed_mps=(self.city.length_m / time_s).astype(np.float32),
            travel_time_s=time_s.astype(np.float32),
            travel_time_low_s=low_s.astype(np.float32),
            travel_time_high_s=high_s.astype(np.float32),
            jam_probability=jam.astype(np.float32),
            jammed_now=now,
            jams=self._jams(present.now_utc_ms, now, said, jam, (time_s, low_s, high_s)),
            region=region,
            learned_days=n_days,
        )

    def _jams(
        self,
        at_ms: int,
        now: npt.NDArray[np.bool_],
        said: npt.NDArray[np.bool_],
        jam: FloatArray,
        times_s: tuple[FloatArray, FloatArray, FloatArray],
    ) -> tuple[JamForecast, ...]:
        """Return who is jammed now or will be, the surest first."""
        found = []
        for road in np.flatnonzero(now | said.any(axis=0)):
            when = [k for k in range(len(AHEAD_MIN)) if said[k, road]]
            first = when[0] if when else 0
            lasts = bool(said[-1, road])
            until = None if lasts else at_ms + MINUTE_MS * (AHEAD_MIN[when[-1]] if when else AHEAD_MIN[0])
            time_s, low_s, high_s = (float(each[first, road]) for each in times_s)
            found.append(
                JamForecast(
                    road=self.city.names[road],
                    now=bool(now[road]),
                    probability=float(jam[:, road].max() if not when else jam[when, road].max()),
                    from_utc_ms=at_ms if now[road] else at_ms + MINUTE_MS * AHEAD_MIN[first],
                    until_utc_ms=until,
                    travel_time_s=time_s,
                    low_s=low_s,
                    high_s=high_s,
                )
            )
        return tuple(sorted(found, key=lambda each: (-each.probability, each.road)))


def _time_s(pace: FloatArray, free_s: FloatArray) -> FloatArray:
    return np.asarray(free_s * np.exp(np.clip(pace, _FASTEST_PACE, _SLOWEST_PACE)))


def _array(factors: RoadFactors) -> FloatArray:
    return np.stack([factors.saturation, factors.speed, factors.demand]).astype(np.float64)
