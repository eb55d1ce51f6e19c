"""The durable storage of a cabinet: a folder with one file a name, each written whole, synced, and renamed."""

import fcntl
import os
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError

_PARTIAL: Final = ".partial-"
_LOCK: Final = ".lock"


class FileShelf:
    """A shelf in a folder that one agent at a time has."""

    def __init__(self, folder: Path) -> None:
        """Raises: InvalidInputError if the folder cannot be used, or another agent has it."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.glob(f"{_PARTIAL}*"):
                left.unlink()
        except BlockingIOError:
            os.close(self._lock)
            raise InvalidInputError(f"another cabinet runs on {folder}; stop it, or name another --data") from None
        except OSError as error:
            raise InvalidInputError(f"cannot use the folder {folder}: {error.strerror}") from error

    def close(self) -> None:
        """Let another agent have the folder."""
        os.close(self._lock)

    def put(self, name: str, data: bytes) -> None:
        """Keep bytes under a name, whole or not at all. Raises: BackendError if that fails."""
        partial = self._folder / f"{_PARTIAL}{name}"
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._folder / name)
            self._sync()
        except OSError as error:
            raise BackendError(f"cannot write {self._folder / name}: {error.strerror}") from error

    def get(self, name: str) -> bytes | None:
        """Return what is kept under a name, None if nothing is; no bytes if something is that cannot be read.

        The difference counts: a latch that cannot be read is a latch.
        """
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            return b""

    def drop(self, name: str) -> None:
        """Forget a name. Raises: BackendError if that fails."""
        try:
            (self._folder / name).unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise BackendError(f"cannot remove {self._folder / name}: {error.strerror}") from error

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin so, in the order of the alphabet."""
        return sorted(entry.name for entry in os.scandir(self._folder) if entry.name.startswith(prefix))

    def _sync(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
