"""Where places lie on the roads: the roads near a place, and how far along each. Pure."""

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
        self._bearing = np.degrees(np.arctan2(*(self._to - self._from).T))
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
        return self.near_all([(place, heading_deg)])[0]

    def near_all(self, places: Sequence[tuple[LonLat, float | None]]) -> list[tuple[OnRoad, ...]]:
        """Return the same for many places and headings at once."""
        if not places:
            return []
        points = np.array([self._plane.metres(place) for place, _ in places])
        _, near = self._tree.query(points, k=min(NEAR, len(self._road)))
        pieces = near.reshape(len(places), -1)
        shares, off_m = self._projected(points, pieces)
        headings = np.array([np.nan if heading is None else heading for _, heading in places])
        turned = np.abs((self._bearing[pieces] - headings[:, None] + 180) % 360 - 180)
        fits = ~(turned > TURNED_DEG)  # an unknown heading, NaN, fits every road
        fits |= ~(fits & (off_m <= FARTHEST_M)).any(axis=1)[:, None]  # nobody drives that way here: it says nothing
        off_m = np.where(fits, off_m, np.inf)
        kept = (off_m <= FARTHEST_M) & (off_m <= off_m.min(axis=1)[:, None] + SLACK_M)
        found: list[dict[int, OnRoad]] = [{} for _ in places]
        rows, columns = np.nonzero(kept)
        for k in np.lexsort((off_m[rows, columns], rows)):
            row, column = rows[k], columns[k]
            road = int(self._road[pieces[row, column]])
            found[row].setdefault(road, OnRoad(road, float(shares[row, column]), float(off_m[row, column])))
        return [tuple(roads.values()) for roads in found]

    def _projected(self, points: Array, pieces: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        """Return where on its road the point of each piece lies that is nearest to a place, and how far off. [m]

        Args: points, shape (n, 2); pieces, shape (n, k).
        """
        begin, along = self._from[pieces], self._to[pieces] - self._from[pieces]
        length2 = np.maximum((along**2).sum(axis=-1), 1e-9)
        part = np.clip(((points[:, None] - begin) * along).sum(axis=-1) / length2, 0.0, 1.0)
        off_m = np.linalg.norm(begin + part[..., None] * along - points[:, None], axis=-1)
        return self._share_from[pieces] + part * (self._share_to[pieces] - self._share_from[pieces]), off_m
