"""Small networks for the quirks of users' files, built with netconvert from plain XML; nothing here is committed."""

import gzip
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from sumo_scenarios.plain_net import Plain

ARMS = {"W": (-300, 0), "E": (300, 0), "N": (0, 300), "S": (0, -300)}


def cross(lanes: int = 2, kind: str = "traffic_light", centre: str = "C", options: Sequence[str] = ()) -> Plain:
    """Return a junction of four arms, the main road west to east."""
    plain = Plain(options=tuple(options))
    plain.node(centre, 0, 0, kind)
    for arm, (x, y) in ARMS.items():
        plain.node(arm, x, y)
        plain.road(arm, centre, lanes if arm in "WE" else 1)
    return plain


def dual(kind: str = "traffic_light", gap_m: float = 16.0, chain: bool = False) -> Plain:
    """Return a dual carriageway and a side road: two nodes, or three in a chain, under one signal."""
    plain = Plain(options=("--junctions.corner-detail", "2"))
    nodes = ["A", "B", "D"] if chain else ["A", "B"]
    for index, name in enumerate(nodes):
        plain.node(name, 0, index * gap_m, kind, 'tl="J"')
        west, east = f"W{name}", f"E{name}"
        plain.node(west, -300, index * gap_m)
        plain.node(east, 300, index * gap_m)
        first, last = (west, east) if index % 2 == 0 else (east, west)
        plain.edge(first, name, 2)
        plain.edge(name, last, 2)
    for one, other in pairwise(nodes):
        plain.road(one, other, 2)
    plain.node("S", 0, -300)
    plain.node("N", 0, 300 + gap_m)
    plain.road("S", nodes[0])
    plain.road(nodes[-1], "N")
    return plain


def walked(lanes: int = 1) -> Plain:
    """Return a junction of four arms with sidewalks and crossings."""
    return cross(lanes, options=("--sidewalks.guess", "true", "--crossings.guess", "true"))


def midblock() -> Plain:
    """Return a road with a signalled crossing for walkers."""
    plain = Plain(options=("--sidewalks.guess", "true"))
    plain.node("W", -300, 0)
    plain.node("C", 0, 0, "traffic_light")
    plain.node("E", 300, 0)
    plain.road("W", "C", 1)
    plain.road("C", "E", 1)
    plain.connections.append('<crossing node="C" edges="WC CW" priority="1"/>')
    return plain


def rails() -> Plain:
    """Return a road with a level crossing, rail signals on the track, and a normal signal beyond."""
    plain = cross(1)
    plain.node("X", 150, 0, "rail_crossing")
    for name in ("EC", "CE"):
        del plain.edges[name]
    plain.road("C", "X")
    plain.road("X", "E")
    plain.node("RN", 150, 400)
    plain.node("RS", 150, -400)
    plain.node("RM", 150, 200, "rail_signal")
    rail = 'allow="rail"'
    plain.edge("RN", "RM", 1, rail)
    plain.edge("RM", "X", 1, rail)
    plain.edge("X", "RS", 1, rail)
    return plain


def logic(signal: str, name: str, rows: Iterable[str], kind: str = "static", more: str = "", offset: str = "0") -> str:
    """Return a `tlLogic` of rows such as `30 GGrr` or `5-50 GGrr next="2"`."""
    lines = [f'<tlLogic id="{signal}" type="{kind}" programID="{name}" offset="{offset}">{more}']
    for row in rows:
        times, state, *others = row.split(" ", 2)
        shortest, _, longest = times.partition("-")
        limits = f' minDur="{shortest}" maxDur="{longest}"' if longest else ""
        lines.append(f'<phase duration="{shortest}" state="{state}"{limits} {" ".join(others)}/>')
    return "\n".join([*lines, "</tlLogic>"])


def states(net: Path, signal: str) -> list[tuple[float, str]]:
    """Return (duration [s], state) of the first programme that a network has for a signal."""
    text = net.read_text(encoding="utf-8")
    found = re.search(rf'<tlLogic id="{re.escape(signal)}".*?</tlLogic>', text, re.DOTALL)
    assert found is not None
    rows = re.findall(r'<phase duration="([\d.]+)"\s+state="(\w+)"', found[0])
    return [(float(duration), state) for duration, state in rows]


def flows(pairs: Iterable[tuple[str, str]], veh_h: float = 300.0, end_s: float = 600.0, begin_s: float = 0.0) -> str:
    """Return a demand of steady flows between edges."""
    rows = [
        f'<flow id="{start}-{end}" from="{start}" to="{end}" begin="{begin_s:g}" end="{end_s:g}" '
        f'vehsPerHour="{veh_h:g}" departLane="best" departSpeed="max"/>'
        for start, end in pairs
    ]
    return "<routes>\n" + "\n".join(rows) + "\n</routes>\n"


def walks(pairs: Iterable[tuple[str, str]], per_h: float = 120.0, end_s: float = 600.0) -> str:
    """Return walkers between edges."""
    rows = [
        f'<personFlow id="p{start}-{end}" begin="0" end="{end_s:g}" perHour="{per_h:g}">'
        f'<walk from="{start}" to="{end}"/></personFlow>'
        for start, end in pairs
    ]
    return "<routes>\n" + "\n".join(rows) + "\n</routes>\n"


def all_ways(names: str = "WENS", centre: str = "C") -> list[tuple[str, str]]:
    """Return every way from one arm to another."""
    return [(f"{a}{centre}", f"{centre}{b}") for a in names for b in names if a != b]


def write_config(
    folder: Path,
    net: str = "town.net.xml",
    routes: str = "",
    additional: str = "",
    options: str = "",
    end_s: float = 600.0,
    begin_s: float = 0.0,
) -> Path:
    """Write routes, additional file and configuration beside a network; return the configuration."""
    files = f'<net-file value="{net}"/>'
    if routes:
        (folder / "town.rou.xml").write_text(routes, encoding="utf-8")
        files += '<route-files value="town.rou.xml"/>'
    if additional:
        text = f"<additional>\n{additional}\n</additional>\n"
        (folder / "town.add.xml").write_text(text, encoding="utf-8")
        files += '<additional-files value="town.add.xml"/>'
    config = folder / "town.sumocfg"
    config.write_text(
        f"<configuration><input>{files}</input><time><begin value='{begin_s:g}'/><end value='{end_s:g}'/></time>"
        f"{options}</configuration>",
        encoding="utf-8",
    )
    return config


def packed(path: Path) -> Path:
    """Replace a file by its gzip'd form."""
    target = path.with_name(path.name + ".gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return target
