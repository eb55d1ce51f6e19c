"""How congested roads are: the five levels, by speed over the speed on the empty road, and by class of the road."""

from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork
from signal_ctrl.watch.city_minute import Bytes, Level

LEAST_SHARE: Final = {
    RoadClass.EXPRESSWAY: (0.70, 0.50, 0.40, 0.30),
    RoadClass.ARTERIAL: (0.70, 0.50, 0.40, 0.30),
    RoadClass.SECONDARY: (0.70, 0.50, 0.35, 0.25),
    RoadClass.BRANCH: (0.70, 0.50, 0.35, 0.25),
}
"""From which share on a road is smooth, basically smooth, lightly and moderately congested; below: severely."""
CYCLE_S: Final = 90.0
"""A usual cycle, for the wait at a signal on an empty road. [s]"""
SATURATION_VEH_H: Final = 1800.0
Floats = npt.NDArray[np.float64]


def empty_time_s(road: Road) -> float:
    """Return the travel time on an empty road: free time and, at a signal, the mean wait of who comes at random. [s]

    Source: uniform delay of Webster (1958) without traffic, C (1 - g)² / 2.
    """
    if not road.signal:
        return road.free_time_s
    green_ratio = min(road.capacity_veh_h / (SATURATION_VEH_H * road.lanes), 1.0)
    return road.free_time_s + 0.5 * CYCLE_S * (1 - green_ratio) ** 2


class Grading:
    """Levels of the roads of a network."""

    def __init__(self, network: RoadNetwork) -> None:
        self._empty_s = np.array([empty_time_s(road) for road in network.roads])
        self._least = np.array([LEAST_SHARE[road.road_class] for road in network.roads])

    def levels(self, travel_time_s: Floats) -> Bytes:
        """Return the level of each road by its travel time [s]; unknown where that is NaN."""
        share = self._empty_s / travel_time_s
        below = (share[:, None] < self._least).sum(axis=1)
        found = np.where(np.isnan(travel_time_s), Level.UNKNOWN, Level.SMOOTH + below)
        return found.astype(np.uint8)
