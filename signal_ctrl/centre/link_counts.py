"""Counts as cabinets report them: vehicles that a signal group let pass, which delay prices are worked out from.

A report of kind `detector` with code `group-count`, the group's name as its text, and the values `seconds` (how long
was counted, up to its time), `vehicles` and, where it is known, `queue_veh`. Other detector reports are kept, not read.
"""

from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.traffic import Traffic
from signal_ctrl.centre.traffic_values import GroupFlow
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.reports import GROUP_COUNT, Report, ReportKind


def apply_count(traffic: Traffic, t: Transaction, cabinet: str, report: Report) -> None:
    """Take a count; one that cannot be is left out, as a sensor that cannot be read."""
    if report.kind is not ReportKind.DETECTOR or report.code != GROUP_COUNT:
        return
    try:
        flow = flow_of(cabinet, report)
    except (InvalidInputError, KeyError):
        return
    traffic.counted(t, flow)


def flow_of(cabinet: str, report: Report) -> GroupFlow:
    """Return the count of a report. Raises: KeyError, InvalidInputError if it is none."""
    values = dict(report.values)
    from_ms = report.at_utc_ms - 1000 * values["seconds"]
    return GroupFlow(cabinet, report.text, from_ms, report.at_utc_ms, values["vehicles"], values.get("queue_veh"))
