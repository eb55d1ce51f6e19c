"""Road users drawn into a picture: shadows, mirror images, bodies, the far ones first."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.film.bodies import COLOURS, Body
from sumo_scenarios.film.conditions import Condition
from sumo_scenarios.film.mesh import GLASS, LAMP, TAIL, Shape
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.pinhole import Pinhole

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]
Ints = NDArray[np.int32]

SHIFT: Final = 4
NEAREST_M: Final = 0.5
FARTHEST_M: Final = 260.0
_SKY_LIGHT: Final = 0.62
_BRAKE: Final = (60, 60, 235)


@dataclass(frozen=True, slots=True)
class Seen:
    """One road user as the camera sees it: `points` (n, 3) of its mesh on the road [m], their pixels in sixteenths
    (n, 2), its distance [m] and its place in the scene.
    """

    index: int
    body: Body
    shape: Shape
    heading: float
    points: Floats
    pixels: Ints
    away_m: float


class Painter:
    """Draws the road users of scenes as one camera sees them in one condition."""

    def __init__(self, camera: Pinhole, condition: Condition) -> None:
        self._camera = camera
        self._condition = condition
        self._sun = _sun_ray(condition)
        self._tint = np.ones(3) if condition.dark else np.array(condition.tint) * condition.light
        self._haze = np.array(condition.haze_colour) * self._tint

    def seen(self, scene: Scene) -> list[Seen]:
        """Return the road users that reach into the picture, the farthest first."""
        if not scene.names:
            return []
        gaps = scene.front - self._camera.place[:2]
        reach = np.hypot(gaps[:, 0], gaps[:, 1])
        found = [self._looked_at(scene, int(index)) for index in np.argsort(-reach) if reach[index] < FARTHEST_M]
        return sorted((seen for seen in found if seen is not None), key=lambda seen: -seen.away_m)

    def _looked_at(self, scene: Scene, index: int) -> Seen | None:
        body, heading = scene.bodies[index], float(scene.heading[index])
        shape = body.shape
        points = turned(shape.points, heading)
        points[:, :2] += scene.front[index]
        pixels, depth = self._camera.project(points)
        if not float(depth.min()) > NEAREST_M:
            return None
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        margin = 0.5 * (high - low) + 8.0
        if (high + margin < 0).any() or (low - margin > (self._camera.width_px, self._camera.height_px)).any():
            return None
        middle = scene.front[index] - scene.forward()[index] * body.length_m / 2
        away_m = float(np.hypot(*(middle - self._camera.place[:2])))
        return Seen(index, body, shape, heading, points, _fixed(pixels), away_m)

    def shade(self, light: Image, seen: list[Seen]) -> None:
        """Darken a layer of light (255: full) where road users keep sun and sky from the road."""
        share = round(255 * self._condition.in_shade)
        if self._sun is not None:
            for each in seen:
                hull = cv2.convexHull(self._shadow(each))
                cv2.fillConvexPoly(light, hull, (min(share + 12, 255), share, share), cv2.LINE_AA, SHIFT)
        below = round(min(share, 255) * 0.45)
        for each in seen:
            cv2.fillConvexPoly(light, self._contact(each), (below, below, below), cv2.LINE_AA, SHIFT)

    def _shadow(self, seen: Seen) -> Ints:
        """Return the pixels of the mesh let down along the rays of the sun."""
        assert self._sun is not None
        heights = seen.points[:, 2:]
        fallen = seen.points[:, :2] - heights * (self._sun[:2] / self._sun[2])
        pixels, depth = self._camera.project_ground(fallen)
        return _fixed(pixels[depth > NEAREST_M])

    def _contact(self, seen: Seen) -> Ints:
        half, length = seen.body.width_m / 2 + 0.08, seen.body.length_m + 0.08
        corners = np.array([[0.08, half, 0.0], [0.08, -half, 0.0], [-length, -half, 0.0], [-length, half, 0.0]])
        if seen.body.kind in ("bicycle", "motorcycle"):
            corners[:, 1] *= 0.35
        placed = turned(corners, seen.heading)
        placed[:, :2] += seen.points[0, :2] - turned(seen.shape.points[:1], seen.heading)[0, :2]
        return _fixed(self._camera.project(placed)[0])

    def mirror(self, frame: Image, seen: list[Seen], road: Image) -> None:
        """Draw what a wet road mirrors, as strong as it is wet."""
        layer = frame.copy()
        for each in seen:
            points = each.points * np.array([1.0, 1.0, -1.0])
            hull = cv2.convexHull(_fixed(self._camera.project(points)[0]))
            tone = np.array(each.body.paint) * self._tint * 0.55
            cv2.fillConvexPoly(layer, hull, tuple(float(c) for c in tone), cv2.LINE_AA, SHIFT)
        layer = np.asarray(cv2.blur(layer, (1, 9)), dtype=np.uint8)
        wet = self._condition.wet
        mixed = cv2.addWeighted(layer, wet, frame, 1.0 - wet, 0.0)
        cv2.copyTo(np.asarray(mixed, dtype=np.uint8), road, frame)

    def bodies(self, frame: Image, seen: list[Seen], scene: Scene) -> None:
        """Draw the bodies."""
        for each in seen:
            self._body(frame, each, bool(scene.braking[each.index]))

    def _body(self, frame: Image, seen: Seen, braking: bool) -> None:
        shape = seen.shape
        corners = seen.pixels[shape.faces]
        after = np.roll(corners, -1, axis=1)
        facing = (corners[:, :, 0] * after[:, :, 1] - corners[:, :, 1] * after[:, :, 0]).sum(axis=1) < 0
        colours = self._colours(seen, braking)
        for face in self._order(seen):
            if facing[face]:
                cv2.fillConvexPoly(frame, corners[face], colours[face], cv2.LINE_AA, SHIFT)

    def _order(self, seen: Seen) -> NDArray[np.int64]:
        """Return the faces in the order in which they are drawn: parts below first, then the far ones."""
        middles = turned(seen.shape.middles, seen.heading)[:, :2] + (
            seen.points[0, :2] - turned(seen.shape.points[:1], seen.heading)[0, :2]
        )
        reach = np.hypot(*(middles - self._camera.place[:2]).T)
        rank = np.lexsort((-reach, seen.shape.level))
        place = np.empty(len(rank), dtype=np.int64)
        place[rank] = np.arange(len(rank))
        return np.argsort(place[seen.shape.part], kind="stable")

    def _colours(self, seen: Seen, braking: bool) -> list[tuple[float, float, float]]:
        shape = seen.shape
        table = np.array([seen.body.paint, *(COLOURS[role] for role in range(1, 8))], dtype=np.float64)
        if braking:
            table[TAIL] = _BRAKE
        if self._condition.lamps:
            table[LAMP] = (255.0, 255.0, 255.0)
        base = table[shape.role] * self._brightness(shape, seen.heading)[:, None] * self._tint
        glass = shape.role == GLASS
        base[glass] += 26.0 * np.clip(shape.normals[glass, 2:], 0.0, 1.0) * self._tint
        if self._condition.haze_per_m > 0:
            clear = float(np.exp(-self._condition.haze_per_m * seen.away_m))
            base = base * clear + self._haze * (1.0 - clear)
        return [(float(b), float(g), float(r)) for b, g, r in np.clip(base, 0, 255)]

    def _brightness(self, shape: Shape, heading: float) -> Floats:
        """Return how bright faces are against open ground, (m,)."""
        normals = turned(shape.normals, heading)
        sky: Floats = _SKY_LIGHT + (1.0 - _SKY_LIGHT) * (normals[:, 2] + 1.0) / 2.0
        if self._sun is None:
            return sky
        share = self._condition.in_shade
        direct = np.clip(normals @ self._sun, 0.0, None) / max(float(self._sun[2]), 0.35)
        bright: Floats = np.minimum(share * sky + (1.0 - share) * direct, 1.5)
        return bright


def turned(points: Floats, heading: float) -> Floats:
    """Return points (n, 3) turned about the upright axis. [rad]"""
    cos, sin = float(np.cos(heading)), float(np.sin(heading))
    moved: Floats = points @ np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return moved


def _fixed(pixels: Floats) -> Ints:
    return np.round(np.clip(pixels, -30000, 30000) * (1 << SHIFT)).astype(np.int32)


def _sun_ray(condition: Condition) -> Floats | None:
    """Return the unit vector towards the sun."""
    if condition.sun is None:
        return None
    azimuth, elevation = np.radians(condition.sun.azimuth_deg), np.radians(condition.sun.elevation_deg)
    level = np.cos(elevation)
    return np.array([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(elevation)])
