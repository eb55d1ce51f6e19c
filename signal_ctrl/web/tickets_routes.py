"""Maintenance tickets, and how long repairs take."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.ticket_desk import Repairs, all_repairs, ticket_of, tickets
from signal_ctrl.centre.tickets import Ticket
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.centre_bodies import Handler, Limit, Name, NamePath, NameQuery, Reader, centre_of, people_only
from signal_ctrl.web.faults_routes import FacilityName
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("tickets")

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class TicketIn(BodyIn):
    """A repair to be made. No device: the cabinet as a whole."""

    facility: FacilityName
    cabinet: Name
    device: Annotated[str, StringConstraints(max_length=64)] = ""
    text: Text


class AssignIn(BodyIn):
    """Who repairs it."""

    to: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class CloseIn(BodyIn):
    """What was done."""

    note: Text


@router.get("/v1/tickets")
def listed(
    actor: Reader,
    context: ContextOf,
    state: Literal["", "open", "assigned", "closed"] = "",
    facility: FacilityName | None = None,
    cabinet: NameQuery = "",
    limit: Limit = 200,
) -> list[Ticket]:
    """List tickets, the youngest first."""
    people_only(actor)
    return list(centre_of(context).store.read(lambda r: tickets(r, state, facility or "", cabinet, limit)))


@router.get("/v1/repairs")
def repairs(actor: Reader, context: ContextOf) -> list[Repairs]:
    """Say how many repairs are open and closed, and the mean time to repair, for each kind of facility."""
    people_only(actor)
    return list(centre_of(context).store.read(all_repairs))


@router.get("/v1/tickets/{ticket_id}")
def one(ticket_id: NamePath, actor: Reader, context: ContextOf) -> Ticket:
    """Show one ticket."""
    people_only(actor)
    return centre_of(context).store.read(lambda r: ticket_of(r, ticket_id))


@router.post("/v1/tickets", status_code=201)
def open_(body: TicketIn, actor: Handler, context: ContextOf) -> Ticket:
    """Open a ticket by hand."""
    return centre_of(context).tickets.open(actor, Facility(body.facility), body.cabinet, body.device, body.text)


@router.post("/v1/tickets/{ticket_id}/assign")
def assign(ticket_id: NamePath, body: AssignIn, actor: Handler, context: ContextOf) -> Ticket:
    """Say who repairs it."""
    return centre_of(context).tickets.assign(actor, ticket_id, body.to)


@router.post("/v1/tickets/{ticket_id}/close")
def close(ticket_id: NamePath, body: CloseIn, actor: Handler, context: ContextOf) -> Ticket:
    """Close a ticket with a note of what was done."""
    return centre_of(context).tickets.close(actor, ticket_id, body.note)
