"""Site documents in files of the user."""

from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_from_json
from signal_ctrl.gateways.whole_file import read_whole

MAX_BYTES: Final = 1 << 23


def text_of(path: Path, kind: str) -> str:
    """Return the text of a file; `kind` says for people what it is (`plan`).

    Raises: InvalidInputError if it cannot be read or is too long.
    """
    return read_whole(path, kind, MAX_BYTES)


def read_site(path: Path) -> Site:
    """Return the site of a file. Raises: InvalidInputError if it cannot be read or holds no valid site."""
    text = text_of(path, "site")
    try:
        return site_from_json(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def read_sites(path: Path) -> tuple[Site, ...]:
    """Return the site of a file, or the sites of a folder of files, or of the folder `sites` in it.

    Raises: InvalidInputError if there is none, or one cannot be used.
    """
    if not path.is_dir():
        return (read_site(path),)
    folder = path / "sites" if (path / "sites").is_dir() else path
    files = sorted(folder.glob("*.json"))
    if not files:
        raise InvalidInputError(f"{path} holds no site documents; 'signal-ctrl scenarios import' writes them")
    return tuple(read_site(file) for file in files)
