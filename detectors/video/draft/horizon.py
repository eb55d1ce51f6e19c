"""Which way across the road is, in a picture taken at a slant.

A vehicle's size in the picture shrinks in proportion to its height below the horizon. So the horizon follows from how
sizes change along paths, and with an assumed focal length the directions on the ground follow from those seen.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from detectors.video.draft.paths import Array, Path
from detectors.video.plane import Point

FOCAL: Final = 1.0
"""Assumed focal length as a share of the picture's width: a view of 53 degrees. From 0.7 to 1.5 the direction across a
road that is seen 30 degrees from its own moves by less than 10 degrees."""
_LEAST_CHANGE: Final = 0.25
_LEAST_STEEP: Final = 0.25
"""Way down the picture over way along it: who drives past the camera more level than that tells no horizon."""
_LEAST_PATHS: Final = 2


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of the picture: height and width, and the height of the horizon if sizes tell. [px]"""

    shape: tuple[int, int]
    horizon_px: float | None = None


def sight_of(paths: tuple[Path, ...], shape: tuple[int, int]) -> Sight:
    """Return what paths tell of the picture. Args: shape, its height and width. [px]"""
    found = [each for each in map(_horizon, paths) if each is not None]
    return Sight(shape, float(np.median(found)) if len(found) >= _LEAST_PATHS else None)


def across(place: Point, step: Point, sight: Sight) -> Point:
    """Return the unit vector in the picture that leads across the road, to the right of the motion.

    Args: place, where [px]; step, unit vector of motion there.
    """
    flat = (-step[1], step[0])
    if sight.horizon_px is None or not place[1] > sight.horizon_px + 1.0:
        return flat
    focal = FOCAL * sight.shape[1]
    centre = sight.shape[1] / 2, sight.shape[0] / 2
    tilt = math.atan((centre[1] - sight.horizon_px) / focal)
    down = np.array((0.0, math.cos(tilt), math.sin(tilt)))
    on_ground = _ground(place, down, centre, focal)
    motion = _ground((place[0] + step[0], place[1] + step[1]), down, centre, focal) - on_ground
    side = np.cross(down, motion)
    beside = on_ground + side * 1e-3 * np.linalg.norm(on_ground) / max(float(np.linalg.norm(side)), 1e-12)
    seen = focal * beside[:2] / beside[2] + np.array(centre) - np.array(place)
    length = float(np.hypot(*seen))
    if not length > 0.0:
        return flat
    found = float(seen[0] / length), float(seen[1] / length)
    return found if found[0] * flat[0] + found[1] * flat[1] > 0.0 else (-found[0], -found[1])


def _horizon(path: Path) -> float | None:
    """Return where a path's sizes would come to nothing, by a straight line through them, None without a trend."""
    sizes, (x, y) = path.scales, path.points.T
    if not np.ptp(sizes) > _LEAST_CHANGE * float(np.mean(sizes)) or not np.ptp(y) > _LEAST_STEEP * np.ptp(x):
        return None
    slope, level = np.polyfit(y, sizes, 1)
    horizon = float(-level / slope) if slope > 1e-6 else math.inf
    return horizon if horizon < float(y.min()) else None


def _ground(pixel: Point, down: Array, centre: Point, focal: float) -> Array:
    """Return where the ray of a pixel meets the ground, the camera at the origin and one unit above it, (3,)."""
    ray = np.array(((pixel[0] - centre[0]) / focal, (pixel[1] - centre[1]) / focal, 1.0))
    found: Array = ray / float(ray @ down)
    return found
