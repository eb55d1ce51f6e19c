"""Networks of our own making, of kinds that the catalogue lacks: each a town in a few lines, with an hour's demand.

They stand for streets that nobody tuned for: wide arterials on a new town's grid, T-junctions in a row, five legs, a
roundabout beside signals, and streets of 40 m between signals. Programmes are those that netconvert computes.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.whole_file import check_new, new_folder
from sumo_scenarios.plain_net import URBAN_MPS, Plain, write_rows
from sumo_scenarios.town_names import TOWN_NAMES

QUARTERS: Final = (0.8, 1.1, 1.2, 0.9)
"""How much of the mean demand each quarter of the hour has."""
QUARTER_S: Final = 900
WIDE_MPS: Final = 16.67
LIGHT: Final = "traffic_light"

Arm = tuple[str, float, float, int, float]
"""Node that it leads to, place of its outer end [m], lanes, vehicles an hour that come in."""


@dataclass
class Town:
    """Roads, and the gates of its demand, by name: edge inwards, edge outwards, vehicles an hour that come in."""

    plain: Plain = field(default_factory=Plain)
    gates: dict[str, tuple[str, str, float]] = field(default_factory=dict)

    def gate(self, name: str, node: str, veh_h: float) -> None:
        """Let vehicles come and go by the road between a node at the edge and one of the town."""
        self.gates[name] = (f"{name}{node}", f"{node}{name}", veh_h)

    def arms(self, arms: Mapping[str, Arm]) -> None:
        """Add roads that lead out of the town, each with a gate at its end."""
        for name, (node, x, y, lanes, veh_h) in arms.items():
            self.plain.node(name, x, y)
            self.plain.road(name, node, lanes)
            self.gate(name, node, veh_h)

    def flows(self) -> Iterator[tuple[str, str, float]]:
        """Yield first edge, last edge, vehicles an hour: from each gate to each other one, by the weights of both."""
        for name, (inwards, _, veh_h) in self.gates.items():
            others = [gate for other, gate in self.gates.items() if other != name]
            total = sum(weight for _, _, weight in others)
            for _, outwards, weight in others:
                yield inwards, outwards, veh_h * weight / total


def new_town() -> Town:
    """Three by three arterials with lanes for left turns, 350 to 500 m apart."""
    town, xs, ys = Town(), (0.0, 420.0, 920.0), (0.0, 350.0, 800.0)
    plain = town.plain
    for i, x in enumerate(xs):
        for j, y in enumerate(ys):
            plain.node(f"J{i}{j}", x, y, LIGHT)
    for j, y in enumerate(ys):
        plain.node(f"W{j}", -350.0, y)
        plain.node(f"E{j}", xs[-1] + 350.0, y)
        _chain(plain, [f"W{j}", *(f"J{i}{j}" for i in range(3)), f"E{j}"], 3, WIDE_MPS)
        town.gate(f"W{j}", f"J0{j}", 620.0)
        town.gate(f"E{j}", f"J2{j}", 560.0)
    for i, x in enumerate(xs):
        plain.node(f"S{i}", x, -350.0)
        plain.node(f"N{i}", x, ys[-1] + 350.0)
        _chain(plain, [f"S{i}", *(f"J{i}{j}" for j in range(3)), f"N{i}"], 2)
        town.gate(f"S{i}", f"J{i}0", 380.0)
        town.gate(f"N{i}", f"J{i}2", 340.0)
    for i in range(3):
        for j in range(3):
            west, east = (f"J{i - 1}{j}" if i else f"W{j}"), (f"J{i + 1}{j}" if i < 2 else f"E{j}")
            south, north = (f"J{i}{j - 1}" if j else f"S{i}"), (f"J{i}{j + 1}" if j < 2 else f"N{i}")
            _left_lanes(plain, f"J{i}{j}", (west, south, east, north), (3, 2, 3, 2))
    plain.options = ("--tls.left-green.time", "10", "--default.junctions.radius", "8")
    return town


def tees() -> Town:
    """Five T-junctions in a row, 130 to 260 m apart, their side streets on either hand."""
    town, xs = Town(), (0.0, 180.0, 310.0, 570.0, 760.0)
    plain = town.plain
    plain.node("W", -400.0, 0.0)
    plain.node("E", xs[-1] + 400.0, 0.0)
    for i, x in enumerate(xs):
        plain.node(f"T{i}", x, 0.0, LIGHT)
        plain.node(f"B{i}", x, 300.0 if i % 2 else -300.0)
        plain.road(f"T{i}", f"B{i}", 1)
        town.gate(f"B{i}", f"T{i}", 290.0)
    _chain(plain, ["W", *(f"T{i}" for i in range(len(xs))), "E"], 2)
    town.gate("W", "T0", 820.0)
    town.gate("E", "T4", 760.0)
    return town


def five_legs() -> Town:
    """A junction of five streets between two of four."""
    town = Town()
    plain = town.plain
    for name, x in (("A", -240.0), ("C", 0.0), ("B", 200.0)):
        plain.node(name, x, 0.0, LIGHT)
    arms: dict[str, Arm] = {
        "W": ("A", -600.0, 0.0, 2, 500.0), "E": ("B", 600.0, 0.0, 2, 460.0), "N": ("C", 60.0, 380.0, 2, 350.0),
        "S": ("C", 0.0, -380.0, 2, 340.0), "D": ("C", -280.0, 280.0, 1, 240.0), "P": ("A", -240.0, 320.0, 1, 200.0),
        "Q": ("A", -240.0, -320.0, 1, 180.0), "R": ("B", 200.0, 320.0, 1, 200.0), "T": ("B", 200.0, -320.0, 1, 190.0),
    }  # fmt: skip
    town.arms(arms)
    _chain(plain, ["A", "C", "B"], 2)
    return town


def roundabout() -> Town:
    """A roundabout of one lane, 130 and 150 m from the signals on either side of it."""
    town = Town()
    plain = town.plain
    plain.node("A", -170.0, 0.0, LIGHT)
    plain.node("B", 190.0, 0.0, LIGHT)
    ring = {"r": (-22.0, 0.0), "q": (0.0, -22.0), "p": (22.0, 0.0), "o": (0.0, 22.0)}
    for name, (x, y) in ring.items():
        plain.node(name, x, y, "priority")
    around = [*ring, "r"]
    for start, end in itertools.pairwise(around):
        plain.edge(start, end, 1, 'priority="9"', 8.33)
    plain.road("A", "r")
    plain.road("B", "p")
    arms: dict[str, Arm] = {
        "W": ("A", -520.0, 0.0, 2, 310.0), "E": ("B", 540.0, 0.0, 2, 290.0), "N": ("o", 0.0, 350.0, 1, 190.0),
        "S": ("q", 0.0, -350.0, 1, 180.0), "P": ("A", -170.0, 320.0, 1, 170.0), "Q": ("A", -170.0, -320.0, 1, 170.0),
        "R": ("B", 190.0, 320.0, 1, 170.0), "T": ("B", 190.0, -320.0, 1, 160.0),
    }  # fmt: skip
    town.arms(arms)
    return town


def short_links() -> Town:
    """Two main roads that cross a pair of streets 40 m apart: signals with one-lane links of 40 m between them."""
    town, xs, ys = Town(), (0.0, 60.0), (0.0, 300.0)
    plain = town.plain
    for j, y in enumerate(ys):
        plain.node(f"W{j}", -400.0, y)
        plain.node(f"E{j}", 460.0, y)
        for i, x in enumerate(xs):
            plain.node(f"K{i}{j}", x, y, LIGHT)
        plain.road(f"W{j}", f"K0{j}", 2)
        plain.road(f"K0{j}", f"K1{j}", 1)
        plain.road(f"K1{j}", f"E{j}", 2)
        town.gate(f"W{j}", f"K0{j}", 250.0)
        town.gate(f"E{j}", f"K1{j}", 240.0)
    for i, x in enumerate(xs):
        plain.node(f"S{i}", x, -350.0)
        plain.node(f"N{i}", x, 650.0)
        _chain(plain, [f"S{i}", f"K{i}0", f"K{i}1", f"N{i}"], 1)
        town.gate(f"S{i}", f"K{i}0", 150.0)
        town.gate(f"N{i}", f"K{i}1", 140.0)
    return town


_MAKERS: Final[Mapping[str, Callable[[], Town]]] = {
    "new-town": new_town,
    "tees": tees,
    "five-legs": five_legs,
    "roundabout": roundabout,
    "short-links": short_links,
}
TOWNS: Final[Mapping[str, tuple[Callable[[], Town], str]]] = {
    name: (_MAKERS[name], text) for name, text in TOWN_NAMES.items()
}


def make_all(folder: Path) -> list[Path]:
    """Write every town into a folder of its name; return their configurations.

    Raises: as `make_scenario`, before anything is written if one of the folders exists.
    """
    for name in TOWNS:
        check_new(folder / name)
    return [make_scenario(name, folder / name) for name in TOWNS]


def make_scenario(name: str, folder: Path) -> Path:
    """Write a town's files into a new folder, all or none, and return its configuration.

    Raises: InvalidInputError for a name that is none, or a folder that exists or cannot be made; BackendError if
    netconvert fails.
    """
    if name not in TOWNS:
        raise InvalidInputError(f"no network '{name}' can be made; there are {', '.join(TOWNS)}")
    with new_folder(folder) as made:
        _write(name, TOWNS[name][0](), made)
    return folder / f"{name}.sumocfg"


def _write(name: str, town: Town, folder: Path) -> None:
    net = town.plain.build(folder, f"{name}.net.xml")
    flows = [
        f'<flow id="{first}-{last}-{k}" type="car" from="{first}" to="{last}" begin="{k * QUARTER_S}" '
        f'end="{(k + 1) * QUARTER_S}" period="exp({veh_h * share / 3600:.6f})" departLane="best" departSpeed="max"/>'
        for k, share in enumerate(QUARTERS)
        for first, last, veh_h in town.flows()
    ]
    car = '<vType id="car" speedFactor="normc(1,0.1,0.2,2)" minGap="2.5" tau="1.2"/>'
    write_rows(folder / f"{name}.rou.xml", "routes", [car, *flows])
    rows = (
        f'<input><net-file value="{net.name}"/><route-files value="{name}.rou.xml"/></input>',
        f'<time><begin value="0"/><end value="{len(QUARTERS) * QUARTER_S}"/></time>',
        '<processing><time-to-teleport value="-1"/></processing>',
    )
    write_rows(folder / f"{name}.sumocfg", "configuration", rows)


def _chain(plain: Plain, names: list[str], lanes: int, speed: float = URBAN_MPS) -> None:
    """Add roads from each node to the next."""
    for start, end in itertools.pairwise(names):
        plain.road(start, end, lanes, "", speed)


def _left_lanes(plain: Plain, node: str, arms: tuple[str, str, str, str], lanes: tuple[int, int, int, int]) -> None:
    """Give each arm of a crossing, anticlockwise, a lane that turns left and others that do not."""
    for k, arm in enumerate(arms):
        right, ahead, left = (arms[(k + turn) % 4] for turn in (1, 2, 3))
        ways = [(0, right, 0), (lanes[k] - 1, left, lanes[(k + 3) % 4] - 1)]
        ways += [(lane, ahead, lane) for lane in range(lanes[k] - 1)]
        plain.connections += [
            f'<connection from="{arm}{node}" to="{node}{to}" fromLane="{lane}" toLane="{onto}"/>'
            for lane, to, onto in ways
        ]
