"""Paths of vehicles through the picture, collected while a video is watched."""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.video.capture.pictures import Gap, Picture
from detectors.video.plane import Point
from detectors.video.seen import Seen

Array = NDArray[np.float64]

POINTS: Final = 24
"""Points that a path is reduced to, evenly along it."""
MOST_PATHS: Final = 400
_SHORTEST: Final = 0.12
"""A path has to lead at least so far, as a share of the picture's lesser side, and over the vehicle's own size."""
_STRAIGHTEST: Final = 0.5
"""Way back over way driven: what dances on the spot is no vehicle."""
_LEAST_FRAMES: Final = 8
_SMOOTH: Final = 5
_EDGE_PX: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A vehicle's way: `points` on the road (n, 2) [px], `sizes` of its box (n, 2) [px], `times_s` (n,)."""

    points: Array
    sizes: Array
    times_s: Array

    @property
    def steps(self) -> Array:
        """Return the unit vectors of motion at the points, (n, 2)."""
        moved = np.gradient(self.points, axis=0)
        length: Array = np.linalg.norm(moved, axis=1, keepdims=True)
        return moved / np.maximum(length, 1e-9)

    @property
    def scales(self) -> Array:
        """Return the size of the vehicle in the picture at the points, (n,). [px]"""
        return np.sqrt(self.sizes[:, 0] * self.sizes[:, 1])


@dataclass(slots=True)
class PathCollector:
    """Listens to a watching and keeps the paths of those who went somewhere."""

    paths: list[Path] = field(default_factory=list)
    shape: tuple[int, int] = (0, 0)
    seen_s: float = 0.0
    _open: dict[int, list[tuple[float, ...]]] = field(default_factory=dict)

    def take(self, picture: Picture, seen: Seen) -> None:
        """Take what one picture showed."""
        self.shape = (picture.frame.shape[0], picture.frame.shape[1])
        self.seen_s = picture.time_s
        here = {each.track for each in seen.tracks}
        for track in [each for each in self._open if each not in here]:
            self._close(track)
        for each in seen.tracks:
            left, top, right, bottom = each.box
            row = (*each.contact, right - left, bottom - top, picture.time_s)
            if self._is_seen(each.contact):
                self._open.setdefault(each.track, []).append(row)

    def gap(self, gap: Gap) -> None:
        """Take that nothing was seen for a while."""
        self.end(Seen())

    def end(self, seen: Seen) -> None:
        """Close all paths."""
        for track in list(self._open):
            self._close(track)

    def _is_seen(self, place: Point) -> bool:
        """Tell whether a place is in the picture: where vehicles leave it, where they stand is a guess."""
        height, width = self.shape
        return _EDGE_PX < place[0] < width - _EDGE_PX and _EDGE_PX < place[1] < height - _EDGE_PX

    def _close(self, track: int) -> None:
        path = path_of(np.array(self._open.pop(track)), min(self.shape))
        if path is not None and len(self.paths) < MOST_PATHS:
            self.paths.append(path)


def path_of(rows: Array, side_px: int) -> Path | None:
    """Return the path of a track, rows of x, y, width, height, time; None if it leads nowhere.

    Args: side_px, the lesser side of the picture.
    """
    if len(rows) < _LEAST_FRAMES:
        return None
    smooth = _smoothed(rows)
    legs: Array = np.linalg.norm(np.diff(smooth[:, :2], axis=0), axis=1)
    driven, away = float(legs.sum()), math.dist(smooth[0, :2], smooth[-1, :2])
    size = float(np.median(np.sqrt(smooth[:, 2] * smooth[:, 3])))
    if away < max(_SHORTEST * side_px, size) or away < _STRAIGHTEST * driven:
        return None
    along = np.concatenate([[0.0], np.cumsum(legs)])
    at = np.linspace(0.0, driven, POINTS)
    even = np.column_stack([np.interp(at, along, smooth[:, k]) for k in range(5)])
    return Path(even[:, :2], np.maximum(even[:, 2:4], 1.0), even[:, 4])


def _smoothed(rows: Array) -> Array:
    """Return running means over a few frames, the ends over fewer."""
    half = _SMOOTH // 2
    parts = [rows[max(0, k - half) : k + half + 1].mean(axis=0) for k in range(len(rows))]
    return np.array(parts)
