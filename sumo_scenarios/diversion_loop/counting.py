"""What the roads of a run tell: vehicles that came onto each, and how long each takes; no vehicle's name is kept."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sumo_scenarios.simulation import Simulation

Floats = npt.NDArray[np.float64]


class RoadCounts:
    """Counts vehicles that come onto roads, as a loop at each entry would."""

    def __init__(self, simulation: Simulation, roads: Sequence[str]) -> None:
        self._simulation, self._roads = simulation, tuple(roads)
        self._on: list[frozenset[str]] = [frozenset()] * len(self._roads)
        self._began_s: float | None = None
        self.vehicles = np.zeros(len(self._roads))
        self._times: list[Floats] = []

    def count(self, time_s: float) -> None:
        """Take in a step. [s]"""
        first = self._began_s is None
        self._began_s = time_s if self._began_s is None else self._began_s
        for k, road in enumerate(self._roads):
            now = frozenset(self._simulation.edge_vehicle_names(road))
            if not first and now != self._on[k]:
                self.vehicles[k] += len(now - self._on[k])
            self._on[k] = now

    def flow_veh_h(self, time_s: float) -> Floats:
        """Return the mean flows since the first step. (n_roads,) [s], [veh/h]"""
        return np.asarray(self.vehicles * 3600.0 / max(time_s - (self._began_s or 0.0), 1.0))

    def look(self) -> None:
        """Take in how long roads take now."""
        self._times.append(np.array([self._simulation.edge_time_s(road) for road in self._roads]))

    def time_s(self, last: int = 10) -> Floats:
        """Return the mean of the last looks. (n_roads,) [s]"""
        return np.asarray(np.mean(self._times[-last:], axis=0))
