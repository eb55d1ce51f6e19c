"""The history of car parks in a file: CSV or parquet, one row for each facility and five minutes."""

import datetime as dt
from collections.abc import Iterator, Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.csv_rows import csv_number, csv_rows, csv_words
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.occupancy import OccupancySample, Trust

COLUMNS: Final = ("facility", "at", "free", "capacity")
OPTIONAL: Final = ("entered", "left", "trust")
Row = Mapping[str, str | None]


def read_history(path: Path) -> tuple[OccupancySample, ...]:
    """Return the samples of a file. Raises: InvalidInputError that names file, line and fix."""
    rows = _parquet_rows(path) if path.suffix == ".parquet" else csv_rows(_text(path), str(path), COLUMNS, OPTIONAL)
    found = tuple(_sample(row, f"{path}, line {line}") for line, row in rows)
    if not found:
        raise InvalidInputError(f"{path} holds no row")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"cannot read {path}: {error}") from error


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a parquet file as those of a CSV file; a row's line is its number from 2 on."""
    with get_context("spawn").Pool(1) as pool:  # who has used polars can fork no simulation any more
        found = pool.apply(_read, (path,))
    if isinstance(found, str):
        raise InvalidInputError(f"cannot read {path}: {found}")
    columns, rows = found
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise InvalidInputError(f"{path}: it needs the columns {', '.join(COLUMNS)}; look at {missing[0]}")
    for number, row in enumerate(rows, start=2):
        yield number, {name: _word(value) for name, value in zip(columns, row, strict=True)}


def _read(path: Path) -> tuple[list[str], list[tuple[Any, ...]]] | str:
    """Return columns and rows of a parquet file, or why it cannot be read."""
    import polars as pl  # noqa: PLC0415  for the new process alone

    try:
        frame = pl.read_parquet(path)
        return frame.columns, frame.rows()
    except (OSError, pl.exceptions.PolarsError) as error:
        return " ".join(str(error).split())[:200]


def _word(value: Any) -> str | None:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _sample(row: Row, where: str) -> OccupancySample:
    (facility, at) = csv_words(row, ("facility", "at"), where)
    free, capacity = (_whole(row, key, where) for key in ("free", "capacity"))
    trust = (row.get("trust") or "good").strip()
    try:
        return OccupancySample(
            facility,
            _utc_ms(at, where),
            free,
            capacity,
            Trust(trust),
            *(_known(row, key, where) for key in OPTIONAL[:2]),
        )
    except ValueError as error:
        raise InvalidInputError(f"{where}: trust is '{trust}'; write good, doubtful or stale") from error
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: {error}") from error


def _utc_ms(text: str, where: str) -> int:
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{where}: at is '{text}'; write 2026-05-09T07:30:00+08:00") from error
    if when.tzinfo is None:
        raise InvalidInputError(f"{where}: at is '{text}', without its offset; write 2026-05-09T07:30:00+08:00")
    return round(when.timestamp() * 1000)


def _known(row: Row, key: str, where: str) -> int | None:
    return _whole(row, key, where) if (row.get(key) or "").strip() else None


def _whole(row: Row, key: str, where: str) -> int:
    value = csv_number(row, key, where)
    if value < 0 or value != int(value):
        raise InvalidInputError(f"{where}: {key} is {value:g}; it is a whole number, 0 or more")
    return int(value)
