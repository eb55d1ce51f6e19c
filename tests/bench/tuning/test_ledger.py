"""The ledger: what was simulated is not lost, and what is damaged is named."""

from pathlib import Path

import pytest

from bench.tuning.ledger import Ledger, key_of
from bench.tuning.trial import TrialResult
from signal_ctrl.domain.errors import BackendError, InvalidInputError

RESULT = TrialResult(12.3456, 7, {"a": 1.23456, "b": 0.0})


def test_results_come_back_rounded_alike_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.add("k", {"seed": 1001}, RESULT)
    ledger.add("bad", {"seed": 1002}, TrialResult(1.0, 0, {}, "1 teleports"))
    ledger.add("artery", {"seed": 1003}, TrialResult(1.0, 0, {}, "", 61.23456))
    again = Ledger(path)
    assert len(again) == 3
    assert again.get("artery") == TrialResult(1.0, 0, {}, "", 61.235)
    assert again.get("k") == ledger.get("k") == TrialResult(12.346, 7, {"a": 1.235, "b": 0.0})
    assert again.get("bad") == TrialResult(1.0, 0, {}, "1 teleports")
    assert again.get("other") is None


def test_a_line_that_was_cut_off_counts_as_not_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).add("one", {}, RESULT)
    whole = path.read_text()
    path.write_text(whole + whole.replace("one", "two")[:-9])
    ledger = Ledger(path)
    assert ledger.get("two") is None
    assert path.read_text() == whole
    ledger.add("two", {}, RESULT)
    assert len(Ledger(path)) == 2


@pytest.mark.parametrize(
    "line", ["{", '{"key": "k"}', "[]", '{"key":"k","delay_s":"x","unfinished_veh":0,"waiting_veh_h":{}}']
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).add("one", {}, RESULT)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(InvalidInputError, match=r"ledger.jsonl line 2 is damaged .* delete the line"):
        Ledger(path)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackendError, match="cannot write"):
        Ledger(tmp_path / "file" / "ledger.jsonl").add("k", {}, RESULT)


def test_keys_tell_inputs_controllers_candidates_and_seeds_apart() -> None:
    keys = {
        key_of(inputs, controller, candidate, seed)
        for inputs in ("x", "y")
        for controller in ("fixed", "actuated")
        for candidate in ([1], [2])
        for seed in (1001, 1002)
    }
    assert len(keys) == 16
