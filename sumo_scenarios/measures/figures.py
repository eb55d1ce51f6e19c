"""Small arithmetic that all measures share; a figure that cannot be had is None, never 0."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_DIGITS: Final = 4

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]
Figure = float | None
Document = dict[str, Any]


def share(part: float, whole: float) -> Figure:
    """Return part over whole, None if there is no whole.

    >>> share(1, 4), share(0, 0)
    (0.25, None)
    """
    return rounded(part / whole) if whole > 0 else None


def mean(values: Sequence[float] | Floats | Ints) -> Figure:
    """Return the mean, None for no values."""
    return rounded(math.fsum(values) / len(values)) if len(values) else None


def quantile(values: Sequence[float] | Floats | Ints, level: float) -> Figure:
    """Return the nearest-rank quantile, None for no values; level in (0, 1].

    >>> quantile([4.0, 1.0, 3.0, 2.0], 0.5), quantile([], 0.95)
    (2.0, None)
    """
    if not len(values):
        return None
    rank = max(math.ceil(level * len(values) - 1e-9), 1) - 1
    return rounded(float(np.partition(np.asarray(values, dtype=np.float64), rank)[rank]))


def largest(values: Sequence[float] | Floats | Ints) -> Figure:
    """Return the largest value, None for none."""
    return rounded(float(max(values))) if len(values) else None


def rounded(value: float) -> float:
    """Return a value with as many digits as are worth keeping. Raises: ValueError for NaN and infinities."""
    if not math.isfinite(value):
        raise ValueError(f"a figure must be finite, got {value}")
    return round(float(value), _DIGITS)
