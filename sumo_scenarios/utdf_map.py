"""Which node and movement of a UTDF file is which turn of which signal: numbered from the network, or from a CSV."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.csv_rows import check_commas
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.gateways.utdf_reader import COLUMNS
from sumo_scenarios.net_reader import Net
from sumo_scenarios.world import SignalUnit, World

HEADER: Final = ("node", "movement", "signal", "from_edge", "to_edge")
ANGLES: Final = {"NB": 0, "NE": 45, "EB": 90, "SE": 135, "SB": 180, "SW": 225, "WB": 270, "NW": 315}
"""Compass direction of travel of each heading. [degrees]"""
_BACK: Final = "t"
_SIDES: Final = {"l": -1, "L": -1, "s": 0, "R": 1, "r": 1, "T": 1}


@dataclass(frozen=True, slots=True)
class UtdfMap:
    """Turns by (node, movement), and nodes by signal."""

    turns: Mapping[tuple[int, str], Turn]

    @property
    def nodes(self) -> dict[str, int]:
        """The node of each signal."""
        return {turn[0]: node for (node, _), turn in self.turns.items()}

    def keys_of(self, signal: str) -> dict[tuple[str, str], str]:
        """Return the movement of each turn (edge before, edge behind) of a signal."""
        return {turn[1:]: key for (_, key), turn in self.turns.items() if turn[0] == signal}


def network_map(world: World) -> tuple[UtdfMap, tuple[tuple[str, str], ...]]:
    """Return the numbering of a network's own: signals from 1 on in its order, approaches under distinct headings.

    The second part names signals that UTDF cannot express, with the reason.
    """
    turns: dict[tuple[int, str], Turn] = {}
    left_out = []
    for node, unit in enumerate(world.units, start=1):
        try:
            keys = movement_keys(unit.layout, world.net)
        except InvalidInputError as error:
            left_out.append((unit.site.signal_id, str(error)))
            continue
        turns |= {(node, key): (unit.site.signal_id, *edges) for edges, key in keys.items()}
    return UtdfMap(turns), tuple(left_out)


def exit_edges(layout: JunctionLayout, net: Net) -> dict[tuple[str, str], str]:
    """Return SUMO's direction letter of each turn (edge before, edge behind) of a signal."""
    return {
        (layout.lanes[m.lane].edge_id, net.lanes[layout.exits[m.exit].lane_id].edge_id): m.direction
        for m in layout.movements
    }


def movement_keys(layout: JunctionLayout, net: Net) -> dict[tuple[str, str], str]:
    """Return the UTDF movement of each turn. Raises: InvalidInputError if UTDF has too few approaches or turns."""
    turns = exit_edges(layout, net)
    by_approach: defaultdict[str, list[str]] = defaultdict(list)
    for before, behind in turns:
        by_approach[before].append(behind)
    headings = distinct_headings({edge: bearing(net, edge) for edge in by_approach})
    keys: dict[tuple[str, str], str] = {}
    for before, exits in by_approach.items():
        directions = {behind: turns[before, behind] for behind in exits}
        slots = _slots(net, before, directions)
        keys |= {(before, behind): headings[before] + slot for behind, slot in slots.items()}
    return keys


def bearing(net: Net, edge_id: str) -> float:
    """Return the compass direction of travel of an edge, from its first node to its last. [degrees]"""
    edge = net.edges[edge_id]
    ends = [net.junctions[node].position for node in (edge.from_node, edge.to_node) if node in net.junctions]
    if len(ends) < 2:
        return 0.0
    (x0, y0), (x1, y1) = ends
    return math.degrees(math.atan2(x1 - x0, y1 - y0)) % 360


