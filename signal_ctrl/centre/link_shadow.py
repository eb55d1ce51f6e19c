"""What advisers at cabinets report: single decisions beside the plan, and totals of some minutes.

Reports of kind `event`, with the codes `shadow-advice` and `shadow-total`; their values are in docs/file-formats.md.
Stages are indices of the cabinet's site. One that cannot be read is left out, as a sensor that cannot be.
"""

from typing import Final

from signal_ctrl.centre.cabinets import cabinet_of, site_of
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.shadow import ShadowDesk
from signal_ctrl.centre.shadow_values import Advice, ShadowTotal
from signal_ctrl.domain.errors import InvalidInputError, NotFoundError, RefusedError
from signal_ctrl.domain.link.reports import SHADOW_ADVICE, SHADOW_TOTAL, Report, ReportKind
from signal_ctrl.domain.site import Site

_MILLI: Final = 1000.0
_CODES: Final = frozenset({SHADOW_ADVICE, SHADOW_TOTAL})


def apply_shadow(shadow: ShadowDesk, t: Transaction, cabinet: str, report: Report) -> None:
    """Take what an adviser reports; what is none, or was not asked for, is left out."""
    if report.kind is not ReportKind.EVENT or report.code not in _CODES:
        return
    try:
        if report.code == SHADOW_TOTAL:
            shadow.totalled(t, total_of(cabinet, report))
        else:
            shadow.advised(t, advice_of(cabinet, site_of(cabinet_of(t, cabinet).site), report))
    except (InvalidInputError, RefusedError, NotFoundError, KeyError, IndexError):
        return


def total_of(cabinet: str, report: Report) -> ShadowTotal:
    """Return the total of a report. Raises: KeyError, InvalidInputError if it is none."""
    values = dict(report.values)
    return ShadowTotal(
        cabinet=cabinet,
        from_utc_ms=report.at_utc_ms - 1000 * values["seconds"],
        to_utc_ms=report.at_utc_ms,
        decisions=values["decisions"],
        differing=values["differing"],
        comparable=values["comparable"],
        missed=values["missed"],
        gain_veh_s=values["gain_milli_veh_s"] / _MILLI,
        vehicles=values["vehicles"],
    )


def advice_of(cabinet: str, site: Site, report: Report) -> Advice:
    """Return the decision of a report. Raises: KeyError, IndexError if it is none."""
    values = dict(report.values)
    plan_cost = values.get("plan_milli_veh_s")
    return Advice(
        cabinet=cabinet,
        at_utc_ms=report.at_utc_ms,
        ran=_stage(site, values["ran"]),
        plan_next=_stage(site, values["plan_next"]),
        plan_next_in_s=values["plan_next_in_ms"] / _MILLI,
        advised=_stage(site, values["advised"]),
        advised_in_s=values["advised_in_ms"] / _MILLI,
        advised_cost_veh_s=values["advised_milli_veh_s"] / _MILLI,
        horizon_s=values["horizon_s"],
        plan_cost_veh_s=None if plan_cost is None else plan_cost / _MILLI,
        differs=bool(values["differs"]),
        window=bool(values["window"]),
    )


def _stage(site: Site, index: int) -> str:
    if index < 0:
        raise IndexError(index)
    return site.stages[index].name
