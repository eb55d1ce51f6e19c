"""Files that are read within bounds and written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

MAX_BYTES: Final = 1 << 26
_CODES: Final = ("utf-8-sig", "cp1252")
_PREFIX: Final = 40


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
    """Check that a file may be written, before the work whose result it is to hold.

    Raises: InvalidInputError if it is there and may not be replaced, is a folder, or its place cannot be written.
    """
    check_place(path)
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder; name a file")
    if path.exists() and not overwrite:
        raise InvalidInputError(f"{path} exists; name another file, or replace it with --overwrite")


def check_folder(path: Path) -> None:
    """Check that files may be written into a folder, which need not be there. Raises: InvalidInputError if not."""
    check_place(path / "file")


def check_place(path: Path) -> None:
    """Check that a file or folder can be made in its place. Raises: InvalidInputError that names what is in the way."""
    try:
        above = next(folder for folder in path.absolute().parents if folder.exists())
        if not above.is_dir():
            raise InvalidInputError(f"cannot write {path}: {above} is no folder; name another place")
        path.exists()
        with tempfile.TemporaryFile(dir=above):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot write {path}: {reason}; name another place") from error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its place and rename it when it stands. Raises: InvalidInputError if that fails."""
    try:
        data = content.encode() if isinstance(content, str) else content
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:_PREFIX]}.")
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            partial.chmod(0o644)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot write {path}: {reason}") from error


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a hidden folder beside `out`, which becomes `out` when the block ends well and goes when it does not.

    Raises: InvalidInputError if `out` exists or cannot be made.
    """
    check_new(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name[:_PREFIX]}.") as scratch:
            folder = Path(scratch) / "made"
            folder.mkdir()
            yield folder
            folder.rename(out)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot write {out}: {reason}; choose another --out") from error


def check_new(out: Path) -> None:
    """Check that a folder or file is not there and can be made. Raises: InvalidInputError if not."""
    check_place(out)
    if out.exists() or out.is_symlink():
        raise InvalidInputError(f"{out} exists; name one that does not")


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts, by their path in it, into a new folder, all or none. Raises: as `new_folder`."""
    with new_folder(folder) as made:
        for name, text in texts.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_text(text, encoding="utf-8", newline="")
