"""Two clocks brought together: the shift at which counts per second of two sources agree best, and how it drifts.

The correlation of the counts is largest where one is shifted by what its clock is wrong, and by the way from one
place of counting to the other. It is looked for within 10 s, tenths of a second by a parabola through the peak, and it
is sure if it stands out from the correlations at all other shifts. In pieces of a quarter of an hour it shows drift.

Source: cross-correlation as it is common for time delays; the measure of sureness is of this project.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
REACH_S: Final = 10
SURE: Final = 5.0
"""A peak as many standard deviations above the other shifts is no chance."""
PIECE_S: Final = 900
LEAST_VEH: Final = 20
_NEIGHBOURS: Final = 2


@dataclass(frozen=True, slots=True)
class Alignment:
    """The second clock is `shift_s` ahead of the first [s]: take that off its times. `sure` tells whether to.

    `drift_s_per_h` [s/h] with its standard deviation, None where fewer than three pieces told a shift.
    """

    shift_s: float
    sure: bool
    peak: float
    drift_s_per_h: float | None = None
    drift_deviation: float | None = None


def align(first_s: Sequence[float], second_s: Sequence[float], reach_s: int = REACH_S) -> Alignment:
    """Return how far the clock of the second source is ahead. Args: times at which each saw a vehicle. [s]"""
    if min(len(first_s), len(second_s)) < LEAST_VEH:
        return Alignment(0.0, False, 0.0)
    begin_s = math.floor(min(*first_s, *second_s))
    end_s = math.ceil(max(*first_s, *second_s)) + 1
    one, other = (_per_second(times_s, begin_s, end_s) for times_s in (first_s, second_s))
    shift_s, peak = _shift(one, other, reach_s)
    pieces = [
        (at + 0.5 * PIECE_S, *_shift(one[at : at + PIECE_S], other[at : at + PIECE_S], reach_s))
        for at in range(0, len(one) - PIECE_S + 1, PIECE_S)
        if min(one[at : at + PIECE_S].sum(), other[at : at + PIECE_S].sum()) >= LEAST_VEH
    ]
    sure = [(at, found) for at, found, height in pieces if height >= SURE]
    drift, deviation = _drift(sure)
    return Alignment(shift_s, peak >= SURE, peak, drift, deviation)


def _per_second(times_s: Sequence[float], begin_s: int, end_s: int) -> Floats:
    found, _ = np.histogram(np.asarray(times_s), bins=end_s - begin_s, range=(begin_s, end_s))
    return found.astype(np.float64)


def _shift(one: Floats, other: Floats, reach_s: int) -> tuple[float, float]:
    """Return the shift of the best agreement, and how far it stands out. [s], [standard deviations]

    Both are smoothed over three seconds first: a vehicle may fall into neighbouring seconds in the two.
    """
    kernel = np.array([0.25, 0.5, 0.25])
    one, other = (np.convolve(each - each.mean(), kernel, mode="same") for each in (one, other))
    wide = 3 * reach_s
    lags = np.arange(-wide, wide + 1)
    found = np.array([_product(one, other, int(lag)) for lag in lags])
    near = np.abs(lags) <= reach_s
    best = int(np.flatnonzero(near)[np.argmax(found[near])])
    away = np.abs(lags - lags[best]) > _NEIGHBOURS + 1
    spread = float(found[away].std())
    height = (float(found[best]) - float(found[away].mean())) / spread if spread > 0 else 0.0
    return float(lags[best]) + _top(found[best - 1 : best + 2]), height


def _product(one: Floats, other: Floats, lag: int) -> float:
    """Return the mean product of two rows of counts, the second one taken `lag` seconds later."""
    first, second = (one[: len(one) - lag], other[lag:]) if lag >= 0 else (one[-lag:], other[: len(other) + lag])
    return float(first @ second) / max(len(first), 1)


def _top(three: Floats) -> float:
    """Return where the parabola through three points has its top, from the middle one, within half a step."""
    bend = float(three[0] - 2.0 * three[1] + three[2])
    return 0.0 if bend >= 0 else min(max(0.5 * float(three[0] - three[2]) / bend, -0.5), 0.5)


def _drift(pieces: Sequence[tuple[float, float]]) -> tuple[float | None, float | None]:
    """Return the drift by a line through the shifts of pieces, and its standard deviation. [s/h]"""
    if len(pieces) < 3:
        return None, None
    at, shift = np.array(pieces).T
    at = (at - at.mean()) / 3600.0
    slope = float(at @ (shift - shift.mean()) / (at @ at))
    rest = shift - shift.mean() - slope * at
    return slope, math.sqrt(float(rest @ rest) / (len(pieces) - 2) / float(at @ at))
