"""Which roads lie near a place: all pieces of all shapes in a grid of squares, asked for many places at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SQUARE_M: Final = 50.0
REACH_M: Final = 45.0
"""A place farther than this from every road lies on none. [m]"""


@dataclass(frozen=True, slots=True)
class Near:
    """Roads near places: for each pair the place, the road, metres off its axis and along it, and its heading there.

    Shape (n_pairs,), ordered by place, then distance; every road once a place. [m] [degrees]
    """

    place: Ints
    road: Ints
    off_m: Doubles
    along_m: Doubles
    heading_deg: Doubles


class RoadGrid:
    """The pieces of a network's shapes, in metres on its plane."""

    def __init__(self, network: RoadNetwork) -> None:
        self._plane = network.plane
        pieces = [_pieces(network, number) for number in range(len(network.roads))]
        self._road = np.concatenate([np.full(len(each), number) for number, each in enumerate(pieces)])
        self._from, self._step = (np.concatenate([each[:, k] for each in pieces]) for k in (0, 1))
        self._begin_m, self._end_m = (np.concatenate([each[:, 2, k] for each in pieces]) for k in (0, 1))
        self._square = np.maximum((self._step**2).sum(axis=1), 1e-9)
        self._heading = np.degrees(np.arctan2(self._step[:, 0], self._step[:, 1])) % 360
        low = np.minimum(self._from, self._from + self._step) - REACH_M
        high = np.maximum(self._from, self._from + self._step) + REACH_M
        self._corner = low.min(axis=0)
        self._size = np.floor((high.max(axis=0) - self._corner) / SQUARE_M).astype(np.int64) + 1
        self._starts, self._pieces = self._sorted(low, high)

    def metres(self, lon: Doubles, lat: Doubles) -> Doubles:
        """Return places on the network's plane, shape (n, 2). [m]"""
        east, north = self._plane.metres((lon, lat))  # type: ignore[arg-type]  # arrays for a number each
        return np.stack((np.asarray(east), np.asarray(north)), axis=1)

    def near(self, place_m: Doubles, most: int) -> Near:
        """Return the nearest roads of each place, at most so many. Args: place_m, shape (n, 2). [m]"""
        cell = np.floor((place_m - self._corner) / SQUARE_M).astype(np.int64)
        inside = ((cell >= 0) & (cell < self._size)).all(axis=1)
        square = np.where(inside, cell[:, 0] * self._size[1] + cell[:, 1], len(self._starts) - 2)
        many = np.where(inside, self._starts[square + 1] - self._starts[square], 0)
        place = np.repeat(np.arange(len(place_m)), many)
        first = np.repeat(self._starts[square] - np.concatenate(([0], np.cumsum(many)[:-1])), many)
        piece = self._pieces[first + np.arange(len(place))]
        return self._nearest(place_m, place, piece, most)

    def _nearest(self, place_m: Doubles, place: Ints, piece: Ints, most: int) -> Near:
        gap = place_m[place] - self._from[piece]
        share = np.clip((gap * self._step[piece]).sum(axis=1) / self._square[piece], 0.0, 1.0)
        off_m = np.hypot(*(gap - self._step[piece] * share[:, None]).T)
        close = np.flatnonzero(off_m <= REACH_M)
        place, piece, share, off_m = place[close], piece[close], share[close], off_m[close]
        order = np.lexsort((off_m, self._road[piece], place))
        place, piece, share, off_m = place[order], piece[order], share[order], off_m[order]
        key = place * (int(self._road.max()) + 1) + self._road[piece]
        once = np.concatenate(([True], key[1:] != key[:-1])) if len(key) else np.zeros(0, dtype=bool)
        place, piece, share, off_m = place[once], piece[once], share[once], off_m[once]
        order = np.lexsort((self._road[piece], off_m, place))
        order = order[_rank(place[order]) < most]
        piece, share = piece[order], share[order]
        along_m = self._begin_m[piece] + share * (self._end_m[piece] - self._begin_m[piece])
        return Near(place[order], self._road[piece], off_m[order], along_m, self._heading[piece])

    def _sorted(self, low: Doubles, high: Doubles) -> tuple[Ints, Ints]:
        """Return where the pieces of each square begin, and the pieces by square."""
        first = np.floor((low - self._corner) / SQUARE_M).astype(np.int64)
        last = np.floor((high - self._corner) / SQUARE_M).astype(np.int64)
        spans = zip(first.tolist(), last.tolist(), strict=True)
        pairs = [
            (column * int(self._size[1]) + row, piece)
            for piece, ((west, south), (east, north)) in enumerate(spans)
            for column in range(west, east + 1)
            for row in range(south, north + 1)
        ]
        found = np.array(sorted(pairs), dtype=np.int64)
        starts = np.searchsorted(found[:, 0], np.arange(int(self._size.prod()) + 1))
        return starts, found[:, 1]


def _pieces(network: RoadNetwork, number: int) -> Doubles:
    """Return the pieces of a road: from, step, and metres along the road of both ends; shape (n_pieces, 3, 2)."""
    road = network.roads[number]
    line = np.array([network.plane.metres(place) for place in road.shape])
    step = np.diff(line, axis=0)
    way_m = np.concatenate(([0.0], np.cumsum(np.hypot(step[:, 0], step[:, 1]))))
    along_m = way_m * (road.length_m / max(float(way_m[-1]), 1e-9))
    return np.stack((line[:-1], step, np.stack((along_m[:-1], along_m[1:]), axis=1)), axis=1)


def _rank(group: Ints) -> Ints:
    """Return the place of each element within its group; groups lie together."""
    if not len(group):
        return group
    first = np.concatenate(([True], group[1:] != group[:-1]))
    begin = np.maximum.accumulate(np.where(first, np.arange(len(group)), 0))
    return np.arange(len(group)) - begin
