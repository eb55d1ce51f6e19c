"""A few emergency plans for a city, worked out of its own network, taken in through the library's check as any are."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from signal_ctrl.centre.cabinets import every_cabinet, site_of
from signal_ctrl.centre.override_document import RouteStop
from signal_ctrl.centre.override_values import Reason, Scope, ScopeKind
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.domain.site import Site
from signal_ctrl.watch.dispatch.convoy_way import ConvoyStop, convoy_way
from signal_ctrl.watch.dispatch.missions import Need
from signal_ctrl.watch.dispatch.units import UnitKind
from signal_ctrl.watch.responses.plan_values import MissionPart, OverridePart, Response, ResponseKind
from signal_ctrl.watch.responses.response_file import response_to_json
from sumo_scenarios.city_demo.bases import spread_over
from sumo_scenarios.over_http.centre import RunCentre

CONVOY_KMH: Final = 40.0
FIRST_S: Final = 90
CONVOY_S: Final = 30
MOST: Final = 10
"""A route takes so many junctions at most: more need a second person for its override alone."""
TURN_S: Final = 240


def import_plans(centre: RunCentre, places: Mapping[str, LonLat]) -> list[str]:
    """Take the plans of a city in, and return their names. Args: places, of its cabinets.

    Raises: RefusedError for one that the library refuses.
    """
    library = centre.watch.responses.library
    sites = centre.centre.store.read(lambda r: {c.cabinet: site_of(c.site) for c in every_cabinet(r)})
    plans = list(_plans(centre, sites, places))
    for plan in plans:
        library.import_(centre.engineer(), response_to_json(plan), "made of the network of the demo")
    return [plan.name for plan in plans]


def _plans(centre: RunCentre, sites: Mapping[str, Site], places: Mapping[str, LonLat]) -> Iterator[Response]:
    route = longest_route(centre, places)
    if route:
        yield _convoy(route)
    spread = spread_over(tuple(places.values()), 4)
    around = [next(name for name, place in places.items() if place == one) for one in spread]
    yield _closed(around[0], sites[around[0]], places[around[0]])
    yield _evacuation(around, sites, places)


def longest_route(centre: RunCentre, places: Mapping[str, LonLat]) -> list[ConvoyStop]:
    """Return the way between the two junctions farthest apart, as far as the stage of each turn is known."""
    pairs = [(a, b) for a in places for b in places if a != b]
    watch = centre.watch
    for start, end in sorted(pairs, key=lambda pair: -math.dist(places[pair[0]], places[pair[1]]))[:20]:
        try:
            way = convoy_way(centre.centre, watch.dispatch, watch.diversions.guidance.in_force(), start, end)
        except NotFoundError:
            continue
        known = [stop for stop in way if stop.stage]
        if len(known) > 1:
            return known[:MOST]
    return []


def _convoy(route: Sequence[ConvoyStop]) -> Response:
    first_m = route[0].away_m
    stops = tuple(
        RouteStop(stop.cabinet, stop.stage, FIRST_S + round((stop.away_m - first_m) / (CONVOY_KMH / 3.6)))
        for stop in route
    )
    lasts_s = stops[-1].arrival_s + CONVOY_S + 120
    way = OverridePart("way", OverrideKind.GREEN_ROUTE, Reason.ESCORT, route=stops, convoy_s=CONVOY_S, lasts_s=lasts_s)
    title = f"护送 · Escort from {route[0].cabinet} to {route[-1].cabinet}"
    checklist = ("头车出发 · lead car has left", "尾车通过 · tail car has passed the last junction")
    return Response("escort", title, ResponseKind.VIP_ROUTE, lasts_s + 120, (way,), checklist=checklist)


def _closed(cabinet: str, site: Site, place: LonLat) -> Response:
    """Return: a junction turns traffic away from a closed road, and a patrol sets up barriers there."""
    scope = Scope(ScopeKind.JUNCTION, (cabinet,))
    turns = OverridePart("turn-away", OverrideKind.CALL_STAGE, Reason.EVENT, scope, site.stages[-1].name, lasts_s=1800)
    crew = MissionPart("barriers", Need((UnitKind.PATROL,)), place, f"设置路障 · barriers at {cabinet}", 3)
    checklist = ("通知公交 · bus company told", "路障就位 · barriers are up")
    title = f"封路 · Road closed at {cabinet}"
    return Response(
        "road-closed", title, ResponseKind.ROAD_CLOSED, 2700, (turns,), missions=(crew,), checklist=checklist
    )


def _evacuation(cabinets: Sequence[str], sites: Mapping[str, Site], places: Mapping[str, LonLat]) -> Response:
    """Return: the first stage of some junctions is held, twice, with a pause in which side streets are served."""
    scope = Scope(ScopeKind.LIST, tuple(cabinets))
    stages = tuple((name, sites[name].stages[0].name) for name in sorted(cabinets))
    parts = tuple(
        OverridePart(
            name, OverrideKind.HOLD_STAGE, Reason.EMERGENCY, scope, stages=stages, from_s=from_s, lasts_s=TURN_S
        )
        for name, from_s in (("main-streets", 0), ("main-streets-again", 360))
    )
    place = places[cabinets[0]]
    crew = MissionPart("stand-by", Need((UnitKind.AMBULANCE,)), place, "待命 · stand by for those who cannot walk", 2)
    checklist = ("通知医院 · hospital told", "统计人数 · count of those who need transport")
    return Response("evacuation", "疏散 · Evacuation by the main streets", ResponseKind.EVACUATION, 3600, parts,
                    missions=(crew,), checklist=checklist)  # fmt: skip
