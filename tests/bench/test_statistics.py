"""Statistics against worked examples of the literature, sums made by hand, and scipy's own."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.statistics import (
    Interval,
    bootstrap_interval,
    deviation_of,
    geometric_mean,
    holm,
    mean_interval,
    sign_test,
    t_quantile,
    t_test,
    values_needed,
    wilcoxon_test,
)
from signal_ctrl.domain.errors import InvalidInputError

# Student 1908: additional hours of sleep of ten patients under two drugs
FIRST = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SECOND = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
SLEEP = tuple(b - a for a, b in zip(FIRST, SECOND, strict=True))
# Darwin's crossed minus self-fertilised plants in eighths of an inch; Fisher 1935, The Design of Experiments
DARWIN = (49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0, 75.0, 60.0, -48.0)

plain = st.floats(-1e4, 1e4).map(lambda value: round(value, 3))
samples = st.lists(plain, min_size=3, max_size=30)


def test_students_own_example() -> None:
    found = mean_interval(SLEEP)
    assert found is not None
    assert (found.low + found.high) / 2 == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.7001, 2.4599), abs=1e-4)
    assert t_test(SLEEP) == pytest.approx(0.002833, abs=1e-6)


def test_fishers_reading_of_darwin() -> None:
    """Fisher gives t = 2.148 on 14 degrees of freedom, just significant at 5 %."""
    found = mean_interval(DARWIN)
    assert found is not None and found.side() == 1
    assert sum(DARWIN) == 314.0
    assert t_test(DARWIN) == pytest.approx(0.0497, abs=1e-4)


def test_wilcoxons_exact_tail_on_darwins_plants() -> None:
    """The two negative differences have the ranks 14 and 10: V = 96 of 120, p = 0.0413 (the tables of Wilcoxon)."""
    assert wilcoxon_test(DARWIN) == pytest.approx(0.04126, abs=1e-5)


def test_an_interval_by_hand() -> None:
    """Mean 2, deviation sqrt(2.5) of 0 to 4; t(4) = 2.776: 2 ± 2.776 · 1.5811 / sqrt(5) = 2 ± 1.963."""
    found = mean_interval([0.0, 1.0, 2.0, 3.0, 4.0])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.0367, 3.9633), abs=1e-4)
    assert found.half_width == pytest.approx(1.9633, abs=1e-4)


@pytest.mark.parametrize(("values", "side"), [([1.0, 1.0], 1), ([-3.0] * 4, -1), ([0.0, 0.0], 0)])
def test_values_without_spread(values: list[float], side: int) -> None:
    for found in (mean_interval(values), bootstrap_interval(values)):
        assert found == Interval(values[0], values[0])
        assert found.side() == side
    assert t_test(values) == float(side == 0)


@pytest.mark.parametrize("values", [[], [3.0]])
def test_fewer_than_two_values_have_no_interval(values: list[float]) -> None:
    assert mean_interval(values) is None
    assert bootstrap_interval(values) is None
    assert t_test(values) is None
    assert deviation_of(values) is None


@given(samples)
def test_the_interval_is_scipys(values: list[float]) -> None:
    found, error = mean_interval(values), stats.sem(values)
    assert found is not None
    wanted = stats.t.interval(0.95, len(values) - 1, np.mean(values), error) if error > 0 else [np.mean(values)] * 2
    assert (found.low, found.high) == pytest.approx(tuple(wanted), rel=1e-9, abs=1e-7)


@settings(max_examples=15)
@given(samples)
def test_the_order_of_the_seeds_does_not_matter(values: list[float]) -> None:
    for function in (mean_interval, bootstrap_interval, t_test, wilcoxon_test, deviation_of):
        assert function(values) == function(values[::-1])


@pytest.mark.parametrize("seed", range(6))
def test_the_bootstrap_is_scipys(seed: int) -> None:
    """On values without lumps; where few means are possible, rounding alone moves scipy's interval to the next one."""
    dice = np.random.default_rng(seed)
    values = list(dice.lognormal(1.0, 0.8, 12 + seed) - 3.0)
    found = bootstrap_interval(values)
    wanted = stats.bootstrap((np.sort(values),), np.mean, method="BCa", rng=np.random.default_rng(20_210_612))
    assert found is not None
    ends = (wanted.confidence_interval.low, wanted.confidence_interval.high)
    assert (found.low, found.high) == pytest.approx(ends, abs=0.003 * (ends[1] - ends[0]))


