"""The loop of sensors, engines and lamps on one generated junction; what the loops say against the truth."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.junction import JunctionEngine
from sumo_scenarios.closed_loop import run_closed_loop, run_loop
from sumo_scenarios.driver import KernelDriver, Sensor, make_driver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.loop_layout import ADVANCE_M
from sumo_scenarios.outcome import LoopOutcome, Report, Stop
from sumo_scenarios.settings import CONTROLLERS, RunSettings
from sumo_scenarios.simulation import Simulation, sumo_home
from sumo_scenarios.supervise import Job, supervise
from sumo_scenarios.warm_up import compile_rollout
from sumo_scenarios.world import World
from tests.sumo_scenarios.networks import write_config

pytestmark = pytest.mark.sumo
T = TypeVar("T")
ARMS = ("left0", "right0", "top0", "bottom0")
END_S, SHORT_S = 300.0, 120.0
WORST_MEAN_ERROR_VEH = (
    0.5  # a lane with 1.4 to 2.2 veh in the mean: measured 0.24, 0.28, 0.34, 0.41 with seeds 4, 1, 2, 3
)
WORST_BIAS_VEH = 0.25  # measured -0.18 to +0.06


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a junction of four arms with two lanes each, every way used."""
    compile_rollout()  # here, so that every child has it from the start
    folder = tmp_path_factory.mktemp("town")
    command = [
        str(sumo_home() / "bin" / "netgenerate"), "--grid", "--grid.number", "1", "--grid.attach-length", "300",
        "--default.lanenumber", "2", "--default-junction-type", "traffic_light", "--no-turnarounds", "true",
        "-o", "town.net.xml",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [
        f'<flow id="{a}-{b}" from="{a}A0" to="A0{b}" begin="0" end="{END_S:g}" period="exp({rate})" '
        'departLane="best" departSpeed="max"/>'
        for a in ARMS
        for b, rate in zip((x for x in ARMS if x != a), (0.09, 0.05, 0.03), strict=True)
    ]
    return write_config(folder, routes="<routes>\n" + "\n".join(rows) + "\n</routes>\n", end_s=END_S)


def in_a_child(folder: Path, work: Callable[[Report, Stop], T]) -> T:
    ending = supervise([Job(work, folder / "log")], lambda *_: None)[0]
    assert ending.error is None, (ending.error, ending.log)
    assert ending.outcome is not None, ending.trace
    return ending.outcome


def run(config: Path, folder: Path, end_s: float = SHORT_S, **options: str) -> LoopOutcome:
    settings = RunSettings(str(config), end_s=end_s, **options)  # type: ignore[arg-type]
    return in_a_child(folder, lambda report, stop: run_closed_loop(settings, folder, report, stop))


@pytest.mark.parametrize("sensing", ["loops", "positions", "oracle"])
def test_the_loop_runs_with_every_sensing(config: Path, tmp_path: Path, sensing: str) -> None:
    outcome = run(config, tmp_path, controller="adaptive", sensing=sensing)
    assert (outcome.signals, outcome.left_alone) == (("A0",), ())
    assert (outcome.violations, outcome.refusals) == (0, 0)
    assert outcome.kernel_frames == 10 * SHORT_S
    assert 20 < outcome.decisions <= SHORT_S
    assert max(sample.halting_veh for sample in outcome.queues) < 60


def test_the_same_run_decides_the_same(config: Path, tmp_path: Path) -> None:
    logs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run(config, tmp_path / name, controller="adaptive")
        logs.append((tmp_path / name / "decisions.jsonl").read_bytes())
    assert logs[0] == logs[1]
    assert logs[0].count(b"\n") > 20


@dataclass
class Recording:
    """A sensor that also writes down, for each lane, the vehicles estimated and those that are there."""

    sensor: Sensor
    simulation: Simulation
    layout: JunctionLayout
    rows: list[tuple[float, int]]

    def read(self, time_s: float) -> None:
        self.sensor.read(time_s)

    def detection(self) -> Detection:
        return self.sensor.detection()

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        view = self.sensor.view(time_s, engine)
        for k, lane in enumerate(self.layout.lanes):
            begin_m = lane.length_m - ADVANCE_M
            there = sum(at_m >= begin_m for _, at_m, _ in self.simulation.lane_vehicles(lane.lane_id))
            self.rows.append((float(view.presence[k, : view.n_vehicles[k]].sum()), there))
        return view


def observed(config: Path, folder: Path, seed: int) -> list[tuple[float, int]]:
    """Return (estimated, true) vehicles between advance loop and stop line, per lane and second."""

    def work(report: Report, stop: Stop) -> list[tuple[float, int]]:
        rows: list[tuple[float, int]] = []

        def make(
            world: World, settings: RunSettings, simulation: Simulation, into: Path, begin_s: float, events: EventLog
        ) -> KernelDriver:
            driver = KernelDriver(world, settings, simulation, into, begin_s, events)
            for junction in driver._junctions:
                junction.sensor = Recording(junction.sensor, simulation, junction.unit.layout, rows)
            return driver

        run_loop(RunSettings(str(config), "adaptive", seed=seed), folder, report, stop, make)
        return rows

    return in_a_child(folder, work)


def test_the_loops_know_how_many_vehicles_there_are(config: Path, tmp_path: Path) -> None:
    rows = observed(config, tmp_path, seed=1)
    error_veh = sum(abs(estimated - there) for estimated, there in rows) / len(rows)
    mean_veh = sum(there for _, there in rows) / len(rows)
    bias_veh = sum(estimated - there for estimated, there in rows) / len(rows)
    found = f"error {error_veh:.3f}, bias {bias_veh:+.3f}, true mean {mean_veh:.2f} veh over {len(rows)} looks"
    print(found)  # noqa: T201  what was measured, for who runs this with -s
    assert mean_veh > 0.5, "too little traffic to tell"
    assert error_veh < WORST_MEAN_ERROR_VEH, found
    assert abs(bias_veh) < WORST_BIAS_VEH, found


def test_sumos_own_controllers_are_watched_only(config: Path, tmp_path: Path) -> None:
    outcome = run(config, tmp_path, controller="actuated")
    assert (outcome.signals, outcome.decisions, outcome.kernel_frames) == ((), 0, 0)
    assert (tmp_path / "decisions.jsonl").read_bytes() == b""


def test_options_that_do_not_fit_are_refused(config: Path, tmp_path: Path) -> None:
    for controller in CONTROLLERS:
        settings = RunSettings(str(config), controller, options=(("no_such", "1"),))
        with pytest.raises(InvalidInputError, match="no_such"):
            run_loop(settings, tmp_path, lambda *_: None, lambda: False, make_driver)
