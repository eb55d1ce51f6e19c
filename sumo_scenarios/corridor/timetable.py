"""Cars, trucks and buses of the corridor's day, one by one, in the order of departure."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sumo_scenarios.corridor.routes import Route
from sumo_scenarios.corridor.street_plan import CROSS, STOPS_EAST, STOPS_WEST
from sumo_scenarios.corridor.travel import DAY_S, QUARTER_S, Pair, shares

SEED: Final = 20250901
TRUCKS: Final = 0.04
STOP_FROM_M: Final = 30.0
STOP_TO_M: Final = 60.0
DWELL_S: Final = 20
BUS_MPS: Final = 28 / 3.6
"""What the timetable reckons with between two stops, time at lights included, dwelling apart."""
FIRST_BUS_S: Final = 5.5 * 3600
LAST_BUS_S: Final = 22.5 * 3600
PEAKS_S: Final = ((6.5 * 3600, 9.5 * 3600), (16.5 * 3600, 19.5 * 3600))
TYPES: Final = (
    '<vType id="car" speedFactor="normc(1,0.1,0.2,2)" minGap="2.5" tau="1.2"/>',
    '<vType id="truck" vClass="truck" length="10" maxSpeed="22" accel="1.2" speedFactor="normc(0.95,0.05,0.8,1.1)"/>',
    '<vType id="bus" vClass="bus" length="12" maxSpeed="19" accel="1.2" speedFactor="normc(0.95,0.05,0.8,1.1)"/>',
)

Row = tuple[float, str]
"""Departure [s] and the vehicle as XML."""


@dataclass(frozen=True, slots=True)
class Line:
    """A bus line in one direction: its gates, where it stops, and between which times it runs how often. [s]"""

    name: str
    ends: Pair
    stops: tuple[str, ...]
    peak_s: int
    else_s: int
    first_s: int


def lines() -> tuple[Line, ...]:
    """Return the bus lines: 1 along the trunk road, 2 from the crossing main street to the east end, both ways."""
    east, west = tuple(f"east{i}" for i in STOPS_EAST), tuple(f"west{i}" for i in STOPS_WEST)
    return (
        Line("1-east", ("W", "E"), east, 300, 600, 0),
        Line("1-west", ("E", "W"), west, 300, 600, 120),
        Line("2-east", (f"N{CROSS}", "E"), tuple(s for s in east if int(s[4:]) >= CROSS), 480, 900, 60),
        Line("2-west", ("E", f"N{CROSS}"), tuple(s for s in west if int(s[4:]) > CROSS), 480, 900, 180),
    )


def cars(tables: tuple[Mapping[Pair, float], Mapping[Pair, float]]) -> list[Row]:
    """Return every car and truck of the day. Args: tables, trips of the morning's and the evening's peak hour [veh/h].

    In a quarter of an hour as many depart as are expected, rounded up or down by chance, at times by chance.
    """
    draw, found = random.Random(SEED), []
    for quarter in range(DAY_S // QUARTER_S):
        early, late = shares(quarter)
        for pair in tables[0]:
            expected = (early * tables[0][pair] + late * tables[1][pair]) * QUARTER_S / 3600
            for _ in range(int(expected) + int(draw.random() < expected % 1)):
                depart_s = round(QUARTER_S * (quarter + draw.random()), 1)
                found.append((depart_s, pair, "truck" if draw.random() < TRUCKS else "car"))
    found.sort()
    return [(depart_s, _car(number, depart_s, pair, kind)) for number, (depart_s, pair, kind) in enumerate(found)]


def _car(number: int, depart_s: float, pair: Pair, kind: str) -> str:
    return (
        f'<vehicle id="{number}" type="{kind}" route="{route_id(pair)}" depart="{depart_s:.1f}" '
        'departLane="best" departSpeed="desired"/>'
    )


def route_id(pair: Pair) -> str:
    """Return the name of a way between two gates."""
    return f"{pair[0]}-{pair[1]}"


def route_rows(way_of: Mapping[Pair, Route]) -> Iterator[str]:
    """Yield the ways between the gates as XML."""
    for pair, route in way_of.items():
        yield f'<route id="{route_id(pair)}" edges="{" ".join(route)}"/>'


def buses(places_m: Mapping[str, float]) -> Iterator[Row]:
    """Yield every bus of the day. Args: places_m, driving distance of each stop from the begin of each line's way,
    by line and stop.
    """
    for line in lines():
        depart_s = FIRST_BUS_S + line.first_s
        while depart_s < LAST_BUS_S:
            yield depart_s, _bus(line, depart_s, places_m)
            in_peak = any(begin_s <= depart_s < end_s for begin_s, end_s in PEAKS_S)
            depart_s += line.peak_s if in_peak else line.else_s


def _bus(line: Line, depart_s: float, places_m: Mapping[str, float]) -> str:
    stops = "".join(
        f'<stop busStop="{stop}" duration="{DWELL_S}" until="{_leaves_s(line, k, depart_s, places_m)}" parking="true"/>'
        for k, stop in enumerate(line.stops)
    )
    name = f"{line.name}-{int(depart_s // 3600):02}{int(depart_s % 3600 // 60):02}"
    return (
        f'<vehicle id="bus-{name}" type="bus" line="{line.name}" route="{route_id(line.ends)}" '
        f'depart="{depart_s:.1f}" departLane="best" departSpeed="desired">{stops}</vehicle>'
    )


def _leaves_s(line: Line, k: int, depart_s: float, places_m: Mapping[str, float]) -> int:
    """Return when a bus is to leave its stop of that index, by the timetable. [s]"""
    return round(depart_s + places_m[f"{line.name} {line.stops[k]}"] / BUS_MPS + DWELL_S * (k + 1))
