"""Saturation headway of a lane, learned from the queue's own discharge over the stop-line loop."""

from typing import Final

DEFAULT_HEADWAY_S: Final = 1.92
LONGEST_S: Final = 3.5
START_UP_VEH: Final = 4
WEIGHT: Final = 0.05
LIMITS_S: Final = (1.5, 2.6)


class HeadwayMeter:
    """Mean time between two vehicles of a discharging queue, from the fifth on; exponentially weighted. [s]

    Source: Highway Capacity Manual's field method: saturation headway is measured behind the fourth vehicle.
    """

    def __init__(self) -> None:
        self.headway_s = DEFAULT_HEADWAY_S
        self._last_s = -1e9
        self._run = 0

    def flows(self, now_s: float) -> bool:
        """Return whether one who leaves now follows another one out of a queue. [s]"""
        return now_s - self._last_s <= LONGEST_S

    def left(self, now_s: float, more_behind: bool) -> None:
        """Take in that a vehicle left the stop line. [s]"""
        gap_s = now_s - self._last_s
        self._last_s = now_s
        self._run = self._run + 1 if gap_s <= LONGEST_S and more_behind else 0
        if self._run >= START_UP_VEH:
            low, high = LIMITS_S
            self.headway_s += WEIGHT * (min(max(gap_s, low), high) - self.headway_s)
