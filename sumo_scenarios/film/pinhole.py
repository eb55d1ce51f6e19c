"""A pinhole camera over a flat road: from the network's metres to pixels and back."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError

Floats = NDArray[np.float64]

HIGHEST_M = 60.0
WIDEST_DEG = 120.0


@dataclass(frozen=True)
class Pinhole:
    """Where a camera hangs and looks; x east, y north as in the network, z above the road. [m], [degrees], [px]

    Args: heading_deg, clockwise from north; pitch_deg, how far below the horizon the middle of the picture is;
    fov_deg, angle of view from the left to the right edge.
    """

    x_m: float
    y_m: float
    height_m: float
    heading_deg: float
    pitch_deg: float
    fov_deg: float
    width_px: int = 640
    height_px: int = 360

    def __post_init__(self) -> None:
        if not 1.0 <= self.height_m <= HIGHEST_M:
            raise InvalidInputError(f"a camera hangs 1 to {HIGHEST_M:g} m above the road, not {self.height_m:g}")
        if not (0.0 < self.pitch_deg < 90.0 and 5.0 <= self.fov_deg <= WIDEST_DEG):
            raise InvalidInputError(
                f"a camera needs a pitch of 0 to 90 and an angle of view of 5 to {WIDEST_DEG:g} degrees, "
                f"got {self.pitch_deg:g} and {self.fov_deg:g}"
            )
        if not (8 <= self.width_px <= 4096 and 8 <= self.height_px <= 4096):
            raise InvalidInputError(f"a picture has 8 to 4096 pixels a side, not {self.width_px} x {self.height_px}")

    @cached_property
    def focal_px(self) -> float:
        """Focal length. [px]"""
        return self.width_px / 2.0 / math.tan(math.radians(self.fov_deg) / 2.0)

    @cached_property
    def axes(self) -> Floats:
        """Unit vectors of the camera, (3, 3): to the right of the picture, down it, into it."""
        heading, pitch = math.radians(self.heading_deg), math.radians(self.pitch_deg)
        right = [math.cos(heading), -math.sin(heading), 0.0]
        level = (math.sin(heading), math.cos(heading))
        into = [math.cos(pitch) * level[0], math.cos(pitch) * level[1], -math.sin(pitch)]
        down = [-math.sin(pitch) * level[0], -math.sin(pitch) * level[1], -math.cos(pitch)]
        return np.array([right, down, into])

    @cached_property
    def place(self) -> Floats:
        """Place of the camera, (3,). [m]"""
        return np.array([self.x_m, self.y_m, self.height_m])

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Return pixels (n, 2) and depths (n,) [m] of points (n, 3) [m]; of a depth of 0 or less there is no pixel."""
        seen = (points - self.place) @ self.axes.T
        depth = seen[:, 2]
        scale = self.focal_px / np.where(depth > 1e-6, depth, np.nan)
        return np.column_stack(
            (seen[:, 0] * scale + self.width_px / 2.0, seen[:, 1] * scale + self.height_px / 2.0)
        ), depth

    def project_ground(self, points: Floats) -> tuple[Floats, Floats]:
        """Return pixels (n, 2) and depths (n,) [m] of points (n, 2) of the road. [m]"""
        return self.project(np.column_stack((points, np.zeros(len(points)))))

    @cached_property
    def ground_to_picture(self) -> Floats:
        """Matrix (3, 3) that takes a point of the road (x, y, 1) to its pixel."""
        lens = np.array(
            [
                [self.focal_px, 0.0, self.width_px / 2.0],
                [0.0, self.focal_px, self.height_px / 2.0],
                [0.0, 0.0, 1.0],
            ]
        )
        outer = np.column_stack((self.axes[:, 0], self.axes[:, 1], -self.axes @ self.place))
        return lens @ outer

    def ground_of(self, pixels: Floats) -> Floats:
        """Return the points of the road (n, 2) [m] that pixels (n, 2) show; NaN above the horizon."""
        rays = self.rays(pixels)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(rays[:, 2] < -1e-9, -self.height_m / rays[:, 2], np.nan)
        found: Floats = self.place[:2] + rays[:, :2] * reach[:, None]
        return found

    def rays(self, pixels: Floats) -> Floats:
        """Return the directions (n, 3) in which pixels (n, 2) look."""
        flat = np.column_stack(
            (
                pixels[:, 0] - self.width_px / 2.0,
                pixels[:, 1] - self.height_px / 2.0,
                np.full(len(pixels), self.focal_px),
            )
        )
        rays: Floats = flat @ self.axes
        return rays

    def scaled(self, factor: float) -> "Pinhole":
        """Return the same view in a picture `factor` times as large."""
        size = (round(self.width_px * factor), round(self.height_px * factor))
        view = (self.x_m, self.y_m, self.height_m, self.heading_deg, self.pitch_deg, self.fov_deg)
        return Pinhole(*view, *size)
