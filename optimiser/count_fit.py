"""Whole numbers of vehicles that reproduce counts: non-negative least squares near a prior, then a search in integers.

Every column is one way to drive and one window of time to depart in, so that a vehicle of it is counted in certain
cells (a place in a period) and in no others: the matrix holds zeros and ones.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from signal_ctrl.domain.errors import InvalidInputError

FloatArray = npt.NDArray[np.float64]

_ROUNDS: Final = 80
_STEPS: Final = 150
_POWER: Final = 30
_SETTLED_VEH: Final = 1e-4
_PULL: Final = 0.02
_LEAST_VEH: Final = 0.1
_MOST_SWEEPS: Final = 400
_MOST_MOVES: Final = 400
_SMALL: Final = 1e-9


@dataclass(frozen=True)
class CountProblem:
    """Counts and who may cause them. `cells` (n_cells, n_columns) of 0 and 1; `counts` (n_cells,) [veh].

    `prior` (n_columns,) is the relative weight of each column before any count is looked at, above 0.
    """

    cells: csr_matrix
    counts: FloatArray
    prior: FloatArray

    def __post_init__(self) -> None:
        if self.cells.shape != (len(self.counts), len(self.prior)):
            raise InvalidInputError("counts, prior and cells of a demand do not fit each other")
        if not (np.all(self.counts >= 0) and np.all(self.prior > 0)):
            raise InvalidInputError("a demand needs counts of 0 or more and a prior above 0")

    @property
    def weights(self) -> FloatArray:
        """Weight of each cell's squared error: one over the variance of a count, which is the count itself."""
        return np.asarray(1.0 / np.maximum(self.counts, 1.0))

    def error(self, vehicles: npt.NDArray[np.generic]) -> float:
        """Return the weighted sum of squared errors of vehicles by column."""
        miss = self.cells @ vehicles.astype(np.float64) - self.counts
        return float(self.weights @ miss**2)


class Evening:
    """Evens flows out in time: each column gets the mean rate of its route within a reach of its window.

    Without this short windows at the ends of what is counted would take vehicles in crowds.
    """

    def __init__(
        self, group: npt.NDArray[np.int64], middles_s: FloatArray, lengths_s: FloatArray, reach_s: float
    ) -> None:
        """Args: group, columns of one route have the same; middles_s and lengths_s, windows of departure [s]."""
        self._order = np.lexsort((middles_s, group))
        self._lengths_s = lengths_s[self._order]
        span_s = float(np.ptp(middles_s)) + 4.0 * reach_s + 1.0
        places = middles_s[self._order] + span_s * group[self._order]
        self._first = np.searchsorted(places, places - reach_s)
        self._last = np.searchsorted(places, places + reach_s, side="right")
        self._spans_s = self._sums(self._lengths_s)

    def _sums(self, values: FloatArray) -> FloatArray:
        sums = np.concatenate([[0.0], np.cumsum(values)])
        return np.asarray(sums[self._last] - sums[self._first])

    def __call__(self, flows: FloatArray) -> FloatArray:
        """Return evened flows, shape (n_columns,). [veh]"""
        found = np.empty_like(flows)
        found[self._order] = self._lengths_s * self._sums(flows[self._order]) / self._spans_s
        return found


def likely_flows(problem: CountProblem, evening: Evening | None = None, rounds: int = _ROUNDS) -> FloatArray:
    """Return flows that fit the counts by likelihood, reached from the prior by scaling only, shape (n_columns,). [veh]

    A column that the prior makes small stays small where others can do. Source: the expectation-maximisation step for
    counts that follow Poisson's law (Shepp and Vardi 1982), each followed by smoothing (Silverman and others 1990).
    """
    cells, counts = problem.cells, problem.counts
    per_column = np.maximum(np.asarray(cells.sum(axis=0)).ravel(), _SMALL)
    flows = problem.prior * (counts.sum() / max(float((problem.prior * per_column).sum()), _SMALL))
    for _ in range(rounds):
        modelled = np.maximum(cells @ flows, _SMALL)
        flows = np.asarray(flows * (cells.T @ (counts / modelled)) / per_column)
        flows = flows if evening is None else evening(flows)
    return np.asarray(flows)


