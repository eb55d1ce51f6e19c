"""One road user on the ground."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.bodies.lens import Lens
from detectors.video.bodies.shape import Body, Floats, Silhouette, silhouette

YOUNG_LOOKS = 5
LEAST_WORTH = 0.05
SETTLED = 1.5  # so much more counts what a body explains that has been for long


@dataclass(eq=False, slots=True)
class Member:
    """A road user: where the middle of its footprint is [m], heading (unit vector), speed [m/s], how it shows.

    worth and seen are those of the last frame: what its pixels say for it (-1 to 1), and the share of it in sight.
    """

    number: int
    body: Body
    place: Floats
    heading: Floats
    speed: Floats
    start: Floats
    good_s: float  # when its pixels last spoke for it
    shape: Silhouette | None = None
    looks: int = 0
    worth: float = 0.0
    seen: float = 1.0
    moved_m: float = 0.0
    dropped: bool = False
    scores: dict[Body, float] = field(default_factory=dict)
    taught: Floats | None = None

    @property
    def front(self) -> Floats:
        """Return where the middle of the front bumper is. [m]"""
        return self.place + self.heading * (self.body.length_m / 2.0)

    @property
    def aside(self) -> Floats:
        """Return the unit vector to the left."""
        return np.array([-self.heading[1], self.heading[0]])

    @property
    def pace(self) -> float:
        """Return the speed. [m/s]"""
        return math.hypot(*self.speed)

    @property
    def area_m2(self) -> float:
        """Return the area of the footprint. [m²]"""
        return self.body.length_m * self.body.width_m

    @property
    def footprint(self) -> NDArray[np.float32]:
        """Return the rectangle on the ground, (4, 2). [m]"""
        ahead, aside = self.heading * (self.body.length_m / 2.0), self.aside * (self.body.width_m / 2.0)
        corners = np.array([ahead + aside, ahead - aside, -ahead - aside, -ahead + aside])
        footprint: NDArray[np.float32] = (self.place + corners).astype(np.float32)
        return footprint

    @property
    def explains_px(self) -> float:
        """Return how much of the picture it explains, more if it has been for long. [px²]"""
        area = 0.0 if self.shape is None else self.shape.area_px
        return area * max(self.worth, LEAST_WORTH) * (1.0 if self.looks < YOUNG_LOOKS else SETTLED)

    def show(self, lens: Lens) -> None:
        """Bring its picture up to date."""
        self.shape = silhouette(lens, self.body, self.place, self.heading)

    def overlap(self, other: "Member") -> float:
        """Return the share of the lesser footprint that both stand on, 0 to 1."""
        if math.dist(self.place, other.place) > (self.body.length_m + other.body.length_m) / 2.0:
            return 0.0
        shared: float = cv2.intersectConvexConvex(self.footprint, other.footprint)[0]
        return shared / min(self.area_m2, other.area_m2)
