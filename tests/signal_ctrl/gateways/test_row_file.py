"""Tables appear whole, or grow row by row; what breaks off leaves nothing."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.row_file import RowFile


def test_a_table_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.csv"
    with RowFile(path, ("a", "b")) as file:
        file.put([(1, None), ("x,y", 2.5)])
        file.flush()
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == 'a,b\n1,\n"x,y",2.5\n'
    assert [each.name for each in path.parent.iterdir()] == ["a.csv"]


def test_an_error_leaves_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), RowFile(path, ("a",)) as file:
        file.put([(1 / 0,)])
    assert path.read_text(encoding="utf-8") == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_growing_table_shows_its_rows_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with RowFile(path, ("a",), growing=True) as file:
        file.put([(1,)])
        file.flush()
        assert path.read_text(encoding="utf-8") == "a\n1\n"


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInputError, match="cannot write"):
        RowFile(tmp_path / "file" / "a.csv", ("a",))
    with pytest.raises(InvalidInputError, match="No space"), RowFile(Path("/dev/full"), ("a",), growing=True) as file:
        file.put([(1,)] * 10)
        file.flush()
