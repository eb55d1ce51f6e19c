"""Platoons on their way: Robertson's dispersion, and how strong it is, fitted to what loops saw.

q'(t + T) = F q(t) + (1 - F) q'(t + T - 1), T = beta tau, F = 1 / (1 + alpha beta tau), tau the mean driving time, all
in steps of 1 s: F holds for that step only. As a kernel it is a shifted geometric distribution: mean T + (1 - F) / F,
variance (1 - F) / F^2.
Source: the project's reference on optimisation, section 5; D. I. Robertson, TRANSYT (RRL Report LR 253, 1969).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
FEWEST_VEH: Final = 30
"""Fewer vehicles say nothing about how a platoon spreads."""
_SLOWEST: Final = 3.0
_QUICKEST: Final = 0.5
_SMOOTHS: Final = tuple(1.0 / (1.0 + 0.5 * k) for k in range(31))
_WIDTH_S: Final = 5


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Robertson's constants of a link. `alpha` from 0 (a platoon stays as it is) up, `beta` in (0, 1].

    >>> Dispersion(0.5, 1.5)
    Traceback (most recent call last):
        ...
    signal_ctrl.domain.errors.InvalidInputError: dispersion needs alpha from 0 to 10 and 0 < beta <= 1, got 0.5 and 1.5
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (0 <= self.alpha <= 10 and 0 < self.beta <= 1):
            raise InvalidInputError(
                f"dispersion needs alpha from 0 to 10 and 0 < beta <= 1, got {self.alpha:g} and {self.beta:g}"
            )


TRANSYT: Final = Dispersion(0.35, 0.8)
"""TRANSYT's own constants for streets with some friction."""
TYPICAL: Final = Dispersion(1.0 / 9.0, 0.9)
"""What the spread of speeds of SUMO's drivers gives, 10 % of the driving time; for links that nobody measured."""


