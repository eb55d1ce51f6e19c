"""What is reported of a running simulation: counts of loops a minute, positions of a share of the vehicles."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.watch.observations import LoopCount, Position, VehicleKind
from sumo_scenarios.city_feed.loop_output import loop_id
from sumo_scenarios.city_feed.order import Reporting
from sumo_scenarios.city_feed.reporting import HEADING_DEG, KINDS, SLOW_MPS, SPEED_MPS
from sumo_scenarios.simulation import RoadUser, Simulation

MINUTE_MS: Final = 60_000


class LoopSense:
    """Loops that are looked at after each step and report whole minutes of UTC."""

    def __init__(self, network: RoadNetwork, simulation: Simulation) -> None:
        self._detectors = tuple(loop.detector for loop in network.loops)
        self._simulation = simulation
        self._vehicles = [0] * len(self._detectors)
        self._covered_s = [0.0] * len(self._detectors)
        self._minute: int | None = None
        self._is_whole = False

    def look(self, before_s: float, now_s: float, utc_ms: int) -> list[LoopCount]:
        """Take in the step from one time to another [s], that ends at an instant [ms]; return a minute's counts."""
        for number in range(len(self._detectors)):
            for on_s, off_s in self._simulation.loop_passages(loop_id(number)):
                left = off_s >= 0
                self._vehicles[number] += left
                self._covered_s[number] += max((off_s if left else now_s) - max(on_s, before_s), 0.0)
        minute = utc_ms // MINUTE_MS
        found = self._counts(minute) if self._minute not in (None, minute) else []
        self._minute = minute
        return found

    def _counts(self, minute: int) -> list[LoopCount]:
        """Return what was counted, none of a minute that was begun in its middle, and begin anew."""
        from_ms = (minute - 1) * MINUTE_MS
        found = [
            LoopCount(detector, from_ms, from_ms + MINUTE_MS, vehicles, min(covered_s / 60.0, 1.0))
            for detector, vehicles, covered_s in zip(self._detectors, self._vehicles, self._covered_s, strict=True)
        ]
        whole, self._is_whole = self._is_whole, True
        self._vehicles = [0] * len(self._detectors)
        self._covered_s = [0.0] * len(self._detectors)
        return found if whole else []


@dataclass(slots=True)
class PositionSense:
    """A share of the vehicles, which report where they are now and then, as well as their receivers do."""

    simulation: Simulation
    degrees: Callable[[float, float], LonLat]
    reporting: Reporting
    draw: np.random.Generator
    due_ms: int = 0

    def look(self, utc_ms: int) -> list[Position]:
        """Return the reports of an instant, none while none are due. [ms]"""
        if utc_ms < self.due_ms:
            return []
        self.due_ms = utc_ms + round(1000 * self.reporting.every_s)
        return list(self._reports(utc_ms))

    def _reports(self, utc_ms: int) -> Iterator[Position]:
        for user in self.simulation.road_users():
            if drawn_share(user.name) < self.reporting.share:
                kind, *_ = self.simulation.size_of(user.name)
                if kind != "pedestrian":
                    yield self._position(user, kind, utc_ms)

    def _position(self, user: RoadUser, kind: str, utc_ms: int) -> Position:
        x_m, y_m = self.draw.normal(user.front, self.reporting.noise_m)
        lon, lat = self.degrees(float(x_m), float(y_m))
        heading_deg = (user.angle_deg + float(self.draw.normal(0, HEADING_DEG))) % 360
        return Position(
            vehicle=pseudonym(user.name),
            utc_ms=utc_ms,
            lon=lon,
            lat=lat,
            speed_mps=abs(user.speed_mps + float(self.draw.normal(0, SPEED_MPS))),
            heading_deg=None if user.speed_mps < SLOW_MPS else heading_deg,
            kind=KINDS.get(kind, VehicleKind.OTHER),
        )


def pseudonym(name: str) -> str:
    """Return a name that says nothing of the vehicle, the same one every time."""
    return f"v{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def drawn_share(name: str) -> float:
    """Return where in 0 to 1 a vehicle lies, the same place every time."""
    return int(hashlib.sha256(name.encode()).hexdigest()[12:20], 16) / 2**32
