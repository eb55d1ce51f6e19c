"""Files that are read within bounds and written whole or not at all."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

MAX_BYTES: Final = 1 << 26
_CODES: Final = ("utf-8-sig", "cp1252")


def read_whole(path: Path, what: str, max_bytes: int = MAX_BYTES) -> str:
    """Return the text of a file of the user, UTF-8 or else Windows-1252.

    Args: what, what it is for people (`plan`).
    Raises: InvalidInputError if it cannot be read, is no text, or is longer than allowed.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot read the {what} {path}: {reason}") from error
    if len(data) > max_bytes:
        raise InvalidInputError(f"the {what} {path} is longer than {max_bytes} bytes; split it")
    if b"\x00" in data:
        raise InvalidInputError(f"the {what} {path} holds zero bytes; save it as UTF-8 text")
    for code in _CODES:
        try:
            return data.decode(code)
        except UnicodeDecodeError:
            continue
    raise InvalidInputError(f"the {what} {path} is no text; save it as UTF-8")


def check_free(path: Path, overwrite: bool) -> None:
    """Check that a file or folder may be written. Raises: InvalidInputError if it is there and may not be replaced."""
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder; name a file")
    if path.exists() and not overwrite:
        raise InvalidInputError(f"{path} exists; name another file, or replace it with --overwrite")


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place and rename it when it stands. Raises: InvalidInputError if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        partial = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            partial.chmod(0o644)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot write {path}: {reason}") from error


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files into a new folder, whole or not at all. Raises: InvalidInputError if it exists or cannot be made."""
    if folder.exists():
        raise InvalidInputError(f"{folder} exists; name a folder that does not")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            for name, text in texts.items():
                (made / name).write_text(text, encoding="utf-8", newline="")
            made.rename(folder)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot write {folder}: {reason}") from error
