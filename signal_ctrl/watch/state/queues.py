"""How long the queue at the end of each road gets within a minute, by delay and flow."""

from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.state.levels import CYCLE_S

Doubles = npt.NDArray[np.float64]

VEHICLE_M: Final = 7.5
QUEUED: Final = 0.5
"""Loops at the begin of a road that are covered for more than this share have the queue on them."""


class Queues:
    """Queues of the roads of a network."""

    def __init__(self, network: RoadNetwork) -> None:
        self._length_m = np.array([road.length_m for road in network.roads])
        self._lanes = np.array([float(road.lanes) for road in network.roads])
        self._free_s = np.array([road.free_time_s for road in network.roads])
        self._signal = np.array([bool(road.signal) for road in network.roads])

    def longest_m(self, flow_veh_h: Doubles, travel_time_s: Doubles, occupied_entry: Doubles) -> Doubles:
        """Return the longest queue of the minute, from the end of each road. [m]

        Vehicles that wait are delay times flow on the mean. At a signal they are most when red ends: who waits d on the
        mean, in red only, meets a red of the square root of 2 d C; once d passes half a cycle, they wait all the time.
        """
        delay_s = np.maximum(travel_time_s - self._free_s, 0.0)
        red_s = np.sqrt(2 * np.minimum(delay_s, CYCLE_S / 2) * CYCLE_S)
        waits_s = np.where(self._signal, np.maximum(red_s, delay_s), delay_s)
        queue_m = flow_veh_h / 3600 * waits_s * VEHICLE_M / self._lanes
        over_entry = np.nan_to_num(occupied_entry) > QUEUED
        return np.asarray(np.minimum(np.where(over_entry, self._length_m, queue_m), self._length_m))
