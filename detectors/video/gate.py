"""Who crosses a line, and when its leading edge reached it."""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detectors.video.plane import Point
from detectors.video.track import Track

MARGIN: Final = 0.04  # of the vehicle's extent across the line: so far beyond is beyond
TRAVEL: Final = 0.4  # of its size: what moved less is no vehicle under way
LOOKS: Final = 4
ENTERED_LOOKS: Final = 3
OVERLAP: Final = 0.6  # of the vehicle's side over the line
STEEPEST: Final = 3.0  # way along the line over way across it: who goes so flat is not followed to the line
CONTACT_LIFT: Final = 0.1  # of its height: wheels stand a little above the lower edge


@dataclass(frozen=True, slots=True)
class Gate:
    """A line in working pixels: start, unit step along it, unit step of forward motion across it, length. [px]"""

    name: str
    start: Point
    along: Point
    across: Point
    length_px: float


@dataclass(slots=True)
class Passage:
    """What one vehicle did at one line in one direction: where its leading edge was, when it reached the line."""

    before: float | None = None
    before_s: float = 0.0
    reached_s: float | None = None
    just: bool = False
    beside: bool = False
    unsure: bool = False
    done: bool = False
    farthest_back: float = math.inf
    first: float = 0.0
    first_s: float = 0.0
    came_s: float = math.nan  # when it was not yet in the picture, if it came in over the edge

    def note(self, lead: float, now_s: float, place: float, extent: float) -> None:
        """Take how far the leading edge is beyond the line now. [px, s]"""
        before, before_s = self.before, self.before_s
        self.before, self.before_s = lead, now_s
        self.farthest_back = min(self.farthest_back, place)
        self.just = before is not None and before < 0.0 <= lead
        if before is not None and self.just:
            self.reached_s = before_s + (now_s - before_s) * before / (before - lead)
        elif lead < 0.0:
            self.reached_s = None
            self.done = self.done and lead > -extent

    def entered(self, lead: float, now_s: float) -> bool:
        """Tell whether a vehicle that came in over the edge has passed the line before it was first seen."""
        speed = (lead - self.first) / (now_s - self.first_s)
        if self.reached_s is not None or not 0.0 <= self.first < speed * (self.first_s - self.came_s):
            return False
        self.reached_s = self.first_s - self.first / speed
        return True


@dataclass(slots=True)
class Event:
    """A vehicle crossed: its track, the line, forward or backward, when. [s]"""

    track: Track
    gate: Gate
    forward: bool
    time_s: float


@dataclass(slots=True)
class GateKeeper:
    """Watches one line."""

    gate: Gate
    passages: dict[tuple[int, bool], Passage] = field(default_factory=dict)

    def look(self, track: Track, now_s: float, dt_s: float) -> list[Event]:
        """Return the crossings of a vehicle that became sure with this frame."""
        return [event for forward in (True, False) if (event := self._way(track, forward, now_s, dt_s)) is not None]

    def inherit(self, part: int, whole: int) -> None:
        """Let a vehicle have crossed if what turned out to be a part of it has."""
        for forward in (True, False):
            passage, heir = self.passages.get((part, forward)), self.passages.get((whole, forward))
            if passage is not None and heir is not None and passage.done:
                heir.done = True

    def forget(self, number: int) -> None:
        """Drop what is known of a vehicle that is gone."""
        self.passages.pop((number, True), None)
        self.passages.pop((number, False), None)

    def _way(self, track: Track, forward: bool, now_s: float, dt_s: float) -> Event | None:
        passage = self.passages.setdefault((track.number, forward), Passage())
        lead, extent = self._lead(track, forward)
        speed, place = self._along(track.speed, forward), self._along((track.x.place, track.y.place), forward)
        if passage.before is None:
            passage.first, passage.first_s = lead, now_s
            passage.came_s = now_s - dt_s if track.entered else math.nan
        passage.note(lead, now_s, place, extent)
        entered = track.looks == ENTERED_LOOKS and passage.entered(lead, now_s)
        if passage.just or entered or passage.unsure:  # who is cut off by the picture's edge shows its foot later
            passage.beside, passage.unsure = not self._passes(track), track.cut
        if passage.reached_s is None or passage.done or passage.beside:
            return None
        way = place - passage.farthest_back
        if not (lead > MARGIN * extent and speed > 0.0 and way > TRAVEL * min(extent, track.size_px)):
            return None
        if track.seen_s != now_s or track.alone_looks < LOOKS:
            return None
        passage.done = True
        return Event(track, self.gate, forward, passage.reached_s)

    def _along(self, step: Point, forward: bool) -> float:
        """Return the part of a step that leads across the line in a direction."""
        across = self._part(step, self.gate.across)
        return across if forward else -across

    def _part(self, step: Point, side: Point) -> float:
        return step[0] * side[0] + step[1] * side[1]

    def _lead(self, track: Track, forward: bool) -> tuple[float, float]:
        """Return how far the leading edge is beyond the line, and the vehicle's extent in that direction. [px]"""
        sign = 1.0 if forward else -1.0
        reach = (track.hull - self.gate.start) @ (np.array(self.gate.across) * sign)
        return float(reach.max()), float(reach.max() - reach.min())

    def _passes(self, track: Track) -> bool:
        """Tell whether the vehicle passes over the line, not over its prolongation.

        Its foot lies behind its leading edge where it drives away, so the foot is followed along its way to the line.
        """
        x, y = track.contact
        y -= CONTACT_LIFT * (track.box[3] - track.box[1])
        at = (x - self.gate.start[0]) * self.gate.along[0] + (y - self.gate.start[1]) * self.gate.along[1]
        away = (x - self.gate.start[0]) * self.gate.across[0] + (y - self.gate.start[1]) * self.gate.across[1]
        along, across = (self._part(track.speed, side) for side in (self.gate.along, self.gate.across))
        if abs(along) < STEEPEST * abs(across):
            at -= away * along / across
        if 0.0 <= at <= self.gate.length_px:
            return True
        spots = (track.hull - self.gate.start) @ np.array(self.gate.along)
        low, high = float(spots.min()), float(spots.max())
        return min(high, self.gate.length_px) - max(low, 0.0) >= OVERLAP * (high - low)
