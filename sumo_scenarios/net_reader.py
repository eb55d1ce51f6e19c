"""A SUMO network read into values: edges, lanes, connections, junctions with their foes, programmes."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.programmes import Programme, read_programme
from sumo_scenarios.xml_input import elements

_MOTORISED: Final = frozenset({"passenger", "private", "bus", "taxi", "truck", "delivery", "hov", "emergency", "coach"})


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane. [m], [m/s]"""

    lane_id: str
    edge_id: str
    length_m: float
    speed_mps: float
    motorised: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge; `function` is empty for a street, else internal, crossing, walkingarea or connector."""

    edge_id: str
    from_node: str
    to_node: str
    function: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """Lane to lane. `signal` and `link` are empty and -1 where no signal controls it."""

    from_lane: str
    to_lane: str
    via: str
    signal: str
    link: int
    direction: str


@dataclass(frozen=True, slots=True)
class Junction:
    """One node: its internal lanes in the order of its requests, and who is whose foe and yields to whom."""

    junction_id: str
    kind: str
    position: tuple[float, float]
    internal_lanes: tuple[str, ...]
    foes: tuple[str, ...]
    responses: tuple[str, ...]


@dataclass(frozen=True)
class Net:
    """The network. Bit j, counted from the right, of `foes[i]` says that requests i and j meet."""

    path: Path
    left_hand: bool
    edges: dict[str, Edge]
    lanes: dict[str, Lane]
    connections: tuple[Connection, ...]
    junctions: dict[str, Junction]
    programmes: tuple[Programme, ...]

    @cached_property
    def outgoing(self) -> dict[str, tuple[Connection, ...]]:
        """Connections by the lane they leave."""
        return _grouped(self.connections, "from_lane")

    @cached_property
    def incoming(self) -> dict[str, tuple[Connection, ...]]:
        """Connections of streets by the lane they enter."""
        return _grouped([c for c in self.connections if not c.from_lane.startswith(":")], "to_lane")

    @cached_property
    def signal_links(self) -> dict[str, tuple[Connection, ...]]:
        """Controlled connections by signal."""
        found: dict[str, list[Connection]] = defaultdict(list)
        for connection in self.connections:
            if connection.signal:
                found[connection.signal].append(connection)
        return {signal: tuple(links) for signal, links in found.items()}

    @cached_property
    def request_of(self) -> dict[str, tuple[str, int]]:
        """Junction and request index by internal lane."""
        return {
            lane: (junction.junction_id, index)
            for junction in self.junctions.values()
            if junction.kind != "internal"
            for index, lane in enumerate(junction.internal_lanes)
        }

    @cached_property
    def _onward(self) -> dict[str, str]:
        return {c.from_lane: c.via for c in self.connections if c.from_lane.startswith(":") and c.via}

    def place(self, connection: Connection) -> tuple[str, int] | None:
        """Return junction and request index of a connection; a split turn is listed by its last internal lane."""
        lane = connection.via or connection.to_lane
        for _ in range(8):
            if lane in self.request_of:
                return self.request_of[lane]
            if lane not in self._onward:
                return None
            lane = self._onward[lane]
        return None

    def inner_length_m(self, connection: Connection) -> float:
        """Return the length of a connection inside its junction. [m]"""
        return sum(self.lanes[lane].length_m for lane in self.inner_lanes(connection))

    def inner_lanes(self, connection: Connection) -> tuple[str, ...]:
        """Return the lanes of a connection inside its junction, the last one first."""
        found, lane = [], connection.via
        while lane in self.lanes and lane not in found:
            found.append(lane)
            lane = self._onward.get(lane, "")
        return tuple(reversed(found))


def _grouped(connections: "list[Connection] | tuple[Connection, ...]", key: str) -> dict[str, tuple[Connection, ...]]:
    found: dict[str, list[Connection]] = defaultdict(list)
    for connection in connections:
        found[getattr(connection, key)].append(connection)
    return {lane: tuple(items) for lane, items in found.items()}


def read_net(path: Path) -> Net:
    """Return the network of a file, plain or gzip'd.

    Raises: InvalidInputError if it is damaged or no SUMO network.
    """
    edges: dict[str, Edge] = {}
    connections: list[Connection] = []
    junctions: dict[str, Junction] = {}
    programmes: list[Programme] = []
    root: Element | None = None
    try:
        for event, element in elements(path, ("start", "end")):
            root = element if root is None else root
            if event == "start":
                continue
            if element.tag == "edge":
                edges[element.attrib["id"]] = _edge(element)
            elif element.tag == "connection":
                connections.append(_connection(element))
            elif element.tag == "junction":
                junctions[element.attrib["id"]] = _junction(element)
            elif element.tag == "tlLogic":
                programmes.append(read_programme(element, str(path)))
            else:
                continue
            element.clear()
    except (KeyError, ValueError) as error:
        raise InvalidInputError(f"{path} is not a SUMO network: {type(error).__name__} {error}") from error
    if root is None or root.tag != "net":
        raise InvalidInputError(f"{path} is not a SUMO network: its root is <{root.tag if root is not None else ''}>")
    lanes = {lane.lane_id: lane for edge in edges.values() for lane in edge.lanes}
    left_hand = root.get("lefthand") in ("true", "1")
    return Net(path, left_hand, edges, lanes, tuple(connections), junctions, tuple(programmes))


def _edge(element: Element) -> Edge:
    edge_id = element.attrib["id"]
    lanes = tuple(
        Lane(
            lane_id=lane.attrib["id"],
            edge_id=edge_id,
            length_m=float(lane.attrib["length"]),
            speed_mps=max(float(lane.attrib["speed"]), 0.1),
            motorised=_motorised(lane),
        )
        for lane in element.findall("lane")
    )
    return Edge(edge_id, element.get("from", ""), element.get("to", ""), element.get("function", ""), lanes)


def _motorised(lane: Element) -> bool:
    allow, disallow = lane.get("allow"), lane.get("disallow")
    if allow is not None:
        return allow == "all" or bool(_MOTORISED & set(allow.split()))
    return disallow is None or not (disallow == "all" or set(disallow.split()) >= _MOTORISED)


def _connection(element: Element) -> Connection:
    signal = element.get("tl", "")
    return Connection(
        from_lane=f"{element.attrib['from']}_{element.attrib['fromLane']}",
        to_lane=f"{element.attrib['to']}_{element.attrib['toLane']}",
        via=element.get("via", ""),
        signal=signal,
        link=int(element.attrib["linkIndex"]) if signal else -1,
        direction=element.get("dir", ""),
    )


def _junction(element: Element) -> Junction:
    requests = sorted(element.findall("request"), key=lambda r: int(r.attrib["index"]))
    return Junction(
        junction_id=element.attrib["id"],
        kind=element.get("type", ""),
        position=(float(element.get("x", 0.0)), float(element.get("y", 0.0))),
        internal_lanes=tuple(element.get("intLanes", "").split()),
        foes=tuple(r.attrib["foes"] for r in requests),
        responses=tuple(r.attrib["response"] for r in requests),
    )


def bit(row: str, index: int) -> bool:
    """Return bit `index`, counted from the right, of a request's row."""
    return index < len(row) and row[-1 - index] == "1"
