"""Alarms: what somebody has to look at."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import StringConstraints

from signal_ctrl.centre.alarm_desk import alarm_of, alarms
from signal_ctrl.centre.alarms import Alarm
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.centre_bodies import Handler, Limit, NamePath, Reader, centre_of, people_only
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("alarms")

State = Literal["live", "all", "raised", "acknowledged", "cleared"]


class ClearIn(BodyIn):
    """Why an alarm is over."""

    note: Annotated[str, StringConstraints(min_length=1, max_length=500)]


@router.get("/v1/alarms")
def listed(
    actor: Reader,
    context: ContextOf,
    state: State = "live",
    subject: Annotated[str, Query(max_length=64)] = "",
    limit: Limit = 200,
) -> list[Alarm]:
    """List alarms, the youngest first: those that last, or all of a state."""
    people_only(actor)
    return list(centre_of(context).store.read(lambda r: alarms(r, state, subject, limit)))


@router.get("/v1/alarms/{alarm_id}")
def one(alarm_id: NamePath, actor: Reader, context: ContextOf) -> Alarm:
    """Show one alarm."""
    people_only(actor)
    return centre_of(context).store.read(lambda r: alarm_of(r, alarm_id))


@router.post("/v1/alarms/{alarm_id}/acknowledge")
def acknowledge(alarm_id: NamePath, actor: Handler, context: ContextOf) -> Alarm:
    """Say that you have seen an alarm and look after it."""
    return centre_of(context).alarms.acknowledge(actor, alarm_id)


@router.post("/v1/alarms/{alarm_id}/clear")
def clear(alarm_id: NamePath, body: ClearIn, actor: Handler, context: ContextOf) -> Alarm:
    """Clear an alarm whose end nothing reports."""
    return centre_of(context).alarms.clear_by_hand(actor, alarm_id, body.note)
