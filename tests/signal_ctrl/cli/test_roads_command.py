import json
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.roads_json import roads_from_json


def test_roads_of_a_scenario_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "roads.json"
    assert call(["scenarios", "roads", "cologne3", "--out", str(out), "--readers-share", "1", "--json"]) == 0
    network = roads_from_json(out.read_text())
    said = json.loads(capsys.readouterr().out)
    assert (said["roads"], said["readers"]) == (len(network.roads), len(network.roads))
    assert call(["scenarios", "roads", "cologne3", "--out", str(out)]) == 2
    assert "exists" in capsys.readouterr().err
    assert call(["scenarios", "roads", "cologne3", "--out", str(out), "--overwrite", "--loops-share", "0"]) == 0
    assert "0 loops" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scenarios", "roads", "cologne3", "--out", "x", "--loops-share", "2"], "0 to 1"),
        (["scenarios", "roads", "nowhere.net.xml", "--out", "x"], "nowhere.net.xml"),
        (["roads", "record", "cologne3", "--out", "x", "--breakdown", "a"], "--breakdown wants"),
        (["roads", "record", "cologne3", "--out", "x", "--closed", "a:b@1-2"], "--closed wants"),
        (["roads", "record", "cologne3", "--out", "x", "--positions-share", "3"], "0 to 1"),
        (["roads", "state", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.sumo
def test_a_recording_and_its_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    span = ["--end", "25500", "--breakdown", "241660957#0:0@25260-25400"]
    assert call(["roads", "record", "cologne3", "--out", str(out), *span, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["end_s"] == 25500
    assert call(["roads", "state", str(out), "--json"]) == 0
    roads = json.loads(capsys.readouterr().out)["roads"]
    assert len(roads) == 48
    assert all(road["travel_time_s"] > 0 and road["travel_time_sd_s"] > 0 for road in roads)
    assert call(["roads", "state", str(out), "--minute", "2", "--worst", "3"]) == 0
    text = capsys.readouterr().out
    assert "travel" not in text
    assert len(text.splitlines()) == 6
    assert call(["roads", "state", str(out), "--minute", "99"]) == 2