def test_the_bootstrap_is_the_same_every_time_and_allows_for_skew() -> None:
    skewed = [1.0, 1.1, 0.9, 1.2, 0.8, 1.05, 0.95, 9.0]
    found = bootstrap_interval(skewed)
    assert found == bootstrap_interval(skewed)
    assert found is not None and found != bootstrap_interval(skewed, dice=1)
    mean = sum(skewed) / len(skewed)
    assert found.high - mean > 2 * (mean - found.low)


def test_the_bootstrap_covers_the_mean_about_as_often_as_it_says() -> None:
    dice = np.random.default_rng(7)
    hits = 0
    for _ in range(200):
        found = bootstrap_interval(list(dice.normal(3.0, 2.0, 20)), resamples=1000)
        hits += found is not None and found.low <= 3.0 <= found.high
    assert 0.87 <= hits / 200 <= 0.99


@given(samples)
def test_the_sign_test_is_the_binomial_one(values: list[float]) -> None:
    signs = [value for value in values if value]
    wanted = stats.binomtest(sum(v > 0 for v in signs), len(signs)).pvalue if signs else 1.0
    assert sign_test(values) == pytest.approx(wanted)


@given(st.lists(plain.filter(bool), min_size=3, max_size=25, unique_by=abs))
def test_the_signed_ranks_are_scipys(values: list[float]) -> None:
    assert wilcoxon_test(values) == pytest.approx(stats.wilcoxon(values, method="exact").pvalue)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_ties_are_counted_out_sign_by_sign(values: list[int]) -> None:
    kept = [value for value in values if value]
    ranks = stats.rankdata([abs(value) for value in kept]) if kept else []
    middle = sum(ranks) / 2

    def off(signs: tuple[bool, ...]) -> float:
        return abs(sum(rank for rank, up in zip(ranks, signs, strict=True) if up) - middle)

    seen = off(tuple(value > 0 for value in kept))
    every = list(itertools.product((False, True), repeat=len(kept)))
    wanted = sum(off(signs) >= seen - 1e-9 for signs in every) / len(every)
    assert wilcoxon_test([float(value) for value in values]) == pytest.approx(wanted)


def test_holms_own_rule_by_hand() -> None:
    """Of 0.005, 0.011, 0.02, 0.04, 0.13 at 5 %, three pass: 5·0.005, 4·0.011, 3·0.02 = 0.06 no, so two pass."""
    found = holm([0.04, 0.005, 0.13, 0.02, 0.011])
    assert found == pytest.approx((0.08, 0.025, 0.13, 0.06, 0.044))
    assert sum(value <= 0.05 for value in found) == 2


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_and_keeps_the_order(p_values: list[float]) -> None:
    found = holm(p_values)
    assert all(new >= old for new, old in zip(found, p_values, strict=True))
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    assert [found[k] for k in order] == sorted(found)
    if p_values:
        assert min(found) == pytest.approx(min(1.0, len(p_values) * min(p_values)))


@given(st.floats(0, 500), st.floats(0.1, 100))
def test_the_number_of_seeds_is_the_smallest_that_serves(deviation: float, half_width: float) -> None:
    def reached(n: int) -> float:
        return float(stats.t.ppf(0.975, n - 1)) * deviation / math.sqrt(n)

    n = values_needed(deviation, half_width)
    assert n >= 2 and reached(n) <= half_width * (1 + 1e-9)
    assert n == 2 or reached(n - 1) > half_width * (1 - 1e-9)


@pytest.mark.parametrize(("deviation", "half_width"), [(-1.0, 1.0), (1.0, 0.0), (math.nan, 1.0), (math.inf, 1.0)])
def test_a_precision_that_cannot_be_had_is_refused(deviation: float, half_width: float) -> None:
    with pytest.raises(InvalidInputError, match="half-width"):
        values_needed(deviation, half_width)


def test_geometric_mean() -> None:
    assert geometric_mean([0.5, 0.4, 1.25]) == pytest.approx(0.25 ** (1 / 3))
    with pytest.raises(InvalidInputError, match="above 0"):
        geometric_mean([1.0, 0.0])


def test_quantiles_and_intervals_check_themselves() -> None:
    assert t_quantile(4) == pytest.approx(2.776, abs=1e-3)
    with pytest.raises(InvalidInputError):
        Interval(1.0, math.nan)
