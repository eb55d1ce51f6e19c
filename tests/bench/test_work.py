"""Files of a run that the bench takes on trust, or not."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import referees
from bench.referees import judge
from bench.work import MEASURES, read_measures

GOOD = {"version": 1, "detailed": False, "delay_total_h": 1.5, "worst_approach": "J in", "buses": None, "tables": {}}


def test_measures_come_back_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / MEASURES).write_text(json.dumps({**GOOD, "invalid": ["a collision"]}))
    assert read_measures(tmp_path)["invalid"] == ["a collision"]


@pytest.mark.parametrize(
    "damaged",
    ["", "[]", "{}", '{"invalid": "none"}', json.dumps(GOOD), json.dumps({**GOOD, "invalid": [], "tables": 3}),
     json.dumps({"error": 1, "invalid": []})],
)  # fmt: skip
def test_damaged_measures_make_a_run_invalid_and_nothing_else(tmp_path: Path, damaged: str) -> None:
    (tmp_path / MEASURES).write_text(damaged)
    found = read_measures(tmp_path)
    assert found["error"] and found["invalid"]


@pytest.mark.parametrize(("scale", "kept"), [(0.6, ["1 teleports"]), (1.0, None)])
def test_vehicles_that_a_scale_leaves_out_are_not_held_against_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scale: float, kept: list[str] | None
) -> None:
    faults = ["1 teleports", "800 loaded vehicles are in no trip"]

    def said(tool: str, *_arguments: str) -> dict[str, Any]:
        return {"delay_s_per_vehicle": 3.0, "invalid": faults} if tool == referees.SCORER else {"violations": {}}

    monkeypatch.setattr(referees, "_ask", said)
    (tmp_path / "settings.json").write_text(json.dumps({"scale": scale}))
    (tmp_path / "result.json").write_text(json.dumps({"signals": []}))
    assert judge(tmp_path)["referee_invalid"] == (kept or faults)
