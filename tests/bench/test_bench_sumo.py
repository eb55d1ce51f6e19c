"""Experiments with SUMO itself: the same results however they are made, whatever dies, and nothing made twice."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.experiments import (
    SMALL,
    alive,
    bench,
    children,
    complete,
    ended,
    kill,
    leavings,
    outcome,
    simulations,
    started,
    until,
)

pytestmark = pytest.mark.sumo
Outcome = dict[str, tuple[dict[str, Any], bytes]]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Outcome]]:
    """An experiment that one worker made in one go."""
    folder = tmp_path_factory.mktemp("fresh")
    done = bench(folder, "run", *SMALL, "--workers", "1", "--out", "e")
    assert done.returncode == 0, done.stderr
    yield folder / "e", outcome(folder / "e")


def summary_of(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return found


def test_an_experiment_leaves_what_it_should(fresh: tuple[Path, Outcome]) -> None:
    out, found = fresh
    assert len(found) == 6
    assert {path.name for path in out.iterdir()} == {"experiment.json", "summary.json", "runs", "evidence", ".lock"}
    rows = summary_of(out)["runs"]
    assert [row["valid"] for row in rows] == [True] * 6, [row["invalid"] for row in rows]
    for row in rows:
        result = json.loads((out / row["run_dir"] / "result.json").read_text())
        assert {key: row[key] for key in result} == result
        measures = json.loads((out / row["evidence_dir"] / "measures.json").read_text())
        assert row["measures"]["delay_s_per_vehicle"] == measures["delay_s_per_vehicle"]
        kept = (out / row["evidence_dir"] / "trajectories.parquet").exists()
        assert kept == (row["seed"] == 1)


def test_two_workers_change_nothing(fresh: tuple[Path, Outcome], tmp_path: Path) -> None:
    done = bench(tmp_path, "run", *SMALL, "--workers", "2", "--out", "e", "--json")
    assert done.returncode == 0, done.stderr
    assert outcome(tmp_path / "e") == fresh[1]
    assert len(json.loads(done.stdout)["verdict"]) == 3


def test_evidence_changes_nothing(fresh: tuple[Path, Outcome], tmp_path: Path) -> None:
    row = next(row for row in summary_of(fresh[0])["runs"] if row["controller"] == "adaptive")
    settings = json.loads((fresh[0] / row["run_dir"] / "settings.json").read_text())
    command = settings["command"]
    assert command[0] == "signal-ctrl"
    from signal_ctrl.cli.main import call

    assert call([*command[1:-1], str(tmp_path / "runs" / "a" / "b"), "--json"]) == 0
    assert next(iter(outcome(tmp_path).values())) == fresh[1][row["run_dir"]]


def test_a_killed_worker_costs_one_run(fresh: tuple[Path, Outcome], tmp_path: Path) -> None:
    process = started(tmp_path, "run", *SMALL, "--workers", "2", "--out", "e")
    worker, simulation = until(lambda: simulations(process.pid))[0]
    kill(worker)
    _, errors = ended(process)
    assert process.returncode == 0, errors
    assert not alive(worker) and not alive(simulation)
    assert outcome(tmp_path / "e") == fresh[1]
    assert leavings(tmp_path / "e") == []


def ended_with_a_killed_simulation(folder: Path) -> tuple[int, str]:
    """Kill the first simulation of an experiment; return how the bench ended and what it said."""
    folder.mkdir()
    process = started(folder, "run", *SMALL, "--workers", "1", "--out", "e")
    worker, simulation = until(lambda: simulations(process.pid))[0]
    kill(simulation)
    until(lambda: complete(folder / "e"))
    assert alive(worker) or not children(process.pid)  # the same one went on, or all is done
    _, errors = ended(process)
    return process.returncode, errors


def test_a_killed_simulation_costs_one_run_and_not_the_worker(fresh: tuple[Path, Outcome], tmp_path: Path) -> None:
    for folder in (tmp_path / str(k) for k in range(5)):
        code, errors = ended_with_a_killed_simulation(folder)
        if code:
            break  # else it had told of its run already, and was killed too late
    assert code == 3
    assert errors.count("the simulation died (SIGKILL)") == 1
    assert len(complete(folder / "e")) == 5
    failed = [row for row in summary_of(folder / "e")["runs"] if not row["valid"]]
    assert [row["status"] for row in failed] == ["failed"]
    assert "SIGKILL" in failed[0]["invalid"][1]
    again = bench(folder, "run", *SMALL, "--workers", "1", "--out", "e")
    assert (again.returncode, again.stderr.count(": ")) == (0, 1), again.stderr
    assert outcome(folder / "e") == fresh[1]


def test_a_killed_bench_goes_on_where_it_was(fresh: tuple[Path, Outcome], tmp_path: Path) -> None:
    process = started(tmp_path, "run", *SMALL, "--workers", "2", "--out", "e")
    until(lambda: complete(tmp_path / "e"))
    below = [*children(process.pid), *(inner for _, inner in simulations(process.pid))]
    kill(process.pid)
    ended(process)
    until(lambda: not any(alive(pid) for pid in below))
    before = {path: path.stat().st_mtime_ns for path in complete(tmp_path / "e")}
    assert 0 < len(before) < 6
    finished = {
        tmp_path / "e" / "runs" / path.parent.relative_to(tmp_path / "e" / "evidence") / "result.json"
        for path in (tmp_path / "e").glob("evidence/*/*/measures.json")
    }
    done = bench(tmp_path, "run", *SMALL, "--workers", "2", "--out", "e")
    assert done.returncode == 0, done.stderr
    measured = len([path for path in before if path in finished])
    assert f"{measured} of 6 runs are there" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert outcome(tmp_path / "e") == fresh[1]
    assert leavings(tmp_path / "e") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_bench_leaves_in_good_order(
    fresh: tuple[Path, Outcome], tmp_path: Path, number: signal.Signals
) -> None:
    process = started(tmp_path, "run", *SMALL, "--workers", "2", "--out", "e")
    until(lambda: list((tmp_path / "e").glob("evidence/*/*/measures.json")))
    os.kill(process.pid, number)
    _, errors = ended(process)
    assert process.returncode == 130, errors
    there = len(list((tmp_path / "e").glob("evidence/*/*/measures.json")))
    assert f"interrupted: {there} of 6 runs are complete; the same command goes on" in errors
    rows = summary_of(tmp_path / "e")["runs"]
    assert sum(row["valid"] for row in rows) == there
    assert {row["status"] for row in rows} == {"complete", "missing"}
    assert leavings(tmp_path / "e") == []
    assert bench(tmp_path, "run", *SMALL, "--out", "e").returncode == 0
    assert outcome(tmp_path / "e") == fresh[1]


def test_a_finished_experiment_is_not_made_again(fresh: tuple[Path, Outcome]) -> None:
    out = fresh[0]
    before = {path: path.stat().st_mtime_ns for path in complete(out)}
    done = bench(out.parent, "run", *SMALL, "--out", "e", "--json")
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in complete(out)} == before


def test_another_experiment_is_refused_and_nothing_is_lost(fresh: tuple[Path, Outcome]) -> None:
    out, found = fresh
    done = bench(out.parent, "run", *SMALL[:-4], "--seeds", "1-3", "--end", "25320", "--out", "e")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "seed 1, 2 there, 1, 2, 3 asked" in done.stderr
    assert outcome(out) == found


def test_a_folder_has_one_bench_at_a_time(tmp_path: Path) -> None:
    process = started(tmp_path, "run", *SMALL, "--workers", "1", "--out", "e")
    until(lambda: (tmp_path / "e" / ".lock").exists() and children(process.pid))
    os.kill(process.pid, signal.SIGSTOP)  # it may not come to its end before the other one has looked
    done = bench(tmp_path, "run", *SMALL, "--workers", "1", "--out", "e")
    assert (done.returncode, "another bench is at work" in done.stderr) == (2, True)
    os.kill(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGCONT)
    ended(process)
    assert process.returncode == 130


def test_a_run_that_cannot_be_made_costs_no_other(tmp_path: Path) -> None:
    settings = ("--scenarios", "cologne1,cologne3", "--controllers", "net", "--seeds", "1", "--end", "25260")
    close = ("--close", "28198821#3_0")  # a lane of cologne1
    done = bench(tmp_path, "run", *settings, *close, "--out", "e")
    assert done.returncode == 2
    assert done.stderr.count("signal-ctrl: cologne3/") == 1
    assert sorted(path.parts[-3] for path in complete(tmp_path / "e")) == ["cologne1", "cologne1", "cologne3"]
    listed = bench(tmp_path, "list", "e")
    assert (listed.returncode, "missing" in listed.stdout, "complete" in listed.stdout) == (0, True, True)


def test_the_referees_judge_each_run(fresh: tuple[Path, Outcome]) -> None:
    out = fresh[0]
    done = bench(out.parent, "run", *SMALL, "--out", "e", "--referees")
    assert done.returncode == 0, done.stderr
    for row in summary_of(out)["runs"]:
        assert abs(row["referee_delay_s"] - row["delay_s_per_vehicle"]) <= 0.001
        ours = row["controller"] != "net"
        assert (row["lamp_violations"] is not None) == ours
        assert not any((row["lamp_violations"] or {}).values())


def test_the_memory_of_the_bench_does_not_grow_with_its_runs(tmp_path: Path) -> None:
    arguments = ("--scenarios", "cologne1", "--controllers", "net", "--seeds", "1-20", "--end", "25230")
    process = started(tmp_path, "run", *arguments, "--out", "e")

    def resident_kb() -> int:
        words = Path(f"/proc/{process.pid}/status").read_text().partition("VmRSS:")[2].split()
        return int(words[0]) if words else 0  # it has ended

    seen_kb: dict[int, int] = {}
    while resident_kb():
        made = len(complete(tmp_path / "e"))
        seen_kb[made] = resident_kb() or seen_kb.get(made, 0)
        time.sleep(0.02)
    _, errors = ended(process)
    assert process.returncode == 0, errors
    early, *_, late = (made for made in sorted(seen_kb) if made >= 4 and seen_kb[made])
    assert late - early >= 9, "too few looks at it"
    assert seen_kb[late] - seen_kb[early] < 1024
