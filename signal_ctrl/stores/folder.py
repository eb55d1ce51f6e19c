"""The data folder of a centre: what lies in it, and that one process alone has it."""

import fcntl
import os
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, StorageFailedError

DATABASE: Final = "centre.db"
LOCK: Final = "lock"
KEYS: Final = "keys"
ANCHORS: Final = "anchors"
WATCHED_DAYS: Final = "watched-days"
"""Folder with the days that congestion is foreseen from."""


def prepare(folder: Path) -> None:
    """Make the data folder where it is not there; only its owner may look into it.

    Raises: InvalidInputError if it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / KEYS).mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise InvalidInputError(f"cannot make the data folder {folder}: {error.strerror}; name another") from error


class FolderLock:
    """Held while a process has the data folder; the system lets it go when the process dies, however it dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK
        self._handle: int | None = None

    def take(self) -> None:
        """Raises: InvalidInputError if another process has the folder; StorageFailedError if it cannot be locked."""
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as error:
            owner = self._owner()
            self.release()
            raise InvalidInputError(
                f"{owner} has the data folder {self._path.parent}; stop it first, or ask it by its routes"
            ) from error
        except OSError as error:
            self.release()
            raise StorageFailedError(f"cannot lock {self._path}: {error.strerror}") from error

    def _owner(self) -> str:
        number = b"" if self._handle is None else os.pread(self._handle, 32, 0).strip()
        return f"process {number.decode('ascii')}" if number.isdigit() else "another process"

    def release(self) -> None:
        """Let others have the folder."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
