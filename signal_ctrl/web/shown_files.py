"""Files of a folder that are shown to people: named by the server, none from outside the folder, none too large."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, NotFoundError

MOST_FILES: Final = 2000
ID: Final = re.compile(r"[0-9a-f]{24}")
_MISSING: Final = "there is no such file"


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file: its id here, its name within the folder, its size and when it was written. [ms]"""

    file_id: str
    name: str
    bytes: int
    written_utc_ms: int


@dataclass(frozen=True, slots=True)
class ShownFiles:
    """The files of a folder with one of some suffixes, folders within it too; whatever leads out of it is not there."""

    folder: Path
    suffixes: frozenset[str]
    most_bytes: int

    def listed(self) -> Sequence[ShownFile]:
        """Return the files, the youngest first, at most 2,000."""
        try:
            found = [self._seen(path) for path in self.folder.rglob("*") if path.suffix.lower() in self.suffixes]
        except OSError as error:
            raise BackendError(f"the folder {self.folder} cannot be read: {error.strerror or error}") from error
        there = [each for each in found if each is not None]
        return sorted(there, key=lambda each: (-each.written_utc_ms, each.name))[:MOST_FILES]

    def read(self, file_id: str) -> tuple[ShownFile, bytes]:
        """Return a file by its id. Raises: NotFoundError; BackendError if it cannot be read."""
        found = next((each for each in self.listed() if each.file_id == file_id), None)
        if found is None or found.bytes > self.most_bytes:
            raise NotFoundError(_MISSING if found is None else f"{found.name} is larger than {self.most_bytes} bytes")
        return found, self._content(found.name)

    def named(self, name: str) -> ShownFile | None:
        """Return the file of a name in the folder itself, None if it is not there."""
        return self._seen(self.folder / name) if Path(name).name == name else None

    def read_named(self, name: str) -> bytes:
        """Return the content of such a file. Raises: NotFoundError; BackendError."""
        found = self.named(name)
        if found is None or found.bytes > self.most_bytes:
            raise NotFoundError(_MISSING)
        return self._content(name)

    def _content(self, name: str) -> bytes:
        try:
            with (self.folder / name).open("rb") as file:
                return file.read(self.most_bytes)
        except OSError as error:
            raise BackendError(f"{name} cannot be read: {error.strerror or error}") from error

    def _seen(self, path: Path) -> ShownFile | None:
        """Return what is known of a file; None if it is none, or a link leads out of the folder."""
        try:
            if not path.is_file() or not path.resolve().is_relative_to(self.folder.resolve()):
                return None
            status = path.stat()
        except OSError:
            return None
        name = path.relative_to(self.folder).as_posix()
        file_id = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return ShownFile(file_id, name, status.st_size, status.st_mtime_ns // 1_000_000)
