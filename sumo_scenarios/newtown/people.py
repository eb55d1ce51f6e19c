"""Who lives, works, learns and shops in the new town, and who passes through: the trips of a day, person by person.

Everybody has a tour: from home to work, school or shops and back, or from out of town to work and back. Places are
drawn by what they hold and how far they are; the mode by the distance. Nothing here knows the net.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

from sumo_scenarios.newtown.town_plan import ARTERIAL_6, ARTERIAL_8, SECONDARY_4, STUB_M, Line, TownPlan

HOUR_S: Final = 3600.0
DAYS: Final = {"peak": (7.0 * HOUR_S, 8.25 * HOUR_S), "weekday": (0.0, 86400.0), "weekend": (0.0, 86400.0)}
"""Begin and end of the demand that may be asked for; the peak is that of the weekday, with a quarter of an hour to
fill the roads. [s]"""
GATE_VEH_H: Final[Mapping[str, float]] = {ARTERIAL_8.name: 1000.0, ARTERIAL_6.name: 780.0, SECONDARY_4.name: 360.0}
"""Who comes into town by a main road in the peak hour, before the town's demand is levelled."""
THROUGH: Final = 0.45
"""Share of them that passes through."""
STRAIGHT: Final = 6.0
"""How much likelier the other end of the same road is than any other way out of town."""
TRUCKS: Final = 0.04
STAY_H: Final = (8.5, 3.0)
"""How long others stay in town on a weekday and on a weekend day, give or take `SPREAD_H`; who stays over midnight does
not come back in the day. [h]"""
SPREAD_H: Final = 1.5
WEEKDAY: Final = (
    0.06, 0.04, 0.03, 0.03, 0.05, 0.15, 0.50, 1.00, 0.90, 0.60, 0.50, 0.50,
    0.50, 0.50, 0.50, 0.52, 0.62, 0.95, 0.85, 0.55, 0.40, 0.30, 0.20, 0.12,
)  # fmt: skip
"""Share of the peak hour's traffic from out of town in each hour."""
WEEKEND: Final = (
    0.08, 0.05, 0.04, 0.03, 0.04, 0.08, 0.18, 0.30, 0.45, 0.60, 0.70, 0.75,
    0.72, 0.70, 0.72, 0.75, 0.78, 0.80, 0.75, 0.60, 0.45, 0.35, 0.25, 0.15,
)  # fmt: skip
WORKERS: Final = 0.50
PUPILS: Final = 0.13
"""Shares of the residents."""
OUTWARDS: Final = 0.2
"""Share of the workers who work out of town."""
REACH_M: Final[Mapping[str, float]] = {"jobs": 1800.0, "pupils": 600.0, "shops": 1000.0, "gates": 3000.0}
"""Distance over which a place loses all but a third of its pull."""
MODES: Final = (
    (900.0, (("walk", 0.68), ("bike", 0.20), ("car", 0.12))),
    (3000.0, (("walk", 0.05), ("bike", 0.22), ("bus", 0.33), ("car", 0.40))),
    (math.inf, (("bike", 0.06), ("bus", 0.42), ("car", 0.52))),
)
"""How people travel up to a distance [m], with shares; bicycles are e-bikes for two thirds."""

Place = tuple[float, float]


class Trip(NamedTuple):
    """Somebody who sets off at a time [s], `mode` car, truck, bike, bus or walk, from a zone to another (indices)."""

    depart_s: float
    mode: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Zone:
    """A block or a gate. `pull` is what it holds, by purpose; gates hold their traffic in the peak hour. [veh/h]"""

    name: str
    place: Place
    pull: Mapping[str, float]
    opposite: str = ""

    @property
    def is_gate(self) -> bool:
        """Whether it lies out of town."""
        return self.name.startswith("G")


def zones_of(town: TownPlan) -> tuple[Zone, ...]:
    """Return the blocks, then the gates. Station and hospital draw as many as a block of shops does."""
    special = {name for kind, name in town.special if kind != "fire_station"}
    found = []
    for block in town.blocks:
        place = (_middle(town.columns, block.column), _middle(town.rows, block.row))
        more = 1500.0 if block.name in special else 0.0
        pull = {"homes": block.homes, "jobs": block.jobs, "shops": block.shops + more, "pupils": float(block.pupils)}
        found.append(Zone(block.name, place, pull))
    return (*found, *_gates(town))


def _middle(lines: Sequence[Line], k: int) -> float:
    return (lines[k].place_m + lines[k + 1].place_m) / 2


def _gates(town: TownPlan) -> Iterator[Zone]:
    ends = ((town.rows, town.columns, "WE"), (town.columns, town.rows, "SN"))
    for lines, cross, sides in ends:
        for k, line in enumerate(lines):
            for side, along_m in zip(sides, (cross[0].place_m - STUB_M, cross[-1].place_m + STUB_M), strict=True):
                place = (along_m, line.place_m) if sides == "WE" else (line.place_m, along_m)
                other = sides.replace(side, "")
                yield Zone(f"G{side}{k}", place, {"gates": GATE_VEH_H[line.road_class.name]}, f"G{other}{k}")


