"""Optimiser and detectors that break in the middle of a run: it goes on, every lamp stays legal, a replay repeats it."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from bench.referees import judge
from bench.tuning.store import fallback_plan
from detectors.loops.events import LoopEvent
from optimiser.controller import Controller, Decision, Situation
from signal_ctrl.domain.errors import BackendTimeoutError
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.view import JunctionView
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.driver import KernelDriver, LoopSensor
from sumo_scenarios.logs import EventLog
from sumo_scenarios.outcome import LoopOutcome, Report, Stop
from sumo_scenarios.replay import replay_loop
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.supervise import Job, supervise
from sumo_scenarios.warm_up import compile_rollout
from sumo_scenarios.world import World

pytestmark = pytest.mark.sumo
BEGIN_S, BREAKS_S, HEALS_S, END_S = 25200.0, 25260.0, 25380.0, 25500.0


@dataclass
class Breaking:
    """A controller that answers as another one does, but for the time in which it is broken."""

    sound: Controller
    broken: Callable[["Breaking", JunctionView, Situation], object]
    last: Decision | None = None

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        if BREAKS_S <= situation.now_s < HEALS_S:
            return cast(Decision, self.broken(self, view, situation))
        self.last = self.sound.decide(view, situation)
        return self.last


def dead(_b: Breaking, _v: JunctionView, _s: Situation) -> object:
    raise RuntimeError("killed")


def hung(_b: Breaking, _v: JunctionView, _s: Situation) -> object:
    raise BackendTimeoutError("no answer")


def frozen(b: Breaking, _v: JunctionView, _s: Situation) -> object:
    return b.last


def garbled(_b: Breaking, _v: JunctionView, s: Situation) -> object:
    dice = random.Random(s.now_s)
    return dice.choice([None, "green", Decision(10**9, (), ""), Decision(0, ((0, 0.0, float("nan")),), "")])


def astray(b: Breaking, v: JunctionView, s: Situation) -> object:
    return Decision(b.sound.decide(v, s).stage, (), "", "another signal", s.now_s)


def hostile(_b: Breaking, _v: JunctionView, s: Situation) -> object:
    return Decision(random.Random(s.now_s).choice(s.stages), (), "")  # sound in form, and mad


@dataclass
class Garbling:
    """Loop events that come twice, late, from the future or not at all, and edges that no traffic made."""

    sensor: LoopSensor
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def read(self, time_s: float) -> None:
        for event in self.sensor._reader.read(time_s):
            for each in self._garbled(event, time_s) if time_s >= BREAKS_S else [event]:
                self.sensor.estimator.take(each, time_s)

    def _garbled(self, event: LoopEvent, time_s: float) -> list[LoopEvent]:
        kind = self.dice.randrange(7)
        late, early = event._replace(time_s=time_s - 60.0), event._replace(time_s=time_s + 3600.0)
        false = event._replace(on=not event.on)
        return [[event], [event, event], [late], [early], [], [false], [event, late, early, false]][kind]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sensor, name)


def run(
    folder: Path, scenario: str, change: Callable[[KernelDriver], None], plan: bool = True, **options: Any
) -> LoopOutcome:
    """Make a run whose driver is changed before it begins; keep it in a folder."""
    compile_rollout()
    fallback = fallback_plan(scenario, PUBLISHED) if plan else None
    settings = RunSettings(scenario, "adaptive", begin_s=BEGIN_S, end_s=END_S, fallback=fallback, **options)

    def make(
        world: World, settings: RunSettings, simulation: Simulation, into: Path, begin_s: float, events: EventLog
    ) -> KernelDriver:
        driver = KernelDriver(world, settings, simulation, into, begin_s, events)
        change(driver)
        return driver

    folder.mkdir()
    return in_a_child(folder, lambda report, stop: run_loop(settings, folder, report, stop, make))


def in_a_child(folder: Path, work: Callable[[Report, Stop], Any]) -> Any:
    (ending,) = supervise([Job(work, folder / "log")], lambda *_: None)
    assert ending.outcome is not None, (ending.error, ending.trace, ending.log)
    return ending.outcome


def breaking(broken: Callable[[Breaking, JunctionView, Situation], object]) -> Callable[[KernelDriver], None]:
    def change(driver: KernelDriver) -> None:
        for junction in driver._junctions:
            watch = cast(Any, junction.engine)._fallback._watch
            watch._controller = Breaking(watch._controller, broken)

    return change


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "decisions.jsonl").read_text().splitlines()]


def check(folder: Path, outcome: LoopOutcome) -> None:
    """It ran to its end, the referee finds nothing, and a replay shows the same lamps."""
    assert (outcome.end_s, outcome.violations, outcome.interrupted) == (END_S, 0, False)
    (folder / "result.json").write_text(json.dumps({"signals": list(outcome.signals)}))
    assert set(judge(folder)["lamp_violations"].values()) <= {0}
    (folder / "result.json").unlink()
    again = folder.with_name("again")
    again.mkdir()
    repeated = in_a_child(again, lambda report, stop: replay_loop(folder, again, report, stop))
    assert (repeated.differences, repeated.first_difference) == (0, None)
    for name in ("decisions.jsonl", "events.parquet"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (dead, "it failed (RuntimeError)"),
        (hung, "missed its deadline"),
        (garbled, "adaptive: it"),
        (astray, "another signal"),
    ],
)
def test_an_optimiser_that_breaks_is_left_for_the_plan_and_taken_back(
    tmp_path: Path, broken: Callable[[Breaking, JunctionView, Situation], object], word: str
) -> None:
    outcome = run(tmp_path / "run", "cologne1", breaking(broken))
    steps = [(row["t_ds"] / 10, row["rung"], row["why"]) for row in rows(tmp_path / "run") if "rung" in row]
    assert [rung for _, rung, _ in steps] == ["plan", "adaptive"]
    assert BREAKS_S <= steps[0][0] < BREAKS_S + 30 and word in steps[0][2]
    assert HEALS_S + 60 <= steps[1][0] < HEALS_S + 90
    check(tmp_path / "run", outcome)


@pytest.mark.parametrize("broken", [frozen, hostile])
def test_one_that_freezes_or_runs_mad_keeps_to_the_law(
    tmp_path: Path, broken: Callable[[Breaking, JunctionView, Situation], object]
) -> None:
    outcome = run(tmp_path / "run", "cologne3", breaking(broken))
    check(tmp_path / "run", outcome)
    if broken is frozen:
        assert any("older than" in row.get("why", "") for row in rows(tmp_path / "run"))


def test_without_a_tuned_plan_one_is_computed_when_it_is_needed(tmp_path: Path) -> None:
    outcome = run(tmp_path / "run", "cologne1", breaking(dead), plan=False)
    assert [row["rung"] for row in rows(tmp_path / "run") if "rung" in row] == ["plan", "adaptive"]
    check(tmp_path / "run", outcome)


def test_garbled_detectors_do_not_stop_a_run(tmp_path: Path) -> None:
    def change(driver: KernelDriver) -> None:
        for junction in driver._junctions:
            junction.sensor = cast(Any, Garbling(cast(LoopSensor, junction.sensor)))

    outcome = run(tmp_path / "run", "cologne3", change)
    assert any("failed" in row for row in rows(tmp_path / "run"))
    check(tmp_path / "run", outcome)


@pytest.mark.parametrize("rate", [0.4, 1.0])
def test_loops_that_fail_are_found_and_the_run_goes_on(tmp_path: Path, rate: float) -> None:
    outcome = run(tmp_path / "run", "cologne3", lambda _: None, failure_rate=rate)
    found = rows(tmp_path / "run")
    assert sum(len(row.get("failed", ())) for row in found) > 3
    if rate == 1.0:
        assert any("detection is lost" in row.get("why", "") for row in found)
    check(tmp_path / "run", outcome)
