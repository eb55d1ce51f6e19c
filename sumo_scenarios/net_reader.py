"""A SUMO network read into values: edges, lanes, connections, junctions with their foes, programmes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.programmes import Programme, read_programme, writes
from sumo_scenarios.xml_input import elements

MAX_LENGTH_M: Final = 1e6
MAX_SPEED_MPS: Final = 1000.0
MAX_LINKS: Final = 1000
_MOTORISED: Final = frozenset(
    [
        "passenger",
        "private",
        "bus",
        "taxi",
        "truck",
        "trailer",
        "delivery",
        "hov",
        "emergency",
        "coach",
        "motorcycle",
        "moped",
        "evehicle",
        "authority",
        "army",
        "vip",
    ]
)


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane. [m], [m/s] `bicycles`: theirs alone, or shared with people on foot."""

    lane_id: str
    edge_id: str
    length_m: float
    speed_mps: float
    motorised: bool
    bicycles: bool = False


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
    """The network. Bit j, counted from the right, of `foes[i]` says that requests i and j meet.

    `writes` tells that its programmes name files to be written.
    """

    path: Path
    left_hand: bool
    edges: dict[str, Edge]
    lanes: dict[str, Lane]
    connections: tuple[Connection, ...]
    junctions: dict[str, Junction]
    programmes: tuple[Programme, ...]
    writes: bool = False

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
        """Controlled connections by signal; at a level crossing the rails have a signal, but no lamp."""
        found: dict[str, list[Connection]] = defaultdict(list)
        for connection in self.connections:
            if connection.signal and connection.link >= 0:
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
        """Return junction and request index of a connection; a split turn is listed by its last inner lane."""
        crosses = self.function_of(connection.from_lane) == "crossing"
        lane = connection.from_lane if crosses else connection.via or connection.to_lane
        for _ in range(8):
            if lane in self.request_of:
                return self.request_of[lane]
            if lane not in self._onward:
                return None
            lane = self._onward[lane]
        return None

    def function_of(self, lane_id: str) -> str:
        """Return the function of a lane's edge, empty for a street or an unknown lane."""
        lane = self.lanes.get(lane_id)
        return self.edges[lane.edge_id].function if lane is not None else ""

    def is_crossing(self, connection: Connection) -> bool:
        """Return whether a connection lets walkers onto a crossing, from either of its ends."""
        ends = (connection.to_lane, connection.from_lane)
        return any(self.function_of(lane) == "crossing" for lane in ends)

    def crossing_length_m(self, connection: Connection) -> float:
        """Return the length of the crossing of a connection. [m]"""
        ends = (connection.to_lane, connection.from_lane)
        return max(self.lanes[lane].length_m for lane in ends if self.function_of(lane) == "crossing")

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


def _grouped(connections: Sequence[Connection], key: str) -> dict[str, tuple[Connection, ...]]:
    found: dict[str, list[Connection]] = defaultdict(list)
    for connection in connections:
        found[getattr(connection, key)].append(connection)
    return {lane: tuple(items) for lane, items in found.items()}


def read_net(path: Path) -> Net:
    """Return the network of a file, plain or gzip'd.

    Raises: InvalidInputError if it is damaged or no SUMO network.
    """
    parts = _Parts(str(path))
    root: Element | None = None
    try:
        for _, element in elements(path):
            root = element
            parts.take(element)
    except (KeyError, ValueError, OverflowError) as error:
        raise InvalidInputError(f"{path} is not a SUMO network: {type(error).__name__} {error}") from error
    if root is None or root.tag != "net":
        name = root.tag if root is not None else ""
        raise InvalidInputError(f"{path} is not a SUMO network: its root is <{name}>")
    net = parts.net(path, left_hand=root.get("lefthand") in ("true", "1"))
    _check(net)
    return net


class _Parts:
    """What has been read so far."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._edges: dict[str, Edge] = {}
        self._connections: list[Connection] = []
        self._junctions: dict[str, Junction] = {}
        self._programmes: list[Programme] = []
        self._writes = False

    def take(self, element: Element) -> None:
        """Take in an element if it is one that counts."""
        if element.tag == "edge":
            self._edges[element.attrib["id"]] = _edge(element)
        elif element.tag == "connection":
            self._connections.append(_connection(element))
        elif element.tag == "junction":
            self._junctions[element.attrib["id"]] = _junction(element)
        elif element.tag == "tlLogic":
            self._programmes.append(read_programme(element, self._source))
            self._writes |= writes(element)
        else:
            return
        element.clear()

    def net(self, path: Path, left_hand: bool) -> Net:
        """Return the network."""
        lanes = {lane.lane_id: lane for edge in self._edges.values() for lane in edge.lanes}
        parts = (self._edges, lanes, tuple(self._connections), self._junctions, tuple(self._programmes))
        return Net(path, left_hand, *parts, self._writes)


def _check(net: Net) -> None:
    """Refuse lanes without an extent, and signals' connections that lead from or to nowhere."""
    for lane in net.lanes.values():
        if not (0 < lane.length_m < MAX_LENGTH_M and lane.speed_mps < MAX_SPEED_MPS):
            raise InvalidInputError(
                f"{net.path}: lane {lane.lane_id} is {lane.length_m:g} m long, with {lane.speed_mps:g} m/s"
            )
    for connection in net.connections:
        for lane_id in (connection.from_lane, connection.to_lane, *([connection.via] if connection.via else [])):
            if lane_id not in net.lanes:
                raise InvalidInputError(f"{net.path}: a connection names lane {lane_id}, which does not exist")
        if connection.via and connection.via not in net.outgoing:
            raise InvalidInputError(f"{net.path}: no connection leads on from the inner lane {connection.via}")
        if connection.link >= MAX_LINKS:
            raise InvalidInputError(
                f"{net.path}: signal {connection.signal} has link {connection.link}; {MAX_LINKS - 1} is the highest"
            )


def _edge(element: Element) -> Edge:
    edge_id = element.attrib["id"]
    lanes = tuple(
        Lane(
            lane_id=lane.attrib["id"],
            edge_id=edge_id,
            length_m=float(lane.attrib["length"]),
            speed_mps=_speed_mps(lane),
            motorised=_motorised(lane),
            bicycles=not _motorised(lane) and "bicycle" in (lane.get("allow") or "").split(),
        )
        for lane in element.findall("lane")
    )
    return Edge(edge_id, element.get("from", ""), element.get("to", ""), element.get("function", ""), lanes)


def _speed_mps(lane: Element) -> float:
    speed_mps = float(lane.attrib["speed"])
    return speed_mps if not speed_mps < 0.1 else 0.1


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
