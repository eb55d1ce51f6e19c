"""Secrets sealed with keys of a file."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from signal_ctrl.domain.errors import InvalidInputError, StorageDamagedError
from signal_ctrl.stores.key_box import KeyBox


def test_what_is_sealed_is_opened_by_the_same_file_alone(tmp_path: Path) -> None:
    box = KeyBox(tmp_path / "a.key")
    sealed = box.seal("JBSWY3DP")
    assert "JBSWY3DP" not in sealed and KeyBox(tmp_path / "a.key").unseal(sealed) == "JBSWY3DP"
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600
    with pytest.raises(StorageDamagedError):
        KeyBox(tmp_path / "b.key").unseal(sealed)
    with pytest.raises(StorageDamagedError):
        box.unseal(sealed[:-4] + "AAA=")


def test_a_key_is_changed_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    box = KeyBox(path)
    old, before = path.read_text(), box.seal("one")
    path.write_text(Fernet.generate_key().decode() + "\n" + old)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    after = box.seal("two")
    assert (box.unseal(before), box.unseal(after)) == ("one", "two"), "two keys are valid"
    path.write_text(path.read_text().split("\n")[0] + "\n")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 2))
    assert box.unseal(after) == "two"
    with pytest.raises(StorageDamagedError):
        box.unseal(before)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    box = KeyBox(path)
    path.chmod(0o640)
    with pytest.raises(InvalidInputError, match="chmod 600"):
        box.seal("x")


@pytest.mark.parametrize("text", ["", "short", "äöü", "AAAA\nBBBB"])
def test_a_file_without_keys_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(InvalidInputError, match="one a line"):
        KeyBox(path)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    box = KeyBox(tmp_path / "a.key")
    (tmp_path / "a.key").unlink()
    with pytest.raises(InvalidInputError, match="backup"):
        box.seal("x")
