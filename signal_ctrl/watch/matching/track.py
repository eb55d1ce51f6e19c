"""One vehicle that is followed: where it was last, since when it is on its road, and how long it has stood."""

from dataclasses import dataclass, field
from typing import Final

from signal_ctrl.watch.matching.crossing import STANDING_MPS, crossing_s

PARKED_MS: Final = 240_000
"""Who stands this long away from any queue is parked. [ms]"""
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
    """A vehicle. `kept` are its last reports: (utc_ms, lon, lat, speed, heading); `entered_ms` None: not seen to come."""

    last: Fix | None = None
    entered_ms: int | None = None
    dwelt_ms: int = 0
    stands_since_ms: int = 0
    stands_at_m: float = 0.0
    kept: list[tuple[int, float, float, float, float]] = field(default_factory=list)

    @property
    def heard_ms(self) -> int:
        """When it was last heard. [ms, UTC]"""
        return self.kept[-1][0] if self.kept else 0

    def begin(self, fix: Fix) -> None:
        """Follow it from here on; nothing is known of its way before."""
        self.last, self.entered_ms, self.dwelt_ms = fix, None, 0
        self.stands_since_ms, self.stands_at_m = fix.utc_ms, fix.along_m

    def go_on(self, fix: Fix, way: Way, is_bus: bool, queue_m: float) -> list[Passage]:
        """Take in the next report, reached over `way`, and return the roads that it left on it.

        Args: queue_m, queue on the road that it is on now [m].
        """
        assert self.last is not None
        if fix.road == self.last.road and len(way) == 1:
            self._stay(fix, way[0][1], is_bus, queue_m)
            return []
        found = self._leave(self.last, fix, way)
        self.last, self.dwelt_ms = fix, 0
        self.stands_since_ms, self.stands_at_m = fix.utc_ms, fix.along_m
        return found

    def _stay(self, fix: Fix, length_m: float, is_bus: bool, queue_m: float) -> None:
        """Take in a report on the same road; who stands off the queue dwells, if it is a bus, or is parked."""
        assert self.last is not None
        in_queue = length_m - fix.along_m <= queue_m + QUEUE_SLACK_M
        stood_ms = fix.utc_ms - self.last.utc_ms
        stands = fix.speed_mps < STANDING_MPS and self.last.speed_mps < STANDING_MPS
        if stands and is_bus and not in_queue:
            self.dwelt_ms += stood_ms
        if abs(fix.along_m - self.stands_at_m) > STAND_M:
            self.stands_since_ms, self.stands_at_m = fix.utc_ms, fix.along_m
        elif not in_queue and fix.utc_ms - self.stands_since_ms > PARKED_MS:
            self.entered_ms = None
        self.last = fix

    def _leave(self, last: Fix, fix: Fix, way: Way) -> list[Passage]:
        gap_s = (fix.utc_ms - last.utc_ms) / 1000
        inner_m = sum(length_m + gap_m for _, length_m, gap_m, _ in way[1:-1]) + way[-1][2]
        whole_m = max(way[0][1] - last.along_m, 0.0) + inner_m + fix.along_m
        speeds = tuple(each if each == each else whole_m / max(gap_s, 1.0) for each in (last.speed_mps, fix.speed_mps))
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
