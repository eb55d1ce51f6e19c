"""`signal-ctrl plan offsets`: the same plan with other offsets, and one line for what cannot be done."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.plan import plan_from_json


def test_offsets_go_and_the_rest_stays(tmp_path: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "zero.json"
    assert call(["plan", "offsets", str(plan), "cologne3", "--by", "zero", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    before, after = plan_from_json(plan.read_text()), plan_from_json(out.read_text())
    assert [row["before_s"] for row in told["signals"]] == [signal.offset_ds / 10 for signal in before.signals]
    assert after.signals == tuple(replace(signal, offset_ds=0) for signal in before.signals)
    assert call(["plan", "offsets", str(plan), "cologne3", "--by", "zero", "--out", str(out)]) == 2
    assert "exists" in capsys.readouterr().err


def test_what_cannot_be_done_is_one_line(tmp_path: Path, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out.json")
    assert call(["plan", "offsets", str(plan), "cologne3", "--by", "luck", "--out", out]) == 2
    assert "choose zero or sumo" in capsys.readouterr().err
    assert call(["plan", "offsets", str(plan), "cologne1", "--by", "zero", "--out", out]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not Path(out).exists()
