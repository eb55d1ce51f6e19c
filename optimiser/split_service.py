"""What a cycle and its splits do for each stream: green, capacity, degree of saturation, control delay, queue left."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import S_PER_H, StageCycle, Streams
from optimiser.hcm import Arrivals, ControlDelay, control_delay

FloatArray = NDArray[np.float64]
_LEAST_GREEN_S: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """Figures of each stream in one period, (n_streams,): effective green [s], flows [veh/h], delay and queue."""

    green_s: FloatArray
    flow_veh_h: FloatArray
    capacity_veh_h: FloatArray
    delay: ControlDelay

    @property
    def saturation(self) -> FloatArray:
        """Degree of saturation, flow over capacity. (n_streams,)"""
        return np.asarray(self.flow_veh_h / self.capacity_veh_h)

    @property
    def highest(self) -> float:
        """The highest degree of saturation of any stream."""
        return float(self.saturation.max(initial=0.0))


def greens_s(cycle: StageCycle, splits_s: FloatArray) -> FloatArray:
    """Return the effective green of each stream, a little at least. (n_streams,) [s]"""
    return np.asarray(np.maximum(cycle.served @ splits_s + cycle.gained_s, _LEAST_GREEN_S))


def highest_saturation(streams: Streams, cycle: StageCycle, splits_s: FloatArray) -> float:
    """Return the highest degree of saturation of any stream."""
    cycle_s = float(splits_s.sum())
    ratio = np.minimum(greens_s(cycle, splits_s) / cycle_s, 1.0)
    return float((streams.flow_veh_s / (streams.saturation_veh_s * ratio)).max(initial=0.0))


def service_of(
    streams: Streams,
    cycle: StageCycle,
    splits_s: FloatArray,
    queue_veh: FloatArray,
    arrivals: Arrivals,
    period_h: float,
) -> Service:
    """Return what splits do in a period that begins with a queue. [s], [veh], [h]"""
    cycle_s = float(splits_s.sum())
    green_s = greens_s(cycle, splits_s)
    ratio = np.minimum(green_s / cycle_s, 1.0)
    flow_veh_h, capacity_veh_h = streams.flow_veh_s * S_PER_H, streams.saturation_veh_s * ratio * S_PER_H
    delay = control_delay(cycle_s, ratio, flow_veh_h, capacity_veh_h, queue_veh, arrivals, period_h)
    return Service(green_s, flow_veh_h, capacity_veh_h, delay)
