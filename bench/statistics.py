"""Statistics of paired runs: intervals, tests and sample sizes over seeds, never over vehicles of one run.

Vehicles of a run wait for one another, so that an interval over them would be far too narrow. What may be taken as
independent are the runs of different seeds; a value here is the difference of one such pair.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from signal_ctrl.domain.errors import InvalidInputError

LEVEL: Final = 0.95
RESAMPLES: Final = 10_000
_DICE: Final = 20_210_612
"""Seed of the resampling: the same values always give the same interval."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """From low to high, in the unit of the values."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise InvalidInputError(f"an interval needs low <= high, got {self.low}, {self.high}")

    @property
    def half_width(self) -> float:
        """Half the distance from low to high."""
        return (self.high - self.low) / 2

    def side(self) -> int:
        """Return -1 if all of it lies below zero, 1 if above, 0 if it holds zero."""
        return int(self.low > 0) - int(self.high < 0)


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval | None:
    """Return the interval of the mean by Student's t, or None for fewer than two values.

    Args: values, differences of independent pairs; level in (0, 1).
    Source: Student 1908, "The probable error of a mean", Biometrika 6; the test holds his example of ten patients.
    """
    if len(values) < 2:
        return None
    found = np.sort(np.asarray(values, dtype=np.float64))
    half = t_quantile(len(found) - 1, level) * _deviation(found) / math.sqrt(len(found))
    middle = _mean(found)
    return Interval(middle - half, middle + half)


def bootstrap_interval(
    values: Sequence[float], level: float = LEVEL, resamples: int = RESAMPLES, dice: int = _DICE
) -> Interval | None:
    """Return the interval of the mean by the BCa bootstrap, or None for fewer than two values.

    It needs no normal distribution, and allows for skew and bias; with five values or so it is too narrow all the same.
    Args: values, differences of independent pairs; level in (0, 1); dice, seed of the resampling.
    Source: Efron 1987, "Better bootstrap confidence intervals", J. Am. Stat. Assoc. 82.
    """
    if len(values) < 2:
        return None
    found = np.sort(np.asarray(values, dtype=np.float64))
    if found[0] == found[-1]:
        return Interval(float(found[0]), float(found[0]))
    drawn = np.random.default_rng(dice).integers(0, len(found), (resamples, len(found)))
    drawn.sort(axis=1)  # equal draws give equal means, to the last bit
    means = np.sort(found[drawn].mean(axis=1))
    shares = _corrected_shares(found, means, level)
    low, high = np.quantile(means, shares)
    return Interval(float(low), float(high))


def _corrected_shares(found: Floats, means: Floats, level: float) -> tuple[float, float]:
    """Return the shares of the resampled means between which the interval lies, corrected for bias and skew."""
    mean = found.mean()
    below = np.searchsorted(means, mean, "left") + np.searchsorted(means, mean, "right")
    bias = float(special.ndtri(below / (2 * len(means))))
    off = _jackknife(found).mean() - _jackknife(found)
    skew = float((off**3).sum() / (6 * (off**2).sum() ** 1.5))
    ends = [float(special.ndtri(share)) for share in ((1 - level) / 2, (1 + level) / 2)]
    low, high = (float(special.ndtr(bias + (bias + z) / (1 - skew * (bias + z)))) for z in ends)
    return low, high


def _jackknife(found: Floats) -> Floats:
    others: Floats = (found.sum() - found) / (len(found) - 1)
    return others


def t_quantile(degrees: int, level: float = LEVEL) -> float:
    """Return the two-sided quantile of Student's t.

    >>> [round(t_quantile(n), 3) for n in (9, 19, 29)]
    [2.262, 2.093, 2.045]
    """
    return float(special.stdtrit(degrees, (1 + level) / 2))


def t_test(values: Sequence[float]) -> float | None:
    """Return the two-sided p-value that the mean is zero, by Student's t; None for fewer than two values."""
    if len(values) < 2:
        return None
    found = np.sort(np.asarray(values, dtype=np.float64))
    mean, error = _mean(found), _deviation(found) / math.sqrt(len(found))
    if error == 0:
        return float(mean == 0)
    return min(1.0, 2 * float(special.stdtr(len(found) - 1, -abs(mean) / error)))