class Population:
    """Draws the trips of a day; each zone has a random generator of its own, by the town's seed and its name."""

    def __init__(self, town: TownPlan) -> None:
        self.zones = zones_of(town)
        self._seed, self._level = town.seed, 1.0
        self._times_s, self._weekend = DAYS["peak"], False
        self._drawn: dict[tuple[int, str], list[float]] = {}

    def trips(self, level: float, day: str) -> list[Trip]:
        """Return who sets off within the day's times, in that order.

        Args: level, factor on residents and on who comes from out of town; day, one of `DAYS`.
        """
        self._level, self._weekend, self._times_s = level, day == "weekend", DAYS[day]
        low_s, high_s = self._times_s
        found = []
        for k, zone in enumerate(self.zones):
            for trip in self._from_gate(k) if zone.is_gate else self._from_homes(k, self._generator(zone.name)):
                if low_s <= trip.depart_s < high_s:
                    found.append(trip)
        found.sort()
        return found

    def _generator(self, name: str) -> random.Random:
        return random.Random(f"newtown {self._seed} {name}")

    def _from_homes(self, home: int, draw: random.Random) -> Iterator[Trip]:
        for _ in range(round(self._level * self.zones[home].pull["homes"])):
            kind = draw.random()
            if kind < WORKERS:
                yield from self._worker(home, draw)
            elif kind < WORKERS + PUPILS:
                yield from self._pupil(home, draw)
            else:
                yield from self._other(home, draw)

    def _worker(self, home: int, draw: random.Random) -> Iterator[Trip]:
        if self._weekend and draw.random() > 0.2:
            yield from self._other(home, draw)
            return
        purpose = "gates" if draw.random() < OUTWARDS else "jobs"
        yield from self._tour(home, purpose, (draw.gauss(7.7, 0.6), draw.gauss(17.7, 0.8)), draw)

    def _pupil(self, home: int, draw: random.Random) -> Iterator[Trip]:
        if not self._weekend:
            yield from self._tour(home, "pupils", (draw.gauss(7.4, 0.2), draw.gauss(16.5, 0.4)), draw)

    def _other(self, home: int, draw: random.Random) -> Iterator[Trip]:
        if draw.random() < (0.7 if self._weekend else 0.5):
            from_h = draw.gauss(14.0, 3.0) if self._weekend else draw.choice((9.0, 10.0, 15.0, 19.0)) + draw.gauss(0, 1)
            yield from self._tour(home, "shops", (from_h, from_h + draw.uniform(0.8, 2.5)), draw)

    def _tour(self, home: int, purpose: str, hours: tuple[float, float], draw: random.Random) -> Iterator[Trip]:
        there = self._choose(home, purpose, draw)
        if there < 0 or there == home:
            return
        mode = self._mode(home, there, draw)
        yield Trip(round(hours[0] * HOUR_S, 1), mode, home, there)
        yield Trip(round(hours[1] * HOUR_S, 1), mode, there, home)

    def _from_gate(self, gate: int) -> Iterator[Trip]:
        """Yield who comes from out of town, and their ways back; an hour that brings nobody in time is left out."""
        stay_h = STAY_H[int(self._weekend)]
        low_h, high_h = (time_s / HOUR_S for time_s in self._times_s)
        for hour, share in enumerate(WEEKEND if self._weekend else WEEKDAY):
            back_h = (hour + stay_h - SPREAD_H, hour + 1 + stay_h + SPREAD_H)
            if (low_h < hour + 1 and hour < high_h) or (low_h < back_h[1] and back_h[0] < high_h):
                wanted = self._level * self.zones[gate].pull["gates"] * share
                yield from self._hour(gate, hour, wanted, self._generator(f"{self.zones[gate].name} {hour}"))

    def _hour(self, gate: int, hour: int, wanted: float, draw: random.Random) -> Iterator[Trip]:
        for _ in range(int(wanted) + int(draw.random() < wanted % 1)):
            depart_s = round((hour + draw.random()) * HOUR_S, 1)
            mode = "truck" if draw.random() < TRUCKS else "car"
            through = draw.random() < THROUGH
            there = self._choose(gate, "gates" if through else "shops" if self._weekend else "jobs", draw)
            if there < 0:
                continue
            yield Trip(depart_s, mode, gate, there)
            if not through:
                back_h = STAY_H[int(self._weekend)] + draw.uniform(-SPREAD_H, SPREAD_H)
                yield Trip(round(depart_s + back_h * HOUR_S, 1), mode, there, gate)

    def _choose(self, start: int, purpose: str, draw: random.Random) -> int:
        """Return a zone by what it holds and how far it is, -1 where none holds any of it."""
        key = (start, purpose)
        if key not in self._drawn:
            self._drawn[key] = list(accumulate(self._pulls(start, purpose)))
        sums = self._drawn[key]
        return bisect_right(sums, draw.random() * sums[-1]) if sums[-1] > 0 else -1

    def _pulls(self, start: int, purpose: str) -> Iterator[float]:
        own = self.zones[start]
        for zone in self.zones:
            pull = zone.pull.get(purpose, 0.0)
            if pull <= 0 or (zone is own and own.is_gate):
                yield 0.0
                continue
            more = STRAIGHT if zone.name == own.opposite else 1.0
            yield more * pull * math.exp(-distance_m(own.place, zone.place) / REACH_M[purpose])

    def _mode(self, start: int, end: int, draw: random.Random) -> str:
        one, other = self.zones[start], self.zones[end]
        if one.is_gate or other.is_gate:
            return "car"
        way_m = distance_m(one.place, other.place)
        shares = next(found for most_m, found in MODES if way_m <= most_m)
        left = draw.random()
        for mode, share in shares:
            left -= share
            if left < 0:
                return mode
        return shares[-1][0]


def distance_m(one: Place, other: Place) -> float:
    """Return the way along rows and columns. [m]"""
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
