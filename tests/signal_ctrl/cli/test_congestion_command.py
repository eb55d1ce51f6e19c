"""`signal-ctrl congestion` over folders of days of a made street."""

import json
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.gateways.day_file import write_day
from tests.signal_ctrl.watch.foresight.made_city import made_day, street


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("days")
    (made / "roads.json").write_text(roads_to_json(street()))
    for seed in range(10):
        write_day(made / f"{seed:04d}.day.npz", made_day(seed))
    return made


@pytest.mark.slow
def test_backtest_tells_scores_and_draws(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["congestion", "backtest", str(folder), "--out", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["learned_days"] == 6 and found["days"] == 4
    assert found == json.loads((tmp_path / "backtest.json").read_text())
    assert [each["ahead_min"] for each in found["horizons"]] == [15, 30, 60]
    for name in ("reliability.png", "day.png", "region.png"):
        assert (tmp_path / name).read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_forecast_tells_one_moment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["congestion", "forecast", str(folder), "--at", "08:30", "--day", "0008"]) == 0
    shown = capsys.readouterr().out
    assert "08:30, learned from 8 days" in shown and "vehicles in 15 min" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--at", "8"], "no time of day"),
        (["--at", "03:00"], "can be forecast from 07:15 to 10:00"),
        (["--at", "08:30", "--day", "x"], "no day 'x'"),
        (["--at", "08:30", "--ahead", "20"], "--ahead is one of"),
        (["--at", "08:30", "--day", "0003"], "3 days to learn from"),
    ],
)
def test_what_cannot_be_forecast_is_refused(
    folder: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["congestion", "forecast", str(folder), *arguments]) == 2
    assert told in capsys.readouterr().err


def test_folders_of_other_networks_are_not_mixed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "roads.json").write_text(roads_to_json(street(11)))
    assert call(["congestion", "backtest", str(folder), str(tmp_path)]) == 2
    assert "another network" in capsys.readouterr().err
