"""Saturation flows of a finished run, lane by lane, from the stop-line loops and lamps in its `events.parquet`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detectors.loops.saturation import SaturationFlow, Span, discharges, saturation_flow
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import LoopRole
from signal_ctrl.domain.site_parts import Right
from signal_ctrl.gateways.whole_file import check_new, write_whole
from sumo_scenarios import catalogue
from sumo_scenarios.event_table import EVENTS, SPAN_CODES, Spans, read_events, spans_of
from sumo_scenarios.group_saturation import groups_to_csv
from sumo_scenarios.replay import check_inputs, read_settings
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import SignalUnit, World, build_world

_YIELDING: Final = frozenset({Right.STOP, Right.PERMISSIVE})


@dataclass(frozen=True, slots=True)
class LaneSaturation:
    """What was measured on one lane; `gives_way` tells that a movement of it may yield, which is no saturation flow."""

    signal: str
    lane: str
    found: SaturationFlow
    gives_way: bool


def measure_saturation(run: Path) -> tuple[LaneSaturation, ...]:
    """Return the saturation flow of every lane that has queues to be measured, in the order of signals and lanes.

    Raises: InvalidInputError if the folder holds no run, or one without loops.
    """
    recorded = read_settings(run / "settings.json")
    check_inputs(recorded)
    settings = recorded.settings
    events = spans_of(read_events(run / EVENTS, SPAN_CODES))
    if not events.passages:
        raise InvalidInputError(
            f"{run} has no loop events: they come from runs with --sensing loops under a controller of ours"
        )
    return tuple(row for unit in world_of_run(settings).units for row in _of_signal(unit, events))


def world_of_run(settings: RunSettings) -> World:
    """Return the world of a run, with its own loops where it had some. Raises: as `build_world`."""
    loops = Path(settings.loops_file) if settings.loops_file else None
    scenario = catalogue.resolve(settings.scenario)
    return build_world(scenario, settings.profile, settings.begin_s, settings.end_s, loops, settings.sensing == "video")


def write_groups(path: Path, run: Path, rows: Sequence[LaneSaturation]) -> None:
    """Write measured saturation flows by signal group into a new CSV file, lanes that may have to yield left out.

    Raises: InvalidInputError if the file exists or cannot be written.
    """
    lanes = {(r.signal, r.lane): (r.found.saturation_veh_h, float(r.found.queues)) for r in rows if not r.gives_way}
    check_new(path)
    write_whole(path, groups_to_csv(world_of_run(read_settings(run / "settings.json").settings).units, lanes))


def write_saturation(path: Path, rows: Sequence[LaneSaturation]) -> None:
    """Write measured saturation flows by lane into a new CSV file, lanes that may have to yield left out.

    Raises: InvalidInputError if the file exists or cannot be written.
    """
    lines = ["signal,lane,saturation_veh_h,queues"]
    lines += [f"{r.signal},{r.lane},{r.found.saturation_veh_h:.1f},{r.found.queues}" for r in rows if not r.gives_way]
    check_new(path)
    write_whole(path, "\n".join(lines) + "\n")


def _of_signal(unit: SignalUnit, events: Spans) -> Iterator[LaneSaturation]:
    layout = unit.layout
    for index, lane in enumerate(layout.lanes):
        loops = [loop for loop in layout.loops if loop.role is LoopRole.STOP and loop.serves == (index,)]
        movements = [layout.movements[m] for m in lane.movements]
        groups = sorted({movement.group for movement in movements})
        if len(loops) != 1 or not groups or groups[0] < 0:
            continue  # lanes that share a loop are not told apart
        greens = common_greens([events.greens.get((layout.signal_id, group + 1), []) for group in groups])
        passages = events.passages.get((layout.signal_id, loops[0].channel), [])
        found = saturation_flow(list(discharges(greens, passages)))
        if found is not None:
            gives_way = any(stage.rights[group] in _YIELDING for stage in unit.site.stages for group in groups)
            yield LaneSaturation(layout.signal_id, lane.lane_id, found, gives_way)


def common_greens(greens: Sequence[Sequence[Span]]) -> list[Span]:
    """Return the greens that begin at the same time for all groups of a lane, up to the first one's end. [s]"""
    ends_s = [dict(own) for own in greens]
    return [
        (begin_s, min(own[begin_s] for own in ends_s))
        for begin_s, _ in greens[0]
        if all(begin_s in own for own in ends_s)
    ]
