"""Crossings in the order of time, although some are told of late."""

import math
from dataclasses import dataclass, field

from detectors.video.report.intervals import LATE_S
from detectors.video.seen import Crossing, Seen


@dataclass(slots=True)
class InOrder:
    """Holds crossings back for a while, so that they come out in the order of time."""

    late_s: float = LATE_S
    _held: list[Crossing] = field(default_factory=list)

    def take(self, time_s: float, seen: Seen) -> tuple[Crossing, ...]:
        """Take what a frame showed; return the crossings that none will come before any more. [s]"""
        self._held += seen.crossings
        return self._before(time_s - self.late_s)

    def gap(self, to_s: float) -> tuple[Crossing, ...]:
        """Take that nothing was seen until a time. [s]"""
        return self._before(to_s - self.late_s)

    def end(self, seen: Seen) -> tuple[Crossing, ...]:
        """Take what the end settled; return all crossings that are left."""
        return self.take(math.inf, seen)

    def _before(self, time_s: float) -> tuple[Crossing, ...]:
        if not self._held or min(each.time_s for each in self._held) > time_s:
            return ()
        self._held.sort(key=lambda each: (each.time_s, each.line, each.track))
        ready = tuple(each for each in self._held if each.time_s <= time_s)
        self._held = self._held[len(ready) :]
        return ready
