"""Car parks of a SUMO network, `parkingArea`, as facilities of the parking service."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.gateways.parking_files import name_of
from signal_ctrl.parking.facilities import Entrance, Facilities, Facility, FacilityKind, Section, Sensing, SpaceKind
from sumo_scenarios import catalogue
from sumo_scenarios.city_feed.road_network import roads_of
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.xml_input import elements

_SENSING: Final = {"spaces": Sensing.SPACES, "gates": Sensing.NONE}


def facilities_of(scenario: str, sensing: str = "spaces", timezone: str = "Asia/Shanghai") -> Facilities:
    """Return the parking areas of a catalogue name or a `.sumocfg`, each as one facility.

    Those on the road (`onRoad`) are kerbs, the others car parks with a gate each way if the gates count. A facility is
    entered where its area ends on its edge, which is a road of `roads_of`.

    Args: sensing, `spaces` or `gates`, what is to count.
    Raises: InvalidInputError if there is none, or none can be read.
    """
    if sensing not in _SENSING:
        raise InvalidInputError(f"--sensing is spaces or gates, got '{sensing}'")
    config = read_configuration(catalogue.resolve(scenario).config)
    roads = roads_of(scenario)
    found = tuple(_facilities(config.additional, roads, sensing))
    if not found:
        raise InvalidInputError(f"{scenario} has no parkingArea on a road for motor vehicles")
    return Facilities(found, timezone)


def _facilities(files: tuple[Path, ...], roads: RoadNetwork, sensing: str) -> Iterator[Facility]:
    for path in files:
        for _, element in elements(path):
            if element.tag != "parkingArea":
                continue
            edge = element.attrib["lane"].rpartition("_")[0]
            capacity = int(element.get("roadsideCapacity", "0")) + len(element.findall("space"))
            if edge in roads.index and capacity:
                yield _facility(dict(element.attrib), edge, capacity, roads, sensing)


def _facility(given: dict[str, str], edge: str, capacity: int, roads: RoadNetwork, sensing: str) -> Facility:
    road, name = roads.of(edge), name_of(given["id"])
    begin_m, end_m = (
        _position_m(given.get("startPos"), 0.0, road.length_m),
        _position_m(given.get("endPos"), road.length_m, road.length_m),
    )
    is_kerb = given.get("onRoad", "false") in ("1", "true", "yes")
    by_gates = sensing == "gates" and not is_kerb
    digits = len(str(capacity))
    numbers = tuple(f"{number:0{digits}d}" for number in range(1, capacity + 1))
    seen = Sensing.NONE if by_gates else Sensing.SPACES
    title = given.get("name", name)
    return Facility(
        facility=name,
        name=title,
        name_en=title,
        kind=FacilityKind.KERB if is_kerb else FacilityKind.CAR_PARK,
        place=_along(road.shape, (begin_m + end_m) / 2 / road.length_m),
        entrances=(Entrance(edge, round(end_m, 1)),),
        sections=(Section("main", SpaceKind.GENERAL, numbers, sensing=seen),),
        gates=(f"{name}-in", f"{name}-out") if by_gates else (),
        district=road.district,
    )


def _position_m(text: str | None, otherwise: float, length_m: float) -> float:
    """Return a position on a lane; SUMO counts negative ones from its end. [m]"""
    given = otherwise if text is None else float(text)
    return min(max(given if given >= 0 else length_m + given, 0.0), length_m)


def _along(shape: tuple[LonLat, ...], share: float) -> LonLat:
    """Return the place at a share of a road's axis, its pieces taken as equally long in degrees."""
    lengths = [abs(b[0] - a[0]) + abs(b[1] - a[1]) for a, b in pairwise(shape)]
    left = share * sum(lengths)
    for (a, b), length in zip(pairwise(shape), lengths, strict=True):
        if left <= length and length > 0:
            part = left / length
            return a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])
        left -= length
    return shape[-1]
