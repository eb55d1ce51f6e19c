"""The data behind a report, as CSV files beside it: saved first, drawn from after."""

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from signal_ctrl.domain.errors import BackendError, InvalidInputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Record = TypeVar("Record", bound=DataclassInstance)

DELAY_FILE: Final = "delay_over_time.csv"
QUEUE_FILE: Final = "queues.csv"
_READERS: Final[Mapping[Any, Callable[[str], Any]]] = {
    str: str, int: int, float: lambda cell: float(cell or "nan"),
    "str": str, "int": int, "float": lambda cell: float(cell or "nan"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DelayRow:
    """Mean delay of the vehicles due to depart within one bin. [s], [veh], [s/veh]"""

    controller: str
    from_s: float
    width_s: float
    vehicles: int
    delay_s_per_vehicle: float


@dataclass(frozen=True, slots=True)
class QueueRow:
    """Vehicles that stand before one junction at one time, or their mean over runs. [s], [veh]"""

    controller: str
    time_s: float
    junction: str
    halting_veh: float


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Mean and longest queue before one junction. [veh]"""

    junction: str
    mean_veh: float
    max_veh: float


def write_rows(path: Path, kind: "type[Record]", rows: "Iterable[Record]") -> None:
    """Write rows of a dataclass with a header, NaN as an empty cell.

    Raises: BackendError if the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(field.name for field in fields(kind))
            writer.writerows(["" if _is_nan(value) else value for value in astuple(row)] for row in rows)
    except OSError as error:
        raise BackendError(f"cannot write {path}: {error.strerror}") from error


def read_rows(path: Path, kind: "type[Record]") -> "tuple[Record, ...]":
    """Return the rows of a table of such a dataclass; its fields are words, whole numbers and numbers.

    Raises: InvalidInputError if the table is missing or damaged.
    """
    readers = [_READERS[each.type] for each in fields(kind)]
    try:
        return tuple(
            kind(*(read(cell) for read, cell in zip(readers, cells, strict=True)))
            for cells in _cells(path, len(readers))
        )
    except ValueError as error:
        raise InvalidInputError(f"{path} is damaged: {error}") from error


def read_delays(path: Path) -> tuple[DelayRow, ...]:
    """Return the rows of a delay table. Raises: InvalidInputError if it is missing or damaged."""
    return read_rows(path, DelayRow)


def read_queues(path: Path) -> tuple[QueueRow, ...]:
    """Return the rows of a queue table. Raises: InvalidInputError if it is missing or damaged."""
    return read_rows(path, QueueRow)


def queue_figures(rows: Iterable[QueueRow]) -> tuple[QueueFigures, ...]:
    """Return mean and longest queue by junction, the worst mean first."""
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row.junction, []).append(row.halting_veh)
    figures = [QueueFigures(name, sum(veh) / len(veh), max(veh)) for name, veh in found.items()]
    return tuple(sorted(figures, key=lambda item: (-item.mean_veh, item.junction)))


def smooth_delays(rows: Sequence[DelayRow], reach: int = 2) -> list[tuple[float, float]]:
    """Return (middle of the bin [s], mean delay [s/veh]) over a bin and `reach` bins either side."""
    points = []
    for k, row in enumerate(rows):
        near = [other for other in rows[max(0, k - reach) : k + reach + 1] if other.vehicles]
        vehicles = sum(other.vehicles for other in near)
        if vehicles:
            delay_s = sum(other.vehicles * other.delay_s_per_vehicle for other in near)
            points.append((row.from_s + row.width_s / 2, delay_s / vehicles))
    return points


def smooth_queues(rows: Sequence[QueueRow], reach: int = 5) -> list[tuple[float, float]]:
    """Return (time [s], mean queue [veh]) over a sample and `reach` samples to each side."""
    points = []
    for k, row in enumerate(rows):
        near = rows[max(0, k - reach) : k + reach + 1]
        points.append((row.time_s, sum(other.halting_veh for other in near) / len(near)))
    return points


def _cells(path: Path, width: int) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))[1:]
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise InvalidInputError(f"cannot read {path}: {error}") from error
    if any(len(row) != width for row in rows):
        raise InvalidInputError(f"{path} is damaged: every row needs {width} cells")
    return rows


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
