"""The bodies on the ground that explain a frame: they drive on, are set right by what is seen, come and go."""

import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.bodies.evidence import SOLID, Evidence, evidence_of, labels_of
from detectors.video.bodies.lens import Lens
from detectors.video.bodies.shape import ARTICULATED, BODIES, BUS, CAR, LORRY, TWO_WHEELER, VAN, Body, Floats, Silhouette, inner_pixels, silhouette
from detectors.video.bodies.ways import Ways
from detectors.video.ground import GroundPlane
from detectors.video.motion import Motion
from detectors.video.tone import Image, as_image

PLACE_S: Final = 0.15  # in which a body takes over most of what is seen of its place
SPEED_S: Final = 0.2  # and of its speed
RESTS_MPS: Final = 0.3
DRIVES_MPS: Final = 1.5  # slower motion says nothing of the heading
TEXTURE: Final = 12.0
LOST_S: Final = 0.6  # a body without pixels is gone
HIDDEN_S: Final = 20.0
SEEN_SHARE: Final = 0.25  # of a body in sight: with less of it nothing is told
WORTH_KEEPING: Final = 0.0
WORTH_BEARING: Final = 0.4
LEAST_PX: Final = 180.0  # area of a car that is large enough to be followed
ALONG_M: Final = np.array([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0])
ASIDE_M: Final = np.array([-0.5, -0.25, 0.0, 0.25, 0.5])
STEPS_M: Final = np.stack(np.meshgrid(ALONG_M, ASIDE_M), axis=-1).reshape(-1, 2)
TRIED_M: Final = np.stack(np.meshgrid([-2.0, -1.0, 0.0, 1.0, 2.0], [-1.0, -0.5, 0.0, 0.5, 1.0]), axis=-1).reshape(-1, 2)
LONE: Final = 0.3  # of the ring of a two-wheeler: with more it is a part of something
OFF_LANE_M: Final = 1.0  # so far beside where traffic drives is nobody who cannot be seen on all sides
THICK_M: Final = 0.28  # half of the width of what is born
DOUBT: Final = 0.04 * np.hypot(*STEPS_M.T)


@dataclass(eq=False, slots=True)
class Member:
    """A road user on the ground. [m], [m/s], [s]"""

    number: int
    body: Body
    place: Floats
    heading: Floats
    speed: Floats
    born_s: float
    start: Floats
    shape: Silhouette | None = None
    looks: int = 0
    good_s: float = 0.0
    sight_s: float = 0.0
    worth: float = 0.0
    seen: float = 1.0
    moved_m: float = 0.0
    scores: dict[Body, float] = field(default_factory=dict)
    taught: Floats | None = None

    @property
    def front(self) -> Floats:
        """Return where the middle of the front bumper is. [m]"""
        return self.place + self.heading * (self.body.length_m / 2.0)

    @property
    def footprint(self) -> NDArray[np.float32]:
        """Return the rectangle on the ground, (4, 2). [m]"""
        ahead = self.heading * (self.body.length_m / 2.0)
        aside = np.array([-self.heading[1], self.heading[0]]) * (self.body.width_m / 2.0)
        corners = [ahead + aside, ahead - aside, -ahead - aside, -ahead + aside]
        return (self.place + np.array(corners)).astype(np.float32)


def _explains(each: Member) -> float:
    """Return how much of the picture a body explains, more if it has been for long. [px²]"""
    area = 0.0 if each.shape is None else each.shape.area_px
    return area * max(each.worth, 0.05) * (1.0 if each.looks < 5 else 1.5)


