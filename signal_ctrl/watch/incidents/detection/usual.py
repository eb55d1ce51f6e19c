"""What is usual at the loops: learnt from days of the same kind, each of them one record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.incidents.detection.bins import BIN_MS, Floats

SLOTS: Final = 96
"""Quarters of an hour of a day."""
SLOT_MS: Final = 15 * 60_000
DAY_MS: Final = 86_400_000
LEAST_DEVIANCE: Final = 0.25
"""Mean of the one-sided deviance of Poisson counts: half of the time 0, else half of a chi-square of one degree."""
LEAST_STAND: Final = 1.0
LEAST_SILENCE: Final = 1.0
LEAST_STORED_SD: Final = 1.5
_DAYS_FOR_SECOND: Final = 5
_LEAST_DAYS: Final = 3
"""So many of the days, or all of fewer, have to know how high something rises."""


@dataclass(frozen=True, slots=True, eq=False)
class UsualDay:
    """What one day showed. NaN where nothing was reported, or nothing was known to compare with.

    `rate`, vehicles in a bin of 20 s, by slot and loop; `stand`, longest time a loop was covered with nobody passing it
    [bins]; `silence`, the highest that the test of `silence.py` rose at a loop. By road, shape (4, n_roads):
    `deviance`, means of the deviances of `evidence.py`; `stored`, mean of vehicles more on the road than usual,
    `stored_sq`, mean of its square.
    """

    rate: Floats
    stand: Floats
    silence: Floats
    deviance: Floats
    stored: Floats
    stored_sq: Floats

    def __post_init__(self) -> None:
        by_loop = self.rate.shape == (SLOTS, len(self.stand)) and self.stand.shape == self.silence.shape
        if not by_loop or self.deviance.shape != (4, len(self.stored)):
            raise InvalidInputError("the record of a usual day has not one value a loop and slot, and four a road")


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What is usual: `rate` by slot and loop [vehicles in 20 s], NaN where it is not known; `stand` [bins] and
    `silence` by loop, `spread` (4, n_roads): how much more counts vary than Poisson's; `stored`, `stored_sd` by road
    [veh]. Of these what is not known is infinite, so that nothing goes beyond it."""

    rate: Floats
    stand: Floats
    silence: Floats
    spread: Floats
    stored: Floats
    stored_sd: Floats

    def rate_at(self, bin_number: int, lag: int = 0) -> Floats:
        """Return vehicles in a bin, by loop, for a bin since 1970 less a lag in bins."""
        return np.asarray(self.rate[(bin_number - lag) * BIN_MS % DAY_MS // SLOT_MS])


def usual_of(days: Sequence[UsualDay]) -> Usual:
    """Return what is usual, of days of the same kind.

    Of the longest standing and the highest silence of each day it is the second highest of five days or more, else the
    highest: one incident does not teach.
    Raises: InvalidInputError without a day.
    """
    if not days:
        raise InvalidInputError("nothing is usual without a day to learn from")
    with np.errstate(invalid="ignore"):
        stand, silence = _highest([day.stand for day in days]), _highest([day.silence for day in days])
        deviance = _mean([day.deviance for day in days])
        stored = _mean([day.stored for day in days])
        variance = _mean([day.stored_sq for day in days]) - stored**2
    return Usual(
        rate=_mean([day.rate for day in days]),
        stand=np.maximum(stand, LEAST_STAND),
        silence=np.maximum(silence, LEAST_SILENCE),
        spread=np.maximum(np.nan_to_num(deviance / LEAST_DEVIANCE, nan=np.inf), 1.0),
        stored=np.nan_to_num(stored),
        stored_sd=np.maximum(np.sqrt(np.maximum(np.nan_to_num(variance, nan=np.inf), 0.0)), LEAST_STORED_SD),
    )


def nothing_usual(n_loops: int, n_roads: int) -> Usual:
    """Return what is usual before anything was learnt: nothing is unusual."""
    by_loop, by_road = np.full(n_loops, np.inf), np.full(n_roads, np.inf)
    rate, spread = np.full((SLOTS, n_loops), np.nan), np.full((4, n_roads), np.inf)
    return Usual(rate, by_loop, by_loop.copy(), spread, np.zeros(n_roads), by_road)


def _highest(values: Sequence[Floats]) -> Floats:
    """Return the second highest of five days or more that know it, else the highest; no bound where few of them do."""
    whole = np.sort(np.array(values), axis=0)
    known = (~np.isnan(whole)).sum(axis=0)
    at = np.maximum(known - np.where(known >= _DAYS_FOR_SECOND, 2, 1), 0)
    return np.where(known >= min(_LEAST_DAYS, len(values)), np.take_along_axis(whole, at[None, :], axis=0)[0], np.inf)


def _mean(values: Sequence[Floats]) -> Floats:
    """Return the mean over days that know a value; NaN where none does."""
    whole = np.array(values)
    known = (~np.isnan(whole)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known > 0, np.nansum(whole, axis=0) / known, np.nan)
