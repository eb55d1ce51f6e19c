"""Schedules of the library, and which cabinets follow one through the centre."""

from pydantic import Field

from signal_ctrl.centre.plan_values import SCHEDULES, ScheduleUse
from signal_ctrl.centre.plans import item_of, items
from signal_ctrl.centre.schedules import live_uses
from signal_ctrl.domain.documents import canonical
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.centre_bodies import (
    Document,
    Engineer,
    Limit,
    Name,
    NamePath,
    NameQuery,
    Names,
    Note,
    Reader,
    centre_of,
    people_only,
)
from signal_ctrl.web.plans_routes import ItemOut, Number, WholeItemOut, item_out, whole_item_out
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("schedules")


class ScheduleIn(BodyIn):
    """A schedule document, as `signal-ctrl plan schedule` writes it."""

    document: Document
    note: Note = ""


class FollowIn(BodyIn):
    """Who follows a schedule: cabinets, or a corridor."""

    number: int = 0
    cabinets: Names = Field(default_factory=list)
    corridor: Name | None = None


@router.get("/v1/schedules")
def listed(actor: Reader, context: ContextOf, name: NameQuery = "", limit: Limit = 1000) -> list[ItemOut]:
    """List the schedules of the library, the youngest first."""
    people_only(actor)
    return [item_out(item) for item in centre_of(context).store.read(lambda r: items(r, SCHEDULES, name, limit))]


@router.post("/v1/schedules", status_code=201)
def upload(body: ScheduleIn, actor: Engineer, context: ContextOf) -> ItemOut:
    """Take a schedule into the library; its plans have to be there."""
    return item_out(centre_of(context).plans.upload_schedule(actor, canonical(body.document), body.note))


@router.get("/v1/schedules/{name}")
def one(name: NamePath, actor: Reader, context: ContextOf, number: Number = 0) -> WholeItemOut:
    """Show a schedule of the library with its document; number 0 is the last one."""
    people_only(actor)
    return whole_item_out(centre_of(context).store.read(lambda r: item_of(r, SCHEDULES, name, number)))


@router.post("/v1/schedules/{name}/follow", status_code=201)
def follow(name: NamePath, body: FollowIn, actor: Engineer, context: ContextOf) -> ScheduleUse:
    """Let cabinets follow a schedule from now on: each change of plan is issued 5 min ahead."""
    schedules = centre_of(context).schedules
    return schedules.follow(actor, name, body.number, tuple(body.cabinets), body.corridor or "")


@router.get("/v1/schedule-uses")
def uses(actor: Reader, context: ContextOf) -> list[ScheduleUse]:
    """List who follows which schedule."""
    people_only(actor)
    return list(centre_of(context).store.read(live_uses))


@router.delete("/v1/schedule-uses/{use_id}")
def end(use_id: NamePath, actor: Engineer, context: ContextOf) -> ScheduleUse:
    """Let cabinets follow a schedule no longer; they keep the plan that stands."""
    return centre_of(context).schedules.end(actor, use_id)
