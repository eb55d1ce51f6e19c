"""A run as bytes, so that it can be made on one machine and stand on another."""

import io
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
                if folder == name and inner and member.isfile():
                    held.extract(member.replace(name=inner, deep=False), staging.folder, filter="data")
        staging.finish()
    except (OSError, tarfile.TarError) as error:
        staging.discard()
        raise BackendError(f"cannot write {target}: {error}") from error
