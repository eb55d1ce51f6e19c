"""Folders and files that are there as a whole or not at all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signal_ctrl.domain.errors import InvalidInputError


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a hidden folder beside `out`, which becomes `out` when the block ends well and goes when it does not.

    Raises: InvalidInputError if `out` exists or cannot be made.
    """
    if out.exists() or out.is_symlink():
        raise InvalidInputError(f"{out} exists; name a folder that does not")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
            folder = Path(scratch) / "made"
            folder.mkdir()
            yield folder
            folder.rename(out)
    except OSError as error:
        raise InvalidInputError(f"cannot write {out}: {error.strerror or error}; choose another --out") from error


@contextmanager
def new_file(out: Path) -> Iterator[Path]:
    """Yield a hidden place beside `out` for a file, which becomes `out` when the block ends well.

    Raises: InvalidInputError if `out` exists or cannot be made.
    """
    if out.exists() or out.is_symlink():
        raise InvalidInputError(f"{out} exists; name a file that does not")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
            made = Path(scratch) / "made"
            yield made
            made.rename(out)
    except OSError as error:
        raise InvalidInputError(f"cannot write {out}: {error.strerror or error}; choose another name") from error
