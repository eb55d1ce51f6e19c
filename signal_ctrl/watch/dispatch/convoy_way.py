"""The quickest way for a convoy from one junction to another: which junctions of the centre it passes, and where."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from signal_ctrl.centre.cabinets import every_cabinet, site_of
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.plans import by_signal
from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.road_ways import Trip
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.watch.dispatch.dispatch import Dispatch
from signal_ctrl.watch.dispatch.green_route import stage_of_turn
from signal_ctrl.watch.dispatch.ranking import Town
from signal_ctrl.watch.diversion.guidance import Guidance


@dataclass(frozen=True, slots=True)
class ConvoyStop:
    """A junction on the way: how far from the first one along the roads [m], after how long as traffic is now. [s]

    `stage`, that of the turn; empty where no document of signs and movements tells it, and at the last junction.
    """

    cabinet: str
    stage: str
    away_m: float
    after_s: float


def convoy_way(centre: Centre, dispatch: Dispatch, guidance: Guidance | None, start: str, end: str) -> list[ConvoyStop]:
    """Return the junctions from one to another, both named by their cabinets.

    Raises: NotFoundError while there is no road network, for an unknown junction, or where no way leads;
        InvalidInputError if both are the same.
    """
    if start == end:
        raise InvalidInputError("a way needs two junctions: start and end are the same")
    by_name = centre.store.read(every_cabinet)
    signals = {cabinet.cabinet: site_of(cabinet.site).signal_id for cabinet in by_name}
    missing = [name for name in (start, end) if name not in signals]
    if missing:
        raise NotFoundError(f"there is no junction {missing[0]}")
    town = dispatch.town()
    trip = _quickest(town, _before(town.network, signals[start]), _before(town.network, signals[end]))
    if trip is None:
        raise NotFoundError(f"no way leads from {start} to {end} over the roads of the network")
    cabinets, found, away_m = by_signal(by_name), dict[str, ConvoyStop](), 0.0
    for at, road in enumerate(trip.roads):
        here = town.network.roads[road]
        away_m += here.length_m if at else 0.0
        cabinet = cabinets.get(here.signal)
        if cabinet is not None and cabinet.cabinet not in found:
            onward = town.network.roads[trip.roads[at + 1]].road if at + 1 < len(trip.roads) else ""
            stage = stage_of_turn(site_of(cabinet.site), guidance, here.road, onward)
            found[cabinet.cabinet] = ConvoyStop(cabinet.cabinet, stage, round(away_m, 1), round(trip.ends_s[at], 1))
    return list(found.values())


def _before(network: RoadNetwork, signal_id: str) -> list[OnRoad]:
    """Return the stop lines of a signal."""
    return [OnRoad(at, 1.0, 0.0) for at, road in enumerate(network.roads) if road.signal == signal_id]


def _quickest(town: Town, begins: Sequence[OnRoad], ends: Sequence[OnRoad]) -> Trip | None:
    """Return the quickest way; of those that differ only by where they come from, the one that goes straight on."""
    trips = [trip for way in town.ways(ends) for begin in begins if (trip := way.trip(begin)) is not None]
    return min(trips, key=lambda trip: (round(trip.travel_s, 1), _first_bend(town.network, trip)), default=None)


def _first_bend(network: RoadNetwork, trip: Trip) -> float:
    """Return by how much the way turns at its first junction. [rad]"""
    plane = network.plane
    headings = []
    for road, pair in zip(trip.roads, (slice(-2, None), slice(0, 2)), strict=False):
        (x, y), (further_x, further_y) = (plane.metres(place) for place in network.roads[road].shape[pair])
        headings.append(math.atan2(further_y - y, further_x - x))
    return abs(math.remainder(headings[-1] - headings[0], math.tau))
