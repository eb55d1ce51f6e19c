"""Networks written by hand, for tests that read files and start nothing."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from signal_ctrl.domain.profile import PUBLISHED, SafetyProfile
from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.programmes import Programme, Step
from sumo_scenarios.world import World, build_world

Link = tuple[str, str, int]
"""From lane, to lane, link index."""

ROWS = (("30", "GGrr"), ("3", "yyrr"), ("2", "rrrr"), ("20", "rrGG"), ("4", "rryy"))


def lane_row(lane: str, length_m: float, speed_mps: float, more: str = "") -> str:
    index = lane.rsplit("_", 1)[1]
    return f'<lane id="{lane}" index="{index}" speed="{speed_mps}" length="{length_m}" {more}/>'


def edge_row(
    name: str, nodes: tuple[str, str], lanes: int = 1, length_m: float = 200.0, speed_mps: float = 13.89, more: str = ""
) -> str:
    rows = "".join(lane_row(f"{name}_{i}", length_m, speed_mps, more) for i in range(lanes))
    return f'<edge id="{name}" from="{nodes[0]}" to="{nodes[1]}">{rows}</edge>'


def matrix(pairs: Iterable[tuple[int, int]], n: int) -> list[str]:
    """Return rows of bits; pair (i, j) sets bit j of row i, counted from the right."""
    found = set(pairs)
    return ["".join("1" if (i, j) in found else "0" for j in reversed(range(n))) for i in range(n)]


def logic_row(signal: str, rows: Sequence[tuple[str, str]], name: str = "0", kind: str = "static") -> str:
    shown = "".join(f'<phase duration="{duration}" state="{state}"/>' for duration, state in rows)
    return f'<tlLogic id={quoteattr(signal)} type="{kind}" programID="{name}" offset="0">{shown}</tlLogic>'


def node_text(
    node: str,
    links: Sequence[Link],
    foes: Iterable[tuple[int, int]],
    yields: Iterable[tuple[int, int]],
    signal: str,
    inner_m: float = 12.0,
) -> tuple[str, str, str]:
    """Return internal edges, connections and the junction of a node, with one request per link, in order."""
    pairs = list(foes)
    both = matrix([*pairs, *((j, i) for i, j in pairs)], len(links))
    gives = matrix(yields, len(links))
    inner = "".join(
        f'<edge id=":{node}_{k}" function="internal">{lane_row(f":{node}_{k}_0", inner_m, 10.0)}</edge>'
        for k in range(len(links))
    )
    connections = ""
    for k, (start, end, link) in enumerate(links):
        (a, i), (b, j) = (lane.rsplit("_", 1) for lane in (start, end))
        control = f' tl={quoteattr(signal)} linkIndex="{link}"' if signal else ""
        connections += (
            f'<connection from="{a}" to="{b}" fromLane="{i}" toLane="{j}" via=":{node}_{k}_0" dir="s"{control}/>'
            f'<connection from=":{node}_{k}" to="{b}" fromLane="0" toLane="{j}" dir="s"/>'
        )
    requests = "".join(
        f'<request index="{k}" response="{gives[k]}" foes="{both[k]}" cont="0"/>' for k in range(len(links))
    )
    lanes = " ".join(f":{node}_{k}_0" for k in range(len(links)))
    junction = f'<junction id="{node}" type="traffic_light" x="0" y="0" intLanes="{lanes}">{requests}</junction>'
    return inner, connections, junction


def net_text(edges: str, parts: Sequence[tuple[str, str, str]], programmes: str) -> str:
    inner, connections, junctions = ("".join(column) for column in zip(*parts, strict=True))
    return f'<net version="1.20">{inner}{edges}{programmes}{junctions}{connections}</net>'


def crossroads(rows: Sequence[tuple[str, str]] = ROWS, signal: str = "C", more: str = "") -> str:
    """Return two one-way streets: 0 W-E, 1 W-N (turns left), 2 S-N, 3 S-E (turns right).

    0 meets 2 and, on the exit, 3; 1 meets 2 on the exit.
    """
    nodes = {"WC": ("W", "C"), "SC": ("S", "C"), "CE": ("C", "E"), "CN": ("C", "N")}
    edges = "".join(edge_row(name, ends) for name, ends in nodes.items())
    links = [("WC_0", "CE_0", 0), ("WC_0", "CN_0", 1), ("SC_0", "CN_0", 2), ("SC_0", "CE_0", 3)]
    part = node_text("C", links, [(0, 2), (0, 3), (1, 2)], [(3, 0), (1, 2)], signal)
    return net_text(edges, [part], logic_row(signal, rows) + more)


def write_net(folder: Path, text: str) -> Path:
    path = folder / "town.net.xml"
    path.write_text(text, encoding="utf-8")
    return path


def net_of(folder: Path, text: str) -> Net:
    return read_net(write_net(folder, text))


def write_town(folder: Path, net: str | None = None, additional: str | None = None, options: str = "") -> Path:
    """Write a configuration with its files and return it."""
    write_net(folder, crossroads() if net is None else net)
    files = '<net-file value="town.net.xml"/>'
    (folder / "town.rou.xml").write_text(
        '<routes><flow id="f" from="WC" to="CE" begin="0" end="60" number="9"/></routes>'
    )
    files += '<route-files value="town.rou.xml"/>'
    if additional is not None:
        (folder / "town.add.xml").write_text(f"<additional>{additional}</additional>", encoding="utf-8")
        files += '<additional-files value="town.add.xml"/>'
    config = folder / "town.sumocfg"
    config.write_text(f"<configuration>{files}<end value='60'/>{options}</configuration>", encoding="utf-8")
    return config


def world_of(
    config: Path, profile: SafetyProfile = PUBLISHED, times_s: tuple[float | None, float | None] = (None, None),
    loops: Path | None = None,
) -> World:  # fmt: skip
    scenario = Scenario("town", config, "", "", "", False)
    return build_world(scenario, profile, *times_s, loops)


def programme(rows: Sequence[tuple[float, str]], following: Mapping[int, int] | None = None) -> Programme:
    steps = tuple(
        Step(t, t, t, state, ((following or {})[i],) if i in (following or {}) else ())
        for i, (t, state) in enumerate(rows)
    )
    return Programme("C", "0", "static", 0.0, steps, "")
