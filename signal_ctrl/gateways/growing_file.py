"""A text file that grows for hours beside its place and is renamed when it stands: whole, or not at all."""

import os
import tempfile
from pathlib import Path
from typing import TextIO

from signal_ctrl.domain.errors import InvalidInputError


class GrowingFile:
    """Lines for a file. `keep` puts it in its place; what is not kept is gone with `drop`."""

    def __init__(self, path: Path, header: str) -> None:
        """Raises: InvalidInputError if it cannot be written there."""
        self.path = path
        self.lines = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        except OSError as error:
            raise self._error(error) from error
        self._partial = Path(name)
        self._file: TextIO = os.fdopen(handle, "w", encoding="utf-8", newline="")
        self._write(header)

    def add(self, line: str) -> None:
        """Write a line. Raises: InvalidInputError if the disk does not take it."""
        self._write(line)
        self.lines += 1

    def _write(self, line: str) -> None:
        try:
            self._file.write(line + "\n")
        except OSError as error:
            raise self._error(error) from error

    def keep(self) -> None:
        """Put the file in its place. Raises: InvalidInputError if that fails."""
        try:
            self._file.close()
            self._partial.chmod(0o644)
            self._partial.replace(self.path)
        except OSError as error:
            raise self._error(error) from error

    def drop(self) -> None:
        """Forget what was written and not kept."""
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def _error(self, error: OSError) -> InvalidInputError:
        return InvalidInputError(f"cannot write {self.path}: {error.strerror or error}")