def least_squares_flows(problem: CountProblem, near: FloatArray) -> FloatArray:
    """Return the non-negative flows with the least weighted squared error, near others where counts leave a choice.

    Shapes (n_columns,). [veh] Source: accelerated projected gradient (Beck and Teboulle 2009), each flow scaled by the
    root of its starting value, with a restart where a step goes uphill (O'Donoghue and Candes 2015).
    """
    cells, counts, weights = problem.cells, problem.counts, problem.weights
    pull, scale = _pull(near), np.sqrt(near + _LEAST_VEH)

    def slope(flows: FloatArray) -> FloatArray:
        return np.asarray(cells.T @ (weights * (cells @ flows - counts)) + pull * (flows - near))

    step = scale**2 / (_steepest(problem, scale) + _PULL)
    flows, ahead, momentum = near, near, 1.0
    for _ in range(_STEPS):
        uphill = slope(ahead)
        following = np.maximum(ahead - step * uphill, 0.0)
        if float(uphill @ (following - flows)) > 0:
            momentum = 1.0
        faster = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
        ahead = np.maximum(following + (momentum - 1.0) / faster * (following - flows), 0.0)
        moved, flows, momentum = float(np.abs(following - flows).max(initial=0.0)), following, faster
        if moved < _SETTLED_VEH:
            break
    return np.asarray(flows)


def _pull(near: FloatArray) -> FloatArray:
    """Return what a squared departure from likely flows costs: a part of what Poisson's law would say, (n_columns,)."""
    return np.asarray(_PULL / (near + _LEAST_VEH))


def _steepest(problem: CountProblem, scale: FloatArray) -> float:
    """Return an upper estimate of the largest curvature of the scaled squared error, by power iteration."""
    vector, value = np.ones(len(scale)), 1.0
    for _ in range(_POWER):
        vector = scale * (problem.cells.T @ (problem.weights * (problem.cells @ (scale * vector))))
        value = max(float(np.linalg.norm(vector)), _SMALL)
        vector = vector / value
    return 1.1 * value


def whole_vehicles(
    problem: CountProblem, flows: FloatArray, near: FloatArray, group: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return whole vehicles close to flows, shape (n_columns,). [veh] Args: near, the likely flows.

    Rounded so that the sum over columns of one `group`, and of all before them, stays within one vehicle; then single
    vehicles are added or taken as long as the squared error falls.
    """
    order = np.lexsort((np.arange(len(flows)), group))
    sums = np.floor(np.cumsum(flows[order]) + 0.5)
    rounded = np.zeros(len(flows), dtype=np.int64)
    rounded[order] = np.diff(sums, prepend=0.0).astype(np.int64)
    return _searched(problem, near, rounded)


def _searched(problem: CountProblem, near: FloatArray, vehicles: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Add and take single vehicles while that lowers the error; in each sweep those that touch no common cell."""
    cells, weights, columns = problem.cells, problem.weights, problem.cells.tocsc()
    own, pull = cells.T @ weights, _pull(near)
    for _ in range(_MOST_SWEEPS):
        miss = cells @ vehicles.astype(np.float64) - problem.counts
        slope = 2.0 * (cells.T @ (weights * miss))
        off = vehicles - near
        gain_add = -(slope + own + pull * (2.0 * off + 1.0))
        gain_take = np.where(vehicles > 0, slope - own - pull * (1.0 - 2.0 * off), -np.inf)
        gain = np.maximum(gain_add, gain_take)
        better = np.flatnonzero(gain > _SMALL)
        if len(better) == 0:
            break
        taken = np.zeros(cells.shape[0], dtype=np.bool_)
        for column in better[np.argsort(-gain[better], kind="stable")][:_MOST_MOVES]:
            touched = columns.indices[columns.indptr[column] : columns.indptr[column + 1]]
            if not taken[touched].any():
                taken[touched] = True
                vehicles[column] += 1 if gain_add[column] >= gain_take[column] else -1
    return vehicles
