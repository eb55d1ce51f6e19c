"""Which reports of a vehicle go together: those that no vehicle could have driven between are left out."""

from typing import Final

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FASTEST_MPS: Final = 50.0
SLACK_M: Final = 60.0
"""What two reports may be farther apart than the fastest vehicle comes: the error of both. [m]"""


def plausible(vehicle: Ints, utc_ms: Ints, place_m: Doubles) -> Bools:
    """Return which reports to keep: of each vehicle the longest row whose neighbours are within reach.

    Args: reports ordered by vehicle and time; place_m, shape (n, 2) [m]. Of rows equally long the later one is kept.
    """
    keep = np.ones(len(vehicle), dtype=bool)
    same = vehicle[1:] == vehicle[:-1]
    far = same & ~_within(utc_ms[1:] - utc_ms[:-1], place_m[1:] - place_m[:-1])
    for each in np.unique(vehicle[1:][far]):
        rows = np.arange(*np.searchsorted(vehicle, (each, each + 1)))
        keep[rows] = _longest(utc_ms[rows], place_m[rows])
    return keep


def _within(step_ms: Ints, step_m: Doubles) -> Bools:
    reach_m = FASTEST_MPS * step_ms / 1000 + SLACK_M
    return np.asarray(np.hypot(step_m[..., 0], step_m[..., 1]) <= reach_m)


def _longest(utc_ms: Ints, place_m: Doubles) -> Bools:
    n_reports = len(utc_ms)
    length, before = np.ones(n_reports, dtype=int), np.full(n_reports, -1)
    for at in range(1, n_reports):
        fits = np.flatnonzero(_within(utc_ms[at] - utc_ms[:at], place_m[at] - place_m[:at]))
        if len(fits):
            best = fits[len(fits) - 1 - int(np.argmax(length[fits][::-1]))]
            length[at], before[at] = length[best] + 1, best
    keep = np.zeros(n_reports, dtype=bool)
    at = n_reports - 1 - int(np.argmax(length[::-1]))
    while at >= 0:
        keep[at] = True
        at = int(before[at])
    return keep
