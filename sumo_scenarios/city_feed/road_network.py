"""The roads of a SUMO network: one road an edge that motor vehicles use, with loops and readers on a share of them."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import LonLat, Road, RoadLoop, RoadNetwork, RoadReader, RoadTurn
from sumo_scenarios import catalogue
from sumo_scenarios.city_feed.green_share import Greens, greens_of
from sumo_scenarios.city_feed.road_class import class_of
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.earth import Earth, earth_of
from sumo_scenarios.net_reader import Connection, Edge, Lane, Net, read_net
from sumo_scenarios.switching import Additional, read_additional
from sumo_scenarios.xml_input import elements

SATURATION_VEH_H: Final = 1800.0
"""What one lane lets go in an hour of green. Source: HCM base saturation flow of 1,900, less a usual 5 %."""
GIVE_WAY: Final = 0.5
"""Share of it where who leaves has to give way."""
LOOP_M: Final = 2.0
STOP_GAP_M: Final = 5.5
"""From the loop to the stop line: a vehicle that stands first covers it, and has left it when it leaves the road; at
the line itself SUMO's detectors lose up to a third of who turns.
"""
ENTRY_M: Final = 10.0
SHORT_M: Final = 30.0
"""A road shorter than this has a loop at its stop line only."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """Which share of the roads has loops, and readers of tags, 0 to 1; `salt` draws other roads."""

    loops_share: float = 0.5
    readers_share: float = 0.0
    salt: str = ""

    def __post_init__(self) -> None:
        if not (0 <= self.loops_share <= 1 and 0 <= self.readers_share <= 1):
            raise InvalidInputError("the share of roads with loops, or readers, is 0 to 1")

    def has_loops(self, road: str) -> bool:
        """Tell whether a road has loops; the same ones every time."""
        return _draw(f"loops {self.salt} {road}") < self.loops_share

    def has_reader(self, road: str) -> bool:
        """Tell whether a road has a reader; the same ones every time."""
        return _draw(f"reader {self.salt} {road}") < self.readers_share


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the network's file says of an edge besides what counts for control."""

    kind: str
    name: str
    shapes: Mapping[str, tuple[LonLat, ...]]


def roads_of(scenario: str, equipment: Equipment | None = None) -> RoadNetwork:
    """Return the roads of a catalogue name, a `.sumocfg`, or a network file.

    Raises: InvalidInputError if it cannot be read or has no road for motor vehicles.
    """
    if scenario.endswith((".net.xml", ".net.xml.gz")):
        return network_of(read_net(Path(scenario)), equipment=equipment)
    config = read_configuration(catalogue.resolve(scenario).config)
    return network_of(read_net(config.net), read_additional(config.additional), config.begin_s or 0.0, equipment)


def network_of(
    net: Net, additional: Additional | None = None, begin_s: float = 0.0, equipment: Equipment | None = None
) -> RoadNetwork:
    """Return the roads of a network that was read. Args: begin_s, when its programmes are looked at. [s]

    Raises: InvalidInputError if it has no road for motor vehicles.
    """
    equipment = equipment or Equipment()
    drawn = _read_drawn(net.path)
    greens = greens_of(net, additional, begin_s)
    roads = tuple(_road(net, edge, drawn[edge.edge_id], greens) for edge in road_edges(net))
    if not roads:
        raise InvalidInputError(f"{net.path} has no road for motor vehicles")
    loops = [loop for road in roads if equipment.has_loops(road.road) for loop in _loops(road)]
    readers = [_reader(road) for road in roads if equipment.has_reader(road.road)]
    return RoadNetwork(roads, tuple(_turns(net, greens)), tuple(loops), tuple(readers))


def road_edges(net: Net) -> list[Edge]:
    """Return the edges that are roads."""
    return [edge for edge in net.edges.values() if not edge.function and motor_lanes(edge)]


def motor_lanes(edge: Edge) -> list[Lane]:
    """Return the lanes of motor vehicles, from the outside in: lane 0 of a road is the first of them."""
    return [lane for lane in edge.lanes if lane.motorised]


