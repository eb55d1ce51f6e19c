"""Bus lines of the new town: one each way along every main road, a stop behind every crossing, a timetable."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from sumo_scenarios.net_reader import Net
from sumo_scenarios.newtown.roads import MOTOR
from sumo_scenarios.newtown.town_plan import SECONDARY_4, TownPlan
from sumo_scenarios.newtown.ways import Way

STOP_M: Final = (35.0, 65.0)
"""Where a stop begins and ends, from the begin of its edge."""
DWELL_S: Final = 20
HEADWAY_S: Final = (360, 600)
"""From one bus to the next in the peaks, on arterials and on secondary roads; twice as long else."""
PEAKS_S: Final = ((6.5 * 3600, 9.5 * 3600), (16.5 * 3600, 19.5 * 3600))
SERVICE_S: Final = (5.5 * 3600, 22.5 * 3600)
BUS_MPS: Final = 26 / 3.6
"""What the timetable reckons with between two stops, time at lights included, dwelling apart."""

Row = tuple[float, str]
"""Departure [s] and the vehicle or person as XML."""


@dataclass(frozen=True, slots=True)
class BusLine:
    """One line in one direction: ways in driving order, those at whose begin it stops, first departure, headway. [s]"""

    name: str
    ways: tuple[Way, ...]
    stops: tuple[str, ...]
    first_s: float
    headway_s: int

    @property
    def edges(self) -> list[str]:
        """Edges in driving order."""
        return [piece.edge for way in self.ways for piece in way.pieces]


def stop_name(way: str) -> str:
    """Return the name of the stop at the begin of a way."""
    return f"stop{way}"


def lines_of(town: TownPlan, ways: Mapping[str, Way]) -> tuple[BusLine, ...]:
    """Return the lines; they run from one edge of town to the other."""
    draw = random.Random(f"newtown {town.seed} buses")
    found = []
    for headings, own, cross in (("EW", town.rows, town.columns), ("NS", town.columns, town.rows)):
        for index, line in enumerate(own):
            for heading in headings:
                headway_s = HEADWAY_S[int(line.road_class is SECONDARY_4)]
                first_s = SERVICE_S[0] + 10.0 * draw.randrange(headway_s // 10)
                gaps = range(len(cross) + 1) if heading in "EN" else range(len(cross), -1, -1)
                run = tuple(ways[f"{heading}{index}x{gap}"] for gap in gaps)
                stops = tuple(way.name for way in run if not (way.leads_in or way.leads_out))
                found.append(BusLine(f"{heading}{index}", run, stops, first_s, headway_s))
    return tuple(found)


def stop_rows(lines: tuple[BusLine, ...], ways: Mapping[str, Way], net: Net) -> Iterator[str]:
    """Yield the stops, on the lane at the kerb."""
    for line in lines:
        for name in line.stops:
            edge = ways[name].pieces[0].edge
            to_m = min(STOP_M[1], net.edges[edge].lanes[MOTOR].length_m - 5.0)
            from_m = max(to_m - (STOP_M[1] - STOP_M[0]), 0.0)
            yield (
                f'<busStop id="{stop_name(name)}" lane="{edge}_{MOTOR}" startPos="{from_m:.1f}" endPos="{to_m:.1f}" '
                f'name={quoteattr(f"{line.name} at {ways[name].ends[0]}")} lines="{line.name}"/>'
            )


def bus_rows(lines: tuple[BusLine, ...], net: Net, times_s: tuple[float, float]) -> list[Row]:
    """Return the buses that depart between two times, in the order of departure."""
    found: list[Row] = []
    for line in lines:
        places_m = dict(_places_m(line, net))
        depart_s = line.first_s
        while depart_s < SERVICE_S[1]:
            if times_s[0] <= depart_s < times_s[1]:
                found.append((depart_s, _bus(line, depart_s, places_m)))
            in_peak = any(begin_s <= depart_s < end_s for begin_s, end_s in PEAKS_S)
            depart_s += line.headway_s if in_peak else 2 * line.headway_s
    return sorted(found)


def _places_m(line: BusLine, net: Net) -> Iterator[tuple[str, float]]:
    """Yield how far each stop is from the begin of the line. [m]"""
    driven_m = 0.0
    for way in line.ways:
        if way.name in line.stops:
            yield way.name, driven_m + STOP_M[1]
        driven_m += sum(net.edges[piece.edge].lanes[MOTOR].length_m for piece in way.pieces)


def _bus(line: BusLine, depart_s: float, places_m: Mapping[str, float]) -> str:
    stops = "".join(
        f'<stop busStop="{stop_name(name)}" duration="{DWELL_S}" '
        f'until="{round(depart_s + places_m[name] / BUS_MPS + DWELL_S * (k + 1))}" parking="true"/>'
        for k, name in enumerate(line.stops)
    )
    name = f"bus-{line.name}-{int(depart_s // 3600):02}{int(depart_s % 3600 // 60):02}"
    return (
        f'<vehicle id="{name}" type="bus" line="{line.name}" depart="{depart_s:.1f}" departLane="best" '
        f'departSpeed="desired"><route edges="{" ".join(line.edges)}"/>{stops}</vehicle>'
    )
