"""Anchors in a folder, that of the data or one elsewhere: `anchors.jsonl`, one line each, and the public key."""

import errno
import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signal_ctrl.centre.anchors import Anchor, anchor_of
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.stores.key_files import AUDIT_PUBLIC, public_pem

FILE: Final = "anchors.jsonl"
_TAIL: Final = 4096
"""Longer than any anchor. [bytes]"""


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


def anchors_in(folder: Path) -> tuple[tuple[Anchor, ...], tuple[str, ...]]:
    """Return the anchors of a folder, and which lines are none; a last line that a crash cut short is left out.

    Raises: InvalidInputError if the file cannot be read.
    """
    path = folder / FILE
    try:
        lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror or error}") from error
    anchors, complaints = [], []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            anchors.append(anchor_of(line.decode()))
        except (InvalidInputError, UnicodeDecodeError) as error:
            complaints.append(f"{path} line {number}: {error}")
    return tuple(anchors), tuple(complaints)


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
