"""People on foot: along the sidewalks of the main roads from block to block, and to the bus and from it.

They leave and enter blocks in the middle of a side. A way leads from corner to corner of the crossings; who changes
the corner walks over a crossing there.
"""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from sumo_scenarios.newtown.buses import BusLine, Row, stop_name
from sumo_scenarios.newtown.people import Trip
from sumo_scenarios.newtown.town_plan import Block
from sumo_scenarios.newtown.ways import Way, back_of, block_sides

CROSSING_M: Final = 60.0
"""What walking over a crossing costs, the wait for green included, as a way on foot."""
CORNERS: Final = ("SE", "NE", "NW", "SW")
BEGINS: Final[Mapping[str, str]] = {"E": "SE", "N": "NE", "W": "NW", "S": "SW"}
"""Corner of the crossing at which the sidewalk of a way begins, by its heading."""
ENDS: Final[Mapping[str, str]] = {"E": "SW", "N": "SE", "W": "NE", "S": "NW"}
DEPART_POS_M: Final = 1

Corner = tuple[str, str]
"""Crossing of main roads, and the corner of it."""
Leg = tuple[Way, bool]
"""A way walked along, and whether in its driving direction."""


class Sidewalks:
    """The ways along blocks as people on foot know them."""

    def __init__(self, ways: Mapping[str, Way]) -> None:
        self.ways = {name: way for name, way in ways.items() if not (way.leads_in or way.leads_out)}
        self._onward: defaultdict[Corner, list[tuple[Corner, float, Leg | None]]] = defaultdict(list)
        for way in self.ways.values():
            one, other = self.ends(way)
            self._onward[one].append((other, way.length_m, (way, True)))
            self._onward[other].append((one, way.length_m, (way, False)))
        for node in {node for way in self.ways.values() for node in way.ends}:
            for k, corner in enumerate(CORNERS):
                for near in (CORNERS[k - 1], CORNERS[(k + 1) % 4]):
                    self._onward[node, corner].append(((node, near), CROSSING_M, None))

    def ends(self, way: Way) -> tuple[Corner, Corner]:
        """Return the corners at which the sidewalk of a way begins and ends."""
        return (way.ends[0], BEGINS[way.heading]), (way.ends[1], ENDS[way.heading])

    def walk(self, start: str, goals: Sequence[str]) -> list[str]:
        """Return the edges from the middle of a way to that of the nearest of others, none where there is no way."""
        first = self.ways[start]
        across = f"{back_of(first.heading)}{start[1:]}"
        if first.midblock and across in goals:
            return _over(first, self.ways[across])
        goal_of = {corner: name for name in goals for corner in self.ends(self.ways[name])}
        found = self._search(first, goal_of)
        if found is None:
            return []
        legs, goal, came_to = found
        edges = _half(first, legs[0][1]) if legs else []
        for way, forward in legs[1:]:
            edges += [piece.edge for piece in (way.pieces if forward else reversed(way.pieces))]
        last = self.ways[goal]
        return edges + list(reversed(_half(last, came_to != self.ends(last)[0])))

    def _search(self, first: Way, goal_of: Mapping[Corner, str]) -> tuple[list[Leg], str, Corner] | None:
        heap: list[tuple[float, int, Corner]] = []
        before: dict[Corner, tuple[Corner | None, Leg | None]] = {}
        pending: dict[int, tuple[Corner | None, Leg | None]] = {}
        for k, corner in enumerate(self.ends(first)):
            pending[len(pending)] = (None, (first, k == 1))
            heapq.heappush(heap, (first.length_m / 2, len(pending) - 1, corner))
        while heap:
            spent_m, ticket, corner = heapq.heappop(heap)
            if corner in before:
                continue
            before[corner] = pending[ticket]
            if corner in goal_of:
                return _legs(before, corner), goal_of[corner], corner
            for onward, way_m, leg in self._onward[corner]:
                if onward not in before:
                    pending[len(pending)] = (corner, leg)
                    heapq.heappush(heap, (spent_m + way_m, len(pending) - 1, onward))
        return None


