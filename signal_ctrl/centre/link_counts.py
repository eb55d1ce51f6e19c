"""Counts as cabinets report them: vehicles that a signal group let pass, which delay prices are worked out from.

A report of kind `detector` with code `group-count`, the group's name as its text, and the values `seconds` (how long
was counted, up to its time), `vehicles` and, where it is known, `queue_veh`. Other detector reports are kept, not read.
"""

import sys
from collections.abc import Iterable

from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.traffic import Traffic
from signal_ctrl.centre.traffic_values import GroupFlow
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.reports import GROUP_COUNT, Report, ReportKind


def apply_counts(traffic: Traffic, t: Transaction, cabinet: str, reports: Iterable[Report]) -> None:
    """Take the counts of a batch together; one that cannot be is left out, as a sensor that cannot be read."""
    flows = [flow for report in reports if (flow := _flow_or_none(cabinet, report)) is not None]
    if flows:
        traffic.counted(t, *flows)


def _flow_or_none(cabinet: str, report: Report) -> GroupFlow | None:
    if report.kind is not ReportKind.DETECTOR or report.code != GROUP_COUNT:
        return None
    try:
        return flow_of(cabinet, report)
    except (InvalidInputError, KeyError):
        return None


def flow_of(cabinet: str, report: Report) -> GroupFlow:
    """Return the count of a report. Raises: KeyError, InvalidInputError if it is none."""
    values = dict(report.values)
    from_ms = report.at_utc_ms - 1000 * values["seconds"]
    cabinet, group = sys.intern(cabinet), sys.intern(report.text)  # thousands of flows are kept, of few names
    return GroupFlow(cabinet, group, from_ms, report.at_utc_ms, values["vehicles"], values.get("queue_veh"))
