"""Control delay of the HCM beyond its two first terms: initial queues, progression, actuation, levels of service.

Source: Highway Capacity Manual 2000, chapter 16, and its 6th edition where it is named, both in the form of the
project's reference on optimisation, section 3. Constants that the reference could not read in the book itself are
marked *unverified* here: look them up before a result is published on their strength.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.webster import hcm_overflow_delay_s, hcm_uniform_delay_s
from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
S_PER_H: Final = 3600.0
PLATOON_RATIO: Final = (1 / 3, 2 / 3, 1.0, 4 / 3, 5 / 3, 2.0)
"""R_p of the arrival types 1 to 6: the share that arrives on green over the green ratio. Unverified."""
ARRIVAL_FACTOR: Final = (1.0, 0.93, 1.0, 1.15, 1.0, 1.0)
"""f_PA of the arrival types 1 to 6. Unverified."""
RANDOM_ARRIVALS: Final = 3
LEVELS_S: Final = ((10.0, "A"), (20.0, "B"), (35.0, "C"), (55.0, "D"), (80.0, "E"))
"""Longest control delay of each level of service. Unverified. [s/veh]"""
_EXACT: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ControlDelay:
    """Terms of the control delay per vehicle, each (n,) [s/veh], and the queue at the end of the period [veh].

    uniform_s is d1, progression the factor on it, overflow_s d2, initial_s d3.
    """

    uniform_s: FloatArray
    progression: FloatArray
    overflow_s: FloatArray
    initial_s: FloatArray
    queue_veh: FloatArray

    @property
    def total_s(self) -> FloatArray:
        """d1 PF + d2 + d3. (n,) [s/veh]"""
        return np.asarray(self.uniform_s * self.progression + self.overflow_s + self.initial_s)


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """How vehicles arrive: the arrival type of each stream, 1 to 6, or the share that arrives on green where known.

    arrival_type (n,), whole; green_share (n,), 0 to 1, NaN where it is not known.
    """

    arrival_type: NDArray[np.int64]
    green_share: FloatArray

    def factor(self, green_ratio: FloatArray, saturation: FloatArray) -> FloatArray:
        """Return the progression factor: the exact one where the share on green is known, else that of the type."""
        by_type = progression_factor(self.arrival_type, green_ratio)
        known = np.isfinite(self.green_share)
        share = np.where(known, self.green_share, np.clip(green_ratio, 0.0, 1.0))
        return np.where(known, two_rate_factor(share, green_ratio, saturation), by_type)


def random_arrivals(n: int) -> Arrivals:
    """Return arrivals without platoons."""
    return Arrivals(np.full(n, RANDOM_ARRIVALS, dtype=np.int64), np.full(n, np.nan))


def control_delay(
    cycle_s: float,
    green_ratio: FloatArray,
    flow_veh_h: FloatArray,
    capacity_veh_h: FloatArray,
    queue_veh: FloatArray,
    arrivals: Arrivals,
    period_h: float,
) -> ControlDelay:
    """Return the control delay of pretimed, isolated streams, d1 PF + d2 + d3.

    Args: cycle_s [s]; the arrays (n,); queue_veh, what the period before left behind [veh]; period_h, T in hours.
    Raises: InvalidInputError unless 0 < T <= 24 h, flows and queues are 0 or more and capacities above 0.
    >>> one = np.array([1.0])
    >>> d = control_delay(90.0, one * 40 / 90, one * 600, one * 800, one * 0, random_arrivals(1), 0.25)
    >>> [round(float(x[0]), 3) for x in (d.uniform_s, d.overflow_s, d.total_s)]
    [20.833, 6.387, 27.221]
    """
    if not 0 < period_h <= 24:
        raise InvalidInputError(f"a period of {period_h:g} h; periods are given in hours, above 0 and up to 24")
    if not (np.all(capacity_veh_h > 0) and np.all(flow_veh_h >= 0) and np.all(queue_veh >= 0)):
        raise InvalidInputError("delay needs capacities above 0, and flows and queues of 0 or more")
    x = flow_veh_h / capacity_veh_h
    initial_s, queue = initial_queue_delay_s(flow_veh_h, capacity_veh_h, queue_veh, period_h)
    return ControlDelay(
        uniform_s=hcm_uniform_delay_s(cycle_s, green_ratio, x),
        progression=arrivals.factor(green_ratio, x),
        overflow_s=hcm_overflow_delay_s(capacity_veh_h, x, period_h),
        initial_s=initial_s,
        queue_veh=queue,
    )


def initial_queue_delay_s(
    flow_veh_h: FloatArray, capacity_veh_h: FloatArray, queue_veh: FloatArray, period_h: float
) -> tuple[FloatArray, FloatArray]:
    """Return the delay d3 by a queue at the begin of the period [s/veh], and the queue at its end [veh].

    With demand v, capacity c and queue Q_b: for v >= c t_A = T, Q_e = Q_b + T (v - c), Q_eo = T (v - c); else Q_eo = 0,
    t_A = min(T, Q_b / (c - v)), Q_e = Q_b + t_A (v - c).
    d3 = 3600 / (v T) [t_A (Q_b + Q_e - Q_eo) / 2 + (Q_e^2 - Q_eo^2) / (2 c) - Q_b^2 / (2 c)].
    Source: Highway Capacity Manual, 6th edition, in the form of the reference, section 3; unverified.
    >>> d3, left = initial_queue_delay_s(np.array([600.0]), np.array([800.0]), np.array([20.0]), 0.25)
    >>> round(float(d3[0]), 3), float(left[0])
    (18.0, 0.0)
    """
    over = flow_veh_h - capacity_veh_h
    grows = over >= 0
    spare = np.where(grows, 1.0, -over)
    lasts_h = np.where(grows, period_h, np.minimum(period_h, queue_veh / spare))
    grown = np.where(grows, period_h * over, 0.0)
    left = np.maximum(queue_veh + lasts_h * over, 0.0)
    left = np.where(left < _EXACT, 0.0, left)
    area = lasts_h * (queue_veh + left - grown) / 2
    area = area + (left**2 - grown**2 - queue_veh**2) / (2 * capacity_veh_h)
    area = np.where(area < _EXACT, 0.0, area)
    arriving = np.maximum(flow_veh_h * period_h, _EXACT)
    delay_s = np.where((queue_veh > 0) & (flow_veh_h > 0), S_PER_H / arriving * area, 0.0)
    return np.asarray(delay_s), np.asarray(left)


def progression_factor(arrival_type: NDArray[np.int64], green_ratio: FloatArray) -> FloatArray:
    """Return PF = (1 - P) f_PA / (1 - g/C) of arrival types 1 to 6, P = R_p g/C, at most 1. (n,)

    Source: Highway Capacity Manual 2000, in the form of the reference, section 3; R_p and f_PA unverified.
    >>> [round(float(progression_factor(np.array([t]), np.array([0.4]))[0]), 3) for t in (2, 3, 4)]
    [1.137, 1.0, 0.894]
    """
    if not (np.all(arrival_type >= 1) and np.all(arrival_type <= len(PLATOON_RATIO))):
        raise InvalidInputError(f"an arrival type is 1 to {len(PLATOON_RATIO)}")
    kind = np.asarray(arrival_type) - 1
    share = np.minimum(np.array(PLATOON_RATIO)[kind] * green_ratio, 1.0)
    rest = np.maximum(1.0 - green_ratio, _EXACT)
    return np.where(green_ratio < 1 - _EXACT, (1.0 - share) * np.array(ARRIVAL_FACTOR)[kind] / rest, 1.0)


def two_rate_factor(green_share: FloatArray, green_ratio: FloatArray, saturation: FloatArray) -> FloatArray:
    """Return the exact progression factor for one even rate on green and another on red. (n,)

    With u = g/C, y = min(1, X) u: PF = (1 - P) / (1 - u) (1 - y) / (1 - min(1, X) P) [1 + y (1 - P/u) / (1 - u)]. It is
    the area of the queue polygon over d1, as long as the queue clears in green.
    Source: derived in the reference, section 3.
    Args: green_share, P, share of the vehicles that arrive on green, 0 to 1.
    >>> round(float(two_rate_factor(np.array([0.4]), np.array([0.4]), np.array([0.8]))[0]), 9)
    1.0
    """
    if not (np.all(green_share >= 0) and np.all(green_share <= 1)):
        raise InvalidInputError("the share that arrives on green is 0 to 1")
    full = np.minimum(saturation, 1.0)
    y, rest = full * green_ratio, np.maximum(1.0 - green_ratio, _EXACT)
    ahead = 1.0 + y * (1.0 - green_share / np.maximum(green_ratio, _EXACT)) / rest
    factor = (1.0 - green_share) / rest * (1.0 - y) / np.maximum(1.0 - full * green_share, _EXACT) * ahead
    return np.where(green_ratio < 1 - _EXACT, np.maximum(factor, 0.0), 1.0)


def actuated_k(passage_s: float, saturation: FloatArray) -> FloatArray:
    """Return k of an actuated signal with a passage time PT: (1 - 2 k_min)(X - 0.5) + k_min, k_min to 0.5. (n,)

    k_min = -0.375 + 0.354 PT - 0.0910 PT^2 + 0.00889 PT^3, at least 0.04.
    Source: Highway Capacity Manual, in the form of the reference, section 3; unverified.
    >>> [round(float(k), 3) for k in actuated_k(3.0, np.array([0.5, 0.75, 1.0]))]
    [0.108, 0.304, 0.5]
    """
    lowest = max(-0.375 + 0.354 * passage_s - 0.0910 * passage_s**2 + 0.00889 * passage_s**3, 0.04)
    return np.asarray(np.clip((1 - 2 * lowest) * (saturation - 0.5) + lowest, lowest, 0.5))


def upstream_i(upstream_saturation: FloatArray) -> FloatArray:
    """Return I behind a signal with a degree of saturation X_u: 1 - 0.91 X_u^2.68, at least 0.09. (n,)

    Source: Highway Capacity Manual, in the form of the reference, section 3; unverified.
    >>> [round(float(i), 3) for i in upstream_i(np.array([0.0, 0.8, 1.2]))]
    [1.0, 0.5, 0.09]
    """
    return np.asarray(np.maximum(1.0 - 0.91 * np.minimum(upstream_saturation, 1.0) ** 2.68, 0.09))


def level_of_service(delay_s: float, saturation: float = 0.0) -> str:
    """Return A to F for a control delay [s/veh]; F also above a degree of saturation of 1.

    >>> level_of_service(20.0), level_of_service(20.1), level_of_service(81.0), level_of_service(5.0, 1.01)
    ('B', 'C', 'F', 'F')
    """
    if not delay_s >= 0:
        raise InvalidInputError(f"a delay is 0 or more, got {delay_s}")
    if saturation > 1.0:
        return "F"
    return next((name for longest_s, name in LEVELS_S if delay_s <= longest_s), "F")


def mean_weighted(values: Sequence[float] | FloatArray, weights: Sequence[float] | FloatArray) -> float:
    """Return the mean by weights, 0 where there is no weight.

    >>> mean_weighted([10.0, 40.0], [3.0, 1.0]), mean_weighted([10.0], [0.0])
    (17.5, 0.0)
    """
    total = float(np.sum(weights))
    return float(np.dot(values, weights)) / total if total > 0 else 0.0
