"""Crossings in the order of time, although some are told of late."""

import math
from dataclasses import dataclass, field

from detectors.video.report.intervals import LATE_S
from detectors.video.seen import Crossing


@dataclass(slots=True)
class InOrder:
    """Holds crossings back for a while, so that they come out in the order of time."""

    late_s: float = LATE_S
    _held: list[Crossing] = field(default_factory=list)

    def take(self, now_s: float, crossings: tuple[Crossing, ...]) -> tuple[Crossing, ...]:
        """Take crossings; return those that none will come before any more. [s]"""
        self._held += crossings
        if not self._held or min(each.time_s for each in self._held) > now_s - self.late_s:
            return ()
        self._held.sort(key=lambda each: (each.time_s, each.line, each.track))
        ready = tuple(each for each in self._held if each.time_s <= now_s - self.late_s)
        self._held = self._held[len(ready) :]
        return ready

    def end(self, crossings: tuple[Crossing, ...]) -> tuple[Crossing, ...]:
        """Take the last crossings; return all that are left."""
        return self.take(math.inf, crossings)
