"""What the centre does with each report of a cabinet: faults begin and end, heartbeats are what it says of itself."""

from typing import Final

from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.fault_desk import FaultDesk, FaultReport
from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.link.reports import Batch, Report, ReportKind, batch_from_bytes

_LOOK_AHEAD: Final = 200
_OF_LAMPS: Final = "K6-"
_OF_DETECTORS: Final = "K12-"


def apply_fault(faults: FaultDesk, t: Transaction, batch: Batch, report: Report, late: bool) -> None:
    """Begin or end a fault; one that came late and was over before is begun and ended."""
    if report.kind is ReportKind.FAULT:
        faults.began(t, fault_of(batch, report))
        end = _end_of(t, batch, report) if late else None
        if end is not None:
            faults.ended(t, fault_of(batch, end))
    elif report.kind is ReportKind.CLEARED:
        faults.ended(t, fault_of(batch, report))


def fault_of(batch: Batch, report: Report) -> FaultReport:
    """Return a fault as the fault desk has it."""
    of_lamps, of_detector = report.code.startswith(_OF_LAMPS), report.code.startswith(_OF_DETECTORS)
    facility = Facility.LAMP if of_lamps else Facility.DETECTOR if of_detector else Facility.CABINET
    return FaultReport(
        cabinet=batch.cabinet,
        facility=facility,
        device=report.code.removeprefix(_OF_DETECTORS) if of_detector else "",
        code=report.code,
        text=report.text,
        at_utc_ms=report.at_utc_ms,
        severity=Severity.CRITICAL if of_lamps else Severity.WARNING,
    )


def said_of(report: Report) -> dict[str, str]:
    """Return what a heartbeat says, by name."""
    return {"summary": report.text, "at_utc_ms": str(report.at_utc_ms)} | {n: str(v) for n, v in report.values}


def _end_of(t: Transaction, batch: Batch, fault: Report) -> Report | None:
    """Return the end of a fault among batches that overtook it."""
    for sequence in t.links.sequences(batch.cabinet, batch.boot, batch.sequence, _LOOK_AHEAD):
        stored = t.links.batch(batch.cabinet, batch.boot, sequence)
        reports = batch_from_bytes(stored.body).reports if stored is not None else ()
        for report in reports:
            if report.kind is ReportKind.CLEARED and report.code == fault.code:
                return report
    return None
