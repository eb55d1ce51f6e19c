"""Whether a run may be used: SUMO's files must be there, whole, of this very run, and show the whole demand."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import SignalCtrlError
from sumo_scenarios.measures.context import Asked, read_asked
from sumo_scenarios.measures.evidence import EDGES, NOTES, STOPS, TRAJECTORIES, WALKERS
from sumo_scenarios.measures.origin import input_reasons, option_reasons
from sumo_scenarios.measures.records import Records, read_records
from sumo_scenarios.measures.schedule import Schedule
from sumo_scenarios.measures.witness import witness_reasons

RUN_FILES: Final = (
    "tripinfo.xml.gz", "statistics.xml", "tls_states.xml.gz", "net.xml", "events.parquet",
    "decisions.jsonl", "settings.json", "result.json",
)  # fmt: skip
_MEANS_OF: Final = ("vehicleTripStatistics", "bikeTripStatistics")
_ROUNDING: Final = 0.0011
_INSTANT_S: Final = 1e-6
_SLACK_VEH: Final = 3
_SLACK_SHARE: Final = 0.005


def validity(run: Path, evidence: Path | None) -> tuple[str, ...]:
    """Return why the run in a folder cannot be used, in words; empty for one that can.

    Args: evidence, folder of SUMO's further files of that run, where they were kept.
    """
    reasons = [f"{name} is missing" for name in RUN_FILES if not (run / name).is_file()]
    if evidence is not None:
        reasons += _missing_evidence(evidence)
    if reasons:
        return tuple(reasons)
    try:
        return tuple(dict.fromkeys(_reasons(run, evidence)))
    except SignalCtrlError as error:
        return (str(error),)


def _missing_evidence(evidence: Path) -> list[str]:
    if not (evidence / NOTES).is_file():
        return [f"the evidence's {NOTES} is missing"]
    walkers = '"walkers": true' in (evidence / NOTES).read_text(encoding="utf-8", errors="replace")
    wanted = (TRAJECTORIES, EDGES, STOPS, *([WALKERS] if walkers else []))
    return [f"the evidence's {name} is missing" for name in wanted if not (evidence / name).is_file()]


def _reasons(run: Path, evidence: Path | None) -> Iterator[str]:
    asked = read_asked(run)
    result = _result(run)
    yield from _result_reasons(asked, result)
    yield from option_reasons(run, evidence, asked)
    yield from input_reasons(asked)
    records = read_records(run, asked.times.end_s)
    yield from records.score.invalid
    yield from _record_reasons(records)
    yield from _figure_reasons(result, records)
    yield from demand_reasons(records, asked.schedule(), asked)
    yield from witness_reasons(run, evidence, asked, records)


def _result(run: Path) -> dict[str, Any]:
    try:
        found = json.loads((run / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _result_reasons(asked: Asked, result: Mapping[str, Any]) -> Iterator[str]:
    """Yield where `result.json` tells of another run than `settings.json`, or of one that did not go well."""
    if result.get("status") != "complete":
        yield f"status {result.get('status', 'unknown')}"
    ours: dict[str, Any] = {"seed": asked.seed, "demand_seed": asked.demand_seed, "end_s": asked.times.end_s}
    ours |= {"begin_s": asked.times.begin_s, "controller": asked.document.get("controller")}
    for name, value in ours.items():
        if result.get(name) != value and not _close(result.get(name), value, asked.times.step_s / 2):
            yield f"result.json has {name} {result.get(name)}, settings.json {value}"
    violations = (result.get("kernel") or {}).get("violations")
    if violations is None or violations > 0:
        yield f"{violations} violations of the kernel's rules" if violations else "no count of kernel violations"


def _close(one: object, other: object, within: float) -> bool:
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return False
    return isinstance(other, float) and abs(one - other) <= within


def _record_reasons(records: Records) -> Iterator[str]:
    """Yield what SUMO's records hold against the run by themselves."""
    score = records.score
    if score.collisions != 0:
        yield f"{score.collisions} collisions" if score.collisions > 0 else "the statistics do not count collisions"
    removed = [rider for rider in records.riders if rider.removed]
    if removed:
        yield f"{len(removed)} vehicles were taken out of the network ({removed[0].ended_by})"
    twice = [name for name, times in Counter(rider.vehicle for rider in records.riders).items() if times > 1]
    if twice:
        yield f"{len(twice)} vehicles have more than one trip ({twice[0]})"
    yield from _mean_reasons(records)


