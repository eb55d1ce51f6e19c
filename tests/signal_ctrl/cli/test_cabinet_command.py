"""`signal-ctrl cabinet`: credentials are made once and private; an agent runs against a real centre on a socket."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from signal_ctrl.centre.faults import FAULTS
from signal_ctrl.cli.main import call
from signal_ctrl.domain.link.credential import Credential, credential_from_json, credential_to_json
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.gateways.layout_file import layout_to_json
from signal_ctrl.gateways.system_clock import SystemClock
from sumo_scenarios.over_http.centre import RunCentre
from tests.lag import timed

FRAMES_A_SECOND = 10


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.json"
    path.write_text(site_to_json(trial_site("cab-1")))
    return path


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_enrol_rotate_revoke(tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, one, two = str(tmp_path / "centre"), tmp_path / "one.json", tmp_path / "two.json"
    enrol = ["cabinet", "enrol", "cab-1", "--site", str(site), "--data", data, "--json", "--out"]
    assert call([*enrol, str(one)]) == 0
    assert said(capsys)["cabinet"] == "cab-1"
    assert one.stat().st_mode & 0o777 == 0o600
    assert call([*enrol, str(one)]) == 2  # a credential is never written over
    assert call([*enrol, str(tmp_path / "again.json")]) != 0
    assert not (tmp_path / "again.json").exists()
    assert call(["cabinet", "rotate", "cab-1", "--data", data, "--out", str(two), "--json"]) == 0
    keys = [credential_from_json(path.read_text()) for path in (one, two)]
    assert keys[0].key != keys[1].key
    assert keys[0].centre_public == keys[1].centre_public
    assert call(["cabinet", "revoke", "cab-1", "--data", data, "--json"]) == 0
    assert call(["cabinet", "revoke", "cab-9", "--data", data, "--json"]) == 2


def test_what_a_cabinet_cannot_run_on_is_refused(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    credential = tmp_path / "c.json"
    credential.write_text(json.dumps({"format": "none"}))
    run = ["cabinet", "run", "--site", str(site), "--credential", str(credential), "--data", str(tmp_path / "cab")]
    assert call([*run, "--centre", "http://127.0.0.1:1"]) == 2
    assert "others may read" in capsys.readouterr().err
    credential.chmod(0o600)
    assert call([*run, "--centre", "http://127.0.0.1:1"]) == 2
    assert call([*run, "--centre", "http://127.0.0.1:1", "--poll-ms", "999"]) == 2
    assert call(["cabinet", "reset", "--data", str(tmp_path / "none")]) == 2
    assert call(["cabinet", "lamp", "--data", str(tmp_path / "none"), "side=blue"]) == 2


@pytest.mark.slow
def test_a_cabinet_with_loops_runs_beside_its_adviser(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    centre = RunCentre(SystemClock(), tmp_path)
    credential, layout, loops = tmp_path / "c.json", tmp_path / "layout.json", tmp_path / "loops"
    credential.write_text(credential_to_json(centre.enrol("cab-1", trial_site("cab-1"))))
    credential.chmod(0o600)
    layout.write_text(layout_to_json(trial_layout(trial_site("cab-1"))))
    loops.touch()
    run = ["cabinet", "run", "--centre", centre.address, "--site", str(site), "--credential", str(credential)]
    run += ["--data", str(tmp_path / "cab"), "--for-s", "4", "--json"]
    assert call([*run, "--layout", str(layout)]) == 2  # loops are missing
    layout.write_text(layout_to_json(trial_layout(trial_site("cab-2"))))
    assert call([*run, "--layout", str(layout), "--loops", str(loops)]) == 2  # of another signal
    layout.write_text(layout_to_json(trial_layout(trial_site("cab-1"))))
    capsys.readouterr()
    with timed() as took:
        assert call([*run, "--layout", str(layout), "--loops", str(loops)]) == 0
    centre.close()
    status = json.loads((tmp_path / "cab" / "status.json").read_text())
    assert status["centre_answers"] is True
    assert status["frames"]["made"] > 20 - FRAMES_A_SECOND * took.lag_s


def test_channels_are_named(tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = tmp_path / "layout.json"
    layout.write_text(layout_to_json(trial_layout(trial_site("cab-1"))))
    assert call(["cabinet", "channels", "--site", str(site), "--layout", str(layout), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["channel"], row["what"], row["place"]) for row in rows] == [
        (1, "loop", "in0"),
        (2, "loop", "in1"),
        (3, "loop", "in2"),
        (4, "button", "crossing walk"),
    ]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        (["--crossings", "whistles"], "recall, buttons, sensors"),
        (["--crossings", "buttons"], "--layout and --loops"),
        (["--layout", "LAYOUT", "--loops", "L", "--buttons", "B"], "--crossings buttons"),
    ],
)
def test_inputs_that_do_not_belong_together_are_refused(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str], more: list[str], names: str
) -> None:
    credential, layout = tmp_path / "c.json", tmp_path / "layout.json"
    credential.write_text(credential_to_json(Credential("cab-1", bytes(32), bytes(32))))
    credential.chmod(0o600)
    layout.write_text(layout_to_json(trial_layout(trial_site("cab-1"))))
    run = ["cabinet", "run", "--centre", "http://127.0.0.1:1", "--site", str(site), "--credential", str(credential)]
    words = [str(layout) if word == "LAYOUT" else word for word in more]
    assert call([*run, "--data", str(tmp_path / "cab"), "--for-s", "1", *words]) == 2
    assert names in capsys.readouterr().err


def chatters(path: Path, over: threading.Event) -> None:
    """Write more pulses of a button than people press."""
    while not over.wait(0.1):
        now_ms = time.time_ns() // 1_000_000
        with path.open("a") as file:
            file.write(f"{now_ms - 50} 82 4\n{now_ms - 20} 81 4\n")


@pytest.mark.slow
def test_a_button_that_chatters_is_a_fault_at_the_centre_and_countdowns_are_told(tmp_path: Path, site: Path) -> None:
    centre = RunCentre(SystemClock(), tmp_path)
    credential, layout = tmp_path / "c.json", tmp_path / "layout.json"
    credential.write_text(credential_to_json(centre.enrol("cab-1", trial_site("cab-1"))))
    credential.chmod(0o600)
    layout.write_text(layout_to_json(trial_layout(trial_site("cab-1"))))
    buttons, counted, over = tmp_path / "buttons", tmp_path / "counted", threading.Event()
    run = ["cabinet", "run", "--centre", centre.address, "--site", str(site), "--credential", str(credential)]
    run += [
        "--data",
        str(tmp_path / "cab"),
        "--for-s",
        "40",
        "--layout",
        str(layout),
        "--loops",
        str(tmp_path / "loops"),
    ]
    run += ["--crossings", "buttons", "--buttons", str(buttons), "--countdowns", str(counted)]
    thread = threading.Thread(target=chatters, args=(buttons, over))
    thread.start()
    assert call(run) == 0
    over.set()
    thread.join()
    found = centre.centre.store.read(lambda r: r.shelf(FAULTS).find(limit=100))
    centre.close()
    assert [(fault.code, fault.facility.value) for fault in found] == [("K12-button-4", "detector")]
    first = counted.read_text().split()
    assert first[1:4] == ["walk", "walk", "70"]  # the crossing of that name shows WALK with the first stage


@pytest.mark.slow
def test_an_agent_runs_against_a_centre_on_a_socket(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    centre = RunCentre(SystemClock(), tmp_path)
    credential = tmp_path / "c.json"
    credential.write_text(credential_to_json(centre.enrol("cab-1", trial_site("cab-1"))))
    credential.chmod(0o600)
    lamps, data = tmp_path / "lamps.txt", tmp_path / "cab"
    run = ["cabinet", "run", "--centre", centre.address, "--site", str(site), "--credential", str(credential)]
    with timed() as took:
        assert call([*run, "--data", str(data), "--lamps", str(lamps), "--for-s", "3", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["centre_answers"] is True
    assert lines[-1]["orders"] == "1.1"
    assert lamps.read_text().split()[1] == "rrrr"
    assert call(["cabinet", "status", "--data", str(data), "--json"]) == 0
    status = said(capsys)
    assert status["mode"] == "start-up all red"
    assert status["frames"]["made"] > 20 - FRAMES_A_SECOND * took.lag_s
    starts = centre.link._desk.store.read(lambda t: t.links.starts())
    assert [start.boot for start in starts] == [status["boot"]]
    centre.close()
