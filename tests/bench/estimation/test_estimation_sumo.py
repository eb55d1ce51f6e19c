"""Estimates against the truth of a short run, and what a user sees of it: the shortened form of the campaign."""

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.estimation import __main__ as campaign
from signal_ctrl.cli import main
from sumo_scenarios.run import Order, execute_all
from sumo_scenarios.settings import RunSettings

END_S = 26_700.0
FIGURES = {
    "speed": ("absolute", 2.0),
    "queue, all cycles": ("absolute", 7.0),
    "turns, all exits counted: told, share": ("absolute", 0.12),
}
"""Largest mean errors on 25 minutes of cologne1: [m/s], [m], [0-1]. In whole hours they were 1.3, 3.5 and 0.06."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    settings = RunSettings("cologne1", controller="adaptive", end_s=END_S)
    result = execute_all([Order(settings, folder / "run", evidence=folder / "evidence")], lambda _i, _p: None)[0]
    assert result.status == "complete"
    return folder / "run"


@pytest.mark.sumo
@pytest.mark.slow
def test_the_campaign_judges_a_run_once_and_goes_on_from_its_ledger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "estimation.jsonl"
    asked = ["--scenarios", "cologne1", "--seeds", "1", "--end", f"{END_S:g}", "--ledger", str(ledger)]
    assert campaign.main(asked) == 0
    (line,) = [json.loads(text) for text in ledger.read_text(encoding="utf-8").splitlines()]
    rows = {row["what"]: row for row in line["errors"]}
    for what, (figure, most) in FIGURES.items():
        assert rows[what]["count"] > 0
        assert rows[what][figure] <= most, what
        assert rows[what]["held"] >= 0.75, what
    assert "queue, all cycles" in capsys.readouterr().out
    monkeypatch.setattr(campaign, "measure", lambda *_: pytest.fail("made again"))
    assert campaign.main(asked) == 0


@pytest.mark.sumo
def test_wrong_names_and_damaged_ledgers_are_refused(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    assert campaign.main(["--scenarios", "nowhere", "--seeds", "1", "--ledger", str(ledger)]) == 2
    ledger.write_text("{\n", encoding="utf-8")
    assert campaign.main(["--scenarios", "cologne1", "--seeds", "1", "--ledger", str(ledger)]) == 2


@pytest.mark.sumo
@pytest.mark.slow
def test_a_user_sees_every_lane_of_a_run_and_of_its_log(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.call(["detectors", "estimate", str(run), "--json", "--out", str(tmp_path / "e.csv")]) == 0
    document = json.loads(capsys.readouterr().out)
    lanes = {lane["lane"]: lane for lane in document["lanes"]}
    assert len(lanes) >= 8
    cycles = [cycle for lane in lanes.values() for cycle in lane["cycles"]]
    assert len(cycles) > 100
    assert any(cycle["queue_m"]["value"] > 30.0 for cycle in cycles)
    assert all(low <= value for c in cycles for low, value in [(c["queue_m"]["low"], c["queue_m"]["value"])])
    assert all(turn["told"] <= 0.01 for turn in document["turns"])  # no exit of this network has loops
    _in_child(lambda: _export(run / "events.parquet", tmp_path / "log.csv"))
    assert main.call(["detectors", "estimate", str(tmp_path / "log.csv"), "--scenario", "cologne1", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert [lane["cycles"] for lane in again["lanes"]] == [lane["cycles"] for lane in document["lanes"]]
    header, *rows = (tmp_path / "e.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("signal,lane,what,of,begin_s")
    assert sum(",queue," in row for row in rows) == len(cycles)
    assert main.call(["detectors", "estimate", str(run)]) == 0
    assert "longest queue [m]" in capsys.readouterr().out


@pytest.mark.sumo
def test_what_cannot_be_estimated_is_one_line(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.csv"
    other.write_text("time_s,device,code,parameter\n1,X,82,1\n2,X,81,1\n", encoding="utf-8")
    for arguments, says in (
        ([str(run), "--junction", "nobody"], "no signal 'nobody'"),
        ([str(run), "--scenario", "cologne1"], "for logs"),
        ([str(run), "--every", "0"], "--every"),
        ([str(other)], "--scenario"),
        ([str(other), "--scenario", "cologne1"], "no loop of cologne1"),
        ([str(tmp_path / "none")], "--scenario"),
        ([str(tmp_path)], "settings.json"),
    ):
        assert main.call(["detectors", "estimate", *arguments]) == 2, arguments
        told = capsys.readouterr().err
        assert says in told
        assert told.count("\n") == 1


def _in_child(work: Callable[[], None]) -> None:
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    assert child.exitcode == 0


def _export(events: Path, log: Path) -> None:
    import polars as pl

    pl.read_parquet(events).select("time_ds", "device", "code", "parameter").write_csv(log)
