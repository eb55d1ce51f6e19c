"""Experiments on a pool that only pretends: order, progress, errors, interruption, and what the command prints."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench import pool as pools
from bench.expected import expected_s, outlook_of
from bench.experiment import Experiment, Task
from bench.pool import Event
from bench.runner import State, run_experiment
from bench.work import Done, Item, Moved
from signal_ctrl.cli import main
from signal_ctrl.cli.bench_output import verdicts
from signal_ctrl.domain.errors import BackendError
from tests.bench.test_folder import put_run

TASKS = tuple(Task("cologne1", controller, seed) for controller in ("net", "adaptive") for seed in (1, 2))
EXPERIMENT = Experiment("two", TASKS, {})
Act = Callable[[Item], Done]


class Pretended:
    """A pool without processes: `act` makes each run at once."""

    n_workers = 2

    def __init__(self, act: Act) -> None:
        self._act = act
        self.order: list[str] = []
        self.closed = False

    def work(self, items: Sequence[Item]) -> Iterator[Event]:
        for item in items:
            self.order.append(item.task.run_id)
            yield Moved(item.task.run_id, 25300.0)
            yield None
            yield self._act(item)

    def close(self) -> None:
        self.closed = True


def good(item: Item) -> Done:
    out = item.run.parents[2]
    put_run(out, item.task, 10.0 + item.task.seed, kernel={"violations": 0})
    return Done(item.task.run_id, "complete", wall_s=2.0)


def go(out: Path, act: Act = good, experiment: Experiment = EXPERIMENT) -> tuple[Any, Pretended, list[State]]:
    pool, states = Pretended(act), list[State]()
    outcome = run_experiment(experiment, out, lambda _scratch: pool, states.append)
    return outcome, pool, states


def test_the_longest_runs_come_first_and_each_is_made_once(tmp_path: Path) -> None:
    outcome, pool, states = go(tmp_path / "e")
    assert [name.split("/")[1].split("-")[0] for name in pool.order] == ["adaptive", "adaptive", "net", "net"]
    assert pool.closed and outcome.made == 4 and not outcome.errors
    assert (states[0].done, states[0].total, states[-1].done) == (0, 4, 4)
    assert states[0].left_s is None
    assert states[-1].left_s == pytest.approx(0.0, abs=1e-9)
    again, idle, nothing = go(tmp_path / "e")
    assert (again.made, idle.order, nothing) == (0, [], [])
    assert [row["valid"] for row in again.rows] == [True] * 4


def test_errors_are_kept_and_the_others_go_on(tmp_path: Path) -> None:
    def act(item: Item) -> Done:
        if item.task == TASKS[0]:
            return Done(item.task.run_id, "refused", "no vehicle is due")
        return Done(item.task.run_id, "failed", "SUMO died") if item.task == TASKS[1] else good(item)

    outcome, _, _ = go(tmp_path / "e", act)
    assert outcome.errors == {TASKS[0].run_id: "no vehicle is due", TASKS[1].run_id: "SUMO died"}
    assert outcome.refused == [TASKS[0].run_id]
    assert [row["invalid"] for row in outcome.rows] == [["no vehicle is due"], ["SUMO died"], [], []]
    _, pool, _ = go(tmp_path / "e")
    assert pool.order == [TASKS[0].run_id, TASKS[1].run_id]


def test_an_interruption_keeps_what_was_made(tmp_path: Path) -> None:
    def act(item: Item) -> Done:
        if item.task == TASKS[0]:
            raise KeyboardInterrupt
        return good(item)

    outcome, pool, _ = go(tmp_path / "e", act)
    assert outcome.interrupted and pool.closed
    assert [row["valid"] for row in json.loads((tmp_path / "e" / "summary.json").read_text())["runs"]].count(True) == 2


def test_a_machine_that_fails_keeps_what_was_made(tmp_path: Path) -> None:
    def act(item: Item) -> Done:
        if item.task == TASKS[0]:
            raise BackendError("a worker cannot start")
        return good(item)

    with pytest.raises(BackendError, match="cannot start"):
        go(tmp_path / "e", act)
    assert len(json.loads((tmp_path / "e" / "summary.json").read_text())["runs"]) == 4


def test_what_runs_are_expected_to_take() -> None:
    hour = expected_s(Task("cologne8", "adaptive", 1))
    assert expected_s(Task("cologne8", "net", 1)) < hour < expected_s(Task("ingolstadt21", "adaptive", 1))
    assert expected_s(Task("cologne8", "adaptive", 1, end_s=25260.0)) < hour / 2
    assert expected_s(Task("cologne8", "net", 1, scale=1.4)) > expected_s(Task("cologne8", "net", 1))


def test_the_time_left_follows_what_runs_took() -> None:
    outlook = outlook_of([10.0, 10.0, 5.0], 2)
    outlook.done(10.0, 30.0)
    assert outlook.time_left_s == 15.0 * 3 / 2
    outlook.done(10.0, 10.0)
    assert outlook.time_left_s == 5.0 * 2 / 2


def row(seed: int, delay_s: float, valid: bool = True, **more: Any) -> dict[str, Any]:
    shared = {"scenario": "cologne1", "controller": "net", "sensing": "loops", "profile": "published", "scale": 1.0}
    shared |= {"failure_rate": 0.0, "closures": [], "options": [], "demand_seed": 0}
    return {**shared, "seed": seed, "delay_s_per_vehicle": delay_s, "valid": valid, **more}


def test_invalid_runs_are_counted_and_never_averaged() -> None:
    (group,) = verdicts([row(1, 10.0), row(2, 14.0), row(3, 1.0, valid=False)])
    assert (group["delay_s_per_vehicle"], group["worst_delay_s_per_vehicle"], group["worst_seed"]) == (12.0, 14.0, 2)
    assert (group["runs"], group["valid"], group["invalid"]) == (3, 2, 1)
    (none,) = verdicts([row(1, 10.0, valid=False)])
    assert (none["delay_s_per_vehicle"], none["worst_seed"]) == (None, None)


def test_only_seeds_are_averaged_over() -> None:
    found = list(verdicts([row(1, 10.0), row(1, 20.0, scale=1.2), row(1, 30.0, closures=["a"])]))
    assert [group["delay_s_per_vehicle"] for group in found] == [10.0, 20.0, 30.0]


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Act], None]:
    monkeypatch.chdir(tmp_path)
    return lambda act: monkeypatch.setattr(pools, "LocalPool", lambda _n, _scratch: Pretended(act))


ASKED = ("bench", "run", "--scenarios", "cologne1", "--controllers", "net,adaptive", "--seeds", "1-2", "--out", "e")


def test_people_get_a_verdict(pretend: Any, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pretend(good)
    assert main.call(ASKED) == 0
    out, err = capfd.readouterr()
    assert "cologne1  adaptive             11.5      12.0 (2)      2 of 2        0\n" in out
    assert str(tmp_path / "e") in out
    assert "4/4 cologne1/net-loops-published-s2-d0-x1-f0: 12.0 s/veh" in err


def test_programs_get_one_document(pretend: Any, capfd: pytest.CaptureFixture[str]) -> None:
    pretend(good)
    assert main.call([*ASKED, "--json"]) == 0
    out, err = capfd.readouterr()
    found = json.loads(out)
    assert [group["worst_seed"] for group in found["verdict"]] == [2, 2]
    assert (found["exit_code"], err) == (0, "")


def broken(item: Item) -> Done:
    out = item.run.parents[2]
    put_run(out, item.task, kernel={"violations": 1})
    return Done(item.task.run_id, "complete")


@pytest.mark.parametrize(
    ("act", "code", "word"),
    [
        (lambda item: Done(item.task.run_id, "refused", "no vehicle is due"), 2, "no vehicle is due"),
        (lambda item: Done(item.task.run_id, "failed", "SUMO died"), 3, "SUMO died"),
        (broken, 1, ""),
    ],
)
def test_exit_codes(pretend: Any, capfd: pytest.CaptureFixture[str], act: Act, code: int, word: str) -> None:
    pretend(act)
    assert main.call(ASKED) == code
    assert word in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--workers", "0"), "--workers needs 1 or more"),
        (("--engine", "cloud"), "choose local or ray"),
        (("--file", "no.toml"), "cannot read no.toml"),
        (("--ledger", "no/l.jsonl"), "cannot write the ledger"),
        (("--seeds", "x"), "whole numbers"),
    ],
)
def test_bad_input_is_one_line(
    pretend: Any, capfd: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    pretend(good)
    assert main.call([*ASKED, *arguments]) == 2
    err = capfd.readouterr().err
    assert word in err and err.count("\n") == 1
    assert not (tmp_path / "e").exists()


def test_presets_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main.call(["bench", "list"]) == 0
    assert ["published", "280", "runs"] in [line.split()[:3] for line in capfd.readouterr().out.splitlines()]
    assert main.call(["bench", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["presets"]["failures"]["runs"] == 140


def test_runs_are_listed(pretend: Any, capfd: pytest.CaptureFixture[str]) -> None:
    pretend(good)
    main.call([*ASKED, "--ledger", "l.jsonl"])
    capfd.readouterr()
    assert main.call(["bench", "list", "e"]) == 0
    assert capfd.readouterr().out.count("complete") == 4
    assert len(Path("l.jsonl").read_text().splitlines()) == 4
    assert main.call(["bench", "list", "nowhere"]) == 2
