"""State-space correction of the profile: what differs today, followed by a Kalman filter, and how it fades.

The flow of approach i in an interval is taken as

    usual_i (1 + day + hour + own_i) + slope_i shift + mean_i more_i

`day`, `hour`: by how much more all approaches have than usual, fading slowly and fast; `own_i`: the same of one
approach; `shift`: by how many intervals the day is early; `more_i`: vehicles that have nothing to do with the profile,
as of an event. Each fades exponentially to nothing; `day` begins at what the days before say. Counts scatter with a
variance proportional to their mean (1: Poisson). Spreads, times of fading and the over-dispersion are those with the
greatest likelihood on the training days. A count that is missing is left out; one far out moves the state less (Huber).

Days begin anew, so all days are filtered side by side. Sources: Kalman 1960, "A new approach to linear filtering and
prediction problems", J. Basic Eng. 82; likelihood by innovations: Schweppe 1965, IEEE Trans. Inf. Theory 11.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

FloatArray = NDArray[np.float64]
_FAR: Final = 3.0
_LEAST_VEH: Final = 0.3
_SLOW_H: Final = 30.0
_STEP: Final = 0.03
_CAP: Final = 25.0
_BOUND: Final = 4.0


@dataclass(frozen=True, slots=True)
class Spreads:
    """What is learned: spreads (ratios; `shift_min` in minutes), times of fading [h], variance of a count over mean."""

    day: float = 0.06
    hour: float = 0.06
    hour_h: float = 1.5
    shift_min: float = 4.0
    shift_h: float = 3.0
    own: float = 0.06
    own_h: float = 2.0
    more: float = 0.03
    more_h: float = 0.7
    count: float = 1.05


NAMES: Final = tuple(field.name for field in fields(Spreads))


@dataclass(frozen=True, slots=True, eq=False)
class DaysToFilter:
    """Days side by side. counted_veh (n_days, n_slots, n_approaches), NaN: missing; usual_veh (n_days, n_slots +
    n_more, n_approaches) [veh]; start (n_days,), what the days before say of `day`; doubt (n_days,), factor on the
    first variance of `day` where little is known of the kind.
    """

    counted_veh: FloatArray
    usual_veh: FloatArray
    interval_s: int
    start: FloatArray
    doubt: FloatArray

    def slopes(self) -> FloatArray:
        """Return how the usual flow would change if the day were early by an interval. [veh]"""
        return np.asarray(np.gradient(self.usual_veh, axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """Forecasts of all days: mean_veh, var_veh (n_days, n_slots, n_ahead, n_approaches), made at the begin of each
    interval for it and those after it; states (n_days, n_slots, n_states), what was known then.
    """

    mean_veh: FloatArray
    var_veh: FloatArray
    states: FloatArray


class _Bank:
    """Filters of many days for many sets of spreads at once: one batch of (n_sets * n_days)."""

    def __init__(self, days: DaysToFilter, sets: Sequence[Spreads]) -> None:
        self.days = days
        self.n_days, self.n_slots, self.m = days.counted_veh.shape
        self.n_sets = len(sets)
        self.n = 3 + 2 * self.m
        hours = days.interval_s / 3600.0
        own = [(one, [one.hour_h, one.shift_h, one.own_h, one.more_h]) for one in sets]
        fade_h = np.array([[_SLOW_H, f[0], f[1], *[f[2]] * self.m, *[f[3]] * self.m] for _, f in own])
        shift = 60.0 / days.interval_s
        spread = np.array([[s.day, s.hour, s.shift_min * shift, *[s.own] * self.m, *[s.more] * self.m] for s in sets])
        self.fade = self._each(np.exp(-hours / fade_h))
        self.stationary = self._each(spread**2)
        self.scatter = np.repeat([s.count for s in sets], self.n_days)[:, None]
        self.usual = np.tile(days.usual_veh, (self.n_sets, 1, 1))
        self.slope = np.tile(days.slopes(), (self.n_sets, 1, 1))
        self.mean = np.tile(np.nanmean(days.usual_veh, axis=1), (self.n_sets, 1))
        self.counted = np.tile(days.counted_veh, (self.n_sets, 1, 1))

    def _each(self, rows: FloatArray) -> FloatArray:
        return np.repeat(rows, self.n_days, axis=0)

    def begin(self) -> tuple[FloatArray, FloatArray]:
        """Return state and covariance at the begin of the days."""
        state = np.zeros((len(self.fade), self.n))
        state[:, 0] = np.tile(self.days.start, self.n_sets)
        first = self.stationary.copy()
        first[:, 0] *= np.tile(self.days.doubt, self.n_sets)
        return state, first[:, :, None] * np.eye(self.n)

    def sees(self, slot: int) -> FloatArray:
        """Return how the flow of an interval depends on the state. (n_batch, n_approaches, n_states)"""
        found = np.zeros((len(self.fade), self.m, self.n))
        usual, places = self.usual[:, slot], np.arange(self.m)
        found[:, :, 0] = found[:, :, 1] = usual
        found[:, :, 2] = self.slope[:, slot]
        found[:, places, 3 + places] = usual
        found[:, places, 3 + self.m + places] = self.mean
        return found

    def predict(self, state: FloatArray, cov: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return state and covariance an interval later."""
        new = cov * self.fade[:, :, None] * self.fade[:, None, :]
        places = np.arange(self.n)
        new[:, places, places] += self.stationary * (1.0 - self.fade**2)
        return state * self.fade, new

    def flow(self, slot: int, state: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the expected flow of an interval [veh], and how it depends on the state."""
        sees = self.sees(slot)
        return np.maximum(self.usual[:, slot] + np.einsum("bmn,bn->bm", sees, state), 0.0), sees

    def update(self, slot: int, state: FloatArray, cov: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return state and covariance with the counts of an interval, and -2 log likelihood of each day.

        Counts scatter independently of one another, so they are taken in one after the other.
        """
        flow, sees = self.flow(slot, state)
        scatter = self.scatter * np.maximum(flow, _LEAST_VEH)
        cost = np.zeros(len(state))
        for k in range(self.m):
            counted = self.counted[:, slot, k]
            seen = ~np.isnan(counted)
            loads = sees[:, k]
            expected = self.usual[:, slot, k] + (loads * state).sum(axis=1)
            miss = np.where(seen, counted - np.maximum(expected, 0.0), 0.0)
            shown = np.einsum("bij,bj->bi", cov, loads)
            own = (loads * shown).sum(axis=1)
            score = np.abs(miss) / np.sqrt(own + scatter[:, k])
            total = (own + scatter[:, k]) * np.maximum(1.0, score / _FAR)
            cost += np.where(seen, np.log(total) + np.minimum(miss**2 / total, _CAP), 0.0)
            gain = np.where(seen[:, None], shown / total[:, None], 0.0)
            state = state + gain * miss[:, None]
            cov = cov - gain[:, :, None] * shown[:, None, :]
        return state, cov, cost


def cost_of(days: DaysToFilter, sets: Sequence[Spreads]) -> FloatArray:
    """Return -2 log likelihood of the counts for each set of spreads. (n_sets,)"""
    bank = _Bank(days, sets)
    state, cov = bank.begin()
    total = np.zeros(len(state))
    for slot in range(bank.n_slots):
        state, cov, cost = bank.update(slot, state, cov)
        total += cost
        state, cov = bank.predict(state, cov)
    return np.asarray(total.reshape(bank.n_sets, bank.n_days).sum(axis=1))


def learned(days: DaysToFilter, most_rounds: int = 15) -> Spreads:
    """Return the spreads with the greatest likelihood on some days, within a factor of 50 of usual ones."""
    start = np.array([getattr(Spreads(), name) for name in NAMES])
    number = max(int((~np.isnan(days.counted_veh)).sum()), 1)

    def of(logs: FloatArray) -> Spreads:
        return Spreads(*(float(v) for v in start * np.exp(logs)))

    def value(logs: FloatArray) -> tuple[float, FloatArray]:
        steps = [logs, *(logs + _STEP * row for row in np.eye(len(logs)))]
        costs = cost_of(days, [of(row) for row in steps]) / number
        return float(costs[0]) + 1e-4 * float(logs @ logs), (costs[1:] - costs[0]) / _STEP + 2e-4 * logs

    found = minimize(
        value,
        np.zeros(len(start)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * (len(start) - 1) + [(-0.7, 1.5)],
        options={"maxiter": most_rounds, "ftol": 1e-6},
    )
    return of(np.asarray(found.x))


def filtered(days: DaysToFilter, spreads: Spreads, n_ahead: int) -> Filtered:
    """Return the forecasts made at the begin of every interval for it and those after it."""
    rows = list(steps(days, spreads, n_ahead))
    return Filtered(*(np.stack(part, axis=1) for part in zip(*rows, strict=True)))


def steps(days: DaysToFilter, spreads: Spreads, n_ahead: int) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Yield mean and variance of the forecasts, and the state, at the begin of each interval, from 00:00 on."""
    bank = _Bank(days, [spreads])
    state, cov = bank.begin()
    for slot in range(bank.n_slots):
        yield (*_ahead(bank, slot, state, cov, n_ahead), state)
        state, cov, _ = bank.update(slot, state, cov)
        state, cov = bank.predict(state, cov)


def at_slot(days: DaysToFilter, spreads: Spreads, n_ahead: int, slot: int) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of the forecasts made at the begin of one interval. (n_days, n_ahead, n_approaches)"""
    bank = _Bank(days, [spreads])
    state, cov = bank.begin()
    for before in range(slot):
        state, cov, _ = bank.update(before, state, cov)
        state, cov = bank.predict(state, cov)
    return _ahead(bank, slot, state, cov, n_ahead)


def _ahead(bank: _Bank, slot: int, state: FloatArray, cov: FloatArray, n_ahead: int) -> tuple[FloatArray, FloatArray]:
    means, variances = [], []
    for step in range(n_ahead):
        flow, sees = bank.flow(slot + step, state)
        own = np.einsum("bmn,bnk,bmk->bm", sees, cov, sees)
        means.append(flow)
        variances.append(own + bank.scatter * np.maximum(flow, _LEAST_VEH))
        state, cov = bank.predict(state, cov)
    return np.stack(means, axis=1), np.stack(variances, axis=1)
