"""The units of a city and their bases: at the places that the scenario marks, else spread over its signals."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.watch.dispatch.unit_file import FORMAT
from signal_ctrl.watch.dispatch.units import UnitKind
from signal_ctrl.watch.special.corridor import VehicleClass
from sumo_scenarios.city_demo.city import DISTRICT, City
from sumo_scenarios.xml_input import elements

POI: Final = "poi"
MARKED: Final = {"fire_station": UnitKind.FIRE, "hospital": UnitKind.AMBULANCE, "police": UnitKind.PATROL}
"""Which kind of unit has its base at a point of interest of a type."""
FLEET: Final = (
    (UnitKind.FIRE, 1), (UnitKind.AMBULANCE, 2), (UnitKind.PATROL, 2), (UnitKind.TOW, 1), (UnitKind.MAINTENANCE, 1),
)  # fmt: skip
CLASSES: Final = {
    UnitKind.FIRE: VehicleClass.FIRE,
    UnitKind.AMBULANCE: VehicleClass.AMBULANCE,
    UnitKind.PATROL: VehicleClass.POLICE,
}
"""Units that are registered as special vehicles."""
LEAST_M: Final = 60.0
"""A base lies on a road of this length at least."""


@dataclass(frozen=True, slots=True)
class Base:
    """A unit and where it is at home."""

    unit: str
    kind: UnitKind
    home: LonLat


def bases_of(city: City, additional: Sequence[Path]) -> tuple[Base, ...]:
    """Return the units of a city. Args: additional, the files in which the scenario marks places."""
    marked: dict[UnitKind, list[LonLat]] = {}
    for kind, place in _marks(city, additional):
        marked.setdefault(kind, []).append(place)
    spread = spread_over(tuple(city.signals.values()), sum(many for _, many in FLEET))
    found, other = [], iter(spread)
    for kind, many in FLEET:
        own = marked.get(kind, [])
        for number in range(many):
            place = own[number % len(own)] if own else next(other, spread[0])
            found.append(Base(f"{kind.value}-{number + 1}", kind, on_a_road(city.network, place)))
    return tuple(found)


def spread_over(places: Sequence[LonLat], many: int) -> tuple[LonLat, ...]:
    """Return some of the places, each as far as can be from those before it, the first in their middle; all if few."""
    middle = (sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places))
    found = [min(places, key=lambda place: math.dist(place, middle))]
    while len(found) < min(many, len(set(places))):
        found.append(max(places, key=lambda place: min(math.dist(place, one) for one in found)))
    return tuple(found)


def on_a_road(network: RoadNetwork, place: LonLat) -> LonLat:
    """Return the middle of the road nearest to a place that is no mere stub."""
    metres = network.plane.metres
    at_m = metres(place)
    roads = [road for road in network.roads if road.length_m >= LEAST_M] or list(network.roads)
    middles = [road.shape[len(road.shape) // 2] if len(road.shape) > 2 else _between(*road.shape) for road in roads]
    return min(middles, key=lambda one: math.dist(metres(one), at_m))


def _between(one: LonLat, other: LonLat) -> LonLat:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def units_document(bases: Sequence[Base]) -> str:
    """Return the document of units that a centre imports."""
    rows: list[dict[str, Any]] = [
        {
            "name": base.unit,
            "kind": base.kind.value,
            "home": list(base.home),
            "district": DISTRICT,
        }
        for base in bases
    ]
    return canonical({"format": FORMAT, "unit": rows})


def _marks(city: City, additional: Sequence[Path]) -> Iterator[tuple[UnitKind, LonLat]]:
    for path in additional:
        for _, element in elements(path):
            kind = MARKED.get(element.get("type", ""))
            if element.tag == POI and kind is not None and element.get("x") and element.get("y"):
                yield kind, city.degrees(float(element.attrib["x"]), float(element.attrib["y"]))
