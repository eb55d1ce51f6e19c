"""Tables that grow for hours: a row is in the file or it is not, and a recorded run appears whole or not at all."""

import contextlib
import csv
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from signal_ctrl.domain.errors import InvalidInputError

Cell = str | int | float | None


class RowFile:
    """A CSV file that is being written. Args: growing, rows show up in the file at `flush`, else when it is closed.

    `rows` counts them, without the header. A file that does not grow is made beside its place and renamed at its
    close; `discard` leaves nothing.
    Raises: InvalidInputError if it cannot be written.
    """

    def __init__(self, path: Path, header: Sequence[str], growing: bool = False) -> None:
        self.path = path
        self.rows = 0
        self._partial: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._opened(growing)
        except (OSError, ValueError) as error:
            raise self._failed(error) from error
        self._table = csv.writer(self._file, lineterminator="\n")
        self.put([header])
        self.rows = 0

    def put(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Append rows; a None is an empty field."""
        try:
            for row in rows:
                self._table.writerow(row)
                self.rows += 1
        except OSError as error:
            raise self._failed(error) from error

    def flush(self) -> None:
        """Have all rows so far in the file."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Complete the file."""
        try:
            self._file.close()
            if self._partial is not None:
                self._partial.chmod(0o644)
                self._partial.replace(self.path)
        except OSError as error:
            self.discard()
            raise self._failed(error) from error

    def discard(self) -> None:
        """Give the file up: one that does not grow leaves nothing."""
        with contextlib.suppress(OSError):
            self._file.close()
        if self._partial is not None:
            self._partial.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close() if kind is None else self.discard()

    def _opened(self, growing: bool) -> TextIO:
        if growing:
            return self.path.open("w", encoding="utf-8", newline="")
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        self._partial = Path(name)
        return os.fdopen(handle, "w", encoding="utf-8", newline="")

    def _failed(self, error: Exception) -> InvalidInputError:
        return InvalidInputError(f"cannot write {self.path}: {getattr(error, 'strerror', None) or error}")
