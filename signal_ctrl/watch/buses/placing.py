"""Reports of buses placed on the ways of their lines: map matching that knows where a vehicle is to drive."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from detectors.buses.course import Course
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.matching.grid import RoadGrid
from signal_ctrl.watch.matching.viterbi import CANDIDATES, HEADING_DEG, NOISE_M
from signal_ctrl.watch.observations import Position

AHEAD_M: Final = 60.0
"""How far a report may be off where its bus is expected, before that speaks against a place. [m]"""
_LOST: Final = 1e9


class Expected(NamedTuple):
    """The way of a report's bus, and how far along it is expected, None where nobody knows. [m]"""

    course: Course
    at_m: float | None


class LinePlacer:
    """Places reports on the roads of one network."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._grid = RoadGrid(network)

    def places_m(self, reports: Sequence[Position], expected: Sequence[Expected]) -> list[float | None]:
        """Return how far along the way of its line each report is; None if it is not near that way. [m]"""
        if not reports:
            return []
        lon, lat = (np.array([getattr(each, name) for each in reports]) for name in ("lon", "lat"))
        near = self._grid.near(self._grid.metres(lon, lat), CANDIDATES)
        best: list[tuple[float, float | None]] = [(_LOST, None)] * len(reports)
        columns = (near.place, near.road, near.off_m, near.along_m, near.heading_deg)
        for place, road, off_m, along_m, heading_deg in zip(*(each.tolist() for each in columns), strict=True):
            course, at_m = expected[place]
            found_m = course.place_m(self._network.roads[road].road, along_m)
            if found_m is None:
                continue
            score = (off_m / NOISE_M) ** 2 + _turned(reports[place].heading_deg, heading_deg)
            score += 0.0 if at_m is None else ((found_m - at_m) / AHEAD_M) ** 2
            best[place] = min(best[place], (score, found_m), key=lambda each: each[0])
        return [found_m for _, found_m in best]


def _turned(told_deg: float | None, road_deg: float) -> float:
    """Return how much a heading speaks against a road. [degrees]"""
    if told_deg is None:
        return 0.0
    turn = abs((road_deg - told_deg + 180.0) % 360.0 - 180.0)
    return min((turn / HEADING_DEG) ** 2, 12.0)
