"""The documents of schedules: JSON of a schedule with its hash, CSV of a calendar of special days."""

import datetime as dt
import hashlib
import re
from typing import Any, Final

from signal_ctrl.domain.csv_rows import Row, csv_rows
from signal_ctrl.domain.documents import canonical, exactly, read_document, text_of, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import (
    ConditionDay,
    DayType,
    Entry,
    PlanRef,
    Schedule,
    SpecialDay,
    minute_of,
    time_text,
)

FORMAT: Final = "signal-ctrl schedule 1"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CALENDAR_HEADER: Final = ("date", "day_type", "note")
MAX_DOCUMENT_BYTES: Final = 1 << 20
_KEYS: Final = ("format", "name", "zone", "plans", "day_types", "special_days")


def schedule_to_json(schedule: Schedule) -> str:
    """Return the canonical document of a schedule."""
    return canonical(schedule_document(schedule))


def schedule_hash(schedule: Schedule) -> str:
    """Return the SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(schedule_to_json(schedule).encode()).hexdigest()


def schedule_document(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as a JSON object."""
    conditions = [{"when": each.when, "day_type": each.day_type} for each in schedule.conditions]
    return {
        "format": FORMAT,
        "name": schedule.name,
        "zone": schedule.zone,
        "plans": [{"name": plan.name, "sha256": plan.sha256} for plan in schedule.plans],
        "day_types": [_day_type_document(day_type) for day_type in schedule.day_types],
        "special_days": [
            {"date": day.date.isoformat(), "day_type": day.day_type, "note": day.note} for day in schedule.special_days
        ],
        **({"conditions": conditions} if conditions else {}),
    }


def schedule_from_json(text: str) -> Schedule:
    """Return the schedule of a document.

    Raises: InvalidInputError if it is no schedule document or the schedule would not be whole.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"not a schedule document: longer than {MAX_DOCUMENT_BYTES} characters")
    return schedule_of_document(read_document(text, "schedule", FORMAT))


def schedule_of_document(document: dict[str, Any]) -> Schedule:
    """Return the schedule of a JSON object. Raises: as `schedule_from_json`."""
    try:
        exactly({"conditions": [], **document}, (*_KEYS, "conditions"))
        return Schedule(
            name=text_of(document["name"]),
            zone=text_of(document["zone"]),
            plans=tuple(_plan(item) for item in document["plans"]),
            day_types=tuple(_day_type(item) for item in document["day_types"]),
            special_days=tuple(_special_day(item) for item in document["special_days"]),
            conditions=tuple(_condition(item) for item in document.get("conditions", [])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"not a schedule document: {why(error)}") from error


def calendar_from_csv(text: str, source: str = "calendar") -> tuple[SpecialDay, ...]:
    """Return the special days of a CSV document with the columns of `CALENDAR_HEADER`; the note may be missing.

    Raises: InvalidInputError with source and line for what is missing, no date, or there twice.
    """
    found: dict[dt.date, SpecialDay] = {}
    for line, row in csv_rows(text, source, CALENDAR_HEADER[:2], CALENDAR_HEADER[2:]):
        day = _calendar_day(row, f"{source}, line {line}")
        if day.date in found:
            raise InvalidInputError(f"{source}, line {line}: {day.date} occurs twice")
        found[day.date] = day
    return tuple(found[date] for date in sorted(found))


def date_of(text: str, where: str) -> dt.date:
    """Return the date of `YYYY-MM-DD`. Raises: InvalidInputError for anything else."""
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{where}: '{text}' is no date; write YYYY-MM-DD") from error


def _calendar_day(row: Row, where: str) -> SpecialDay:
    date = date_of((row["date"] or "").strip(), where)
    day_type = (row["day_type"] or "").strip()
    if not day_type:
        raise InvalidInputError(f"{where}: {date} has no day_type")
    return SpecialDay(date, day_type, (row.get("note") or "").strip())


def _day_type_document(day_type: DayType) -> dict[str, Any]:
    return {
        "name": day_type.name,
        "weekdays": list(day_type.weekdays),
        "entries": [{"at": time_text(entry.minute), "plan": entry.plan} for entry in day_type.entries],
    }


def _condition(item: dict[str, Any]) -> ConditionDay:
    exactly(item, ("when", "day_type"))
    return ConditionDay(text_of(item["when"]), text_of(item["day_type"]))


def _plan(item: dict[str, Any]) -> PlanRef:
    exactly(item, ("name", "sha256"))
    return PlanRef(text_of(item["name"]), text_of(item["sha256"]))


def _day_type(item: dict[str, Any]) -> DayType:
    exactly(item, ("name", "weekdays", "entries"))
    return DayType(
        text_of(item["name"]),
        tuple(text_of(day) for day in item["weekdays"]),
        tuple(_entry(entry) for entry in item["entries"]),
    )


def _entry(item: dict[str, Any]) -> Entry:
    exactly(item, ("at", "plan"))
    return Entry(minute_of(text_of(item["at"])), text_of(item["plan"]))


def _special_day(item: dict[str, Any]) -> SpecialDay:
    exactly(item, ("date", "day_type", "note"))
    if not isinstance(item["note"], str):
        raise TypeError("a note is a text")
    date = date_of(text_of(item["date"]), "special day")
    return SpecialDay(date, text_of(item["day_type"]), item["note"])
