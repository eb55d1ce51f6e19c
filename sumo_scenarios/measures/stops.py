"""Stops of the timetable: where buses halt, how late they are and how regularly they come."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.figures import Document, mean, quantile, rounded, share
from sumo_scenarios.measures.trajectories import Halt
from sumo_scenarios.written import tags

EARLY_S: Final = -60.0
LATE_S: Final = 300.0
BUNCHED_SHARE: Final = 0.25
_NO_TIME: Final = -1.0


@dataclass(frozen=True, slots=True)
class StopVisit:
    """One vehicle at one stop. `late_s` is None where the timetable gives no time. [s]"""

    vehicle: str
    place: str
    started_s: float
    ended_s: float
    late_s: float | None


def read_stops(path: Path, end_s: float) -> tuple[StopVisit, ...]:
    """Return the visits of SUMO's stop record, those under way at the end of the run too.

    Raises: BackendError if the file is missing or damaged.
    """
    try:
        return tuple(_visit(found, end_s) for tag, found in tags(path) if tag == "stopinfo")
    except (KeyError, ValueError) as error:
        raise BackendError(f"cannot read {path}: {type(error).__name__} {error}") from error


def _visit(found: Mapping[str, str], end_s: float) -> StopVisit:
    ended_s = float(found.get("ended", _NO_TIME))
    late = found.get("arrivalDelay", found.get("delay"))
    place = found.get("busStop") or found.get("trainStop") or f"{found['lane']}@{float(found['pos']):.0f}"
    return StopVisit(
        vehicle=found["id"],
        place=place,
        started_s=float(found["started"]),
        ended_s=ended_s if ended_s >= 0 else end_s,
        late_s=None if late is None else float(late),
    )


def halts_of(visits: Sequence[StopVisit]) -> tuple[Halt, ...]:
    """Return when which vehicle stood at a stop."""
    return tuple(Halt(visit.vehicle, visit.started_s, visit.ended_s) for visit in visits)


def lateness_figures(visits: Sequence[StopVisit]) -> Document:
    """Return how late vehicles were at stops with a time: mean, 90 % [s], and the share within -1 to +5 min."""
    late_s = [visit.late_s for visit in visits if visit.late_s is not None]
    on_time = sum(EARLY_S <= each <= LATE_S for each in late_s)
    return {
        "bus_lateness_s": mean(late_s),
        "bus_lateness_p90_s": quantile(late_s, 0.9),
        "bus_on_time_ratio": share(on_time, len(late_s)),
    }


def headway_figures(visits: Sequence[StopVisit], lines: Mapping[str, str], due_s: Mapping[str, float]) -> Document:
    """Return the regularity of lines at stops.

    Excess wait: half the mean square headway over the mean, less the same of the departures as scheduled [s];
    coefficient of variation of headways; share of headways below a quarter of the planned one.
    Args: lines, line by vehicle or flow; due_s, scheduled departure by vehicle [s].
    """
    sets = list(_headways(visits, lines, due_s))
    actual_s = [each for found, _ in sets for each in found]
    waits_s = [_wait_s(found) - _wait_s(planned) for found, planned in sets]
    bunched = sum(
        each < BUNCHED_SHARE * sum(planned) / len(planned) for found, planned in sets for each in found if sum(planned)
    )
    return {
        "bus_headway_s": mean(actual_s),
        "bus_excess_wait_s": mean(waits_s),
        "bus_headway_cv": mean([cv for found, _ in sets if (cv := _variation(found)) is not None]),
        "bus_bunching_ratio": share(bunched, len(actual_s)),
    }


def _headways(
    visits: Sequence[StopVisit], lines: Mapping[str, str], due_s: Mapping[str, float]
) -> list[tuple[list[float], list[float]]]:
    """Return (actual, planned) headways of every line at every stop that at least three vehicles served. [s]"""
    served: dict[tuple[str, str], list[StopVisit]] = defaultdict(list)
    for visit in visits:
        line = lines.get(visit.vehicle) or lines.get(visit.vehicle.rpartition(".")[0])
        if line and visit.vehicle in due_s:
            served[line, visit.place].append(visit)
    sets = []
    for group in served.values():
        if len(group) >= 3:
            started_s = sorted(visit.started_s for visit in group)
            planned_s = sorted(due_s[visit.vehicle] for visit in group)
            sets.append(([b - a for a, b in pairwise(started_s)], [b - a for a, b in pairwise(planned_s)]))
    return sets


def _wait_s(headways_s: Sequence[float]) -> float:
    total_s = sum(headways_s)
    return sum(each * each for each in headways_s) / (2.0 * total_s) if total_s > 0 else 0.0


def _variation(values: Sequence[float]) -> float | None:
    """Return standard deviation over mean, None for fewer than two values or a mean of 0."""
    centre = sum(values) / len(values)
    if len(values) < 2 or centre <= 0:
        return None
    return rounded((sum((each - centre) ** 2 for each in values) / len(values)) ** 0.5 / centre)
