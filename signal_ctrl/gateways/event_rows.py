"""The rows of a run's `events.parquet`, read in a process of its own.

Polars reads them with threads, and a process that has used them can no longer fork a simulation; one that is forked
from such a process waits for ever in polars. A new process has neither trouble.
"""

from collections.abc import Collection
from multiprocessing import get_context
from pathlib import Path

from signal_ctrl.domain.errors import InvalidInputError

EventRow = tuple[int, str, int, int]
"""Time [ds], device, code, parameter."""
_COLUMNS = ("time_ds", "device", "code", "parameter")


def event_rows(path: Path, codes: Collection[int] | None = None) -> list[EventRow]:
    """Return the events of a file in its order, of some codes or of all.

    Raises: InvalidInputError if it is missing or damaged.
    """
    with get_context("spawn").Pool(1) as pool:
        found = pool.apply(_read, (path, None if codes is None else tuple(codes)))
    if isinstance(found, str):
        raise InvalidInputError(f"cannot read {path}: {found}")
    return found


def _read(path: Path, codes: tuple[int, ...] | None) -> list[EventRow] | str:
    """Return the events of a file, or why it cannot be read."""
    import polars as pl  # noqa: PLC0415  for the new process alone

    try:
        frame = pl.read_parquet(path, columns=list(_COLUMNS))
        return (frame if codes is None else frame.filter(pl.col("code").is_in(codes))).rows()
    except (OSError, pl.exceptions.PolarsError) as error:
        return " ".join(str(error).split())[:200]
