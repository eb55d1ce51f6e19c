"""Sensing video: cameras give loop events, a run is controlled by them and can be shown again."""

import json
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.run import RunResult, execute, replay
from sumo_scenarios.settings import RunSettings

END_S = 25214.0


def run(out: Path, **more: str | float) -> RunResult:
    settings = RunSettings("cologne1", controller="greedy", sensing="video", end_s=END_S, **more)  # type: ignore[arg-type]
    return execute(settings, out, False, lambda _: None)


@pytest.mark.sumo
@pytest.mark.slow
def test_cameras_control_a_run_that_can_be_shown_again(tmp_path: Path) -> None:
    made = run(tmp_path / "run")
    assert made.status == "complete", made.error
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert (settings["sensing"], settings["condition"]) == ("video", "day")
    assert settings["views"] == {"GS_cluster_357187_359543": ["east", "south", "west", "northwest"]}
    decisions = [json.loads(line) for line in (tmp_path / "run" / "decisions.jsonl").read_text().splitlines()]
    assert any(row["calls"] for row in decisions)  # somebody was seen
    again = replay(tmp_path / "run", tmp_path / "again", False, lambda _: None)
    assert (again.status, again.differences) == ("complete", 0)


def test_conditions_are_for_cameras_and_failures_for_loops() -> None:
    assert RunSettings("cologne1", sensing="video", condition="night").condition == "night"
    with pytest.raises(InvalidInputError, match="--condition is what cameras see; with sensing loops leave it out"):
        RunSettings("cologne1", condition="night")
    with pytest.raises(InvalidInputError, match="unknown condition 'snow'"):
        RunSettings("cologne1", sensing="video", condition="snow")
    with pytest.raises(InvalidInputError, match="--failures is about loops; with sensing video leave it out"):
        RunSettings("cologne1", sensing="video", failure_rate=0.1)
