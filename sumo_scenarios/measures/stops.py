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
FEWEST_VEH: Final = 3
"""Stops that fewer buses of a line served have no headways to speak of."""
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


@dataclass(frozen=True, slots=True)
class Headways:
    """Times from one bus of a line at a stop to the next, as they came and as scheduled. [s]"""

    line: str
    stop: str
    actual_s: tuple[float, ...]
    planned_s: tuple[float, ...]

    @property
    def excess_wait_s(self) -> float:
        """Wait of who comes by chance, less that of the timetable. [s]"""
        return _wait_s(self.actual_s) - _wait_s(self.planned_s)

    @property
    def variation(self) -> float | None:
        """Standard deviation over mean; None for fewer than two headways or a mean of 0."""
        return _variation(self.actual_s)

    @property
    def bunched(self) -> int:
        """Number of headways below a quarter of the planned one."""
        planned_s = sum(self.planned_s) / len(self.planned_s)
        return sum(each < BUNCHED_SHARE * planned_s for each in self.actual_s)


def headway_figures(visits: Sequence[StopVisit], lines: Mapping[str, str], due_s: Mapping[str, float]) -> Document:
    """Return the regularity of lines at stops.

    Excess wait: half the mean square headway over the mean, less the same of the departures as scheduled [s];
    coefficient of variation of headways; share of headways below a quarter of the planned one.
    Args: lines, line by vehicle or flow; due_s, scheduled departure by vehicle [s].
    """
    sets = headways_of(visits, lines, due_s)
    actual_s = [each for found in sets for each in found.actual_s]
    return {
        "bus_headway_s": mean(actual_s),
        "bus_excess_wait_s": mean([found.excess_wait_s for found in sets]),
        "bus_headway_cv": mean([found.variation for found in sets if found.variation is not None]),
        "bus_bunching_ratio": share(sum(found.bunched for found in sets), len(actual_s)),
    }


def headway_table(sets: Sequence[Headways]) -> Document:
    """Return the headways of every line at every stop, in columns: means [s], variation, excess wait [s], bunched."""
    return {
        "line": [found.line for found in sets],
        "stop": [found.stop for found in sets],
        "buses": [len(found.actual_s) + 1 for found in sets],
        "headway_s": [mean(found.actual_s) for found in sets],
        "planned_s": [mean(found.planned_s) for found in sets],
        "cv": [found.variation for found in sets],
        "excess_wait_s": [rounded(found.excess_wait_s) for found in sets],
        "bunched": [found.bunched for found in sets],
    }


def headways_of(
    visits: Sequence[StopVisit], lines: Mapping[str, str], due_s: Mapping[str, float]
) -> tuple[Headways, ...]:
    """Return the headways of every line at every stop that at least three vehicles served; arguments as above."""
    served: dict[tuple[str, str], list[StopVisit]] = defaultdict(list)
    for visit in visits:
        line = lines.get(visit.vehicle) or lines.get(visit.vehicle.rpartition(".")[0])
        if line and visit.vehicle in due_s:
            served[line, visit.place].append(visit)
    sets = []
    for (line, stop), group in served.items():
        if len(group) >= FEWEST_VEH:
            started_s = sorted(visit.started_s for visit in group)
            planned_s = sorted(due_s[visit.vehicle] for visit in group)
            sets.append(Headways(line, stop, *(tuple(b - a for a, b in pairwise(t)) for t in (started_s, planned_s))))
    return tuple(sets)


def _wait_s(headways_s: Sequence[float]) -> float:
    total_s = sum(headways_s)
    return sum(each * each for each in headways_s) / (2.0 * total_s) if total_s > 0 else 0.0


def _variation(values: Sequence[float]) -> float | None:
    """Return standard deviation over mean, None for fewer than two values or a mean of 0."""
    centre = sum(values) / len(values)
    if len(values) < 2 or centre <= 0:
        return None
    return rounded((sum((each - centre) ** 2 for each in values) / len(values)) ** 0.5 / centre)
