"""What a cycle and its splits do for each stream: green, capacity, degree of saturation, control delay, queue left."""

from dataclasses import dataclass, replace
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
    lanes: NDArray[np.int64],
    arrivals: Arrivals,
    period_h: float,
) -> Service:
    """Return what splits do in a period that begins with a queue. [s], [veh], [h]

    d1 is that of each stream. d2, d3 and the queue are those of its lane, where the streams stand one behind the other:
    its degree of saturation is the mean of theirs by flow, which is the share of the time that they take up.
    Args: lanes (n_streams,), the lane of each stream as the index of its first stream.
    """
    cycle_s = float(splits_s.sum())
    green_s = greens_s(cycle, splits_s)
    ratio = np.minimum(green_s / cycle_s, 1.0)
    flow_veh_h, capacity_veh_h = streams.flow_veh_s * S_PER_H, streams.saturation_veh_s * ratio * S_PER_H
    own = control_delay(cycle_s, ratio, flow_veh_h, capacity_veh_h, queue_veh, arrivals, period_h)
    if len(np.unique(lanes)) == len(lanes):
        return Service(green_s, flow_veh_h, capacity_veh_h, own)
    lane_flow, lane_queue = _summed(flow_veh_h, lanes), _summed(queue_veh, lanes)
    taken = _summed(flow_veh_h**2 / capacity_veh_h, lanes)
    used = lane_flow > 0
    lane_capacity = np.where(used, lane_flow**2 / np.where(used, taken, 1.0), _summed(capacity_veh_h, lanes))
    lane = control_delay(cycle_s, ratio, lane_flow, lane_capacity, lane_queue, arrivals, period_h)
    share = np.where(used, flow_veh_h / np.where(used, lane_flow, 1.0), lanes == np.arange(len(lanes)))
    together = replace(lane, uniform_s=own.uniform_s, progression=own.progression, queue_veh=lane.queue_veh * share)
    return Service(green_s, flow_veh_h, capacity_veh_h, together)


def _summed(values: FloatArray, lanes: NDArray[np.int64]) -> FloatArray:
    """Return for each stream the sum over its lane. (n_streams,)"""
    total = np.zeros(len(lanes))
    np.add.at(total, lanes, values)
    return np.asarray(total[lanes])


def with_lane_means(streams: Streams, lanes: NDArray[np.int64]) -> Streams:
    """Return streams in which those of one lane share its mean saturation flow, by the time that each vehicle takes.

    As they come, each has its own saturation flow times its share of the lane, so that one that turns looks as if the
    whole lane turned. With the mean, streams of a lane with the same green are equally saturated.
    Args: lanes (n_streams,), the lane of each stream as the index of its first stream.
    """
    flow, lane_flow = streams.flow_veh_s, _summed(streams.flow_veh_s, lanes)
    used = flow > 0
    share = np.where(used, flow / np.where(used, lane_flow, 1.0), 0.0)
    time_s = _summed(np.where(used, share**2 / streams.saturation_veh_s, 0.0), lanes)
    mean = share / np.where(used, time_s, 1.0)
    return replace(streams, saturation_veh_s=np.where(used, mean, streams.saturation_veh_s))
