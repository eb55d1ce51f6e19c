"""The network that the page draws, as GeoJSON, with the junctions on it."""

import hashlib
import json
from typing import Annotated, Any, Final

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from signal_ctrl.centre.cabinets import Cabinet, every_cabinet
from signal_ctrl.centre.identity import Actor, Right, Role
from signal_ctrl.centre.networks import import_network, network_in_force
from signal_ctrl.centre.ports import Reading
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.body_limit import NETWORK_PATH
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.strict_json import text_of

MEDIA_TYPE: Final = "application/geo+json"

router = new_router("network")


class NetworkOut(BodyOut):
    """What was imported."""

    sha256: str
    imported_utc_ms: int
    imported_by: str


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPE: {"schema": {"type": "object", "required": ["type", "features"]}}},
    }
}


@router.post(NETWORK_PATH, status_code=201, openapi_extra=_BODY)
async def import_(
    request: Request, actor: Annotated[Actor, needs(Right.IMPORT_NETWORK)], context: ContextOf
) -> NetworkOut:
    """Import a network of at most 8 MiB; 'signal-ctrl scenarios geojson' makes one from a SUMO net."""
    text = text_of(await request.body(), "the network")
    picture = await run_in_threadpool(import_network, context.centre.desk, actor, text)
    return NetworkOut(sha256=picture.sha256, imported_utc_ms=picture.imported_utc_ms, imported_by=picture.imported_by)


@router.get("/v1/network.geojson", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {}}}, 304: {}})
def network(request: Request, actor: Annotated[Actor, needs(Right.READ_STATUS)], context: ContextOf) -> Response:
    """Return the network in force, and every junction whose place is known as a point."""
    if actor.role is Role.CABINET:
        raise NotFoundError("the network is for people")

    def look(reading: Reading) -> tuple[str, str, tuple[Cabinet, ...]]:
        picture = network_in_force(reading)
        return picture.geojson if picture else "", picture.sha256 if picture else "none", every_cabinet(reading)

    geojson, sha256, cabinets = context.centre.store.read(look)
    points = [json.dumps(_point(each), separators=(",", ":")) for each in cabinets if each.lon is not None]
    etag = f'"{sha256[:32]}-{_hash_of(points)}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(_joined(geojson, points), headers=headers, media_type=MEDIA_TYPE)


def _point(cabinet: Cabinet) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [cabinet.lon, cabinet.lat]},
        "properties": {"junction": cabinet.cabinet, "district": cabinet.district, "corridor": cabinet.corridor},
    }


def _joined(geojson: str, points: list[str]) -> str:
    """Return a network with points behind its features; both are as this program writes them."""
    begin = '{"type":"FeatureCollection","features":['
    features = geojson.removeprefix(begin).removesuffix("]}")
    return begin + ",".join(([features] if features else []) + points) + "]}"


def _hash_of(points: list[str]) -> str:
    return hashlib.sha256("".join(points).encode()).hexdigest()[:16]
