"""CSV documents read strictly: every column of the header once, no field too many, no number that is none."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

MAX_CHARACTERS: Final = 1 << 26

Row = Mapping[str, str | None]


def csv_rows(text: str, source: str, header: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, Row]]:
    """Yield (line, row) of a document that has the columns of `header`, in any order, and maybe others.

    Args: optional, columns that may be there, but not twice.

    Raises: InvalidInputError with source and line if it is none.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidInputError(f"{source} is longer than {MAX_CHARACTERS} characters")
    yield from csv_lines(io.StringIO(text), source, header, optional)


def csv_lines(
    lines: Iterable[str], source: str, header: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[int, Row]]:
    """Yield (line, row) of lines as they come; otherwise as `csv_rows`."""
    rest = iter(lines)
    head = next(rest, "").lstrip("\ufeff")
    check_commas(head.rstrip("\r\n"), source)
    reader = csv.DictReader(chain((head,), rest), strict=True)
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        odd = [name for name in header if names.count(name) != 1] + [n for n in optional if names.count(n) > 1]
        if odd:
            raise InvalidInputError(f"{source}: the header needs {', '.join(header)}, each once; look at {odd[0]}")
        reader.fieldnames = names
        for row in reader:
            if None in row:
                raise InvalidInputError(f"{source}, line {reader.line_num}: more fields than the header")
            yield reader.line_num, row
    except csv.Error as error:
        raise InvalidInputError(
            f"{source}, line {max(reader.line_num, 1)}: no CSV; look for a quote that is not closed"
        ) from error


def check_commas(head: str, source: str) -> None:
    """Check that a header is divided by commas. Raises: InvalidInputError that names what stands in their place.

    A spreadsheet of a country that writes 3,5 saves its tables with semicolons; as text it saves them with tabs.
    """
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if sign in head and "," not in head:
            raise InvalidInputError(
                f"{source}: its columns are divided by {name}; save it with commas, and with points in numbers"
            )


def csv_number(row: Row, key: str, where: str) -> float:
    """Return the finite number of a field. Raises: InvalidInputError that says where."""
    text = (row[key] or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInputError(f"{where}: {key} is '{text}', not a number")
    return value


def csv_words(row: Row, keys: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the words of fields, none of them empty. Raises: InvalidInputError that says where."""
    words = tuple((row[key] or "").strip() for key in keys)
    if not all(words):
        raise InvalidInputError(f"{where}: {keys[words.index('')]} is empty")
    return words
