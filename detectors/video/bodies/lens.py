"""The camera in space, from its calibrated ground: where a point above the road shows in the picture.

A homography of the road holds the camera's pose when pixels are square and the lens points at the middle of the
picture. Source: Z. Zhang, A Flexible New Technique for Camera Calibration, IEEE PAMI 22 (2000), section 3.1.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.video.ground import GroundPlane
from detectors.video.plane import Point

Floats = NDArray[np.float64]

LONGEST: Final = 6.0  # focal length, in widths of the picture
SHORTEST: Final = 0.35
USUAL: Final = 0.9
LOWEST_M: Final = 2.0  # where a camera hangs, above the road
HIGHEST_M: Final = 80.0
AROUND_M: Final = 0.25 * np.array([[1.0, 0, 0], [-1.0, 0, 0], [0, 1.0, 0], [0, -1.0, 0]])


class Lens:
    """Projects points of space (x, y on the ground, z above it) [m] to working pixels."""

    def __init__(self, matrix: Floats, size: tuple[int, int]) -> None:
        """Args: matrix (3, 3), from the ground to the picture; size, width and height of the picture. [px]"""
        self.size = size
        middle = np.array([[1.0, 0.0, -size[0] / 2.0], [0.0, 1.0, -size[1] / 2.0], [0.0, 0.0, 1.0]])
        flat = middle @ matrix
        focal = _focal_px(flat, size[0])
        rays = flat / np.array([[focal], [focal], [1.0]])
        scale = float((np.linalg.norm(rays[:, 0]) + np.linalg.norm(rays[:, 1])) / 2.0)
        up = np.cross(rays[:, 0], rays[:, 1])
        up *= scale / max(float(np.linalg.norm(up)), 1e-12)
        place = -np.linalg.solve(np.column_stack((rays[:, 0], rays[:, 1], up)), rays[:, 2])
        if place[2] < 0.0:
            up, place[2] = -up, -place[2]
        self.place: Floats = place
        column = up * np.array([focal, focal, 1.0])
        self._to_picture: Floats = np.linalg.inv(middle) @ np.column_stack((flat[:, 0], flat[:, 1], column, flat[:, 2]))

    @property
    def plausible(self) -> bool:
        """Tell whether the camera hangs where cameras do."""
        return bool(LOWEST_M <= self.place[2] <= HIGHEST_M)

    def pixels(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the pixels (n, 2) of points (n, 3) [m], and their depths, (n,), above 0 before the camera."""
        seen = points @ self._to_picture[:, :3].T + self._to_picture[:, 3]
        depth = seen[:, 2]
        safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        return seen[:, :2] / safe[:, None], depth

    def ground_of(self, pixels: Floats, height_m: float) -> Floats:
        """Return the places (n, 2) below points so high above the road that show at pixels (n, 2). [m]"""
        plane = self._to_picture[:, (0, 1, 3)].copy()
        plane[:, 2] += height_m * self._to_picture[:, 2]
        seen = np.column_stack((pixels, np.ones(len(pixels)))) @ np.linalg.inv(plane).T
        with np.errstate(divide="ignore", invalid="ignore"):
            places: Floats = seen[:, :2] / seen[:, 2:]
        return places

    def steps(self, points: Floats) -> Floats:
        """Return how far the picture of points (n, 3) goes per metre along x and y, (n, 2, 2) in columns. [px]"""
        seen, _ = self.pixels((points[:, None] + AROUND_M).reshape(-1, 3))
        ends = seen.reshape(-1, 2, 2, 2)  # point, axis, to either side, pixel
        return ((ends[:, :, 0] - ends[:, :, 1]) * 2.0).swapaxes(1, 2)

    def metres_px(self, points: Floats) -> Floats:
        """Return how long at most the picture of a level metre is at points (n, 3), (n,). [px]"""
        a, b, c, d = self.steps(points).reshape(-1, 4).T
        longest: Floats = (np.hypot(a + d, b - c) + np.hypot(a - d, b + c)) / 2.0  # the greater singular value
        return longest


def lens_of(ground: GroundPlane, inside: Point, size: tuple[int, int]) -> Lens | None:
    """Return the camera that sees a ground so, None where it cannot be. `inside` is a pixel that shows the ground."""
    matrix = np.linalg.inv(ground.matrix)
    place = ground.metres(np.array([inside]))[0]
    depth = float(matrix[2] @ np.array([place[0], place[1], 1.0]))
    lens = Lens(np.asarray(matrix if depth > 0.0 else -matrix, dtype=np.float64), size)
    return lens if lens.plausible else None


def _focal_px(flat: Floats, width_px: int) -> float:
    """Return the focal length that makes the two axes of the ground upright on each other and equally long."""
    one, other = flat[:, 0], flat[:, 1]
    planes = np.array([one[:2] @ other[:2], (one[:2] @ one[:2] - other[:2] @ other[:2]) / 2.0])
    depths = np.array([one[2] * other[2], (one[2] ** 2 - other[2] ** 2) / 2.0])
    inverse = -float(planes @ depths) / max(float(planes @ planes), 1e-30)
    if inverse > 0.0 and SHORTEST <= inverse**-0.5 / width_px <= LONGEST:
        return float(inverse**-0.5)
    return USUAL * width_px
