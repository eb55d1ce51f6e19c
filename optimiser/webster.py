"""Textbook formulas of fixed-time control: Webster's cycle, splits and delay; the delay of the HCM.

Source of all of them: F. V. Webster, Traffic signal settings, Road Research Technical Paper 39 (1958), and Highway
Capacity Manual 2000, chapter 16, both in the form of the project's reference on optimisation, sections 1 to 3.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
HIGHEST_Y = 0.95
"""Above this sum of flow ratios Webster's cycle explodes."""


def webster_cycle_s(lost_s: float, y_critical: float) -> float:
    """Return Webster's cycle of least delay, C0 = (1.5 L + 5) / (1 - Y). [s]

    Args: lost_s, lost time of the critical path in a cycle [s]; y_critical, its sum of flow ratios, in [0, 0.95].
    Raises: InvalidInputError outside these ranges.
    >>> round(webster_cycle_s(8.0, 0.55), 1)
    37.8
    """
    if not (lost_s >= 0 and 0 <= y_critical <= HIGHEST_Y):
        raise InvalidInputError(f"need a lost time >= 0 and flow ratios up to {HIGHEST_Y}, got {lost_s}, {y_critical}")
    return (1.5 * lost_s + 5.0) / (1.0 - y_critical)


def practical_cycle_s(lost_s: float, y_critical: float, saturation: float = 0.9) -> float:
    """Return the cycle at which the critical movements reach a degree of saturation, C = L / (1 - Y / x). [s]

    Raises: InvalidInputError if no cycle can.
    >>> round(practical_cycle_s(8.0, 0.55, 0.9), 3)
    20.571
    """
    if not (lost_s >= 0 and 0 <= y_critical < saturation):
        raise InvalidInputError(f"no cycle brings flow ratios of {y_critical} down to a saturation of {saturation}")
    return lost_s / (1.0 - y_critical / saturation)


def critical_saturation(y_critical: float, lost_s: float, cycle_s: float) -> float:
    """Return the degree of saturation of a whole junction, x_c = Y C / (C - L).

    Above 1 no splits serve the demand in that cycle: Y passes 1 - L / C.
    Raises: InvalidInputError unless 0 <= L < C and Y >= 0.
    >>> round(critical_saturation(0.55, 8.0, 37.8), 3)
    0.698
    """
    if not (0 <= lost_s < cycle_s and y_critical >= 0):
        raise InvalidInputError(f"need 0 <= lost time < cycle and flow ratios, got {lost_s}, {cycle_s}, {y_critical}")
    return y_critical * cycle_s / (cycle_s - lost_s)


def webster_greens_s(
    flow_ratios: Sequence[float], cycle_s: float, lost_s: float, least_s: float | Sequence[float] = 0.0
) -> list[float]:
    """Return effective greens in proportion to the flow ratios, none below its least, together C - L. [s]

    What is raised to the least is taken from the others in proportion, again and again until all fit.
    Args: least_s, one for all greens or one for each.
    Raises: InvalidInputError if the least greens do not fit into the cycle.
    >>> [round(g, 2) for g in webster_greens_s([0.30, 0.25], 37.8, 8.0)]
    [16.25, 13.55]
    >>> [round(g, 2) for g in webster_greens_s([0.30, 0.25], webster_cycle_s(8.0, 0.55), 8.0)]
    [16.24, 13.54]
    >>> [round(g, 3) for g in webster_greens_s([0.40, 0.10, 0.02], 60.0, 10.0, 7.0)]
    [34.4, 8.6, 7.0]
    """
    least = [least_s] * len(flow_ratios) if isinstance(least_s, int | float) else list(least_s)
    shared_s, held = cycle_s - lost_s, [False] * len(least)
    if sum(least) > shared_s + 1e-9:
        listed = ", ".join(f"{one:g}" for one in least)
        raise InvalidInputError(f"greens of {listed} s do not fit into {shared_s:g} s")
    while True:
        rest_s = shared_s - sum(one for one, out in zip(least, held, strict=True) if out)
        total = sum(y for y, out in zip(flow_ratios, held, strict=True) if not out)
        greens_s = [
            one if out else rest_s * y / total if total else rest_s / held.count(False)
            for y, one, out in zip(flow_ratios, least, held, strict=True)
        ]
        short = [not out and g < one - 1e-12 for g, one, out in zip(greens_s, least, held, strict=True)]
        if not any(short):
            return greens_s
        held = [out or low for out, low in zip(held, short, strict=True)]


