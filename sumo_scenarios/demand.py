"""The demand of a scenario: when its vehicles depart."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
                first_s = min(first_s, _time_or_none(element.get("begin", "0")) or 0.0)
                last_s = max(last_s, _time_or_none(element.get("end", "")) or math.inf)
                element.clear()
    return DemandSpan(first_s, last_s, vehicles)


def _time_or_none(text: str) -> float | None:
    try:
        return parse_time_s(text)
    except InvalidInputError:
        return None  # 'triggered', 'containerTriggered', 'begin': no time of their own


def run_times_s(
    wanted: tuple[float | None, float | None], configured: tuple[float | None, float | None], span: DemandSpan
) -> tuple[float, float]:
    """Return begin and end of a run: what is asked, else what is configured, else the last departure and its drain. [s]

    Raises: InvalidInputError if the end is not after the begin or cannot be known.
    """
    begin_s = next((t for t in (wanted[0], configured[0]) if t is not None), 0.0)
    end_s = next((t for t in (wanted[1], configured[1]) if t is not None), span.last_s + DRAIN_S)
    if math.isinf(end_s):
        raise InvalidInputError("the demand has no end of its own (or is empty): give --end in simulation seconds")
    if not begin_s < end_s:
        raise InvalidInputError(f"--end {end_s:g} s is not after the begin {begin_s:g} s")
    return begin_s, end_s
