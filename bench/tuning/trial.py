"""One simulation of a tuning: scored as every run is, and with the waiting at each signal."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.driver import Driver, make_driver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.measures.arterials import arterials_of
from sumo_scenarios.measures.schedule import read_schedule
from sumo_scenarios.outcome import LoopOutcome, Report, Stop
from sumo_scenarios.score import score_run
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.supervise import Ending, Job, Progress, supervise
from sumo_scenarios.world import World

SAMPLE_S: Final = 7.0
"""Prime, so that samples do not keep step with a cycle. [s]"""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What one simulation gave.

    `delay_s` is the mean over all vehicles [s/veh]; `waiting_veh_h` the standing on the lanes before each signal and
    the waiting to enter them [veh h]; `invalid` says why it does not count, if so; `artery_s` the time on the arterial,
    over all vehicles, 0 where there is none or nobody asked [s/veh].
    """

    delay_s: float
    unfinished_veh: int
    waiting_veh_h: dict[str, float]
    invalid: str = ""
    artery_s: float = 0.0

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        rounded = {signal: round(value, 3) for signal, value in self.waiting_veh_h.items()}
        found = {"delay_s": round(self.delay_s, 3), "unfinished_veh": self.unfinished_veh, "waiting_veh_h": rounded}
        found |= {"artery_s": round(self.artery_s, 3)} if self.artery_s else {}
        return found | ({"invalid": self.invalid} if self.invalid else {})


@dataclass(slots=True)
class _Waiting:
    """Vehicles that wait before each signal, and those on the arterial, summed over samples."""

    lanes: dict[str, tuple[str, ...]]
    edges: dict[str, tuple[str, ...]]
    seen_veh: dict[str, int]
    artery: tuple[str, ...]
    on_artery_veh: int = 0

    def sample(self, simulation: Simulation) -> None:
        for signal, lanes in self.lanes.items():
            standing = sum(map(simulation.lane_halting, lanes))
            self.seen_veh[signal] += standing + sum(map(simulation.edge_pending, self.edges[signal]))
        self.on_artery_veh += sum(map(simulation.edge_vehicles, self.artery))


def _waiting(world: World, artery: bool) -> _Waiting:
    """Return what to look at: approach lanes and their reach, each lane only for one signal; the arterial if asked."""
    lanes, edges, taken = {}, {}, set[str]()
    for unit in world.units:
        near = [lane.lane_id for lane in unit.layout.lanes]
        far = [lane.lane_id for lane in unit.layout.reach]
        own = tuple(lane for lane in dict.fromkeys((*near, *far)) if lane not in taken and not lane.startswith(":"))
        taken |= set(own)
        lanes[unit.site.signal_id] = own
        edges[unit.site.signal_id] = tuple(dict.fromkeys(world.net.lanes[lane].edge_id for lane in own))
    edges_of: set[str] = set()
    for signal, found in edges.items():
        edges[signal] = tuple(edge for edge in found if edge not in edges_of)
        edges_of |= set(found)
    return _Waiting(lanes, edges, dict.fromkeys(lanes, 0), _artery(world) if artery else ())


def _artery(world: World) -> tuple[str, ...]:
    """Return the edges of the arterial, none where the demand shows no street over two signals."""
    schedule = read_schedule((*world.config.routes, *world.config.additional))
    return tuple(edge for arterial in arterials_of(world.net, schedule) for edge in arterial.edges)


class _Watched:
    """A driver that also samples who waits."""

    def __init__(self, inner: Driver, waiting: _Waiting, simulation: Simulation, begin_s: float) -> None:
        self._inner = inner
        self._waiting = waiting
        self._simulation = simulation
        self._next_s = begin_s

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def step(self, time_s: float) -> None:
        """Act, then sample. [s]"""
        self._inner.step(time_s)
        if time_s >= self._next_s:
            self._next_s += SAMPLE_S
            self._waiting.sample(self._simulation)


@dataclass(frozen=True, slots=True)
class _Finished:
    loop: LoopOutcome
    result: TrialResult


def run_trials(settings: Sequence[RunSettings], at_once: int = 1, artery: bool = False) -> list[TrialResult]:
    """Make simulations in child processes and return what they gave, in order.

    Args: artery, whether the time on the arterial is wanted: to find it the demand is read once more.
    Raises: what a run raises; KeyboardInterrupt if the user stops it.
    """
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        jobs = []
        for index, one in enumerate(settings):
            folder = Path(scratch) / str(index)
            (folder / "run").mkdir(parents=True)
            jobs.append(Job(partial(_work, one, folder / "run", artery), folder / "log"))
        endings = supervise(jobs, _unheard, at_once)
    return [_result(ending) for ending in endings]


def _unheard(_index: int, _progress: Progress) -> None:
    """Simulations of a tuning are short: their own progress is not shown."""


def _result(ending: "Ending[_Finished]") -> TrialResult:
    if ending.interrupted:
        raise KeyboardInterrupt
    if ending.error is not None:
        raise ending.error
    if ending.outcome is None:
        raise BackendError("the simulation ended without a result")
    return ending.outcome.result


def _work(settings: RunSettings, folder: Path, artery: bool, report: Report, stop: Stop) -> _Finished:
    from sumo_scenarios.closed_loop import run_loop  # noqa: PLC0415  heavy; only the child needs it

    kept: list[_Waiting] = []

    def make(
        world: World, chosen: RunSettings, simulation: Simulation, run: Path, begin_s: float, events: EventLog
    ) -> Driver:
        kept.append(_waiting(world, artery))
        inner = make_driver(world, chosen, simulation, run, begin_s, events)
        return _Watched(inner, kept[0], simulation, begin_s)

    loop = run_loop(settings, folder, report, stop, make)
    if loop.interrupted:
        raise BackendError("the simulation was stopped")
    score = score_run(folder / "tripinfo.xml.gz", folder / "statistics.xml")
    waiting = {signal: seen * SAMPLE_S / 3600.0 for signal, seen in kept[0].seen_veh.items()}
    invalid = "; ".join(score.invalid) or ("the kernel saw a violation" if loop.violations else "")
    left_veh = score.vehicles.unfinished + score.vehicles.never_departed
    artery_s = kept[0].on_artery_veh * SAMPLE_S / max(score.vehicles.total, 1)
    result = TrialResult(score.delay_s_per_vehicle, left_veh, waiting, invalid, artery_s)
    return _Finished(replace(loop, decision_ms=(), queues=()), result)
