"""How long it takes from any road to every lot, worked out once for the travel times of a moment. [s]"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.road_ways import RoadGraph, RoadTimes, Trip, WayFinder
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.guidance.values import Lot

Floats = npt.NDArray[np.float64]
KINDS: Final = tuple(SpaceKind)


class LotPlaces:
    """Lots on a network: where they are entered and left. It lasts as long as network and lots do."""

    def __init__(self, network: RoadNetwork, lots: Sequence[Lot], timezone: str = "UTC") -> None:
        """Args: timezone, whose clock prices and hours go by.

        Raises: InvalidInputError without a lot, for a name that is there twice or a road that is not there.
        """
        names = tuple(lot.lot for lot in lots)
        if not lots or len(set(names)) != len(names):
            raise InvalidInputError("guidance needs lots, each name once")
        self.entries = tuple(entrance for lot in lots for entrance in lot.entrances)
        if not all(0 <= entry.road < len(network.roads) for entry in self.entries):
            raise InvalidInputError("a lot is entered from a road that the network does not have")
        self.network, self.timezone = network, timezone
        self.lots, self.names = tuple(lots), names
        self.number = {name: at for at, name in enumerate(names)}
        self.graph = RoadGraph(network)
        self.to_space_s = np.array([lot.to_space_s for lot in lots])
        self.longest_stay_s = np.array([lot.longest_stay_s for lot in lots])
        self.kinds = np.array([KINDS.index(lot.kind) for lot in lots])
        self.first = np.cumsum([0, *(len(lot.entrances) for lot in lots[:-1])])
        self._plane = network.plane
        self._places_m = np.array([self._plane.metres(lot.place) for lot in lots])

    def metres_to(self, destination: LonLat) -> Floats:
        """Return how far each lot lies from a place, as the crow flies. [m] (n_lots,)"""
        found: Floats = np.hypot(*(self._places_m - np.array(self._plane.metres(destination))).T)
        return found


class Access:
    """Ways from everywhere to every lot, with the travel times of one moment."""

    def __init__(self, places: LotPlaces, times: RoadTimes) -> None:
        """Raises: InvalidInputError if there is not one time a road."""
        self.places = places
        finder = WayFinder(places.graph, times)
        self.source, self._time_s = finder.source, finder.time_s
        self._towards = finder.towards_all(places.entries)
        road = np.array([entry.road for entry in places.entries], dtype=np.intp)
        share = np.array([entry.share for entry in places.entries])
        self._past_s = (1 - share) * self._time_s[road]
        self._on: dict[int, list[int]] = {}
        for at, entry in enumerate(places.entries):
            self._on.setdefault(entry.road, []).append(at)
        self._after_s = np.ascontiguousarray(np.array([one.after_s for one in self._towards]).T)

    def seconds(self, begin: OnRoad) -> Floats:
        """Return the time to each lot's nearest entrance, infinite where there is no way. [s] (n_lots,)"""
        found: Floats = np.minimum.reduceat(self._to_entries(begin), self.places.first)
        return found

    def _to_entries(self, begin: OnRoad) -> Floats:
        found: Floats = (1 - begin.share) * self._time_s[begin.road] + self._after_s[begin.road] - self._past_s
        for at in self._on.get(begin.road, ()):
            found[at] = self._towards[at].seconds(begin)
        return found

    def way(self, begin: OnRoad, lot: int) -> Trip | None:
        """Return the way to a lot's nearest entrance, None if there is none."""
        first = int(self.places.first[lot])
        own = self._to_entries(begin)[first : first + len(self.places.lots[lot].entrances)]
        return self._towards[first + int(np.argmin(own))].trip(begin)
