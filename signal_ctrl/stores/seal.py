"""The seal of a database at rest, and the way of one that is damaged.

At a clean end the hash of the whole file is written beside it; the next opening looks whether it still fits, so that a
flipped byte anywhere is found before anything of it is used. A damaged database is set aside, and the folder is not
opened again: neither repaired in place nor replaced by an empty one.
"""

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Final

from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import StorageDamagedError, StorageFailedError
from signal_ctrl.stores.folder import DATABASE
from signal_ctrl.stores.key_files import sync_folder, write_secret
from signal_ctrl.stores.wal_check import damage_in

SEAL: Final = "centre.seal"
MARKER: Final = "DAMAGED"
MADE: Final = "made"
_PARTS: Final = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", SEAL)
_FIX: Final = "restore a backup into a new folder with 'signal-ctrl restore'"


def open_seal(folder: Path) -> None:
    """Check the database of a folder before SQLite touches it, and break its seal.

    Raises: StorageDamagedError if it is damaged, gone, or was set aside; StorageFailedError if it cannot be read.
    """
    marker = folder / MARKER
    if marker.exists():
        raise StorageDamagedError(
            f"the database of {folder} was set aside: {marker.read_text('utf-8').strip()}; {_FIX}"
        )
    try:
        wrong = _wrong(folder)
        if wrong:
            raise StorageDamagedError(set_aside(folder, wrong))
        if (folder / SEAL).exists():
            (folder / SEAL).unlink()
            sync_folder(folder)
    except OSError as error:
        raise StorageFailedError(f"cannot read the database of {folder}: {error.strerror or error}") from error


def close_seal(folder: Path) -> None:
    """Write the hash of a database that was closed cleanly; without one the next opening trusts SQLite alone."""
    path = folder / DATABASE
    with contextlib.suppress(OSError):
        write_secret(folder / SEAL, canonical({"bytes": path.stat().st_size, "sha256": hash_of(path)}).encode())


def mark_made(folder: Path) -> None:
    """Note that a database was made here: from now on a missing one is a loss, not a beginning."""
    if not (folder / MADE).exists():
        write_secret(folder / MADE, b"")


def set_aside(folder: Path, wrong: str) -> str:
    """Move the files of a damaged database to a folder of their own and return what is to be told."""
    place = next(path for k in range(1, 10_000) if not (path := folder / f"damaged-{k}").exists())
    write_secret(folder / MARKER, f"{wrong}; its files are in {place.name}\n".encode())
    place.mkdir(mode=0o700)
    for name in _PARTS:
        if (folder / name).exists():
            (folder / name).rename(place / name)
    sync_folder(folder)
    return f"{wrong}; its files were set aside in {place}; {_FIX}"


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wrong(folder: Path) -> str:
    path, seal = folder / DATABASE, folder / SEAL
    if not path.exists():
        return f"the database {path} is gone" if (folder / MADE).exists() else ""
    in_log = damage_in(folder / f"{DATABASE}-wal")
    if in_log or not seal.exists():
        return in_log
    try:
        wanted = json.loads(seal.read_bytes())
        fits = wanted == {"bytes": path.stat().st_size, "sha256": hash_of(path)}
    except ValueError:
        fits = False
    return "" if fits else f"the database {path} is not as it was closed"