class Spread(NamedTuple):
    """T and F of one link. [s], -"""

    lag_s: float
    smooth: float

    @property
    def mean_s(self) -> float:
        """Mean driving time of the kernel. [s]"""
        return self.lag_s + (1.0 - self.smooth) / self.smooth

    @property
    def variance_s2(self) -> float:
        """Variance of the driving time. [s^2]"""
        return (1.0 - self.smooth) / self.smooth**2


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted dispersion: T and F, how well it explains what came, and of how many vehicles.

    `r_squared` is the share of the variance of the flow downstream, in windows of 5 s, that the fit explains; 1 is all.
    """

    spread: Spread
    r_squared: float
    vehicles: int

    @property
    def dispersion(self) -> Dispersion:
        """The constants that give this T and F at its mean driving time."""
        tau_s = max(self.spread.mean_s, 1e-6)
        beta = min(max(self.spread.lag_s / tau_s, 1e-3), 1.0)
        return Dispersion(min((1.0 / self.spread.smooth - 1.0) / (beta * tau_s), 10.0), beta)


def spread_of(dispersion: Dispersion, travel_s: float) -> Spread:
    """Return T and F for a mean driving time. [s]

    >>> round(spread_of(TRANSYT, 30.0).smooth, 5), spread_of(TRANSYT, 30.0).lag_s
    (0.10638, 24.0)
    >>> spread = spread_of(TRANSYT, 30.0)
    >>> round(spread.variance_s2, 2) == round((1 - spread.smooth) / spread.smooth ** 2, 2)
    True
    """
    lag_s = dispersion.beta * max(travel_s, 0.0)
    return Spread(lag_s, 1.0 / (1.0 + dispersion.alpha * lag_s))


def dispersed(profile: FloatArray, spread: Spread) -> FloatArray:
    """Return a cyclic profile as it arrives, one step a second: the steady state, reached by two cycles and a tail."""
    lag = round(spread.lag_s)
    cycle, smooth = len(profile), spread.smooth
    state, found = float(profile.mean()), np.empty(cycle)
    for turn in range(max(2, int(np.ceil(20.0 / (smooth * cycle))))):
        for t in range(cycle):
            state = smooth * profile[(t - lag) % cycle] + (1.0 - smooth) * state
            found[t] = state
        if turn and (1.0 - smooth) ** (cycle * turn) < 1e-12:
            break
    return found


def fit_lags(lags_s: FloatArray) -> Fit:
    """Return the dispersion of vehicles that were seen at both ends: from mean and variance of their driving times.

    With the variance v of whole seconds: F = (sqrt(1 + 4 v) - 1) / 2 v, T = mean - (1 - F) / F. The goodness of fit
    is one less the largest distance between the two distributions.
    Raises: InvalidInputError for fewer than 30 vehicles, or times that are none.
    """
    if len(lags_s) < FEWEST_VEH or not np.all(np.isfinite(lags_s)) or lags_s.min() < 0:
        raise InvalidInputError(f"dispersion needs the driving times of {FEWEST_VEH} vehicles, 0 s or more")
    variance = float(lags_s.var())
    smooth = 1.0 if variance < 1e-9 else (np.sqrt(1.0 + 4.0 * variance) - 1.0) / (2.0 * variance)
    smooth = float(smooth)
    spread = Spread(max(float(lags_s.mean()) - (1.0 - smooth) / smooth, 0.0), smooth)
    seconds, numbers = np.unique(np.rint(lags_s), return_counts=True)
    expected = 1.0 - (1.0 - spread.smooth) ** np.maximum(np.floor(seconds - spread.lag_s + 0.5) + 1.0, 0.0)
    distance = float(np.abs(np.cumsum(numbers) / len(lags_s) - expected).max())
    return Fit(spread, 1.0 - distance, len(lags_s))


def fit_flows(upstream: Sequence[FloatArray], downstream: FloatArray, free_s: float) -> Fit:
    """Return the dispersion between flows counted each second at some loops upstream and one place downstream.

    Each loop upstream has a share of its own that comes by, and some come from elsewhere at an even rate: for every T
    and F these are least squares. Those that leave the least are taken.
    Args: upstream, downstream (n_seconds,) [veh]; free_s, driving time at the limit [s].
    Raises: InvalidInputError for fewer than 30 vehicles at either end.
    """
    total = min(sum(float(one.sum()) for one in upstream), float(downstream.sum()))
    if total < FEWEST_VEH:
        raise InvalidInputError(f"dispersion needs {FEWEST_VEH} vehicles at either end, got {total:g}")
    best = (np.inf, Spread(free_s, 1.0))
    for smooth in _SMOOTHS:
        sources = np.stack([_smoothed(one, smooth) for one in upstream])
        for lag in range(max(round(_QUICKEST * free_s), 0), round(_SLOWEST * free_s) + 2):
            if (1.0 - smooth) / smooth > max(free_s, 2.0):
                break
            left = _residual(sources, downstream, lag)
            if left < best[0]:
                best = (left, Spread(float(lag), smooth))
    return Fit(best[1], _explained(upstream, downstream, best[1]), int(downstream.sum()))


def _smoothed(flow: FloatArray, smooth: float) -> FloatArray:
    from scipy.signal import lfilter  # noqa: PLC0415  takes its time to import

    return np.asarray(lfilter([smooth], [1.0, smooth - 1.0], flow))


def _design(sources: FloatArray, downstream: FloatArray, lag: int) -> tuple[FloatArray, FloatArray]:
    n = len(downstream) - lag
    return np.vstack([sources[:, :n], np.ones(n)]), downstream[lag:]


def _residual(sources: FloatArray, downstream: FloatArray, lag: int) -> float:
    """Return the mean square that is left with the best shares, none below 0."""
    rows, wanted = _design(sources, downstream, lag)
    return float(np.mean((wanted - _shares(rows, wanted) @ rows) ** 2))


def _shares(rows: FloatArray, wanted: FloatArray) -> FloatArray:
    used = np.ones(len(rows), dtype=np.bool_)
    while True:
        own = rows[used]
        shares = np.zeros(len(rows))
        shares[used] = np.linalg.lstsq(own @ own.T, own @ wanted, rcond=None)[0]
        if shares.min() >= -1e-12 or used.sum() == 1:
            return np.maximum(shares, 0.0)
        used &= shares > 0


def _explained(upstream: Sequence[FloatArray], downstream: FloatArray, spread: Spread) -> float:
    sources = np.stack([_smoothed(one, spread.smooth) for one in upstream])
    rows, wanted = _design(sources, downstream, round(spread.lag_s))
    window = np.ones(_WIDTH_S)
    seen = np.convolve(wanted, window, "valid")
    said = np.convolve(_shares(rows, wanted) @ rows, window, "valid")
    spread_of_seen = float(np.mean((seen - seen.mean()) ** 2))
    return 1.0 - float(np.mean((seen - said) ** 2)) / max(spread_of_seen, 1e-12)
