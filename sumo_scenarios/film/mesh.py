"""Meshes of frustums, wheels and lights: front bumper at the origin, x ahead, y left, z up. [m]"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CORNERS: Final = 8
PAINT, GLASS, TYRE, TRIM, LAMP, TAIL, SKIN, CLOTH = range(8)
_FRONT, _REAR, _RIGHT, _LEFT, _TOP = (2, 3, 7, 6), (1, 0, 4, 5), (0, 2, 6, 4), (3, 1, 5, 7), (4, 6, 7, 5)
_LIGHT_WIDE_M: Final = 0.16
_LIGHT_HIGH_M: Final = 0.08


@dataclass(frozen=True, slots=True)
class Shape:
    """A mesh: `points` (n, 3) [m]; `faces` (m, 8) indices, the last one repeated, against the clock from outside.

    Per face its `role` (which colour), unit `normals` (m, 3) and its `part`; per part its `level` (what stands on
    another part has a higher one) and `middles` (p, 3) [m]. `lamps` and `tails` (k, 3) are the middles of lights. [m]
    """

    points: Floats
    faces: Ints
    role: Ints
    normals: Floats
    part: Ints
    level: Ints
    middles: Floats
    lamps: Floats
    tails: Floats


@dataclass(frozen=True, slots=True)
class Block:
    """A frustum: x of rear and front (-1 to 0, shares of the length) and width (share) of its lower and upper
    rectangle, their heights (shares), and the roles of front, rear, sides and top.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    z: tuple[float, float]
    roles: tuple[int, int, int, int]
    level: int = 0


class MeshBuilder:
    """Collects the parts of one shape. Args: size, length, width and height. [m]"""

    def __init__(self, size: tuple[float, float, float]) -> None:
        self._size = np.array(size)
        self._points: list[Floats] = []
        self._faces: list[list[int]] = []
        self._role: list[int] = []
        self._part: list[int] = []
        self._level: list[int] = []
        self._middles: list[Floats] = []
        self._lights: dict[int, list[Floats]] = {LAMP: [], TAIL: []}

    def block(self, block: Block) -> None:
        """Add a part."""
        rows = ((block.low, block.z[0]), (block.high, block.z[1]))
        corners = [
            (x, side * width / 2.0, z)
            for (rear, front, width), z in rows
            for x in (rear, front)
            for side in (-1.0, 1.0)
        ]
        points = np.array(corners) * self._size
        self._level.append(block.level)
        self._middles.append(points.mean(axis=0))
        base = self._add(points)
        front, rear, sides, top = block.roles
        for face, role in ((_FRONT, front), (_REAR, rear), (_RIGHT, sides), (_LEFT, sides), (_TOP, top)):
            self._face([base + corner for corner in face], role)

    def wheels(self, places: Sequence[float], radius_m: float) -> None:
        """Add wheels on both sides of the last part, at shares of the length."""
        turns = np.arange(CORNERS) * 2.0 * np.pi / CORNERS
        ring = np.column_stack((radius_m * np.cos(turns), np.zeros(CORNERS), radius_m * (1.0 + np.sin(turns))))
        for x in places:
            for side in (-1.0, 1.0):
                base = self._add(ring + np.array([x * self._size[0], side * (self._size[1] / 2.0 + 0.01), 0.0]))
                corners = list(range(base, base + CORNERS))
                self._face(corners if side < 0 else corners[::-1], TYRE)

    def lights(self, kind: int, x: float, y: float, z: float) -> None:
        """Add a pair of lights to the front or rear of the last part, their middles as shares of the size."""
        ahead = 1.0 if kind == LAMP else -1.0
        for side in (-1.0, 1.0) if y > 0 else (0.0,):
            middle = np.array([x, side * y, z]) * self._size + np.array([0.01 * ahead, 0.0, 0.0])
            offsets = [(0.0, dy * _LIGHT_WIDE_M, dz * _LIGHT_HIGH_M) for dy, dz in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
            base = self._add(middle + np.array(offsets))
            corners = [base, base + 1, base + 2, base + 3]
            self._face(corners if kind == LAMP else corners[::-1], kind)
            self._lights[kind].append(middle)

    def _add(self, points: Floats) -> int:
        base = sum(len(each) for each in self._points)
        self._points.append(points)
        return base

    def _face(self, corners: list[int], role: int) -> None:
        self._faces.append(corners + [corners[-1]] * (CORNERS - len(corners)))
        self._role.append(role)
        self._part.append(len(self._level) - 1)

    def shape(self) -> Shape:
        """Return the mesh."""
        points, faces = np.concatenate(self._points), np.array(self._faces)
        lamps, tails = (np.array(self._lights[kind]).reshape(-1, 3) for kind in (LAMP, TAIL))
        roles, parts, levels = np.array(self._role), np.array(self._part), np.array(self._level)
        return Shape(
            points, faces, roles, _normals(points, faces), parts, levels, np.array(self._middles), lamps, tails
        )


def _normals(points: Floats, faces: Ints) -> Floats:
    first, second, third = points[faces[:, 0]], points[faces[:, 1]], points[faces[:, 2]]
    across = np.cross(second - first, third - first)
    unit: Floats = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    return unit
