"""Events of a file: CSV with a header, or one JSON object a line, with the fields of `POST /v1/calendar`."""

from typing import Any, Final

from signal_ctrl.domain.csv_rows import Row, csv_rows
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.feed_rows import rows_of

_NEEDED: Final = ("event", "title", "from_utc_ms", "to_utc_ms", "persons")
_OPTIONAL: Final = ("car_share", "per_car", "district", "roads", "arrive_min", "leave_min")
_WHOLE: Final = frozenset({"from_utc_ms", "to_utc_ms", "persons", "arrive_min", "leave_min"})
_NUMBERS: Final = frozenset({"car_share", "per_car"})


def events_of(text: str, source: str) -> list[dict[str, Any]]:
    """Return the events of a file; in CSV, roads are separated by blanks. Raises: InvalidInputError with the line."""
    if text.lstrip("\ufeff \n").startswith("{"):
        return list(rows_of(text.splitlines(), source))
    return [_event(row, f"{source}, line {line}") for line, row in csv_rows(text, source, _NEEDED, _OPTIONAL)]


def _event(row: Row, where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in (*_NEEDED, *_OPTIONAL):
        field = (row.get(name) or "").strip()
        if field:
            found[name] = _value(name, field, where)
    return found


def _value(name: str, field: str, where: str) -> Any:
    try:
        if name in _WHOLE:
            return int(field)
        if name in _NUMBERS:
            return float(field)
    except ValueError:
        raise InvalidInputError(f"{where}: {name} is '{field}', not a number") from None
    return field.split() if name == "roads" else field
