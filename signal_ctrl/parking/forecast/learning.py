"""What is learned from days: the usual day, how the guesses are blended, and how far off they were on days left out.

Weights and intervals come from days that the usual day was learned without (folds of whole days). Quantiles are those
of errors over their foreseen spread (split conformal), at each horizon, so that intervals hold as often as they say.
Sources: Breiman 1996, "Stacked regressions"; Vovk, Gammerman & Shafer 2005, "Algorithmic learning in a random world".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.forecast.model import GUESSES, HORIZONS, Guess, Recent, guess
from signal_ctrl.parking.forecast.series import SLOT_S, SLOTS, Floats, ParkingDays
from signal_ctrl.parking.forecast.usual import Usual, smoothing_of, usual_of
from signal_ctrl.parking.outlook import LEVELS, Outlook

FOLDS: Final = 4
LEAST_DAYS: Final = 4
MOST_CASES: Final = 540_000
"""So many forecasts of one facility are tried while learning: with 200 over 28 days, from each third slot on. [P]"""
SEEN_SLOTS: Final = 12
"""So many slots back are looked at."""
NORMAL: Final[Floats] = np.array([
    -2.576, -1.96, -1.645, -1.282, -0.842, -0.524, -0.253, 0.0, 0.253, 0.524, 0.842, 1.282, 1.645, 1.96, 2.576,
])  # fmt: skip
"""Quantiles of the normal distribution at `LEVELS`, where no error was seen yet."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """A forecast of some facilities.

    `usual` by type of day; `weight` (GUESSES, HORIZONS); `error` (2, HORIZONS, n_levels), quantiles of errors over
    their spread, where the present is known and where it is not; `days` that it was learned from.
    """

    facilities: tuple[str, ...]
    capacity: Floats
    usual: Mapping[str, Usual]
    weight: Floats
    error: Floats
    days: int

    def cars(self, day_type: str, slot: int, recent: Recent, others: Floats | None = None) -> tuple[Floats, Floats]:
        """Return the cars foreseen at the ends of the next slots and their quantiles.

        Args: others, as in `guess`. Returns: (n, HORIZONS), (n, HORIZONS, n_levels).
        """
        ones = np.ones(len(self.facilities))
        found = guess(self._usual(day_type), recent, slot, self.capacity, ones if others is None else others)
        seen = np.isfinite(recent.occupied)
        mean = _blended(found, self.weight, seen)
        spread = np.where(seen[:, None], found.sd, _unseen_sd(self.capacity)[:, None])
        errors = np.where(seen[:, None, None], self.error[0], self.error[1])
        quantiles = np.clip(mean[..., None] + spread[..., None] * errors, 0.0, self.capacity[:, None, None])
        return mean, quantiles

    def knows(self) -> npt.NDArray[np.bool_]:
        """Return of which facilities there is a usual day of any type. (n,)"""
        found = np.zeros(len(self.facilities), dtype=np.bool_)
        for usual in self.usual.values():
            found |= np.isfinite(usual.occupied).any(axis=1)
        return found

    def _usual(self, day_type: str) -> Usual:
        return self.usual.get(day_type) or next(iter(self.usual.values()))

    def outlook(
        self, at_utc_ms: int, day_type: str, slot: int, recent: Recent, others: Floats | None = None
    ) -> Outlook:
        """Return the free spaces that are foreseen from now on; now they are what is seen. [ms]"""
        _, quantiles = self.cars(day_type, slot, recent, others)
        now = np.where(np.isfinite(recent.occupied), recent.occupied, quantiles[:, 0, len(LEVELS) // 2])
        cars = np.concatenate((np.repeat(now[:, None, None], len(LEVELS), axis=2), quantiles), axis=1)
        free = np.asarray(self.capacity[:, None, None] - cars[..., ::-1], dtype=np.float64)
        ahead_s = np.arange(HORIZONS + 1, dtype=np.float64) * SLOT_S
        return Outlook(self.facilities, at_utc_ms, ahead_s, free)


def _unseen_sd(capacity: Floats) -> Floats:
    return np.maximum(0.1 * capacity, 1.0)


def _blended(found: Guess, weight: Floats, seen: np.ndarray) -> Floats:
    blended: Floats = np.einsum("gnh,gh->nh", found.mean, weight)
    blended[~seen] = found.mean[-1][~seen]
    return blended


def unlearnt(facilities: tuple[str, ...], capacity: Floats) -> Learnt:
    """Return the forecast of facilities of which no day is known: what comes lately goes on, normal errors."""
    nothing = np.full((len(facilities), SLOTS), np.nan)
    weight = np.zeros((GUESSES, HORIZONS))
    weight[0] = 1.0
    error = np.broadcast_to(NORMAL, (2, HORIZONS, len(LEVELS)))
    return Learnt(facilities, capacity, {"weekday": Usual(nothing, nothing, nothing)}, weight, error, 0)


def learn(days: ParkingDays) -> Learnt:
    """Return the forecast that days teach. Raises: InvalidInputError for fewer than 4 days."""
    if len(days.dates) < LEAST_DAYS:
        raise InvalidInputError(
            f"a forecast of parking is learned from {LEAST_DAYS} days or more, got {len(days.dates)}"
        )
    fold = np.arange(len(days.dates)) % FOLDS
    smooth = smoothing_of(days, [np.flatnonzero(fold == k) for k in range(FOLDS)])
    step = _step(days)
    means, sds, truths = [], [], []
    for k in range(FOLDS):
        rest = days.only(np.flatnonzero(fold != k))
        usual = {kind: usual_of(rest, kind, smooth) for kind in set(days.day_types)}
        for day in np.flatnonzero(fold == k):
            for slot in range(int(day) % step, SLOTS, step):
                found, truth = _tried(days, int(day), slot, usual[days.day_types[day]])
                kept = np.isfinite(truth)
                means.append(np.where(kept, found.mean, np.nan))
                sds.append(found.sd)
                truths.append(truth)
    mean, sd, truth = np.concatenate(means, axis=1), np.concatenate(sds), np.concatenate(truths)
    weight = np.stack([_weight(mean[:, :, h], truth[:, h]) for h in range(HORIZONS)], axis=1)
    seen = truth - np.einsum("gnh,gh->nh", mean, weight)
    unseen_sd = np.tile(_unseen_sd(days.capacity), len(sds))
    errors = [
        np.stack([_levels(seen[:, h] / sd[:, h]) for h in range(HORIZONS)]),
        np.stack([_levels((truth[:, h] - mean[-1, :, h]) / unseen_sd) for h in range(HORIZONS)]),
    ]
    usual = {kind: usual_of(days, kind, smooth) for kind in sorted(set(days.day_types), key=days.day_types.index)}
    return Learnt(days.facilities, days.capacity, usual, weight, np.stack(errors), len(days.dates))


def _step(days: ParkingDays) -> int:
    """Return from each how many-th slot on forecasts are tried: each, or fewer where there are many cases.

    Days begin at different slots then, so that each time of the day is tried: what is learned only of full quarters of
    an hour does not hold in between where days are short and steep.
    """
    return max(math.ceil(len(days.facilities) * len(days.dates) * SLOTS / MOST_CASES), 1)


def recent_of(days: ParkingDays, day: int, slot: int) -> Recent:
    """Return what was seen of a day up to the begin of a slot."""
    since = max(slot - SEEN_SLOTS, 0)
    pad = ((0, 0), (SEEN_SLOTS - (slot - since), 0))
    entered, left = (np.pad(a[day][:, since:slot], pad, constant_values=np.nan) for a in (days.entered, days.left))
    return Recent(days.occupied[day][:, slot], entered, left)


def _tried(days: ParkingDays, day: int, slot: int, usual: Usual) -> tuple[Guess, Floats]:
    """Return the guesses of a day left out, and what came; NaN where either is not known."""
    recent = recent_of(days, day, slot)
    found = guess(usual, recent, slot, days.capacity, np.ones(len(days.facilities)))
    return found, truth_of(days, day, slot, recent)


def truth_of(days: ParkingDays, day: int, slot: int, recent: Recent) -> Floats:
    """Return the cars at the ends of the next slots of a day, NaN where unknown or the day is over. (n, HORIZONS)"""
    truth = np.full((len(days.facilities), HORIZONS), np.nan)
    came = days.occupied[day][:, slot + 1 : slot + 1 + HORIZONS]
    truth[:, : came.shape[1]] = came
    truth[~np.isfinite(recent.occupied)] = np.nan
    return truth


def _weight(mean: Floats, truth: Floats) -> Floats:
    """Return how the guesses are blended at one horizon: no weight below 0, all together 1. (GUESSES,)"""
    kept = np.isfinite(truth)
    if kept.sum() < 10 * GUESSES:
        return np.array([1.0, *[0.0] * (GUESSES - 1)])
    rows = np.vstack((mean[:, kept].T, np.full(GUESSES, 1e3 * kept.sum() ** 0.5)))
    found, _ = nnls(rows, np.append(truth[kept], 1e3 * kept.sum() ** 0.5))
    weights: Floats = np.array(found / found.sum(), dtype=np.float64)
    return weights


def _levels(errors: Floats) -> Floats:
    """Return the quantiles of errors, those of the normal distribution where there are few."""
    kept = errors[np.isfinite(errors)]
    if len(kept) < 100:
        return NORMAL
    found: Floats = np.maximum.accumulate(np.quantile(kept, LEVELS))
    return found
