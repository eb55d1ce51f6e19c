"""Who crosses a line on the ground, and when."""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detectors.video.bodies.member import Member
from detectors.video.bodies.shape import Floats

LOOKS: Final = 3
DRIVEN_M: Final = 1.0
DRIVES_MPS: Final = 0.7  # who stands with its front about the line has not crossed yet
SLANT: Final = 0.5  # of the way driven leads across the line at least
WORTH: Final = 0.15
BEYOND_M: Final = 0.3
BESIDE_M: Final = 0.3  # so far past its ends a line still counts
TWICE_S: Final = 1.2  # two of one direction so soon after each other and so near are one
TWICE_M: Final = 1.6


@dataclass(frozen=True, slots=True)
class GroundGate:
    """A line on the ground: start, unit step along it, unit step of forward motion across it, length. [m]"""

    name: str
    start: Floats
    along: Floats
    across: Floats
    length_m: float


@dataclass(eq=False, slots=True)
class Pass:
    """A road user that crossed a line. [s]"""

    member: Member
    forward: bool
    time_s: float


@dataclass(slots=True)
class GroundKeeper:
    """Watches one line."""

    gate: GroundGate
    before: dict[int, tuple[float, float, float]] = field(default_factory=dict)  # front beyond, along, time
    waiting: dict[int, tuple[bool, float, float]] = field(default_factory=dict)  # forward, time, along
    done: dict[int, bool] = field(default_factory=dict)
    recent: list[tuple[bool, float, float, int]] = field(default_factory=list)

    def look(self, member: Member, now_s: float) -> list[Pass]:
        """Return the crossings of a road user that became sure with this frame."""
        gate, number = self.gate, member.number
        reach = member.front - gate.start
        beyond, along = float(reach @ gate.across), float(reach @ gate.along)
        last = self.before.get(number)
        self.before[number] = (beyond, along, now_s)
        pace = float(member.speed @ gate.across)
        if last is None:
            self._came_beyond(member, beyond, along, pace, now_s)
        elif (last[0] < 0.0) != (beyond < 0.0):
            share = last[0] / (last[0] - beyond)
            spot = last[1] + share * (along - last[1])
            forward = beyond >= 0.0
            if number in self.waiting and self.waiting[number][0] is not forward:
                del self.waiting[number]
            elif -BESIDE_M <= spot <= gate.length_m + BESIDE_M and self.done.get(number) is not forward:
                self.waiting[number] = (forward, last[2] + share * (now_s - last[2]), spot)
        return self._settle(member, beyond, now_s, BEYOND_M)

    def end(self, member: Member) -> list[Pass]:
        """Return the crossings of a road user that had just reached the line when the picture ended."""
        beyond, _, now_s = self.before.get(member.number, (0.0, 0.0, 0.0))
        return self._settle(member, beyond, now_s, 0.0)

    def _came_beyond(self, member: Member, beyond: float, along: float, pace: float, now_s: float) -> None:
        """Note who was first seen with the line below it: it has crossed while it could not be told from others."""
        forward = bool(member.heading @ self.gate.across > 0.0)
        past = beyond if forward else -beyond
        cosine = abs(float(member.heading @ self.gate.across))
        if 0.0 < past < member.body.length_m * cosine and 0.0 <= along <= self.gate.length_m and cosine > 0.5:
            self.waiting[member.number] = (forward, now_s - past / max(abs(pace), 3.0), along)

    def _settle(self, member: Member, beyond: float, now_s: float, least_m: float) -> list[Pass]:
        number = member.number
        if number not in self.waiting:
            return []
        forward, time_s, along = self.waiting[number]
        past = beyond if forward else -beyond
        driven = float((member.place - member.start) @ self.gate.across) * (1.0 if forward else -1.0)
        if (
            driven < DRIVEN_M * SLANT
            or member.looks < LOOKS
            or member.moved_m < DRIVEN_M
            or member.worth < WORTH
            or past < least_m
        ):
            return []
        del self.waiting[number]
        self.done[number] = forward
        self.recent = [each for each in self.recent if now_s - each[1] < 5.0]
        twin = any(
            each[0] is forward and abs(time_s - each[1]) < TWICE_S and abs(along - each[2]) < TWICE_M
            for each in self.recent
        )
        self.recent.append((forward, time_s, along, number))
        return [] if twin else [Pass(member, forward, time_s)]

    def forget(self, number: int) -> None:
        """Drop what is known of one that is gone."""
        for store in (self.before, self.waiting, self.done):
            store.pop(number, None)


def ground_gate(name: str, start: Floats, end: Floats, right: Floats) -> GroundGate:
    """Return a line between two places; `right` lies on the side that forward leads to. [m]"""
    length = max(math.dist(start, end), 1e-6)
    along = (end - start) / length
    across = np.array([-along[1], along[0]])
    return GroundGate(name, start, along, across if (right - start) @ across > 0 else -across, length)
