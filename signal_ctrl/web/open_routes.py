"""Open feeds: the links for other offices and for the public, without a login, where the operator switched it on."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from signal_ctrl.centre.identity import Right
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.web.context import Context, address_of, context_of
from signal_ctrl.web.datex2 import datex2_of
from signal_ctrl.web.guard import needs
from signal_ctrl.web.link_look import Shown, geojson_of
from signal_ctrl.web.links_routes import answered
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("open")
GEOJSON: Final = "application/geo+json"
XML: Final = "application/xml"
_CACHE: Final = "public, max-age=20"
"""What is shown changes three times a minute."""


def _shown(request: Request) -> Shown:
    """Return what is shown. Raises: NotFoundError where open feeds are off, or nothing is shown yet; TooManyError."""
    context: Context = context_of(request)
    if not context.settings.open_feeds:
        raise NotFoundError("Not Found")
    context.rates.take_open(address_of(request))
    found = context.links.now()
    if found is None:
        raise NotFoundError("no minute is published yet")
    return found


ShownNow = Annotated[Shown, Depends(_shown)]


def _kinds(media: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media: {}}}, 304: {}}


@router.get(
    "/v1/open/links.geojson", dependencies=[needs(Right.OPEN)], response_class=Response, responses=_kinds(GEOJSON)
)
def geojson(request: Request, shown: ShownNow) -> Response:
    """Return the links as GeoJSON, each with its state."""
    return answered(request, shown.text("geojson", geojson_of), GEOJSON, _CACHE)


@router.get("/v1/open/datex2", dependencies=[needs(Right.OPEN)], response_class=Response, responses=_kinds(XML))
def datex2(request: Request, context: ContextOf, shown: ShownNow) -> Response:
    """Return travel time, speed, flow and status of each link as a DATEX II publication, version 2.3."""
    roads = context.watch.roads.in_force
    sha256, creator = "" if roads is None else roads.document.sha256, context.settings.publisher
    return answered(request, shown.text("datex2", lambda each: datex2_of(each, sha256, creator)), XML, _CACHE)
