"""Counts put in place of those that failed detectors cannot give, each with a variance and the way it was had.

From the lane beside or from the loops before and behind on the way (later or sooner by the time that it takes), else
from the usual count of the hour at today's level, else from the conservation of vehicles. How much one detector counts
for another is learned from earlier days, hour by hour; a neighbour that explains less than 80 % of the variance is not
asked, and of the others the one that leaves least open comes first. Without earlier days only conservation is left.
What is not known is never taken for zero, and nothing is imputed from what was imputed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.health.faults import Numbers
from detectors.health.surroundings import Balance, Surroundings, lane_mates
from signal_ctrl.domain.errors import InvalidInputError

HOUR_S: Final = 3600.0
HOURS: Final = 24
EXPLAINS: Final = 0.8
"""Least share of the variance that a neighbour has to explain."""
PRIOR_VEH: Final = 20.0
"""Weight of the ratio over all hours in that of one hour. [veh]"""
LEAST_SLOTS: Final = 24
OF_BALANCE: Final = 2.0
OF_LEVEL: Final = 0.25
"""Variance over mean of what conservation gives, and squared error of a level that is taken from others."""
LEVEL_LEAST_VEH: Final = 20.0


class Way(IntEnum):
    """How a count was had; all but the first two are imputed."""

    UNKNOWN = 0
    MEASURED = 1
    BESIDE = 2
    ON_THE_WAY = 3
    PROFILE = 4
    BALANCE = 5


IMPUTED: Final = frozenset({Way.BESIDE, Way.ON_THE_WAY, Way.PROFILE, Way.BALANCE})


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """Counts [veh], their variances [veh²] (0: measured) and ways. Shape (n_slots, n_detectors); NaN where unknown."""

    count: Numbers
    variance: Numbers
    way: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """What others count for a detector: their sum, `lag` slots later (below 0: sooner), times the hour's ratio (24,).

    `explains` is the share of the variance that this explains; `spread` the variance of what is left over its mean.
    """

    others: tuple[int, ...]
    lag: float
    ratio: Numbers
    explains: float
    spread: float
    way: Way


class Imputer:
    """Learns from earlier days how detectors go together, and fills the gaps of a day."""

    def __init__(
        self, around: Surroundings, slot_s: float, history: Numbers | None = None, clock_s: Numbers | None = None
    ) -> None:
        """Args: history (n_slots, n) counts of earlier days, one after the other, NaN where a detector was not in
        order; clock_s (n_slots,), time of day of each slot [s].

        Raises: InvalidInputError if they do not fit together.
        """
        n = len(around.controllers)
        if (history is None) is not (clock_s is None) or (
            history is not None and clock_s is not None and history.shape != (len(clock_s), n)
        ):
            raise InvalidInputError(f"earlier days need counts of {n} detectors and the time of day of each slot")
        self._around, self._slot_s, self._n = around, slot_s, n
        self.links: tuple[tuple[Link, ...], ...] = tuple(() for _ in range(n))
        self._median: Numbers | None = None
        if history is not None and clock_s is not None:
            self.links = tuple(tuple(self._learn(k, history, clock_s)) for k in range(n))
            self._median = _medians(history, clock_s, slot_s)

    def _learn(self, detector: int, history: Numbers, clock_s: Numbers) -> Iterator[Link]:
        """Yield what tells of a detector, the surest first; what tells too little is left out."""
        found = [_link(detector, *candidate, history, clock_s) for candidate in self._candidates(detector)]
        told = [link for link in found if link is not None and link.explains >= EXPLAINS]
        yield from sorted(told, key=lambda link: link.spread)

    def _candidates(self, detector: int) -> Iterator[tuple[tuple[int, ...], float, Way]]:
        beside = self._around.beside[detector] if self._around.beside else ()
        yield from (((other,), 0.0, Way.BESIDE) for other in beside)
        if len(beside) > 1:
            yield beside, 0.0, Way.BESIDE
        for balance in self._around.balances:
            lag = balance.lag_s / self._slot_s
            if detector in balance.behind:
                yield balance.before, lag, Way.ON_THE_WAY
            if detector in balance.before:
                yield balance.behind, -lag, Way.ON_THE_WAY
        near = {k for b in self._around.balances if len(b.before) == len(b.behind) == 1 for k in _pair(b, detector)}
        for mate in lane_mates(self._around)[detector]:
            if mate not in near:
                yield (mate,), 0.0, Way.ON_THE_WAY

    def fill(self, count: Numbers, clock_s: Numbers) -> Filled:
        """Return a span of counts (n_slots, n) without the gaps that can be filled. Args: clock_s (n_slots,) [s]"""
        known = ~np.isnan(count)
        found = Filled(
            np.where(known, count, np.nan),
            np.where(known, 0.0, np.nan),
            np.where(known, int(Way.MEASURED), int(Way.UNKNOWN)).astype(np.int64),
        )
        hour = _hours(clock_s)
        for k in np.flatnonzero(~np.all(known, axis=0)):
            for link in self.links[int(k)]:
                mean = link.ratio[hour] * _shifted(count[:, list(link.others)].sum(axis=1), link.lag)
                _put(found, int(k), mean, link.spread * np.maximum(mean, 1.0), link.way)
        if self._median is not None:
            self._from_profile(found, count, clock_s)
        self._from_balances(found, count)
        return found

    def _from_profile(self, found: Filled, count: Numbers, clock_s: Numbers) -> None:
        assert self._median is not None
        usual = self._median[_places(clock_s, self._slot_s)]
        level = _levels(count, usual)
        for k in np.flatnonzero(np.any(found.way == Way.UNKNOWN, axis=0)):
            mean = usual[:, k] * level
            _put(found, int(k), mean, np.maximum(mean, 1.0) + OF_LEVEL**2 * mean**2, Way.PROFILE)

    def _from_balances(self, found: Filled, count: Numbers) -> None:
        """Fill what is still unknown so that vehicles are conserved, as evenly as possible (least squares)."""
        if not self._around.balances:
            return
        flows = _balance_matrix(self._around.balances, self._n)
        for t in np.flatnonzero(np.any(found.way == Way.UNKNOWN, axis=1)):
            unknown = np.flatnonzero(np.isnan(count[t]))
            rows = [r for r in flows if np.any(r[unknown]) and not np.all(np.isin(np.flatnonzero(r), unknown))]
            if not rows:
                continue
            matrix = np.array(rows)
            wanted = -(matrix * np.nan_to_num(count[t])).sum(axis=1)
            solved, *_ = np.linalg.lstsq(matrix[:, unknown], wanted, rcond=None)
            told = np.any(matrix[:, unknown] != 0, axis=0)
            for k, value, is_told in zip(unknown.tolist(), solved.tolist(), told.tolist(), strict=True):
                if is_told and found.way[t, k] == Way.UNKNOWN:
                    found.count[t, k] = max(value, 0.0)
                    found.variance[t, k] = OF_BALANCE * max(value, 1.0)
                    found.way[t, k] = int(Way.BALANCE)


def _pair(balance: Balance, detector: int) -> tuple[int, ...]:
    both = (balance.before[0], balance.behind[0])
    return both if detector in both else ()


def _put(found: Filled, k: int, mean: Numbers, variance: Numbers, way: Way) -> None:
    """Fill the gaps of a detector that are still open."""
    fits = (found.way[:, k] == Way.UNKNOWN) & ~np.isnan(mean)
    found.count[fits, k] = mean[fits]
    found.variance[fits, k] = variance[fits]
    found.way[fits, k] = int(way)


def _link(
    detector: int, others: tuple[int, ...], lag: float, way: Way, history: Numbers, clock_s: Numbers
) -> Link | None:
    """Return what others count for a detector, by earlier days; None if these know too little."""
    own = history[:, detector]
    told = _shifted(history[:, list(others)].sum(axis=1), lag)
    known = ~np.isnan(own) & ~np.isnan(told)
    if np.count_nonzero(known) < LEAST_SLOTS or not np.any(told[known] > 0):
        return None
    own, told, hour = own[known], told[known], _hours(clock_s[known])
    ratio = _ratios(own, told, hour)
    mean = ratio[hour] * told
    left, all_ = float(np.sum((own - mean) ** 2)), float(np.sum((own - np.mean(own)) ** 2))
    explains = 1.0 - left / all_ if all_ > 0 else 0.0
    return Link(others, lag, ratio, explains, left / max(float(np.sum(mean)), 1.0), way)


def _ratios(own: Numbers, told: Numbers, hour: NDArray[np.int64]) -> Numbers:
    """Return own counts over those of others by hour, smoothed, and drawn to the ratio of all hours. (24,)"""
    sums = np.zeros((2, HOURS))
    np.add.at(sums[0], hour, own)
    np.add.at(sums[1], hour, told)
    sums = sums + 0.5 * (np.roll(sums, 1, axis=1) + np.roll(sums, -1, axis=1))
    overall = float(np.sum(own)) / float(np.sum(told))
    found: Numbers = (sums[0] + overall * PRIOR_VEH) / (sums[1] + PRIOR_VEH)
    return found


def _shifted(counts: Numbers, lag: float) -> Numbers:
    """Return counts so many slots later: a part of each from the slot before (or, below 0, from the one behind)."""
    whole = int(np.floor(abs(lag)))
    part = abs(lag) - whole
    step = 1 if lag >= 0 else -1
    near, far = _moved(counts, step * whole), _moved(counts, step * (whole + 1))
    return near if part == 0 else (1.0 - part) * near + part * far


def _moved(counts: Numbers, by: int) -> Numbers:
    """Return counts moved by whole slots; at the ends the outermost is taken again."""
    at = np.clip(np.arange(len(counts)) - by, 0, len(counts) - 1)
    return counts[at]


def _hours(clock_s: Numbers) -> NDArray[np.int64]:
    return (clock_s // HOUR_S).astype(np.int64) % HOURS


def _places(clock_s: Numbers, slot_s: float) -> NDArray[np.int64]:
    return np.round(clock_s / slot_s).astype(np.int64) % round(HOURS * HOUR_S / slot_s)


def _medians(history: Numbers, clock_s: Numbers, slot_s: float) -> Numbers:
    """Return the middle count of each time of day, with the slots beside it, where counts are few. (slots a day, n)"""
    place = _places(clock_s, slot_s)
    n_places = round(HOURS * HOUR_S / slot_s)
    found = np.full((n_places, history.shape[1]), np.nan)
    for p in range(n_places):
        around = history[np.isin(place, [(p - 1) % n_places, p, (p + 1) % n_places])]
        some = np.any(~np.isnan(around), axis=0) if len(around) else np.zeros(history.shape[1], dtype=np.bool_)
        if np.any(some):
            middle, mean = np.nanmedian(around[:, some], axis=0), np.nanmean(around[:, some], axis=0)
            found[p, some] = np.where(middle >= FEW_VEH, middle, mean)
    return found


FEW_VEH: Final = 5.0
"""Below it the median of counts is far from their mean."""


def _levels(count: Numbers, usual: Numbers) -> Numbers:
    """Return today's level slot by slot: what the working detectors count in an hour over what is usual. (n_slots,)"""
    known = ~np.isnan(count) & ~np.isnan(usual)
    parts = [np.where(known, values, 0.0).sum(axis=1) for values in (count, usual)]
    window = np.ones(min(13, len(count)))
    sums = [np.convolve(part, window, mode="same") for part in parts]
    found: Numbers = np.where(sums[1] >= LEVEL_LEAST_VEH, sums[0] / np.maximum(sums[1], 1e-9), 1.0)
    return found


def _balance_matrix(balances: Sequence[Balance], n: int) -> Numbers:
    """Return a row a balance: 1 for those before, -1 for those behind. Shape (n_balances, n)"""
    found = np.zeros((len(balances), n))
    for row, balance in enumerate(balances):
        found[row, list(balance.before)] = 1.0
        found[row, list(balance.behind)] = -1.0
    return found
