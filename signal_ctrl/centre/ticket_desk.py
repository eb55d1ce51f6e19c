"""Maintenance tickets: opened by a fault or by hand, assigned, closed with a note; how long repairs take."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from signal_ctrl.centre.cabinets import cabinet_of
from signal_ctrl.centre.desk import CENTRE, DONE, Desk
from signal_ctrl.centre.faults import Facility, Fault
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.tickets import TICKETS, Ticket, TicketState
from signal_ctrl.domain.errors import ConflictError, NotFoundError

_OPEN: Final = (TicketState.OPEN.value, TicketState.ASSIGNED.value)
_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Repairs:
    """How repairs of one kind of facility go: how many are open, how many were closed, and how long those took. [s]

    `mean_time_to_repair_s` is from opening to closing, the mean over the closed ones; None if there is none.
    """

    facility: Facility
    open: int
    closed: int
    mean_time_to_repair_s: float | None


class TicketDesk:
    """The tickets. A fault has one ticket while that is open, however often it comes and goes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def opened_by_fault(self, t: Transaction, fault: Fault) -> Ticket:
        """Return the open ticket of a fault's device, opened now if there is none."""
        same = {"facility": fault.facility.value, "cabinet": fault.cabinet, "device": fault.device, "state": _OPEN}
        ticket = next(iter(t.shelf(TICKETS).find(same, limit=1)), None)
        if ticket is None:
            now_ms = self._desk.now_ms()
            ticket = Ticket(
                self._desk.new_id("ti"), fault.facility, fault.cabinet, fault.device, fault.text or fault.code,
                CENTRE, now_ms, fault=fault.fault_id,
            )  # fmt: skip
            t.shelf(TICKETS).put(ticket)
            t.record(CENTRE, "open ticket", f"ticket {ticket.ticket_id}", f"by fault {fault.fault_id}", now_ms)
        return ticket

    def opened_for(self, t: Transaction, facility: Facility, cabinet: str, device: str, text: str) -> Ticket:
        """Open a ticket as part of an act that needs a repair; its device may belong to no cabinet."""
        now_ms = self._desk.now_ms()
        ticket = Ticket(self._desk.new_id("ti"), facility, cabinet, device, text, CENTRE, now_ms)
        t.shelf(TICKETS).put(ticket)
        t.record(CENTRE, "open ticket", f"ticket {ticket.ticket_id}", text[:200], now_ms)
        return ticket

    def open(self, actor: Actor, facility: Facility, cabinet: str, device: str, text: str) -> Ticket:
        """Open a ticket by hand. Raises: ForbiddenError; NotFoundError for an unknown cabinet; InvalidInputError."""
        now_ms = self._desk.now_ms()
        require(actor, Right.HANDLE_ALARMS, now_ms)
        ticket = Ticket(self._desk.new_id("ti"), facility, cabinet, device, text, actor.login, now_ms)

        def work(t: Transaction) -> Ticket:
            cabinet_of(t, cabinet)
            return self._kept(t, actor, "open ticket", ticket)

        return self._desk.act(actor.login, "open ticket", f"ticket {ticket.ticket_id}", work)

    def assign(self, actor: Actor, ticket_id: str, to: str) -> Ticket:
        """Say who repairs it. Raises: ForbiddenError; NotFoundError; ConflictError if it is closed."""
        require(actor, Right.HANDLE_ALARMS, self._desk.now_ms())
        work = partial(self.assign_within, actor=actor, ticket_id=ticket_id, to=to)
        return self._desk.act(actor.login, "assign ticket", f"ticket {ticket_id}", work)

    def assign_within(self, t: Transaction, actor: Actor, ticket_id: str, to: str) -> Ticket:
        """Say who repairs it, as part of another act. Raises: NotFoundError; ConflictError if it is closed."""
        now_ms, ticket = self._desk.now_ms(), _unclosed(t, ticket_id)
        changed = replace(ticket, state=TicketState.ASSIGNED, assigned_to=to, assigned_utc_ms=now_ms)
        return self._kept(t, actor, "assign ticket", changed, f"to {to}")

    def close(self, actor: Actor, ticket_id: str, note: str) -> Ticket:
        """Close a ticket with a note of what was done.

        Raises: ForbiddenError; NotFoundError; ConflictError if it is closed; InvalidInputError without a note.
        """
        require(actor, Right.HANDLE_ALARMS, self._desk.now_ms())
        work = partial(self.close_within, actor=actor, ticket_id=ticket_id, note=note)
        return self._desk.act(actor.login, "close ticket", f"ticket {ticket_id}", work)

    def close_within(self, t: Transaction, actor: Actor, ticket_id: str, note: str) -> Ticket:
        """Close a ticket as part of another act. Raises: NotFoundError; ConflictError; InvalidInputError."""
        now_ms, ticket = self._desk.now_ms(), _unclosed(t, ticket_id)
        closed = replace(
            ticket, state=TicketState.CLOSED, closed_by=actor.login, closed_utc_ms=now_ms, note=note.strip()
        )
        return self._kept(t, actor, "close ticket", closed)

    def _kept(self, t: Transaction, actor: Actor, action: str, ticket: Ticket, result: str = DONE) -> Ticket:
        t.shelf(TICKETS).put(ticket)
        t.record(actor.login, action, f"ticket {ticket.ticket_id}", result, self._desk.now_ms())
        return ticket


def ticket_of(reading: Reading, ticket_id: str) -> Ticket:
    """Return a ticket. Raises: NotFoundError."""
    ticket = reading.shelf(TICKETS).get(ticket_id)
    if ticket is None:
        raise NotFoundError(f"there is no ticket {ticket_id}")
    return ticket


def tickets(
    reading: Reading, state: str = "", facility: str = "", cabinet: str = "", limit: int = 200
) -> tuple[Ticket, ...]:
    """Return tickets, the youngest first; only those of a state, a kind of facility, a cabinet if given."""
    where = {name: value for name, value in (("state", state), ("facility", facility), ("cabinet", cabinet)) if value}
    return reading.shelf(TICKETS).find(where, limit=limit)


def repairs(found: Iterable[Ticket]) -> tuple[Repairs, ...]:
    """Return how repairs go, for each kind of facility."""
    by_kind: dict[Facility, list[Ticket]] = {facility: [] for facility in Facility}
    for ticket in found:
        by_kind[ticket.facility].append(ticket)
    return tuple(_repairs(facility, those) for facility, those in by_kind.items())


def all_repairs(reading: Reading) -> tuple[Repairs, ...]:
    """Return how repairs go, over all tickets that are kept."""
    return repairs(reading.shelf(TICKETS).find(limit=_MOST))


def _repairs(facility: Facility, found: list[Ticket]) -> Repairs:
    took_ms = [ticket.repair_ms for ticket in found if ticket.repair_ms is not None]
    mean_s = sum(took_ms) / len(took_ms) / 1000 if took_ms else None
    return Repairs(facility, len(found) - len(took_ms), len(took_ms), mean_s)


def _unclosed(t: Transaction, ticket_id: str) -> Ticket:
    ticket = ticket_of(t, ticket_id)
    if ticket.state is TicketState.CLOSED:
        raise ConflictError(f"ticket {ticket_id} is closed; open a new one")
    return ticket
