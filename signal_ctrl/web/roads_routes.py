"""The road network in force: imported by an engineer, read by everybody who reads the status."""

from typing import Annotated, Any, Final

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.body_limit import ROADS_PATH
from signal_ctrl.web.centre_bodies import Reader, people_only
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.strict_json import text_of

router = new_router("roads")
_JSON: Final = "application/json"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {_JSON: {"schema": {"type": "object", "required": ["format", "roads"]}}},
    }
}


class RoadsOut(BodyOut):
    """The road network that was imported."""

    sha256: str
    roads: int
    turns: int
    loops: int
    readers: int
    imported_utc_ms: int
    imported_by: str


@router.post(ROADS_PATH, status_code=201, openapi_extra=_BODY)
async def import_(
    request: Request, actor: Annotated[Actor, needs(Right.IMPORT_NETWORK)], context: ContextOf
) -> RoadsOut:
    """Import a road network of at most 32 MiB (docs/file-formats.md); it is in force from the next second on."""
    text = text_of(await request.body(), "the road network")
    found = await run_in_threadpool(context.watch.roads.import_, actor, text)
    network = found.network
    return RoadsOut(
        sha256=found.document.sha256,
        roads=len(network.roads),
        turns=len(network.turns),
        loops=len(network.loops),
        readers=len(network.readers),
        imported_utc_ms=found.document.imported_utc_ms,
        imported_by=found.document.imported_by,
    )


@router.get(ROADS_PATH, response_class=Response, responses={200: {"content": {_JSON: {}}}, 304: {}})
def roads(request: Request, actor: Reader, context: ContextOf) -> Response:
    """Return the document of the road network in force; its hash is its ETag."""
    people_only(actor)
    found = context.watch.roads.in_force
    if found is None:
        raise NotFoundError("no road network is in force; an engineer imports one: 'signal-ctrl roads import'")
    headers = {"ETag": f'"{found.document.sha256}"', "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.document.document, headers=headers, media_type=_JSON)
