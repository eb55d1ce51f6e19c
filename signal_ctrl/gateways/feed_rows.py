"""Observations in files: CSV with a header, or one JSON object a line, as a feed's owner writes them."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from signal_ctrl.domain.documents import no_constant, no_duplicates, why
from signal_ctrl.domain.errors import InvalidInputError

_WHOLE: Final = frozenset({"from_utc_ms", "to_utc_ms", "utc_ms", "vehicles"})
_NUMBERS: Final = frozenset(
    {"occupied", "speed_mps", "lon", "lat", "heading_deg", "rain_mm_h", "snow_mm_h", "visibility_m"}
)
_TEXTS: Final = frozenset({"detector", "vehicle", "kind", "reader", "tag"})
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
MOST_CHARACTERS: Final = 10_000


def rows_of(lines: Iterable[str], source: str) -> Iterator[dict[str, Any]]:
    """Yield the observations of lines, as they come: JSON if the first line begins with a brace, else CSV.

    What is no row at all is an error with its line; whether a value is right is for the centre to judge.

    Raises: InvalidInputError.
    """
    header: list[str] = []
    is_json = False
    for number, line in enumerate(lines, 1):
        where = f"{source}, line {number}"
        if len(line) > MOST_CHARACTERS:
            raise InvalidInputError(f"{where}: longer than {MOST_CHARACTERS} characters")
        text = line.strip().lstrip("\ufeff")
        if not text:
            continue
        is_json = is_json or (not header and text.startswith("{"))
        if is_json:
            yield _of_json(text, where)
        elif not header:
            header = _header(text, where)
        else:
            yield _of_csv(header, text, where)


def _of_json(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{where}: {why(error)}") from error
    if not isinstance(found, dict):
        raise InvalidInputError(f"{where}: not an object; write one observation a line")
    return found


def _header(text: str, where: str) -> list[str]:
    names = [name.strip() for name in next(csv.reader([text]))]
    unknown = [name for name in names if name not in _WHOLE | _NUMBERS | _TEXTS and name != "ice"]
    if unknown or len(set(names)) != len(names):
        raise InvalidInputError(
            f"{where}: unknown or doubled column '{(unknown or names)[0]}'; see docs/file-formats.md"
        )
    return names


def _of_csv(header: list[str], text: str, where: str) -> dict[str, Any]:
    fields = next(csv.reader([text]))
    if len(fields) != len(header):
        raise InvalidInputError(f"{where}: {len(fields)} fields, the header has {len(header)}")
    named = zip(header, (field.strip() for field in fields), strict=True)
    return {name: _value(name, field, where) for name, field in named if field}


def _value(name: str, field: str, where: str) -> Any:
    try:
        if name in _WHOLE:
            return int(field)
        if name in _NUMBERS:
            return float(field)
        return _FLAGS[field.lower()] if name == "ice" else field
    except (ValueError, KeyError):
        raise InvalidInputError(f"{where}: {name} is '{field}'") from None
