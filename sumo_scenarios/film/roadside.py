"""What stands beside the road: houses, trees and bushes that hide nothing of it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.film.conditions import Condition
from sumo_scenarios.film.pinhole import Pinhole

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]
Reach = NDArray[np.float32]

SPOTS: Final = 220
NEAREST_M: Final = 20.0
FARTHEST_M: Final = 140.0
_WALLS: Final = ((150, 165, 178), (120, 138, 160), (165, 170, 172), (98, 118, 150), (190, 196, 200))
_ROOFS: Final = ((62, 66, 92), (70, 70, 74), (52, 60, 84))
_LEAVES: Final = ((46, 84, 62), (40, 92, 74), (56, 96, 70))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A thing beside the road: its foot [m], a number that chooses what it is, and its distance. [m]"""

    foot: Floats
    chance: float
    away_m: float


def draw_roadside(
    view: Image, distance_m: Reach, camera: Pinhole, road: Image, condition: Condition, seed: int
) -> tuple[Image, Reach]:
    """Draw what stands beside the road into a view; return where leaves are (255), and distances with all of it. [m]

    Args: road, 255 where the view shows asphalt: a thing that would hide any of it is left out.
    """
    artist = _Artist(view, distance_m.copy(), camera, road, np.random.default_rng(seed + 2))
    for spot in artist.spots():
        if condition.sun is not None:
            artist.shadow(spot, condition)
    for spot in artist.spots():
        artist.thing(spot)
    return artist.leaves, artist.away_m


