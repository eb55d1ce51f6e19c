"""`signal-ctrl doctor` on a sound machine and on machines that lack something."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.cli import doctor_checks, main
from signal_ctrl.cli.doctor_checks import FAIL, OK, WARN, Check


def one(checks: Any) -> Check:
    (check,) = checks
    assert isinstance(check, Check)
    assert (check.verdict == OK) == (check.fix == "")
    return check


@pytest.mark.sumo
def test_this_machine_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.call(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ok"]
    assert {"Python", "SUMO packages", "libsumo", "networks", "disk"} <= {check["name"] for check in found["checks"]}
    assert main.call(["doctor"]) == 0
    assert "runs a tiny simulation" in capsys.readouterr().out


def test_something_missing_is_code_3(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    checks = (
        Check("SUMO packages", FAIL, "missing: libsumo", "run 'make setup'"),
        Check("disk", WARN, "full", "tidy"),
    )
    monkeypatch.setattr(doctor_checks, "examine", lambda: checks)
    assert main.call(["doctor"]) == 3
    out = capsys.readouterr().out
    assert "-> run 'make setup'" in out and "1 to look at, 1 failed" in out
    assert main.call(["doctor", "--json"]) == 3


def test_missing_and_mixed_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_checks, "version_of", lambda name: None)
    assert one(doctor_checks.libraries()).verdict == FAIL
    assert "libsumo" in one(doctor_checks.sumo_packages()).detail
    versions = {"libsumo": "1.27.0"}
    monkeypatch.setattr(doctor_checks, "version_of", lambda name: versions.get(name, "1.28.0"))
    check = one(doctor_checks.sumo_packages())
    assert check.verdict == FAIL
    assert "libsumo 1.27.0" in check.detail


def test_pages_that_were_not_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor_checks, "WEB", tmp_path)
    check = one(doctor_checks.pages())
    assert check.verdict == WARN and "make page" in check.fix
    for name in doctor_checks.PAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").touch()
    assert one(doctor_checks.pages()).verdict == OK


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_checks, "OLDEST_PYTHON", (9, 0))
    assert one(doctor_checks.python_version()).verdict == FAIL


def test_a_foreign_sumo_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SUMO_HOME", raising=False)
    assert one(doctor_checks.sumo_home()).verdict == OK
    monkeypatch.setenv("SUMO_HOME", str(tmp_path))
    assert one(doctor_checks.sumo_home()).verdict == WARN


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("ImportError: libGL.so.1: cannot open shared object file", "libgl1"),
        ("ImportError: no libsumo", "make setup"),
    ],
)
def test_a_libsumo_that_does_not_start(monkeypatch: pytest.MonkeyPatch, line: str, fix: str) -> None:
    done: subprocess.CompletedProcess[str] = subprocess.CompletedProcess([], 1, "", f"Traceback\n{line}\n")
    monkeypatch.setattr("signal_ctrl.cli.doctor_checks.subprocess.run", lambda *_, **__: done)
    check = one(doctor_checks.tiny_simulation())
    assert check.verdict == FAIL
    assert line in check.detail and fix in check.fix


def test_missing_networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sumo_scenarios.catalogue._networks_folder", lambda: tmp_path)
    check = one(doctor_checks.networks())
    assert check.verdict == FAIL
    assert "cologne8" in check.detail


def test_a_full_or_closed_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 10**6

    monkeypatch.setattr("signal_ctrl.cli.doctor_checks.shutil.disk_usage", lambda _: Usage)
    monkeypatch.setattr("signal_ctrl.cli.doctor_checks.os.access", lambda *_: False)
    assert [check.verdict for check in doctor_checks.disk()] == [WARN, FAIL]
    assert one(doctor_checks.compiler_cache()).verdict == WARN


def test_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal_ctrl.cli.doctor_checks.os.sched_getaffinity", lambda _: {0})
    assert one(doctor_checks.processors()).verdict == WARN
