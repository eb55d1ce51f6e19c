"""A run from settings to a folder that stands, with a loop that only pretends to simulate."""

import gzip
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.outcome import LoopOutcome, ReplayOutcome, Report, Stop
from sumo_scenarios.result import percentile, read_result
from sumo_scenarios.run import Order, RunResult, execute, execute_all, replay
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.supervise import Progress

FIELDS = {
    "scenario", "controller", "seed", "demand_seed", "sensing", "profile", "status", "begin_s", "end_s",
    "step_s", "sumo", "delay_s_per_vehicle", "stops_per_vehicle", "mean_speed_mps", "vehicles", "teleports",
    "longest_wait_s", "wall_s", "decisions", "decision_ms", "signals", "left_alone", "kernel",
}  # fmt: skip
SETTINGS = RunSettings("cologne8", seed=3, end_s=25260.0)
OUTCOME = LoopOutcome(
    scenario="cologne8",
    begin_s=25200.0,
    end_s=25260.0,
    step_s=1.0,
    sumo_version="1.28.0",
    signals=("a", "b"),
    left_alone=(("c", "a rail crossing"),),
    notices=("time-to-teleport 300 is overridden",),
    decisions=4,
    decision_ms=(1.0, 4.0, 2.0, 3.0),
    kernel_frames=1200,
    refusals=2,
    wall_total_s=1.23456,
)

Loop = Callable[[RunSettings, Path, Report, Stop], LoopOutcome]


def write_files(folder: Path, trips: int = 2) -> None:
    trip = '<tripinfo depart="1" departDelay="2" arrival="9" timeLoss="3" duration="8" routeLength="80"/>'
    (folder / "tripinfo.xml.gz").write_bytes(gzip.compress(f"<t>{trip * trips}</t>".encode()))
    counts = f'<vehicles loaded="{trips}" inserted="{trips}" waiting="0"/><teleports total="0"/><safety/>'
    (folder / "statistics.xml").write_text(f"<statistics>{counts}</statistics>")
    (folder / "settings.json").write_text("{}")