def sign_test(values: Sequence[float]) -> float:
    """Return the two-sided p-value that either sign is as likely, zeros left out; 1 where nothing is left.

    >>> sign_test([-1.0] * 5), sign_test([-1.0, 2.0])
    (0.0625, 1.0)
    """
    below, above = sum(value < 0 for value in values), sum(value > 0 for value in values)
    n = below + above
    tail = sum(math.comb(n, k) for k in range(min(below, above) + 1)) / (1 << n)
    return min(1.0, 2 * tail)


def wilcoxon_test(values: Sequence[float]) -> float:
    """Return the two-sided p-value of the signed-rank test, exact also with ties; zeros left out.

    Source: Wilcoxon 1945, "Individual comparisons by ranking methods", Biometrics Bulletin 1.
    """
    found = np.asarray([value for value in values if value], dtype=np.float64)
    if not len(found):
        return 1.0
    twice = _twice_ranks(np.abs(found))
    chances = np.ones(1)
    for rank in twice:  # each rank is on the positive side with probability one half
        longer = np.zeros(len(chances) + rank)
        longer[: len(chances)] += 0.5 * chances
        longer[rank:] += 0.5 * chances
        chances = longer
    positive = int(twice[found > 0].sum())
    least = min(positive, int(twice.sum()) - positive)
    return min(1.0, 2 * float(chances[: least + 1].sum()))


def _twice_ranks(sizes: Floats) -> npt.NDArray[np.int64]:
    """Return twice the rank of every size, ties sharing their mean rank: whole numbers."""
    ordered = np.sort(sizes)
    first = np.searchsorted(ordered, sizes, "left")
    last = np.searchsorted(ordered, sizes, "right")
    return (first + last + 1).astype(np.int64)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for being several: each may be held against the level as if it were alone.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6.
    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, k in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[k]))
        adjusted[k] = highest
    return tuple(adjusted)


def values_needed(deviation: float, half_width: float, level: float = LEVEL) -> int:
    """Return the smallest n >= 2 with t(n - 1) * deviation / sqrt(n) <= half_width.

    Args: deviation, standard deviation of the differences; half_width > 0, the precision wanted, in the same unit.
    Raises: InvalidInputError outside these ranges.
    >>> values_needed(5.0, 2.0), values_needed(0.0, 1.0)
    (27, 2)
    """
    if not (deviation >= 0 and half_width > 0 and math.isfinite(deviation)):
        raise InvalidInputError(
            f"need a deviation of 0 or more and a half-width above 0, got {deviation}, {half_width}"
        )

    def enough(n: int) -> bool:
        return t_quantile(n - 1, level) * deviation <= half_width * math.sqrt(n)

    high = 2
    while not enough(high):
        high *= 2
    low = max(high // 2, 1)  # not enough, or below the smallest n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def deviation_of(values: Sequence[float]) -> float | None:
    """Return the standard deviation with n - 1 below, or None for fewer than two values."""
    return _deviation(np.sort(np.asarray(values, dtype=np.float64))) if len(values) > 1 else None


def geometric_mean(ratios: Sequence[float]) -> float | None:
    """Return the geometric mean of ratios above 0, None for none: halved here and doubled there is no change.

    Raises: InvalidInputError for a ratio that is not above 0.
    >>> geometric_mean([0.5, 2.0]), geometric_mean([])
    (1.0, None)
    """
    if not all(ratio > 0 for ratio in ratios):
        raise InvalidInputError(f"a geometric mean needs ratios above 0, got {min(ratios)}")
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios)) if ratios else None


def _mean(found: Floats) -> float:
    return math.fsum(found) / len(found)


def _deviation(found: Floats) -> float:
    if found[0] == found[-1]:
        return 0.0
    mean = _mean(found)
    return math.sqrt(math.fsum((found - mean) ** 2) / (len(found) - 1))
