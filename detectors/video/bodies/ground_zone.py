"""Zones on the ground: who stands on them, how long the queue is, who stopped or goes the wrong way."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.bodies.member import Member
from detectors.video.bodies.shape import Floats
from detectors.video.seen import AlarmKind, VideoAlarm, ZoneState

LOOKS: Final = 2
WORTH: Final = 0.1  # of a body in sight that is believed
PART_M2: Final = 0.1  # of a footprint on a zone: it is there
STANDS_MPS: Final = 0.7
WRONG: Final = -0.5  # cosine of the angle to the zone's heading
WRONG_M: Final = 7.0  # way against it before it is an alarm
DRIVEN_M: Final = 1.0


@dataclass(slots=True)
class GroundZone:
    """A zone: its corners (n, 2) [m], the unit step of the traffic on it if known."""

    name: str
    corners: Floats
    heading: Floats | None
    hull: NDArray[np.float32] = field(init=False)
    middle: Floats = field(init=False)
    reach_m: float = field(init=False)  # of its farthest corner from its middle
    slow_since_s: dict[int, float] = field(default_factory=dict)
    against_m: dict[int, float] = field(default_factory=dict)
    told: set[tuple[int, AlarmKind]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hull = np.asarray(cv2.convexHull(self.corners.astype(np.float32)), dtype=np.float32).reshape(-1, 2)
        self.middle = self.corners.mean(axis=0)
        self.reach_m = float(np.hypot(*(self.corners - self.middle).T).max())

    def state(self, members: Sequence[Member]) -> tuple[ZoneState, list[Member]]:
        """Return the state in this frame, and who is on the zone."""
        on = [each for each in members if each.looks >= LOOKS and each.worth > WORTH and self._covered(each)]
        return ZoneState(self.name, bool(on), self._queue_m(on), len(on)), on

    def alarms(self, on: Sequence[Member], now_s: float, dt_s: float, stopped_s: float) -> list[VideoAlarm]:
        """Return the alarms that begin now. [s]"""
        drove = [each for each in on if each.moved_m > DRIVEN_M]
        for gone in (set(self.slow_since_s) | set(self.against_m)) - {each.number for each in drove}:
            self.slow_since_s.pop(gone, None)
            self.against_m.pop(gone, None)
        found = [self._stopped(each, now_s, stopped_s) for each in drove]
        found += [self._wrong_way(each, now_s, dt_s) for each in drove]
        return [alarm for alarm in found if alarm is not None]

    def _covered(self, member: Member) -> bool:
        body = member.body
        if math.dist(member.place, self.middle) > self.reach_m + math.hypot(body.length_m, body.width_m) / 2.0:
            return False
        return bool(cv2.intersectConvexConvex(self.hull, member.footprint)[0] > PART_M2)

    def _queue_m(self, on: Sequence[Member]) -> float:
        """Return how far from end to end those on the zone reach along its longer side. [m]"""
        if not on:
            return 0.0
        sides = np.roll(self.corners, -1, axis=0) - self.corners
        longest = sides[np.hypot(*sides.T).argmax()]
        way = longest / np.hypot(*longest)
        ends = np.concatenate([each.footprint for each in on]) @ way
        own = self.corners @ way
        return float(min(ends.max(), own.max()) - max(ends.min(), own.min()))

    def _stopped(self, member: Member, now_s: float, stopped_s: float) -> VideoAlarm | None:
        if member.pace > STANDS_MPS:
            self.slow_since_s.pop(member.number, None)
            return None
        since_s = self.slow_since_s.setdefault(member.number, now_s)
        return self._tell(AlarmKind.STOPPED, member, now_s) if now_s - since_s >= stopped_s else None

    def _wrong_way(self, member: Member, now_s: float, dt_s: float) -> VideoAlarm | None:
        pace = member.pace
        if self.heading is None or pace < STANDS_MPS or float(member.speed @ self.heading) > WRONG * pace:
            self.against_m.pop(member.number, None)
            return None
        self.against_m[member.number] = self.against_m.get(member.number, 0.0) + pace * dt_s
        return self._tell(AlarmKind.WRONG_WAY, member, now_s) if self.against_m[member.number] > WRONG_M else None

    def _tell(self, kind: AlarmKind, member: Member, now_s: float) -> VideoAlarm | None:
        """Return an alarm, once per road user."""
        if (member.number, kind) in self.told:
            return None
        self.told.add((member.number, kind))
        return VideoAlarm(kind, now_s, self.name, member.number)