def good_loop(_settings: RunSettings, folder: Path, report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
    report(25230.0, 5, 1)
    write_files(folder)
    return OUTCOME


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[[Loop], None]:
    def put(loop: Loop) -> None:
        module: Any = ModuleType("sumo_scenarios.closed_loop")
        module.run_closed_loop = loop
        monkeypatch.setitem(sys.modules, "sumo_scenarios.closed_loop", module)

    return put


def go(out: Path, settings: RunSettings = SETTINGS, overwrite: bool = False) -> RunResult:
    return execute(settings, out, overwrite, lambda _progress: None)


def left_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_complete_run_stands(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    pretend(good_loop)
    seen: list[Progress] = []
    result = execute(SETTINGS, tmp_path / "run", False, seen.append)
    found = read_result(tmp_path / "run")
    assert left_in(tmp_path) == ["run"]
    assert set(found) == FIELDS
    assert (found["status"], result.status, result.exit_code) == ("complete", "complete", 0)
    assert (found["scenario"], found["controller"], found["seed"]) == ("cologne8", "adaptive", 3)
    assert found["delay_s_per_vehicle"] == 5.0
    assert found["mean_speed_mps"] == 10.0
    assert found["vehicles"] == {"total": 2, "finished": 2, "unfinished": 0, "never_departed": 0}
    assert found["decision_ms"] == {"p50": 2.0, "p99": 4.0, "max": 4.0}
    assert found["wall_s"] == {"total": 1.235, "sumo": 0.0, "control": 0.0}
    assert found["kernel"] == {"frames": 1200, "refusals": 2, "violations": 0}
    assert (found["signals"], found["left_alone"]) == (["a", "b"], [{"id": "c", "reason": "a rail crossing"}])
    assert result.notices == OUTCOME.notices
    assert seen == [Progress(25230.0, 5, 1), Progress(25260.0, 0, 2)]


def test_a_user_configuration_is_named_after_its_file(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    pretend(good_loop)
    (tmp_path / "town.sumocfg").write_text("<configuration/>")
    result = go(tmp_path / "run", RunSettings(str(tmp_path / "town.sumocfg")))
    assert result.document["scenario"] == "town"


def test_violations_fail_the_check(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    def loop(_settings: RunSettings, folder: Path, _report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
        write_files(folder)
        return LoopOutcome("cologne8", 0.0, 1.0, 1.0, "1.28.0", (), violations=1)

    pretend(loop)
    assert go(tmp_path / "run").exit_code == 1


@pytest.mark.parametrize(
    ("settings", "word"),
    [(RunSettings("cologn8"), "did you mean"), (RunSettings("no/such.sumocfg"), "no configuration")],
)
def test_unknown_scenarios_leave_nothing(tmp_path: Path, settings: RunSettings, word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        go(tmp_path / "a" / "run", settings)
    assert left_in(tmp_path) == []


def test_bad_input_found_by_the_loop_leaves_nothing(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    def loop(_settings: RunSettings, folder: Path, _report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
        write_files(folder)
        raise InvalidInputError("the net has no signals; choose another network")

    pretend(loop)
    with pytest.raises(InvalidInputError, match="no signals"):
        go(tmp_path / "a" / "run")
    assert left_in(tmp_path) == []


def test_a_run_without_vehicles_is_bad_input(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    def loop(_settings: RunSettings, folder: Path, _report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
        write_files(folder, trips=0)
        return OUTCOME

    pretend(loop)
    with pytest.raises(InvalidInputError, match="no vehicle is due"):
        go(tmp_path / "run")
    assert left_in(tmp_path) == []


def test_another_run_is_refused_and_kept(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    pretend(good_loop)
    go(tmp_path / "run")
    with pytest.raises(InvalidInputError, match="--overwrite"):
        go(tmp_path / "run")
    assert go(tmp_path / "run", RunSettings("cologne8", seed=4), overwrite=True).status == "complete"
    assert read_result(tmp_path / "run")["seed"] == 4


def test_a_run_that_breaks_off_is_marked_failed(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    def loop(_settings: RunSettings, folder: Path, _report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
        (folder / "settings.json").write_text("{}")
        (folder / "tripinfo.xml.gz").write_bytes(gzip.compress(b"<t><tripinfo/></t>")[:-9])
        os.write(2, b"Error: vehicle 'x' has no valid route\n")
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    pretend(loop)
    result = go(tmp_path / "run")
    found = read_result(tmp_path / "run")
    assert (found["status"], result.exit_code) == ("failed", 3)
    assert "SIGKILL" in str(result.error)
    assert result.log == ("Error: vehicle 'x' has no valid route",)
    assert set(found) == FIELDS
    assert found["delay_s_per_vehicle"] is None
    assert found["vehicles"] == dict.fromkeys(("total", "finished", "unfinished", "never_departed"))
    assert (found["sumo"], found["end_s"], found["signals"]) == ("1.28.0", 25260.0, [])
    assert left_in(tmp_path / "run") == ["result.json", "settings.json", "tripinfo.xml.gz"]


def test_a_run_killed_before_it_wrote_anything_is_marked_too(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    pretend(lambda *_: os._exit(1))
    assert go(tmp_path / "run").status == "failed"
    assert left_in(tmp_path / "run") == ["result.json"]


def test_a_broken_environment_leaves_nothing(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    def loop(*_: object) -> LoopOutcome:
        raise BackendError("libsumo cannot be imported: run 'make setup'")

    pretend(loop)
    with pytest.raises(BackendError, match="make setup"):
        go(tmp_path / "run")
    assert left_in(tmp_path) == []


def test_a_complete_run_that_cannot_be_scored_is_failed(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    def loop(_settings: RunSettings, folder: Path, _report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
        write_files(folder)
        (folder / "statistics.xml").unlink()
        return OUTCOME

    pretend(loop)
    result = go(tmp_path / "run")
    assert (result.status, result.exit_code) == ("failed", 3)
    assert "statistics.xml" in str(result.error)


def test_an_interrupted_run_is_marked_and_scored(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    def loop(_settings: RunSettings, folder: Path, report: Report, stop: Stop, *_more: object) -> LoopOutcome:
        report(25201.0, 1, 0)
        deadline_s = time.monotonic() + 20
        while not stop() and time.monotonic() < deadline_s:
            time.sleep(0.01)
        write_files(folder)
        return LoopOutcome("cologne8", 25200.0, 25201.0, 1.0, "1.28.0", ("a",), interrupted=True)

    pretend(loop)
    sent: list[int] = []

    def interrupt(_progress: Progress) -> None:
        if not sent:
            sent.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    result = execute(SETTINGS, tmp_path / "run", False, interrupt)
    assert (result.status, result.exit_code) == ("interrupted", 130)
    found = read_result(tmp_path / "run")
    assert (found["status"], found["end_s"], found["delay_s_per_vehicle"]) == ("interrupted", 25201.0, 5.0)


def test_one_refused_order_refuses_all(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    pretend(good_loop)
    go(tmp_path / "second")
    orders = [Order(SETTINGS, tmp_path / "new" / "first"), Order(SETTINGS, tmp_path / "second")]
    with pytest.raises(InvalidInputError, match="holds another run"):
        execute_all(orders, lambda *_: None)
    assert left_in(tmp_path) == ["second"]


def test_several_runs_stand_side_by_side(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    pretend(good_loop)
    orders = [Order(SETTINGS, tmp_path / "all" / name) for name in ("a", "b", "c")]
    results = execute_all(orders, lambda *_: None, at_once=2)
    assert [result.folder.name for result in results] == ["a", "b", "c"]
    assert left_in(tmp_path / "all") == ["a", "b", "c"]


@pytest.mark.parametrize(("differences", "code"), [(0, 0), (3, 1)])
def test_a_replay_stands_under_the_recorded_name(
    tmp_path: Path,
    pretend: Callable[[Loop], None],
    monkeypatch: pytest.MonkeyPatch,
    differences: int,
    code: int,
) -> None:
    pretend(good_loop)
    go(tmp_path / "run")

    def replay_loop(recorded: Path, folder: Path, _report: Report, _stop: Stop) -> ReplayOutcome:
        assert (recorded / "result.json").is_file()
        write_files(folder)
        return ReplayOutcome(OUTCOME, differences, "25201.0 s a: G for r" if differences else None)

    module: Any = ModuleType("sumo_scenarios.replay")
    module.replay_loop = replay_loop
    monkeypatch.setitem(sys.modules, "sumo_scenarios.replay", module)
    result = replay(tmp_path / "run", tmp_path / "again", False, lambda _: None)
    assert (result.exit_code, result.differences) == (code, differences)
    first, second = (read_result(tmp_path / name) for name in ("run", "again"))
    assert first == second


@pytest.mark.parametrize("content", [None, "{", "[]", '{"scenario": "x"}'])
def test_a_replay_wants_a_run(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "run").mkdir()
    if content is not None:
        (tmp_path / "run" / "result.json").write_text(content)
    with pytest.raises(InvalidInputError, match=r"result\.json"):
        replay(tmp_path / "run", tmp_path / "again", False, lambda _: None)
    assert left_in(tmp_path) == ["run"]


def test_a_replay_does_not_replace_its_own_run(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    pretend(good_loop)
    go(tmp_path / "run")
    with pytest.raises(InvalidInputError, match="name another folder"):
        replay(tmp_path / "run", tmp_path / "run", True, lambda _: None)


def test_results_hold_no_number_that_json_lacks(tmp_path: Path, pretend: Callable[[Loop], None]) -> None:
    pretend(good_loop)
    text = (go(tmp_path / "run").folder / "result.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(k) for k in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
