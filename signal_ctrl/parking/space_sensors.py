"""Spaces seen one by one: what each sensor said last, and whether it can be believed.

A space counts as free only while its sensor says so, says so again and again, agrees with whoever else looks at the
space, and behaves as sensors of its section do. Every other space that is not surely occupied is unknown.
"""

import math
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from signal_ctrl.domain.batches import Reason
from signal_ctrl.parking.facilities import Section
from signal_ctrl.parking.parts import Part, is_silent
from signal_ctrl.parking.readings import SpaceReading

CONTEST_MS: Final = 120_000
"""Two senders that contradict each other within so long are both doubted, for as long again. [ms] [P]"""
CHATTER_DECAY_MS: Final = 600_000
CHATTER_MOST: Final = 5.0
"""Changes of one space, those of ten minutes ago counting a third: more is no car, but a loose contact. [P]"""
STUCK_TURNS: Final = 12.0
"""Changes of the mean space of a section while one did not change: by Poisson that happens once in 160,000. [P]"""


class Doubt(Enum):
    """Why a space is unknown."""

    NEVER = "never heard"
    SILENT = "silent"
    CONTESTED = "contradicted by another sender"
    CHATTERING = "chattering"
    STUCK = "stuck"


@dataclass(slots=True)
class SpaceState:
    """What one sensor said. `turns_then`, changes of the mean space of the section at its last change. [ms]"""

    occupied: bool
    feed: str
    changed_utc_ms: int
    heard_utc_ms: int
    chatter: float = 0.0
    contested_until_ms: int = 0
    turns_then: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """A car came to a space, or left one after a stay. [ms]"""

    space: str
    occupied: bool
    since_utc_ms: int
    at_utc_ms: int


class SectionBySpaces:
    """The spaces of one section that have a sensor each."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self._states: dict[str, SpaceState] = {}
        self._changes = 0

    @property
    def _turns(self) -> float:
        return self._changes / self.section.capacity

    def take(self, reading: SpaceReading, feed: str) -> Reason | Change | None:
        """Take a reading; return why it is left out, or the change that it tells of, or None for a repetition."""
        state = self._states.get(reading.space)
        if state is None:
            self._states[reading.space] = SpaceState(
                reading.occupied, feed, reading.at_utc_ms, reading.at_utc_ms, turns_then=self._turns
            )
            return None
        if reading.at_utc_ms <= state.heard_utc_ms and feed == state.feed:
            return Reason.DUPLICATE if reading.at_utc_ms == state.heard_utc_ms else Reason.LATE
        soon = abs(reading.at_utc_ms - state.heard_utc_ms) <= CONTEST_MS
        if feed != state.feed and reading.occupied != state.occupied and soon:
            state.contested_until_ms = max(reading.at_utc_ms, state.heard_utc_ms) + CONTEST_MS
        if reading.at_utc_ms <= state.heard_utc_ms:
            return Reason.LATE
        return self._told(state, reading, feed)

    def _told(self, state: SpaceState, reading: SpaceReading, feed: str) -> Change | None:
        change = None
        if reading.occupied != state.occupied:
            state.chatter = self._chatter(state, reading.at_utc_ms) + 1
            change = Change(reading.space, reading.occupied, state.changed_utc_ms, reading.at_utc_ms)
            if state.chatter <= CHATTER_MOST:
                self._changes += 1
            state.occupied, state.changed_utc_ms = reading.occupied, reading.at_utc_ms
            state.turns_then = self._turns
        state.heard_utc_ms, state.feed = reading.at_utc_ms, feed
        return change

    def doubt(self, space: str, now_utc_ms: int) -> Doubt | None:
        """Return why a space is unknown, None if its sensor is believed. [ms]"""
        state = self._states.get(space)
        if state is None:
            return Doubt.NEVER
        if is_silent(state.heard_utc_ms, now_utc_ms):
            return Doubt.SILENT
        if now_utc_ms < state.contested_until_ms:
            return Doubt.CONTESTED
        if self._chatter(state, now_utc_ms) > CHATTER_MOST:
            return Doubt.CHATTERING
        return Doubt.STUCK if self._turns - state.turns_then >= STUCK_TURNS else None

    def part(self, now_utc_ms: int) -> Part:
        """Return what is known of the section. [ms]"""
        doubts: Counter[Doubt] = Counter()
        free, heard_ms, last_ms = 0, now_utc_ms, 0
        for number in self.section.numbers:
            doubt = self.doubt(number, now_utc_ms)
            if doubt is not None:
                doubts[doubt] += 1
                continue
            state = self._states[number]
            last_ms = max(last_ms, state.heard_utc_ms)
            if not state.occupied:
                free += 1
                heard_ms = min(heard_ms, state.heard_utc_ms)
        return _part(self.section, free, doubts, heard_ms if free else last_ms)

    def is_free(self, space: str, now_utc_ms: int) -> bool:
        """Tell whether a space is surely free. [ms]"""
        state = self._states.get(space)
        return state is not None and not state.occupied and self.doubt(space, now_utc_ms) is None

    def state(self, space: str) -> SpaceState | None:
        """Return what is kept of a space; None if it was never heard."""
        return self._states.get(space)

    def document(self) -> dict[str, Any]:
        """Return everything that is to survive as a JSON object."""
        return {
            "changes": self._changes,
            "spaces": {
                number: [
                    s.occupied,
                    s.feed,
                    s.changed_utc_ms,
                    s.heard_utc_ms,
                    round(s.chatter, 3),
                    s.contested_until_ms,
                    round(s.turns_then, 4),
                ]
                for number, s in self._states.items()
            },
        }

    def restore(self, document: dict[str, Any]) -> None:
        """Go on from such an object; spaces that are no longer there are left out."""
        self._changes = document["changes"]
        there = set(self.section.numbers)
        self._states = {n: SpaceState(*values) for n, values in document["spaces"].items() if n in there}

    @staticmethod
    def _chatter(state: SpaceState, now_utc_ms: int) -> float:
        return state.chatter * math.exp(-max(0, now_utc_ms - state.changed_utc_ms) / CHATTER_DECAY_MS)


def _part(section: Section, free: int, doubts: Counter[Doubt], heard_utc_ms: int) -> Part:
    unknown, capacity = doubts.total(), section.capacity
    known = capacity - unknown
    guess = free + (unknown * free // known if known else 0)
    quiet = doubts[Doubt.NEVER] + doubts[Doubt.SILENT]
    why = ", ".join(f"{many} of {capacity} spaces {doubt.value}" for doubt, many in doubts.most_common())
    return Part(
        capacity=capacity,
        low=free,
        free=min(guess, free + unknown),
        high=free + unknown,
        heard_utc_ms=heard_utc_ms if known else 0,
        stale=2 * quiet >= capacity,
        doubtful=4 * unknown >= capacity,
        why=f"{section.section}: {why}" if why else "",
    )
