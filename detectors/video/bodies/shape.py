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
GRID: Final = 9
RING: Final = 28
MARGIN: Final = 0.10  # of the side of a square as large as the silhouette: so far outside lies its ring
CELLS: Final = np.stack(np.meshgrid(np.arange(GRID), np.arange(GRID)), axis=-1).reshape(-1, 2) / GRID + 0.5 / GRID


@dataclass(frozen=True, slots=True)
class Body:
    """A usual road user of a kind. [m] `cabin`: begin and end of its upper half, shares of the length from the front."""

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


PERSON: Final = Body(Kind.PEDESTRIAN, 0.5, 0.6, 1.75)
TWO_WHEELER: Final = Body(Kind.BICYCLE, 1.9, 0.6, 1.7, (0.3, 0.8))
CAR: Final = Body(Kind.CAR, 4.5, 1.8, 1.5, (0.28, 0.92))
VAN: Final = Body(Kind.CAR, 5.4, 2.0, 2.2)
LORRY: Final = Body(Kind.TRUCK, 7.6, 2.4, 3.0)
BUS: Final = Body(Kind.BUS, 12.0, 2.5, 3.2)
ARTICULATED: Final = Body(Kind.TRUCK, 16.5, 2.55, 3.8)
BODIES: Final = (PERSON, TWO_WHEELER, CAR, VAN, LORRY, BUS, ARTICULATED)
CORNERS: Final = {body: body.corners() for body in BODIES}


@dataclass(slots=True)
class Silhouette:
    """A body in the picture: its hull (n, 2), points inside it and around it (n, 2), its area, what a metre is there."""

    hull: NDArray[np.float32]
    inside: Floats
    ring: Floats
    area_px: float
    ahead_px: Floats  # step in the picture per metre ahead
    aside_px: Floats

    @property
    def margin_px(self) -> float:
        """Return how far its ring lies outside it. [px]"""
        return max(2.0, MARGIN * float(np.sqrt(self.area_px)))


def silhouette(lens: Lens, body: Body, place: Floats, heading: Floats) -> Silhouette | None:
    """Return how a body at a place (x, y) [m] with a heading (unit vector) shows; None if it is not before the camera."""
    local = CORNERS[body]
    ahead = np.outer(local[:, 0], heading) + np.outer(local[:, 1], np.array([-heading[1], heading[0]]))
    pixels, depth = lens.pixels(np.column_stack((ahead + place, local[:, 2])))
    if depth.min() <= 0.0:
        return None
    hull = np.asarray(cv2.convexHull(pixels.astype(np.float32)), dtype=np.float32).reshape(-1, 2)
    area = float(cv2.contourArea(hull))
    if len(hull) < 3 or area < 4.0:
        return None
    steps = lens.steps(np.array([place[0], place[1], body.height_m / 2.0]))
    aside = steps @ np.array([-heading[1], heading[0]])
    inside, ring = _samples(hull, area)
    return Silhouette(hull, inside, ring, area, steps @ heading, aside)


def _samples(hull: NDArray[np.float32], area_px: float) -> tuple[Floats, Floats]:
    """Return points inside a convex hull, on a grid, and points around it."""
    low, high = hull.min(axis=0), hull.max(axis=0)
    grid = low + CELLS * (high - low)
    after = np.roll(hull, -1, axis=0)
    edge = after - hull
    sides = edge[:, 0] * (grid[:, None, 1] - hull[:, 1]) - edge[:, 1] * (grid[:, None, 0] - hull[:, 0])
    turn = np.sign(sides.sum())
    inside = grid[((sides * turn) >= 0.0).all(axis=1)]
    lengths = np.hypot(edge[:, 0], edge[:, 1])
    reach = np.concatenate(([0.0], np.cumsum(lengths)))
    spots = (np.arange(RING) + 0.5) / RING * reach[-1]
    at = np.clip(np.searchsorted(reach, spots, side="right") - 1, 0, len(hull) - 1)
    share = ((spots - reach[at]) / np.maximum(lengths[at], 1e-9))[:, None]
    normal = np.column_stack((edge[at, 1], -edge[at, 0])) / np.maximum(lengths[at], 1e-9)[:, None] * turn
    margin = max(2.0, MARGIN * float(np.sqrt(area_px)))
    return inside.astype(np.float64), (hull[at] + share * edge[at] + margin * normal).astype(np.float64)
