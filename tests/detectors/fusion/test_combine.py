"""Combinations of values: worked examples, and what holds for any values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.fusion.combine import Measured, combine, intersect
from signal_ctrl.domain.errors import InvalidInputError

values = st.lists(st.builds(Measured, st.floats(0, 500), st.floats(0.01, 1000)), min_size=1, max_size=5)
correlations = st.one_of(st.none(), st.floats(0.0, 0.95))


def test_the_worked_examples() -> None:
    two = [Measured(20.0, 4.0), Measured(26.0, 8.0)]
    found = combine(two)
    assert (found.value, found.variance) == pytest.approx((22.0, 8 / 3))
    found = combine(two, 0.5)
    assert (found.value, found.variance) == pytest.approx((21.108, 3.784), abs=1e-3)
    found = combine(two, None)
    assert (found.value, found.variance, found.weights) == (20.0, 4.0, (1.0, 0.0))


@given(values, correlations)
def test_the_variance_is_never_larger_than_that_of_the_best(those: list[Measured], correlation: float | None) -> None:
    assert combine(those, correlation).variance <= min(each.variance for each in those) * (1 + 1e-9)


@given(values, correlations, st.randoms())
def test_the_order_does_not_matter(those: list[Measured], correlation: float | None, rng: object) -> None:
    other = list(those)
    rng.shuffle(other)  # type: ignore[attr-defined]
    one, two = combine(those, correlation), combine(other, correlation)
    assert (one.value, one.variance) == pytest.approx((two.value, two.variance), rel=1e-7, abs=1e-7)


@given(values, correlations)
def test_weights_add_up_and_the_value_lies_between(those: list[Measured], correlation: float | None) -> None:
    found = combine(those, correlation)
    assert sum(found.weights) == pytest.approx(1.0)
    assert min(found.weights) >= 0.0
    assert min(each.value for each in those) - 1e-6 <= found.value <= max(each.value for each in those) + 1e-6


def test_correlated_errors_are_weighed_right() -> None:
    """Against a million draws: the variance that is said is the one that comes."""
    rng = np.random.default_rng(1)
    covariance = np.array([[4.0, 0.6 * 6.0], [0.6 * 6.0, 9.0]])
    errors = rng.multivariate_normal([0.0, 0.0], covariance, 200_000)
    found = combine([Measured(0.0, 4.0), Measured(0.0, 9.0)], 0.6)
    assert float(np.var(errors @ np.array(found.weights))) == pytest.approx(found.variance, rel=0.02)


@given(st.floats(0.0, 0.999), st.floats(0.5, 5.0), st.floats(0.5, 5.0))
def test_covariance_intersection_is_sure_whatever_the_correlation(rho: float, a: float, b: float) -> None:
    """Two halves of a state: what it says is never less than what comes, for any correlation of the errors."""
    first = np.diag([a, 2.0])
    second = np.diag([3.0, b])
    _, said, weight = intersect((np.zeros(2), first), (np.zeros(2), second))
    one = weight * said @ np.linalg.inv(first)
    two = (1 - weight) * said @ np.linalg.inv(second)
    cross = rho * np.linalg.cholesky(first) @ np.linalg.cholesky(second).T
    comes = one @ first @ one.T + two @ second @ two.T + one @ cross @ two.T + two @ cross.T @ one.T
    assert np.linalg.eigvalsh(said - comes).min() >= -1e-9
    assert np.trace(said) <= min(np.trace(first), np.trace(second)) + 1e-6


def test_nothing_and_values_without_variance_are_refused() -> None:
    with pytest.raises(InvalidInputError):
        combine([])
    for variance in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidInputError):
            Measured(1.0, variance)
