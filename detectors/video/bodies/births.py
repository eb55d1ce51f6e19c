"""New bodies: what differs and is explained by nobody."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np

from detectors.video.bodies.drive import best_step
from detectors.video.bodies.evidence import SOLID, Evidence, labels_of
from detectors.video.bodies.lens import Lens
from detectors.video.bodies.member import Member
from detectors.video.bodies.shape import BODIES, CAR, PERSON, TWO_WHEELER, Body, Floats, inner_pixels, silhouette
from detectors.video.bodies.ways import Ways
from detectors.video.tone import as_image

WORTH: Final = 0.4  # of the pixels that a new body has to itself
SEEN: Final = 0.3  # share of it that is in sight
FRESH: Final = 0.35  # and explained by nobody else
LEAST_CAR_PX: Final = 180.0  # a car's area where it is large enough to be followed
FARTHEST_M: Final = 150.0
LEAST_PX: Final = 10  # of a piece of the picture shrunk by two
TRIES: Final = 3  # pieces a frame
LONE: Final = 0.3  # of the surroundings of a two-wheeler: with more it is a part of something
OFF_LANE_M: Final = 1.0  # who is so far beside where traffic drives has to be seen on all sides
THICK_M: Final = 0.28  # half of the least width
OVERLAP: Final = 0.2
LOW: Final = 0.08  # of a piece's height is its foot
ROUNDS: Final = 3
CLOSE: Final = 0.25  # of the usual doubt while a new body is set right
TRIED_M: Final = np.stack(
    np.meshgrid([-2.0, -1.0, 0.0, 1.0, 2.0], [-1.0, -0.5, 0.0, 0.5, 1.0]), axis=-1
).reshape(-1, 2)  # fmt: skip


class Births:
    """Finds new bodies in the picture of one camera."""

    def __init__(self, lens: Lens, ways: Ways) -> None:
        self._lens, self._ways = lens, ways
        self._numbers = 0

    def born(self, evidence: Evidence, members: Sequence[Member], now_s: float) -> list[Member]:
        """Return the new bodies of a frame whose labels are those of the members. [s]"""
        found: list[Member] = []
        for foot in self._feet(evidence, members):
            new = self._hypothesis(evidence, foot, now_s)
            if new is None or not self._settled(new, evidence):
                continue
            if all(new.overlap(other) <= OVERLAP for other in (*members, *found)):
                self._numbers += 1
                new.number = self._numbers
                found.append(new)
        return found

    def _feet(self, evidence: Evidence, members: Sequence[Member]) -> Iterator[Floats]:
        """Yield the places on the ground where the largest pieces begin that nobody explains. [m]"""
        wide = labels_of(evidence.codes.shape, [each.shape for each in members if not each.dropped], wide=True)
        solid, near = evidence.codes[1:-1:2, 1:-1:2], wide[1:-1:2, 1:-1:2]
        left = as_image(((solid == SOLID) & (near == 0)).astype(np.uint8))
        left = as_image(cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
        _, parts, stats, _ = cv2.connectedComponentsWithStats(left, connectivity=8)
        order = np.argsort(-stats[1:, cv2.CC_STAT_AREA])[: 4 * TRIES] + 1
        tries = 0
        for at in order:
            x, y, w, h, area = (int(each) for each in stats[at])
            if area < LEAST_PX or tries >= TRIES:
                return
            piece = as_image((parts[y : y + h, x : x + w] == at).astype(np.uint8))
            rows, columns = np.nonzero(piece)
            low = columns[rows >= (1.0 - LOW) * rows.max()].mean()
            place = self._lens.ground_of(2.0 * np.array([[x + low, y + rows.max() + 0.5]]), 0.0)[0]
            thick_px = 2.0 * float(cv2.distanceTransform(piece, cv2.DIST_L2, 3).max())
            if self._large_enough(place) and thick_px >= THICK_M * self._metre_px(place):
                tries += 1
                yield place

    def _metre_px(self, place: Floats) -> float:
        """Return how long a metre across the view is at a place. [px]"""
        return float(self._lens.metres_px(np.array([[*place, 0.5]]))[0])

    def _large_enough(self, place: Floats) -> bool:
        if not np.isfinite(place).all() or math.dist(place, self._lens.place[:2]) > FARTHEST_M:
            return False
        shape = silhouette(self._lens, CAR, place, np.array([1.0, 0.0]))
        return shape is not None and shape.area_px > LEAST_CAR_PX

    def _hypothesis(self, evidence: Evidence, foot: Floats, now_s: float) -> Member | None:
        """Return the body near a place that explains most of what nobody explains."""
        heading = self._ways.at(foot)
        if heading is None:
            return None
        best: tuple[float, Body, Floats] | None = None
        for body in BODIES:
            if body is not PERSON:
                gained, place = self._gain(evidence, body, foot, heading)
                if gained > (0.0 if best is None else best[0]):
                    best = (gained, body, place)
        if best is None:
            return None
        return Member(0, best[1], best[2], heading, np.zeros(2), best[2], now_s)

    def _gain(self, evidence: Evidence, body: Body, foot: Floats, heading: Floats) -> tuple[float, Floats]:
        """Return how much a body explains that begins at a place, and where its middle is then. [px², m]"""
        away = foot - self._lens.place[:2]
        away = away / max(math.hypot(*away), 1e-6)
        aside = np.array([-heading[1], heading[0]])
        reach = abs(away @ heading) * body.length_m / 2.0 + abs(away @ aside) * body.width_m / 2.0
        places = foot + away * reach + TRIED_M[:, :1] * heading + TRIED_M[:, 1:] * aside
        shape = silhouette(self._lens, body, foot + away * reach, heading)
        if shape is None:
            return 0.0, foot
        worth, free = evidence.of_all(inner_pixels(self._lens, body, places, heading))
        good = (worth > WORTH) & (free > max(SEEN, FRESH))
        gained = np.where(good, worth * free * shape.area_px, 0.0)
        at = int(gained.argmax())
        return float(gained[at]), places[at]

    def _settled(self, new: Member, evidence: Evidence) -> bool:
        """Move a new body to where it suits best; return whether it is one."""
        new.show(self._lens)
        for _ in range(ROUNDS):
            if new.shape is None:
                return False
            step = best_step(new, evidence, 0, CLOSE)
            if not step.any():
                break
            new.place = new.place + step
            new.show(self._lens)
        if new.shape is None:
            return False
        new.start = new.place
        new.worth, new.seen, _ = evidence.worth(new.shape, 0)
        off_m = self._ways.beside_m(new.place)
        usual = new.body is not TWO_WHEELER and (off_m is None or off_m < OFF_LANE_M)
        return new.worth > WORTH and (usual or evidence.spill(new.shape) < LONE)
