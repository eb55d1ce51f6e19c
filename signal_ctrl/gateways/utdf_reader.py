"""From a combined UTDF file (version 7 and later) to streets, volumes and timing in SI units.

Sources: notes on UTDF data in PTV Visum's help; Trafficware, Synchro Studio user guide, appendix on UTDF, as quoted in
open converters: facts of the format only.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.exchange import (
    HEADINGS,
    TURNS,
    UNCONTROLLED,
    Exchange,
    Movement,
    NemaUnit,
    Node,
    NodeKind,
    NodeTiming,
    Reference,
    Street,
)
from signal_ctrl.gateways.utdf_tables import Record, read_tables
from signal_ctrl.gateways.utdf_units import Units, check_units, units_of

NEEDED: Final = ("Network", "Nodes", "Links", "Lanes", "Timeplans", "Phases")
COLUMNS: Final = frozenset(heading + turn for heading in HEADINGS for turn in TURNS)
_HIGHEST: Final = 16
_UNIT: Final = re.compile(r"D([1-9]|1[0-6])")

Rows = dict[tuple[int, str], Record]
"""Records by node and name, in lower case."""


def exchange_from_utdf(text: str, source: str = "UTDF") -> Exchange:
    """Return the network of a combined UTDF file.

    Raises: InvalidInputError, one line with source, line and node, for missing sections, units that are missing or
    cannot be right, nodes or records that occur twice, negative volumes and times that do not fit.
    """
    tables = read_tables(text, source)
    missing = [name for name in NEEDED if not tables.get(name)]
    if missing:
        raise InvalidInputError(f"{source} has no section [{missing[0]}]")
    first = {name: tables[name][0] for name in NEEDED}
    links, lanes = _rows(first["Links"]), _rows(first["Lanes"])
    units = units_of(first["Network"], source)
    check_units(units, links, lanes)
    try:
        return Exchange(
            nodes=tuple(_node(record, units) for record in first["Nodes"]),
            streets=tuple(_streets(links, units)),
            movements=tuple(_movements(lanes)),
            nema_units=tuple(_nema_units(_rows(first["Phases"]))),
            timings=tuple(_timings(tables["Timeplans"])),
        )
    except InvalidInputError as error:
        said = str(error)
        raise type(error)(said if said.startswith(source) else f"{source}: {said}") from error


def _rows(records: Iterable[Record]) -> Rows:
    found: Rows = {}
    for record in records:
        key = (record.node, record.name.lower())
        if key in found:
            raise record.fail("occurs twice for this node")
        found[key] = record
    return found


def _node(record: Record, units: Units) -> Node:
    number = record.whole("TYPE")
    kinds = {kind.value: kind for kind in NodeKind}
    if number not in kinds:
        raise record.fail(f"TYPE is {number}; 0 to 4 are possible")
    x, y = record.number("X"), record.number("Y")
    if x is None or y is None:
        raise record.fail("has no X or Y")
    return Node(record.node, kinds[number], units.to_m(x), units.to_m(y), record.cells.get("DESCRIPTION", ""))


def _streets(links: Rows, units: Units) -> Iterator[Street]:
    for (node, name), record in links.items():
        if name not in ("up id", "up node"):
            continue
        for heading in record.cells:
            if heading not in HEADINGS:
                raise record.fail(f"the heading {heading:.20} is none of {', '.join(HEADINGS)}")
            length, speed = (_needed(links, node, row, heading, record) for row in ("distance", "speed"))
            lanes, title = links.get((node, "lanes")), links.get((node, "name"))
            yield Street(
                node=node,
                heading=heading,
                up_node=record.whole(heading) or 0,
                lanes=(lanes.whole(heading) if lanes is not None else None) or 0,
                length_m=units.to_m(length),
                speed_mps=units.to_mps(speed),
                name=title.cells.get(heading, "") if title is not None else "",
            )


def _needed(rows: Rows, node: int, name: str, column: str, known: Record) -> float:
    record = rows.get((node, name))
    value = record.number(column) if record is not None else None
    if value is None:
        raise (record or known).fail(f"{column} has no {name}")
    return value


def _movements(lanes: Rows) -> Iterator[Movement]:
    for (node, name), record in lanes.items():
        if name not in ("up node", "up id"):
            continue
        for key in record.cells:
            if key in COLUMNS:
                yield _movement(lanes, node, key, record)


def _movement(lanes: Rows, node: int, key: str, record: Record) -> Movement:
    def value(name: str, otherwise: float) -> float:
        row = lanes.get((node, name))
        found = row.number(key) if row is not None else None
        return otherwise if found is None else found

    to_node, n_lanes, shared = (_whole(lanes, node, name, key) for name in ("dest node", "lanes", "shared"))
    if to_node is None:
        raise record.fail(f"{key} has no Dest Node")
    volume = value("volume", 0.0)
    if volume < 0:
        raise lanes[node, "volume"].fail(f"{key} has {volume:g} vehicles per hour; volumes are 0 or more")
    return Movement(
        node=node,
        key=key,
        up_node=record.whole(key) or 0,
        to_node=to_node,
        lanes=n_lanes or 0,
        shared=shared or 0,
        volume_veh_h=volume,
        protected=_numbers(lanes, node, "phase", key),
        permitted=_numbers(lanes, node, "permphase", key),
        peak_factor=value("phf", 1.0),
        growth=value("growth", 100.0) / 100,
        heavy_ratio=value("heavyvehicles", 0.0) / 100,
    )


def _whole(rows: Rows, node: int, name: str, column: str) -> int | None:
    record = rows.get((node, name))
    return record.whole(column) if record is not None else None


def _numbers(lanes: Rows, node: int, name: str, key: str) -> tuple[int, ...]:
    found = [_whole(lanes, node, f"{name}{k}", key) for k in range(1, 5)]
    numbers = tuple(n for n in found if n)
    wrong = [n for n in numbers if n != UNCONTROLLED and not 1 <= n <= _HIGHEST]
    if wrong:
        raise InvalidInputError(
            f"node {node} {key}: its {name.capitalize()} rows name {wrong[0]}; 1 to {_HIGHEST} are possible"
        )
    return numbers


def _nema_units(rows: Rows) -> Iterator[NemaUnit]:
    for (node, name), record in rows.items():
        if name != "brp":
            continue
        for column in record.cells:
            if _UNIT.fullmatch(column) is None:
                raise record.fail(f"the column {column:.20} is none of D1 to D{_HIGHEST}")
            if _cell(rows, node, "maxgreen", column) is not None or _cell(rows, node, "start", column) is not None:
                yield _nema_unit(rows, node, column, record)


def _cell(rows: Rows, node: int, name: str, column: str) -> float | None:
    record = rows.get((node, name))
    return record.number(column) if record is not None else None


def _nema_unit(rows: Rows, node: int, column: str, record: Record) -> NemaUnit:
    def time_s(name: str) -> float:
        return _cell(rows, node, name, column) or 0.0

    brp = record.cells[column]
    if not (brp.isdecimal() and len(brp) == 3):
        raise record.fail(f"{column} is '{brp:.20}'; barrier, ring and position are three digits")
    return NemaUnit(
        node=node,
        number=int(column[1:]),
        barrier=int(brp[0]),
        ring=int(brp[1]),
        position=int(brp[2]),
        min_green_s=time_s("mingreen"),
        max_green_s=time_s("maxgreen"),
        amber_s=time_s("yellow"),
        all_red_s=time_s("allred"),
        walk_s=time_s("walk"),
        clearance_s=time_s("dontwalk"),
        start_s=_cell(rows, node, "start", column),
        end_s=_cell(rows, node, "end", column),
    )


def _timings(tables: Sequence[Sequence[Record]]) -> Iterator[NodeTiming]:
    """Yield the timing of each node; a second section may give other offsets."""
    found: defaultdict[int, dict[str, Record]] = defaultdict(dict)
    for table in tables:
        for (node, name), record in _rows(table).items():
            found[node][name] = record
    for node, rows in found.items():
        cycle = rows.get("cycle length")
        cycle_s = cycle.number("DATA") if cycle is not None else None
        if cycle_s is None:
            raise next(iter(rows.values())).fail("the node has no Cycle Length")
        to = _data(rows, "referenced to", 0.0)
        if to not in {reference.value for reference in Reference}:
            raise rows["referenced to"].fail(f"{to:g}; 0 to 4 are possible")
        number = int(_data(rows, "reference phase", 0.0))
        numbers = tuple(n for n in (number // 100, number % 100) if n)
        yield NodeTiming(node, cycle_s, _data(rows, "offset", 0.0), Reference(int(to)), numbers)


def _data(rows: dict[str, Record], name: str, otherwise: float) -> float:
    record = rows.get(name)
    value = record.number("DATA") if record is not None else None
    return otherwise if value is None else value