def _mean_reasons(records: Records) -> Iterator[str]:
    """Yield where SUMO's own means are not those of the trips: then these are not the trips of that simulation."""
    counts = [records.counts.get(name, {}) for name in _MEANS_OF]
    departed = [trip for trip in records.trips if trip.departed]
    if not departed:
        return
    means: dict[str, Callable[[], float]] = {
        "duration": lambda: math.fsum(trip.duration_s for trip in departed) / len(departed),
        "waitingTime": lambda: math.fsum(trip.waiting_s for trip in departed) / len(departed),
    }
    for name, ours in means.items():
        theirs = _mean_of(counts, name)
        if not abs(theirs - ours()) <= 0.011 + 1e-4 * abs(ours()):
            yield f"SUMO's mean {name} is {theirs:g} s, that of the trips {ours():.2f} s"


def _mean_of(counts: Sequence[Mapping[str, str]], name: str) -> float:
    """Return one of SUMO's means over all vehicles: it counts bicycles apart, where there are any."""
    if len([each for each in counts if each]) < 2:
        return float(counts[0].get(name, "nan"))
    weights = [float(each.get("count", "nan")) for each in counts]
    sums = [weight * float(each.get(name, "nan")) for weight, each in zip(weights, counts, strict=True)]
    return math.fsum(sums) / math.fsum(weights) if math.fsum(weights) else math.nan


def _figure_reasons(result: Mapping[str, Any], records: Records) -> Iterator[str]:
    """Yield the figures of `result.json` that SUMO's files do not bear out."""
    score = records.score
    ours = {"delay_s_per_vehicle": score.delay_s_per_vehicle, "stops_per_vehicle": score.stops_per_vehicle}
    for name, figure in ours.items():
        told = result.get(name)
        if not isinstance(told, int | float) or not abs(told - figure) <= _ROUNDING:
            yield f"result.json has {name} {told}, SUMO's files {figure:.3f}"
    told_veh = (result.get("vehicles") or {}).get("total")
    if told_veh != score.vehicles.total:
        yield f"result.json has {told_veh} vehicles, SUMO's files {score.vehicles.total}"


def demand_reasons(records: Records, schedule: Schedule, asked: Asked) -> Iterator[str]:
    """Yield what the demand schedules before the end, but no trip shows.

    At a scale of 1 every single vehicle is looked for by name, and the vehicles of every flow are counted; a scaled
    demand is counted as a whole. A demand drawn anew has the same vehicles, at other times.
    """
    times = asked.times
    begin_s, last_s = times.begin_s, times.end_s - times.step_s + _INSTANT_S  # who departs in the last step counts
    shown = {rider.vehicle for rider in records.riders}
    if asked.scale == 1.0 and all(found.scale == 1.0 for found in schedule.types.values()):
        missing = {each.vehicle for each in schedule.due(begin_s, last_s)} - shown
        if missing and asked.demand_seed:
            missing &= {each.vehicle for each in asked.drawn_schedule().due(begin_s, last_s)}
        if missing:
            yield f"{len(missing)} vehicles of the demand are in no trip ({min(missing)})"
        yield from _flow_reasons(shown, schedule, begin_s, last_s)
        return
    due_veh = due_vehicles(schedule, asked.scale, begin_s, last_s)
    if len(shown) < due_veh - max(_SLACK_VEH, _SLACK_SHARE * due_veh):
        yield f"the demand schedules {due_veh:.0f} vehicles, {len(shown)} have a trip"


def _flow_reasons(shown: set[str], schedule: Schedule, begin_s: float, last_s: float) -> Iterator[str]:
    of_flow = Counter(name.rpartition(".")[0] for name in shown)
    for flow in schedule.flows:
        due_veh = flow.due_veh(begin_s, last_s)
        if of_flow[flow.flow_id] < due_veh - 1:
            yield f"flow {flow.flow_id} schedules {due_veh:.0f} vehicles, {of_flow[flow.flow_id]} have a trip"


def due_vehicles(schedule: Schedule, scale: float, begin_s: float, end_s: float) -> float:
    """Return how many vehicles a scaled demand schedules within [begin, end). [veh]"""

    def weight(type_id: str) -> float:
        return scale * (schedule.types[type_id].scale if type_id in schedule.types else 1.0)

    single = math.fsum(weight(each.type_id) for each in schedule.due(begin_s, end_s))
    return single + math.fsum(weight(flow.type_id) * flow.due_veh(begin_s, end_s) for flow in schedule.flows)
