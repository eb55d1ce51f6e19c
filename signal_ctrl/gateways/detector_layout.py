"""Where the detectors of a log lie: a CSV file of the user, a line a detector."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from detectors.health.surroundings import Place
from signal_ctrl.domain.csv_rows import Row, csv_number, csv_rows, csv_words
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.detector_log import ONE_DEVICE, Name
from signal_ctrl.gateways.whole_file import read_whole

COLUMNS: Final = ("detector", "approach", "lane", "to_stop_m")
OPTIONAL: Final = ("device", "length_m", "speed_kmh")
LOOP_M: Final = 2.0
MPS_PER_KMH: Final = 1 / 3.6


def read_layout(path: Path, names: Sequence[Name]) -> tuple[Place, ...]:
    """Return the places of the detectors of a log, in their order; of one that is left out nobody knows.

    Raises: InvalidInputError with file and line.
    """
    return layout_of_csv(read_whole(path, "layout"), str(path), names)


def layout_of_csv(text: str, source: str, names: Sequence[Name]) -> tuple[Place, ...]:
    """Return the places of detectors. Raises: InvalidInputError with source and line."""
    found: dict[Name, Place] = {}
    for line, row in csv_rows(text, source, COLUMNS, OPTIONAL):
        where = f"{source}, line {line}"
        (detector,) = csv_words(row, ("detector",), where)
        name = ((row.get("device") or "").strip() or ONE_DEVICE, detector)
        if name in found:
            raise InvalidInputError(f"{where}: detector {detector} is there twice")
        found[name] = _place(row, name, where)
    if not set(found) & set(names):
        known = ", ".join("/".join(name) for name in names[:3])
        raise InvalidInputError(f"{source} names no detector of the log; its are called device/detector: {known}")
    return tuple(found.get(name, Place(name[0])) for name in names)


def _place(row: Row, name: Name, where: str) -> Place:
    approach, lane = csv_words(row, ("approach", "lane"), where)
    to_stop_m = csv_number(row, "to_stop_m", where)
    length_m = csv_number(row, "length_m", where) if (row.get("length_m") or "").strip() else LOOP_M
    given = (row.get("speed_kmh") or "").strip()
    speed_mps = csv_number(row, "speed_kmh", where) * MPS_PER_KMH if given else None
    if to_stop_m < 0 or length_m <= 0 or (speed_mps is not None and speed_mps <= 0):
        raise InvalidInputError(f"{where}: to_stop_m is 0 or more, length_m and speed_kmh above 0")
    return Place(name[0], approach, lane, to_stop_m, length_m, speed_mps)
