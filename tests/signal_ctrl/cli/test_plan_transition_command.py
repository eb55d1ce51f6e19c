"""`plan transition --hold`: the limits of a release, SAFETY C, are those of the command too."""

import json
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.plan import Plan, plan_to_json
from signal_ctrl.domain.site_json import site_to_json
from tests.signal_ctrl.engine.test_plan_keeper import ONE, SITE


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    plan, site = tmp_path / "plan.json", tmp_path / "site.json"
    plan.write_text(plan_to_json(Plan("p", (ONE,))))
    site.write_text(site_to_json(SITE))
    return ["plan", "transition", str(plan), str(plan), "--site", str(site), "--at", "500", "--hold", "side@70"]


def test_after_a_hold_each_cycle_is_a_fifth_longer_or_shorter_at_most(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call([*files, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["signals"]
    adjusted = [cycle for cycle in row["cycles"] if cycle["adjusted"]]
    assert 1 <= len(adjusted) <= 5
    assert all(48 <= cycle["length_s"] <= 72 for cycle in adjusted)


def test_looser_limits_are_refused(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call([*files, "--lengthen", "0.3"]) == 2
    assert "after a hold a cycle is longer by 0.2 at most" in capsys.readouterr().err
    assert call([*files, "--most-cycles", "0"]) == 2
