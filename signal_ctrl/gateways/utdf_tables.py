"""The sections of a combined UTDF file as records with their line numbers."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

SECTIONS: Final = {
    "network": "Network", "nodes": "Nodes", "links": "Links", "lanes": "Lanes", "timeplans": "Timeplans",
    "phases": "Phases", "phasing": "Phases",
}  # fmt: skip
"""Sections by the name in brackets, in lower case."""
MAX_ROWS: Final = 2_000_000
MAX_CELLS: Final = 200


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a section: its RECORDNAME (empty for nodes), node (0: none), and its other cells that hold something.

    `where` names source and line.
    """

    name: str
    node: int
    cells: Mapping[str, str]
    where: str

    def number(self, column: str) -> float | None:
        """Return the number of a cell, None if it is empty. Raises: InvalidInputError if it holds anything else."""
        text = self.cells.get(column, "")
        if not text:
            return None
        try:
            value = float(text.lstrip("*"))  # an asterisk marks a value that overrides a computed one
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.fail(f"{column} is '{text:.40}', not a number")
        return value

    def whole(self, column: str) -> int | None:
        """Return the whole number of a cell, None if it is empty. Raises: InvalidInputError for anything else."""
        value = self.number(column)
        if value is not None and (value != round(value) or abs(value) > 1e9):
            raise self.fail(f"{column} is '{self.cells[column]:.40}', not a whole number")
        return None if value is None else int(value)

    def fail(self, text: str) -> InvalidInputError:
        """Return an error that names place, node and record."""
        node = f"node {self.node}, " if self.node else ""
        return InvalidInputError(
            f"{self.where}: {node}{self.name}: {text}" if self.name else f"{self.where}: {node}{text}"
        )


def read_tables(text: str, source: str) -> dict[str, list[list[Record]]]:
    """Return the tables of each known section; a section may come several times. Unknown ones are passed over.

    Raises: InvalidInputError with source and line for what is no combined UTDF.
    """
    found: dict[str, list[list[Record]]] = defaultdict(list)
    section = ""
    header: list[str] = []
    for line, row in _rows(text, source):
        first = row[0] if row else ""
        if first.startswith("[") and first.endswith("]"):
            section, header = SECTIONS.get(first[1:-1].strip().lower(), ""), []
            if section:
                found[section].append([])
        elif not section or not any(row):
            continue
        elif not header:
            header = _header(row)
        else:
            found[section][-1].append(_record(header, row, f"{source}, line {line}"))
    if not found:
        raise InvalidInputError(f"{source} has no section such as [Network]: no combined UTDF")
    return found


def _rows(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            if reader.line_num > MAX_ROWS or len(row) > MAX_CELLS:
                raise InvalidInputError(f"{source}, line {reader.line_num}: too many lines, or cells in a line")
            yield reader.line_num, [" ".join(cell.split()) for cell in row]
    except csv.Error as error:
        raise InvalidInputError(
            f"{source}, line {max(reader.line_num, 1)}: no CSV; look for a quote that is not closed"
        ) from error


def _header(row: Sequence[str]) -> list[str]:
    """Return the columns, nothing for the title that stands above them."""
    return list(row) if row[0].upper() in ("RECORDNAME", "INTID") else []


def _record(header: Sequence[str], row: Sequence[str], where: str) -> Record:
    cells = {column: cell for column, cell in zip(header, row, strict=False) if column and cell}
    if len(row) > len(header) and any(row[len(header) :]):
        raise InvalidInputError(f"{where}: more cells than columns")
    name = cells.pop("RECORDNAME", "")
    text = cells.pop("INTID", "0" if "INTID" not in header else "")
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInputError(f"{where}: INTID is '{text:.40}', not the number of a node")
    return Record(name, int(text), cells, where)
