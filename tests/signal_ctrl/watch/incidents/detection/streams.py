"""What loops and vehicles of the small town say, bin by bin, on a usual day and when something is wrong."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.detection.bins import BIN_MS
from signal_ctrl.watch.incidents.detection.detection import GRACE_MS, Detection
from signal_ctrl.watch.incidents.detection.usual import SLOTS, Usual
from signal_ctrl.watch.incidents.wishes import Finding
from signal_ctrl.watch.observations import LoopCount, Observation, Position
from tests.signal_ctrl.watch.incidents.places import LENGTH_M, town

BEGIN_MS = 1_767_600_000_000 // BIN_MS * BIN_MS
USUAL_VEH = 3
"""Vehicles in 20 s on each lane: 540 an hour."""

Spoil = Callable[[int, Observation], Iterable[Observation]]
"""Makes of a true observation of a bin what is reported instead."""


def usual(network: RoadNetwork) -> Usual:
    n_loops, n_roads = len(network.loops), len(network.roads)
    rate, zeros = np.full((SLOTS, n_loops), float(USUAL_VEH)), np.zeros(n_roads)
    return Usual(
        rate, np.full(n_loops, 2.0), np.full(n_loops, 3.0), np.ones((4, n_roads)), zeros, np.full(n_roads, 1.5)
    )


@dataclass
class Stream:
    """Plays bins to a detection. Two cars that report drive along a, one after the other, all the time."""

    network: RoadNetwork = field(default_factory=town)
    spoil: Spoil = lambda _, observation: (observation,)

    def __post_init__(self) -> None:
        self.detection = Detection(self.network, usual(self.network))
        self.number = 0

    def count(self, detector: str, begin_ms: int) -> LoopCount:
        return LoopCount(detector, begin_ms, begin_ms + BIN_MS, USUAL_VEH, 0.2)

    def observations(self) -> list[Observation]:
        begin_ms = BEGIN_MS + self.number * BIN_MS
        counts: list[Observation] = [self.count(loop.detector, begin_ms) for loop in self.network.loops]
        return counts + [self.car(name, begin_ms + 10_000 * half, half) for half in (0, 1) for name in ("v1", "v2")]

    def car(self, name: str, utc_ms: int, half: int) -> Position:
        along = (self.number * 2 + half) * 0.3 + (0.5 if name == "v2" else 0.0)
        return at(f"{name} lap {int(along)}", utc_ms, along % 1 * LENGTH_M, 11.0)

    def plays(self, bins: int) -> list[Finding]:
        """Play bins, and return what is believed at the end of any of them."""
        found: list[Finding] = []
        for _ in range(bins):
            end_ms = BEGIN_MS + (self.number + 1) * BIN_MS
            for observation in self.observations():
                for reported in self.spoil(self.number, observation):
                    self.detection.take(reported, end_ms)
            found += self.detection.findings(end_ms + GRACE_MS)
            self.number += 1
        return found


def at(name: str, utc_ms: int, along_m: float, speed_mps: float) -> Position:
    """Return a position on the street of the small town, heading east."""
    return Position(name, utc_ms, 10.0 + 0.004 * along_m / LENGTH_M, 50.0, speed_mps, 90.0)


def silent(*detectors: str, since: int = 0) -> Spoil:
    """Loops that say from a bin on that nobody comes."""
    return lambda number, seen: (
        (replace(seen, vehicles=0, occupied=0.0),)
        if isinstance(seen, LoopCount) and seen.detector in detectors and number >= since
        else (seen,)
    )


def covered(*detectors: str, since: int = 0) -> Spoil:
    """Loops that say from a bin on that somebody stands on them."""
    return lambda number, seen: (
        (replace(seen, vehicles=0, occupied=1.0),)
        if isinstance(seen, LoopCount) and seen.detector in detectors and number >= since
        else (seen,)
    )
