"""Special vehicles and their corridors: the register, requests, reports of devices, and what is kept now."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.centre.prices import Price
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.domain.link.credential import credential_to_json
from signal_ctrl.watch.special.corridor import VehicleClass
from signal_ctrl.watch.special.price import price_ahead
from signal_ctrl.watch.special.special import LONGEST_NOTICE_S, OLD_S, DevicePosition
from signal_ctrl.watch.special.values import CORRIDORS, Corridor, SpecialVehicle
from signal_ctrl.watch.special.vehicle_desk import vehicles
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.centre_bodies import Name, NamePath, Reader, people_only
from signal_ctrl.web.context import Context
from signal_ctrl.web.corridor_view import CorridorOut, corridor_out
from signal_ctrl.web.feeds_routes import CredentialOut
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("special vehicles")

Admin = Annotated[Actor, needs(Right.MANAGE_USERS)]
Dispatcher = Annotated[Actor, needs(Right.DISPATCH)]
Device = Annotated[Actor, needs(Right.FEED_LINK)]
Text = Annotated[str, StringConstraints(max_length=200)]
Roads = Annotated[tuple[Text, ...], Field(max_length=500, strict=False)]


class VehicleIn(BodyIn):
    """A vehicle to be registered."""

    vehicle: Name
    kind: Literal["fire", "ambulance", "police"]
    owner: Text = ""
    tag: Text = ""
    vehicle_of_feed: Text = ""
    unit: Text = ""


class CorridorIn(BodyIn):
    """A corridor for a vehicle over some roads, or to the mission of its unit. [s]"""

    vehicle: Text = ""
    mission: Text = ""
    roads: Roads = ()
    notice_s: Annotated[float, Field(ge=0, le=LONGEST_NOTICE_S)] = 0.0


class PlaceIn(BodyIn):
    """Where the vehicle is, in degrees of WGS 84, and how old that is. [s]"""

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    heading_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    age_s: Annotated[float, Field(ge=0, le=OLD_S)] = 0.0

    def position(self) -> DevicePosition:
        """Return it as a position of a device."""
        return DevicePosition((self.lon, self.lat), self.heading_deg, self.age_s)


class OwnCorridorIn(PlaceIn):
    """A corridor that a vehicle asks for itself: over these roads, or without them by the likely way ahead."""

    roads: Roads = ()


class CorridorPriceOut(BodyOut):
    """What a corridor is expected to cost from now on; null where no junction is ahead of the vehicle any more."""

    ahead: Price | None


class TakenOut(BodyOut):
    """A report was taken."""

    vehicle: str


@router.get("/v1/special-vehicles")
def listed(actor: Reader, context: ContextOf) -> list[SpecialVehicle]:
    """List the registered vehicles, revoked ones too."""
    people_only(actor)
    return list(context.centre.store.read(vehicles))


@router.post("/v1/special-vehicles", status_code=201)
def register(body: VehicleIn, actor: Admin, context: ContextOf) -> CredentialOut:
    """Register a vehicle; the credential of its device is shown this once."""
    vehicle = SpecialVehicle(
        vehicle=body.vehicle,
        kind=VehicleClass(body.kind),
        registered_utc_ms=context.clock.utc_ms(),
        registered_by=actor.login,
        owner=body.owner,
        tag=body.tag,
        vehicle_of_feed=body.vehicle_of_feed,
        unit=body.unit,
    )
    credential = context.watch.special.vehicles.register(actor.login, vehicle)
    return CredentialOut(credential=credential_to_json(credential))


@router.delete("/v1/special-vehicles/{name}")
def revoke(name: NamePath, actor: Admin, context: ContextOf) -> SpecialVehicle:
    """Take a vehicle out: its device is refused at once, and a corridor that it has ends."""
    return context.watch.special.revoke(actor.login, name)


@router.post("/v1/special-vehicles/{name}/position")
def position(name: NamePath, body: PlaceIn, actor: Device, context: ContextOf) -> TakenOut:
    """Take where a vehicle with a corridor is; its own device signs."""
    _own(context, actor, name)
    context.watch.special.report_by_device(actor.login, body.position())
    return TakenOut(vehicle=name)


@router.post("/v1/special-vehicles/{name}/corridor", status_code=201)
def own_corridor(name: NamePath, body: OwnCorridorIn, actor: Device, context: ContextOf) -> CorridorOut:
    """Give a vehicle a corridor that its own device asks for."""
    _own(context, actor, name)
    return _shown(context, context.watch.special.request_by_device(actor.login, body.position(), body.roads))


@router.delete("/v1/special-vehicles/{name}/corridor")
def end_own(name: NamePath, actor: Device, context: ContextOf) -> CorridorOut:
    """End the corridor of a vehicle on the word of its own device."""
    _own(context, actor, name)
    return _shown(context, context.watch.special.end_by_device(actor.login))


@router.get("/v1/corridors")
def corridors(actor: Reader, context: ContextOf, over: bool = False) -> list[CorridorOut]:
    """List the corridors that last; with `over` those of before too, the youngest first."""
    people_only(actor)
    if over:
        return [_shown(context, one) for one in context.centre.store.read(lambda r: r.shelf(CORRIDORS).find(limit=200))]
    return [_shown(context, one) for one in context.watch.special.corridors.live()]


def _corridor_of(context: Context, name: str) -> Corridor:
    found = context.centre.store.read(lambda r: r.shelf(CORRIDORS).get(name))
    if found is None:
        raise NotFoundError(f"there is no corridor {name}")
    return found


@router.get("/v1/corridors/{name}")
def corridor(name: NamePath, actor: Reader, context: ContextOf) -> CorridorOut:
    """Show one corridor."""
    people_only(actor)
    return _shown(context, _corridor_of(context, name))


@router.get("/v1/corridors/{name}/price")
def price(name: NamePath, actor: Reader, context: ContextOf) -> CorridorPriceOut:
    """Say what a corridor is expected to cost from now on."""
    people_only(actor)
    found = _corridor_of(context, name)
    over = found.ended_utc_ms is not None
    return CorridorPriceOut(ahead=None if over else price_ahead(context.centre, context.watch.special.corridors, found))


@router.post("/v1/corridors", status_code=201)
def request(body: CorridorIn, actor: Dispatcher, context: ContextOf) -> CorridorOut:
    """Give a vehicle a corridor on the word of whoever dispatches."""
    special = context.watch.special
    return _shown(context, special.request(actor, body.vehicle, body.mission, body.roads, body.notice_s))


@router.delete("/v1/corridors/{name}")
def end(name: NamePath, actor: Dispatcher, context: ContextOf) -> CorridorOut:
    """End a corridor: what is kept for it is given back at once."""
    live = next((one for one in context.watch.special.corridors.live() if one.corridor == name), None)
    if live is None:
        raise NotFoundError(f"there is no corridor {name} that lasts")
    return _shown(context, context.watch.special.end(actor, live.vehicle))


def _own(context: Context, actor: Actor, name: str) -> None:
    """Check that a device asks for its own vehicle. Raises: NotFoundError: none learns which others there are."""
    if context.watch.special.vehicles.of_device(actor.login).vehicle != name:
        raise NotFoundError("there is no such vehicle")


def _shown(context: Context, one: Corridor) -> CorridorOut:
    return corridor_out(context.watch.special.corridors, one, context.clock.mono_ms())