def distinct_headings(bearings: Mapping[str, float]) -> dict[str, str]:
    """Return a heading for each of some edges, no two alike, that fits their bearings best. [degrees]

    Raises: InvalidInputError if there are more edges than headings.
    >>> distinct_headings({"a": 10.0, "b": 80.0, "c": 340.0})
    {'a': 'NB', 'b': 'EB', 'c': 'NW'}
    """
    if len(bearings) > len(ANGLES):
        raise InvalidInputError(f"it has {len(bearings)} approaches; UTDF knows {len(ANGLES)} headings")
    names = list(ANGLES)
    cost = np.array([[_off(bearings[edge], ANGLES[name]) ** 2 for name in names] for edge in sorted(bearings)])
    rows, columns = linear_sum_assignment(cost.reshape(len(bearings), len(names)))
    edges = sorted(bearings)
    return {edges[row]: names[column] for row, column in zip(rows, columns, strict=True)}


def _off(one: float, other: float) -> float:
    """Return the angle between two bearings, 0 to 180. [degrees]"""
    return abs((one - other + 180) % 360 - 180)


def _slots(net: Net, before: str, directions: Mapping[str, str]) -> dict[str, str]:
    """Return the turn (U, L2, L, T, R, R2) of each exit of an approach, from left to right."""

    def turn(behind: str) -> float:
        return (bearing(net, behind) - bearing(net, before) + 180) % 360 - 180

    back = sorted((b for b, d in directions.items() if d == _BACK), key=turn)
    rest = sorted((b for b in directions if b not in back), key=lambda b: (_SIDES.get(directions[b], 0), turn(b), b))
    straight = [b for b in rest if _SIDES.get(directions[b], 0) == 0]
    middle = min(straight, key=lambda b: (abs(turn(b)), b)) if straight else None
    place = rest.index(middle) if middle is not None else sum(_SIDES.get(directions[b], 0) < 0 for b in rest)
    lefts, rights = rest[:place], rest[place + (middle is not None) :]
    if len(lefts) > 2 or len(rights) > 2 or len(back) > 1:
        raise InvalidInputError(f"approach {before} has {len(directions)} ways out; UTDF cannot tell them apart")
    slots = dict(zip(reversed(lefts), ("L", "L2"), strict=False)) | dict(zip(rights, ("R", "R2"), strict=False))
    return slots | dict.fromkeys(back, "U") | ({middle: "T"} if middle is not None else {})


def map_to_csv(found: UtdfMap) -> str:
    """Return a map as the CSV document that `map_from_csv` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((str(node), key, *turn) for (node, key), turn in found.turns.items())
    return out.getvalue()


def map_from_csv(text: str, source: str, units: Sequence[SignalUnit], net: Net) -> UtdfMap:
    """Return the map of a CSV document with the columns of `HEADER`.

    Raises: InvalidInputError with source and line for rows that are damaged, twice there, or name no turn of a signal.
    """
    known = {unit.site.signal_id: exit_edges(unit.layout, net) for unit in units}
    turns: dict[tuple[int, str], Turn] = {}
    check_commas(text.partition("\n")[0], source)
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    missing = [name for name in HEADER if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInputError(f"{source}: the header needs {', '.join(HEADER)}; look at {missing[0]}")
    for row in reader:
        where = f"{source}, line {reader.line_num}"
        node, key, signal, before, behind = ((row[name] or "").strip() for name in HEADER)
        if not node.isdecimal() or key not in COLUMNS:
            raise InvalidInputError(f"{where}: '{node}' and '{key}' are no node and movement such as 39 and NBL")
        if (before, behind) not in known.get(signal, {}):
            raise InvalidInputError(f"{where}: signal {signal} has no turn from {before} to {behind}")
        if (int(node), key) in turns or (signal, before, behind) in turns.values():
            raise InvalidInputError(f"{where}: node {node} {key}, or its turn, occurs twice")
        turns[int(node), key] = (signal, before, behind)
    _check_nodes(turns, source)
    return UtdfMap(turns)


def _check_nodes(turns: Mapping[tuple[int, str], Turn], source: str) -> None:
    signals: dict[int, str] = {}
    nodes: dict[str, int] = {}
    for (node, _), (signal, _, _) in turns.items():
        if signals.setdefault(node, signal) != signal or nodes.setdefault(signal, node) != node:
            raise InvalidInputError(f"{source}: node {node} and signal {signal} do not belong to each other alone")
