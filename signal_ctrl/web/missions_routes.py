"""Missions: opened, proposed, assigned, followed to their close; green routes for units under way."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field, StringConstraints

from signal_ctrl.centre.override_values import Override
from signal_ctrl.centre.overrides import Preparation
from signal_ctrl.watch.dispatch.convoy_way import ConvoyStop, convoy_way
from signal_ctrl.watch.dispatch.mission_desk import Deal, MissionWish, mission_of, missions
from signal_ctrl.watch.dispatch.missions import Mission, MissionState, Need
from signal_ctrl.watch.dispatch.ranking import Ranking
from signal_ctrl.watch.dispatch.units import UnitKind
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.centre_bodies import Limit, Name, NamePath, NameQuery, Reader, people_only
from signal_ctrl.web.overrides_routes import Issuer, StageName
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.tickets_routes import Text
from signal_ctrl.web.units_routes import Dispatcher, Kind, Lat, Lon, Reporter

router = new_router("missions")

Words = Annotated[list[Name], Field(max_length=32)]
RoadName = Annotated[str, StringConstraints(max_length=256)]
Most = Annotated[int, Query(ge=1, le=500)]


class MissionIn(BodyIn):
    """What has to be done where, and what a unit has to be for that; places in degrees of WGS 84."""

    kinds: Annotated[list[Kind], Field(min_length=1, max_length=5)]
    lon: Lon
    lat: Lat
    text: Text
    skills: Words = Field(default_factory=list)
    equipment: Words = Field(default_factory=list)
    priority: Annotated[int, Field(ge=1, le=5)] = 3
    road: RoadName = ""
    incident: Name | Literal[""] = ""
    ticket: Name | Literal[""] = ""


class AssignIn(BodyIn):
    """Who goes; nobody named: the first to arrive."""

    unit: Name | Literal[""] = ""


class PairIn(BodyIn):
    """Who goes where."""

    mission: Name
    unit: Name


class PairsIn(BodyIn):
    """Who goes where, all or none."""

    pairs: Annotated[list[PairIn], Field(min_length=1, max_length=500)]


class StatusIn(BodyIn):
    """Where a mission stands: its unit is under way, there, or was taken off it (`open`)."""

    state: Literal["en route", "on scene", "open"]
    text: Annotated[str, StringConstraints(max_length=500)] = ""


class CloseIn(BodyIn):
    """What was done; with `close_ticket` the ticket of the mission is closed with the same note."""

    note: Text
    close_ticket: bool = False


class CancelIn(BodyIn):
    """Why it is called off."""

    why: Text


class GreenIn(BodyIn):
    """The stage at each cabinet for which the document of units names none."""

    stages: dict[str, StageName] = Field(default_factory=dict, max_length=200)


class MissionOut(BodyOut):
    """A mission and the overrides that were issued for its unit."""

    mission: Mission
    green_routes: list[Override]


@router.get("/v1/missions")
def listed(
    actor: Reader,
    context: ContextOf,
    state: Literal["live", "all", "open", "assigned", "en route", "on scene", "closed", "cancelled"] = "live",
    unit: NameQuery = "",
    incident: NameQuery = "",
    ticket: NameQuery = "",
    response: NameQuery = "",
    limit: Limit = 200,
) -> list[Mission]:
    """List missions, the youngest first."""
    people_only(actor)
    links = {"unit": unit, "incident": incident, "ticket": ticket, "response": response}
    return list(context.centre.store.read(lambda r: missions(r, state, limit, **links)))


@router.post("/v1/missions", status_code=201)
def open_(body: MissionIn, actor: Dispatcher, context: ContextOf) -> Mission:
    """Open a mission."""
    need = Need(tuple(UnitKind(kind) for kind in body.kinds), tuple(body.skills), tuple(body.equipment))
    wish = MissionWish(need, (body.lon, body.lat), body.text, body.priority, body.road, body.incident, body.ticket)
    return context.watch.dispatch.missions.open(actor, wish)


@router.get("/v1/missions/{mission_id}")
def one(mission_id: NamePath, actor: Reader, context: ContextOf) -> MissionOut:
    """Show one mission."""
    people_only(actor)
    mission = context.centre.store.read(lambda r: mission_of(r, mission_id))
    live = context.centre.overrides.live()
    return MissionOut(mission=mission, green_routes=[o for o in live if o.document.case == mission_id])


@router.get("/v1/missions/{mission_id}/proposal")
def propose(mission_id: NamePath, actor: Reader, context: ContextOf, most: Most = 10) -> Ranking:
    """Say who could go, the first to arrive first, with nine arrivals in ten, and why others could not."""
    people_only(actor)
    return context.watch.dispatch.missions.propose(mission_id, most)


@router.get("/v1/convoy-way")
def convoy(start: NameQuery, end: NameQuery, actor: Reader, context: ContextOf) -> list[ConvoyStop]:
    """Return the junctions on the quickest way between two, to begin a green route with."""
    people_only(actor)
    watch = context.watch
    return convoy_way(context.centre, watch.dispatch, watch.diversions.guidance.in_force(), start, end)


@router.get("/v1/mission-assignment")
def deal(actor: Reader, context: ContextOf) -> Deal:
    """Say who should go where of all open missions: urgent ones first, districts covered."""
    people_only(actor)
    return context.watch.dispatch.missions.deal()


@router.post("/v1/mission-assignment")
def assign_all(body: PairsIn, actor: Dispatcher, context: ContextOf) -> list[Mission]:
    """Send several units as one act, all or none."""
    pairs = [(pair.mission, pair.unit) for pair in body.pairs]
    return list(context.watch.dispatch.missions.assign_all(actor, pairs))


@router.post("/v1/missions/{mission_id}/assign")
def assign(mission_id: NamePath, body: AssignIn, actor: Dispatcher, context: ContextOf) -> Mission:
    """Send a unit."""
    return context.watch.dispatch.missions.assign(actor, mission_id, body.unit)


@router.post("/v1/missions/{mission_id}/status")
def status(mission_id: NamePath, body: StatusIn, actor: Reporter, context: ContextOf) -> Mission:
    """Say that the unit is under way or there: its own device may, and whoever dispatches, who alone takes it off."""
    return context.watch.dispatch.missions.status(actor, mission_id, MissionState(body.state), body.text)


@router.post("/v1/missions/{mission_id}/close")
def close(mission_id: NamePath, body: CloseIn, actor: Reporter, context: ContextOf) -> Mission:
    """Close a mission with what was done."""
    return context.watch.dispatch.missions.close(actor, mission_id, body.note, body.close_ticket)


@router.post("/v1/missions/{mission_id}/cancel")
def cancel(mission_id: NamePath, body: CancelIn, actor: Dispatcher, context: ContextOf) -> Mission:
    """Call a mission off."""
    return context.watch.dispatch.missions.cancel(actor, mission_id, body.why)


@router.post("/v1/missions/{mission_id}/green-route-preparation")
def green_route(mission_id: NamePath, body: GreenIn, actor: Issuer, context: ContextOf) -> Preparation:
    """Prepare a green route for the unit under way; POST /v1/overrides issues it, by the rules of every override."""
    return context.watch.dispatch.green_route(actor, mission_id, body.stages)
