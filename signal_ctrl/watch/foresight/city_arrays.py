"""A road network as arrays: what roads are, and who leads to whom."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from signal_ctrl.domain.roads import RoadClass, RoadNetwork

FloatArray = npt.NDArray[np.float64]
_CLASSES: Final = tuple(RoadClass)


@dataclass(frozen=True)
class CityArrays:
    """Arrays in the order of the roads. `onward[i, j]`: the share of the lanes of road i's turns that lead to j."""

    names: tuple[str, ...]
    length_m: FloatArray
    free_mps: FloatArray
    room_veh: FloatArray
    capacity_veh_h: FloatArray
    lanes: FloatArray
    signal: FloatArray
    road_class: FloatArray
    onward: sparse.csr_array
    back: sparse.csr_array

    @cached_property
    def fixed(self) -> FloatArray:
        """What trees see of the roads themselves. (n_roads, 6)"""
        per_lane = self.capacity_veh_h / self.lanes
        return np.stack(
            [np.log(self.length_m), self.lanes, self.free_mps, per_lane, self.signal, self.road_class], axis=1
        )

    @cached_property
    def gates(self) -> npt.NDArray[np.bool_]:
        """Roads that no road of the network leads to: where traffic comes in."""
        return np.asarray(np.diff(self.back.indptr) == 0)

    def behind(self, values: FloatArray) -> FloatArray:
        """Return the mean of the roads that follow; NaN where the network ends or nothing is known of them."""
        return _mean(self.onward, values)

    def before(self, values: FloatArray) -> FloatArray:
        """Return the mean of the roads that lead to each; NaN where none does or nothing is known of them."""
        return _mean(self.back, values)

    def worst_behind(self, values: FloatArray) -> FloatArray:
        """Return the greatest value of the roads that follow, 0 where there is none. NaN count as 0."""
        return _greatest(self.onward, values)

    def worst_before(self, values: FloatArray) -> FloatArray:
        """Return the greatest value of the roads that lead to each, 0 where there is none. NaN count as 0."""
        return _greatest(self.back, values)


def arrays_of(network: RoadNetwork) -> CityArrays:
    """Return the arrays of a network."""
    roads = network.roads
    rows = [network.index[turn.from_road] for turn in network.turns]
    columns = [network.index[turn.to_road] for turn in network.turns]
    lanes = [float(turn.lanes) for turn in network.turns]
    shape = (len(roads), len(roads))
    onward = sparse.csr_array((lanes, (rows, columns)), shape=shape, dtype=np.float64)
    return CityArrays(
        names=tuple(each.road for each in roads),
        length_m=np.array([each.length_m for each in roads]),
        free_mps=np.array([each.free_speed_mps for each in roads]),
        room_veh=np.array([each.room_veh for each in roads]),
        capacity_veh_h=np.array([each.capacity_veh_h for each in roads]),
        lanes=np.array([float(each.lanes) for each in roads]),
        signal=np.array([float(bool(each.signal)) for each in roads]),
        road_class=np.array([float(_CLASSES.index(each.road_class)) for each in roads]),
        onward=_shares(onward),
        back=_shares(sparse.csr_array(onward.T)),
    )


def _shares(weights: sparse.csr_array) -> sparse.csr_array:
    total = np.asarray(weights.sum(axis=1)).ravel()
    scale = sparse.diags_array(1.0 / np.where(total > 0, total, 1.0))
    return sparse.csr_array(scale @ weights)


def _mean(weights: sparse.csr_array, values: FloatArray) -> FloatArray:
    seen = ~np.isnan(values)
    total = np.asarray(weights @ seen.astype(np.float64))
    found = np.asarray(weights @ np.where(seen, values, 0.0))
    return np.where(total > 0, found / np.where(total > 0, total, 1.0), np.nan)


def _greatest(weights: sparse.csr_array, values: FloatArray) -> FloatArray:
    found = np.zeros(weights.shape[0])
    full = np.flatnonzero(np.diff(weights.indptr))
    if len(full):
        each = np.nan_to_num(values)[weights.indices]
        found[full] = np.maximum.reduceat(each, weights.indptr[full])
    return found
