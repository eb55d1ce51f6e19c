"""`signal-ctrl parking forecast|backtest|evaluate`: from made-up days to figures; what is wrong is one line, exit 2."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.parking import campaign as campaigns
from signal_ctrl.cli.main import call
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.parking_loop.order import Arm, ParkingOrder
from sumo_scenarios.parking_loop.run import ParkingRun, Searched


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parking") / "history.csv"
    assert call(["parking", "make-history", str(path), "--days", "8", "--capacity", "200,120"]) == 0
    return path


PACK = "import polars, sys; polars.read_csv(sys.argv[1]).write_parquet(sys.argv[2])"
"""In a process of its own: the threads of polars would hang a later fork of this one."""


@pytest.mark.slow
def test_free_spaces_are_forecast_from_csv_and_from_parquet(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "history.parquet"
    subprocess.run([sys.executable, "-c", PACK, str(history), str(packed)], check=True)
    found: list[dict[str, Any]] = []
    for path in (history, packed):
        assert call(["parking", "forecast", str(path), "--at", "2026-03-08T08:00", "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1]
    assert found[0]["learned_days"] == 6
    for row in found[0]["facilities"]:
        assert [one["min"] for one in row["ahead"]] == [5, 15, 30, 60]
        assert all(one["low"] <= one["free"] <= one["high"] <= row["capacity"] for one in row["ahead"])
    assert call(["parking", "forecast", str(history), "--at", "2026-03-08T08:00"]) == 0
    assert "park2" in capsys.readouterr().out


@pytest.mark.slow
def test_a_backtest_tells_scores_and_writes_them(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores.json"
    assert call(["parking", "backtest", str(history), "--train-days", "6", "--out", str(out)]) == 0
    assert "learned from 6 days, judged on 2" in capsys.readouterr().out
    scores = {one["ahead_min"]: one for one in json.loads(out.read_text())["scores"]}
    assert scores[15]["error"] < scores[15]["persistence"]
    assert call(["parking", "backtest", str(history), "--every-min", "7"]) == 2
    assert "--every-min is 7" in capsys.readouterr().err


def test_a_backtest_of_short_days_says_how_far_it_reaches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "short.csv"
    rows = [f"a,2026-03-{day:02d}T07:{5 * k:02d}:00+08:00,{40 - 6 * k},40,6,0" for day in range(2, 8) for k in range(6)]
    path.write_text("\n".join(["facility,at,free,capacity,entered,left", *rows]), encoding="utf-8")
    assert call(["parking", "backtest", str(path), "--every-min", "5"]) == 0
    told = capsys.readouterr().out
    assert "learned from 4 days, judged on 2" in told
    assert "the days judged are over before 30 min" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("facility,at,free\n", "needs facility, at, free, capacity"),
        ("facility,at,free,capacity\n", "holds no row"),
        ("facility,at,free,capacity\na,2026-03-02T08:00:00,1,5\n", "line 2: at is"),
        ("facility,at,free,capacity\na,soon,1,5\n", "line 2: at is 'soon'"),
        ("facility,at,free,capacity\na,2026-03-02T08:00:00+08:00,9,5\n", "free <= capacity"),
        ("facility,at,free,capacity\na,2026-03-02T08:01:00+08:00,1,5\n", "multiple"),
        ("facility,at,free,capacity\na,2026-03-02T08:00:00+08:00,1.5,5\n", "whole number"),
        ("facility,at,free,capacity,trust\na,2026-03-02T08:00:00+08:00,1,5,maybe\n", "trust is 'maybe'"),
        ("facility,at,free,capacity,trust\na,2026-03-02T08:00:00+08:00,1,5,stale\n", "no sample that may be trusted"),
    ],
)
def test_a_history_that_cannot_be_used_is_one_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    assert call(["parking", "forecast", str(path), "--at", "2026-03-02T08:00"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_guidance_is_judged_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(order: ParkingOrder, _report: object) -> ParkingRun:
        search_m = {Arm.GUIDED: 10.0, Arm.KNOWN: 9.0}[order.arm] + order.settings.seed
        kinds = {"all": Searched(100, search_m, 50.0, 2.0, 0.9, 1.0), "phone": Searched(60, 1.0, 9.0, 1.0, 0.98, 1.0)}
        return ParkingRun(90.0, 20.0 + search_m, 1000, 3, 0, 0, 0, 4, 400, 0.9, 1.0, 0, kinds, 1.0)

    monkeypatch.setattr(campaigns, "run_parking", run)
    asked = [
        "parking",
        "evaluate",
        "newtown-2x2",
        "--controller",
        "adaptive",
        "--arms",
        "guided,known",
        "--seeds",
        "1-2",
    ]
    asked += ["--minutes", "10", "--ledger", str(tmp_path / "runs.jsonl")]
    assert call(asked) == 0
    out = capsys.readouterr().out
    assert "guided, inflow known against guided: search distance per driver -1.00 m" in out
    assert "98.0 % found a space where they came first" in out
    assert call([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["runs"]) == 2
    assert call(["parking", "evaluate", "newtown", "--arms", "magic"]) == 2
    assert "choose of blind, nearest, guided, known" in capsys.readouterr().err


@pytest.mark.slow
def test_the_files_of_a_town_whose_cars_park_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "town"
    asked = ["parking", "town", "newtown-2x2", str(out), "--minutes", "5", "--json"]
    assert call(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["drivers"] > 50
    assert told["car_parks"] == 4
    config = read_configuration(Path(told["config"]))
    assert all(path.is_file() for path in (config.net, *config.routes, *config.additional))
    assert call(asked) == 2
