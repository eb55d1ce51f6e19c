"""The folder of an experiment: taken by one process, kept for one experiment; its summary and its ledger."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import folder as folders
from bench.experiment import Experiment, Task
from bench.folder import opened, read_experiment, tasks_of
from bench.ledger import append, check_ledger
from bench.summary import row_of, rows_of, write_summary
from signal_ctrl.domain.errors import InvalidInputError

TASKS = tuple(Task("cologne1", controller, seed) for controller in ("net", "adaptive") for seed in (1, 2))
EXPERIMENT = Experiment("two", TASKS, {"seeds": "1-2"})


def begin(out: Path, experiment: Experiment = EXPERIMENT) -> Path:
    with opened(out, experiment) as folder:
        return folder.path


def put_run(out: Path, task: Task, delay_s: float = 10.0, status: str = "complete", **more: Any) -> None:
    run, evidence = out / "runs" / task.run_id, out / "evidence" / task.run_id
    run.mkdir(parents=True)
    evidence.mkdir(parents=True)
    result = {"scenario": "cologne1", "controller": task.controller, "seed": task.seed, "demand_seed": 0}
    result |= {"sensing": "loops", "profile": "published", "status": status, "delay_s_per_vehicle": delay_s}
    (run / "result.json").write_text(json.dumps(result | more))
    (evidence / "measures.json").write_text(
        json.dumps({"version": 1, "stops": 1.5, "invalid": [], "tables": {"big": [1]}})
    )


def test_a_new_folder_holds_the_experiment(tmp_path: Path) -> None:
    out = begin(tmp_path / "a" / "e")
    found = read_experiment(out)
    assert tasks_of(found) == TASKS
    assert (found["name"], found["version"], found["settings"]) == ("two", 1, {"seeds": "1-2"})
    assert set(found["inputs"]) == {"cologne1"} and len(found["inputs"]["cologne1"]) > 1
    assert begin(out) == out


@pytest.mark.parametrize(
    ("tasks", "word"),
    [
        (TASKS[:2], 'controller "net", "adaptive" there, "net" asked'),
        ((*TASKS, Task("cologne1", "net", 9)), "seed 1, 2 there, 1, 2, 9 asked"),
        (tuple(replace(task, end_s=25300.0) for task in TASKS), "end_s null there, 25300.0 asked"),
        (TASKS[:3], "4 runs there, 3 asked"),
    ],
)
def test_another_experiment_is_refused_by_its_difference(tmp_path: Path, tasks: tuple[Task, ...], word: str) -> None:
    begin(tmp_path / "e")
    with pytest.raises(InvalidInputError) as refusal:
        begin(tmp_path / "e", Experiment("two", tasks, {}))
    assert word in str(refusal.value) and "choose another --out" in str(refusal.value)


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("engine", "0", "the engine's code has changed"),
        ("versions", {"libsumo": "1.0.0"}, "libsumo 1.0.0, now"),
        ("inputs", {"cologne1": {"cologne1.net.xml": "0"}}, "inputs of cologne1 have changed"),
    ],
)
def test_what_decides_how_runs_go_must_not_change(tmp_path: Path, key: str, value: Any, word: str) -> None:
    out = begin(tmp_path / "e")
    document = read_experiment(out)
    changed = {**document[key], **value} if isinstance(value, dict) else value
    (out / "experiment.json").write_text(json.dumps({**document, key: changed}))
    with pytest.raises(InvalidInputError, match=word):
        begin(out)


def test_the_order_of_tasks_does_not_matter(tmp_path: Path) -> None:
    begin(tmp_path / "e")
    begin(tmp_path / "e", Experiment("two", TASKS[::-1], {}))


def test_strange_folders_are_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match="files of no experiment"):
        begin(tmp_path)
    with pytest.raises(InvalidInputError, match="is a file"):
        begin(tmp_path / "notes.txt")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "experiment.json").write_text("{")
    with pytest.raises(InvalidInputError, match="damaged"):
        begin(tmp_path / "damaged")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "e", EXPERIMENT), pytest.raises(InvalidInputError, match="another bench is at work"):
        begin(tmp_path / "e")
    begin(tmp_path / "e")


def test_what_a_killed_bench_left_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = begin(tmp_path / "e")
    monkeypatch.setattr(folders.tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "signal-ctrl-bench-left"
    left.mkdir()
    (out / ".lock").write_text(str(left))
    other = tmp_path / "precious"
    other.mkdir()
    partial = out / "runs" / "cologne1" / ".net-loops.partial-abc"
    partial.mkdir(parents=True)
    begin(out)
    assert not left.exists() and not partial.exists()
    (out / ".lock").write_text(str(other))
    begin(out)
    assert other.exists()


def test_rows_of_runs_and_of_those_that_are_missing(tmp_path: Path) -> None:
    out = begin(tmp_path / "e")
    put_run(out, TASKS[0], 10.5)
    put_run(out, TASKS[1], status="failed")
    rows = write_summary(out, {TASKS[1].run_id: "the simulation died", TASKS[2].run_id: "no vehicle is due"})
    found = json.loads((out / "summary.json").read_text())
    assert [row["valid"] for row in found["runs"]] == [True, False, False, False]
    assert [row["invalid"] for row in found["runs"]] == [
        [], ["status failed", "the simulation died"], ["no vehicle is due"], ["it was not run"],
    ]  # fmt: skip
    assert found["runs"][0]["measures"] == {"version": 1, "stops": 1.5}
    assert found["runs"][0]["run_dir"] == f"runs/{TASKS[0].run_id}"
    assert found["runs"][3]["status"] == "missing" and found["runs"][3]["delay_s_per_vehicle"] is None
    assert set(found["runs"][3]) >= {"scale", "failure_rate", "closures", "options", "evidence_dir", "kernel"}
    assert [row["delay_s_per_vehicle"] for row in rows] == [10.5, 10.0, None, None]
    assert "measures" not in rows[0]


def test_a_run_that_was_not_measured_is_not_valid(tmp_path: Path) -> None:
    out = begin(tmp_path / "e")
    put_run(out, TASKS[0])
    (out / "evidence" / TASKS[0].run_id / "measures.json").unlink()
    assert row_of(out, TASKS[0])["invalid"] == ["it was not measured"]
    (out / "evidence" / TASKS[0].run_id / "measures.json").write_text(
        '{"version": 1, "invalid": ["3 teleports"], "tables": {}}'
    )
    assert row_of(out, TASKS[0])["invalid"] == ["3 teleports"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"referee_delay_s": 10.01, "referee_invalid": [], "lamp_violations": {}}, "independent scorer finds 10.01 s"),
        ({"referee_delay_s": 10.0, "referee_invalid": ["x"], "lamp_violations": None}, "scorer: x"),
        ({"referee_delay_s": 10.0, "referee_invalid": [], "lamp_violations": {"amber": 2}}, "{'amber': 2}"),
    ],
)
def test_a_run_that_a_referee_doubts_is_not_valid(tmp_path: Path, said: dict[str, Any], word: str) -> None:
    out = begin(tmp_path / "e")
    put_run(out, TASKS[0])
    (out / "evidence" / TASKS[0].run_id / "referees.json").write_text(json.dumps(said))
    row = row_of(out, TASKS[0])
    assert not row["valid"] and word in row["invalid"][0]
    assert {key: row[key] for key in said} == said


def test_the_ledger_takes_each_run_once(tmp_path: Path) -> None:
    out, ledger = begin(tmp_path / "e"), tmp_path / "l.jsonl"
    put_run(out, TASKS[0], 10.5)
    experiment = read_experiment(out)
    check_ledger(ledger)
    assert append(ledger, experiment, list(rows_of(out))) == 1
    put_run(out, TASKS[1], 11.5)
    assert append(ledger, experiment, list(rows_of(out))) == 1
    assert append(ledger, {**experiment, "engine": "other"}, list(rows_of(out))) == 2
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [line["delay_s_per_vehicle"] for line in lines] == [10.5, 11.5, 10.5, 11.5]
    assert lines[0]["key"] == TASKS[0].run_id


def test_a_damaged_ledger_is_refused_and_kept(tmp_path: Path) -> None:
    ledger = tmp_path / "l.jsonl"
    ledger.write_text('{"key": "a"}\nnonsense\n')
    with pytest.raises(InvalidInputError, match="line 2"):
        check_ledger(ledger)
    assert ledger.read_text() == '{"key": "a"}\nnonsense\n'
    with pytest.raises(InvalidInputError, match="cannot"):
        check_ledger(tmp_path / "no" / "l.jsonl")


def test_the_summary_compares_in_pairs(tmp_path: Path) -> None:
    out = begin(tmp_path / "e")
    for task, delay_s in zip(TASKS, (30.0, 32.0, 20.0, 21.0), strict=True):
        put_run(out, task, delay_s)
    write_summary(out, {})
    (found,) = json.loads((out / "summary.json").read_text())["comparisons"]
    assert (found["controller"], found["baseline"], found["seeds"]) == ("adaptive", "net", [1, 2])
    assert found["mean_difference_s"] == -10.5
