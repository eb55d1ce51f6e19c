"""Site documents in files of the user."""

from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_from_json

MAX_BYTES: Final = 1 << 23


def text_of(path: Path, kind: str) -> str:
    """Return the text of a file; `kind` says for people what it is (`plan`).

    Raises: InvalidInputError if it cannot be read or is too long.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"the {kind} {path} is longer than {MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"cannot read the {kind} {path}: {getattr(error, 'strerror', None) or error}"
        ) from error


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
