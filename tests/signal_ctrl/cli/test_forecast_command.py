"""`signal-ctrl forecast`: from made-up counts to a forecast and its backtest; what is wrong is one line and exit code 2."""

import csv
import json
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forecast") / "town"
    assert call(["forecast", "make", str(folder), "--weeks", "5", "--seed", "2"]) == 0
    return folder


def test_made_counts_have_their_calendar_and_what_happened(town: Path) -> None:
    assert {path.name for path in town.iterdir()} == {"counts.csv", "calendar.csv", "happened.csv"}
    rows = list(csv.DictReader((town / "counts.csv").read_text().splitlines()))
    assert set(rows[0]) == {"date", "begin_s", "end_s", "signal", "from_edge", "to_edge", "vehicles"}
    assert len({row["date"] for row in rows}) == 35


@pytest.mark.slow
def test_the_next_hour_is_forecast_with_intervals(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts, out = str(town / "counts.csv"), town.parent / "run"
    asked = ["forecast", "run", counts, "--at", "2026-04-03T07:30", "--ahead", "30", "--interval", "30"]
    assert call([*asked, "--calendar", str(town / "calendar.csv"), "--out", str(out), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == 4
    assert all(row["low_veh"] <= row["vehicles"] <= row["high_veh"] for row in rows)
    assert [row["begin_s"] for row in rows] == [27_000] * 4
    assert (out / "forecast.png").stat().st_size > 10_000
    assert len((out / "forecast.csv").read_text().splitlines()) == 5


@pytest.mark.slow
def test_a_backtest_tells_scores_and_writes_them(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts, out = str(town / "counts.csv"), town.parent / "backtest"
    asked = ["forecast", "backtest", counts, "--interval", "30", "--weeks-train", "4", "--out", str(out)]
    assert call(asked) == 0
    told = capsys.readouterr().out
    for word in ("seasonal naive", "profile x EWMA", "chosen", "MASE", "GEH<5", "covered", "floor", "p "):
        assert word in told
    report = json.loads((out / "backtest.json").read_text())
    assert [ahead["ahead_min"] for ahead in report["ahead"]] == [30, 60]
    assert {path.name for path in out.glob("*.png")} == {"errors.png", "coverage.png", "day.png"}
    assert len((out / "scores.csv").read_text().splitlines()) == 1 + 2 * 10


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["run", "--at", "07:30"], "--at is '07:30'; write local date and time"),
        (["run", "--at", "2026-03-02T07:30"], "the counts hold no day before 2026-03-02"),
        (["run", "--at", "2026-03-12T07:30"], "10 days to learn from; a forecast needs 21"),
        (["run", "--at", "2026-04-03T07:30", "--ahead", "90"], "--ahead needs 15 to 60 min, got 90"),
        (["backtest", "--weeks-train", "5"], "a backtest needs 7 days behind them"),
        (["backtest", "--weeks-train", "1"], "7 days to learn from"),
        (["backtest", "--interval", "7"], "intervals of 7 min; take one of 1, 3, 5, 15, 30 min"),
    ],
)
def test_what_cannot_be_is_one_line(town: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["forecast", more[0], str(town / "counts.csv"), *more[1:]]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert says in told[0]


def test_a_folder_that_is_there_is_not_overwritten(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["forecast", "make", str(town)]) == 2
    assert "exists" in capsys.readouterr().err


def test_a_run_with_a_forecast_needs_a_schedule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["run", "cologne1", "--controller", "fixed", "--forecast", "counts.csv", "--out", str(tmp_path / "run")]
    assert call(asked) == 2
    assert "--forecast chooses among the plans of a schedule" in capsys.readouterr().err
