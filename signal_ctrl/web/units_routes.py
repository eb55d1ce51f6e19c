"""Units that go out: imported, set in and out of service, and where each of them is."""

from typing import Annotated, Literal

from fastapi import Request
from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.watch.dispatch.ranking import OLD_MS
from signal_ctrl.watch.dispatch.unit_desk import unit_of, units
from signal_ctrl.watch.dispatch.units import Unit, UnitPosition, UnitState
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.body_limit import UNITS_PATH
from signal_ctrl.web.centre_bodies import NamePath, NameQuery, Reader, UtcMs, people_only
from signal_ctrl.web.context import Context
from signal_ctrl.web.guard import needs
from signal_ctrl.web.late_bodies import described, late_body
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("units")

Dispatcher = Annotated[Actor, needs(Right.DISPATCH)]
Reporter = Annotated[Actor, needs(Right.REPORT_UNIT)]
Kind = Literal["patrol", "tow", "maintenance", "ambulance", "fire"]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]


class UnitsIn(BodyIn):
    """A document of units, TOML or JSON."""

    document: Annotated[str, StringConstraints(min_length=1, max_length=1 << 20)]


class StateIn(BodyIn):
    """What a unit is from now on."""

    state: Literal["free", "returning", "out of service"]
    note: Annotated[str, StringConstraints(max_length=500)] = ""


class PositionIn(BodyIn):
    """Where a unit is, in degrees of WGS 84; no time: now. [ms]"""

    lon: Lon
    lat: Lat
    utc_ms: UtcMs | None = None
    heading_deg: Annotated[float, Field(ge=0, lt=360)] | None = None


class UnitOut(BodyOut):
    """A unit, whether somebody is on shift, and where it said last that it was. [s]

    `position_old`: the report is beyond its limit; arrivals from there are uncertain.
    """

    unit: Unit
    manned: bool
    position: UnitPosition | None
    position_age_s: float | None
    position_old: bool


@router.get(UNITS_PATH)
def listed(
    actor: Reader,
    context: ContextOf,
    kind: Kind | None = None,
    state: Literal["free", "assigned", "en route", "on scene", "returning", "out of service"] | None = None,
    district: NameQuery = "",
) -> list[UnitOut]:
    """List units by name."""
    people_only(actor)
    found = context.centre.store.read(lambda r: units(r, kind or "", state or "", district))
    return [_shown(context, unit) for unit in found]


@router.post(UNITS_PATH, openapi_extra=described(UnitsIn))
async def import_(request: Request, actor: Dispatcher, context: ContextOf) -> list[UnitOut]:
    """Take in a document of units in a body of at most 4 MiB; those that are not in it go out of service."""
    body = await late_body(request, UnitsIn)
    return await run_in_threadpool(_imported, context, actor, body.document)


@router.get("/v1/units/{name}")
def one(name: NamePath, actor: Reader, context: ContextOf) -> UnitOut:
    """Show one unit."""
    people_only(actor)
    return _shown(context, context.centre.store.read(lambda r: unit_of(r, name)))


@router.post("/v1/units/{name}/state")
def set_state(name: NamePath, body: StateIn, actor: Reporter, context: ContextOf) -> UnitOut:
    """Set a unit free, on its way back or out of service: its own device may, and whoever dispatches."""
    return _shown(context, context.watch.dispatch.units.set_state(actor, name, UnitState(body.state), body.note))


@router.post("/v1/units/{name}/position")
def report(name: NamePath, body: PositionIn, actor: Reporter, context: ContextOf) -> UnitPosition:
    """Take where a unit is: from its own device, or from whoever dispatches. Late and double reports change nothing."""
    utc_ms = context.clock.utc_ms() if body.utc_ms is None else body.utc_ms
    by_hand = actor.grant(Right.DISPATCH).value == "yes"
    source = "by hand" if by_hand else "device"
    position = UnitPosition(name, body.lon, body.lat, utc_ms, source, body.heading_deg)
    return context.watch.dispatch.units.report(actor, position)


def _imported(context: Context, actor: Actor, document: str) -> list[UnitOut]:
    return [_shown(context, unit) for unit in context.watch.dispatch.units.import_(actor, document)]


def _shown(context: Context, unit: Unit) -> UnitOut:
    now_ms, position = context.clock.utc_ms(), context.watch.dispatch.units.positions.get(unit.unit)
    age_ms = None if position is None else max(now_ms - position.utc_ms, 0)
    return UnitOut(
        unit=unit,
        manned=unit.is_manned(now_ms),
        position=position,
        position_age_s=None if age_ms is None else age_ms / 1000,
        position_old=age_ms is not None and age_ms > OLD_MS,
    )
