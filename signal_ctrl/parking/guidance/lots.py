"""Facilities as the lots that guidance sends to: one lot for each kind of spaces in each facility."""

import math
from collections.abc import Iterator

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.parking.facilities import Entrance, Facilities, Facility, SpaceKind
from signal_ctrl.parking.guidance.access import LotPlaces
from signal_ctrl.parking.guidance.values import Lot

KERB_S = 10.0
CAR_PARK_S = 45.0
"""From the entrance to a space, ticket and ramp included. [s] [P]"""
_S_PER_MIN = 60.0


def lot_places(facilities: Facilities, network: RoadNetwork) -> LotPlaces:
    """Return the lots of all facilities on a network.

    Raises: InvalidInputError for an entrance on a road that the network does not have.
    """
    lots = [lot for each in facilities.facilities for lot in lots_of(each, network)]
    return LotPlaces(network, lots, facilities.timezone)


def lots_of(facility: Facility, network: RoadNetwork) -> Iterator[Lot]:
    """Yield the lots of a facility. Raises: as `lot_places`."""
    entrances = tuple(_on_road(entrance, network) for entrance in facility.entrances)
    for kind in facility.kinds:
        yield Lot(
            facility.facility, kind, entrances, facility.place, facility.tariff, facility.hours,
            _longest_stay_s(facility, kind), CAR_PARK_S if facility.gates else KERB_S,
        )  # fmt: skip


def _on_road(entrance: Entrance, network: RoadNetwork) -> OnRoad:
    road = network.of(entrance.road)
    return OnRoad(network.index[entrance.road], min(entrance.position_m / road.length_m, 1.0), 0.0)


def _longest_stay_s(facility: Facility, kind: SpaceKind) -> float:
    return _S_PER_MIN * facility.longest_stay_min(kind) or math.inf
