"""From streets, volumes and timing to a combined UTDF file, version 8."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from signal_ctrl.gateways.exchange import HEADINGS, TURNS, Exchange, Movement, NemaUnit, NodeKind, NodeTiming, Street
from signal_ctrl.gateways.utdf_units import Units

VERSION: Final = 8
_LANE_WIDTH_M: Final = 3.6
_LEAST_COLUMNS: Final = 8
_USUAL: Final = ("NB", "SB", "EB", "WB")

Row = Sequence[str]


def exchange_to_utdf(exchange: Exchange, metric: bool = True) -> str:
    """Return the combined UTDF file of a network, in metres and km/h or in feet and mph.

    Volumes are rounded to whole vehicles per hour, lengths, speeds and times to a tenth.
    """
    units = Units(metric)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for rows in (_network(units), _nodes(exchange, units), _links(exchange, units), _lanes(exchange, units),
                 _timeplans(exchange), _nema_phases(exchange)):  # fmt: skip
        writer.writerows(rows)
        writer.writerow(())
    return out.getvalue()


def _number(value: float, digits: int = 1) -> str:
    """Return a figure without needless zeros.

    >>> _number(30.0), _number(4.26), _number(-0.01)
    ('30', '4.3', '0')
    """
    text = f"{round(value, digits) + 0.0:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _network(units: Units) -> Iterator[Row]:
    yield ("[Network]",)
    yield ("Network Settings",)
    yield ("RECORDNAME", "DATA")
    yield ("UTDFVERSION", str(VERSION))
    yield ("Metric", "1" if units.metric else "0")
    yield ("DefWidth", _number(units.from_m(_LANE_WIDTH_M)))


def _nodes(exchange: Exchange, units: Units) -> Iterator[Row]:
    yield ("[Nodes]",)
    yield ("Node Data",)
    yield ("INTID", "TYPE", "X", "Y", "Z", "DESCRIPTION")
    for node in exchange.nodes:
        place = (_number(units.from_m(node.x_m)), _number(units.from_m(node.y_m)), "0")
        yield (str(node.node), str(node.kind.value), *place, node.name)


def _links(exchange: Exchange, units: Units) -> Iterator[Row]:
    used = {street.heading for street in exchange.streets}
    columns = [heading for heading in HEADINGS if heading in used or heading in _USUAL]
    yield ("[Links]",)
    yield ("Link Data",)
    yield ("RECORDNAME", "INTID", *columns)
    for node in exchange.nodes:
        own = {street.heading: street for street in exchange.streets if street.node == node.node}
        for name, cell in _STREET_ROWS if own else ():
            yield (name, str(node.node), *(cell(own[c], units) if c in own else "" for c in columns))


_STREET_ROWS: Final[tuple[tuple[str, Callable[[Street, Units], str]], ...]] = (
    ("Up ID", lambda street, _: str(street.up_node)),
    ("Lanes", lambda street, _: str(street.lanes)),
    ("Name", lambda street, _: street.name),
    ("Distance", lambda street, units: _number(units.from_m(street.length_m))),
    ("Speed", lambda street, units: _number(units.from_mps(street.speed_mps))),
    ("Time", lambda street, _: _number(street.length_m / street.speed_mps)),
)


def _lanes(exchange: Exchange, units: Units) -> Iterator[Row]:
    used = {movement.key for movement in exchange.movements} | {h + t for h in _USUAL for t in ("L", "T", "R")}
    columns = [heading + turn for heading in HEADINGS for turn in TURNS if heading + turn in used]
    yield ("[Lanes]",)
    yield ("Lane Group Data",)
    yield ("RECORDNAME", "INTID", *columns, "PED", "HOLD")
    width = _number(units.from_m(_LANE_WIDTH_M))
    for node in exchange.nodes:
        own = {movement.key: movement for movement in exchange.movements if movement.node == node.node}
        for name, cell in _movement_rows(own.values(), width):
            yield (name, str(node.node), *(cell(own[c]) if c in own else "" for c in columns), "", "")


def _movement_rows(movements: Iterable[Movement], width: str) -> Iterator[tuple[str, Callable[[Movement], str]]]:
    own = list(movements)
    if not own:
        return
    yield "Up Node", lambda m: str(m.up_node)
    yield "Dest Node", lambda m: str(m.to_node)
    yield "Lanes", lambda m: str(m.lanes)
    yield "Shared", lambda m: str(m.shared)
    yield "Width", lambda m: width if m.lanes else ""
    for k in range(max([1, *(len(m.protected) for m in own)])):
        yield f"Phase{k + 1}", partial(_nth, lambda m: m.protected, k)
    for k in range(max(len(m.permitted) for m in own)):
        yield f"PermPhase{k + 1}", partial(_nth, lambda m: m.permitted, k)
    yield "Volume", lambda m: _number(m.volume_veh_h, 0)
    yield "PHF", lambda m: _number(m.peak_factor, 2)
    yield "Growth", lambda m: _number(100 * m.growth)
    yield "HeavyVehicles", lambda m: _number(100 * m.heavy_ratio)


def _nth(numbers_of: Callable[[Movement], Sequence[int]], k: int, movement: Movement) -> str:
    numbers = numbers_of(movement)
    return str(numbers[k]) if k < len(numbers) else ""


def _timeplans(exchange: Exchange) -> Iterator[Row]:
    yield ("[Timeplans]",)
    yield ("Timing Plan Settings",)
    yield ("RECORDNAME", "INTID", "DATA")
    for timing in exchange.timings:
        for name, text in _timing_rows(timing):
            yield (name, str(timing.node), text)


def _timing_rows(timing: NodeTiming) -> Iterator[tuple[str, str]]:
    yield "Control Type", "0"
    yield "Cycle Length", _number(timing.cycle_s)
    yield "Lock Timings", "1"
    yield "Referenced To", str(timing.to.value)
    numbers = timing.referenced[:2]
    yield "Reference Phase", str(100 * numbers[0] + numbers[1] if len(numbers) == 2 else sum(numbers))
    yield "Offset", _number(timing.offset_s)
    yield "Master", "0"
    yield "Yield", "0"
    yield "Node 0", str(timing.node)


def _nema_phases(exchange: Exchange) -> Iterator[Row]:
    highest = max([_LEAST_COLUMNS, *(unit.number for unit in exchange.nema_units)])
    yield ("[Phases]",)
    yield ("Phasing Data",)
    yield ("RECORDNAME", "INTID", *(f"D{k}" for k in range(1, highest + 1)))
    for node in exchange.nodes:
        own = {unit.number: unit for unit in exchange.units_of(node.node)}
        if node.kind is NodeKind.SIGNAL and own:
            for name, cell in _UNIT_ROWS:
                yield (name, str(node.node), *(cell(own[k]) if k in own else "" for k in range(1, highest + 1)))


def _time(value_s: float | None) -> str:
    return "" if value_s is None else _number(value_s)


_UNIT_ROWS: Final[tuple[tuple[str, Callable[[NemaUnit], str]], ...]] = (
    ("BRP", lambda unit: f"{unit.barrier}{unit.ring}{unit.position}"),
    ("MinGreen", lambda unit: _number(unit.min_green_s)),
    ("MaxGreen", lambda unit: _number(unit.max_green_s)),
    ("Yellow", lambda unit: _number(unit.amber_s)),
    ("AllRed", lambda unit: _number(unit.all_red_s)),
    ("Recall", lambda _: "3"),
    ("Walk", lambda unit: _number(unit.walk_s) if unit.walk_s else ""),
    ("DontWalk", lambda unit: _number(unit.clearance_s) if unit.walk_s else ""),
    ("MinSplit", lambda unit: _number(unit.min_green_s + unit.amber_s + unit.all_red_s)),
    ("Start", lambda unit: _time(unit.start_s)),
    ("End", lambda unit: _time(unit.end_s)),
)
