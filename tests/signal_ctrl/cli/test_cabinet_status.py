"""What a technician reads of a cabinet: how old it is, and which of its groups there are."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.cli.main import call

WRITTEN: dict[str, Any] = {
    "boot": "7b",
    "mode": "running",
    "overrides": [],
    "centre_answers": True,
    "groups": ["main", "side"],
    "lamps": "Grr",
    "frames": {"made": 1210, "late": 0, "longest_ms": 8.09},
}


@pytest.fixture
def cabinet(tmp_path: Path) -> Path:
    """Return the folder of a cabinet whose agent is at work."""
    (tmp_path / "boot").touch()
    write(tmp_path, 0.0)
    return tmp_path


def write(folder: Path, age_s: float) -> None:
    at_utc_ms = time.time_ns() // 1_000_000 - int(age_s * 1000)
    (folder / "status.json").write_text(json.dumps({"at_utc_ms": at_utc_ms} | WRITTEN))


def test_a_status_says_when_it_was_written_and_in_words(cabinet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["cabinet", "status", "--data", str(cabinet)]) == 0
    told = capsys.readouterr()
    rows = dict(line.split(maxsplit=1) for line in told.out.splitlines()[2:])
    assert rows["at"].endswith("UTC, 0 s ago") and rows["at"].startswith("20")
    assert rows["frames"] == "1,210 made, 0 late, longest 8.1 ms"
    assert (rows["overrides"], rows["centre_answers"], rows["lamps"]) == ("none", "yes", "Grr")
    assert told.err == ""


@pytest.mark.parametrize("as_json", [True, False])
def test_a_status_of_an_agent_that_does_not_run_is_said_to_be_old(
    cabinet: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    write(cabinet, 300.0)
    assert call(["cabinet", "status", "--data", str(cabinet), *["--json"] * as_json]) == 0
    told = capsys.readouterr()
    assert "written nothing for 300 s: it does not run" in told.err
    if as_json:
        assert json.loads(told.out)["groups"] == ["main", "side"]


def test_a_folder_without_a_status_is_no_cabinet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["cabinet", "status", "--data", str(tmp_path)]) == 2
    assert "name the --data folder of 'cabinet run'" in capsys.readouterr().err


def test_lamps_fail_at_groups_that_the_cabinet_has(cabinet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["cabinet", "lamp", "--data", str(cabinet), "siede=green"]) == 2
    assert "no group 'siede'; it has main, side" in capsys.readouterr().err
    assert not (cabinet / "lamps-forced.json").exists()
    assert call(["cabinet", "lamp", "--data", str(cabinet), "side=green", "main=off"]) == 0
    assert capsys.readouterr().out == "failing: side, main\n"
    assert json.loads((cabinet / "lamps-forced.json").read_text()) == {"side": 4, "main": 0}
