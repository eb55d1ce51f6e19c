"""How regularly a line runs: headways at stops, buses that have caught up with each other, who should wait at a stop.

Spread and excess waiting of headways: metrics usual for lines of short headway, where people come without looking at a
timetable and wait half the mean headway plus what unevenness adds, E[h^2] / (2 E[h]) - H / 2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from signal_ctrl.watch.buses.fleet import Bus, BusFleet

WINDOW_S: Final = 3600.0
BUNCHED: Final = 0.25
"""Below this share of its usual headway a bus has caught up with the one before it. [P]"""
APART: Final = 0.4
"""From this share on it no longer has. [P]"""
HOLD_FROM: Final = 0.7
"""Below this share of the usual headway waiting at a stop is advised. [P]"""
LONGEST_HOLD_S: Final = 60.0
LEAST_HOLD_S: Final = 10.0
SLOW_MPS: Final = 3.0
LINE_MPS: Final = 5.0
"""What a line drives, stops and signals included, where no timetable tells. [P]"""


@dataclass(frozen=True, slots=True)
class Regularity:
    """Headways of a line at its stops within the last hour: how many, their mean, standard deviation over mean, and
    waiting that unevenness adds. [s]
    """

    headways: int
    mean_s: float
    spread: float
    excess_wait_s: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A bus and the one before it on its line: how far behind it is, and how far before the next one. [s]

    None: there is no other, or nobody knows the usual headway.
    """

    bus: Bus
    ahead: str
    before_s: float | None
    behind_s: float | None
    usual_s: float | None

    @property
    def share(self) -> float | None:
        """Its headway as a share of the usual one."""
        return None if self.before_s is None or not self.usual_s else self.before_s / self.usual_s

    @property
    def hold_s(self) -> float | None:
        """How long it should wait at its stop, or the next one; None: not at all. [s]

        It goes half way to the middle between the bus before and the one behind, by whom nothing is lost.
        """
        share, usual_s = self.share, self.usual_s
        if share is None or share >= HOLD_FROM or self.before_s is None or usual_s is None:
            return None
        behind_s = usual_s if self.behind_s is None else self.behind_s
        wait_s = min((min(behind_s, usual_s) - self.before_s) / 2, LONGEST_HOLD_S)
        return wait_s if wait_s >= LEAST_HOLD_S else None


def regularity_of(fleet: BusFleet, line: str, now_s: float) -> Regularity | None:
    """Return how regularly a line ran; None before two headways were seen. [s]"""
    gaps_s: list[float] = []
    for (name, _), left in fleet.left.items():
        if name == line:
            times = sorted(at_s for at_s, _ in left if now_s - WINDOW_S <= at_s <= now_s)
            gaps_s += [behind - before for before, behind in pairwise(times)]
    return _regularity(gaps_s, fleet.service.line_of[line].headway_s) if len(gaps_s) >= 2 else None


def _regularity(gaps_s: Sequence[float], usual_s: float | None) -> Regularity:
    mean_s = math.fsum(gaps_s) / len(gaps_s)
    square = math.fsum(gap**2 for gap in gaps_s) / len(gaps_s)
    spread = math.sqrt(max(square - mean_s**2, 0.0)) / mean_s if mean_s > 0 else 0.0
    waits_s = square / (2 * mean_s) - (usual_s or mean_s) / 2 if mean_s > 0 else 0.0
    return Regularity(len(gaps_s), mean_s, spread, waits_s)


def gaps_of(fleet: BusFleet, line: str, now_s: float) -> list[Gap]:
    """Return the buses of a line that are under way, the foremost first, each with those before and behind it. [s]"""
    under_way = [bus for bus in fleet.buses.values() if bus.run.line == line and fleet.is_heard(bus, now_s)]
    under_way.sort(key=lambda bus: -bus.track.at_m)
    behind_s = [_gap_s(ahead, bus) for ahead, bus in pairwise(under_way)]
    usual_s = fleet.service.line_of[line].headway_s
    return [
        Gap(
            bus,
            under_way[k - 1].run.vehicle if k else "",
            behind_s[k - 1] if k else None,
            behind_s[k] if k < len(behind_s) else None,
            usual_s,
        )
        for k, bus in enumerate(under_way)
    ]


def _gap_s(ahead: Bus, bus: Bus) -> float:
    """Return how long before a bus another one was where it is now; else by the way between them. [s]"""
    passed_s = ahead.track.passed_s(bus.track.at_m)
    if passed_s is not None:
        return max(bus.track.heard_s - passed_s, 0.0)
    return max(ahead.track.at_m - bus.track.at_m, 0.0) / line_mps(bus)


def line_mps(bus: Bus) -> float:
    """Return the speed of a line by its timetable, stops and signals included. [m/s]"""
    due_s, stops_m = bus.run.due_s, bus.track.course.stops_m
    if len(due_s) < 2 or due_s[-1] <= due_s[0]:
        return LINE_MPS
    return max((stops_m[-1] - stops_m[0]) / (due_s[-1] - due_s[0]), SLOW_MPS)
