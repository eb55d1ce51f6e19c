"""Who crosses a line, and when its leading edge reached it."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detectors.video.plane import Point
from detectors.video.track import Track

MARGIN: Final = 0.04  # of the vehicle's extent across the line: so far beyond is beyond
TRAVEL: Final = 0.25  # of its size: what moved less is no vehicle under way
LOOKS: Final = 4
OVERLAP: Final = 0.6  # of the vehicle's side over the line
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
    """What one vehicle did at one line: distances of its leading edge before, and crossings not yet sure."""

    before: float | None = None
    before_s: float = 0.0
    reached_s: float | None = None
    beside: bool = False
    done: bool = False


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

    def forget(self, number: int) -> None:
        """Drop what is known of a vehicle that is gone."""
        self.passages.pop((number, True), None)
        self.passages.pop((number, False), None)

    def _way(self, track: Track, forward: bool, now_s: float, dt_s: float) -> Event | None:
        passage = self.passages.setdefault((track.number, forward), Passage())
        lead, extent = self._lead(track, forward)
        speed = self._speed(track, forward)
        before, before_s = passage.before, passage.before_s
        if before is None and dt_s > 0.0:
            before, before_s = lead - max(0.0, speed) * dt_s, now_s - dt_s
        passage.before, passage.before_s = lead, now_s
        if before is not None and before < 0.0 <= lead:
            passage.reached_s = before_s + (now_s - before_s) * before / (before - lead)
            passage.beside = not self._beside(track)
        elif lead < 0.0:
            passage.reached_s = None
            passage.done = passage.done and lead > -extent
        if passage.reached_s is None or passage.done or passage.beside:
            return None
        if not self._sure(track, lead, extent, speed, forward, now_s):
            return None
        passage.done = True
        return Event(track, self.gate, forward, passage.reached_s)

    def _sure(self, track: Track, lead: float, extent: float, speed: float, forward: bool, now_s: float) -> bool:
        """Tell whether a vehicle is beyond the line by its own motion."""
        way = (track.x.place - track.start[0]) * self.gate.across[0] + (
            track.y.place - track.start[1]
        ) * self.gate.across[1]
        way = way if forward else -way
        return (
            track.seen_s == now_s
            and track.alone_looks >= LOOKS
            and lead > MARGIN * extent
            and speed > 0.0
            and way > TRAVEL * min(extent, track.size_px)
        )

    def _lead(self, track: Track, forward: bool) -> tuple[float, float]:
        """Return how far the leading edge is beyond the line, and the vehicle's extent in that direction. [px]"""
        sign = 1.0 if forward else -1.0
        reach = (track.hull - self.gate.start) @ (np.array(self.gate.across) * sign)
        return float(reach.max()), float(reach.max() - reach.min())

    def _speed(self, track: Track, forward: bool) -> float:
        speed = track.x.speed * self.gate.across[0] + track.y.speed * self.gate.across[1]
        return speed if forward else -speed

    def _beside(self, track: Track) -> bool:
        """Tell whether the vehicle passes over the line, not over its prolongation."""
        x, y = track.contact
        y -= CONTACT_LIFT * (track.box[3] - track.box[1])
        at = (x - self.gate.start[0]) * self.gate.along[0] + (y - self.gate.start[1]) * self.gate.along[1]
        if 0.0 <= at <= self.gate.length_px:
            return True
        spots = (track.hull - self.gate.start) @ np.array(self.gate.along)
        low, high = float(spots.min()), float(spots.max())
        return min(high, self.gate.length_px) - max(low, 0.0) >= OVERLAP * (high - low)
