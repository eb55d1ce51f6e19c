"""Two versions of the engine: regression, progress or no evidence, and only on the same runs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.experiment import Task
from bench.progress import compare_versions
from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import InvalidInputError
from tests.bench.reports.town import build, delay_s, tasks, write_run

Change = Callable[[Task], float]


def altered(folder: Path, change: Change, **document: Any) -> Path:
    """Build the experiment again, every delay changed, its document too."""
    build(folder)
    for task in tasks():
        if (folder / "runs" / task.run_id / "result.json").exists():
            write_run(folder, task, delay_s_per_vehicle=delay_s(task) + change(task))
    file = folder / "experiment.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "engine": "fedcba9876543210", **document}))
    return folder


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return build(tmp_path / "before")


def changes(before: Path, after: Path) -> dict[tuple[str, str, float, float, bool], str]:
    found = compare_versions(before, after)
    return {
        (c["scenario"], c["controller"], c["scale"], c["failure_rate"], bool(c["closures"])): c["change"]
        for c in found.comparisons
    }


def test_the_same_runs_are_identical(before: Path, tmp_path: Path) -> None:
    found = changes(before, altered(tmp_path / "after", lambda _: 0.0))
    assert len(found) == 14
    assert set(found.values()) == {"identical"}


def test_every_group_is_judged_by_its_own_pairs(before: Path, tmp_path: Path) -> None:
    def change(task: Task) -> float:
        if task.scenario == "village":
            return 5.0 - 10.0 * task.seed  # -5, -15, -25: mean -15, interval ± 24.8
        if task.controller == "adaptive":
            return -2.0 - 0.1 * task.seed
        return 1.0 + 0.1 * task.seed if task.failure_rate else 0.0

    found = compare_versions(before, altered(tmp_path / "after", change))
    verdicts = changes(before, tmp_path / "after")
    assert verdicts["town", "adaptive", 1.0, 0.0, False] == "progress"
    assert verdicts["town", "fixed", 1.0, 0.2, False] == "regression"
    assert verdicts["town", "fixed", 1.0, 0.0, True] == "identical"
    assert verdicts["village", "fixed", 0.8, 0.0, False] == "no evidence"
    assert found.regressed
    assert found.notices == ()
    progress = next(c for c in found.comparisons if c["controller"] == "adaptive" and c["change"] == "progress")
    assert progress["mean_difference_s"] == pytest.approx(-2.2)
    assert progress["ci95"][1] < 0


def test_runs_that_are_no_longer_valid_are_a_regression(before: Path, tmp_path: Path) -> None:
    after = altered(tmp_path / "after", lambda _: -3.0)
    task = Task("town", "adaptive", 2)
    write_run(after, task, status="failed")
    found = compare_versions(before, after)
    (lost,) = (c for c in found.comparisons if c["lost_runs"])
    assert (lost["change"], lost["lost_runs"]) == ("regression", [f"runs/{task.run_id}"])
    assert found.regressed


def test_a_run_that_was_not_valid_before_either_is_no_regression(before: Path, tmp_path: Path) -> None:
    found = compare_versions(before, altered(tmp_path / "after", lambda task: -3.0 - 0.1 * task.seed))
    (group,) = (c for c in found.comparisons if c["invalid_own"] and c["controller"] == "adaptive")
    assert (group["change"], group["lost_runs"], found.regressed) == ("no evidence", [], False)


def test_runs_that_are_not_there_yet_are_left_out(before: Path, tmp_path: Path) -> None:
    after = altered(tmp_path / "after", lambda task: -3.0 - 0.1 * task.seed)
    (after / "runs" / Task("town", "adaptive", 2).run_id / "result.json").unlink()
    found = compare_versions(before, after)
    assert not found.regressed
    group = next(c for c in found.comparisons if c["controller"] == "adaptive" and c["left_out"])
    assert "not valid" in group["left_out"][0]["reason"] and 2 not in group["seeds"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"tasks": [task.as_row() for task in tasks() if task.seed < 3]}, "seed 1, 2, 3 there, 1, 2 here"),
        ({"tasks": [task.as_row() for task in tasks() if task.controller != "fixed"]}, "controller"),
        ({"tasks": [{**task.as_row(), "end_s": 25500.0} for task in tasks()]}, "end_s none there, 25500.0 here"),
        (
            {"tasks": [task.as_row() for task in tasks() if task != Task("town", "fixed", 3)]},
            "1 runs are only in the first",
        ),
        ({"inputs": {"town": {"town.net.xml": "2"}}}, "the input files of town differ"),
        ({"versions": {"libsumo": "1.27.0"}}, "libsumo 1.28.0 there, 1.27.0 here"),
    ],
)
def test_experiments_that_do_not_match_are_refused(
    before: Path, tmp_path: Path, document: dict[str, Any], words: str
) -> None:
    after = altered(tmp_path / "after", lambda _: 0.0, **document)
    with pytest.raises(InvalidInputError, match="cannot be compared") as caught:
        compare_versions(before, after)
    assert words in str(caught.value)


def test_settings_that_tuning_changed_are_said(before: Path, tmp_path: Path) -> None:
    rows = [{**t.as_row(), "options": [["plan", "x.json"]] if t.controller == "fixed" else []} for t in tasks()]
    after = altered(tmp_path / "after", lambda _: 0.0, tasks=rows)
    found = compare_versions(before, after)
    assert found.notices == (
        "the settings of fixed on town differ, and are part of what is compared",
        "the settings of fixed on village differ, and are part of what is compared",
    )
    fixed = [c for c in found.comparisons if c["controller"] == "fixed"]
    assert fixed and all(not c["pairs"] for c in fixed), "those runs stand in folders of another name"


@pytest.mark.parametrize(
    ("change_s", "code", "word"), [(-2.0, 0, "progress"), (2.0, 1, "regression"), (0.0, 0, "identical")]
)
def test_the_command(
    before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change_s: float, code: int, word: str
) -> None:
    after = altered(tmp_path / "after", lambda task: change_s * (1 + 0.1 * task.seed))
    assert call(["bench", "compare", str(before), str(after)]) == code
    shown = capsys.readouterr()
    assert word in shown.out and "adaptive (20 % of the loops failed)" in shown.out
    assert call(["bench", "compare", str(before), str(after), "--json"]) == code
    assert json.loads(capsys.readouterr().out)["regressed"] == bool(code)


def test_the_command_refuses_in_one_line(before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["bench", "compare", str(before), str(tmp_path / "none")]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and "holds no experiment" in shown.err
