"""Robertson's dispersion: golden values of the reference, a slow oracle, and fits that find what made the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.dispersion import (
    TRANSYT,
    TYPICAL,
    Dispersion,
    Spread,
    dispersed,
    fit_flows,
    fit_lags,
    spread_of,
)
from optimiser.flow_profiles import spread
from signal_ctrl.domain.errors import InvalidInputError


def kernel(lag: int, smooth: float, length: int = 4000) -> np.ndarray:
    """The shifted geometric distribution, from its definition."""
    found = np.zeros(length)
    for k in range(length - lag):
        found[lag + k] = smooth * (1 - smooth) ** k
    return found


def test_golden_value_of_the_reference() -> None:
    """tau = 30 s, alpha 0.35, beta 0.8: F = 0.10638 (reference on optimisation, section 5)."""
    assert spread_of(TRANSYT, 30.0).smooth == pytest.approx(0.10638, abs=5e-6)
    assert spread_of(TRANSYT, 30.0).lag_s == pytest.approx(24.0)


@given(st.integers(0, 40), st.floats(0.05, 1.0))
def test_mean_and_variance_are_those_of_the_kernel(lag: int, smooth: float) -> None:
    """Mean T + (1 - F) / F, variance (1 - F) / F^2 (the same section)."""
    weights, at = kernel(lag, smooth), np.arange(4000)
    mean = float(weights @ at)
    spread_ = Spread(float(lag), smooth)
    assert spread_.mean_s == pytest.approx(mean, rel=1e-6, abs=1e-6)
    assert spread_.variance_s2 == pytest.approx(float(weights @ (at - mean) ** 2), rel=1e-5, abs=1e-6)


def test_f_holds_for_its_step_alone() -> None:
    """The same link counted in steps of 2 s: F of 1 s taken over would give four times the variance."""
    fine = spread_of(TRANSYT, 30.0)
    coarse = spread_of(TRANSYT, 15.0)
    assert coarse.smooth != pytest.approx(fine.smooth, rel=0.5)
    assert 4 * Spread(12.0, fine.smooth).variance_s2 == pytest.approx(4 * fine.variance_s2)
    assert 4 * coarse.variance_s2 == pytest.approx(fine.variance_s2, rel=0.15)


@settings(deadline=None)
@given(st.integers(0, 70), st.floats(0.06, 1.0), st.integers(0, 2**32 - 1))
def test_both_ways_to_disperse_are_the_kernel_laid_round_the_cycle(lag: int, smooth: float, seed: int) -> None:
    profile = np.random.default_rng(seed).random(50)
    weights = kernel(lag, smooth)
    wanted = np.array([sum(weights[k] * profile[(t - k) % 50] for k in range(0, 900)) for t in range(50)])
    coming = np.zeros(50)
    spread(profile, 1.0, lag, smooth, coming)
    assert np.allclose(coming, wanted, atol=1e-6)
    assert np.allclose(dispersed(profile, Spread(float(lag), smooth)), wanted, atol=1e-5)
    assert coming.sum() == pytest.approx(profile.sum())


def test_driving_times_give_back_what_they_were_drawn_from() -> None:
    rng = np.random.default_rng(7)
    lags = 20.0 + rng.geometric(0.2, 20_000) - 1
    fit = fit_lags(lags)
    assert fit.spread.smooth == pytest.approx(0.2, rel=0.05)
    assert fit.spread.lag_s == pytest.approx(20.0, abs=0.5)
    assert fit.r_squared > 0.95
    assert spread_of(fit.dispersion, fit.spread.mean_s).smooth == pytest.approx(fit.spread.smooth, rel=1e-6)


def test_times_from_elsewhere_fit_badly() -> None:
    two_humps = np.concatenate([np.full(500, 10.0), np.full(500, 40.0)])
    assert fit_lags(two_humps).r_squared < 0.8


def flows(seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Two stop lines in a cycle of 60 s; 80 and 30 % of theirs come by after 15 s and a geometric rest, F = 0.25."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(3600)
    upstream = [
        (rng.random(3600) < 0.4 * ((seconds % 60) < 20)).astype(float),
        (rng.random(3600) < 0.3 * (((seconds + 30) % 60) < 15)).astype(float),
    ]
    down = np.zeros(3700)
    for one, share in zip(upstream, (0.8, 0.3), strict=True):
        for t in np.flatnonzero(one):
            if rng.random() < share:
                down[t + 15 + rng.geometric(0.25) - 1] += 1
    down[:3600] += rng.random(3600) < 0.03
    return upstream, down[:3600]


def test_flows_give_back_what_they_were_made_with() -> None:
    fit = fit_flows(*flows(3), free_s=17.0)
    assert fit.spread.lag_s == pytest.approx(15.0, abs=1.0)
    assert fit.spread.mean_s == pytest.approx(18.0, abs=1.0)
    assert fit.spread.smooth == pytest.approx(0.25, rel=0.35)
    assert fit.r_squared > 0.4


def test_flows_that_have_nothing_to_do_with_each_other_explain_nothing() -> None:
    rng = np.random.default_rng(1)
    down = (rng.random(3600) < 0.1).astype(float)
    assert fit_flows(flows(3)[0], down, free_s=17.0).r_squared < 0.1


@pytest.mark.parametrize(("alpha", "beta"), [(-0.1, 0.8), (0.3, 0.0), (0.3, 1.1), (float("nan"), 0.8), (11, 0.8)])
def test_constants_out_of_range_are_refused(alpha: float, beta: float) -> None:
    with pytest.raises(InvalidInputError, match="dispersion needs"):
        Dispersion(alpha, beta)


def test_too_few_vehicles_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="30 vehicles"):
        fit_lags(np.full(29, 10.0))
    with pytest.raises(InvalidInputError, match="30 vehicles"):
        fit_flows([np.ones(20)], np.ones(20), 5.0)
    with pytest.raises(InvalidInputError, match="0 s or more"):
        fit_lags(np.full(40, -1.0))


def test_the_typical_link_is_that_of_the_link_model() -> None:
    """`link_model` takes a lag of 90 % of the driving time and F = 1 / (1 + 0.1 tau)."""
    found = spread_of(TYPICAL, 40.0)
    assert (found.lag_s, found.smooth) == (pytest.approx(36.0), pytest.approx(1 / 5.0))
