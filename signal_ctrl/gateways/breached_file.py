"""The operator's own list of breached passwords: one a line, read anew when the file changes."""

from pathlib import Path
from typing import Final

from signal_ctrl.centre.common_passwords import plain_form
from signal_ctrl.domain.errors import InvalidInputError

MOST_BYTES: Final = 16 << 20


class BreachedFile:
    """Gives the passwords of a file in plain form; none where there is no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = 0
        self._known: frozenset[str] = frozenset()

    def __call__(self) -> frozenset[str]:
        """Return the passwords. Raises: InvalidInputError if the file cannot be read."""
        if not self._path.exists():
            return frozenset()
        try:
            found = self._path.stat()
            if found.st_size > MOST_BYTES:
                raise InvalidInputError(f"{self._path} is larger than {MOST_BYTES >> 20} MiB")
            if found.st_mtime_ns != self._stamp:
                lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
                self._known = frozenset(plain_form(line) for line in lines if line)
                self._stamp = found.st_mtime_ns
        except OSError as error:
            raise InvalidInputError(f"cannot read {self._path}: {error.strerror}") from error
        return self._known
