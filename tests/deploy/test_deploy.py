"""The files for operation, as far as they can be checked without a machine of their own."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from signal_ctrl.cli.main import app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNIT = DEPLOY / "signal-ctrl.service"


def options_of(command: str) -> set[str]:
    found = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    return {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def test_every_option_in_the_files_is_one_of_serve() -> None:
    known = options_of("serve")
    said = re.findall(
        r"--[a-z-]+", next(line for line in UNIT.read_text().splitlines() if line.startswith("ExecStart="))
    )
    said += [each.split("=")[0] for each in compose()["services"]["centre"]["command"] if each.startswith("--")]
    assert len(said) > 10 and set(said) <= known


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_the_unit_is_one_for_systemd(tmp_path: Path) -> None:
    unit = tmp_path / "signal-ctrl.service"
    unit.write_text(UNIT.read_text())
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_unit_leaves_little_to_an_intruder() -> None:
    text = UNIT.read_text()
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "UMask=0077",
        "RestartPreventExitStatus=2",
    ):
        assert f"\n{line}\n" in text
    sections = [line for line in text.splitlines() if line.startswith("[")]
    assert sections == ["[Unit]", "[Service]", "[Install]"]
    for line in text.splitlines():
        assert not line or line[0] in "#[" or re.fullmatch(r"[A-Za-z]+=.*", line), line


def test_compose_hangs_together() -> None:
    document = compose()
    services = document["services"]
    for service in services.values():
        assert set(service.get("secrets", ())) <= set(document["secrets"])
        assert set(service.get("networks", ())) <= set(document["networks"])
        named = [volume.split(":")[0] for volume in service.get("volumes", ())]
        assert set(named) <= set(document["volumes"])
    assert set(services["centre"]["depends_on"]) <= set(services)
    assert services["centre"]["read_only"] and services["centre"]["cap_drop"] == ["ALL"]
    assert "ports" not in services["database"], "the database is reached by the centre alone"
    assert "--data-checksums" in services["database"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_no_secret_stands_in_the_files() -> None:
    for path in DEPLOY.iterdir():
        assert not re.search(r"(?i)password\s*[:=]\s*['\"]?[a-z0-9]{6,}", path.read_text()), path


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert "\nUSER signal-ctrl\n" in (DEPLOY / "Dockerfile").read_text()
