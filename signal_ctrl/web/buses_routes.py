"""Buses: lines and registered vehicles imported by an engineer; where each bus is, and how regularly lines run."""

from typing import Annotated, Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.watch.buses.desk import BusStatus, LineStatus
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.body_limit import BUSES_PATH
from signal_ctrl.web.centre_bodies import NameQuery, Reader, people_only
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.strict_json import text_of

router = new_router("buses")
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "required": ["format", "lines"]}}},
    }
}


class BusesOut(BodyOut):
    """What was imported."""

    lines: int
    runs: int
    vehicles: int


@router.post(BUSES_PATH, status_code=201, openapi_extra=_BODY)
async def import_(
    request: Request, actor: Annotated[Actor, needs(Right.IMPORT_NETWORK)], context: ContextOf
) -> BusesOut:
    """Import lines and registered vehicles, at most 8 MiB (docs/file-formats.md); they are in force at once."""
    text = text_of(await request.body(), "the document of buses")
    found = await run_in_threadpool(context.watch.buses.import_, actor, text)
    return BusesOut(lines=len(found.lines), runs=len(found.runs), vehicles=len({run.vehicle for run in found.runs}))


@router.get(BUSES_PATH)
def listed(actor: Reader, context: ContextOf, line: NameQuery = "") -> list[BusStatus]:
    """List the buses under way by line, the foremost first: place, lateness, headway, advice to wait."""
    people_only(actor)
    found: list[BusStatus] = context.watch.buses.buses(line)
    return found


@router.get("/v1/bus-lines")
def lines(actor: Reader, context: ContextOf) -> list[LineStatus]:
    """List the lines: buses under way, regularity of headways, and who has caught up with the bus before."""
    people_only(actor)
    found: list[LineStatus] = context.watch.buses.lines()
    return found
