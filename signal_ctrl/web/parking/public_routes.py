"""What everybody may ask: facilities, spaces, occupancy, the feeds, and the roads for a map."""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response

from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.domain.roads import Road
from signal_ctrl.web.parking.context import ANYBODY, ContextOf, ParkingContext
from signal_ctrl.web.parking.datex2 import status_of, table_of
from signal_ctrl.web.parking.views import facility_view, occupancy_view, spaces_view
from signal_ctrl.web.routing import new_router

router = new_router("parking")
FacilityId = Annotated[str, Path(pattern="^[A-Za-z0-9._-]{1,64}$")]
GEOJSON: Final = "application/geo+json"
JSON: Final = "application/json"
XML: Final = "application/xml"
_CACHE: Final = "public, max-age=5"
KEPT_MS: Final = 2_000
"""A feed is made anew once in so long, however many ask. [ms]"""


class Feeds:
    """Feeds and pictures, each made once for all who ask within two seconds."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, bytes, str]] = {}

    def text(self, name: str, now_mono_ms: int, make: Callable[[], str]) -> tuple[bytes, str]:
        """Return a feed that is a text, and its ETag."""
        return self.body(name, now_mono_ms, lambda: make().encode())

    def body(self, name: str, now_mono_ms: int, make: Callable[[], bytes]) -> tuple[bytes, str]:
        """Return what is asked for, and its ETag. Args: name, one of a number that has a bound: each is kept."""
        known = self._kept.get(name)
        if known is None or now_mono_ms - known[0] >= KEPT_MS:
            body = make()
            known = (now_mono_ms, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
            self._kept[name] = known
        return known[1], known[2]


def conditional(request: Request, body: bytes, etag: str, media: str, cache: str = _CACHE) -> Response:
    """Return a document, or that whoever asks has it."""
    headers = {"ETag": etag, "Cache-Control": cache}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media)


def _feed(request: Request, context: ParkingContext, name: str, make: Callable[[], str], media: str) -> Response:
    feeds: Feeds = request.app.state.feeds
    body, etag = feeds.text(name, context.clock.mono_ms(), make)
    return conditional(request, body, etag, media)


def _kinds(media: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media: {}}}, 304: {}}


def compact(document: Any) -> str:
    """Return a document as text without spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


@router.get("/v1/parking/facilities", dependencies=[ANYBODY], response_class=Response, responses=_kinds(JSON))
def facilities(request: Request, context: ContextOf) -> Response:
    """List all facilities with what is believed of each."""
    parking, now_ms = context.parking, context.clock.utc_ms()

    def make() -> str:
        listed = [facility_view(parking, each, now_ms) for each in parking.book.facilities.facilities]
        return compact({"utc_ms": now_ms, "timezone": parking.book.facilities.timezone, "facilities": listed})

    return _feed(request, context, "facilities", make, JSON)


@router.get("/v1/parking/facilities/{facility}", dependencies=[ANYBODY])
def one(facility: FacilityId, context: ContextOf) -> dict[str, Any]:
    """Show one facility with what is believed of it."""
    parking = context.parking
    return facility_view(parking, parking.book.facilities.of(facility), context.clock.utc_ms())


@router.get("/v1/parking/facilities/{facility}/spaces", dependencies=[ANYBODY])
def spaces(
    facility: FacilityId,
    context: ContextOf,
    offset: Annotated[int, Query(ge=0, le=20_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=2_000)] = 1_000,
) -> dict[str, Any]:
    """List the spaces of a facility by number: kind, level, zone, free, occupied or unknown."""
    book, now_ms = context.parking.book, context.clock.utc_ms()
    found = spaces_view(book.state(facility), book.reserved_spaces(facility, now_ms), now_ms)
    return {"facility": facility, "count": len(found), "spaces": found[offset : offset + limit]}


@router.get("/v1/parking/facilities/{facility}/occupancy", dependencies=[ANYBODY])
def occupancy(facility: FacilityId, context: ContextOf) -> dict[str, Any]:
    """Say how many spaces of each kind are free, between which bounds, how old that is and what it rests on."""
    return occupancy_view(context.parking.book.of(facility, context.clock.utc_ms()))


@router.get("/v1/parking/occupancy", dependencies=[ANYBODY], response_class=Response, responses=_kinds(JSON))
def all_occupancy(request: Request, context: ContextOf) -> Response:
    """Return the occupancy of all facilities: the JSON feed."""
    now_ms = context.clock.utc_ms()

    def make() -> str:
        return compact({"utc_ms": now_ms, "facilities": [occupancy_view(e) for e in context.parking.book.all(now_ms)]})

    return _feed(request, context, "occupancy", make, JSON)


@router.get("/v1/parking/datex2/table", dependencies=[ANYBODY], response_class=Response, responses=_kinds(XML))
def datex2_table(request: Request, context: ContextOf) -> Response:
    """Return all facilities as a DATEX II parking table publication."""
    creator, now_ms = context.settings.publisher, context.clock.utc_ms()
    make = lambda: table_of(context.parking.book.facilities, creator, now_ms)  # noqa: E731  # made only where it is due
    return _feed(request, context, "table", make, XML)


@router.get("/v1/parking/datex2/status", dependencies=[ANYBODY], response_class=Response, responses=_kinds(XML))
def datex2_status(request: Request, context: ContextOf) -> Response:
    """Return the occupancy of all facilities as a DATEX II parking status publication."""
    book, now_ms = context.parking.book, context.clock.utc_ms()
    make = lambda: status_of(book.facilities, book.all(now_ms), context.settings.publisher, now_ms)  # noqa: E731
    return _feed(request, context, "status", make, XML)


@router.get("/v1/parking/roads.geojson", dependencies=[ANYBODY], response_class=Response, responses=_kinds(GEOJSON))
def roads(request: Request, context: ContextOf) -> Response:
    """Return the roads as lines, for a map."""
    network = context.parking.roads
    if network is None:
        raise NotFoundError("no roads are in force; the office imports them")
    make = lambda: compact({"type": "FeatureCollection", "features": [_line(road) for road in network.roads]})  # noqa: E731
    return _feed(request, context, "roads", make, GEOJSON)


def _line(road: Road) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"class": road.road_class.value, "name": road.name},
        "geometry": {"type": "LineString", "coordinates": [[round(a, 6), round(b, 6)] for a, b in road.shape]},
    }
