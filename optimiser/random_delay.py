"""What chance adds to the delay of even or platooned arrivals: three ways to count it.

Each takes what a stream may let go in each second, (n_streams, cycle) [veh/s], what arrives (n_streams,) [veh/s] and
how long the demand lasts [h], and returns the delay per vehicle [s/veh] and the vehicles left over when a green ends
[veh], both (n_streams,).
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import S_PER_H
from optimiser.webster import hcm_overflow_delay_s

FloatArray = NDArray[np.float64]
RandomDelay = Callable[[FloatArray, FloatArray, float], tuple[FloatArray, FloatArray]]


def _none(service: FloatArray, arrived: FloatArray, _period_h: float) -> tuple[FloatArray, FloatArray]:
    nothing = np.zeros(len(arrived))
    return nothing, nothing


def _hcm(service: FloatArray, arrived: FloatArray, period_h: float) -> tuple[FloatArray, FloatArray]:
    capacity = np.maximum(service.mean(axis=1), 1e-6)
    delay_s = hcm_overflow_delay_s(capacity * S_PER_H, arrived / capacity, period_h)
    return delay_s, delay_s * arrived


def _akcelik(service: FloatArray, arrived: FloatArray, period_h: float) -> tuple[FloatArray, FloatArray]:
    cycle_s = service.shape[1]
    capacity = np.maximum(service.mean(axis=1), 1e-6)
    left_veh = overflow_queue_veh(capacity, arrived / capacity, capacity * cycle_s, period_h)
    top = np.maximum(service.max(axis=1), 1e-6)
    red = np.clip(1.0 - capacity / top, 0.0, 1.0)
    free = np.maximum(1.0 - arrived / top, 0.05)
    within_s = red / (2.0 * free) / top * (1.0 + 1.0 / free)
    return left_veh / capacity + within_s, left_veh


def overflow_queue_veh(
    capacity_veh_s: FloatArray, saturation: FloatArray, per_cycle_veh: FloatArray, period_h: float
) -> FloatArray:
    """Return the mean queue that is left when a green ends. [veh]

    N = Q T / 4 [(x - 1) + sqrt((x - 1)^2 + 12 (x - x0) / (Q T))] above x0 = 0.67 + s g / 600, else 0.
    Source: Akçelik, Traffic signals: capacity and timing analysis, ARR 123 (1981).
    >>> c = np.array([800 / 3600, 800 / 3600])
    >>> overflow_queue_veh(c, np.array([0.6, 1.0]), np.array([20.0, 20.0]), 0.25).round(2).tolist()
    [0.0, 6.67]
    """
    through = capacity_veh_s * period_h * S_PER_H
    over = saturation - 1.0
    free = 0.67 + per_cycle_veh / 600.0
    root = np.sqrt(np.maximum(over**2 + 12.0 * (saturation - free) / through, 0.0))
    return np.asarray(np.where(saturation > free, np.maximum(through / 4.0 * (over + root), 0.0), 0.0))


RANDOM_DELAYS: Final[Mapping[str, RandomDelay]] = {"akcelik": _akcelik, "hcm": _hcm, "none": _none}
"""`akcelik`: the queue left over by Akçelik and what chance adds within the cycle by McNeil; `hcm`: d2; `none`.

McNeil (1968), Poisson arrivals: the mean delay exceeds that of even arrivals by r / 2C(1 - y) (1 / s)(1 + 1 / (1 - y)).
"""
