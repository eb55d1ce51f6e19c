"""The operator's own list of breached passwords."""

import os
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.breached_file import MOST_BYTES, BreachedFile


def test_a_list_is_read_anew_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    known = BreachedFile(path)
    assert known() == frozenset()
    path.write_bytes(b"Correct Horse\n\xff\xfe\n\nother-one\r\n")
    assert {"correcthorse", "otherone"} <= known()
    assert known() is known()
    path.write_text("third\n")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert known() == {"third"}


def test_a_list_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(InvalidInputError, match="MiB"):
        BreachedFile(path)()
