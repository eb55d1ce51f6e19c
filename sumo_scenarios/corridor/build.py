"""The files of the corridor: plain XML to edit, net with programmes, a day's demand, bus stops, configuration."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sumo_scenarios.corridor.network import roads
from sumo_scenarios.corridor.programmes import programme_rows
from sumo_scenarios.corridor.routes import Route, turn_loads, ways
from sumo_scenarios.corridor.street_plan import ACCESSES, STOPS_EAST, STOPS_WEST, pieces
from sumo_scenarios.corridor.timetable import (
    STOP_FROM_M,
    STOP_TO_M,
    TYPES,
    buses,
    cars,
    lines,
    route_rows,
)
from sumo_scenarios.corridor.travel import Pair, gates, trips
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.plain_net import Plain, crossings_of, write_rows

NAME: Final = "corridor"
BEGIN_S: Final = 24300
END_S: Final = 28800
"""What a run takes if it is not told otherwise: the morning's peak hour, and a quarter of an hour to fill the road."""
TLL: Final = "plain.tll.xml"
FILES: Final = (
    *(f"{NAME}.{kind}" for kind in ("net.xml", "rou.xml", "add.xml", "sumocfg")),
    *("plain.nod.xml", "plain.edg.xml", "plain.con.xml", TLL, "make-net.sh"),
)
"""Everything that is written."""
_COMMENT: Final = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def write_corridor(folder: Path) -> Path:
    """Write every file into a folder and return the configuration.

    Raises: BackendError if netconvert fails; OSError if the folder cannot be written.
    """
    plain = roads()
    bare = plain.build(folder, f"{NAME}.net.xml")
    net = read_net(bare)
    places = gates(ends())
    tables = (trips(places, morning=True), trips(places, morning=False))
    way_of = ways(net, places)
    loads = [turn_loads(table, way_of) for table in tables]
    _with_programmes(plain, folder, programme_rows(net, crossings_of(bare), loads))
    net = read_net(bare)
    stops = dict(_stops(net))
    write_rows(folder / f"{NAME}.add.xml", "additional", stops.values())
    vehicles = sorted([*cars(tables), *buses(dict(_places_m(net, way_of)))], key=lambda row: row[0])
    write_rows(folder / f"{NAME}.rou.xml", "routes", [*TYPES, *route_rows(way_of), *(row for _, row in vehicles)])
    return _configuration(folder)


def ends() -> dict[str, Pair]:
    """Return edge inwards and outwards of the ends of the trunk road and of the yards."""
    east, west = pieces(True), pieces(False)
    found = {"W": ("".join(east[0][:2]), "".join(west[-1][:2])), "E": ("".join(west[0][:2]), "".join(east[-1][:2]))}
    return found | {a.name: (f"G{a.name[1:]}{a.name}", f"{a.name}G{a.name[1:]}") for a in ACCESSES}


def _with_programmes(plain: Plain, folder: Path, rows: Iterator[str]) -> None:
    """Make the net again with the programmes in it."""
    write_rows(folder / TLL, "tlLogics", rows)
    plain.options += ("--tllogic-files", TLL)
    net = plain.build(folder, f"{NAME}.net.xml")
    net.write_text(_COMMENT.sub("", net.read_text(encoding="utf-8")), encoding="utf-8")  # date and place of making
    files = ("-n", "plain.nod.xml", "-e", "plain.edg.xml", "-x", "plain.con.xml", "-o", net.name)
    command = shlex.join(("netconvert", "--no-turnarounds", "true", *files, *plain.options))
    script = f'#!/bin/sh\n# Makes the net again after the plain files were edited.\ncd "$(dirname "$0")" && {command}\n'
    (folder / "make-net.sh").write_text(script, encoding="utf-8")


def _stop_places() -> dict[str, str]:
    """Return the edge of each bus stop."""
    found: dict[str, str] = {}
    for name, signals, eastbound in (("east", STOPS_EAST, True), ("west", STOPS_WEST, False)):
        behind = {start: start + end for start, end, _ in pieces(eastbound)}
        found |= {f"{name}{i}": behind[f"K{i}"] for i in signals}
    return found


def _stops(net: Net) -> Iterator[tuple[str, str]]:
    for name, edge in _stop_places().items():
        to_m = min(STOP_TO_M, net.edges[edge].lanes[1].length_m - 5.0)
        from_m = to_m - (STOP_TO_M - STOP_FROM_M)
        yield name, f'<busStop id="{name}" lane="{edge}_1" startPos="{from_m:.1f}" endPos="{to_m:.1f}"/>'


def _places_m(net: Net, way_of: Mapping[Pair, Route]) -> Iterator[tuple[str, float]]:
    """Yield by line and stop how far the stop is from the begin of the line's way. [m]"""
    stop_at = {edge: name for name, edge in _stop_places().items()}
    for line in lines():
        driven_m = 0.0
        for edge in way_of[line.ends]:
            if edge in stop_at:
                yield f"{line.name} {stop_at[edge]}", driven_m + STOP_TO_M
            driven_m += net.edges[edge].lanes[-1].length_m


def _configuration(folder: Path) -> Path:
    rows = (
        f'<input><net-file value="{NAME}.net.xml"/><route-files value="{NAME}.rou.xml"/>'
        f'<additional-files value="{NAME}.add.xml"/></input>',
        f'<time><begin value="{BEGIN_S}"/><end value="{END_S}"/></time>',
        '<processing><time-to-teleport value="-1"/></processing>',
    )
    write_rows(folder / f"{NAME}.sumocfg", "configuration", rows)
    return folder / f"{NAME}.sumocfg"
