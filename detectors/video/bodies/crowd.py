"""The bodies on the ground that explain a frame: they drive on, are set right by what is seen, come and go."""

import math
from typing import Final

import numpy as np

from detectors.video.bodies.births import Births
from detectors.video.bodies.drive import (
    DOUBTFUL,
    DRIVES_MPS,
    RESTS_MPS,
    SEEN_SHARE,
    SURE,
    align,
    classify,
    feel,
    fit,
    flow_speed,
)
from detectors.video.bodies.evidence import evidence_of, labels_of
from detectors.video.bodies.lens import Lens
from detectors.video.bodies.member import Member
from detectors.video.bodies.ways import Ways
from detectors.video.motion import Motion
from detectors.video.tone import Image

LOST_S: Final = 0.6  # a body without pixels is gone
HIDDEN_S: Final = 20.0  # one that others hide
NEW_S: Final = 0.2  # and a new one
NEW_HIDDEN_S: Final = 1.0
NEW_LOOKS: Final = 5
SAME: Final = 0.35  # of the lesser footprint: so much two cannot share
REST_LOOKS: Final = 10
REST_TURNS: Final = 4  # who rests is set right only every so many frames
CLASS_TURNS: Final = (5, 20)
CLASS_LOOKS: Final = 30
DOUBTED_LOOKS: Final = 3
ALIGN_TURNS: Final = 2
TOUCH: Final = 0.12  # of the lesser footprint: so much a body of which its pixels say little may not share
TEACH_LOOKS: Final = 8
TEACH_MPS: Final = 2.0
TEACH_WORTH: Final = 0.5
TEACH_M: Final = 2.0


class Crowd:
    """The road users in the picture of one calibrated camera."""

    def __init__(self, lens: Lens, ways: Ways) -> None:
        self._lens, self._ways = lens, ways
        self._births = Births(lens, ways)
        self.members: list[Member] = []
        self.gone: list[Member] = []
        self._before_s: float | None = None
        self._turn = 0

    def step(self, changed: Image, solid: Image, motion: Motion, now_s: float, dark: bool = False) -> None:
        """Bring all up to this frame. Masks (height, width) of 0 and 255: all that differs, what is no shadow. [s]"""
        dt_s = 0.0 if self._before_s is None else now_s - self._before_s
        self._before_s = now_s
        self._turn += 1
        self._drive(motion, dt_s)
        evidence = evidence_of(changed, solid, [each.shape for each in self.members], dark)
        for rank, each in enumerate(self.members, 1):
            fit(each, evidence, rank, self._rests(each), dt_s, now_s, self._lens)
        evidence.labels = labels_of(evidence.codes.shape, [each.shape for each in self.members])
        for rank, each in enumerate(self.members, 1):
            doubtful = each.worth < DOUBTFUL and each.looks >= DOUBTED_LOOKS
            drives = each.worth < SURE and each.pace > DRIVES_MPS
            if (doubtful or drives) and not (each.number + self._turn) % ALIGN_TURNS:
                align(each, evidence, rank, self._lens, self._ways.at(each.place))
            if doubtful or not (each.number + self._turn) % CLASS_TURNS[each.looks >= CLASS_LOOKS]:
                classify(each, evidence, rank, self._lens)
        self._part()
        self.members += self._births.born(evidence, self.members, now_s)
        self._bury(now_s)
        self._teach()

    def _drive(self, motion: Motion, dt_s: float) -> None:
        """Let all drive on, with the speed that their pixels had since the last frame."""
        flow = motion.flow()
        if flow is not None and dt_s > 0.0 and self.members:
            size = (self._lens.size[1] + 2, self._lens.size[0] + 2)
            texture, labels = motion.texture(), labels_of(size, [each.shape for each in self.members])
            for rank, each in enumerate(self.members, 1):
                feel(each, flow_speed(each, flow, texture, labels, rank, self._lens, dt_s), dt_s)
        for each in self.members:
            each.place = each.place + each.speed * dt_s
            if each.looks <= REST_LOOKS or each.pace > RESTS_MPS:
                each.show(self._lens)
        middle = self._lens.place[:2]
        self.members.sort(key=lambda each: -math.dist(each.place, middle))

    def _rests(self, member: Member) -> bool:
        rests = member.looks >= REST_LOOKS and member.pace < RESTS_MPS
        return rests and (member.number + self._turn) % REST_TURNS != 0

    def _part(self) -> None:
        """Drop the lesser of two that stand on each other, the sooner the less its pixels speak for it."""
        for at, one in enumerate(self.members):
            for other in self.members[at + 1 :]:
                shared = one.overlap(other)
                if shared <= TOUCH:
                    continue
                lesser = min(one, other, key=lambda each: each.explains_px)
                if shared > SAME or (lesser.worth < DOUBTFUL and lesser.seen >= SEEN_SHARE):
                    lesser.dropped = True

    def _bury(self, now_s: float) -> None:
        self.gone = [each for each in self.members if not self._lives(each, now_s)]
        self.members = [each for each in self.members if self._lives(each, now_s)]

    def _lives(self, member: Member, now_s: float) -> bool:
        if member.dropped or member.shape is None:
            return False
        low, high = member.shape.hull.min(axis=0), member.shape.hull.max(axis=0)
        if (high < 0).any() or (low > self._lens.size).any():
            return False
        old = member.looks > NEW_LOOKS
        if member.seen < SEEN_SHARE:
            return now_s - member.good_s < (HIDDEN_S if old else NEW_HIDDEN_S)
        return now_s - member.good_s < (LOST_S if old else NEW_S)

    def _teach(self) -> None:
        """Remember where and which way traffic drives."""
        for each in self.members:
            sure = each.looks > TEACH_LOOKS and each.pace > TEACH_MPS and each.worth > TEACH_WORTH
            if sure and (each.taught is None or math.dist(each.taught, each.place) > TEACH_M):
                each.taught = np.array(each.place)
                self._ways.learn(each.place, each.heading)
