"""The demand of a scenario: when its vehicles depart."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import elements, parse_time_s

_SINGLE: Final = frozenset({"vehicle", "trip", "person", "container"})
_FLOWS: Final = frozenset({"flow", "personFlow", "containerFlow"})
DRAIN_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class DemandSpan:
    """First and last departure [s] (inf where a flow never ends), and single vehicles listed [veh]."""

    first_s: float
    last_s: float
    vehicles: int


def demand_span(paths: Iterable[Path]) -> DemandSpan:
    """Return the span of departures in route and additional files.

    Raises: InvalidInputError for damaged files.
    """
    first_s, last_s, vehicles = math.inf, -math.inf, 0
    for path in paths:
        for _, element in elements(path):
            if element.tag in _SINGLE:
                depart_s = _time_or_none(element.get("depart", ""))
                vehicles += element.tag in ("vehicle", "trip")
                if depart_s is not None:
                    first_s, last_s = min(first_s, depart_s), max(last_s, depart_s)
                element.clear()
            elif element.tag in _FLOWS:
                begin_s = _time_or_none(element.get("begin", "0")) or 0.0
                first_s, last_s = min(first_s, begin_s), max(last_s, _flow_end_s(element, begin_s))
                element.clear()
    return DemandSpan(first_s, last_s, vehicles)


def _flow_end_s(flow: Element, begin_s: float) -> float:
    """Return when a flow has sent its last vehicle, inf if nothing says so. [s]"""
    end_s = _time_or_none(flow.get("end", ""))
    if end_s is not None:
        return end_s
    number, period_s = _time_or_none(flow.get("number", "")), _time_or_none(flow.get("period", ""))
    rate_veh_h = _time_or_none(flow.get("vehsPerHour", flow.get("perHour", "")))
    if period_s is None and rate_veh_h:
        period_s = 3600.0 / rate_veh_h
    return math.inf if number is None or period_s is None else begin_s + number * period_s


def _time_or_none(text: str) -> float | None:
    try:
        return parse_time_s(text)
    except InvalidInputError:
        return None  # 'triggered', 'containerTriggered', 'begin': no time of their own


def run_times_s(
    wanted: tuple[float | None, float | None], configured: tuple[float | None, float | None], span: DemandSpan
) -> tuple[float, float]:
    """Return begin and end of a run: as asked, else as configured, else the last departure and its drain. [s]

    Raises: InvalidInputError if the end is not after the begin or cannot be known.
    """
    begin_s, begin = _first(("--begin", wanted[0]), ("the configuration's begin", configured[0]), ("the begin", 0.0))
    end_s, end = _first(
        ("--end", wanted[1]),
        ("the configuration's end", configured[1]),
        ("the last departure and half an hour", span.last_s + DRAIN_S),
    )
    if not math.isfinite(end_s):
        raise InvalidInputError("the demand has no end of its own (or is empty): give --end in simulation seconds")
    if not begin_s < end_s:
        fix = "give an earlier --begin" if wanted[1] is None and wanted[0] is not None else "give a later --end"
        raise InvalidInputError(f"{end} ({end_s:.10g} s) is not after {begin} ({begin_s:.10g} s); {fix}")
    return begin_s, end_s


def _first(*choices: tuple[str, float | None]) -> tuple[float, str]:
    """Return the first time that is given [s], and its name."""
    return next((time_s, name) for name, time_s in choices if time_s is not None)