def webster_delay_s(cycle_s: float, green_s: float, saturation_veh_h: float, flow_veh_h: float) -> float:
    """Return Webster's mean delay, all three terms. [s/veh]

    d = C (1 - g/C)^2 / [2 (1 - g/C x)] + x^2 / [2 q (1 - x)] - 0.65 (C / q^2)^(1/3) x^(2 + 5 g/C), q in veh/s.
    Args: cycle_s > green_s > 0, effective green [s]; saturation flow and flow [veh/h], flow below capacity.
    Raises: InvalidInputError outside these ranges; the formula holds for x < 1 only.
    >>> round(webster_delay_s(90.0, 40.0, 1800.0, 600.0), 3)
    24.729
    """
    if not (0 < green_s < cycle_s and saturation_veh_h > 0 and flow_veh_h > 0):
        raise InvalidInputError("need 0 < green < cycle and flows above 0")
    ratio, flow_veh_s = green_s / cycle_s, flow_veh_h / 3600.0
    x = flow_veh_h / (saturation_veh_h * ratio)
    if not x < 1:
        raise InvalidInputError(f"Webster's delay needs a degree of saturation below 1, got {x:.3f}")
    uniform_s = cycle_s * (1 - ratio) ** 2 / (2 * (1 - ratio * x))
    random_s = x**2 / (2 * flow_veh_s * (1 - x))
    empirical_s = 0.65 * (cycle_s / flow_veh_s**2) ** (1 / 3) * x ** (2 + 5 * ratio)
    return float(uniform_s + random_s - empirical_s)


def hcm_uniform_delay_s(cycle_s: float, green_ratio: FloatArray, saturation: FloatArray) -> FloatArray:
    """Return the uniform delay d1 = 0.5 C (1 - g/C)^2 / (1 - min(1, X) g/C). [s/veh]

    >>> round(float(hcm_uniform_delay_s(90.0, np.array(40 / 90), np.array(0.75))), 3)
    20.833
    >>> round(float(hcm_uniform_delay_s(90.0, np.array(40 / 90), np.array(1.125))), 3)
    25.0
    """
    served = np.minimum(saturation, 1.0) * green_ratio
    return np.asarray(0.5 * cycle_s * (1.0 - green_ratio) ** 2 / np.maximum(1.0 - served, 1e-9))


def hcm_overflow_delay_s(
    capacity_veh_h: FloatArray,
    saturation: FloatArray,
    period_h: float = 0.25,
    k_factor: float | FloatArray = 0.5,
    i_factor: float | FloatArray = 1.0,
) -> FloatArray:
    """Return the incremental delay d2, by default of a pretimed, isolated approach (k = 0.5, I = 1). [s/veh]

    d2 = 900 T [(X - 1) + sqrt((X - 1)^2 + 8 k I X / (c T))], T in hours; it holds for X above 1 too.
    >>> round(float(hcm_overflow_delay_s(np.array(800.0), np.array(0.75))), 3)
    6.387
    >>> round(float(hcm_overflow_delay_s(np.array(800.0), np.array(1.125))), 3)
    72.058
    """
    over, spread = saturation - 1.0, 8.0 * k_factor * i_factor
    return np.asarray(900.0 * period_h * (over + np.sqrt(over**2 + spread * saturation / (capacity_veh_h * period_h))))
