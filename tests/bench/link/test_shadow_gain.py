"""Expected against measured gain, by hand, and what the command refuses or knows already."""

from pathlib import Path
from typing import Any

import pytest

from bench.ledger import append_lines
from bench.link.shadow_gain import ENGINE, compared, main


def made(delay_s: float, decides: str, gain: float | None = None, span: list[float] | None = None) -> Any:
    report = {"gain_veh_h_per_h": gain, "ci95_veh_h_per_h": span, "decisions": 100, "differing": 7}
    document = {
        "delay_s_per_vehicle": delay_s,
        "vehicles": {"total": 1800},
        "begin_s": 25_200.0,
        "end_s": 27_000.0,
        "kernel": {"violations": 0},
    }
    link = {"centre": {"shadow": {"cab-1": report, "cab-2": report}}, "decides": {"a": decides, "b": "centre"}}
    return document, link


def test_a_pair_by_hand() -> None:
    found = compared(made(20.0, "centre", 1.5, [0.5, 2.5]), made(16.0, "adaptive control"))
    assert found["measured_veh_h_per_h"] == 4.0  # 1,800 vehicles save 4 s each, in half an hour
    assert (found["expected_veh_h_per_h"], found["expected_low"], found["expected_high"]) == (3.0, 1.0, 5.0)
    assert (found["decisions"], found["differing"], found["cabinets"], found["driven"]) == (200, 14, 2, 1)
    assert compared(made(20.0, "centre", 1.5), made(16.0, "centre"))["expected_low"] is None


@pytest.mark.parametrize("text", ["cologne1", ":1", "cologne1:x"])
def test_what_is_no_pair_is_refused(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.argv", ["shadow_gain", text, "--ledger", str(tmp_path / "ledger.jsonl")])
    assert main() == 2


def test_a_pair_in_the_ledger_is_not_run_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    append_lines(ledger, [{"key": "cologne1:7", "engine": ENGINE}])
    monkeypatch.setattr("sys.argv", ["shadow_gain", "cologne1:7", "--ledger", str(ledger)])
    assert main() == 0
    assert "in the ledger" in capsys.readouterr().out
