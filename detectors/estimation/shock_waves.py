"""Waves of a queue at a signal, by the kinematic wave theory with a triangular diagram of flow and density.

Traffic that comes with flow q and density k = q / v_f stops at jam density k_j: the end of the queue moves upstream at
w_a = q / (k_j - k). At green the queue leaves with saturation flow s and density k_c = s / v_f: the wave of starting
moves upstream at w = s / (k_j - k_c), and overtakes the end of the queue where, with a red of r, w_a * t = w * (t - r):

    t = r * w / (w - w_a),    L = w_a * t = r * w_a * w / (w - w_a).

Example: q = 0.2, s = 0.5 veh/s, v_f = 12.5 m/s, 7.5 m a vehicle: k = 0.016, k_c = 0.04, k_j = 0.1333 veh/m, so that
w_a = 1.7045 and w = 5.3571 m/s; after 40 s of red the queue is longest at t = 58.67 s, with L = 100.0 m.

Source: Lighthill and Whitham 1955, Richards 1956; the two lines above are derived here.
"""

import math
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

SPACING_M: Final = 7.5
"""From front to front of standing vehicles. [m]"""
START_MPS2: Final = 2.0
"""How fast the last one of a queue picks up speed. [m/s²]"""


@dataclass(frozen=True, slots=True)
class LaneFlow:
    """What a lane lets through: saturation flow [veh/s], free speed [m/s], and room for a standing vehicle [m]."""

    saturation_veh_s: float
    free_mps: float
    spacing_m: float = SPACING_M

    def __post_init__(self) -> None:
        if not (self.saturation_veh_s > 0 and self.free_mps > 0 and self.spacing_m > 0):
            raise InvalidInputError(f"a lane needs flow, speed and spacing above 0, got {self}")
        if not self.saturation_veh_s * self.spacing_m < self.free_mps:
            raise InvalidInputError(f"at saturation vehicles are farther apart than standing ones, got {self}")

    @property
    def start_wave_mps(self) -> float:
        """Speed at which starting travels upstream. [m/s]"""
        return self.saturation_veh_s / (1.0 / self.spacing_m - self.saturation_veh_s / self.free_mps)

    def stop_wave_mps(self, flow_veh_s: float) -> float:
        """Return the speed at which the end of the queue travels upstream while traffic comes with a flow. [m/s]"""
        if not 0 <= flow_veh_s < self.free_mps / self.spacing_m:
            raise InvalidInputError(f"no such flow can come with free speed: {flow_veh_s:g} veh/s")
        return flow_veh_s / (1.0 / self.spacing_m - flow_veh_s / self.free_mps)

    def longest(self, red_s: float, flow_veh_s: float) -> tuple[float, float]:
        """Return how far the queue of one red reaches [m], and when after its begin [s]; endless if it never clears."""
        stop_mps, start_mps = self.stop_wave_mps(flow_veh_s), self.start_wave_mps
        if stop_mps >= start_mps:
            return math.inf, math.inf
        at_s = red_s * start_mps / (start_mps - stop_mps)
        return stop_mps * at_s, at_s


def behind_m(lasted_s: float, start_mps: float, free_mps: float, gain_mps2: float = START_MPS2) -> float:
    """Return how far behind a loop the last one of a queue stood, by when it came over it. [m]

    The wave of starting leaves the loop upstream, reaches the last vehicle x behind it after x / w, and this one needs
    sqrt(2 x / a) to the loop as long as it has not reached free speed v, else x / v + v / (2 a). So with T = `lasted_s`

        x / w + sqrt(2 x / a) = T    or    x = (T - v / (2 a)) / (1 / w + 1 / v) where that is above v² / (2 a).

    Args: lasted_s, from the first vehicle's start on the loop to the last one's passage [s]; start_mps, w [m/s].

    Example: w = 5, v = 12.5 m/s, a = 2 m/s²: after 30 s it is (30 - 3.125) / 0.28 = 95.98 m.
    >>> round(behind_m(30.0, 5.0, 12.5), 2), round(behind_m(5.0, 5.0, 12.5), 2), behind_m(0.0, 5.0, 12.5)
    (95.98, 9.55, 0.0)
    """
    cruising_m = (lasted_s - free_mps / (2.0 * gain_mps2)) / (1.0 / start_mps + 1.0 / free_mps)
    if cruising_m >= free_mps * free_mps / (2.0 * gain_mps2):
        return cruising_m
    half = start_mps / math.sqrt(2.0 * gain_mps2)  # with u = sqrt(x): u² / w + u sqrt(2 / a) = T
    root = math.sqrt(half * half + start_mps * max(lasted_s, 0.0)) - half
    return root * root
