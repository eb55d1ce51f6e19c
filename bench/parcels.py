"""A run as bytes, so that it can be made on one machine and stand on another."""

import io
import shutil
import tarfile
from pathlib import Path
from typing import Final

from bench.work import Item
from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.rundir import RUN_FILES, stage

RUN: Final = "run"
EVIDENCE: Final = "evidence"


def pack(item: Item) -> bytes:
    """Return the folders of a run, as far as they are there; empty if there is none."""
    present = [(name, path) for name, path in ((RUN, item.run), (EVIDENCE, item.evidence)) if path.is_dir()]
    if not present:
        return b""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as parcel:
        for name, path in present:
            parcel.add(path, name)
    return stream.getvalue()


def unpack(parcel: bytes, item: Item) -> None:
    """Let the run of a parcel stand where its item says, its evidence first.

    Raises: BackendError if it cannot be written.
    """
    if not parcel:
        return
    for name, target, files in ((EVIDENCE, item.evidence, None), (RUN, item.run, RUN_FILES)):
        _unpack(parcel, name, target, files)


def _unpack(parcel: bytes, name: str, target: Path, files: frozenset[str] | None) -> None:
    staging = stage(target, overwrite=True, files=files)
    try:
        with tarfile.open(fileobj=io.BytesIO(parcel), mode="r:gz") as held:
            for member in held.getmembers():
                folder, _, inner = member.name.partition("/")
                if folder == name and member.isfile():
                    _write(held, member, staging.folder / _plain(inner))
        staging.finish()
    except (OSError, tarfile.TarError) as error:
        staging.discard()
        raise BackendError(f"cannot write {target}: {error}") from error


def _write(held: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """Write a file of a parcel; tarfile's own way to do so under another name needs Python 3.11.4."""
    source = held.extractfile(member)
    if source is not None:
        with source, target.open("wb") as file:
            shutil.copyfileobj(source, file)


def _plain(name: str) -> str:
    """Return the name of a file without a folder. Raises: tarfile.TarError for any other."""
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise tarfile.TarError(f"'{name}' is no file of a run")
    return name