def _over(way: Way, across: Way) -> list[str]:
    """Return the edges from the middle of a way over the signal in it to that of the way across the road."""
    parts = []
    for side in (way, across):
        last = next(k for k, piece in enumerate(side.pieces) if piece.nodes[1] == way.midblock)
        parts.append([piece.edge for piece in side.pieces[middle(side) : last + 1]])
    return [*parts[0], *reversed(parts[1])]


def _legs(before: Mapping[Corner, tuple[Corner | None, Leg | None]], corner: Corner) -> list[Leg]:
    found: list[Leg] = []
    at: Corner | None = corner
    while at is not None:
        at, leg = before[at]
        if leg is not None:
            found.append(leg)
    return found[::-1]


def middle(way: Way) -> int:
    """Return the piece at which people come out of a block: the one behind the way into it."""
    return next((k for k, piece in enumerate(way.pieces) if piece.nodes[0] == f"{way.name}i"), 0)


def _half(way: Way, to_end: bool) -> list[str]:
    """Return the edges from the middle of a way to its end, or back to its begin."""
    edges, k = [piece.edge for piece in way.pieces], middle(way)
    return edges[k:] if to_end else edges[k::-1]


def walker_row(sidewalks: Sidewalks, number: int, trip: Trip, blocks: Sequence[Block]) -> Row | None:
    """Return somebody who walks from block to block, None where there is no way."""
    starts = tuple(block_sides(blocks[trip.start]).values())
    goals = tuple(block_sides(blocks[trip.end]).values())
    edges = sidewalks.walk(starts[number % len(starts)], [goal for goal in goals if goal not in starts] or goals)
    if len(edges) < 2:
        return None
    return trip.depart_s, _person(f"walk-{number}", trip, f'<walk edges="{" ".join(edges)}"/>')


def rider_row(
    lines: Sequence[BusLine], sidewalks: Sidewalks, number: int, trip: Trip, blocks: Sequence[Block]
) -> Row | None:
    """Return somebody who takes a bus from block to block, None where no line leads along both in that order."""
    sides = [_stops_near(block) for block in (blocks[trip.start], blocks[trip.end])]
    found = []
    for line in lines:
        at = {name: k for k, name in enumerate(line.stops)}
        pairs = [(one, other) for one in sides[0] for other in sides[1] if one in at and other in at]
        across = [((sides[0][one] != one) + (sides[1][other] != other), one, other, line.name) for one, other in pairs]
        found += [choice for choice in across if at[choice[1]] < at[choice[2]]]
    if not found:
        return None
    _, one, other, name = min(found)
    to_stop = _to_stop(sidewalks, sides[0][one], one)
    from_stop = _to_stop(sidewalks, sides[1][other], other)[::-1]
    stages = (
        f'<walk edges="{" ".join(to_stop)}" busStop="{stop_name(one)}"/>'
        f'<ride busStop="{stop_name(other)}" lines="{name}"/><walk edges="{" ".join(from_stop)}"/>'
    )
    return trip.depart_s, _person(f"ride-{number}", trip, stages)


def _stops_near(block: Block) -> dict[str, str]:
    """Return the ways around a block, and those across the road, with the side of the block that they lie at."""
    sides = block_sides(block)
    across = {f"{back_of(heading)}{name[1:]}": name for heading, name in sides.items()}
    return across | {name: name for name in sides.values()}


def _to_stop(sidewalks: Sidewalks, side: str, stop: str) -> list[str]:
    """Return the edges from the middle of a side to the stop at the begin of a way."""
    if side == stop:
        return _half(sidewalks.ways[side], False)
    edges = sidewalks.walk(side, [stop])
    goal = sidewalks.ways[stop].pieces[0].edge
    if goal in edges:
        return edges[: edges.index(goal) + 1]
    return edges + _half(sidewalks.ways[stop], False)[1:]


def _person(name: str, trip: Trip, stages: str) -> str:
    return f'<person id="{name}" depart="{trip.depart_s:.1f}" departPos="{DEPART_POS_M}">{stages}</person>'
