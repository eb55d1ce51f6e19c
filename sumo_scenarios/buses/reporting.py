"""What buses of a run report: noisy positions every few seconds, lost at times, or reads of beacons at stop lines."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.observations import Position, TagRead, VehicleKind
from sumo_scenarios.bus_options import BusOptions
from sumo_scenarios.city_feed.reporting import HEADING_DEG, OUTAGE_S, SLOW_MPS, SPEED_MPS
from sumo_scenarios.earth import Earth
from sumo_scenarios.simulation import BusSeen

LATENCY_S: Final = 1.0
"""A report is here so long after its time. [s]"""
STRAY_M: Final = (100.0, 400.0)


class BusReports:
    """Reports of the buses of a run, second by second. The same seed gives the same reports of the same drives."""

    def __init__(self, options: BusOptions, network: RoadNetwork, earth: Earth, seed: int) -> None:
        self._options = options
        self._earth = earth
        self._seed = seed
        self._waiting: list[tuple[float, Position | TagRead]] = []
        self._readers: dict[str, list[tuple[str, float]]] = {}
        for reader in network.readers:
            self._readers.setdefault(reader.road, []).append((reader.reader, reader.position_m))
        self._last_m: dict[str, tuple[str, float]] = {}

    def see(self, buses: Mapping[str, BusSeen], time_s: float) -> list[Position | TagRead]:
        """Look at the buses that are on the road, and return what has arrived by now. [s]"""
        for name, seen in buses.items():
            if self._options.beacons:
                self._waiting += [(time_s + LATENCY_S, read) for read in self._reads(name, seen, time_s)]
            if self._options.every_s and self._is_due(name, time_s):
                self._waiting.append((time_s + LATENCY_S, self._position(name, seen, time_s)))
        here = [report for due_s, report in self._waiting if due_s <= time_s]
        self._waiting = [(due_s, report) for due_s, report in self._waiting if due_s > time_s]
        return here

    def _is_due(self, name: str, time_s: float) -> bool:
        every_s = self._options.every_s
        first_s = self._draw(name, 0).random() * every_s
        if math.floor((time_s - first_s) / every_s) == math.floor((time_s - 1.0 - first_s) / every_s):
            return False
        return bool(self._draw(name, 1_000_000 + int(time_s // OUTAGE_S)).random() >= self._options.lost)

    def _position(self, name: str, seen: BusSeen, time_s: float) -> Position:
        draw = self._draw(name, int(time_s * 10))
        x_m, y_m = (value + draw.normal(0.0, max(self._options.noise_m, 1e-9)) for value in seen.front)
        if draw.random() < self._options.stray:
            angle, far_m = draw.uniform(0, 2 * math.pi), draw.uniform(*STRAY_M)
            x_m, y_m = x_m + far_m * math.cos(angle), y_m + far_m * math.sin(angle)
        lon, lat = self._earth.degrees(x_m, y_m)
        heading_deg = (seen.angle_deg + draw.normal(0.0, HEADING_DEG)) % 360
        return Position(
            name, round(time_s * 1000), lon, lat, abs(seen.speed_mps + float(draw.normal(0.0, SPEED_MPS))),
            None if seen.speed_mps < SLOW_MPS else float(heading_deg), VehicleKind.BUS,
            seen.load if self._options.load else None,
        )  # fmt: skip

    def _reads(self, name: str, seen: BusSeen, time_s: float) -> Iterator[TagRead]:
        road, before_m = self._last_m.get(name, ("", 0.0))
        self._last_m[name] = (seen.road, seen.position_m)
        for reader, at_m in self._readers.get(seen.road, ()):
            if seen.position_m >= at_m and (road != seen.road or before_m < at_m):
                yield TagRead(reader, name, round(time_s * 1000))

    def _draw(self, name: str, number: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *name.encode(), number])
