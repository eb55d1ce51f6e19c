"""One vehicle that is followed: where it was last, since when it is on its road, and how long it has stood."""

import math
from dataclasses import dataclass, field
from typing import Final

from signal_ctrl.watch.matching.crossing import STANDING_MPS, crossing_s

PARKED_MS: Final = 240_000
"""Who stands this long while others pass is parked. [ms]"""
LONG_PARKED_MS: Final = 1_200_000
"""Who stands this long is parked, whether others pass or not. [ms]"""
DRIVING: Final = 0.4
"""From this share of the free speed on a vehicle drives undisturbed enough to tell when it came."""
NEAR_M: Final = 25.0
STAND_M: Final = 25.0
QUEUE_SLACK_M: Final = 40.0
Way = list[tuple[int, float, float, float]]
"""Roads that are driven one after the other: index, length [m], way over the turn onto it [m], free speed [m/s]."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A report on a road. [ms, UTC] [m] [m/s] NaN: no speed."""

    utc_ms: int
    road: int
    along_m: float
    speed_mps: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A vehicle left a road, which it had come onto at its begin, after `travel_time_s`; dwelling is taken off. [s]

    `gap_s`, time between the reports that its end lies between: half of it is how wrong its times may be.
    """

    road: int
    left_utc_ms: int
    travel_time_s: float
    gap_s: float


@dataclass(slots=True)
class Track:
    """A vehicle. `entered_ms` None: not seen to come.

    `kept` are its last reports: (utc_ms, lon, lat, speed, heading, road it was matched to or -1); `waiting`
    are those of them that do not stand yet: as matched for now, joined to the one before, of a bus.
    """

    last: Fix | None = None
    entered_ms: int | None = None
    dwelt_ms: int = 0
    stands_since_ms: int = 0
    stands_at_m: float = 0.0
    waiting: list[tuple[Fix, bool, bool]] = field(default_factory=list)
    kept: list[tuple[int, float, float, float, float, int]] = field(default_factory=list)

    @property
    def heard_ms(self) -> int:
        """When it was last heard. [ms, UTC]"""
        return self.kept[-1][0] if self.kept else 0

    def settle(self, fix: Fix) -> None:
        """Note that a report stands: it is on this road."""
        self.kept = [(*row[:5], fix.road) if row[0] == fix.utc_ms else row for row in self.kept]

    def begin(self, fix: Fix, free_mps: float) -> None:
        """Follow it from here on. Who drives, or is near the begin of the road, came onto it so long before as the way
        from there takes at the speed told; of who stands nobody knows.
        """
        self.last, self.dwelt_ms = fix, 0
        self.stands_since_ms, self.stands_at_m = fix.utc_ms, fix.along_m
        drives = fix.speed_mps >= DRIVING * free_mps or fix.along_m < NEAR_M
        came_s = fix.along_m / max(0.0 if math.isnan(fix.speed_mps) else fix.speed_mps, DRIVING * free_mps)
        self.entered_ms = fix.utc_ms - round(1000 * came_s) if drives else None

    def go_on(self, fix: Fix, way: Way, is_bus: bool, queue_m: float, passed_ms: int) -> list[Passage]:
        """Take in the next report, reached over `way`, and return the roads that it left on it.

        Args: queue_m, queue on the road that it is on now [m]; passed_ms, when the last of those who have left that
        road had come onto it [ms, UTC].
        """
        assert self.last is not None
        if fix.road == self.last.road and len(way) == 1:
            self._stay(fix, way[0][1], (is_bus, queue_m), passed_ms)
            return []
        found = self._leave(self.last, fix, way)
        self.last, self.dwelt_ms = fix, 0
        self.stands_since_ms, self.stands_at_m = fix.utc_ms, fix.along_m
        return found

    def _stay(self, fix: Fix, length_m: float, bus_and_queue_m: tuple[bool, float], passed_ms: int) -> None:
        """Take in a report on the same road: a bus off the queue dwells, who is passed for long is parked."""
        assert self.last is not None
        is_bus, queue_m = bus_and_queue_m
        in_queue = length_m - fix.along_m <= queue_m + QUEUE_SLACK_M
        stands = fix.speed_mps < STANDING_MPS and self.last.speed_mps < STANDING_MPS
        if stands and is_bus and not in_queue:
            self.dwelt_ms += fix.utc_ms - self.last.utc_ms
        stood_ms = fix.utc_ms - self.stands_since_ms
        if abs(fix.along_m - self.stands_at_m) > STAND_M:
            self.stands_since_ms, self.stands_at_m = fix.utc_ms, fix.along_m
        elif stood_ms > LONG_PARKED_MS or (stood_ms > PARKED_MS and passed_ms > self.stands_since_ms):
            self.entered_ms = None
        self.last = fix

    def _leave(self, last: Fix, fix: Fix, way: Way) -> list[Passage]:
        gap_s = (fix.utc_ms - last.utc_ms) / 1000
        inner_m = sum(length_m + gap_m for _, length_m, gap_m, _ in way[1:-1]) + way[-1][2]
        whole_m = max(way[0][1] - last.along_m, 0.0) + inner_m + fix.along_m
        even_mps = whole_m / max(gap_s, 1.0)
        speeds = tuple(even_mps if math.isnan(each) else each for each in (last.speed_mps, fix.speed_mps))
        free_mps = way[0][3]
        at_m = max(way[0][1] - last.along_m, 0.0)
        found: list[Passage] = []
        for number, (road, _, _, _) in enumerate(way[:-1]):
            left_ms = last.utc_ms + round(1000 * crossing_s(at_m, whole_m, gap_s, (speeds[0], speeds[1]), free_mps))
            if self.entered_ms is not None:
                spent_s = (left_ms - self.entered_ms - self.dwelt_ms) / 1000
                found.append(Passage(road, left_ms, max(spent_s, 0.1), gap_s))
            _, length_m, gap_m, _ = way[number + 1]
            at_m += gap_m
            entry_s = crossing_s(at_m, whole_m, gap_s, (speeds[0], speeds[1]), free_mps)
            self.entered_ms, self.dwelt_ms = last.utc_ms + round(1000 * entry_s), 0
            at_m += length_m
        return found
