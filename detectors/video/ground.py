"""The road as a plane: from pixels to metres by a homography."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.video.plane import Point, is_point
from signal_ctrl.domain.errors import InvalidInputError

LEAST_POINTS: Final = 4
WORST_CONDITION: Final = 1e7


@dataclass(frozen=True, slots=True)
class Ground:
    """Points of the road in the picture [px] and their places on the ground, x and y in metres. [m]

    Four or more, no three of the first four on one line. Raises: InvalidInputError if no plane fits.
    """

    image: tuple[Point, ...]
    metres: tuple[Point, ...]

    def __post_init__(self) -> None:
        if len(self.image) < LEAST_POINTS or len(self.image) != len(self.metres):
            raise InvalidInputError("[ground]: 'image' and 'metres' need the same four or more points")
        if not all(is_point(each) for each in (*self.image, *self.metres)):
            raise InvalidInputError("[ground]: a point has to be two numbers")
        homography(self)


def homography(ground: Ground) -> NDArray[np.float64]:
    """Return the matrix (3, 3) that takes a point of the picture to metres, by the normalised direct linear transform.

    Raises: InvalidInputError if the points span no plane.
    Source: R. Hartley, A. Zisserman, Multiple View Geometry in Computer Vision, 2nd ed., algorithm 4.2.
    """
    to_image, image = _normalised(ground.image)
    to_metres, metres = _normalised(ground.metres)
    rows = [row for (x, y), (u, v) in zip(image, metres, strict=True) for row in _rows(x, y, u, v)]
    _, strengths, solutions = np.linalg.svd(np.array(rows))
    if not strengths[7] * WORST_CONDITION > strengths[0]:
        raise InvalidInputError("[ground]: the points lie on a line, so they span no plane")
    normal = solutions[-1].reshape(3, 3)
    matrix: NDArray[np.float64] = np.linalg.inv(to_metres) @ normal @ to_image
    if not abs(np.linalg.det(normal)) * WORST_CONDITION > 1.0:
        raise InvalidInputError("[ground]: the points lie on a line, so they span no plane")
    return matrix / np.linalg.norm(matrix)


def _rows(x: float, y: float, u: float, v: float) -> tuple[list[float], list[float]]:
    return [-x, -y, -1.0, 0.0, 0.0, 0.0, u * x, u * y, u], [0.0, 0.0, 0.0, -x, -y, -1.0, v * x, v * y, v]


def _normalised(points: tuple[Point, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the matrix that centres the points and brings them to mean distance √2, and the points so moved."""
    array = np.array(points, dtype=float)
    centre = array.mean(axis=0)
    spread = float(np.hypot(*(array - centre).T).mean())
    if not spread > 0.0:
        raise InvalidInputError("[ground]: the points are one point")
    scale = np.sqrt(2.0) / spread
    matrix = np.array([[scale, 0.0, -scale * centre[0]], [0.0, scale, -scale * centre[1]], [0.0, 0.0, 1.0]])
    return matrix, (array - centre) * scale


class GroundPlane:
    """The homography of a calibrated ground, in pixels of `scale` working pixels per pixel of the camera file."""

    def __init__(self, ground: Ground, scale: Point) -> None:
        self.matrix = homography(ground) @ np.diag([1.0 / scale[0], 1.0 / scale[1], 1.0])

    def metres(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return places on the ground, (n, 2), of points of the picture, (n, 2). [m]"""
        seen = np.hstack([points, np.ones((len(points), 1))]) @ self.matrix.T
        depth = seen[:, 2:]
        return np.asarray(seen[:, :2] / np.where(np.abs(depth) < 1e-12, 1e-12, depth))

    def at(self, point: Point) -> Point:
        """Return the place on the ground of one point. [m]"""
        x, y = self.metres(np.array([point]))[0]
        return float(x), float(y)