def _draw(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def _road(net: Net, edge: Edge, drawn: _Drawn, greens: Greens) -> Road:
    lanes = motor_lanes(edge)
    speed_mps = max(lane.speed_mps for lane in lanes)
    outgoing = [c for lane in lanes for c in net.outgoing.get(lane.lane_id, ())]
    return Road(
        road=edge.edge_id,
        from_node=edge.from_node,
        to_node=edge.to_node,
        length_m=round(max(lane.length_m for lane in lanes), 2),
        lanes=len(lanes),
        free_speed_mps=round(speed_mps, 3),
        capacity_veh_h=round(max(sum(_lane_capacity(net, lane, greens) for lane in lanes), 1.0), 1),
        road_class=class_of(drawn.kind, speed_mps, len(lanes)),
        shape=drawn.shapes[lanes[len(lanes) // 2].lane_id],
        signal=next((c.signal for c in outgoing if c.signal), ""),
        name=drawn.name,
    )


def _lane_capacity(net: Net, lane: Lane, greens: Greens) -> float:
    """Return how many vehicles of one lane pass its end in an hour. [veh/h]"""
    ways = _ways(net, lane)
    if not ways:
        return SATURATION_VEH_H
    signals = [c for c in ways if c.signal]
    if signals:
        return SATURATION_VEH_H * greens.share(signals)
    return SATURATION_VEH_H * (GIVE_WAY if all(_yields(net, c) for c in ways) else 1.0)


def _ways(net: Net, lane: Lane) -> list[Connection]:
    return [c for c in net.outgoing.get(lane.lane_id, ()) if c.to_lane in net.lanes and net.lanes[c.to_lane].motorised]


def _yields(net: Net, connection: Connection) -> bool:
    place = net.place(connection)
    if place is None:
        return False
    responses = net.junctions[place[0]].responses
    return place[1] < len(responses) and "1" in responses[place[1]]


def _turns(net: Net, greens: Greens) -> Iterator[RoadTurn]:
    found: dict[tuple[str, str], list[Connection]] = defaultdict(list)
    for edge in road_edges(net):
        for lane in motor_lanes(edge):
            for way in _ways(net, lane):
                found[edge.edge_id, net.lanes[way.to_lane].edge_id].append(way)
    for (from_road, to_road), ways in found.items():
        if net.edges[from_road].to_node == net.edges[to_road].from_node:
            minor = all(greens.is_minor(c) if c.signal else _yields(net, c) for c in ways)
            yield RoadTurn(from_road, to_road, len({c.from_lane for c in ways}), minor)


def _loops(road: Road) -> Iterator[RoadLoop]:
    """Yield loops at the stop line of each lane, and at the upstream end of a road that is long enough."""
    is_long = road.length_m >= SHORT_M
    length_m = min(LOOP_M, road.length_m / 2)
    gap_m = STOP_GAP_M if is_long else min(STOP_GAP_M, (road.length_m - length_m) / 2)
    places = [("stop", max(road.length_m - gap_m - length_m, 0.0))]
    if is_long:
        places.append(("entry", ENTRY_M))
    for lane in range(road.lanes):
        for end, position_m in places:
            yield RoadLoop(f"{road.road}/{lane}/{end}", road.road, lane, round(position_m, 2), round(length_m, 2))


def _reader(road: Road) -> RoadReader:
    return RoadReader(f"{road.road}/reader", road.road, round(road.length_m / 2, 2))


def earth_of_net(path: Path) -> Earth:
    """Return where a network lies on earth; nowhere where it does not say."""
    for _, element in elements(path):
        if element.tag == "location":
            return earth_of(element.get("netOffset", "0,0"), element.get("projParameter", "!"))
    return Earth(0, False, (0.0, 0.0))


def _read_drawn(path: Path) -> dict[str, _Drawn]:
    earth, found = Earth(0, False, (0.0, 0.0)), {}
    for _, element in elements(path):
        if element.tag == "location":
            earth = earth_of(element.get("netOffset", "0,0"), element.get("projParameter", "!"))
        elif element.tag == "edge" and not element.get("function"):
            shapes = {lane.attrib["id"]: _shape(earth, lane.get("shape", "")) for lane in element.findall("lane")}
            found[element.attrib["id"]] = _Drawn(element.get("type", ""), element.get("name", ""), shapes)
            element.clear()
    return found


def _shape(earth: Earth, text: str) -> tuple[LonLat, ...]:
    places = [part.split(",") for part in text.split()]
    return tuple(_rounded(earth.degrees(float(place[0]), float(place[1]))) for place in places)


def _rounded(place: LonLat) -> LonLat:
    if not all(math.isfinite(each) for each in place):
        raise InvalidInputError("the network has a place that lies nowhere")
    return round(place[0], 7), round(place[1], 7)
