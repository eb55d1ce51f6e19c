"""Quickest ways over the roads: shortest times back from a place to everywhere at once, obeying the turns. Pure.

Roads are the nodes and turns the arcs, so that a way obeys the turns. One search from the place backwards (Dijkstra,
by SciPy) gives the way from every road; what differs between drivers is where they begin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roadside import OnRoad

LEAST_SHARE: Final = 0.1
"""One vehicle's time on one road scatters by at least this share around the mean of all. [P]"""
ALIKE: Final = 0.3
"""Correlation between the errors of the roads of one way: what slows one road slows the next ones too. [P]"""
NONE: Final = -1
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RoadTimes:
    """Travel times of all roads that a driver may expect now, and their standard deviations. [s]

    `source` says what they are, for people: `forecast of 10:04`, `minute 10:03`, `free flow`.
    """

    travel_time_s: npt.NDArray[np.float32]
    travel_time_sd_s: npt.NDArray[np.float32]
    source: str


@dataclass(frozen=True, slots=True)
class Trip:
    """One way from where a driver is to a place. [s] [m]

    `roads` are indices, the first and the last one included; `ends_s`, after how long the end of each is reached.
    """

    travel_s: float
    sd_s: float
    distance_m: float
    roads: tuple[int, ...]
    ends_s: tuple[float, ...]


class RoadGraph:
    """Turns and lengths of a network as arrays, made once for all times."""

    def __init__(self, network: RoadNetwork) -> None:
        index = network.index
        self.length_m = np.array([road.length_m for road in network.roads])
        self.before = np.array([index[turn.from_road] for turn in network.turns], dtype=np.intp)
        self.after = np.array([index[turn.to_road] for turn in network.turns], dtype=np.intp)


class WayFinder:
    """The roads with the travel times of one moment."""

    def __init__(self, graph: RoadGraph, times: RoadTimes) -> None:
        """Raises: InvalidInputError if there is not one time a road."""
        n = len(graph.length_m)
        if times.travel_time_s.shape != (n,) or times.travel_time_sd_s.shape != (n,):
            raise InvalidInputError("travel times have not one value a road")
        self.time_s = np.maximum(times.travel_time_s.astype(np.float64), 1e-3)
        self.source = times.source
        self._sd_s = np.maximum(times.travel_time_sd_s.astype(np.float64), LEAST_SHARE * self.time_s)
        self._graph = graph
        self._back = csr_array((self.time_s[graph.after], (graph.after, graph.before)), shape=(n, n))

    def towards(self, place: OnRoad) -> "Towards":
        """Return the ways from everywhere to a place."""
        return self.towards_all([place])[0]

    def towards_all(self, places: Sequence[OnRoad]) -> "list[Towards]":
        """Return the same for many places by one search."""
        after_s, step = dijkstra(self._back, indices=[place.road for place in places], return_predecessors=True)
        return [Towards(self, place, *found) for place, *found in zip(places, after_s, step, strict=True)]

    def following(self, road: int) -> npt.NDArray[np.intp]:
        """Return the roads to which one may turn from a road."""
        found: npt.NDArray[np.intp] = self._graph.after[self._graph.before == road]
        return found

    def trip(self, roads: tuple[int, ...], begin: float, end: float) -> Trip:
        """Return what it takes along some roads, from a share of the first one to a share of the last one.

        Variances of roads add up, with the correlation `ALIKE` between any two of them.
        """
        share = np.ones(len(roads))
        share[0] -= begin
        share[-1] -= 1 - end
        along = np.array(roads)
        sd_s = share * self._sd_s[along]
        variance = (1 - ALIKE) * (sd_s**2).sum() + ALIKE * sd_s.sum() ** 2
        ends_s, distance_m = np.cumsum(share * self.time_s[along]), (share * self._graph.length_m[along]).sum()
        return Trip(float(ends_s[-1]), float(variance**0.5), float(distance_m), roads, tuple(ends_s.tolist()))


class Towards:
    """The ways from everywhere to one place."""

    def __init__(self, finder: WayFinder, place: OnRoad, after_s: Array, step: npt.NDArray[np.int32]) -> None:
        self._finder = finder
        self._place = place
        self.after_s = after_s
        self._step = step

    def seconds(self, begin: OnRoad) -> float:
        """Return the travel time from a place, infinite where there is no way. [s]"""
        time_s, place = self._finder.time_s, self._place
        if begin.road == place.road and begin.share <= place.share:
            return float((place.share - begin.share) * time_s[place.road])
        past_s = (1 - place.share) * time_s[place.road]
        ahead_s = self.after_s[begin.road] if begin.road != place.road else self._round()[1]
        return float((1 - begin.share) * time_s[begin.road] + ahead_s - past_s)

    def trip(self, begin: OnRoad) -> Trip | None:
        """Return the way from a place, None if there is none."""
        place = self._place
        if begin.road == place.road and begin.share <= place.share:
            return self._finder.trip((place.road,), begin.share, place.share)
        roads = [begin.road]
        if begin.road == place.road:
            first, seconds = self._round()
            if not np.isfinite(seconds):
                return None
            roads.append(first)
        elif not np.isfinite(self.after_s[begin.road]):
            return None
        while roads[-1] != place.road or len(roads) == 1:
            roads.append(int(self._step[roads[-1]]))
        return self._finder.trip(tuple(roads), begin.share, place.share)

    def _round(self) -> tuple[int, float]:
        """Return the first road of the way round back to the place's road, and its time until the end of that. [s]"""
        following = self._finder.following(self._place.road)
        around_s = self.after_s[following] + self._finder.time_s[following]
        if not len(following) or not np.isfinite(around_s).any():
            return NONE, float("inf")
        best = int(np.argmin(around_s))
        return int(following[best]), float(around_s[best])
