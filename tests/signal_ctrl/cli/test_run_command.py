"""`signal-ctrl run` as people and programs see it, with a loop that only pretends to simulate."""

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

from signal_ctrl.cli import main
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.outcome import LoopOutcome, ReplayOutcome, Report, Stop
from sumo_scenarios.settings import RunSettings

Loop = Callable[[RunSettings, Path, Report, Stop], LoopOutcome]


def write_files(folder: Path) -> None:
    trip = '<tripinfo depart="1" departDelay="2" arrival="9" timeLoss="3" duration="8" routeLength="80"/>'
    (folder / "tripinfo.xml.gz").write_bytes(gzip.compress(f"<t>{trip}</t>".encode()))
    counts = '<vehicles loaded="1" inserted="1" waiting="0"/><teleports total="0"/><safety/>'
    (folder / "statistics.xml").write_text(f"<statistics>{counts}</statistics>")


def outcome(**changes: Any) -> LoopOutcome:
    fields: dict[str, Any] = {"scenario": "cologne8", "begin_s": 25200.0, "end_s": 28800.0, "step_s": 1.0}
    return LoopOutcome(**fields, sumo_version="1.28.0", signals=("a",), **changes)


@pytest.fixture
def call(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(tmp_path)

    def run(loop: Loop, *arguments: str) -> tuple[int, str, str]:
        module: Any = ModuleType("sumo_scenarios.closed_loop")
        module.run_closed_loop = loop
        monkeypatch.setitem(sys.modules, "sumo_scenarios.closed_loop", module)
        code = main.call(arguments)
        out, err = capfd.readouterr()
        return code, out, err

    return run


def good(_settings: RunSettings, folder: Path, report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
    report(27000.0, 10, 5)
    write_files(folder)
    return outcome(notices=("the configuration's scale 2 is overridden",))


def test_people_get_figures_and_notices(call: Any, tmp_path: Path) -> None:
    code, out, err = call(good, "run", "cologne8", "--out", "r")
    assert code == 0
    assert "cologne8 under adaptive, seed 1: complete" in out
    assert "delay 5.0 s" in out and str(tmp_path / "r") in out
    assert "signal-ctrl: the configuration's scale 2 is overridden\n" in err
    assert "50 %" in err


def test_programs_get_one_document(call: Any, tmp_path: Path) -> None:
    code, out, err = call(good, "run", "cologne8", "--out", "r", "--json")
    found = json.loads(out)
    assert (code, found["status"], found["run_dir"]) == (0, "complete", str(tmp_path / "r"))
    assert found["notices"] == ["the configuration's scale 2 is overridden"]
    assert "%" not in err
    kept = json.loads((tmp_path / "r" / "result.json").read_text())
    assert kept == {key: found[key] for key in kept}


def test_every_option_arrives(call: Any, tmp_path: Path) -> None:
    def loop(settings: RunSettings, folder: Path, _report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
        write_files(folder)
        closure = settings.closures[1]
        seen = [
            settings.controller, settings.seed, settings.demand_seed, settings.sensing, settings.profile.name,
            settings.begin_s, settings.end_s, settings.scale, settings.options,
            [each.place for each in settings.closures], closure.from_s, closure.to_s, settings.command[0],
        ]  # fmt: skip
        (folder / "settings.json").write_text(json.dumps(seen))
        return outcome()

    line = (
        "run cologne8 --out r --controller greedy --seed 5 --demand-seed 6 --sensing oracle --profile street "
        "--begin 25300 --end 25400 --scale 0.8 --set a=1 --set b=x=y --close e#1 --close :j_0@25310-25320.5"
    )
    assert call(loop, *line.split())[0] == 0
    assert json.loads((tmp_path / "r" / "settings.json").read_text()) == [
        "greedy", 5, 6, "oracle", "street", 25300.0, 25400.0, 0.8, [["a", "1"], ["b", "x=y"]],
        ["e#1", ":j_0"], 25310.0, 25320.5, "signal-ctrl",
    ]  # fmt: skip


def test_bad_input_found_late_is_one_line(call: Any, tmp_path: Path) -> None:
    def loop(*_: object) -> LoopOutcome:
        raise InvalidInputError("unknown setting 'a' of adaptive; known are b, c")

    code, out, err = call(loop, "run", "cologne8", "--out", "r", "--set", "a=1")
    assert (code, out, err) == (2, "", "signal-ctrl: unknown setting 'a' of adaptive; known are b, c\n")
    assert list(tmp_path.iterdir()) == []


def test_another_run_is_refused(call: Any) -> None:
    assert call(good, "run", "cologne8", "--out", "r")[0] == 0
    code, _, err = call(good, "run", "cologne8", "--out", "r")
    assert code == 2
    assert "--overwrite" in err
    assert call(good, "run", "cologne8", "--out", "r", "--overwrite")[0] == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_a_dying_simulation_shows_its_last_lines(call: Any, tmp_path: Path, as_json: bool) -> None:
    def loop(_settings: RunSettings, folder: Path, _report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
        (folder / "settings.json").write_text("{}")
        os.write(2, b"Error: something in SUMO\n")
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    code, out, err = call(loop, "run", "cologne8", "--out", "r", *(["--json"] if as_json else []))
    assert code == 3
    assert err.splitlines()[0].startswith("signal-ctrl: the simulation died (SIGKILL)")
    assert err.splitlines()[1:] == ["  Error: something in SUMO"]
    assert json.loads((tmp_path / "r" / "result.json").read_text())["status"] == "failed"
    assert (json.loads(out)["status"] == "failed") if as_json else (out == "")


def test_ctrl_c_marks_the_run(call: Any, tmp_path: Path) -> None:
    def loop(_settings: RunSettings, folder: Path, _report: Report, stop: Stop, *_more: object) -> LoopOutcome:
        os.kill(os.getppid(), signal.SIGINT)
        deadline_s = time.monotonic() + 20
        while not stop() and time.monotonic() < deadline_s:
            time.sleep(0.01)
        write_files(folder)
        return outcome(interrupted=True)

    code, _, err = call(loop, "run", "cologne8", "--out", "r")
    assert code == 130
    assert "interrupted" in err
    assert json.loads((tmp_path / "r" / "result.json").read_text())["status"] == "interrupted"


def test_violations_are_told(call: Any) -> None:
    def loop(_settings: RunSettings, folder: Path, _report: Report, _stop: Stop, *_more: object) -> LoopOutcome:
        write_files(folder)
        return outcome(violations=2)

    code, _, err = call(loop, "run", "cologne8", "--out", "r")
    assert code == 1
    assert "2 violations" in err


@pytest.mark.parametrize("differences", [0, 4])
def test_a_replay_says_whether_it_is_the_same(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, differences: int
) -> None:
    def replay_loop(_recorded: Path, folder: Path, _report: Report, _stop: Stop) -> ReplayOutcome:
        write_files(folder)
        return ReplayOutcome(outcome(), differences, "25201 s, signal a" if differences else None)

    module: Any = ModuleType("sumo_scenarios.replay")
    module.replay_loop = replay_loop
    monkeypatch.setitem(sys.modules, "sumo_scenarios.replay", module)
    call(good, "run", "cologne8", "--out", "r")
    code, out, err = call(good, "run", "--replay", "r", "--out", "s")
    assert code == (1 if differences else 0)
    assert ("25201 s, signal a" in err) if differences else ("every lamp frame" in out)
    assert (tmp_path / "s" / "result.json").is_file()


@pytest.mark.parametrize(
    ("text", "controller", "says"),
    [
        (None, "fixed", "cannot read the plan plan.json: No such file"),
        ("{", "fixed", "plan.json: not a plan document"),
        (
            '{"format": "signal-ctrl plan 1", "name": "x", "signals": []}',
            "fixed",
            "needs a name and the plan of a signal",
        ),
        ("GOOD", "adaptive", "a plan is for controllers fixed, green_wave, hybrid, not for adaptive"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_in_one_line(
    call: Any, tmp_path: Path, text: str | None, controller: str, says: str
) -> None:
    part = {"signal_id": "a", "site": "0" * 64, "cycle_ds": 600, "offset_ds": 0, "stages": ["s1"], "splits_ds": [600]}
    whole = json.dumps({"format": "signal-ctrl plan 1", "name": "x", "signals": [part]})
    if text is not None:
        (tmp_path / "plan.json").write_text(whole if text == "GOOD" else text)
    code, out, err = call(good, "run", "cologne8", "--controller", controller, "--plan", "plan.json", "--out", "r")
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert not (tmp_path / "r").exists()


def test_a_plan_reaches_the_run(call: Any, tmp_path: Path) -> None:
    def loop(settings: RunSettings, folder: Path, report: Report, stop: Stop, *_more: object) -> LoopOutcome:
        (tmp_path / "seen").write_text("" if settings.plan is None else settings.plan.name)
        return good(settings, folder, report, stop)

    part = {"signal_id": "a", "site": "0" * 64, "cycle_ds": 600, "offset_ds": 0, "stages": ["s1"], "splits_ds": [600]}
    document = {"format": "signal-ctrl plan 1", "name": "mine", "signals": [part]}
    (tmp_path / "plan.json").write_text(json.dumps(document))
    code, _, _ = call(loop, "run", "cologne8", "--controller", "fixed", "--plan", "plan.json", "--out", "r")
    assert code == 0
    assert (tmp_path / "seen").read_text() == "mine"
