"""Maintenance tickets: a facility to be repaired, from the one who opens it to the one who closes it with a note."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError

MAX_NOTE: Final = 2_000


class TicketState(Enum):
    """Where a ticket stands."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One repair. `fault` is the fault that opened it, empty where somebody did by hand. [ms]"""

    ticket_id: str
    facility: Facility
    cabinet: str
    device: str
    text: str
    opened_by: str
    opened_utc_ms: int
    fault: str = ""
    state: TicketState = TicketState.OPEN
    assigned_to: str = ""
    assigned_utc_ms: int | None = None
    closed_by: str = ""
    closed_utc_ms: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not self.ticket_id or not self.text or len(self.text) > MAX_NOTE or len(self.note) > MAX_NOTE:
            raise InvalidInputError(f"a ticket needs an id and a text of 1 to {MAX_NOTE} characters")
        if self.state is TicketState.CLOSED and (self.closed_utc_ms is None or not self.note):
            raise InvalidInputError(f"ticket {self.ticket_id}: who closes it writes what was done")
        if self.state is TicketState.ASSIGNED and not self.assigned_to:
            raise InvalidInputError(f"ticket {self.ticket_id}: who is it assigned to?")

    @property
    def repair_ms(self) -> int | None:
        """How long the repair took from opening to closing, None while it lasts. [ms]"""
        return None if self.closed_utc_ms is None else self.closed_utc_ms - self.opened_utc_ms


TICKETS: Final = ShelfSpec(
    "tickets",
    Ticket,
    key=lambda t: t.ticket_id,
    at_utc_ms=lambda t: t.opened_utc_ms,
    columns={
        "facility": lambda t: t.facility.value,
        "cabinet": lambda t: t.cabinet,
        "device": lambda t: t.device,
        "state": lambda t: t.state.value,
        "fault": lambda t: t.fault,
    },
)
