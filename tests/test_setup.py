"""`make setup` on a machine whose network has a certificate authority of its own, or none that uv comes through."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

MAKEFILE: Final = Path(__file__).parents[1] / "Makefile"
STUB: Final = """#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
  *"uv pip install"*"$COMES_THROUGH"*) exit 0 ;;
  *"uv pip install"*) echo "error: invalid peer certificate" >&2; exit 2 ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder like a clone, whose environment is there already and notes what it is asked for."""
    (tmp_path / "Makefile").write_text(MAKEFILE.read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STUB, encoding="utf-8")
    python.chmod(0o755)
    return tmp_path


def set_up(clone: Path, comes_through: str) -> tuple[list[str], str]:
    """Return what the environment was asked to install by, and what was said."""
    log = clone / "log"
    done = subprocess.run(
        ["make", "setup", f"PYTHON={sys.executable}"],
        cwd=clone, env=os.environ | {"LOG": str(log), "COMES_THROUGH": comes_through}, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    asked = log.read_text(encoding="utf-8").splitlines()
    return [each for each in asked if "install" in each and "requirements.lock" in each], done.stderr


def test_uv_installs_and_nothing_is_said(clone: Path) -> None:
    asked, said = set_up(clone, "requirements.lock")
    assert len(asked) == 1 and asked[0].startswith("-m uv")
    assert "uv" not in said


def test_uv_tries_the_certificates_of_the_machine(clone: Path) -> None:
    asked, said = set_up(clone, "--system-certs")
    assert [each.endswith("--system-certs") for each in asked] == [False, True]
    assert "uv" not in said


def test_where_uv_does_not_come_through_pip_does_and_that_is_said(clone: Path) -> None:
    asked, said = set_up(clone, "nothing")
    assert len(asked) == 3 and asked[-1].startswith("-m pip")
    assert "uv cannot install the packages: error: invalid peer certificate; pip does" in said
