"""Turning counts from the detectors of a finished run: lanes from their loops, turns from what comes out behind.

A loop cannot tell one vehicle from the next while it stays covered: in a queue the long stop-line loop merges some. So
vehicles are counted at the short loops upstream (25-50 m, else 80-200 m, else the stop line), and dealt out to lanes as
the stop-line loops saw them. A lane with one turn gives that turn; where it has several, they are shared out evenly,
a turn back least, then so that the lanes keep their counts and the exits with loops of their own get theirs (iterative
proportional fitting). Loops count what was let through: a queue that does not clear hides demand.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from signal_ctrl.domain.counts import CountPeriod, Counts, Turn
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout, LoopRole
from signal_ctrl.engine.split_values import Period
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.event_table import EVENTS, failed_of, read_events
from sumo_scenarios.exit_loops import ExitFinder, outgoing_of
from sumo_scenarios.layout import TURN_BACK
from sumo_scenarios.logs import DETECTOR_FAULT, DETECTOR_ON, DETECTOR_RESTORED
from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.replay import read_settings
from sumo_scenarios.world import SignalUnit, World, build_world

ROLES: Final = (LoopRole.STOP, LoopRole.ADVANCE, LoopRole.MIDDLE)
_ROUNDS: Final = 60
_TURN_BACK: Final = 0.1
_CODES: Final = (DETECTOR_ON, DETECTOR_FAULT, DETECTOR_RESTORED)
Key = TypeVar("Key", str, int)
Seen = Mapping[tuple[str, int], float]
"""Vehicles by signal and channel. [veh]"""


@dataclass(frozen=True, slots=True)
class RunDetectors:
    """A finished run as its loops saw it: its world, its time [s], and who was on when. `failed` loops do not count,
    `outgoing` are the connections that leave each edge.
    """

    world: World
    span_s: tuple[float, float]
    passed: Mapping[tuple[str, int], tuple[float, ...]]
    failed: frozenset[tuple[str, int]]
    outgoing: Mapping[str, tuple[Connection, ...]]


@dataclass(frozen=True, slots=True)
class Told:
    """How many turns came from lanes of one turn, from counted exits, and from an even share for want of better."""

    alone: int = 0
    by_exits: int = 0
    evenly: int = 0


def read_run(folder: Path) -> RunDetectors:
    """Return the detectors of a run.

    Raises: InvalidInputError if the folder holds no run, or one whose controller read no loops.
    """
    settings = read_settings(folder / "settings.json").settings
    loops_file = Path(settings.loops_file) if settings.loops_file else None
    times_s, cameras = (settings.begin_s, settings.end_s), settings.sensing == "video"
    world = build_world(resolve(settings.scenario), settings.profile, *times_s, loops_file, cameras)
    passed: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    rows = read_events(folder / EVENTS, _CODES)
    for time_ds, device, code, channel in rows:
        if code == DETECTOR_ON:
            passed[device, channel].append(time_ds / 10)
    if not passed:
        raise InvalidInputError(
            f"{folder} holds no loop events: take a run of a controller that reads loops, with --sensing loops"
        )
    last_s = max(at_s for times_s in passed.values() for at_s in times_s)
    span_s = (settings.begin_s or 0.0, settings.end_s or last_s)
    times = {key: tuple(at) for key, at in passed.items()}
    failed = failed_of(rows, span_s)
    return RunDetectors(world, span_s, times, failed, outgoing_of(world.net))


def run_counts(run: RunDetectors, periods: Sequence[Period]) -> tuple[Counts, Told]:
    """Return the turning counts of a run in some periods, and how they were had.

    Raises: InvalidInputError for a period outside the run, and for a lane that no loop counts.
    """
    found, told = [], Told()
    for period in periods:
        if period.begin_s < run.span_s[0] or period.end_s > run.span_s[1]:
            raise InvalidInputError(
                f"the run lasts from {run.span_s[0]:g} to {run.span_s[1]:g} s, without {period.begin_s:g} "
                f"to {period.end_s:g} s"
            )
        seen = {
            key: float(sum(period.begin_s <= at_s < period.end_s for at_s in times_s))
            for key, times_s in run.passed.items()
        }
        vehicles: dict[Turn, float] = {}
        told = Told()
        for unit in run.world.units:
            turns, how = _Junction(unit, run, seen).turns()
            vehicles |= turns
            told = Told(told.alone + how.alone, told.by_exits + how.by_exits, told.evenly + how.evenly)
        found.append(CountPeriod(period.begin_s, period.end_s, vehicles))
    return Counts(tuple(found)), told


class _Junction:
    """One signal in one period."""

    def __init__(self, unit: SignalUnit, run: RunDetectors, seen: Seen) -> None:
        self._layout: JunctionLayout = unit.layout
        self._net: Net = run.world.net
        self._run = run
        self._seen = seen
        self._exit_edge = [self._net.lanes[e.lane_id].edge_id for e in self._layout.exits]

    def turns(self) -> tuple[dict[Turn, float], Told]:
        """Return vehicles by turn, and how they were had."""
        layout = self._layout
        lanes = self._lane_counts()
        flow = [
            lanes[move.lane] * self._weight(index) / self._weights(move.lane)
            for index, move in enumerate(layout.movements)
        ]
        exits = self._exit_counts()
        for _ in range(_ROUNDS):
            self._fit(flow, [self._exit_edge[m.exit] for m in layout.movements], exits)
            self._fit(flow, [m.lane for m in layout.movements], dict(enumerate(lanes)))
        found: defaultdict[Turn, float] = defaultdict(float)
        for move, vehicles in zip(layout.movements, flow, strict=True):
            turn = (layout.signal_id, layout.lanes[move.lane].edge_id, self._exit_edge[move.exit])
            found[turn] += vehicles
        return dict(found), self._told(exits)

    def _weight(self, movement: int) -> float:
        """Return how often a turn is taken as long as nothing tells: a turn back seldom."""
        return _TURN_BACK if self._layout.movements[movement].direction == TURN_BACK else 1.0

    def _weights(self, lane: int) -> float:
        return sum(self._weight(m) for m in self._layout.lanes[lane].movements)

    @staticmethod
    def _fit(flow: list[float], keys: Sequence[Key], wanted: Mapping[Key, float]) -> None:
        """Scale the flows of each key to what is wanted of it, in place; keys that nobody counts stay."""
        totals: defaultdict[Key, float] = defaultdict(float)
        for key, vehicles in zip(keys, flow, strict=True):
            totals[key] += vehicles
        for m, key in enumerate(keys):
            if key in wanted and totals[key] > 0:
                flow[m] *= wanted[key] / totals[key]

    def _lane_counts(self) -> list[float]:
        """Return vehicles by approach lane."""
        counted = [0.0] * len(self._layout.lanes)
        for lanes in self._approaches():
            total = self._total(lanes)
            stop = [self._of_role(lane, LoopRole.STOP) for lane in lanes]
            shares = [s if s is not None else 0.0 for s in stop]
            if not sum(shares):
                shares = [1.0] * len(lanes)
            for lane, share in zip(lanes, shares, strict=True):
                counted[lane] = total * share / sum(shares)
        return counted

    def _approaches(self) -> list[list[int]]:
        """Return the lanes that have to be counted together: of one edge, or behind a loop that serves several."""
        parts: list[set[int]] = []
        by_edge: defaultdict[str, set[int]] = defaultdict(set)
        for index, lane in enumerate(self._layout.lanes):
            by_edge[lane.edge_id].add(index)
        for own in (*by_edge.values(), *(set(loop.serves) for loop in self._layout.loops)):
            touched = [part for part in parts if part & own]
            parts = [part for part in parts if not part & own] + [own.union(*touched)]
        return [sorted(part) for part in parts]

    def _total(self, lanes: Sequence[int]) -> float:
        """Return vehicles of some lanes by the best loops that serve all of them."""
        for role in ROLES:
            loops = [loop for loop in self._layout.loops if loop.role is role and set(loop.serves) & set(lanes)]
            works = all((self._layout.signal_id, loop.channel) not in self._run.failed for loop in loops)
            if works and set(lanes) <= {lane for loop in loops for lane in loop.serves}:
                return sum(self._seen.get((self._layout.signal_id, loop.channel), 0.0) for loop in loops)
        names = ", ".join(self._layout.lanes[lane].lane_id for lane in lanes)
        raise InvalidInputError(f"signal {self._layout.signal_id}: no loops that work count all of the lanes {names}")

    def _of_role(self, lane: int, role: LoopRole) -> float | None:
        loops = [loop for loop in self._layout.loops if loop.role is role and lane in loop.serves]
        if not loops or any((self._layout.signal_id, loop.channel) in self._run.failed for loop in loops):
            return None
        return sum(self._seen.get((self._layout.signal_id, loop.channel), 0.0) / len(loop.serves) for loop in loops)

    def _exit_counts(self) -> dict[str, float]:
        """Return vehicles by exit edge, where that edge, or what alone follows it, has a loop on each lane."""
        run = self._run
        finder = ExitFinder(self._net, run.world.units, run.outgoing, run.failed)
        found = finder.of_signal(self._layout)
        return {edge: sum(self._seen.get(key, 0.0) for key in loops.keys) for edge, loops in found.items()}

    def _told(self, exits: Mapping[str, float]) -> Told:
        turns: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        for move in self._layout.movements:
            turns[self._layout.lanes[move.lane].edge_id, self._exit_edge[move.exit]].add(move.lane)
        shared = [key for key, lanes in turns.items() if any(len(self._layout.lanes[k].movements) > 1 for k in lanes)]
        by_exits = sum(exit_edge in exits for _, exit_edge in shared)
        return Told(len(turns) - len(shared), by_exits, len(shared) - by_exits)
