"""Files of a data folder that are too many for each backup: sealed once beside the backups, and again when they change.

The days that congestion is foreseen from are such files: of a city of 5,000 roads they are megabytes each, and only the
youngest changes. A day that was sealed lies there until younger ones have taken its place, whatever becomes of the
data folder: a new one that is still empty takes nothing out.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.stores.folder import WATCHED_DAYS
from signal_ctrl.stores.key_files import sync_folder, write_secret
from signal_ctrl.stores.sealed_stream import seal_into, unsealed

FOLDERS: Final = (WATCHED_DAYS,)
SEALED: Final = ".sealed"
MOST_FILES: Final = 70
"""Of each folder and kind of file the last so many by name are kept, as in the data folder itself."""


def seal_beside(folder: Path, backups: Path, secret: bytes) -> int:
    """Seal what is new or has changed of a data folder's files beside its backups; return how many that were.

    Raises: InvalidInputError if that cannot be read or written; BackendError if one does not read back.
    """
    done = 0
    try:
        for file in _files(folder, ""):
            place = backups / file.parent.relative_to(folder)
            sealed = place / f"{file.name}{SEALED}"
            if not _is_of(sealed, file):
                place.mkdir(parents=True, exist_ok=True, mode=0o700)
                _seal(file, sealed, secret)
                done += 1
        for name in FOLDERS:
            _take_out_old(backups / name)
    except OSError as error:
        place_name = error.filename or backups
        raise InvalidInputError(f"cannot keep {place_name} beside the backups: {error.strerror or error}") from error
    return done


def unseal_beside(backups: Path, folder: Path, secret: bytes) -> tuple[int, tuple[str, ...]]:
    """Put what is sealed beside backups back into a data folder.

    Returns: how many files, and of each that was left out why: one that is damaged hinders nothing else.
    """
    done, wrong = 0, []
    for sealed in _files(backups, SEALED):
        place = folder / sealed.parent.relative_to(backups)
        try:
            with sealed.open("rb") as source:
                data = b"".join(unsealed(source, secret))
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_secret(place / sealed.name.removesuffix(SEALED), data)
            done += 1
        except (InvalidInputError, OSError) as error:
            wrong.append(f"{sealed}: {error}")
    return done, tuple(wrong)


def _files(root: Path, ending: str) -> Iterator[Path]:
    """Yield the files of the folders, those of unfinished writes left out."""
    for name in FOLDERS:
        for path in sorted((root / name).rglob(f"*{ending}")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path


def _is_of(sealed: Path, file: Path) -> bool:
    """Whether a file was sealed as it stands: what is sealed has the time of what it was made from."""
    return sealed.exists() and sealed.stat().st_mtime_ns == file.stat().st_mtime_ns


def _seal(file: Path, sealed: Path, secret: bytes) -> None:
    times = file.stat()
    data = file.read_bytes()
    partial = sealed.with_name(f".{sealed.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        seal_into(partial, secret, [data])
        with partial.open("rb") as source:
            found = b"".join(unsealed(source, secret))
        if found != data:
            raise BackendError(f"{sealed.name} does not read back as it was written")
        os.utime(partial, ns=(times.st_atime_ns, times.st_mtime_ns))
        partial.replace(sealed)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(sealed.parent)


def _take_out_old(root: Path) -> None:
    for place in sorted({path.parent for path in root.rglob(f"*{SEALED}")}):
        kinds: dict[str, list[Path]] = {}
        for path in sorted(place.glob(f"*{SEALED}")):
            kinds.setdefault(path.name.partition(".")[2], []).append(path)
        for files in kinds.values():
            for old in files[:-MOST_FILES]:
                old.unlink()
