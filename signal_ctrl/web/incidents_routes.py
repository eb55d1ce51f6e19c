"""Incidents: list, show, report by hand, confirm, clear, merge; alarms of cameras."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field, StringConstraints

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.watch.incidents.book import incident_of, incidents
from signal_ctrl.watch.incidents.cameras import CameraAlarm
from signal_ctrl.watch.incidents.values import Incident, IncidentKind
from signal_ctrl.watch.incidents.wishes import IncidentReport
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.centre_bodies import Limit, Name, NamePath, Note, Reader, UtcMs, people_only
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("incidents")

IncidentHandler = Annotated[Actor, needs(Right.HANDLE_INCIDENTS)]
KindName = Literal[
    "blocked lane", "breakdown", "stopped vehicle", "wrong way", "signal out", "flooding", "works", "other"
]
State = Literal["live", "all", "suspected", "confirmed", "cleared"]
RoadName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Lane = Annotated[int, Field(ge=0, le=20)]
Metres = Annotated[float, Field(ge=0, le=100_000)]


class ReportIn(BodyIn):
    """What somebody reports. What is not known is left out."""

    kind: KindName
    road: RoadName
    lanes: list[Lane] = Field(default_factory=list, max_length=20)
    position_m: Metres | None = None
    capacity_left: Annotated[float, Field(ge=0, le=1)] | None = None
    began_utc_ms: UtcMs | None = None
    expected_end_utc_ms: UtcMs | None = None
    cabinet: Annotated[str, StringConstraints(max_length=64)] = ""
    text: Note = ""


class NoteIn(BodyIn):
    """What is to be said of it."""

    note: Note = ""


class ClearIn(NoteIn):
    """Whether it is over, or never was."""

    false_alarm: bool = False


class MergeIn(BodyIn):
    """In which incident it goes on."""

    into: Name


class EndIn(NoteIn):
    """When it is expected to be over."""

    end_utc_ms: UtcMs


class CameraAlarmIn(BodyIn):
    """An alarm of a camera that counts."""

    camera: Name
    alarm: Literal["stopped vehicle", "wrong way"]
    road: RoadName
    at_utc_ms: UtcMs
    lane: Lane | None = None
    position_m: Metres | None = None


@router.get("/v1/incidents")
def listed(
    actor: Reader,
    context: ContextOf,
    state: State = "live",
    road: Annotated[str, Query(max_length=128)] = "",
    kind: KindName | None = None,
    limit: Limit = 200,
) -> list[Incident]:
    """List incidents, the youngest first: those that last, or all of a state."""
    people_only(actor)
    return list(context.centre.store.read(lambda r: incidents(r, state, road, kind or "", limit)))


@router.get("/v1/incidents/{incident_id}")
def one(incident_id: NamePath, actor: Reader, context: ContextOf) -> Incident:
    """Show one incident with its evidence and history."""
    people_only(actor)
    return context.centre.store.read(lambda r: incident_of(r, incident_id))


@router.post("/v1/incidents", status_code=201)
def report(body: ReportIn, actor: IncidentHandler, context: ContextOf) -> Incident:
    """Report an incident: a person's word confirms it."""
    told = IncidentReport(
        IncidentKind(body.kind),
        body.road,
        tuple(body.lanes),
        body.position_m,
        body.capacity_left,
        body.began_utc_ms,
        body.expected_end_utc_ms,
        body.cabinet,
        body.text,
    )
    return context.watch.incidents.report(actor, told)


@router.post("/v1/camera-alarms", status_code=201)
def camera_alarm(body: CameraAlarmIn, actor: IncidentHandler, context: ContextOf) -> Incident:
    """Take an alarm of a camera: a suspected incident, or more evidence of one."""
    return context.watch.incident_service.camera_says(actor, CameraAlarm(**body.model_dump()))


@router.post("/v1/incidents/{incident_id}/confirm")
def confirm(incident_id: NamePath, body: NoteIn, actor: IncidentHandler, context: ContextOf) -> Incident:
    """Say that a suspected incident is there."""
    return context.watch.incidents.confirm(actor, incident_id, body.note)


@router.post("/v1/incidents/{incident_id}/clear")
def clear(incident_id: NamePath, body: ClearIn, actor: IncidentHandler, context: ContextOf) -> Incident:
    """Say that it is over, or that it was a false alarm."""
    return context.watch.incidents.clear(actor, incident_id, body.note, body.false_alarm)


@router.post("/v1/incidents/{incident_id}/merge")
def merge(incident_id: NamePath, body: MergeIn, actor: IncidentHandler, context: ContextOf) -> Incident:
    """Say that it is the same as another, in which it goes on; returns the other."""
    return context.watch.incidents.merge(actor, incident_id, body.into)


@router.post("/v1/incidents/{incident_id}/end")
def expect_end(incident_id: NamePath, body: EndIn, actor: IncidentHandler, context: ContextOf) -> Incident:
    """Say when it is expected to be over."""
    return context.watch.incidents.expect_end(actor, incident_id, body.end_utc_ms, body.note)
