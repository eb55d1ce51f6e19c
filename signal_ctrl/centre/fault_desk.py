"""Faults as they come in from cabinets: kept, ended, made into alarms and tickets."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.faults import FAULTS, KEPT_PER_CABINET, Facility, Fault
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.ticket_desk import TicketDesk
from signal_ctrl.centre.tickets import TICKETS

_TRIM_EACH: Final = 100
_SPARE: Final = 1_000


@dataclass(frozen=True, slots=True)
class FaultReport:
    """What a cabinet says: this device has a fault, or it is over. [ms]"""

    cabinet: str
    facility: Facility
    device: str
    code: str
    text: str
    at_utc_ms: int
    severity: Severity = Severity.WARNING


class FaultDesk:
    """The faults of all cabinets. Its methods with a transaction are parts of the act that stores a report."""

    def __init__(self, desk: Desk, alarms: AlarmDesk, tickets: TicketDesk) -> None:
        self._desk = desk
        self._alarms = alarms
        self._tickets = tickets
        self._begun: Counter[str] = Counter()

    def began(self, t: Transaction, report: FaultReport) -> Fault:
        """Take the begin of a fault, once while it lasts: it is kept, raises an alarm and opens a ticket."""
        fault = live_fault(t, report)
        if fault is not None:
            return fault
        fault = Fault(
            self._desk.new_id("fa"), report.cabinet, report.facility, report.device, report.code, report.text,
            report.at_utc_ms,
        )  # fmt: skip
        ticket = self._tickets.opened_by_fault(t, fault)
        fault = replace(fault, ticket=ticket.ticket_id)
        t.shelf(FAULTS).put(fault)
        self._trim(t, report.cabinet)
        self._alarms.raise_(t, _alarm_kind(fault), report.cabinet, report.severity, _words(fault))
        return fault

    def ended(self, t: Transaction, report: FaultReport) -> Fault | None:
        """Take the end of a fault: its alarm is cleared; its ticket stays until somebody closes it with a note."""
        fault = live_fault(t, report)
        if fault is None:
            return None
        over = replace(fault, end_utc_ms=max(report.at_utc_ms, fault.begin_utc_ms))
        t.shelf(FAULTS).put(over)
        self._alarms.clear(t, _alarm_kind(fault), report.cabinet, "the cabinet says that it is over")
        return over

    def _trim(self, t: Transaction, cabinet: str) -> None:
        """Take out the oldest that are over and that no ticket names: at the first after a start, then now and then."""
        if self._begun[cabinet] % _TRIM_EACH == 0:
            over = {"cabinet": cabinet, "live": "no"}
            t.shelf(FAULTS).trim(KEPT_PER_CABINET + _SPARE, over, unless=(TICKETS, "fault"))
        self._begun[cabinet] += 1


def live_fault(reading: Reading, report: FaultReport) -> Fault | None:
    """Return the fault that lasts of the device and code of a report."""
    where = {
        "cabinet": report.cabinet,
        "facility": report.facility.value,
        "device": report.device,
        "code": report.code,
        "live": "yes",
    }
    return next(iter(reading.shelf(FAULTS).find(where, limit=1)), None)


def faults(
    reading: Reading, cabinet: str = "", facility: str = "", live: bool | None = None, limit: int = KEPT_PER_CABINET
) -> tuple[Fault, ...]:
    """Return faults, the youngest first; only those of a cabinet, of a kind of facility, that last or are over."""
    where = {name: value for name, value in (("cabinet", cabinet), ("facility", facility)) if value}
    if live is not None:
        where["live"] = "yes" if live else "no"
    return reading.shelf(FAULTS).find(where, limit=limit)


def _alarm_kind(fault: Fault) -> str:
    return f"fault {fault.facility.value} {fault.device} {fault.code}".replace("  ", " ")


def _words(fault: Fault) -> str:
    device = f" {fault.device}" if fault.device else ""
    return f"{fault.facility.value}{device} of cabinet {fault.cabinet}: {fault.text or fault.code}"
