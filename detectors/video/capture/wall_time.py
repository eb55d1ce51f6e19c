"""Times of live pictures: the wall clock's, made to go only forward and never to leap."""

from dataclasses import dataclass
from typing import Final

MOST_SLEW: Final = 0.1
"""A wall clock that was set back is caught up with by counting seconds that are at most this much shorter."""
LEAP_S: Final = 2.0
"""A clock that was set forward by more has leapt: what lies between was not seen."""


@dataclass(slots=True)
class WallTime:
    """Follows a wall clock by a steady one. [s]"""

    _time_s: float | None = None
    _steady_s: float = 0.0

    def at(self, wall_s: float, steady_s: float) -> float:
        """Return the time of this moment; above every earlier answer if the steady clock has gone on. [s]"""
        if self._time_s is None or wall_s > self._time_s + (steady_s - self._steady_s) + LEAP_S:
            self._time_s, self._steady_s = wall_s, steady_s
            return wall_s
        passed_s = max(steady_s - self._steady_s, 1e-6)
        off_s = wall_s - (self._time_s + passed_s)
        self._time_s += passed_s + min(max(off_s, -MOST_SLEW * passed_s), MOST_SLEW * passed_s)
        self._steady_s = steady_s
        return self._time_s
