"""Cars in a facility up to an hour ahead: arrivals and departures slot by slot, from what is seen now and usual.

Arrivals are the usual ones times how many more or fewer came lately (a gamma prior on that ratio, so that few cars say
little); they come back to the usual in time. Departures are a share of those inside. Three more guesses stand beside:
the same with the usual arrivals (where who came late today is still to come, fewer lately do not mean fewer soon), the
present plus the usual change, and the usual day.
Source of the ratio: Gelman et al. 2013, "Bayesian Data Analysis", section 2.6 (Poisson counts with a gamma prior).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.parking.forecast.series import SLOTS, Floats
from signal_ctrl.parking.forecast.usual import DEFAULT_STAY_SLOTS, Usual

HORIZONS: Final = 12
"""Slots ahead: an hour."""
GUESSES: Final = 4
HALF_LIFE_SLOTS: Final = 6.0
"""What was counted so long ago counts half."""
PRIOR_VEH: Final = 8.0
"""So many cars, come as usual, is the prior of the ratio worth. [veh]"""
BACK_SLOTS: Final = 18.0
"""After so many slots of what is unusual 1/e is left."""
MOST_RATIO: Final = 4.0
LEAST_SD: Final = 0.7
"""Nobody foresees a number of cars any better. [veh]"""


@dataclass(frozen=True, eq=False)
class Recent:
    """What was seen up to now. `occupied` (n,), NaN where unknown; `entered` and `left` (n, k), the last slot last."""

    occupied: Floats
    entered: Floats
    left: Floats


@dataclass(frozen=True, eq=False)
class Guess:
    """Cars at the ends of the next slots. `mean` (GUESSES, n, HORIZONS), `sd` (n, HORIZONS)."""

    mean: Floats
    sd: Floats


def guess(usual: Usual, recent: Recent, slot: int, capacity: Floats, others: Floats) -> Guess:
    """Return the guesses from the begin of a slot on.

    Args: slot, of the day; others, share of the usual arrivals that counts, (n,): less than 1 where those who are
    guided are counted apart.
    """
    ahead = (slot + np.arange(HORIZONS + 1)) % SLOTS
    ratio, ratio_sd = _ratio(recent.entered, usual.entered, slot)
    lately = _lately(recent.entered)
    known = np.isfinite(usual.entered[:, ahead[:-1]])
    fade = np.exp(-np.arange(HORIZONS) / BACK_SLOTS)
    usual_rate = np.where(known, usual.entered[:, ahead[:-1]], lately[:, None])
    rate = np.where(known, usual_rate * (1 + (ratio[:, None] - 1) * fade), usual_rate)
    share = usual.share_left[:, ahead[:-1]]
    share = np.where(np.isfinite(share), share, 1 / DEFAULT_STAY_SLOTS)
    rate, usual_rate = (np.maximum(np.nan_to_num(each), 0.0) * others[:, None] for each in (rate, usual_rate))
    usually = usual.occupied[:, ahead]
    now = np.where(np.isfinite(recent.occupied), recent.occupied, usually[:, 0])
    now = np.where(np.isfinite(now), now, capacity)
    flowing, sd = _flow(now, rate, share, capacity, ratio_sd)
    as_usual, _ = _flow(now, usual_rate, share, capacity, ratio_sd)
    change = usually[:, 1:] - usually[:, :1]
    drifting = np.where(np.isfinite(change), now[:, None] + change, flowing)
    usual_day = np.where(np.isfinite(usually[:, 1:]), usually[:, 1:], flowing)
    mean = np.clip(np.stack((flowing, as_usual, drifting, usual_day)), 0.0, capacity[None, :, None])
    return Guess(mean, np.maximum(sd, LEAST_SD))


def _weights(n: int) -> Floats:
    return np.asarray(0.5 ** (np.arange(n)[::-1] / HALF_LIFE_SLOTS), dtype=np.float64)


def _ratio(entered: Floats, usual: Floats, slot: int) -> tuple[Floats, Floats]:
    """Return how many times the usual cars came lately, and how unsure that is."""
    n = entered.shape[1]
    expected = usual[:, (slot - n + np.arange(n)) % SLOTS]
    weight = _weights(n) * (np.isfinite(entered) & np.isfinite(expected))
    came, due = ((weight * np.nan_to_num(x)).sum(axis=1) for x in (entered, expected))
    ratio = (PRIOR_VEH + came) / (PRIOR_VEH + due)
    return np.clip(ratio, 1 / MOST_RATIO, MOST_RATIO), np.sqrt(PRIOR_VEH + came) / (PRIOR_VEH + due)


def _lately(entered: Floats) -> Floats:
    """Return the mean of the last slots, the newest ones most: the rate where nothing is usual yet. (n,)"""
    weight = _weights(entered.shape[1]) * np.isfinite(entered)
    found: Floats = (weight * np.nan_to_num(entered)).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    return found


def _flow(now: Floats, rate: Floats, share: Floats, capacity: Floats, ratio_sd: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the cars inside as they come and go. (n, HORIZONS)"""
    mean, variance = now.copy(), np.zeros_like(now)
    means, sds, doubt = [], [], np.zeros_like(now)
    for k in range(rate.shape[1]):
        stay = 1 - share[:, k]
        doubt = doubt * stay + rate[:, k] * ratio_sd
        variance = variance * stay**2 + rate[:, k] + mean * share[:, k] * stay
        mean = np.minimum(mean * stay + rate[:, k], capacity)
        means.append(mean)
        sds.append(np.sqrt(variance + doubt**2))
    return np.stack(means, axis=1), np.stack(sds, axis=1)
