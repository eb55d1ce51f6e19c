"""What may be free in each lot some minutes ahead: quantiles that forecast makes and guidance reads. Pure.

A lot is what guidance sends to: a facility, or those of its spaces that serve one need, under one name.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError

Floats = npt.NDArray[np.float64]

LEVELS: Final[Floats] = np.array([0.005, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.995])
"""Levels of the quantiles of an outlook. 0.05 and 0.95 are the 90 % interval. [0–1]"""
_LOW, _MIDDLE, _HIGH = (int(np.flatnonzero(level == LEVELS)[0]) for level in (0.05, 0.5, 0.95))
CLOSED: Final = -1.0
"""Free spaces of a lot that takes nobody: fewer than none, so that no chance is left."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """Free spaces of all lots from now on, before any guided driver who is still under way has taken one.

    `ahead_s`, horizons from `at_utc_ms`, (n_horizons,), rising, the first one 0 [s]; `free`, quantiles at `LEVELS`,
    (n_lots, n_horizons, n_levels), `CLOSED` all through where a lot takes nobody then; `unforeseen`, lots of
    which nobody can say anything: their quantiles are `nothing_known`.
    """

    lots: tuple[str, ...]
    at_utc_ms: int
    ahead_s: Floats
    free: Floats
    unforeseen: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.free.shape != (len(self.lots), len(self.ahead_s), len(LEVELS)):
            raise InvalidInputError("an outlook has quantiles for each lot, horizon and level")
        if not (len(self.ahead_s) and self.ahead_s[0] == 0.0 and (np.diff(self.ahead_s) > 0).all()):
            raise InvalidInputError("horizons of an outlook rise from 0 s")
        if not (np.isfinite(self.free).all() and (np.diff(self.free, axis=-1) >= 0).all()):
            raise InvalidInputError("quantiles of an outlook do not fall with their level")

    def of(self, lots: npt.NDArray[np.intp], ahead_s: Floats) -> Floats:
        """Return the quantiles of some lots, by index, each at a time of its own. [s] (n, n_levels)

        Beyond the last horizon they are those of the last one.
        """
        place = np.interp(ahead_s, self.ahead_s, np.arange(len(self.ahead_s)))
        low = np.minimum(place.astype(np.intp), len(self.ahead_s) - 1)
        high = np.minimum(low + 1, len(self.ahead_s) - 1)
        share = (place - low)[:, None]
        found: Floats = (1 - share) * self.free[lots, low] + share * self.free[lots, high]
        return found

    def middle(self, lot: str, ahead_s: float) -> tuple[float, float, float]:
        """Return the low end, the median and the high end (90 %) of the free spaces of a lot. [s]"""
        row = self.of(np.array([self.lots.index(lot)]), np.array([ahead_s]))[0]
        low, middle, high = np.maximum(row[[_LOW, _MIDDLE, _HIGH]], 0.0).tolist()
        return low, middle, high


def nothing_known(capacity: float) -> Floats:
    """Return the quantiles of a lot of which nobody knows anything: as likely full as not, else anything up to empty.

    >>> nothing_known(100.0)[[0, 7, 11, 14]].round(1).tolist()
    [0.0, 0.0, 80.0, 99.0]
    """
    found: Floats = capacity * np.maximum(2 * LEVELS - 1, 0.0)
    return found


def chance_of(free: Floats, needed: Floats) -> Floats:
    """Return the probability that a whole number of spaces is free, of quantiles (n, n_levels). (n,)

    The quantiles are of a number that is rounded: k spaces are free if more than k - 0.5 are. Beyond the outermost
    quantiles the probability is that of the outermost.
    >>> chance_of(np.linspace(0.0, 14.0, 15)[None, :], np.array([7.5])).round(2).tolist()
    [0.5]
    """
    edge = (needed - 0.5)[:, None]
    above = (free < edge).sum(axis=1)
    low, high = np.clip(above - 1, 0, len(LEVELS) - 1), np.clip(above, 0, len(LEVELS) - 1)
    each = np.arange(len(free))
    at_low, at_high = free[each, low], free[each, high]
    share = np.where(at_high > at_low, (edge[:, 0] - at_low) / np.maximum(at_high - at_low, 1e-9), 0.0)
    level = LEVELS[low] + np.clip(share, 0.0, 1.0) * (LEVELS[high] - LEVELS[low])
    found: Floats = np.where(above == 0, 1.0 - LEVELS[0], np.where(above == len(LEVELS), LEVELS[0], 1.0 - level))
    return np.where(free[:, -1] < 0, 0.0, found)
