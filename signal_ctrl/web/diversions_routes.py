"""Diversions: propose for an incident or a road, show, order, end; what they brought."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.diversion.values import Diversion, Limit
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.centre_bodies import Limit as Most
from signal_ctrl.web.centre_bodies import NamePath, Note, Reader, people_only
from signal_ctrl.web.context import Context
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("diversions")

Diverter = Annotated[Actor, needs(Right.ORDER_DIVERSION)]
_MS_PER_MIN = 60_000


class ProposeIn(BodyIn):
    """What is limited: an incident, or a road with the share of its capacity that is left, for so long. [min]"""

    incident: Annotated[str, StringConstraints(max_length=64)] = ""
    road: Annotated[str, StringConstraints(max_length=128)] = ""
    capacity_left: Annotated[float, Field(ge=0, lt=1)] = 0.0
    minutes: Annotated[int, Field(ge=5, le=1440)] | None = None
    compliance: Annotated[float, Field(gt=0, le=1)] = 0.4


class EndIn(BodyIn):
    """Why it ends."""

    why: Note = ""


@router.get("/v1/diversions")
def listed(
    actor: Reader,
    context: ContextOf,
    state: Literal["", "proposed", "ordered", "ended", "lapsed"] = "",
    limit: Most = 100,
) -> list[Diversion]:
    """List diversions, the youngest first."""
    people_only(actor)
    return list(context.watch.diversions.listed(state, limit))


@router.get("/v1/diversions/{diversion_id}")
def one(diversion_id: NamePath, actor: Reader, context: ContextOf) -> Diversion:
    """Show one with its ways, texts, plans, what is expected of it, and what it brought."""
    people_only(actor)
    return context.watch.diversions.one(diversion_id)


@router.post("/v1/diversions", status_code=201)
def propose(body: ProposeIn, actor: Diverter, context: ContextOf) -> Diversion:
    """Work out a diversion. Nothing acts before it is ordered."""
    return context.watch.diversions.propose(actor, _limit(body, context), body.compliance)


def _limit(body: ProposeIn, context: Context) -> Limit:
    if bool(body.incident) == bool(body.road):
        raise InvalidInputError("give either 'incident' or 'road'")
    if body.incident and body.minutes is None:
        return context.watch.diversions.limit_of(body.incident)
    now_ms = context.clock.utc_ms()
    until_ms = now_ms + _MS_PER_MIN * (body.minutes or 60)
    if body.incident:
        found = context.watch.diversions.limit_of(body.incident)
        return Limit(found.road, found.capacity_left, now_ms, until_ms, body.incident)
    return Limit(body.road, body.capacity_left, now_ms, until_ms)


@router.post("/v1/diversions/{diversion_id}/order")
def order(diversion_id: NamePath, actor: Diverter, context: ContextOf) -> Diversion:
    """Let a proposal act, as it was proposed; it ends by itself."""
    return context.watch.diversions.order(actor, diversion_id)


@router.post("/v1/diversions/{diversion_id}/end")
def end(diversion_id: NamePath, body: EndIn, actor: Diverter, context: ContextOf) -> Diversion:
    """End it before its time; signs and plans go back."""
    return context.watch.diversions.end(actor, diversion_id, body.why)
