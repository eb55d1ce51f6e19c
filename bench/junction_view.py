"""The shape of one signalled junction, from the network file: what a drawing of its stages needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.written import tags

Point = tuple[float, float]
Line = tuple[Point, ...]

_COMPASS: Final = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_TURNS: Final = {
    "l": ("←", "left"), "L": ("↖", "half left"), "s": ("↑", "straight on"), "R": ("↗", "half right"),
    "r": ("→", "right"), "t": ("↶", "U-turn"), "T": ("↷", "U-turn"),
}  # fmt: skip
_ORDER: Final = "tlLsRrT"
_MAX_VIA: Final = 8
_END_M: Final = 9.0


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link: its way through the junction [m], its arm and its turn; crossings are for pedestrians."""

    index: int
    from_edge: str
    bearing: str
    turn: str
    path: Line
    crossing: bool

    @property
    def arm(self) -> str:
        """The key of the arm it comes from."""
        return f"{self.bearing}|{self.from_edge}"


@dataclass(frozen=True, slots=True)
class JunctionView:
    """One signal: its links in order, the areas of its nodes and the lanes that lead in and out. [m]"""

    signal: str
    links: tuple[LinkView, ...]
    areas: tuple[Line, ...]
    lanes: tuple[tuple[Line, float], ...]

    def label(self, group: Sequence[int]) -> str:
        """Return where the links of a group come from and go, short."""
        links = [link for link in self.links if link.index in group]
        if not links:
            return f"link {', '.join(map(str, group))}"
        if all(link.crossing for link in links):
            return f"{links[0].bearing} crossing"
        turns = sorted({link.turn for link in links if link.turn in _TURNS}, key=_ORDER.index)
        return f"{links[0].bearing} {''.join(_TURNS[turn][0] for turn in turns)}"

    def words(self, group: Sequence[int]) -> str:
        """Return the same in words, for those who hear the page."""
        links = [link for link in self.links if link.index in group]
        turns = sorted({link.turn for link in links if link.turn in _TURNS}, key=_ORDER.index)
        return f"from {links[0].bearing if links else '?'}: {', '.join(_TURNS[turn][1] for turn in turns)}"


@dataclass(slots=True)
class _Net:
    shapes: dict[str, tuple[Line, float]]
    connections: dict[str, list[dict[str, str]]]
    onward: dict[str, str]
    areas: dict[str, Line]
    nodes: dict[str, tuple[str, str]]
    left_hand: bool = False


def read_view(net: Path, signal: str) -> JunctionView:
    """Return the shape of a signal's junction. Raises: as `read_views`."""
    return read_views(net, (signal,))[signal]


def read_views(net: Path, signals: Sequence[str]) -> dict[str, JunctionView]:
    """Return the shapes of the junctions of some signals; the network is read once.

    Raises: BackendError if the network is missing or damaged; InvalidInputError if it lacks one of the signals.
    """
    found = _read(net)
    missing = [signal for signal in signals if signal not in found.connections]
    if missing:
        raise InvalidInputError(f"{net} has no signal {missing[0]}")
    return {signal: _view(found, signal) for signal in signals}


def _view(found: _Net, signal: str) -> JunctionView:
    own = found.connections[signal]
    links = tuple(sorted((_link(found, item) for item in own), key=lambda link: link.index))
    nodes = {found.nodes[item["from"]][1] for item in own if item["from"] in found.nodes}
    lanes = {f"{item['from']}_{item['fromLane']}" for item in own}
    lanes |= {f"{item['to']}_{item['toLane']}" for item in own}
    return JunctionView(
        signal=signal,
        links=links,
        areas=tuple(found.areas[node] for node in sorted(nodes) if len(found.areas.get(node, ())) > 2),
        lanes=tuple(found.shapes[lane] for lane in sorted(lanes) if lane in found.shapes and not lane.startswith(":")),
    )


def _read(net: Path) -> _Net:
    found = _Net({}, {}, {}, {}, {})
    for tag, attributes in tags(net):
        if tag == "lane":
            found.shapes[attributes["id"]] = (
                line_of(attributes.get("shape", "")),
                float(attributes.get("width", 3.2)),
            )
        elif tag == "junction":
            found.areas[attributes["id"]] = line_of(attributes.get("shape", ""))
        elif tag == "edge":
            found.nodes[attributes["id"]] = (attributes.get("from", ""), attributes.get("to", ""))
        elif tag == "connection":
            _take_connection(found, attributes)
    return found


def _take_connection(found: _Net, attributes: dict[str, str]) -> None:
    if attributes.get("tl"):
        found.connections.setdefault(attributes["tl"], []).append(attributes)
    if attributes["from"].startswith(":") and "via" in attributes:
        found.onward[f"{attributes['from']}_{attributes['fromLane']}"] = attributes["via"]


def _link(found: _Net, item: dict[str, str]) -> LinkView:
    crossing = item["from"].startswith(":")
    start = f"{item['from']}_{item['fromLane']}"
    target = f"{item['to']}_{item['toLane']}"
    path = found.shapes.get(target, ((), 0.0))[0] if crossing else _path(found, start, item.get("via", ""), target)
    approach = path if crossing else found.shapes.get(start, ((), 0.0))[0]
    return LinkView(int(item["linkIndex"]), item["from"], _bearing(approach), item.get("dir", ""), path, crossing)


def _path(found: _Net, start: str, via: str, target: str) -> Line:
    """Return the way over a junction with its ends, following a split turn through its internal lanes."""
    points = list(reversed(_first_part(found.shapes.get(start, ((), 0.0))[0][::-1])))
    for _ in range(_MAX_VIA):
        if not via:
            break
        points += found.shapes.get(via, ((), 0.0))[0]
        via = found.onward.get(via, "")
    points += _first_part(found.shapes.get(target, ((), 0.0))[0])
    return tuple(point for k, point in enumerate(points) if k == 0 or math.dist(point, points[k - 1]) > 0.05)


def _first_part(line: Line) -> list[Point]:
    """Return the first metres of a lane."""
    part: list[Point] = list(line[:1])
    left_m = _END_M
    for start, stop in pairwise(line):
        length_m = math.dist(start, stop)
        share = min(1.0, left_m / length_m) if length_m > 0 else 0.0
        part.append((start[0] + share * (stop[0] - start[0]), start[1] + share * (stop[1] - start[1])))
        left_m -= length_m
        if left_m <= 0:
            break
    return part


def _bearing(line: Line) -> str:
    """Return the direction a lane comes from, as seen from its end."""
    if len(line) < 2:
        return "?"
    tip = line[-1]
    behind = next((point for point in reversed(line[:-1]) if math.dist(point, tip) > 20.0), line[0])
    angle = math.degrees(math.atan2(behind[0] - tip[0], behind[1] - tip[1])) % 360
    return _COMPASS[round(angle / 45) % 8]


def line_of(shape: str) -> Line:
    """Return the points of a shape as SUMO writes it. [m]"""
    points = (corner.split(",") for corner in shape.split())
    return tuple((float(point[0]), float(point[1])) for point in points)
