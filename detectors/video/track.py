"""One vehicle under way in the picture."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.video.blobs import Blob
from detectors.video.kalman import Axis
from detectors.video.plane import Box, Point, middle, moved

WANDER: Final = 8.0  # vehicle sizes² per s³: braking and the growth of what comes near
SEEN_SHARE: Final = 0.05  # of the size: how much a measured middle wavers
FIRST_SPEED: Final = 6.0  # vehicle sizes per second: what a new vehicle may do
MOVED: Final = 0.4  # of its size
MOVED_LOOKS: Final = 3


@dataclass(slots=True)
class Track:
    """A vehicle: number, box and hull in the picture, motion, since when, when seen last."""

    number: int
    box: Box
    hull: NDArray[np.float64]
    born_s: float
    entered: bool  # came in over the picture's edge while it was watched
    seen_s: float
    x: Axis
    y: Axis
    looks: int = 1
    alone_looks: int = 1
    alone_s: float = 0.0
    at_s: float = 0.0  # the time that box and hull are of
    area_px: float = 0.0
    alone: bool = True
    cut: bool = False
    start: Point = (0.0, 0.0)

    @property
    def size_px(self) -> float:
        """Return the side of a square as large as the box. [px]"""
        return math.sqrt(max(1.0, (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])))

    @property
    def speed(self) -> Point:
        """Return the motion in the picture. [px/s]"""
        return self.x.speed, self.y.speed

    @property
    def moved(self) -> bool:
        """Tell whether this has gone a good part of its own size since it was first seen."""
        return self.looks >= MOVED_LOOKS and math.dist((self.x.place, self.y.place), self.start) > MOVED * self.size_px

    @property
    def contact(self) -> Point:
        """Return where the vehicle touches the road: the middle of its lower edge."""
        return (self.box[0] + self.box[2]) / 2.0, self.box[3]

    def box_at(self, now_s: float) -> Box:
        """Return where the box is at a time if the vehicle goes on as it did, seen or not. [s]"""
        passed_s = now_s - self.at_s
        return moved(self.box, self.x.speed * passed_s, self.y.speed * passed_s)

    def predict(self, dt_s: float) -> None:
        """Move on by a time step."""
        wander = WANDER * self.size_px**2
        before = self.x.place, self.y.place
        self.at_s += dt_s
        self.x.predict(dt_s, wander)
        self.y.predict(dt_s, wander)
        self._shift(self.x.place - before[0], self.y.place - before[1])

    def see(self, blob: Blob, now_s: float) -> None:
        """Take the blob as this vehicle."""
        self.looks += 1
        self.alone_looks += 1
        self.seen_s = self.alone_s = now_s
        self.alone, self.cut = True, blob.cut
        self._correct(middle(blob.box), SEEN_SHARE)
        self.area_px = blob.area_px
        self.box, self.hull = blob.box, blob.hull

    def nudge(self, seen: tuple[float | None, float | None], now_s: float) -> None:
        """Take what is known of the middle of a vehicle that hides in a blob with others."""
        self.looks += 1
        self.seen_s, self.alone = now_s, False
        before = self.x.place, self.y.place
        at = (before[0] if seen[0] is None else seen[0], before[1] if seen[1] is None else seen[1])
        self._correct(at, 4.0 * SEEN_SHARE)
        self._shift(self.x.place - before[0], self.y.place - before[1])

    def _correct(self, at: Point, share: float) -> None:
        seen_var = (share * self.size_px + 0.7) ** 2
        self.x.correct(at[0], seen_var)
        self.y.correct(at[1], seen_var)

    def _shift(self, dx: float, dy: float) -> None:
        self.box = moved(self.box, dx, dy)
        self.hull = self.hull + np.array((dx, dy))


def born(number: int, blob: Blob, now_s: float, first: bool) -> Track:
    """Return a new track from a blob that nobody claims; `first`, in the first frame of all."""
    at = middle(blob.box)
    size = math.sqrt(blob.area_px)
    place_var, speed_var = (SEEN_SHARE * size + 0.7) ** 2, (FIRST_SPEED * size) ** 2
    axes = (Axis(at[0], 0.0, place_var, 0.0, speed_var), Axis(at[1], 0.0, place_var, 0.0, speed_var))
    return Track(
        number,
        blob.box,
        blob.hull,
        now_s,
        blob.cut,
        now_s,
        *axes,
        area_px=blob.area_px,
        cut=blob.cut,
        start=at,
        alone_s=now_s,
        at_s=now_s,
    )
