"""All buses of a day under way: reports taken, who comes to which stop line when, and as how many cars each counts.

Who asks for anything is a vehicle that the document of buses registers, under the name of the feed that reports it: no
feed speaks for a vehicle of another one, and none that is not registered is listened to.
"""

import math
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from detectors.buses.arrival import Arrival, arrival_of
from detectors.buses.course import Course
from detectors.buses.dwell import DwellModel
from detectors.buses.track import BusFix, BusTrack
from detectors.buses.weighing import BusWeighing, cars_of
from signal_ctrl.domain.bus_lines import BusLine, BusRun, BusService
from signal_ctrl.domain.link.foretold import MOST_CARS, Foretold, ForetoldKind
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.watch.buses.placing import Expected, LinePlacer
from signal_ctrl.watch.observations import Position, TagRead

NOISE_M: Final = 8.0
BEACON_M: Final = 3.0
LEAST_GAP_S: Final = 0.9
"""Reports of one vehicle that come faster are left out: a second apart is as often as any has to. [s]"""
BEFORE_S: Final = 900.0
"""So long before its first departure a vehicle may be on its next run already. [s]"""
MOST_ASKING_S: Final = 300.0
"""A bus that has been on its way to one stop line for longer counts as one car: it asks in vain, or it lies. [s] [P]"""
SOON_S: Final = 90.0
GONE_S: Final = 300.0
"""A bus that was not heard for so long is no longer on the road. [s] [P]"""
END_M: Final = 20.0
KEPT_S: Final = 2 * 3600.0
"""Departures from stops are kept for so long. [s]"""


