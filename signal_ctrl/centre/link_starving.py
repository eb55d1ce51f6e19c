"""What cabinets say of those who wait too long while the police hold a stage (K4): an alarm while it lasts."""

from typing import Final

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.link.reports import STARTED, STARVING, STARVING_OVER, Report, ReportKind

_OVER: Final = frozenset({STARVING_OVER, STARTED})
"""A cabinet that has started anew resumes no hold."""


def apply_starving(alarms: AlarmDesk, t: Transaction, cabinet: str, report: Report, late: bool) -> None:
    """Raise the alarm or clear it; one that its end may have overtaken raises none: it is told again in a minute."""
    if report.kind is not ReportKind.EVENT:
        return
    if report.code == STARVING and not late:
        alarms.raise_(t, STARVING, cabinet, Severity.WARNING, f"{cabinet}: {report.text}")
    elif report.code in _OVER:
        alarms.clear(t, STARVING, cabinet, report.text)
