"""Scenarios that are generated: built once for a user, kept in the cache, found again by what they are made from."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.corridor import build as corridor
from sumo_scenarios.corridor.build import write_corridor
from sumo_scenarios.newtown import files as newtown
from sumo_scenarios.newtown.files import NewTown

_SOURCES: Final = ("plain_net.py", "corridor")
"""The generator of the corridor, from this folder: what the files are made from."""
_NEWTOWN_SOURCES: Final = ("plain_net.py", "clearance.py", "newtown")
_KEY_DIGITS: Final = 16


def cached_corridor(build: bool = True) -> Path:
    """Return the configuration of the corridor in the cache; where it is not there yet it is built first.

    Two processes may do so at once: both build, and the first one's files stay.
    Args: build, False to say only where it would be.
    Raises: BackendError if the cache cannot be written, or netconvert fails.
    """
    return _cached(_corridor(), build)


def cached_newtown(rows: int, columns: int, build: bool = True) -> Path:
    """Return the configuration of a new town of seed 1 in the cache, as `cached_corridor`."""
    return _cached(_newtown(NewTown(rows, columns)), build)


def export_corridor(folder: Path) -> Path:
    """Write the corridor into a new folder of the user's, all files or none, and return its configuration.

    Raises: InvalidInputError for a folder that exists or cannot be made; BackendError if netconvert fails.
    """
    return _exported(_corridor(), folder)


def export_newtown(folder: Path, wanted: NewTown) -> Path:
    """Write a new town into a new folder, as `export_corridor`."""
    return _exported(_newtown(wanted), folder)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """A scenario that is generated: its name, what its configuration is called, its files, and what writes them."""

    name: str
    config: str
    files: tuple[str, ...]
    sources: tuple[str, ...]
    write: Callable[[Path], Path]


def _corridor() -> _Recipe:
    return _Recipe(corridor.NAME, corridor.NAME, corridor.FILES, _SOURCES, write_corridor)


def _newtown(wanted: NewTown) -> _Recipe:
    more = f"-midblocks{wanted.midblocks}" if wanted.midblocks else ""
    name = f"{newtown.NAME}-{wanted.rows}x{wanted.columns}{more}"
    return _Recipe(name, newtown.NAME, newtown.FILES, _NEWTOWN_SOURCES, lambda folder: _write_newtown(folder, wanted))


def _write_newtown(folder: Path, wanted: NewTown) -> Path:
    from sumo_scenarios.newtown.build import write_newtown  # noqa: PLC0415 - loads slowly, and most only want a name

    return write_newtown(folder, wanted)


def _cached(recipe: _Recipe, build: bool) -> Path:
    folder = cache_folder() / f"{recipe.name}-{key(recipe.sources)}"
    if build and not _is_whole(folder, recipe):
        try:
            _build(folder, recipe)
        except OSError as error:
            raise BackendError(
                f"cannot keep the files of {recipe.name} in {folder.parent}: {error.strerror or error}; "
                "set XDG_CACHE_HOME to a folder that can be written"
            ) from error
    return folder / f"{recipe.config}.sumocfg"


def _exported(recipe: _Recipe, folder: Path) -> Path:
    if folder.exists():
        raise InvalidInputError(f"{folder} exists; choose a new folder")
    try:
        _build(folder, recipe)
    except OSError as error:
        raise InvalidInputError(f"cannot write {folder}: {error.strerror or error}") from error
    return folder / f"{recipe.config}.sumocfg"


def cache_folder() -> Path:
    """Return the folder for generated scenarios: below XDG_CACHE_HOME, or else ~/.cache."""
    place = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(place) if os.path.isabs(place) else Path(os.path.expanduser("~")) / ".cache"
    return base / "signal-ctrl" / "scenarios"


def key(sources: tuple[str, ...] = _SOURCES) -> str:
    """Return a hash of the generator's code and SUMO's version: the files are the same as long as it is.

    Args: sources, the generator, from this folder.
    """
    here = Path(__file__).resolve().parent
    files = sorted(file for name in sources for file in _files(here / name))
    state = hashlib.sha256(metadata.version("eclipse-sumo").encode())
    for file in files:
        state.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return state.hexdigest()[:_KEY_DIGITS]


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.py")) if place.is_dir() else [place]


def _is_whole(folder: Path, recipe: _Recipe) -> bool:
    return all((folder / name).is_file() for name in recipe.files)


def _build(folder: Path, recipe: _Recipe) -> None:
    """Build beside the folder, then rename in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        made = Path(scratch) / recipe.name
        made.mkdir()
        recipe.write(made)
        try:
            made.rename(folder)
        except OSError:
            if _is_whole(folder, recipe):  # another process was first
                return
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)  # leavings of somebody who removed files
            made.rename(folder)
