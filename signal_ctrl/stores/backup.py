"""Backups: all tables and keys of a centre, as of one moment, in one encrypted file; and which of them are kept.

Codes of plates and their keys are kept for 30 days or less, backups for a year. So these tables lie in a file of their
own beside the backup, sealed as it is, which is removed after a day; a backup without it restores everything else.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.stores.dumping import dump_lines, has_personal
from signal_ctrl.stores.folder import KEYS
from signal_ctrl.stores.key_files import sync_folder, write_secret
from signal_ctrl.stores.offline import looking
from signal_ctrl.stores.seal import hash_of
from signal_ctrl.stores.sealed_files import seal_beside
from signal_ctrl.stores.sealed_stream import seal_into, unsealed

FORMAT: Final = "signal-ctrl/backup-1"
ENDING: Final = ".backup"
MIN_SECRET: Final = 12
DAILY: Final = 30
MONTHLY: Final = 12
HOURLY: Final = 24
PLATES: Final = ".plates"
"""Ending, behind the backup's own, of the file with what is personal."""
PLATES_KEPT_MS: Final = 24 * 3_600_000
"""It is removed by the first backup that is made so long after it. [ms]"""
_STALE_MS: Final = 3_600_000
_NAME: Final = re.compile(r"centre-(\d{8}T\d{6})Z\.backup")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: its file, its size, its hash, what it holds, and how many files were sealed beside it."""

    file: Path
    size_bytes: int
    sha256: str
    head: dict[str, Any]
    sealed_files: int = 0


def make_backup(folder: Path, out: Path, secret: bytes, at_utc_ms: int, address: str = "") -> Backup:
    """Back a centre up, whether it runs or not, and read the file back. [ms]

    Args: out, a new file, or a folder, in which the file is named by its time and old ones are taken out. What is
        personal is kept beside those in a folder, where it is taken out again, and not beside a file of another name;
        so are files that are too many for each backup.
    Raises: InvalidInputError if something is there already or cannot be written; BackendError if it does not read back.
    """
    file = out / name_of(at_utc_ms) if out.is_dir() else out
    if file.exists():
        raise InvalidInputError(f"{file} exists; name another file")
    check_secret(secret)
    partial = file.with_name(f".{file.name}.partial")
    plates = plates_of(partial) if out.is_dir() else None
    try:
        _write(folder, partial, plates, secret, (at_utc_ms, address))
        made = _put_in_place(partial, file, secret)
    except OSError as error:
        raise InvalidInputError(f"cannot write {file}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
        plates_of(partial).unlink(missing_ok=True)
    if out.is_dir():
        rotate(out)
        _sweep(out, at_utc_ms)
        made = replace(made, sealed_files=seal_beside(folder, out, secret))
    return made


def _put_in_place(partial: Path, file: Path, secret: bytes) -> Backup:
    """Read back what was written, and give it its name. Raises: BackendError if it does not read back; OSError."""
    head = _read_back(partial, secret)
    made = Backup(file, partial.stat().st_size, hash_of(partial), head)
    if plates_of(partial).exists():
        _read_back(plates_of(partial), secret)
        plates_of(partial).rename(plates_of(file))
    partial.rename(file)
    sync_folder(file.parent)
    write_secret(file.with_name(f"{file.name}.sha256"), f"{made.sha256}  {file.name}\n".encode())
    return made


def plates_of(file: Path) -> Path:
    """Return the place of what is personal beside a backup."""
    return file.with_name(f"{file.name}{PLATES}")


def backup_lines(file: Path, secret: bytes) -> Iterator[str]:
    """Yield the lines of a backup, its first line taken off.

    Raises: InvalidInputError if it is none, is damaged, or the secret is another one.
    """
    lines = _lines(file, secret)
    try:
        first = json.loads(next(lines, "null"))
    except ValueError as error:
        raise InvalidInputError(f"{file} is no backup") from error
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise InvalidInputError(f"{file} is no backup: 'format' is not '{FORMAT}'")
    return lines


def check_hash(file: Path) -> None:
    """Compare a backup with the hash beside it, if there is one. Raises: InvalidInputError if it does not fit."""
    beside = file.with_name(f"{file.name}.sha256")
    if beside.exists() and beside.read_text(encoding="ascii", errors="replace").split()[:1] != [hash_of(file)]:
        raise InvalidInputError(f"{file} does not fit {beside.name}: one of them is damaged; take another backup")


def check_secret(secret: bytes) -> None:
    """Raises: InvalidInputError if a secret is too short."""
    if len(secret) < MIN_SECRET:
        raise InvalidInputError(f"the secret of a backup has {MIN_SECRET} characters or more")


def name_of(at_utc_ms: int) -> str:
    """Return the name of a backup by its time. [ms]

    >>> name_of(1_700_000_000_000)
    'centre-20231114T221320Z.backup'
    """
    return f"centre-{datetime.fromtimestamp(at_utc_ms // 1000, UTC):%Y%m%dT%H%M%S}Z{ENDING}"


def rotate(folder: Path) -> list[Path]:
    """Take out the backups of a folder that need not be kept, and return them."""
    names = sorted((path.name for path in folder.glob(f"centre-*{ENDING}") if _NAME.fullmatch(path.name)), reverse=True)
    keep = kept(names)
    gone = [folder / name for name in names if name not in keep]
    for path in gone:
        path.unlink()
        path.with_name(f"{path.name}.sha256").unlink(missing_ok=True)
        plates_of(path).unlink(missing_ok=True)
    return gone


def _sweep(folder: Path, at_utc_ms: int) -> None:
    """Remove what is personal after a day, and what backups that were cut short have left after an hour. [ms]"""
    for path in folder.glob(f".centre-*{ENDING}*.partial*"):
        if path.stat().st_mtime * 1000 < at_utc_ms - _STALE_MS:
            path.unlink(missing_ok=True)
    oldest = name_of(at_utc_ms - PLATES_KEPT_MS)
    for path in folder.glob(f"centre-*{ENDING}{PLATES}"):
        if path.name <= plates_of(folder / oldest).name:  # a name has its time
            path.unlink(missing_ok=True)


def kept(names: Sequence[str]) -> set[str]:
    """Return which backups are kept: the last 24, the last of each of 30 days, the last of each of 12 months.

    Args: names, youngest first, each with its time.
    """
    keep = set(names[:HOURLY])
    for length, count in ((8, DAILY), (6, MONTHLY)):
        youngest: dict[str, str] = {}
        for name in names:
            youngest.setdefault(name[7 : 7 + length], name)
        keep |= set(list(youngest.values())[:count])
    return keep


def _write(folder: Path, file: Path, plates: Path | None, secret: bytes, of: tuple[int, str]) -> None:
    """Write a backup as of one moment, and what is personal of the same moment. Args: of, time [ms] and address."""
    at_utc_ms, address = of
    with looking(folder, address) as connection:
        _seal(file, secret, _key_lines(folder), dump_lines(connection, at_utc_ms))
        if plates is not None and has_personal(connection):
            _seal(plates, secret, (), dump_lines(connection, at_utc_ms, personal=True))


def _seal(file: Path, secret: bytes, *parts: Iterable[str]) -> None:
    lines = chain([canonical({"format": FORMAT})], *parts)
    seal_into(file, secret, (f"{line}\n".encode() for line in lines))


def _key_lines(folder: Path) -> Iterator[str]:
    for path in sorted((folder / KEYS).iterdir()):
        if path.is_file() and not path.name.startswith("."):
            yield canonical({"key": path.name, "base64": base64.b64encode(path.read_bytes()).decode("ascii")})


def _read_back(file: Path, secret: bytes) -> dict[str, Any]:
    """Read a backup from its first to its last line, and return the head of its dump."""
    head: dict[str, Any] = {}
    count, end = 0, None
    for line in backup_lines(file, secret):
        if not head and not line.startswith('{"base64"'):
            head = json.loads(line)
        count += bool(head) and end is None
        end = json.loads(line)["end"] if line.startswith('{"end"') else end
    if end != count - 1:
        raise BackendError(f"{file.name} does not read back as it was written")
    return head


def _lines(file: Path, secret: bytes) -> Iterator[str]:
    rest = b""
    try:
        with file.open("rb") as source:
            for piece in unsealed(source, secret):
                *lines, rest = (rest + piece).split(b"\n")
                yield from (line.decode() for line in lines)
    except OSError as error:
        raise InvalidInputError(f"cannot read {file}: {error.strerror or error}") from error
    except InvalidInputError as error:
        raise InvalidInputError(f"{file}: {error}") from error
    if rest:
        raise InvalidInputError(f"{file} is cut short")
