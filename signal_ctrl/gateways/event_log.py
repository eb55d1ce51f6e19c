"""Event logs in files: CSV of the columns `time_s, device, code, parameter`, or the `events.parquet` of a run.

Other CSV files of events are taken as `detectors check` reads them, if their detectors are numbers.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detectors.live.message import MAX_CODE, MAX_MS, Row, is_name
from signal_ctrl.domain.csv_rows import csv_number, csv_rows, csv_words
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.detector_log import OFF, ON, log_of_csv
from signal_ctrl.gateways.event_rows import event_rows
from signal_ctrl.gateways.whole_file import read_whole

COLUMNS: Final = ("time_s", "device", "code", "parameter")


def read_event_log(path: Path) -> tuple[Row, ...]:
    """Return the events of a log in the order of time. Raises: InvalidInputError with file, line and fix."""
    rows = tuple(_parquet(path) if path.suffix == ".parquet" else _csv(path))
    if not rows:
        raise InvalidInputError(f"{path} holds no events")
    return tuple(sorted(rows, key=lambda row: row.time_ms))


def _csv(path: Path) -> Iterator[Row]:
    text = read_whole(path, "event log")
    head = text.lstrip("\ufeff").partition("\n")[0]
    return _own(text, path) if set(COLUMNS) <= {name.strip() for name in head.split(",")} else _others(text, path)


def _others(text: str, path: Path) -> Iterator[Row]:
    log = log_of_csv(text, str(path))
    if log.bins is not None:
        raise InvalidInputError(f"{path} holds counts, not events: only events can be replayed")
    for edge in log.edges:
        device, detector = log.names[edge.detector]
        if not (detector.isascii() and detector.isdecimal()):
            raise InvalidInputError(f"{path}: detector '{detector}' is no number of a channel")
        code = {0: OFF, 1: ON}.get(edge.code, edge.code)
        yield _row(round(edge.time_s * 1000), device, code, int(detector), f"{path}, detector {detector}")


def _own(text: str, path: Path) -> Iterator[Row]:
    for line, row in csv_rows(text, str(path), COLUMNS):
        where = f"{path}, line {line}"
        time_s = csv_number(row, "time_s", where)
        device = unquoted(csv_words(row, ("device",), where)[0])
        code, parameter = csv_number(row, "code", where), csv_number(row, "parameter", where)
        yield _row(round(time_s * 1000), device, code, parameter, where)


def unquoted(text: str) -> str:
    """Return a name without the apostrophe that keeps a spreadsheet from taking it for a formula.

    >>> unquoted("'-4_0"), unquoted("'x"), unquoted("J")
    ('-4_0', "'x", 'J')
    """
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in "=+-@" else text


def _row(time_ms: int, device: str, code: float, parameter: float, where: str) -> Row:
    if not (0 <= time_ms <= MAX_MS and is_name(device)):
        raise InvalidInputError(f"{where}: time_s is negative or too large, or device is no name of 1 to 64 characters")
    if not all(0 <= n <= MAX_CODE and n == int(n) for n in (code, parameter)):
        raise InvalidInputError(f"{where}: code and parameter are whole numbers from 0 to {MAX_CODE}")
    return Row(time_ms, device, int(code), int(parameter))


def _parquet(path: Path) -> Iterator[Row]:
    for time_ds, device, code, parameter in event_rows(path):
        yield _row(time_ds * 100, device, code, parameter, str(path))
