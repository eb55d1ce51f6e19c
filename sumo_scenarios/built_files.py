"""Scenarios that are generated: built once for a user, kept in the cache, found again by what they are made from."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.corridor.build import FILES, NAME, write_corridor

_SOURCES: Final = ("plain_net.py", "corridor")
"""The generator, from this folder: what the files are made from."""
_KEY_DIGITS: Final = 16


def cached_corridor(build: bool = True) -> Path:
    """Return the configuration of the corridor in the cache; where it is not there yet it is built first.

    Two processes may do so at once: both build, and the first one's files stay.
    Args: build, False to say only where it would be.
    Raises: BackendError if the cache cannot be written, or netconvert fails.
    """
    folder = cache_folder() / f"{NAME}-{key()}"
    if build and not _is_whole(folder):
        try:
            _build(folder)
        except OSError as error:
            raise BackendError(
                f"cannot keep the files of {NAME} in {folder.parent}: {error.strerror or error}; "
                "set XDG_CACHE_HOME to a folder that can be written"
            ) from error
    return folder / f"{NAME}.sumocfg"


def export_corridor(folder: Path) -> Path:
    """Write the corridor into a new folder of the user's, all files or none, and return its configuration.

    Raises: InvalidInputError for a folder that exists or cannot be made; BackendError if netconvert fails.
    """
    if folder.exists():
        raise InvalidInputError(f"{folder} exists; choose a new folder")
    try:
        _build(folder)
    except OSError as error:
        raise InvalidInputError(f"cannot write {folder}: {error.strerror or error}") from error
    return folder / f"{NAME}.sumocfg"


def cache_folder() -> Path:
    """Return the folder for generated scenarios: below XDG_CACHE_HOME, or else ~/.cache."""
    place = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(place) if os.path.isabs(place) else Path(os.path.expanduser("~")) / ".cache"
    return base / "signal-ctrl" / "scenarios"


def key() -> str:
    """Return a hash of the generator's code and SUMO's version: the files are the same as long as it is."""
    here = Path(__file__).resolve().parent
    files = sorted(file for name in _SOURCES for file in _files(here / name))
    state = hashlib.sha256(metadata.version("eclipse-sumo").encode())
    for file in files:
        state.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return state.hexdigest()[:_KEY_DIGITS]


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.py")) if place.is_dir() else [place]


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def _build(folder: Path) -> None:
    """Build beside the folder, then rename in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        made = Path(scratch) / NAME
        made.mkdir()
        write_corridor(made)
        try:
            made.rename(folder)
        except OSError:
            if _is_whole(folder):  # another process was first
                return
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)  # leavings of somebody who removed files
            made.rename(folder)
