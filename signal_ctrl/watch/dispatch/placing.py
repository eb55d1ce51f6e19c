"""Where places lie on the roads: the roads near a place, and how far along each. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from signal_ctrl.domain.roads import LonLat, RoadNetwork

PIECE_M: Final = 50.0
"""Axes of roads are cut into pieces of at most this length to be found. [m]"""
NEAR: Final = 12
"""So many pieces are looked at for a place."""
SLACK_M: Final = 15.0
"""A road so much farther than the nearest one may be the one that is meant: the other carriageway, noise. [m] [P]"""
FARTHEST_M: Final = 2_000.0
"""A place that lies farther from every road is on none. [m] [P]"""
TURNED_DEG: Final = 75.0
"""A road whose axis lies more than this off a unit's heading is not the one that it drives on. [degrees] [P]"""
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OnRoad:
    """A place on a road: index of the road, share of its length from its begin (0 to 1), distance off its axis. [m]"""

    road: int
    share: float
    off_m: float


class Roadside:
    """The axes of all roads, to be asked what lies near."""

    def __init__(self, network: RoadNetwork) -> None:
        self._plane = network.plane
        pieces = [piece for at, road in enumerate(network.roads) for piece in self._pieces(at, road.shape)]
        table = np.array(pieces)
        self._road = table[:, 0].astype(int)
        self._from, self._to = table[:, 1:3], table[:, 3:5]
        self._share_from, self._share_to = table[:, 5], table[:, 6]
        self._tree = cKDTree((self._from + self._to) / 2)

    def _pieces(self, at: int, shape: tuple[LonLat, ...]) -> Sequence[tuple[float, ...]]:
        points = np.array([self._plane.metres(place) for place in shape])
        steps_m = np.hypot(*np.diff(points, axis=0).T)
        along_m = np.concatenate(([0.0], np.cumsum(steps_m)))
        total_m = max(float(along_m[-1]), 1e-6)
        cuts = np.unique(np.concatenate((along_m, np.arange(0.0, total_m, PIECE_M))))
        east, north = (np.interp(cuts, along_m, points[:, k]) for k in (0, 1))
        rows = zip(east, north, east[1:], north[1:], cuts, cuts[1:], strict=False)
        found = [(float(at), a, b, c, d, e / total_m, f / total_m) for a, b, c, d, e, f in rows]
        return [*found] or [(float(at), *points[0], *points[0], 0.0, 1.0)]

    def near(self, place: LonLat, heading_deg: float | None = None) -> tuple[OnRoad, ...]:
        """Return the roads on which a place may lie, the nearest first; none if all are too far.

        Args: heading_deg, which way a unit drives there, None where that is unknown or does not matter.
        """
        point = np.array(self._plane.metres(place))
        _, found = self._tree.query(point, k=min(NEAR, len(self._road)))
        shares, off_m = self._projected(point, np.atleast_1d(found))
        best: dict[int, OnRoad] = {}
        for k, share, off in sorted(zip(np.atleast_1d(found), shares, off_m, strict=True), key=lambda row: row[2]):
            road = int(self._road[k])
            if off <= FARTHEST_M and road not in best and self._fits(int(k), heading_deg):
                best[road] = OnRoad(road, float(share), float(off))
        closest_m = min((each.off_m for each in best.values()), default=0.0)
        kept = tuple(each for each in best.values() if each.off_m <= closest_m + SLACK_M)
        return kept if kept or heading_deg is None else self.near(place)

    def _projected(self, point: Array, found: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        """Return where on the road the nearest point of each piece lies, and how far off. [m]"""
        begin, along = self._from[found], self._to[found] - self._from[found]
        length2 = np.maximum((along**2).sum(axis=1), 1e-9)
        part = np.clip(((point - begin) * along).sum(axis=1) / length2, 0.0, 1.0)
        off_m = np.hypot(*(begin + part[:, None] * along - point).T)
        return self._share_from[found] + part * (self._share_to[found] - self._share_from[found]), off_m

    def _fits(self, piece: int, heading_deg: float | None) -> bool:
        if heading_deg is None:
            return True
        east, north = self._to[piece] - self._from[piece]
        turned = abs((math.degrees(math.atan2(east, north)) - heading_deg + 180) % 360 - 180)
        return turned <= TURNED_DEG
