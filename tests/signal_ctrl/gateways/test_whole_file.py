"""Files within bounds, written whole or not at all."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.whole_file import check_free, read_whole, write_folder, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    write_whole(path, "Grün\r\n")
    assert read_whole(path, "file") == "Grün\r\n"
    write_whole(path, "b")
    assert names(path.parent) == ["file.txt"]


def test_old_files_of_windows_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("Grün".encode("cp1252"))
    (tmp_path / "b").write_bytes("Grün".encode("utf-8-sig"))
    assert read_whole(tmp_path / "a", "file") == read_whole(tmp_path / "b", "file") == "Grün"


@pytest.mark.parametrize(
    ("content", "fix"), [(b"12345", "longer than 4 bytes"), (b"a\x00", "zero bytes"), (b"\x81\x8d", "no text")]
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, content: bytes, fix: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=fix):
        read_whole(path, "file", 4)
    with pytest.raises(InvalidInputError, match="cannot read the file"):
        read_whole(tmp_path, "file")
    with pytest.raises(InvalidInputError, match="cannot read the file"):
        read_whole(tmp_path / "a\x00b", "file")


def test_a_text_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    with pytest.raises(InvalidInputError, match="cannot write"):
        write_whole(path, "new \ud800")
    assert (path.read_text(), names(tmp_path)) == ("old", ["file"])
    with pytest.raises(InvalidInputError, match="cannot write"):
        write_folder(tmp_path / "folder", {"a": "a", "b": "\ud800"})
    with pytest.raises(InvalidInputError, match="exists"):
        write_folder(tmp_path, {"a": "a"})
    assert names(tmp_path) == ["file"]


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    check_free(path, False)
    path.touch()
    check_free(path, True)
    for taken, allowed in ((path, False), (tmp_path, True)):
        with pytest.raises(InvalidInputError):
            check_free(taken, allowed)
