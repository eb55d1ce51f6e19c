"""Anchors in a folder, that of the data or one elsewhere: `anchors.jsonl`, one line each, and the public key."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signal_ctrl.centre.anchors import Anchor, anchor_of
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.stores.key_files import AUDIT_PUBLIC, public_pem

FILE: Final = "anchors.jsonl"
_TAIL: Final = 4096
"""Longer than any anchor. [bytes]"""
END_BYTES: Final = 4 << 20
"""The end of a file: 13,000 anchors, nine days of one a minute. [bytes]"""


class AnchorFolder:
    """A folder that keeps anchors; nothing in it is ever changed."""

    def __init__(self, folder: Path, public: Ed25519PublicKey) -> None:
        self._folder = folder
        self._public = public

    @property
    def name(self) -> str:
        """Return the path of the folder."""
        return str(self._folder)

    def add(self, anchor: Anchor) -> None:
        """Append an anchor and sync it. Raises: BackendError if that fails."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            key = self._folder / AUDIT_PUBLIC
            if not key.exists():
                _append(key, public_pem(self._public))
            _append(self._folder / FILE, f"{anchor.line()}\n".encode())
        except OSError as error:
            raise BackendError(f"cannot write {self._folder / FILE}: {error.strerror or error}") from error


Anchors = tuple[tuple[Anchor, ...], tuple[str, ...]]
"""The anchors of some lines, and which of the lines are none."""


def anchors_in(folder: Path) -> Anchors:
    """Return the anchors of a folder, and which lines are none; a last line that a crash cut short is left out.

    Raises: InvalidInputError if the file cannot be read.
    """
    with _opened(folder / FILE) as file:
        return _read(() if file is None else file, f"{folder / FILE} line")


def anchors_at_end(folder: Path, most_bytes: int | None = None) -> Anchors:
    """Return the anchors at the end of the file of a folder, and which lines are none, counted from where it is read.

    Each anchor holds the hash of its record, and that hangs on every record before it: whoever rewrites something does
    not get past the last anchor, however many there were. What earlier ones add is how closely it is narrowed down.
    Args: most_bytes, how much of the file is read, `END_BYTES` if it is not said.
    Raises: InvalidInputError if the file cannot be read.
    """
    with _opened(folder / FILE) as file:
        if file is None:
            return (), ()
        start = os.fstat(file.fileno()).st_size - (END_BYTES if most_bytes is None else most_bytes)
        if start > 0:
            file.seek(start - 1)
            file.readline()  # the rest of a line that began before, if it is one
        return _read(file, f"{folder / FILE} line, counted from byte {file.tell()} on,")


def anchors_after(folder: Path, n: int) -> Iterator[Anchor]:
    """Yield the anchors of records beyond a number, one by one, as they stand in the file; lines that are none not.

    Where they begin is looked for by halves: what lies before is not read.
    Raises: InvalidInputError if the file cannot be read.
    """
    with _opened(folder / FILE) as file:
        if file is None:
            return
        file.seek(_place_after(file, n))
        for line in file:
            anchor = _anchor(line)
            if anchor is not None and anchor.head.n > n:
                yield anchor


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | None]:
    try:
        if not path.exists():
            yield None
            return
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror or error}") from error


def _read(lines: Iterable[bytes], where: str) -> Anchors:
    anchors, complaints = [], []
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            break
        try:
            anchors.append(anchor_of(line[:-1].decode()))
        except (InvalidInputError, UnicodeDecodeError) as error:
            complaints.append(f"{where} {number}: {error}")
    return tuple(anchors), tuple(complaints)


def _anchor(line: bytes) -> Anchor | None:
    return next(iter(_read((line,), "")[0]), None)


def _place_after(file: BinaryIO, n: int) -> int:
    """Return a place at or shortly before the line of the first anchor beyond a number, in a file that is in order."""
    low, high = 0, os.fstat(file.fileno()).st_size
    while high - low > _TAIL:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()
        at = file.tell()
        anchor = _anchor(file.readline())
        if at >= high or anchor is None or anchor.head.n > n:
            high = middle
        else:
            low = at
    return low


def last_anchor(folder: Path) -> tuple[Anchor | None, tuple[str, ...]]:
    """Return the anchor of the last whole line, None if there is none, and what is wrong with that line.

    A year has half a million anchors, and each has a greater number than those before it: who wants the last one reads
    no more than the end of the file. All of them are looked at by `audit_verification.verify`. Where the last line is
    no anchor, every line is read.
    Raises: InvalidInputError if the file cannot be read.
    """
    path = folder / FILE
    try:
        lines = _end_of(path).split(b"\n")[:-1] if path.exists() else []
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror or error}") from error
    if not lines:
        return None, ()
    try:
        return anchor_of(lines[-1].decode()), ()
    except (InvalidInputError, UnicodeDecodeError):
        anchors, complaints = anchors_in(folder)
        return max(anchors, key=lambda anchor: anchor.head.n, default=None), complaints


def _end_of(path: Path) -> bytes:
    """Return the end of a file, with its last whole lines."""
    with path.open("rb") as file:
        file.seek(max(os.fstat(file.fileno()).st_size - 2 * _TAIL, 0))
        return file.read()


def _append(path: Path, data: bytes) -> None:
    """Append behind the last whole line and sync; what a crash cut short is cut off first."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(handle).st_size
        start = max(size - _TAIL, 0)
        whole = start + os.pread(handle, _TAIL, start).rfind(b"\n") + 1
        if whole != size:
            os.ftruncate(handle, whole)
        if os.pwrite(handle, data, whole) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    finally:
        os.close(handle)
