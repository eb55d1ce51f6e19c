"""The frames of a plan's green wave: what adaptive control has to keep of it, signal by signal."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from optimiser.fixed_plan import stage_indices
from optimiser.frame import Frame, Window, shared
from optimiser.green_wave.band_check import Passed, band_spans
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.site import Right
from signal_ctrl.domain.timing import to_ds, to_s
from sumo_scenarios.green_wave.driven_speed import platoon_factor
from sumo_scenarios.green_wave.planning import joined
from sumo_scenarios.green_wave.scenario_wave import common_cycle_s, group_of
from sumo_scenarios.green_wave.streets import find_streets
from sumo_scenarios.green_wave.windows import green_windows
from sumo_scenarios.measures.corridor import StopLine
from sumo_scenarios.world import SignalUnit, World

LEAST_S: Final = 10.0
"""A narrower band, five vehicles on a lane, is no wave: nothing is held for it. [s]"""


@dataclass(frozen=True, slots=True)
class WaveFrames:
    """The frame of each signal on a street, its plan's stages (indices), and which signals keep one wave together."""

    frames: Mapping[str, Frame]
    stages: Mapping[str, tuple[int, ...]]
    together: tuple[frozenset[str], ...]


class _Signal:
    """One signal under its plan."""

    def __init__(self, unit: SignalUnit, plan: SignalPlan, tables: StageTables) -> None:
        self.plan = plan
        self.stages = stage_indices(plan, unit.site)
        self.tables = tables
        self._site = unit.site

    def group(self, line: StopLine) -> int:
        """Return the group of a stop line. Raises: InvalidInputError if no group lights it."""
        return group_of(self._site, line)

    def greens_s(self, line: StopLine) -> tuple[tuple[float, float], ...]:
        """Return from when to when a stop line has green, in the common time. [s]"""
        splits_s, offset_s = [to_s(split_ds) for split_ds in self.plan.splits_ds], to_s(self.plan.offset_ds)
        windows = green_windows(self.tables, self.stages, splits_s, self.group(line))
        return tuple((from_s + offset_s, until_s + offset_s) for from_s, until_s in windows)

    def window(self, line: StopLine, begin_s: float, length_s: float) -> Window:
        """Return the window of a band at a stop line. [s]"""
        group = self.group(line)
        green = frozenset(s for s in range(len(self.tables.right)) if Right(int(self.tables.right[s, group])).is_green)
        place = self.plan.place(to_ds(round(begin_s, 1)))[0]
        turns = (*self.stages[place:], *self.stages[:place])
        return Window(begin_s, length_s, green, next(s for s in turns if s in green))


def frames_of(world: World, plan: Plan, tables: Mapping[str, StageTables]) -> WaveFrames:
    """Return the frames of the bands that a plan has on the arterial of a scenario.

    Args: tables, the stage tables of each signal.
    Raises: InvalidInputError if signals of a street have different cycles, or no street has a band.
    """
    units = {unit.site.signal_id: unit for unit in world.units if len(unit.site.stages) > 1}
    signals = {
        name: _Signal(unit, own, tables[name]) for name, unit in units.items() if (own := plan.of(name)) is not None
    }
    streets = find_streets(world, frozenset(signals), every=False)
    factor = platoon_factor((*world.config.additional, *world.config.routes))
    windows: defaultdict[str, list[Window]] = defaultdict(list)
    for street in streets:
        for course in street.courses:
            for line, window in _windows(course, signals, factor):
                windows[line.signal].append(window)
    if not windows:
        raise InvalidInputError(f"plan {plan.name} has no band of {LEAST_S:g} s on any street of {world.scenario.name}")
    frames = {name: _frame(to_s(signals[name].plan.cycle_ds), found) for name, found in windows.items()}
    groups = [
        frozenset(x.signal for street in part for course in street.courses for x in course) for part in joined(streets)
    ]
    together = tuple(group & frames.keys() for group in groups if group & frames.keys())
    return WaveFrames(frames, {name: signals[name].stages for name in frames}, together)


def _windows(
    course: Sequence[StopLine], signals: Mapping[str, _Signal], factor: float
) -> list[tuple[StopLine, Window]]:
    """Return the windows of a direction: from its first stop line as far as a band reaches, from there on anew."""
    cycle_s = common_cycle_s([(line.signal, round(to_s(signals[line.signal].plan.cycle_ds))) for line in course])
    ahead_s = [line.free_s / factor for line in course]
    passed = [Passed(signals[line.signal].greens_s(line), ahead) for line, ahead in zip(course, ahead_s, strict=True)]
    found: list[tuple[StopLine, Window]] = []
    first = 0
    while first < len(course) - 1:
        last, band = first, (0.0, 0.0)
        while last + 1 < len(course) and (wider := _band(passed[first : last + 2], cycle_s)) is not None:
            last, band = last + 1, wider
        for k in range(first, last + 1 if last > first else first):
            begin_s = (band[0] + ahead_s[k]) % cycle_s
            found.append((course[k], signals[course[k].signal].window(course[k], begin_s, band[1] - band[0])))
        first = max(last, first + 1)
    return found


def _band(passed: Sequence[Passed], cycle_s: float) -> tuple[float, float] | None:
    """Return the widest band over some stop lines in the time of the course's begin, None if it is no wave. [s]"""
    spans = band_spans(passed, cycle_s)
    from_s, until_s = max(spans, key=lambda span: span[1] - span[0], default=(0.0, 0.0))
    length_s = min(until_s - from_s, cycle_s)
    return (from_s, from_s + length_s) if length_s >= LEAST_S else None


def _frame(cycle_s: float, windows: Sequence[Window]) -> Frame:
    """Return the frame of a signal; of windows that no stage serves together the longer one stays."""
    kept: list[Window] = []
    for window in sorted(windows, key=lambda window: -window.length_s):
        overlapping = [other for other in kept if _overlap(window, other, cycle_s)]
        if not overlapping or shared((window, *overlapping)):
            kept.append(window)
    return Frame(cycle_s, tuple(kept))


def _overlap(one: Window, other: Window, cycle_s: float) -> bool:
    return (one.begin_s - other.begin_s) % cycle_s < other.length_s or (
        other.begin_s - one.begin_s
    ) % cycle_s < one.length_s
