"""The typed way to scipy's linear programs (HiGHS)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Values (n_variables,), the cost, and the price of each row (n_rows,): how the cost falls as its limit grows."""

    values: FloatArray
    cost: float
    prices: FloatArray


def minimise(
    costs: FloatArray,
    rows: FloatArray,
    limits: FloatArray,
    least: FloatArray,
    sums_to: tuple[FloatArray, float] | None = None,
) -> Solution | None:
    """Return the x that makes costs @ x least, with rows @ x <= limits and x >= least; None if there is none.

    `sums_to` is one more condition (row, value): row @ x = value.
    >>> found = minimise(np.array([1.0, 1.0]), np.array([[-1.0, -2.0]]), np.array([-4.0]), np.zeros(2))
    >>> found.values.tolist(), found.cost, found.prices.tolist()
    ([0.0, 2.0], 2.0, [-0.5])
    """
    equal = {} if sums_to is None else {"A_eq": sums_to[0][None, :], "b_eq": np.array([sums_to[1]])}
    bounds = [(float(low), None) for low in least]
    found = linprog(costs, A_ub=rows, b_ub=limits, bounds=bounds, method="highs", **equal)
    if found.status != 0:
        return None
    return Solution(np.asarray(found.x), float(found.fun), np.asarray(found.ineqlin.marginals))
