import json
from pathlib import Path

import pytest

from bench.road_state.__main__ import campaign
from bench.road_state.trial import Trial

pytestmark = [pytest.mark.sumo, pytest.mark.slow]


def test_a_campaign_goes_on_where_it_was_and_estimates_better_than_loops_alone(tmp_path: Path) -> None:
    trials = [Trial("cologne3", 1, 1, until_s=26_700.0)]
    ledger = tmp_path / "ledger.jsonl"
    (row,) = campaign(trials, tmp_path / "feeds", ledger)
    (again,) = campaign(trials, tmp_path / "none", ledger)
    assert not (tmp_path / "none").exists()
    assert again["errors"] == json.loads(json.dumps(row["errors"]))
    said = {name: each["loops"]["5_min"]["wape"] for name, each in row["errors"].items()}
    assert said["estimate"] < min(said["free_time"], said["loops_alone"])
    assert row["refused"] == {}
    assert len(ledger.read_text().splitlines()) == 1
