"""Flows of all roads: counted where there are loops; elsewhere from who reports there and from the roads around."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from signal_ctrl.domain.roads import RoadClass, RoadNetwork

Doubles = npt.NDArray[np.float64]

ROUNDS: Final = 12
HALF_MIN: Final = 10.0
SHARE_HALF_MIN: Final = 240.0
USUAL_SHARE: Final = 0.05
USUAL_VEH: Final = 200.0
TURNS_ERROR: Final = 0.4
"""Relative error of a flow that is worked out from the turns into, or out of, a road."""
LEAST_VEH_H: Final = 20.0
USUAL_HALF_MIN: Final = 60.0
GIVE_WAY: Final = 0.5
USUAL_VEH_H: Final = {
    RoadClass.EXPRESSWAY: 600.0,
    RoadClass.ARTERIAL: 300.0,
    RoadClass.SECONDARY: 150.0,
    RoadClass.BRANCH: 40.0,
}
"""What a lane of each class is taken to carry before anything is known: only the proportions count. [veh/h]"""


class FlowBalance:
    """Carries counted flows over the turns to the roads that nobody counts.

    What leaves a road is shared out over its turns by lanes and by the usual flow of the roads that they lead to; the
    same backwards. Both ways, and the flow by those who report over the share that reports, are weighed by their
    variance. The usual flow begins with the class of a road and follows what is found.
    """

    def __init__(self, network: RoadNetwork) -> None:
        n_roads = len(network.roads)
        self._capacity_veh_h = np.array([road.capacity_veh_h for road in network.roads])
        rows = np.array([network.index[turn.from_road] for turn in network.turns], dtype=np.int64)
        columns = np.array([network.index[turn.to_road] for turn in network.turns], dtype=np.int64)
        lanes = np.array([turn.lanes * (GIVE_WAY if turn.minor else 1.0) for turn in network.turns])
        self._turns = csr_matrix((lanes, (rows, columns)), shape=(n_roads, n_roads))
        self._usual_veh_h = np.array([USUAL_VEH_H[road.road_class] * road.lanes for road in network.roads])
        self._flow_veh_h = self._usual_veh_h.copy()
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
        keep = 0.5 ** (1 / USUAL_HALF_MIN)
        self._usual_veh_h = keep * self._usual_veh_h + (1 - keep) * np.maximum(flow, LEAST_VEH_H / 4)
        return flow

    def _weighed(self, flow: Doubles, seen_veh_h: Doubles, seen_sd: Doubles) -> Doubles:
        usual, turns = self._usual_veh_h, self._turns
        from_before = usual * (turns.T @ (flow / np.maximum(turns @ usual, 1e-9)))
        from_behind = usual * (turns @ (flow / np.maximum(turns.T @ usual, 1e-9)))
        weights = [
            np.where(from_before > 0, 1 / (TURNS_ERROR * from_before + LEAST_VEH_H) ** 2, 0.0),
            np.where(from_behind > 0, 1 / (TURNS_ERROR * from_behind + LEAST_VEH_H) ** 2, 0.0),
            1 / (seen_sd + LEAST_VEH_H) ** 2,
        ]
        total = sum(weight * each for weight, each in zip(weights, (from_before, from_behind, seen_veh_h), strict=True))
        return np.asarray(np.minimum(total / sum(weights), self._capacity_veh_h))
