"""The schedule of a run: laid out along its clock, told to the user, and kept in its record."""

from typing import Any

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import plan_document, plan_of_document
from signal_ctrl.domain.schedule_json import schedule_document, schedule_of_document
from signal_ctrl.domain.timetable import ScheduledPlans, Timetable, instant_of, usual_start
from sumo_scenarios.settings import RunSettings


def timetable_of(settings: RunSettings, begin_s: float) -> Timetable | None:
    """Return which plan is in force when in a run, None without a schedule. [s]"""
    if settings.schedule is None:
        return None
    start = settings.start or usual_start(settings.schedule.schedule, begin_s)
    return Timetable(settings.schedule, start, int(begin_s * 10 + 1e-6))


def schedule_notices(settings: RunSettings, begin_s: float) -> tuple[str, ...]:
    """Return what the user has to know of the schedule of a run. [s]"""
    if settings.schedule is None:
        return ()
    schedule = settings.schedule.schedule
    start = settings.start or usual_start(schedule, begin_s)
    now = schedule.in_force(start)
    when = "" if settings.start is not None else "; --start-utc sets another day"
    return (f"the run begins at {start:%Y-%m-%dT%H:%M:%SZ} with plan {now.plan} of day type {now.day_type}{when}",)


def schedule_record(settings: RunSettings) -> dict[str, Any] | None:
    """Return the schedule of a run as its record holds it."""
    if settings.schedule is None:
        return None
    return {
        "schedule": schedule_document(settings.schedule.schedule),
        "plans": [plan_document(plan) for plan in settings.schedule.plans],
        "start": None if settings.start is None else settings.start.isoformat(),
        "transition": settings.transition,
        "history": settings.history,
    }


def schedule_of_record(record: Any) -> dict[str, Any]:
    """Return the settings of a run that its record of a schedule holds; none without one.

    Raises: InvalidInputError if it is damaged.
    """
    if record is None:
        return {}
    try:
        plans = tuple(plan_of_document(plan) for plan in record["plans"])
        return {
            "schedule": ScheduledPlans(schedule_of_document(record["schedule"]), plans),
            "start": None if record["start"] is None else instant_of(record["start"]),
            "transition": record["transition"],
            "history": record.get("history", ""),
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(f"the record of the schedule is damaged: {error}") from error