class Crowd:
    """The road users in the picture of one calibrated camera."""

    def __init__(self, lens: Lens, ground: GroundPlane, ways: Ways) -> None:
        self._lens, self._ground, self._ways = lens, ground, ways
        self.members: list[Member] = []
        self.gone: list[Member] = []
        self._numbers = 0
        self._before_s: float | None = None
        self._turn = 0

    def step(self, changed: Image, solid: Image, motion: Motion, now_s: float, dark: bool = False) -> None:
        """Bring all up to this frame. [s]"""
        dt_s = 0.0 if self._before_s is None else now_s - self._before_s
        self._before_s = now_s
        self._turn += 1
        flow = motion.flow()
        if flow is not None and dt_s > 0.0:
            self._feel(flow, motion, dt_s)
        for each in self.members:
            each.place = each.place + each.speed * dt_s
            if each.looks <= 10 or np.hypot(*each.speed) > RESTS_MPS:
                self._show(each)
        self._sort()
        evidence = evidence_of(changed, solid, [each.shape for each in self.members], dark)
        for rank, each in enumerate(self.members, 1):
            self._fit(each, evidence, rank, dt_s, now_s)
        evidence.labels = labels_of(evidence.codes.shape, [each.shape for each in self.members])
        for rank, each in enumerate(self.members, 1):
            self._classify(each, evidence, rank)
        self._part(now_s)
        self._bear(evidence, flow, dt_s, now_s)
        self._bury(now_s)
        self._teach()

    # ---- motion
    def _feel(self, flow: NDArray[np.float32], motion: Motion, dt_s: float) -> None:
        """Take the speed of each from how its pixels moved."""
        texture = motion.texture()
        labels = labels_of((self._lens.size[1] + 2, self._lens.size[0] + 2), [each.shape for each in self.members])
        for rank, each in enumerate(self.members, 1):
            if each.shape is None:
                continue
            speed = self._speed_of(each.shape, each.place, each.body, flow, texture, labels, rank, dt_s)
            if speed is None:
                continue
            share = 1.0 - math.exp(-dt_s / SPEED_S) if each.looks > 2 else 0.7
            each.speed = each.speed + share * (speed - each.speed)

    def _speed_of(
        self, shape: Silhouette, place: Floats, body: Body, flow: NDArray[np.float32], texture: Image,
        labels: Image | None, rank: int, dt_s: float,
    ) -> Floats | None:  # fmt: skip
        height, width = texture.shape
        columns, rows = (shape.inside[:, 0] / 2).astype(np.intp), (shape.inside[:, 1] / 2).astype(np.intp)
        good = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
        columns, rows = columns[good], rows[good]
        if labels is not None:
            own = labels[rows * 2 + 1, columns * 2 + 1] == rank
            columns, rows = columns[own], rows[own]
        rough = texture[rows, columns] > TEXTURE
        if rough.sum() < 6:
            return None
        step = np.median(flow[rows[rough], columns[rough]], axis=0) * 2.0
        steps = self._lens.steps(np.array([place[0], place[1], body.height_m / 2.0]))
        if abs(np.linalg.det(steps)) < 1e-6:
            return None
        speed: Floats = np.linalg.solve(steps, step) / dt_s
        return speed if np.hypot(*speed) < 45.0 else None

    # ---- fit
    def _show(self, each: Member) -> None:
        each.shape = silhouette(self._lens, each.body, each.place, each.heading)

    def _sort(self) -> None:
        middle = self._lens.place[:2]
        self.members.sort(key=lambda each: -math.dist(each.place, middle))

    def _fit(self, each: Member, evidence: Evidence, rank: int, dt_s: float, now_s: float) -> None:
        if each.shape is None:
            return
        each.worth, each.seen, _ = evidence.worth(each.shape, rank)
        if each.seen < SEEN_SHARE:
            each.sight_s = now_s if each.seen > 0.02 else each.sight_s
            return
        each.sight_s = now_s
        each.looks += 1
        if each.looks > 10 and np.hypot(*each.speed) < RESTS_MPS and (each.number + self._turn) % 4:
            if each.worth > WORTH_KEEPING:
                each.good_s = now_s
            return
        steps = STEPS_M[:, :1] * each.shape.ahead_px + STEPS_M[:, 1:] * each.shape.aside_px
        best, _ = evidence.best_step(each.shape, rank, steps, DOUBT)
        share = 1.0 - math.exp(-dt_s / PLACE_S) if each.looks > 3 else 0.7
        aside = np.array([-each.heading[1], each.heading[0]])
        off = STEPS_M[best, 0] * each.heading + STEPS_M[best, 1] * aside
        each.place = each.place + share * off
        if dt_s > 0.0 and each.looks > 1:
            each.speed = each.speed + 0.1 * share * off / dt_s
        self._turn_to(each, dt_s)
        self._show(each)
        if each.shape is not None:
            each.worth, each.seen, _ = evidence.worth(each.shape, rank)
        if each.worth > WORTH_KEEPING:
            each.good_s = now_s

    def _turn_to(self, each: Member, dt_s: float) -> None:
        pace = float(np.hypot(*each.speed))
        each.moved_m = max(each.moved_m, math.dist(each.place, each.start))
        if pace < DRIVES_MPS:
            return
        way = each.speed / pace
        if way @ each.heading < -0.3 and each.moved_m < 3.0:
            each.heading = -each.heading
        share = min(1.0, pace * dt_s / 3.0)
        mixed = each.heading + share * (way - each.heading)
        each.heading = mixed / max(float(np.hypot(*mixed)), 1e-6)

    def _classify(self, each: Member, evidence: Evidence, rank: int) -> None:
        if each.shape is None or each.seen < 0.5 or (each.number + self._turn) % (5 if each.looks < 30 else 20):
            return
        toward = 1.0 if (self._lens.place[:2] - each.place) @ each.heading > 0 else -1.0
        for body in BODIES[1:]:
            place = each.place + toward * each.heading * (each.body.length_m - body.length_m) / 2.0
            shape = silhouette(self._lens, body, place, each.heading)
            if shape is None:
                continue
            _, _, gained = evidence.worth(shape, rank)
            score = gained / each.shape.area_px
            each.scores[body] = score if body not in each.scores else 0.7 * each.scores[body] + 0.3 * score
        best = max(each.scores, key=lambda body: each.scores[body])
        if best is not each.body and each.scores[best] > each.scores.get(each.body, -9.0) + 0.12:
            each.place = each.place + toward * each.heading * (each.body.length_m - best.length_m) / 2.0
            each.body = best
            each.scores = {}
            self._show(each)

    # ---- come and go
    def _part(self, now_s: float) -> None:
        """Drop the lesser of two that stand on each other."""
        for at, one in enumerate(self.members):
            for other in self.members[at + 1 :]:
                if math.dist(one.place, other.place) > (one.body.length_m + other.body.length_m) / 2.0:
                    continue
                shared = cv2.intersectConvexConvex(one.footprint, other.footprint)[0]
                least = min(one.body.length_m * one.body.width_m, other.body.length_m * other.body.width_m)
                if shared > 0.35 * least:
                    lesser = min(one, other, key=_explains)
                    lesser.good_s = lesser.sight_s = -math.inf

    def _bury(self, now_s: float) -> None:
        def lives(each: Member) -> bool:
            if each.shape is None or each.sight_s == -math.inf:
                return False
            left, top = each.shape.hull.max(axis=0)
            right, bottom = each.shape.hull.min(axis=0)
            if left < 0 or top < 0 or right > self._lens.size[0] or bottom > self._lens.size[1]:
                return False
            if each.seen < SEEN_SHARE:
                return now_s - each.good_s < (HIDDEN_S if each.looks > 5 else 1.0)
            return now_s - each.good_s < (LOST_S if each.looks > 5 else 0.2)

        self.gone = [each for each in self.members if not lives(each)]
        self.members = [each for each in self.members if lives(each)]

    def _bear(self, evidence: Evidence, flow: NDArray[np.float32] | None, dt_s: float, now_s: float) -> None:
        shapes = [each.shape for each in self.members if each.sight_s != -math.inf]
        wide = labels_of(evidence.codes.shape, shapes, wide=True)
        solid, near = evidence.codes[1:-1:2, 1:-1:2], wide[1:-1:2, 1:-1:2]
        left = as_image(((solid == SOLID) & (near == 0)).astype(np.uint8))
        left = as_image(cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
        number, parts, stats, _ = cv2.connectedComponentsWithStats(left, connectivity=8)
        order = sorted(range(1, number), key=lambda at: -stats[at, cv2.CC_STAT_AREA])
        tried = 0
        for at in order[:12]:
            x, y, w, h, area = (int(each) for each in stats[at])
            if area < 10 or tried >= 3:
                break
            rows, columns = np.nonzero(parts[y : y + h, x : x + w] == at)
            low = rows >= np.percentile(rows, 92)
            foot = 2.0 * np.array([x + columns[low].mean(), y + rows.max() + 0.5])
            place = self._ground.metres(foot[None])[0]
            if not self._near_enough(place):
                continue
            thick = cv2.distanceTransform(as_image((parts[y : y + h, x : x + w] == at).astype(np.uint8)), cv2.DIST_L2, 3)
            if 2.0 * float(thick.max()) < THICK_M * self._metre_px(place):
                continue
            tried += 1
            born = self._hypothesis(evidence, place, area)
            if born is not None:
                self._admit(born, flow, dt_s, now_s, evidence)

    def _metre_px(self, place: Floats) -> float:
        """Return how long a metre across the view is at a place. [px]"""
        return float(np.linalg.svd(self._lens.steps(np.array([place[0], place[1], 0.5])), compute_uv=False)[0])

    def _near_enough(self, place: Floats) -> bool:
        if not np.isfinite(place).all() or math.dist(place, self._lens.place[:2]) > 150.0:
            return False
        shape = silhouette(self._lens, CAR, place, np.array([1.0, 0.0]))
        return shape is not None and shape.area_px > LEAST_PX

    def _hypothesis(self, evidence: Evidence, foot: Floats, area: int) -> tuple[Body, Floats, Floats] | None:
        heading = self._ways.at(foot)
        if heading is None:
            return None
        away = foot - self._lens.place[:2]
        away = away / max(float(np.hypot(*away)), 1e-6)
        best: tuple[float, Body, Floats] | None = None
        aside = np.array([-heading[1], heading[0]])
        for body in (CAR, TWO_WHEELER, VAN, LORRY, BUS, ARTICULATED):
            reach = abs(away @ heading) * body.length_m / 2.0 + abs(away @ aside) * body.width_m / 2.0
            middle = foot + away * reach
            shape = silhouette(self._lens, body, middle, heading)
            if shape is None:
                continue
            places = middle + TRIED_M[:, :1] * heading + TRIED_M[:, 1:] * aside
            worth, seen, fresh = evidence.of_all(inner_pixels(self._lens, body, places, heading))
            gained = np.where((worth > WORTH_BEARING) & (seen > 0.3) & (fresh > 0.35), worth * fresh * shape.area_px, -1.0)
            at = int(gained.argmax())
            if gained[at] > (0.0 if best is None else best[0]):
                best = (float(gained[at]), body, places[at])
        return None if best is None else (best[1], best[2], heading)

    def _admit(
        self, born: tuple[Body, Floats, Floats], flow: NDArray[np.float32] | None, dt_s: float, now_s: float, evidence: Evidence
    ) -> None:
        body, place, heading = born
        self._numbers += 1
        new = Member(self._numbers, body, place, heading, np.zeros(2), now_s, place, good_s=now_s, sight_s=now_s)
        if not self._settle(new, evidence):
            return
        for other in self.members:
            if math.dist(new.place, other.place) < (new.body.length_m + other.body.length_m) / 2.0:
                shared = cv2.intersectConvexConvex(new.footprint, other.footprint)[0]
                if shared > 0.2 * min(new.body.length_m * new.body.width_m, other.body.length_m * other.body.width_m):
                    return
        self.members.append(new)
        self._sort()
        if new.shape is not None:
            evidence.labels = labels_of(evidence.codes.shape, [each.shape for each in self.members])

    def _settle(self, new: Member, evidence: Evidence) -> bool:
        """Move a new body to where it suits best; return whether it is one."""
        aside = np.array([-new.heading[1], new.heading[0]])
        for _ in range(3):
            self._show(new)
            if new.shape is None:
                return False
            steps = STEPS_M[:, :1] * new.shape.ahead_px + STEPS_M[:, 1:] * new.shape.aside_px
            best, _ = evidence.best_step(new.shape, 0, steps, DOUBT / 4.0)
            if not STEPS_M[best].any():
                break
            new.place = new.place + STEPS_M[best, 0] * new.heading + STEPS_M[best, 1] * aside
        self._show(new)
        if new.shape is None:
            return False
        new.worth, new.seen, _ = evidence.worth(new.shape, 0)
        lone = new.body is not TWO_WHEELER or evidence.spill(new.shape) < LONE
        off_m = self._ways.beside_m(new.place)
        usual = off_m is None or off_m < OFF_LANE_M or evidence.spill(new.shape) < LONE
        return new.worth > WORTH_BEARING and lone and usual

    def _teach(self) -> None:
        for each in self.members:
            if each.looks > 8 and np.hypot(*each.speed) > 2.0 and each.worth > 0.5:
                if each.taught is None or math.dist(each.taught, each.place) > 2.0:
                    each.taught = each.place
                    self._ways.learn(each.place, each.heading)
