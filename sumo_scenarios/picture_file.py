"""Pictures in files of the user: what they may be called, and that they are there whole or not at all."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.whole_file import check_free, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS: Final = (".png", ".svg")


def check_picture(path: Path | None, overwrite: bool) -> None:
    """Check that a picture may be drawn, if one is asked for, before the work that it shows.

    Raises: InvalidInputError if it is neither PNG nor SVG, is there and may not be replaced, or cannot be written.
    """
    if path is None:
        return
    _kind(path)
    check_free(path, overwrite)


def save_picture(figure: "Figure", path: Path, dpi: int) -> None:
    """Write a figure as its file is called, the same bytes each time. Raises: InvalidInputError if that fails."""
    kind = _kind(path)
    drawn = io.BytesIO()
    figure.savefig(drawn, format=kind[1:], dpi=dpi, metadata={"Date": None} if kind == ".svg" else {})
    write_whole(path, drawn.getvalue())


def _kind(path: Path) -> str:
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise InvalidInputError(f"a picture is {' or '.join(KINDS)}, got '{path.name}'")
    return kind
