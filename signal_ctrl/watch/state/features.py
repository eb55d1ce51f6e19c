"""What is known of a road before anybody reports from it, and what its loops add: the inputs of the model."""

from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadClass, RoadNetwork
from signal_ctrl.watch.state.levels import empty_time_s
from signal_ctrl.watch.state.loops import LoopMinute
from signal_ctrl.watch.state.model import FREE_TIMES, Learnt, nothing_learnt

Doubles = npt.NDArray[np.float64]

USUAL_FREE_S: Final = 8.0
LEAST_FREE_S: Final = 2.0
"""Shorter roads are alike: what is seen there is the error of timing. [s]"""
GIVES_WAY_VEH_H: Final = 1000.0
"""A road without a signal that lets less than this pass a lane gives way at its end."""
MOST: Final = 4.0
MOST_SATURATION: Final = 1.3
SLOWEST: Final = (-0.3, 2.5)
ROAD_FEATURES: Final = 7 + len(RoadClass) - 1
LOOP_FEATURES: Final = 8
FIRST_OF_LOOPS: Final = (2.0, -1.5, 0.0, 0.0, 0.4, 0.0, 0.8, 0.8)
"""In the order of `LoopFeatures`, until drives say otherwise. A loop at the end that is covered all the time has a jam
on it, five times the free time and more; before a signal half of that time is its red. [P]
"""
CONSTANT: Final = 0
ENDS: Final = 3
EMPTY: Final = 6


def road_features(network: RoadNetwork) -> Doubles:
    """Return what is known of each road, shape (n_roads, n_features).

    A constant; signal, giving way, nothing behind its end, nothing before its begin; logarithms of free time over a
    usual one and of the time on the empty road over free time; class.
    """
    roads = network.roads
    gives_way = [not road.signal and road.capacity_veh_h / road.lanes < GIVES_WAY_VEH_H for road in roads]
    classes = list(RoadClass)[:-1]
    columns = [
        [1.0] * len(roads),
        [float(bool(road.signal)) for road in roads],
        [float(each) for each in gives_way],
        [float(not network.following[road.road]) for road in roads],
        [float(not network.leading[road.road]) for road in roads],
        [np.log(max(road.free_time_s, LEAST_FREE_S) / USUAL_FREE_S) for road in roads],
        [np.log(empty_time_s(road) / road.free_time_s) * (road.free_time_s >= LEAST_FREE_S) for road in roads],
        *([float(road.road_class is each) for road in roads] for each in classes),
    ]
    return np.array(columns).T


def first_weights() -> Doubles:
    """Return what the features weigh before anybody has reported: a road takes a tenth more than its empty time, and
    more where its loops are covered, count slow vehicles, or let more in than out.
    """
    first = np.zeros(ROAD_FEATURES + LOOP_FEATURES)
    first[CONSTANT], first[EMPTY] = FREE_TIMES, 1.0
    first[ROAD_FEATURES:] = FIRST_OF_LOOPS
    return first


def first_learnt(features: Doubles) -> Learnt:
    """Return what is known before anybody has reported: roads behind whose end nothing is watched are free."""
    free = np.pad(features[features[:, ENDS] > 0], ((0, 0), (0, LOOP_FEATURES)))
    return nothing_learnt(len(features), first_weights(), free)


class LoopFeatures:
    """What loops add: occupancy and saturation at the end, with and without a signal, stored vehicles, speed."""

    def __init__(self, network: RoadNetwork) -> None:
        self._signal = np.array([float(bool(road.signal)) for road in network.roads])
        self._capacity_veh_h = np.array([road.capacity_veh_h for road in network.roads])
        self._free_mps = np.array([road.free_speed_mps for road in network.roads])
        self._free_s = np.array([road.free_time_s for road in network.roads])

    def of(self, loops: LoopMinute) -> Doubles:
        """Return them by road, shape (n_roads, LOOP_FEATURES); 0 where there is nothing."""
        saturation = np.clip(loops.flow_veh_h / self._capacity_veh_h, 0.0, MOST_SATURATION)
        stored = np.clip(np.log(loops.stored_s / self._free_s), 0.0, MOST)
        slower = np.clip(np.log(self._free_mps / np.maximum(loops.speed_mps, 0.1)), *SLOWEST)
        columns = [
            *(loops.occupied, loops.occupied * self._signal, saturation, saturation * self._signal),
            *(stored, stored * self._signal, slower, loops.occupied_entry),
        ]
        return np.asarray(np.nan_to_num(np.stack(columns, axis=1)))
