"""The campaign in a shortened form, and detection in a recorded folder, on the smallest network."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.incidents import runs as campaign
from bench.incidents.__main__ import main
from bench.incidents.cases import Scenario
from signal_ctrl.cli.main import call
from sumo_scenarios.city_feed.order import FeedOrder, Happening
from sumo_scenarios.city_feed.recording import watch_run
from sumo_scenarios.city_feed.road_network import Equipment
from sumo_scenarios.settings import RunSettings

pytestmark = [pytest.mark.sumo, pytest.mark.slow]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign of half-hour runs on one junction, two of which teach."""
    scenario = Scenario("cologne1", 1.0, 25_200.0, 27_000.0)
    monkeypatch.setattr(campaign, "SCENARIOS", {"cologne1": scenario})
    monkeypatch.setattr(campaign, "N_USUAL", 2)


def test_the_campaign_records_judges_and_goes_on(
    short: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, folder = tmp_path / "ledger.jsonl", tmp_path / "runs"
    how = ["--scenarios", "cologne1", "--most", "1", "--folder", str(folder), "--ledger", str(ledger)]
    assert main(["record", *how, "--purposes", "judge,judge_quiet"]) == 0
    made = sorted(path.stat().st_mtime_ns for path in folder.iterdir())
    assert main(["record", *how, "--purposes", "judge,judge_quiet"]) == 0
    assert sorted(path.stat().st_mtime_ns for path in folder.iterdir()) == made and len(made) == 4
    assert main(["judge", *how]) == 0
    assert "combined" in capsys.readouterr().out
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert len(lines) == 2 and lines[0]["blocked"] is None and lines[1]["blocked"]["road"]
    assert main(["judge", *how]) == 0
    assert len(ledger.read_text().splitlines()) == 2
    assert main(["record", "--scenarios", "mars"]) == 2


def test_what_is_found_in_a_recorded_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [tmp_path / name for name in ("day", "other", "blocked")]
    for seed, folder in enumerate(folders):
        settings = RunSettings(scenario="cologne1", controller="fixed", seed=seed + 1, end_s=26_400.0)
        happenings = (Happening("-32038056#3", 0, 25_900.0, 26_400.0),) if folder.name == "blocked" else ()
        order = FeedOrder(settings, Equipment(loops_share=1.0), happenings=happenings)
        watch_run(order, folder, lambda _: None)
    history = [word for folder in folders[:2] for word in ("--history", str(folder))]
    picture = tmp_path / "scores.png"
    words = ("incidents", "detect", str(folders[2]), *history, "--picture", str(picture))
    assert call((*words, "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["minutes"] == 20 and found["incidents"][0]["road"] == "-32038056#3"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert call(words) == 2
    assert call((*words, "--overwrite")) == 0
    assert "true incidents: -32038056#3" in capsys.readouterr().out
    assert call(("incidents", "detect", str(tmp_path))) == 2
    assert np.isfinite(found["begin_utc_ms"])
