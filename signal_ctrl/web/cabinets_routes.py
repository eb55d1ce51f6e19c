"""The registry of cabinets: who is heard, what each was sent, what each says that it runs."""

import json
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from signal_ctrl.centre.cabinets import Place, cabinet_of
from signal_ctrl.centre.identity import Actor, Right, Role
from signal_ctrl.centre.order_values import DELIVERIES, Delivery
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.registry import CabinetStatus
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.centre_bodies import Limit, Name, NamePath, Reader, centre_of, people_only
from signal_ctrl.web.guard import needs, own_cabinet
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("cabinets")


class PlaceIn(BodyIn):
    """Where a cabinet stands. No corridor: it is in none."""

    district: Name
    corridor: Name | None = None
    words: Annotated[str, StringConstraints(max_length=200)] = ""
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None


@router.get("/v1/cabinets")
def listed(actor: Reader, context: ContextOf) -> list[CabinetStatus]:
    """List all cabinets; a cabinet gets itself alone."""
    centre = centre_of(context)
    if actor.role is Role.CABINET:
        return [centre.registry.status(centre.store.read(lambda r: cabinet_of(r, actor.login)))]
    return list(centre.store.read(centre.registry.statuses))


@router.get("/v1/cabinets/{cabinet}")
def one(cabinet: NamePath, actor: Reader, context: ContextOf) -> CabinetStatus:
    """Show what is known of a cabinet."""
    own_cabinet(actor, cabinet)
    centre = centre_of(context)
    return centre.registry.status(centre.store.read(lambda r: cabinet_of(r, cabinet)))


@router.get("/v1/cabinets/{cabinet}/site")
def site(cabinet: NamePath, actor: Reader, context: ContextOf) -> dict[str, Any]:
    """Show the site document of a cabinet. It is made at the cabinet; nothing here changes it."""
    own_cabinet(actor, cabinet)
    document: dict[str, Any] = json.loads(centre_of(context).store.read(lambda r: cabinet_of(r, cabinet)).site)
    return document


@router.get("/v1/cabinets/{cabinet}/orders")
def orders(cabinet: NamePath, actor: Reader, context: ContextOf, limit: Limit = 20) -> list[Delivery]:
    """List the last orders that were made for a cabinet, the newest first, and what it said to each."""
    people_only(actor)

    def look(reading: Reading) -> list[Delivery]:
        cabinet_of(reading, cabinet)
        return list(reading.shelf(DELIVERIES).find({"cabinet": cabinet}, limit=limit))

    return centre_of(context).store.read(look)


@router.put("/v1/cabinets/{cabinet}/place")
def place(
    cabinet: NamePath, body: PlaceIn, actor: Annotated[Actor, needs(Right.MANAGE_USERS)], context: ContextOf
) -> CabinetStatus:
    """Give a cabinet another district, corridor or place."""
    centre = centre_of(context)
    to = Place(body.district, body.corridor or "", body.words, body.lon, body.lat)
    return centre.registry.status(centre.registry.move(actor, cabinet, to))
