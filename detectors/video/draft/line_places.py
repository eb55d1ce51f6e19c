"""Where to count a flow: across it, where vehicles are large, whole in the picture, and far from each other."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from detectors.video.draft.flows import middle_of
from detectors.video.draft.horizon import Sight, across
from detectors.video.draft.paths import POINTS, Array, Path
from detectors.video.plane import Point

_LARGE: Final = 0.15
"""Vehicles that fill this share of the picture's lesser side are large enough."""
_CLEAR: Final = 1.5
"""Vehicles whose centres are so many of their sizes apart are well separated."""
_EDGE_PX: Final = 2.0
_ENDS: Final = POINTS // 6
"""Vehicles should be in view well before and after the line: so many points of a path at both its ends are no place."""
_MIDDLE: Final = 0.3
"""What is lost at the very end of a path against its middle."""
_MARGIN: Final = 0.15
"""A line reaches so many vehicle widths beyond the outermost vehicle."""
_VALLEY: Final = 0.35
_LEAST_IN_LANE: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Passing:
    """One path where it passes a place: offset to the side (right of the motion, seen from above), width across the
    motion, both [px], and whether it goes the way of the flow."""

    offset_px: float
    width_px: float
    along: bool


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place across a flow: centre, unit vectors of motion and across the road (to the driver's right), how good it is
    (0 to 1), and who passes."""

    centre: Point
    step: Point
    side: Point
    score: float = 0.0
    passings: tuple[Passing, ...] = ()

    def at(self, offset_px: float) -> Point:
        """Return the point beside the centre."""
        return self.centre[0] + offset_px * self.side[0], self.centre[1] + offset_px * self.side[1]


def best_place(flow: tuple[Path, ...], everyone: tuple[Path, ...], sight: Sight) -> Place | None:
    """Return the best place to count a flow, or None if there is none.

    Args: everyone, all paths, which should be far from those of the flow when they pass.
    """
    middle = middle_of(flow)
    places = [_place(flow, everyone, sight, middle, at) for at in range(_ENDS, POINTS - _ENDS)]
    best = max(places, key=lambda place: place.score)
    return best if best.score > 0.0 else None


def passings_at(place: Place, paths: tuple[Path, ...], reach_px: float) -> tuple[Passing, ...]:
    """Return who of these paths passes a place within a distance to its side. [px]"""
    found = [_passing(place, path, reach_px) for path in paths]
    return tuple(each[0] for each in found if each is not None)


def span_of(passings: tuple[Passing, ...]) -> tuple[float, float]:
    """Return from where to where a line has to reach to cross all of them, and a little more, as offsets. [px]"""
    low = min(each.offset_px - (0.5 + _MARGIN) * each.width_px for each in passings)
    return low, max(each.offset_px + (0.5 + _MARGIN) * each.width_px for each in passings)


def lane_borders(passings: tuple[Passing, ...]) -> tuple[float, ...]:
    """Return offsets between lanes: valleys of the density of offsets with enough vehicles on both sides. [px]"""
    offsets = np.array([each.offset_px for each in passings])
    width = float(np.median([each.width_px for each in passings]))
    if len(offsets) < 2 * _LEAST_IN_LANE or not width > 0.0:
        return ()
    grid = np.linspace(offsets.min(), offsets.max(), 200)
    density = np.exp(-0.5 * ((grid[:, None] - offsets[None, :]) / (0.22 * width)) ** 2).sum(axis=1)
    return tuple(float(grid[k]) for k in _valleys(density) if _parts(offsets, float(grid[k])))


def _valleys(density: Array) -> list[int]:
    """Return the lowest points between peaks that rise well above them on both sides."""
    found: list[int] = []
    peaks = [k for k in range(len(density)) if density[k] == density[max(0, k - 8) : k + 9].max()]
    for left, right in pairwise(peaks):
        low = left + int(density[left : right + 1].argmin())
        if density[low] < _VALLEY * min(density[left], density[right]):
            found.append(low)
    return found


def _parts(offsets: Array, border: float) -> bool:
    return min(int((offsets < border).sum()), int((offsets >= border).sum())) >= _LEAST_IN_LANE


def _place(flow: tuple[Path, ...], everyone: tuple[Path, ...], sight: Sight, middle: Path, at: int) -> Place:
    centre = float(middle.points[at, 0]), float(middle.points[at, 1])
    step = float(middle.steps[at, 0]), float(middle.steps[at, 1])
    place = Place(centre, step, across(centre, step, sight))
    reach_px = 3.0 * float(middle.scales[at])
    passed = [(path, each) for path in flow if (each := _passing(place, path, reach_px)) is not None]
    if not passed:
        return place
    share = len(passed) / len(flow)
    large = np.mean([min(path.scales[k] / min(sight.shape) / _LARGE, 1.0) for path, (_, k) in passed])
    whole = np.mean(
        [
            _is_whole(path, k, sight.shape) and _is_whole(path, min(k + 2, POINTS - 1), sight.shape)
            for path, (_, k) in passed
        ]
    )
    clear = np.mean([_clearance(path, k, everyone) for path, (_, k) in passed])
    central = 1.0 - _MIDDLE * abs(2.0 * at / (POINTS - 1) - 1.0)
    score = float(central * share * (0.2 + 0.8 * large) * (0.1 + 0.9 * whole) * (0.3 + 0.7 * clear))
    return replace(place, score=score, passings=tuple(each for _, (each, _) in passed))


def _passing(place: Place, path: Path, reach_px: float) -> tuple[Passing, int] | None:
    """Return how a path passes a place and at which of its points, or None if it does not."""
    away = path.points - np.array(place.centre)
    side = place.side
    ahead = away @ np.array((side[1], -side[0]))
    beside = away @ np.array(side)
    for k in range(len(ahead) - 1):
        if (ahead[k] < 0.0) != (ahead[k + 1] < 0.0):
            part = float(ahead[k] / (ahead[k] - ahead[k + 1]))
            offset = float(beside[k] + part * (beside[k + 1] - beside[k]))
            if abs(offset) <= reach_px:
                width = abs(side[0]) * path.sizes[k, 0] + abs(side[1]) * path.sizes[k, 1]
                return Passing(offset, float(width), bool(ahead[k] < 0.0)), k
    return None


def _is_whole(path: Path, at: int, shape: tuple[int, int]) -> bool:
    """Tell whether the box of a path's point lies within the picture."""
    (x, bottom), (width, height) = path.points[at], path.sizes[at]
    inside_x = x - width / 2 > _EDGE_PX and x + width / 2 < shape[1] - _EDGE_PX
    return bool(inside_x and bottom - height > _EDGE_PX and bottom < shape[0] - _EDGE_PX)


def _clearance(path: Path, at: int, everyone: tuple[Path, ...]) -> float:
    """Return how well a vehicle is separated from all others when it is at a point: 0 (touching) to 1."""
    now_s = path.times_s[at]
    nearest = _CLEAR
    for other in everyone:
        if other is not path and other.times_s[0] <= now_s <= other.times_s[-1]:
            there = np.array([np.interp(now_s, other.times_s, other.points[:, k]) for k in range(2)])
            nearest = min(nearest, float(np.linalg.norm(there - path.points[at]) / path.scales[at]))
    return max(nearest - 0.5, 0.0) / (_CLEAR - 0.5)
