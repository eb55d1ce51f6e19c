"""What a cabinet has around it as a process: its shelf, its wire, its credential, its lamps."""

import json
import os
from pathlib import Path

import pytest

from bench.link.site import trial_site
from signal_ctrl.cabinet.local_plan import local_plan
from signal_ctrl.cabinet.ports import MemoryShelf, Shelf
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.link.credential import Credential, credential_from_json, credential_to_json
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.gateways.cabinet_wire import checked
from signal_ctrl.gateways.file_shelf import FileShelf
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.latch import latch_from_json


@pytest.fixture(params=["memory", "file"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return MemoryShelf() if request.param == "memory" else FileShelf(tmp_path / "cab")


def test_a_shelf_keeps_what_was_put_last(shelf: Shelf) -> None:
    assert shelf.get("a") is None
    shelf.put("a", b"1")
    shelf.put("a", b"2")
    shelf.put("report-2", b"")
    shelf.put("report-1", b"x")
    assert shelf.get("a") == b"2"
    assert shelf.names("report-") == ["report-1", "report-2"]
    shelf.drop("report-1")
    shelf.drop("report-1")
    assert shelf.names("report-") == ["report-2"]


def test_a_file_shelf_outlives_its_process_and_what_was_half_written(tmp_path: Path) -> None:
    one = FileShelf(tmp_path)
    one.put("latch", b"fault")
    (tmp_path / ".partial-latch").write_bytes(b"fau")
    with pytest.raises(InvalidInputError, match="another cabinet"):
        FileShelf(tmp_path)
    one.close()
    two = FileShelf(tmp_path)
    assert two.get("latch") == b"fault"
    assert not (tmp_path / ".partial-latch").exists()
    assert (tmp_path / "latch").stat().st_mode & 0o077 == 0


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = FileShelf(tmp_path)
    shelf.put("staged", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BackendError, match="No space left"):
        shelf.put("staged", b"new")
    assert shelf.get("staged") == b"old"


@pytest.mark.parametrize(
    "good", ["https://centre.example:8443", "http://127.0.0.1:80", "http://localhost:8080", "http://[::1]:9"]
)
def test_addresses_of_a_centre(good: str) -> None:
    assert checked(good) == good


@pytest.mark.parametrize(
    "wrong",
    [
        "http://centre.example",
        "http://10.0.0.1:80",
        "ftp://127.0.0.1",
        "centre",
        "https://",
        "https://a/b",
        "https://u:p@a",
        "http://127.0.0.1:x",
    ],
)
def test_addresses_that_are_none_or_not_protected(wrong: str) -> None:
    with pytest.raises(InvalidInputError):
        checked(wrong)


def test_a_credential_is_read_as_it_was_written_and_never_shown() -> None:
    credential = Credential("cab-1", b"k" * 32, b"p" * 32)
    assert credential_from_json(credential_to_json(credential)) == credential
    assert "6b6b" not in repr(credential)
    assert "kkkk" not in repr(credential)


@pytest.mark.parametrize(
    "change", [{"key": "zz"}, {"key": "ab"}, {"cabinet": "a b"}, {"more": 1}, {"format": "x"}, {"centre_public_key": 3}]
)
def test_what_is_no_credential_is_refused_without_its_key(change: dict[str, object]) -> None:
    document = json.loads(credential_to_json(Credential("cab-1", b"k" * 32, b"p" * 32))) | change
    with pytest.raises(InvalidInputError) as refused:
        credential_from_json(json.dumps(document))
    assert "6b6b" not in str(refused.value)


def test_a_plan_made_from_the_site_alone_can_be_kept() -> None:
    kernel = Kernel(trial_site("cab-1"))
    assert refusals(local_plan(kernel), kernel) == ()


def test_what_cannot_be_read_is_not_taken_for_nothing(tmp_path: Path) -> None:
    shelf = FileShelf(tmp_path)
    (tmp_path / "latch").mkdir()  # as unreadable as a bad block, for root too
    assert shelf.get("latch") == b""
    assert shelf.get("boot") is None
    assert latch_from_json("") is not None
