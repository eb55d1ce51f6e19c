"""Runs as bytes: what was packed stands elsewhere, and nothing else is written."""

import io
import tarfile
from pathlib import Path

import pytest

from bench.experiment import Task
from bench.parcels import pack, unpack
from bench.work import Item
from signal_ctrl.domain.errors import BackendError


def item(folder: Path) -> Item:
    return Item(Task("cologne1", "net", 1), folder / "run", folder / "evidence")


def parcel_of(name: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as parcel:
        member = tarfile.TarInfo(name)
        member.size = 1
        parcel.addfile(member, io.BytesIO(b"x"))
    return stream.getvalue()


def test_a_run_stands_elsewhere_as_it_was(tmp_path: Path) -> None:
    here, there = item(tmp_path / "here"), item(tmp_path / "there")
    for folder, file in ((here.run, "result.json"), (here.evidence, "edges.xml.gz")):
        folder.mkdir(parents=True)
        (folder / file).write_bytes(file.encode())
    unpack(pack(here), there)
    assert (there.run / "result.json").read_bytes() == b"result.json"
    assert [path.name for path in there.evidence.iterdir()] == ["edges.xml.gz"]


def test_where_there_is_no_run_there_is_no_parcel(tmp_path: Path) -> None:
    assert pack(item(tmp_path)) == b""
    unpack(b"", item(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["run/../out", "run/sub/file", "run/..", "evidence/../../out"])
def test_a_file_that_leaves_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="is no file of a run"):
        unpack(parcel_of(name), item(tmp_path / "there"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
