"""One bus under way: where it is by its reports, at which stop it stands, which stops it has left and when."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from detectors.buses.course import Course
from detectors.buses.dwell import DwellModel

STANDING_MPS: Final = 1.5
LEAVING_MPS: Final = 3.0
STOP_REACH_M: Final = 35.0
"""So near a stop a bus that stands is at it. [m]"""
PASSED_M: Final = 25.0
UNSURE: Final = 0.35
"""Between reports its way is uncertain by this share of what it drives. [P]"""
STRAY_M: Final = 150.0
TRAIL: Final = 1000
"""So many reports are kept of where it was. [P]"""
STRAYS: Final = 3
"""So many reports in a row off the track are where the bus is. [P]"""


@dataclass(frozen=True, slots=True)
class BusFix:
    """A report on the way of the line: when [s], how far from its begin [m], give or take [m], speed [m/s], persons.

    A beacon at a stop line is a report as well, with a small error. None: not told.
    """

    time_s: float
    at_m: float
    noise_m: float = 8.0
    speed_mps: float | None = None
    load: int | None = None


@dataclass(slots=True)
class BusTrack:
    """A bus. `heard_s`, when it was last heard [s]; `at_m`, where it was then [m]; `next_stop`, index of the stop that
    it has not left; `stands_since_s`, since when it is there, None while it is not [s]; `left_s`, departures by stop;
    `trail`, when it was where [s] [m].
    """

    course: Course
    heard_s: float = -math.inf
    at_m: float = 0.0
    variance_m2: float = 0.0
    speed_mps: float = 0.0
    load: int | None = None
    next_stop: int = 0
    stands_since_s: float | None = None
    left_s: dict[int, float] = field(default_factory=dict)
    strays: int = 0
    trail: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=TRAIL))

    def take(self, fix: BusFix, dwell: DwellModel) -> bool:
        """Take in a report and teach the model of stays; return False for one that is late or cannot be."""
        gap_s = fix.time_s - self.heard_s
        if gap_s <= 0:
            return False
        if math.isinf(gap_s):
            self._begin(fix)
            self.trail.append((self.heard_s, self.at_m))
            return True
        if self._is_stray(fix, gap_s):
            self.strays += 1
            if self.strays < STRAYS:
                return False
            self.stands_since_s, self.next_stop = None, 0
            self._begin(fix)
            return True
        self.strays = 0
        self._move(fix, gap_s)
        self.trail.append((self.heard_s, self.at_m))
        self._watch_stop(fix, gap_s, dwell)
        return True

    def place_m(self, now_s: float) -> float:
        """Return where it is likely to be now: it does not leave a stop or pass a stop line unheard. [s] [m]"""
        ahead = [*self._stop_ahead(), *([line.at_m] if (line := self.course.next_line(self.at_m)) else [])]
        return min([self.at_m + self.speed_mps * max(now_s - self.heard_s, 0.0), *ahead])

    def passed_s(self, at_m: float) -> float | None:
        """Return when it left a place behind; None if it has not, or was not followed there. [m] [s]"""
        later: tuple[float, float] | None = None
        for time_s, place_m in reversed(self.trail):
            if place_m <= at_m:
                if later is None:
                    return None
                share = (at_m - place_m) / max(later[1] - place_m, 1e-9)
                return time_s + share * (later[0] - time_s)
            later = (time_s, place_m)
        return None

    def _stop_ahead(self) -> Iterator[float]:
        if self.next_stop < len(self.course.stops_m):
            yield max(self.course.stops_m[self.next_stop], self.at_m)

    def _begin(self, fix: BusFix) -> None:
        self.heard_s, self.at_m, self.variance_m2 = fix.time_s, fix.at_m, fix.noise_m**2
        self.speed_mps, self.load, self.strays = fix.speed_mps or 0.0, fix.load, 0
        while self.next_stop < len(self.course.stops_m) and self.course.stops_m[self.next_stop] < fix.at_m - PASSED_M:
            self.next_stop += 1

    def _is_stray(self, fix: BusFix, gap_s: float) -> bool:
        """Return whether it cannot be there by what is known; if it says so again and again, it is there."""
        expected_m = self.at_m + 0.5 * (self.speed_mps + self.course.free_mps(self.at_m)) * gap_s
        return not self.at_m - STRAY_M <= fix.at_m <= expected_m + STRAY_M + 5.0 * gap_s

    def _move(self, fix: BusFix, gap_s: float) -> None:
        predicted_m = self.place_m(fix.time_s) if self.stands_since_s is None else self.at_m
        self.variance_m2 += (UNSURE * max(self.speed_mps, STANDING_MPS) * gap_s) ** 2
        gain = self.variance_m2 / (self.variance_m2 + fix.noise_m**2)
        moved_m = predicted_m + gain * (fix.at_m - predicted_m)
        told_mps = max((moved_m - self.at_m) / gap_s, 0.0) if fix.speed_mps is None else fix.speed_mps
        self.heard_s, self.at_m, self.speed_mps = fix.time_s, moved_m, told_mps
        self.variance_m2 *= 1.0 - gain
        self.load = self.load if fix.load is None else fix.load

    def _watch_stop(self, fix: BusFix, gap_s: float, dwell: DwellModel) -> None:
        """Follow it to its next stop, at it, and away from it; half a gap is how wrong both ends may be."""
        while self.next_stop < len(self.course.stops_m):
            stop_m, between_s = self.course.stops_m[self.next_stop], fix.time_s - gap_s / 2
            near = abs(self.at_m - stop_m) <= STOP_REACH_M
            if near and self.speed_mps < STANDING_MPS:
                self.stands_since_s = between_s if self.stands_since_s is None else self.stands_since_s
                return
            stood = self.stands_since_s is not None
            if not (self.at_m > stop_m + PASSED_M or (stood and self.speed_mps > LEAVING_MPS)):
                return
            since_s = self.stands_since_s
            # who passes between two reports far apart may have stopped: nothing is learned of it
            if since_s is not None or gap_s <= 5.0:
                dwell.saw(self.course.line.stops[self.next_stop].stop, None if since_s is None else between_s - since_s)
            self.left_s[self.next_stop] = between_s
            self.next_stop, self.stands_since_s = self.next_stop + 1, None
