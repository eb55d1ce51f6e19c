"""A decision of a real run rebuilt: the inputs are those that the run saw, and what came of it is measured."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signal_ctrl.cli import main
from sumo_scenarios.explain import Recorded, changes_of, explain
from sumo_scenarios.measures.measure import measure_run
from sumo_scenarios.measures.predictions import read_predictions
from sumo_scenarios.run import Order, execute_all
from sumo_scenarios.settings import RunSettings

pytestmark = pytest.mark.sumo

END_S = 25350.0


def make(folder: Path, detailed: bool, **options: Any) -> tuple[Path, Path]:
    run, evidence = folder / "run", folder / "evidence"
    settings = RunSettings(**{"scenario": "cologne3", "end_s": END_S, **options})
    (result,) = execute_all([Order(settings, run, evidence=evidence, detailed=detailed)], lambda *_: None)
    assert (result.status, result.error) == ("complete", None)
    return run, evidence


@pytest.fixture(scope="module")
def detailed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make one detailed run that the tests below look at."""
    return make(tmp_path_factory.mktemp("detailed"), True)


def rows_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "decisions.jsonl").read_text().splitlines()]


def explained(run: Path, row: dict[str, Any]) -> dict[str, Any]:
    return explain(Recorded(run), row["signal"], row["t_ds"] / 10, lambda _progress: None)


def change_late_in(run: Path) -> dict[str, Any]:
    return next(row for row in reversed(rows_of(run)) if "ask" in row and row["t_ds"] <= 10 * END_S - 250)


def test_a_change_of_stage_is_rebuilt_from_the_record(detailed: tuple[Path, Path]) -> None:
    row = change_late_in(detailed[0])
    found = explained(detailed[0], row)
    assert found["inputs"] == {"recorded": row["inputs"], "rebuilt": row["inputs"], "same": True}
    before = [each for each in rows_of(detailed[0]) if each["signal"] == row["signal"] and "choice" in each]
    count = sum(each["t_ds"] < row["t_ds"] for each in before)
    assert found["decisions_before"] == {"asked_again": count, "same": count}
    assert (found["choice"], found["chosen_again"], found["wish"]) == (
        row["ask"],
        True,
        {"stage": row["ask"], "refused": None},
    )
    best: dict[int, list[Any]] = {}
    for each in found["candidates"]:
        best.setdefault(each["stage"], [each["stage"], each["after_s"], each["cost_veh_s"]])
    assert sorted((s, c) for s, _, c in best.values()) == sorted((s, c) for s, _, c in row["candidates"])
    assert any(lane["vehicles"] for lane in found["lanes"]) and found["lit"]["stage"] != row["ask"]
    after = found["afterwards"]
    assert (after["change"]["stage"], after["change"]["after_s"]) == (row["ask"], 0)
    assert after["expected_veh_s"] > 0 and after["happened_veh_s"] > 0
    changes = changes_of(detailed[0], row["signal"])
    assert (row["t_ds"] / 10, found["lit"]["stage"], row["ask"]) in [(c.at_s, c.before, c.after) for c in changes]


def test_what_was_expected_is_what_the_detailed_run_wrote_down(detailed: tuple[Path, Path]) -> None:
    run, evidence = detailed
    written = {(each.signal, each.at_s): each for each in read_predictions(evidence / "predictions.csv")}
    row = next(
        row for row in reversed(rows_of(run)) if (row["signal"], row["t_ds"] / 10) in written and row.get("candidates")
    )
    there = written[row["signal"], row["t_ds"] / 10]
    after = explained(run, row)["afterwards"]
    assert (after["ahead_s"], after["expected_veh_s"]) == (there.ahead_s, round(there.expected_veh_s, 1))
    table = measure_run(run, evidence)["tables"]["predictions"]
    assert set(table["signal"]) == {each.signal for each in written.values()}
    assert sum(table["decisions"]) == sum(each.at_s + each.ahead_s <= END_S for each in written.values())


def test_with_known_routes_what_happens_follows_what_was_expected(tmp_path: Path) -> None:
    """Both are the same quantity: seen without a doubt, they rise and fall together."""
    run, evidence = make(tmp_path, True, scenario="cologne1", sensing="oracle", end_s=25800.0)
    table = measure_run(run, evidence)["tables"]["predictions"]
    expected, happened = np.array(table["expected_veh"]), np.array(table["happened_veh"])
    assert len(expected) == 10
    assert np.corrcoef(expected, happened)[0, 1] > 0.9
    assert (
        0.6 < expected.mean() / happened.mean() < 1.1
    )  # who queues is taken to have the way to the stop line before it


def test_writing_it_down_changes_nothing(detailed: tuple[Path, Path], tmp_path: Path) -> None:
    run, evidence = make(tmp_path, False)
    for name in ("decisions.jsonl", "events.parquet"):
        assert (run / name).read_bytes() == (detailed[0] / name).read_bytes()
    assert not (evidence / "predictions.csv").exists()
    assert "predictions" not in measure_run(run, evidence)["tables"]


def test_a_run_that_sees_positions_is_explained_too(tmp_path: Path) -> None:
    run, _ = make(tmp_path, False, sensing="positions", options=(("draws", "3"),))
    found = explained(run, change_late_in(run))
    assert (found["inputs"]["same"], found["chosen_again"]) == (True, True)
    assert found["decisions_before"]["same"] == found["decisions_before"]["asked_again"] > 0


def test_where_the_run_ended_nothing_is_compared(detailed: tuple[Path, Path]) -> None:
    row = next(row for row in reversed(rows_of(detailed[0])) if "choice" in row)
    assert "the run ended" in explained(detailed[0], row)["afterwards"]["why_not"]


def test_inputs_that_are_not_the_recorded_ones_are_said_and_fail_the_check(
    detailed: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(detailed[0], tmp_path / "run"))
    row = change_late_in(run)
    log = run / "decisions.jsonl"
    log.write_text(log.read_text().replace(row["inputs"], "0" * 16))
    code = main.call(["explain", str(run), "--junction", row["signal"], "--time", f"{row['t_ds'] / 10:g}"])
    out, err = capsys.readouterr()
    assert code == 1
    assert f"hash {row['inputs']} is not the recorded one, {'0' * 16}" in out
    assert "its code or libraries were other ones" in err
