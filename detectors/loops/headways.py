"""Headways of a lane, learned from the queue's own discharge over the stop-line loop: of right of way, of yielding."""

from typing import Final

DEFAULT_HEADWAY_S: Final = 1.92
LONGEST_S: Final = 3.5
START_UP_VEH: Final = 4
WEIGHT: Final = 0.05
LIMITS_S: Final = (1.5, 2.6)
DEFAULT_YIELDING_S: Final = 2.4
YIELDING_LIMITS_S: Final = (2.4, 15.0)
PRIOR_YIELDING_VEH: Final = 5.0
MEMORY_YIELDING_VEH: Final = 20.0


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


class YieldMeter:
    """Mean time that a vehicle of a queue takes which has green and has to let others go first. [s]

    From the time in which a queue had such a green, and who left in it. Where others of the lane go without yielding,
    by their share, their own headway is taken off first. Starts with what the rollout assumes and forgets slowly.
    """

    def __init__(self) -> None:
        self._green_s = PRIOR_YIELDING_VEH * DEFAULT_YIELDING_S
        self._yielded = PRIOR_YIELDING_VEH
        self._free_s = 0.0
        self._share = 0.0

    def waits(self, share: float, dt_s: float) -> None:
        """Note that a queue had green for a time, and the share of it that has to yield (0-1); 0: no such green. [s]"""
        self._share = share
        if share > 0:
            self._green_s += dt_s

    def left(self, headway_s: float) -> None:
        """Take in that a vehicle left the queue; `headway_s` is that of those who need not yield. [s]"""
        if self._share <= 0:
            return
        self._yielded += self._share
        self._free_s += (1.0 - self._share) * headway_s
        if self._yielded > MEMORY_YIELDING_VEH:
            keep = MEMORY_YIELDING_VEH / self._yielded
            self._green_s, self._yielded, self._free_s = self._green_s * keep, self._yielded * keep, self._free_s * keep

    @property
    def headway_s(self) -> float:
        """The mean time. [s]"""
        low, high = YIELDING_LIMITS_S
        return min(max((self._green_s - self._free_s) / self._yielded, low), high)
