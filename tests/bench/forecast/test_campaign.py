"""The shortened campaign: better than every naive forecast, the intervals cover, and it goes on where it stopped."""

from pathlib import Path

import pytest

from bench.forecast import __main__ as campaign
from bench.forecast.town import TownRules
from signal_ctrl.domain.errors import InvalidInputError

RULES = TownRules(1, campaign.SHORT_WEEKS)
ROW = {"variation": 1.0, "size": 1.0, "gain": 0.2, "most_gain": 0.3, "gain_untuned": 0.2, "coverage": 0.9}


@pytest.mark.slow
def test_the_forecast_beats_the_best_naive_one_and_its_intervals_cover(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    (row,) = campaign.campaign([RULES], 7 * campaign.SHORT_TRAIN_WEEKS, ledger)
    assert row["gain"] > 0.05
    assert row["p"] < 0.05
    assert 0.87 <= row["coverage"] <= 0.93
    assert row["floor_veh"] < row["mae_veh"] < row["best_naive_mae_veh"]
    assert len(ledger.read_text().splitlines()) == 1


def test_what_the_ledger_holds_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(campaign, "case", lambda rules, _n: made.append(rules) or dict(ROW))
    ledger = tmp_path / "ledger.jsonl"
    for _ in range(2):
        assert len(list(campaign.campaign([RULES], 28, ledger))) == 1
    assert len(made) == 1
    monkeypatch.setattr(campaign, "code", lambda: "another")
    list(campaign.campaign([RULES], 28, ledger))
    assert len(made) == 2
    ledger.write_text("{")
    with pytest.raises(InvalidInputError, match="is damaged"):
        list(campaign.campaign([RULES], 28, ledger))


def test_a_gain_or_coverage_that_is_missed_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert campaign._verdict([dict(ROW)]) == 0
    assert campaign._verdict([{**ROW, "gain": 0.14}]) == 1
    assert campaign._verdict([{**ROW, "coverage": 0.94}]) == 1
    assert "not reached" in capsys.readouterr().out