@dataclass(slots=True)
class Bus:
    """A registered vehicle on a run that has been heard. `asks_since_s` by stop line, from when it was near. [s]"""

    run: BusRun
    track: BusTrack
    asks_since_s: dict[float, float] = field(default_factory=dict)

    def late_s(self, now_s: float) -> float | None:
        """Return how far it is behind its timetable, None without one. [s]"""
        due_s, left_s = self.run.due_s, self.track.left_s
        if not due_s:
            return None
        last = max(left_s, default=None)
        told_s = None if last is None else left_s[last] - due_s[last]
        ahead = self.track.next_stop
        missed_s = now_s - due_s[ahead] if ahead < len(due_s) else None
        if told_s is None:
            return None if missed_s is None else max(missed_s, 0.0)
        return told_s if missed_s is None else max(told_s, missed_s)


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A bus on its way to a stop line, and as how many cars it counts there."""

    vehicle: str
    arrival: Arrival
    cars: float

    @property
    def key(self) -> int:
        """A number for its name."""
        return key_of(self.vehicle)


def key_of(vehicle: str) -> int:
    """Return the number of a bus for its name."""
    return zlib.crc32(f"bus {vehicle}".encode())


def foretold_of(one: OnItsWay) -> Foretold:
    """Return a bus on its way as cabinets are told of it."""
    arrival = one.arrival
    return Foretold(
        ForetoldKind.BUS, one.key, arrival.line.road, arrival.line.next_road, arrival.times_s, arrival.to_stop_m,
        arrival.speed_mps, min(one.cars, MOST_CARS),
    )  # fmt: skip


class BusFleet:
    """Buses by their reports. Times are seconds after the midnight of the service. [s]"""

    def __init__(self, service: BusService, network: RoadNetwork, weighing: BusWeighing | None = None) -> None:
        """Raises: InvalidInputError if a line does not lie on the network."""
        self.service = service
        self.network = network
        self.dwell = DwellModel()
        self.weighing = weighing or BusWeighing()
        self.buses: dict[str, Bus] = {}
        self._courses = {line.line: Course(line, network) for line in service.lines}
        self._runs: dict[str, list[BusRun]] = defaultdict(list)
        for run in service.runs:
            self._runs[run.vehicle].append(run)
        self._vehicle_of_tag = {run.tag: run.vehicle for run in service.runs if run.tag}
        self._readers = {reader.reader: reader for reader in network.readers}
        self._placer = LinePlacer(network)
        self.left: dict[tuple[str, int], list[tuple[float, str]]] = defaultdict(list)
        self._coming_s: float | None = None
        self._coming: dict[str, list[OnItsWay]] = {}

    def time_s(self, utc_ms: int) -> float:
        """Return an instant on the clock of the service. [ms] [s]"""
        return (utc_ms - self.service.midnight_utc_ms) / 1000

    def line_of(self, bus: Bus) -> BusLine:
        """Return the line of a bus."""
        return self.service.line_of[bus.run.line]

    def take(self, reports: Iterable[Position | TagRead]) -> int:
        """Take what registered vehicles report, in the order of time; return how many reports counted."""
        known = [each for each in reports if self._vehicle(each) in self._runs]
        known.sort(key=lambda each: each.utc_ms)
        positions = [each for each in known if isinstance(each, Position)]
        places_m = dict(zip(map(id, positions), self._places_m(positions), strict=True))
        taken = 0
        for report in known:
            fix = self._fix(report, places_m.get(id(report)))
            taken += fix is not None and self._follow(self._vehicle(report), fix)
        return taken

    def coming(self, now_s: float) -> Mapping[str, Sequence[OnItsWay]]:
        """Return the buses on their way to each signal. [s]"""
        if self._coming_s != now_s:
            found: dict[str, list[OnItsWay]] = defaultdict(list)
            for signal, bus in self._asking(now_s):
                found[signal].append(bus)
            self._coming_s, self._coming = now_s, dict(found)
        return self._coming

    def coming_to(self, signal: str, utc_ms: int) -> Sequence[OnItsWay]:
        """Return the buses on their way to one signal at an instant. [ms]"""
        return self.coming(self.time_s(utc_ms)).get(signal, ())

    def is_heard(self, bus: Bus, now_s: float) -> bool:
        """Tell whether a bus is under way: heard not long ago, and not at the end of its line. [s]"""
        return now_s - bus.track.heard_s <= GONE_S and bus.track.at_m < bus.track.course.length_m - END_M

    def place_of(self, road: str, along_m: float) -> LonLat:
        """Return where a place on a road is on earth. [m] [degrees]"""
        shape = self.network.of(road).shape
        points = [self.network.plane.metres(place) for place in shape]
        steps_m = [math.dist(one, other) for one, other in pairwise(points)]
        left_m = min(along_m / self.network.of(road).length_m, 1.0) * sum(steps_m)
        for (x, y), (to_x, to_y), step_m in zip(points, points[1:], steps_m, strict=False):
            if left_m <= step_m and step_m > 0:
                part = left_m / step_m
                return self.network.plane.degrees((x + part * (to_x - x), y + part * (to_y - y)))
            left_m -= step_m
        return shape[-1]

    def headway_s(self, bus: Bus) -> float | None:
        """Return how long after the bus before it it left its last stop; None if that is not known. [s]"""
        last = max(bus.track.left_s, default=None)
        if last is None:
            return None
        own_s = bus.track.left_s[last]
        before = [at_s for at_s, name in self.left[bus.run.line, last] if at_s < own_s and name != bus.run.vehicle]
        return own_s - max(before) if before else None

    def usual_s(self, bus: Bus) -> float | None:
        """Return the usual headway of its line. [s]"""
        return self.line_of(bus).headway_s

    def cars(self, bus: Bus, now_s: float) -> float:
        """Return as how many cars a bus counts. [s]"""
        late_s, headway_s = bus.late_s(now_s), self.headway_s(bus)
        return cars_of(bus.track.load, late_s, headway_s, self.usual_s(bus), self.weighing)

    def _asking(self, now_s: float) -> Iterator[tuple[str, OnItsWay]]:
        for vehicle, bus in self.buses.items():
            arrival = arrival_of(bus.track, self.dwell, now_s, bus.run.due_s)
            if arrival is None or arrival.times_s[0] > SOON_S:
                continue
            since_s = bus.asks_since_s.setdefault(arrival.line.at_m, now_s)
            cars = 1.0 if now_s - since_s > MOST_ASKING_S else self.cars(bus, now_s)
            yield arrival.line.signal, OnItsWay(vehicle, arrival, cars)

    def _vehicle(self, report: Position | TagRead) -> str:
        return report.vehicle if isinstance(report, Position) else self._vehicle_of_tag.get(report.tag, "")

    def _places_m(self, positions: Sequence[Position]) -> list[float | None]:
        return self._placer.places_m(positions, [self._expected(each) for each in positions])

    def _expected(self, report: Position) -> Expected:
        time_s = self.time_s(report.utc_ms)
        run, bus = self._run(report.vehicle, time_s), self.buses.get(report.vehicle)
        on_it = bus is not None and bus.run is run
        return Expected(self._courses[run.line], bus.track.place_m(time_s) if bus is not None and on_it else None)

    def _fix(self, report: Position | TagRead, at_m: float | None) -> BusFix | None:
        time_s = self.time_s(report.utc_ms)
        if isinstance(report, Position):
            return None if at_m is None else BusFix(time_s, at_m, NOISE_M, report.speed_mps, report.load)
        reader = self._readers.get(report.reader)
        course = self._courses[self._run(self._vehicle(report), time_s).line]
        read_m = None if reader is None else course.place_m(reader.road, reader.position_m)
        return None if read_m is None else BusFix(time_s, read_m, BEACON_M)

    def _run(self, vehicle: str, time_s: float) -> BusRun:
        """Return the run that a vehicle is on at a time: the last one that has begun, or is about to. [s]"""
        runs = self._runs[vehicle]
        begun = [run for run in runs if run.due_s and run.due_s[0] - BEFORE_S <= time_s]
        return max(begun, key=lambda run: run.due_s[0]) if begun else runs[0]

    def _follow(self, vehicle: str, fix: BusFix) -> bool:
        run, bus = self._run(vehicle, fix.time_s), self.buses.get(vehicle)
        if bus is None or bus.run is not run:
            bus = self.buses[vehicle] = Bus(run, BusTrack(self._courses[run.line]))
        if fix.time_s - bus.track.heard_s < LEAST_GAP_S:
            return False
        before = len(bus.track.left_s)
        if not bus.track.take(fix, self.dwell):
            return False
        for stop in list(bus.track.left_s)[before:]:
            self._note(run.line, stop, (bus.track.left_s[stop], vehicle))
        return True

    def _note(self, line: str, stop: int, left: tuple[float, str]) -> None:
        kept = self.left[line, stop]
        kept.append(left)
        if left[0] - kept[0][0] > KEPT_S:
            del kept[0]
