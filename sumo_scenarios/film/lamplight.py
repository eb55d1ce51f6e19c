"""Lights in the dark: street lamps, headlamps and what they light, tail lamps, glare, streaks on a wet road.

Light is soft, so it is drawn into a picture a quarter as large and spread from there.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.film.conditions import Condition
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.painter import Seen, turned
from sumo_scenarios.film.pinhole import Pinhole
from sumo_scenarios.film.roadmap import LaneShape

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]

COARSER: Final = 4
LAMPS_EVERY_M: Final = 32.0
LAMP_REACH_M: Final = 15.0
_CONES: Final = ((26.0, 5.2, 26), (17.0, 3.6, 34), (10.0, 2.4, 46), (5.0, 1.6, 40))
"""What headlamps light, in cones laid over each other: length, width at the far end [m], brightness [grey levels]."""
_FACING: Final = 0.15


class Lamplight:
    """The light of one camera's picture."""

    def __init__(self, camera: Pinhole, condition: Condition, lanes: Sequence[LaneShape]) -> None:
        self._camera = camera
        self._small = camera.scaled(1.0 / COARSER)
        self._condition = condition
        self._size = (camera.width_px, camera.height_px)
        self._base = self._street(lanes)

    def _street(self, lanes: Sequence[LaneShape]) -> Image:
        """Return the light before the vehicles come: what is left of the day, and pools below street lamps."""
        shape = (self._small.height_px, self._small.width_px)
        light = np.full(shape, self._condition.light, dtype=np.float64)
        columns, rows = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
        ground = self._small.ground_of(np.column_stack((columns.ravel(), rows.ravel())))
        for lamp in street_lamps(lanes):
            gap = np.hypot(*(ground - lamp).T).reshape(shape)
            light += self._condition.street_lamps * np.nan_to_num(np.exp(-((gap / LAMP_REACH_M) ** 2)), nan=0.0)
        tinted = light[:, :, None] * np.array(self._condition.tint) * 255.0
        return np.asarray(np.clip(tinted, 0, 255), dtype=np.uint8)

    def light(self, seen: Sequence[Seen]) -> Image:
        """Return the light on the road with these road users on it, (height, width, 3), 255: as on a bright day."""
        light = self._base.copy()
        for each in seen:
            if len(each.shape.lamps):
                self._cones(light, each)
        soft = cv2.GaussianBlur(light, (0, 0), 1.6)
        return np.asarray(cv2.resize(soft, self._size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)

    def _cones(self, light: Image, seen: Seen) -> None:
        wide = seen.body.width_m * 0.8
        for length, width, grey in _CONES:
            corners = np.array([[0.3, wide / 2], [0.3, -wide / 2], [length, -width / 2], [length, width / 2]])
            placed = self._placed(seen, np.column_stack((corners, np.zeros(4))))
            pixels, depth = self._small.project(placed)
            if not float(depth.min()) > 0.5:
                continue
            self._brighten(light, pixels, grey)

    @staticmethod
    def _brighten(light: Image, pixels: Floats, grey: int) -> None:
        """Add light within a polygon, in its own rectangle of the picture."""
        height, width = light.shape[:2]
        left, top = np.clip(np.floor(pixels.min(axis=0)).astype(int), 0, (width, height))
        right, bottom = np.clip(np.ceil(pixels.max(axis=0)).astype(int) + 1, 0, (width, height))
        if right <= left or bottom <= top:
            return
        cone = np.zeros((bottom - top, right - left, 3), dtype=np.uint8)
        shifted = np.round((np.clip(pixels, -2000, 2000) - (left, top)) * 16).astype(np.int32)
        cv2.fillConvexPoly(cone, shifted, (grey * 0.86, grey * 0.97, grey), cv2.LINE_AA, 4)
        part = light[top:bottom, left:right]
        cv2.add(part, cone, dst=part)

    @staticmethod
    def _placed(seen: Seen, points: Floats) -> Floats:
        """Return points of a road user's own axes on the road. [m]"""
        placed = turned(points, seen.heading)
        placed[:, :2] += seen.points[0, :2] - turned(seen.shape.points[:1], seen.heading)[0, :2]
        return placed

    def glare(self, frame: Image, seen: Sequence[Seen], scene: Scene) -> None:
        """Add the lamps themselves, as bright as they look into the camera, and their mirror images on a wet road."""
        glow = np.zeros((self._small.height_px, self._small.width_px, 3), dtype=np.uint8)
        for each in seen:
            braking = bool(scene.braking[each.index])
            self._lamps(frame, glow, each, each.shape.lamps, 1.0, (235, 248, 255))
            self._lamps(frame, glow, each, each.shape.tails, -1.0, (40, 40, 255) if braking else (20, 20, 150))
        soft = cv2.GaussianBlur(glow, (0, 0), 1.8)
        spread = cv2.resize(soft, self._size, interpolation=cv2.INTER_LINEAR)
        cv2.add(frame, spread, dst=frame)

    def _lamps(
        self, frame: Image, glow: Image, seen: Seen, lamps: Floats, ahead: float, colour: tuple[int, int, int]
    ) -> None:
        if not len(lamps):
            return
        placed = self._placed(seen, lamps)
        rays = self._camera.place - placed
        beams = np.array([np.cos(seen.heading), np.sin(seen.heading)]) * ahead
        facing = (rays[:, :2] @ beams) / np.maximum(np.linalg.norm(rays, axis=1), 1.0)
        if float(facing.max()) < _FACING:
            return
        pixels, depth = self._camera.project(placed)
        for (x, y), away, strength in zip(pixels, depth, facing, strict=True):
            radius = float(np.clip(self._camera.focal_px * 0.09 / away, 0.7, 6.0))
            cv2.circle(frame, (round(x * 16), round(y * 16)), round(radius * 16), colour, -1, cv2.LINE_AA, 4)
            soft = tuple(float(c) * min(float(strength) + 0.25, 1.0) * (0.8 if ahead > 0 else 0.6) for c in colour)
            spot = (round(x / COARSER), round(y / COARSER))
            cv2.circle(glow, spot, max(round(radius * 1.6 / COARSER), 1), soft, -1, cv2.LINE_AA)
        if self._condition.wet > 0:
            self._streaks(glow, placed, depth, colour)

    def _streaks(self, glow: Image, placed: Floats, depth: Floats, colour: tuple[int, int, int]) -> None:
        mirrored, _ = self._small.project(placed * np.array([1.0, 1.0, -1.0]))
        tone = tuple(float(c) * self._condition.wet * 0.55 for c in colour)
        for (x, y), away in zip(mirrored, depth, strict=True):
            long = round(self._small.focal_px * 1.1 / away)
            cv2.line(glow, (round(x), round(y) - long // 3), (round(x), round(y) + long), tone, 1, cv2.LINE_AA)


def street_lamps(lanes: Sequence[LaneShape]) -> list[Floats]:
    """Return the feet of the lamps along the streets, one each so many metres of the outer lanes. [m]"""
    found: list[Floats] = []
    for lane in lanes:
        if lane.function or lane.soft or not lane.lane_id.endswith("_0"):
            continue
        for to_end_m in np.arange(6.0, lane.long_m, LAMPS_EVERY_M):
            place, along = lane.place(float(to_end_m))
            foot = place + np.array([along[1], -along[0]]) * (lane.width_m / 2 + 0.5)
            if all(float(np.hypot(*(foot - other))) > LAMPS_EVERY_M * 0.6 for other in found):
                found.append(foot)
    return found
