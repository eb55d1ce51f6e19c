"""Changes of stage as the log of decisions tells them."""

import json
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.decision_tape import DecisionTape, read_decisions
from sumo_scenarios.logged import FORCED, StageChange, decisions_of, stage_changes


def row(t_ds: int, choice: int, **more: Any) -> dict[str, Any]:
    costs = [[0, 0.0, 10.0], [1, 0.0, 30.0], [2, 0.0, 50.0]]
    return {"t_ds": t_ds, "signal": "a", "calls": 3, "inputs": "00ff", "candidates": costs, "choice": choice,
            "reason": "as it was", **more}  # fmt: skip


def tape(folder: Path, *rows: dict[str, Any]) -> DecisionTape:
    path = folder / "decisions.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return read_decisions(path)


def test_decisions_are_those_of_one_signal_that_chose(tmp_path: Path) -> None:
    other = {**row(10, 2), "signal": "b"}
    found = decisions_of(tape(tmp_path, row(10, 1), other, {"t_ds": 20, "signal": "a", "calls": 0}), "a")
    assert [(each.at_s, each.choice, each.ask, each.inputs) for each in found] == [(1.0, 1, -1, "00ff")]
    assert found[0].candidates[1] == (1, 0.0, 30.0)


def test_changes_are_told_with_what_keeping_would_have_cost(tmp_path: Path) -> None:
    rows = row(10, 1), row(20, 0, ask=0, sequence=1), row(90, 0)
    (change,) = stage_changes(decisions_of(tape(tmp_path, *rows), "a"))
    assert change == StageChange(
        2.0, 1, 0, "change to stage 1 now: keeping stage 2 would cost 20 veh s more", "as it was"
    )


def test_where_nothing_was_weighed_the_reason_is_that_of_the_log(tmp_path: Path) -> None:
    rows = row(10, 1), row(20, 0, ask=0, sequence=1, candidates=[], reason="its turn in the plan")
    (change,) = stage_changes(decisions_of(tape(tmp_path, *rows), "a"))
    assert change.words == "its turn in the plan"


def test_a_refused_wish_changes_nothing_and_is_told(tmp_path: Path) -> None:
    rows = row(10, 1), row(20, 0, ask=0, sequence=1, refused="K4/forced"), row(30, 1)
    (change,) = stage_changes(decisions_of(tape(tmp_path, *rows), "a"))
    assert (change.refused, change.before, change.after, change.forced) == ("K4/forced", 1, 0, False)


def test_a_stage_that_nobody_wished_for_was_forced(tmp_path: Path) -> None:
    rows = row(10, 1), row(20, 0, ask=0, sequence=1), row(120, 2), row(130, 2)
    changes = list(stage_changes(decisions_of(tape(tmp_path, *rows), "a")))
    assert [(each.at_s, each.before, each.after, each.forced) for each in changes] == [
        (2.0, 1, 0, False), (12.0, 0, 2, True),
    ]  # fmt: skip
    assert changes[1].words == FORCED


def test_the_stage_before_the_first_decision_is_not_known(tmp_path: Path) -> None:
    (change,) = stage_changes(decisions_of(tape(tmp_path, row(20, 0, ask=0, sequence=1)), "a"))
    assert (change.before, change.words) == (-1, "change to stage 1 now")


@pytest.mark.parametrize(
    "damage", [{"inputs": None}, {"candidates": [[0, 1.0]]}, {"candidates": 4}, {"candidates": [["x", 0, 1]]}]
)
def test_a_damaged_decision_is_named_with_its_line(tmp_path: Path, damage: dict[str, Any]) -> None:
    spoilt = row(20, 1, **damage)
    if damage.get("inputs", "") is None:
        del spoilt["inputs"]
    with pytest.raises(InvalidInputError, match=r"decisions\.jsonl line 2: damaged decision"):
        decisions_of(tape(tmp_path, row(10, 1), spoilt), "a")
