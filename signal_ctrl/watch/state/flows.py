"""Flows of all roads: counted where there are loops; elsewhere from who reports there and from the roads around."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from signal_ctrl.domain.roads import RoadNetwork

Doubles = npt.NDArray[np.float64]

ROUNDS: Final = 12
HALF_MIN: Final = 10.0
SHARE_HALF_MIN: Final = 240.0
USUAL_SHARE: Final = 0.05
USUAL_VEH: Final = 200.0
TURNS_ERROR: Final = 0.4
"""Relative error of a flow that is worked out from the turns into, or out of, a road."""
LEAST_VEH_H: Final = 20.0


class FlowBalance:
    """Carries counted flows over the turns to the roads that nobody counts.

    What leaves a road is shared out over its turns by lanes and by the capacity of the roads that they lead to; the same
    backwards. Both ways, and the flow by those who report over the share that reports, are weighed by their variance.
    """

    def __init__(self, network: RoadNetwork) -> None:
        n_roads = len(network.roads)
        self._capacity_veh_h = np.array([road.capacity_veh_h for road in network.roads])
        rows = np.array([network.index[turn.from_road] for turn in network.turns], dtype=np.int64)
        columns = np.array([network.index[turn.to_road] for turn in network.turns], dtype=np.int64)
        lanes = np.array([float(turn.lanes) for turn in network.turns])
        self._on = _shares(rows, columns, lanes * self._capacity_veh_h[columns], n_roads)
        self._back = _shares(columns, rows, lanes * self._capacity_veh_h[rows], n_roads)
        self._has_before = np.bincount(columns, minlength=n_roads) > 0
        self._has_behind = np.bincount(rows, minlength=n_roads) > 0
        self._flow_veh_h = 0.2 * self._capacity_veh_h
        self._reports, self._reporters, self._counted = np.zeros(n_roads), USUAL_SHARE * USUAL_VEH, USUAL_VEH

    def minute(self, counted_veh_h: Doubles, reports: Doubles) -> Doubles:
        """Return the flow of every road. [veh/h]

        Args: counted_veh_h, NaN where nobody counts; reports, vehicles that were seen to leave each road in the minute.
        """
        known = ~np.isnan(counted_veh_h)
        fade, slowly = 0.5 ** (1 / HALF_MIN), 0.5 ** (1 / SHARE_HALF_MIN)
        self._reports = self._reports * fade + reports
        self._reporters = self._reporters * slowly + float(reports[known].sum())
        self._counted = self._counted * slowly + float(counted_veh_h[known].sum()) / 60
        share = max(self._reporters / self._counted, 1e-3)
        seen_veh_h = self._reports * (1 - fade) * 60 / share
        seen_sd = np.sqrt(self._reports + 1) * (1 - fade) * 60 / share
        flow = np.where(known, counted_veh_h, self._flow_veh_h)
        for _ in range(ROUNDS):
            flow = np.where(known, counted_veh_h, self._weighed(flow, seen_veh_h, seen_sd))
        self._flow_veh_h = flow
        return flow

    def _weighed(self, flow: Doubles, seen_veh_h: Doubles, seen_sd: Doubles) -> Doubles:
        from_before, from_behind = self._on.T @ flow, self._back.T @ flow
        weights = [
            np.where(self._has_before, 1 / (TURNS_ERROR * from_before + LEAST_VEH_H) ** 2, 0.0),
            np.where(self._has_behind, 1 / (TURNS_ERROR * from_behind + LEAST_VEH_H) ** 2, 0.0),
            1 / (seen_sd + LEAST_VEH_H) ** 2,
        ]
        total = sum(weight * each for weight, each in zip(weights, (from_before, from_behind, seen_veh_h), strict=True))
        return np.asarray(np.minimum(total / sum(weights), self._capacity_veh_h))


def _shares(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], weight: Doubles, n_roads: int) -> csr_matrix:
    total = np.bincount(rows, weight, n_roads)
    return csr_matrix((weight / np.maximum(total[rows], 1e-9), (rows, columns)), shape=(n_roads, n_roads))
