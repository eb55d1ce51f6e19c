"""Whole vehicles from counts: against enumeration, against a slow solver, and counts that nobody can keep."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from scipy.sparse import csr_matrix

from optimiser.count_fit import CountProblem, least_squares_flows, likely_flows, whole_vehicles
from signal_ctrl.domain.errors import InvalidInputError


def problem_of(rows: list[list[int]], counts: list[float], prior: list[float] | None = None) -> CountProblem:
    cells = np.array(rows, dtype=np.float64)
    own = np.ones(cells.shape[1]) if prior is None else np.array(prior)
    return CountProblem(csr_matrix(cells), np.array(counts, dtype=np.float64), own)


def solved(problem: CountProblem) -> np.ndarray:
    near = likely_flows(problem)
    return whole_vehicles(problem, least_squares_flows(problem, near), near, np.arange(len(near)))


def test_consistent_counts_are_kept_to_the_vehicle() -> None:
    problem = problem_of([[1, 1, 0], [0, 1, 1], [1, 0, 0]], [30, 50, 12])
    assert (problem.cells @ solved(problem)).tolist() == [30, 50, 12]


def test_the_prior_decides_where_counts_leave_a_choice() -> None:
    problem = problem_of([[1, 1]], [100], [9.0, 1.0])
    assert solved(problem).tolist() == [90, 10]


def test_contradicting_counts_end_in_the_weighted_compromise() -> None:
    """One column, two counts: the least of (m-900)²/900 + (m-700)²/700 lies at 2 / (1/900 + 1/700) = 787.5."""
    problem = problem_of([[1], [1]], [900, 700])
    assert least_squares_flows(problem, likely_flows(problem))[0] == pytest.approx(787.5, abs=0.5)
    assert solved(problem)[0] in (787, 788)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_flows_are_as_good_as_those_of_the_slow_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = (rng.random((6, 9)) < 0.4).astype(np.float64)
    cells[rng.integers(6), cells.sum(axis=0) == 0] = 1.0
    problem = CountProblem(csr_matrix(cells), rng.integers(0, 40, 6).astype(np.float64), rng.random(9) + 0.1)
    near = likely_flows(problem)
    root, pull = np.sqrt(problem.weights), np.sqrt(0.02 / (near + 0.1))
    rows = np.vstack([root[:, None] * cells, np.diag(pull)])
    _, norm = nnls(rows, np.concatenate([root * problem.counts, pull * near]))
    flows = least_squares_flows(problem, near)
    assert np.all(flows >= 0)
    assert problem.error(flows) + float(pull**2 @ (flows - near) ** 2) <= 1.001 * norm**2 + 0.001


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_no_single_vehicle_more_or_less_would_fit_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = (rng.random((4, 3)) < 0.6).astype(np.float64)
    cells[0, cells.sum(axis=0) == 0] = 1.0
    problem = CountProblem(csr_matrix(cells), rng.integers(0, 5, 4).astype(np.float64), np.ones(3))
    found = solved(problem)
    assert np.all(found >= 0)
    for column, step in itertools.product(range(3), (-1, 1)):
        other = found.copy()
        other[column] += step
        if other[column] >= 0:
            assert problem.error(found) <= problem.error(other) + 0.5, "but for the small pull towards the flows"


def test_zero_counts_bring_no_vehicle() -> None:
    assert solved(problem_of([[1, 0], [1, 1]], [0, 0])).tolist() == [0, 0]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="do not fit"):
        problem_of([[1, 1]], [1, 2])
    with pytest.raises(InvalidInputError, match="0 or more"):
        problem_of([[1]], [-1])
    with pytest.raises(InvalidInputError, match="prior above 0"):
        problem_of([[1]], [1], [0.0])
