"""A decision in which buses, people on foot and debts were weighed is rebuilt with those weights, and comes out again."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.cli import main
from signal_ctrl.domain.profile import STREET
from sumo_scenarios.bus_options import parse_buses
from sumo_scenarios.explain import Recorded, explain
from sumo_scenarios.run import execute, replay
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.people_and_buses import town

pytestmark = [pytest.mark.sumo, pytest.mark.slow]
END_S = 300.0
WEIGHT = "5.5"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    config = town(folder / "town", END_S)
    settings = RunSettings(
        str(config), "adaptive", 3, profile=STREET, crossings="buttons", buses=parse_buses("every=2,usual=60"),
        options=(("walker_weight", WEIGHT),),
    )  # fmt: skip
    result = execute(settings, folder / "run", False, lambda _: None)
    assert result.status == "complete", (result.error, result.trace)
    return result.folder


def rows_of(run: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (run / "decisions.jsonl").read_text().splitlines()]
    return [row for row in rows if "choice" in row and row["t_ds"] <= 10 * END_S - 300]


def explained(run: Path, row: dict[str, Any]) -> dict[str, Any]:
    return explain(Recorded(run), row["signal"], row["t_ds"] / 10, lambda _progress: None)


def agrees(found: dict[str, Any], row: dict[str, Any]) -> None:
    assert found["inputs"]["same"], found["inputs"]
    assert found["chosen_again"]
    assert found["choice"] == row["choice"]
    assert found["decisions_before"]["same"] == found["decisions_before"]["asked_again"] > 5
    best = {}
    for each in found["candidates"]:
        best[each["stage"]] = min(best.get(each["stage"], 1e9), each["cost_veh_s"])
    assert best == {stage: cost for stage, _, cost in row["candidates"]}  # what was weighed, to the last digit


def test_where_a_bus_changed_the_wish_its_weight_is_shown(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = [row for row in rows_of(run) if row.get("plain", row["choice"]) != row["choice"]]
    assert len(changed) >= 3
    row = changed[-1]
    found = explained(run, row)
    agrees(found, row)
    assert found["buses"] and all(bus["vehicle"].startswith("b") and bus["cars"] > 40 for bus in found["buses"])
    assert found["priority"]["without_buses"] == row["plain"] == found["priority"]["rebuilt_without"]
    assert found["priority"]["with_buses"] == row["choice"]
    words = ["explain", str(run), "--junction", row["signal"], "--time", str(row["t_ds"] / 10)]
    assert main.call(words) == 0
    said = capsys.readouterr().out
    assert "counts as" in said and f"without buses: stage {row['plain'] + 1}" in said


def test_people_who_wait_count_as_the_run_counted_them(run: Path) -> None:
    rows = [row for row in rows_of(run) if "plain" not in row and row["candidates"]]
    seen: Counter[bool] = Counter()
    for row in rows[-1 :: -max(len(rows) // 4, 1)][:3]:
        found = explained(run, row)
        agrees(found, row)
        crossings = [lane for lane in found["weights"] if lane["lane"].startswith("crossing ")]
        seen[any(cars > 0 for lane in crossings for cars in lane["cars"])] += 1
        assert found["priority"] is None and found["buses"] == []
    assert seen[True] > 0


def test_who_lost_green_to_a_bus_counts_more_afterwards(run: Path) -> None:
    rows = rows_of(run)
    holds = [row["t_ds"] for row in rows if row.get("priority") == "hold" or row.get("priority") == "early"]
    assert holds
    after = [row for row in rows if row["t_ds"] > holds[0] and row["candidates"]]
    found = explained(run, after[0])
    agrees(found, after[0])
    assert found["owed_s"]


def test_the_record_repeats(run: Path, tmp_path: Path) -> None:
    again = replay(run, tmp_path / "again", False, lambda _: None)
    assert (again.differences, again.first_difference) == (0, None)
