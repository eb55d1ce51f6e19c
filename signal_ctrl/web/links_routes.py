"""The state of the links: all or some, one with its last two hours, and what they tell together."""

import json
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response

from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.roads import RoadClass
from signal_ctrl.watch.city_minute import Level
from signal_ctrl.watch.link_table import row_of
from signal_ctrl.web.centre_bodies import Reader, people_only
from signal_ctrl.web.congestion_view import CongestionOut, congestion_of
from signal_ctrl.web.context import Context
from signal_ctrl.web.link_look import Box, Shown, Text, meets
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("links")
JSON: Final = "application/json"
_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)


@router.get("/v1/links", response_class=Response, responses={200: {"content": {JSON: {}}}, 304: {}})
def links(
    request: Request,
    actor: Reader,
    context: ContextOf,
    bbox: Annotated[str, Query(max_length=100, description="west,south,east,north in degrees")] = "",
    road_class: Annotated[str, Query(alias="class", max_length=20)] = "",
    level: Annotated[str, Query(max_length=20, description="this level or a worse one")] = "",
    district: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Return the state of the links, all or those that fit. It changes three times a minute at most: ask with ETag."""
    people_only(actor)
    wanted = (_box_of(bbox), _class_of(road_class), _level_of(level), district)
    return answered(request, _shown(context).text(f"links {wanted}", lambda shown: _listed(shown, *wanted)), JSON)


@router.get("/v1/links/{link}", response_class=Response, responses={200: {"content": {JSON: {}}}})
def one_link(link: Annotated[str, Path(max_length=200)], actor: Reader, context: ContextOf) -> Response:
    """Return one link: its state now, and its complete minutes of the last two hours, the oldest first."""
    people_only(actor)
    shown = _shown(context)
    at = shown.network.index.get(link)
    if at is None:
        raise NotFoundError(f"the network has no link {link[:100]}")
    road = shown.network.roads[at]
    minutes = [each for each in context.watch.minutes(0) if len(each.level) == len(shown.network.roads)]
    history = [{"minute_utc_ms": each.minute_utc_ms, **_short(row_of(road, each, at))} for each in minutes]
    document = {"minute_utc_ms": shown.minute.minute_utc_ms, **shown.rows[at], "minutes": history}
    return Response(json.dumps(document, separators=(",", ":"), allow_nan=False), media_type=JSON)


@router.get("/v1/congestion")
def congestion(actor: Reader, context: ContextOf) -> CongestionOut:
    """Say what the roads tell together: jammed roads, mean speed on trunk roads against 40 km/h, by district."""
    people_only(actor)
    return congestion_of(_shown(context))


def answered(request: Request, text: Text, media: str, cache: str = "private, no-cache") -> Response:
    """Return a document, or that whoever asks has it."""
    headers = {"ETag": text.etag, "Cache-Control": cache}
    if request.headers.get("if-none-match") == text.etag:
        return Response(status_code=304, headers=headers)
    return Response(text.body, headers=headers, media_type=media)


def _shown(context: Context) -> Shown:
    found = context.links.now()
    if found is None:
        raise NotFoundError("no minute is published yet: import roads, enrol feeds, and wait for a minute")
    return found


def _listed(shown: Shown, box: Box, road_class: RoadClass | None, level: Level, district: str) -> str:
    roads = zip(shown.network.roads, shown.rows, shown.boxes, shown.minute.level, strict=True)
    rows = [
        row
        for road, row, own, grade in roads
        if (road_class is None or road.road_class is road_class)
        and grade >= level
        and (not district or road.district == district)
        and meets(own, box)
    ]
    return json.dumps({"minute_utc_ms": shown.minute.minute_utc_ms, "links": rows}, separators=(",", ":"))


def _short(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("link", "name", "class", "district")}


def _box_of(text: str) -> Box:
    if not text:
        return _WORLD
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError:
        raise InvalidInputError("bbox is west,south,east,north in degrees, as 11.4,48.7,11.5,48.8") from None
    if not (west <= east and south <= north):
        raise InvalidInputError("bbox is west,south,east,north: the first two are the smaller ones")
    return west, south, east, north


def _class_of(text: str) -> RoadClass | None:
    try:
        return RoadClass(text) if text else None
    except ValueError:
        raise InvalidInputError(f"class is one of {', '.join(each.value for each in RoadClass)}") from None


def _level_of(text: str) -> Level:
    names = {each.name.lower(): each for each in Level}
    if text and text not in names:
        raise InvalidInputError(f"level is one of {', '.join(names)}")
    return names[text] if text else Level.UNKNOWN
