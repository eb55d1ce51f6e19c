"""Schedules in files of the user: `NAME.json` with the plans that it names beside it."""

from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.domain.schedule import SpecialDay
from signal_ctrl.domain.schedule_json import (
    FORMAT,
    MAX_DOCUMENT_BYTES,
    calendar_from_csv,
    schedule_from_json,
    schedule_to_json,
)
from signal_ctrl.domain.timetable import ScheduledPlans
from signal_ctrl.gateways.whole_file import read_whole, write_whole
from sumo_scenarios.plan_file import read_plan

SCHEDULE: Final = "schedule.json"
PLANS: Final = "plans"


def read_schedule(path: Path) -> ScheduledPlans:
    """Return the schedule of a file with its plans, which lie in the folder `plans` beside it.

    Raises: InvalidInputError if one cannot be read, is damaged, or is another one than the schedule was made with.
    """
    text = _text(path, "schedule")
    try:
        schedule = schedule_from_json(text)
        plans = tuple(read_plan(path.parent / PLANS / f"{ref.name}.json") for ref in schedule.plans)
        return ScheduledPlans(schedule, plans)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def is_schedule(path: Path) -> bool:
    """Return whether a file says that it is a schedule. Raises: InvalidInputError if it cannot be read."""
    return FORMAT in _text(path, "schedule or plan")


def read_calendar(path: Path) -> tuple[SpecialDay, ...]:
    """Return the special days of a CSV file. Raises: InvalidInputError if it cannot be read or is damaged."""
    return calendar_from_csv(_text(path, "calendar"), str(path))


def write_schedule(scheduled: ScheduledPlans, folder: Path) -> tuple[Path, ...]:
    """Write a schedule and its plans into a folder, the schedule last; return the files.

    Raises: InvalidInputError if they cannot be written.
    """
    names = [ref.name for ref in scheduled.schedule.plans]
    texts = {
        folder / PLANS / f"{name}.json": plan_to_json(plan) for name, plan in zip(names, scheduled.plans, strict=True)
    }
    texts[folder / SCHEDULE] = schedule_to_json(scheduled.schedule)
    for path, text in texts.items():
        write_whole(path, text + "\n")
    return tuple(texts)


def _text(path: Path, kind: str) -> str:
    return read_whole(path, kind, MAX_DOCUMENT_BYTES)