class _Artist:
    def __init__(
        self, view: Image, away_m: Reach, camera: Pinhole, road: Image, generator: np.random.Generator
    ) -> None:
        self._view, self.away_m, self._camera, self._generator = view, away_m, camera, generator
        kernel = np.ones((9, 9), dtype=np.uint8)
        self._road = np.asarray(cv2.dilate(road, kernel), dtype=np.uint8)
        self.leaves: Image = np.zeros(view.shape[:2], dtype=np.uint8)
        self._spots = self._scattered()

    def spots(self) -> list[_Spot]:
        """Return the things, the farthest first."""
        return self._spots

    def _scattered(self) -> list[_Spot]:
        columns = self._generator.uniform(-0.05, 1.05, SPOTS) * self._camera.width_px
        reach = NEAREST_M + (FARTHEST_M - NEAREST_M) * self._generator.uniform(0.0, 1.0, SPOTS) ** 1.3
        rays = self._camera.rays(np.column_stack((columns, np.full(SPOTS, self._camera.height_px / 2.0))))
        level = rays[:, :2] / np.hypot(rays[:, 0], rays[:, 1])[:, None]
        feet = self._camera.place[:2] + level * reach[:, None]
        chances = self._generator.uniform(0.0, 1.0, SPOTS)
        spots = [_Spot(foot, float(c), float(m)) for foot, c, m in zip(feet, chances, reach, strict=True)]
        return sorted(spots, key=lambda spot: -spot.away_m)

    def _pixel(self, foot: Floats, up_m: float) -> tuple[int, int, float]:
        """Return the pixel of a point above a foot, and pixels a metre there."""
        pixel, depth = self._camera.project(np.array([[foot[0], foot[1], up_m]]))
        if not depth[0] > 1.0:
            return -9999, -9999, 0.0
        return round(float(pixel[0, 0])), round(float(pixel[0, 1])), self._camera.focal_px / float(depth[0])

    def _free(self, left: int, top: int, right: int, bottom: int) -> bool:
        """Return whether a rectangle of the picture shows no road."""
        height, width = self._road.shape
        box = self._road[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
        return box.size > 0 and not bool(box.any())

    def thing(self, spot: _Spot) -> None:
        """Draw a house, a tree or a bush."""
        if spot.chance < 0.2 and spot.away_m > 30:
            self._house(spot)
        elif spot.chance < 0.7:
            self._tree(spot)
        else:
            self._bush(spot)

    def _house(self, spot: _Spot) -> None:
        high_m, wide_m = 6.0 + 14.0 * spot.chance * 2, 12.0 + 50.0 * spot.chance
        x, foot, scale = self._pixel(spot.foot, 0.0)
        left, right = round(x - wide_m / 2 * scale), round(x + wide_m / 2 * scale)
        top, roof = foot - round(high_m * scale), foot - round((high_m + 2.5) * scale)
        if scale <= 0 or not self._free(left, roof, right, foot + 2):
            return
        wall, cover = _WALLS[int(spot.chance * 997) % len(_WALLS)], _ROOFS[int(spot.chance * 991) % len(_ROOFS)]
        cv2.rectangle(self._view, (left, top), (right, foot), wall, -1)
        inset = round(2.0 * scale)
        gable = np.array(
            [(left - inset // 2, top), (left + inset, roof), (right - inset, roof), (right + inset // 2, top)]
        )
        cv2.fillPoly(self._view, [gable.astype(np.int32)], cover, cv2.LINE_AA)
        self._windows((left, top, right, foot), scale)
        self._put_away((left, roof, right, foot), spot.away_m)

    def _windows(self, box: tuple[int, int, int, int], scale: float) -> None:
        left, top, right, foot = box
        wide, high = max(round(1.1 * scale), 1), max(round(1.3 * scale), 1)
        for y in range(top + round(0.8 * scale), foot - high, max(round(3.0 * scale), 2)):
            for x in range(left + round(1.2 * scale), right - wide, max(round(2.6 * scale), 2)):
                cv2.rectangle(self._view, (x, y), (x + wide, y + high), (84, 74, 64), -1)

    def _tree(self, spot: _Spot) -> None:
        high_m = 5.0 + 7.0 * spot.chance
        x, foot, scale = self._pixel(spot.foot, 0.0)
        radius, crown = high_m * 0.34 * scale, foot - round(high_m * 0.66 * scale)
        box = (round(x - radius), round(crown - radius), round(x + radius), foot + 2)
        if scale <= 0 or not self._free(*box):
            return
        cv2.line(self._view, (x, foot), (x, crown), (42, 52, 64), max(round(0.35 * scale), 1))
        self._crown(x, crown, radius, spot)

    def _bush(self, spot: _Spot) -> None:
        x, foot, scale = self._pixel(spot.foot, 0.0)
        radius = (0.5 + spot.chance) * scale
        if scale <= 0 or not self._free(round(x - radius), round(foot - 2 * radius), round(x + radius), foot + 2):
            return
        self._crown(x, round(foot - 0.7 * radius), radius, spot)

    def _crown(self, x: int, y: int, radius: float, spot: _Spot) -> None:
        """Draw leaves as many small discs, darker below."""
        base = np.array(_LEAVES[int(spot.chance * 983) % len(_LEAVES)], dtype=np.float64)
        count = int(np.clip(radius * 5, 12, 420))
        turns, reaches = self._generator.uniform(0, 2 * np.pi, count), np.sqrt(self._generator.uniform(0, 1, count))
        for turn, reach in zip(turns, reaches, strict=True):
            place = (round(x + 0.85 * radius * reach * np.cos(turn)), round(y + 0.85 * radius * reach * np.sin(turn)))
            tone = 1.0 - 0.3 * reach * np.sin(turn) + float(self._generator.normal(0.0, 0.12))
            colour = (float(base[0] * tone), float(base[1] * tone), float(base[2] * tone))
            size = max(round(radius * (0.26 - 0.16 * min(radius / 120.0, 1.0))), 1)
            cv2.circle(self._view, place, size, colour, -1, cv2.LINE_AA)
            cv2.circle(self.leaves, place, size, 255, -1)
        self._put_away((round(x - radius), round(y - radius), round(x + radius), round(y + radius)), spot.away_m)

    def _put_away(self, box: tuple[int, int, int, int], away_m: float) -> None:
        left, top, right, bottom = (max(each, 0) for each in box)
        self.away_m[top:bottom, left:right] = away_m

    def shadow(self, spot: _Spot, condition: Condition) -> None:
        """Darken the grass behind a tree as the sun makes it."""
        sun = condition.sun
        if sun is None or not 0.2 <= spot.chance < 0.7:
            return
        high_m = 5.0 + 7.0 * spot.chance
        away = -np.array([np.sin(np.radians(sun.azimuth_deg)), np.cos(np.radians(sun.azimuth_deg))])
        reach_m = min(high_m * 0.66 / np.tan(np.radians(sun.elevation_deg)), 25.0)
        x, y, scale = self._pixel(spot.foot + away * reach_m, 0.0)
        _, crown_y, _ = self._pixel(spot.foot, 0.0)
        wide, flat = round(high_m * 0.34 * scale), round(high_m * 0.34 * scale * 0.35)
        if scale <= 0 or crown_y < 0 or not self._free(x - wide, y - flat, x + wide, y + flat):
            return
        left, top = max(x - wide, 0), max(y - flat, 0)
        part = self._view[top : y + flat + 1, left : x + wide + 1]
        mask: Image = np.zeros(part.shape[:2], dtype=np.uint8)
        cv2.ellipse(mask, (x - left, y - top), (max(wide, 1), max(flat, 1)), 0, 0, 360, 255, -1)
        cv2.copyTo(cv2.convertScaleAbs(part, alpha=condition.in_shade), mask, part)
