"""Values of one quantity combined: by their variances, with a known correlation of errors, or without knowing it.

Independent errors: weights are inverse variances, and the variance is 1 / sum(1 / v_i), never more than the least one.
Errors with a known covariance C: weights C^-1 1 / (1' C^-1 1). Unknown correlation: covariance intersection,

    P^-1 = w P1^-1 + (1 - w) P2^-1,    P^-1 x = w P1^-1 x1 + (1 - w) P2^-1 x2,

is sure whatever the correlation is (Julier and Uhlmann 1997); for single numbers the best w is 0 or 1, and so the
better source alone is taken: two cameras that the same bus hides cannot mend each other.

Example: 20 with variance 4 and 26 with variance 8 give 22 with 8/3; at a correlation of 0.5, 21.11 with 3.78.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from signal_ctrl.domain.errors import InvalidInputError

Floats = npt.NDArray[np.float64]
MOST: Final = 0.99
"""A larger correlation is not believed: two sources are never one (0-1)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value and the variance of its error."""

    value: float
    variance: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.value) and 0 < self.variance < np.inf):
            raise InvalidInputError(f"a measured value is finite and has a variance above 0, got {self}")


@dataclass(frozen=True, slots=True)
class Combined:
    """The best value of several: its variance, and the weight of each, which add up to 1."""

    value: float
    variance: float
    weights: tuple[float, ...]


def combine(values: Sequence[Measured], correlation: float | None = 0.0) -> Combined:
    """Return the combination of values of the same quantity, in any order.

    Args: correlation, that of the errors of any two of them (0-1); None: unknown.
    Raises: InvalidInputError without any value.
    """
    if not values:
        raise InvalidInputError("nothing to combine: no source has a value")
    variances = np.array([each.variance for each in values])
    if correlation is None:
        best = int(np.argmin(variances))
        tied = variances <= variances[best] * (1.0 + 1e-12)
        weights = tied / tied.sum()
        variance = float(variances[best])
    else:
        weights, variance = _weighted(variances, min(max(correlation, 0.0), MOST))
    value = float(weights @ np.array([each.value for each in values]))
    return Combined(value, variance, tuple(weights.tolist()))


def _weighted(variances: Floats, correlation: float) -> tuple[Floats, float]:
    """Return weights and variance for errors of one correlation; a source that would weigh less than 0 weighs 0."""
    taken = np.ones(len(variances), dtype=np.bool_)
    while True:
        deviations = np.sqrt(variances[taken])
        covariance = correlation * np.outer(deviations, deviations)
        np.fill_diagonal(covariance, variances[taken])
        raw = np.linalg.solve(covariance, np.ones(len(deviations)))
        if (raw >= 0).all() or len(raw) == 1:
            break
        taken[np.flatnonzero(taken)[raw < 0]] = False
    weights = np.zeros(len(variances))
    weights[taken] = raw / raw.sum()
    return weights, float(1.0 / raw.sum())


def intersect(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> tuple[Floats, Floats, float]:
    """Return mean, covariance and weight of the first by covariance intersection, with the least trace.

    Args: mean (n,) and covariance (n, n) of each.
    """
    informations = [np.linalg.inv(covariance) for _, covariance in (first, second)]

    def trace(weight: float) -> float:
        return float(np.trace(np.linalg.inv(weight * informations[0] + (1.0 - weight) * informations[1])))

    found = minimize_scalar(trace, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-6})
    weight = min((0.0, 1.0, float(found.x)), key=trace)
    covariance = np.linalg.inv(weight * informations[0] + (1.0 - weight) * informations[1])
    mean = covariance @ (weight * informations[0] @ first[0] + (1.0 - weight) * informations[1] @ second[0])
    return mean, covariance, weight
