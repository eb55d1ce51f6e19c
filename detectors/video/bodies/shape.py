"""Road users as solid shapes on the ground, and how they show in the picture."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.bodies.lens import Lens
from detectors.video.seen import Kind

Floats = NDArray[np.float64]

NEAREST_M: Final = 1.0
RING: Final = 28
MARGIN: Final = 0.10  # of the side of a square as large as the silhouette: so far outside lies its ring
SPOTS: Final = (np.arange(RING) + 0.5) / RING


SHARES: Final = (-0.46, -0.3, -0.1, 0.1, 0.3, 0.46)  # of the length


@dataclass(frozen=True, slots=True)
class Body:
    """A usual road user of a kind. [m] cabin, begin and end of its upper half, shares of the length from the front."""

    kind: Kind
    length_m: float
    width_m: float
    height_m: float
    cabin: tuple[float, float] = (0.0, 1.0)

    def corners(self) -> Floats:
        """Return corners (n, 3): ahead, to the left, up; of the middle of the footprint. [m]"""
        half = self.length_m / 2.0
        front, rear = half - self.cabin[0] * self.length_m, half - self.cabin[1] * self.length_m
        waist = 0.6 * self.height_m if self.cabin != (0.0, 1.0) else self.height_m
        side, inner = self.width_m / 2.0, self.width_m / 2.0 * (0.85 if waist < self.height_m else 1.0)
        lower = [(x, y, z) for x in (-half, half) for y in (-side, side) for z in (0.0, waist)]
        upper = [(x, y, self.height_m) for x in (rear, front) for y in (-inner, inner)]
        return np.array(lower + (upper if waist < self.height_m else []))

    def filling(self) -> Floats:
        """Return points (n, 3) spread inside, then one a metre ahead, one aside, and the middle itself. [m]"""
        levels = (0.08, 0.45) if self.cabin != (0.0, 1.0) else (0.08, 0.5)
        low = [(x, y, z) for z in levels for x in SHARES for y in (-0.42, 0.0, 0.42)]
        from_front, to_rear = (0.5 - self.cabin[0], 0.5 - self.cabin[1])
        high = [(to_rear + (x + 0.5) * (from_front - to_rear), y, 0.94) for x in SHARES for y in (-0.36, 0.0, 0.36)]
        inside = np.array(low + high) * np.array([self.length_m, self.width_m, self.height_m])
        middle = self.height_m / 2.0
        return np.concatenate((inside, [(1.0, 0.0, middle), (0.0, 1.0, middle), (0.0, 0.0, middle)]))


PERSON: Final = Body(Kind.PEDESTRIAN, 0.5, 0.6, 1.75)
TWO_WHEELER: Final = Body(Kind.BICYCLE, 1.9, 0.6, 1.7, (0.3, 0.8))
CAR: Final = Body(Kind.CAR, 4.5, 1.8, 1.5, (0.28, 0.92))
VAN: Final = Body(Kind.CAR, 5.4, 2.0, 2.2)
LORRY: Final = Body(Kind.TRUCK, 7.6, 2.4, 3.0)
BUS: Final = Body(Kind.BUS, 12.0, 2.5, 3.2)
ARTICULATED: Final = Body(Kind.TRUCK, 16.5, 2.55, 3.8)
BODIES: Final = (PERSON, TWO_WHEELER, CAR, VAN, LORRY, BUS, ARTICULATED)
CORNERS: Final = {body: body.corners() for body in BODIES}
POINTS: Final = {body: np.concatenate((body.corners(), body.filling())) for body in BODIES}


@dataclass(slots=True)
class Silhouette:
    """A body in the picture: its hull (n, 2), points inside it (n, 2), its area, what a metre is."""

    hull: NDArray[np.float32]
    inside: Floats
    area_px: float
    ahead_px: Floats  # step in the picture per metre ahead
    aside_px: Floats
    _around: Floats | None = None

    @property
    def ring(self) -> Floats:
        """Return points around it, (n, 2); few silhouettes are asked for them. [px]"""
        if self._around is None:
            self._around = _ring(self.hull, self.margin_px)
        return self._around

    @property
    def margin_px(self) -> float:
        """Return how far its ring lies outside it. [px]"""
        return max(2.0, MARGIN * float(np.sqrt(self.area_px)))


def silhouette(lens: Lens, body: Body, place: Floats, heading: Floats) -> Silhouette | None:
    """Return how a body at a place (x, y) [m] with a heading (unit vector) shows; None if it is behind the camera."""
    pixels, depth = lens.pixels(_put(POINTS[body], place, heading))
    if depth.min() <= 0.0:
        return None
    corners = len(CORNERS[body])
    hull = np.asarray(cv2.convexHull(pixels[:corners].astype(np.float32)), dtype=np.float32).reshape(-1, 2)
    area = float(cv2.contourArea(hull))
    if len(hull) < 3 or area < 4.0:
        return None
    ahead, aside = pixels[-3] - pixels[-1], pixels[-2] - pixels[-1]
    return Silhouette(hull, pixels[corners:-3], area, ahead, aside)


def inner_pixels(lens: Lens, body: Body, places: Floats, heading: Floats) -> Floats:
    """Return pixels (k, n, 2) of points inside a body at places (k, 2). [m]"""
    local = POINTS[body][len(CORNERS[body]) : -3]
    flat = _put(local, np.zeros(2), heading)
    points = np.repeat(flat[None], len(places), axis=0)
    points[:, :, :2] += places[:, None]
    pixels, depth = lens.pixels(points.reshape(-1, 3))
    pixels[depth <= 0.0] = -1e6
    return pixels.reshape(len(places), len(local), 2)


def _put(local: Floats, place: Floats, heading: Floats) -> Floats:
    """Return points (n, 3): ahead, to the left, up, in the coordinates of the ground."""
    put = np.empty_like(local)
    put[:, 0] = local[:, 0] * heading[0] - local[:, 1] * heading[1] + place[0]
    put[:, 1] = local[:, 0] * heading[1] + local[:, 1] * heading[0] + place[1]
    put[:, 2] = local[:, 2]
    return put


def _ring(hull: NDArray[np.float32], margin_px: float) -> Floats:
    """Return points so far outside a convex hull. [px]"""
    closed = np.concatenate((hull, hull[:1]))
    reach = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))))
    spots = SPOTS * reach[-1]
    edge = np.column_stack((np.interp(spots, reach, closed[:, 0]), np.interp(spots, reach, closed[:, 1])))
    out = edge - edge.mean(axis=0)
    ring: Floats = edge + out * (margin_px / np.maximum(np.hypot(out[:, 0], out[:, 1]), 1e-6))[:, None]
    return ring
