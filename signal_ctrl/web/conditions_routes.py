"""Weather and the calendar of events: what was entered, and what follows from both."""

import secrets
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field, StringConstraints

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.watch.conditions.values import CLEAR_VIEW_M, CalendarEvent, Conditions, Weather
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.centre_bodies import Name, NamePath, Reader, UtcMs, people_only
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("conditions")
Keeper = Annotated[Actor, needs(Right.KEEP_CONDITIONS)]
At = Annotated[int | None, Query(ge=0, le=1 << 43, description="a time [ms, UTC]; now without it")]
Rate = Annotated[float, Field(ge=0, le=400)]
_ID_BYTES = 8


class WeatherIn(BodyIn):
    """Weather for a time. Rates in mm of water an hour."""

    from_utc_ms: UtcMs
    to_utc_ms: UtcMs
    rain_mm_h: Rate = 0.0
    snow_mm_h: Rate = 0.0
    ice: bool = False
    visibility_m: Annotated[float, Field(gt=0, le=100_000)] = CLEAR_VIEW_M


class EventIn(BodyIn):
    """Something that draws people to a place; `roads` lead there, or it counts for its district."""

    event: Name
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    from_utc_ms: UtcMs
    to_utc_ms: UtcMs
    persons: Annotated[int, Field(ge=0, le=5_000_000)]
    car_share: Annotated[float, Field(ge=0, le=1)] = 0.4
    per_car: Annotated[float, Field(ge=1, le=9)] = 2.2
    district: Annotated[str, StringConstraints(max_length=200)] = ""
    roads: Annotated[tuple[str, ...], Field(max_length=1000, strict=False)] = ()
    arrive_min: Annotated[int, Field(ge=1, le=1440)] = 90
    leave_min: Annotated[int, Field(ge=1, le=1440)] = 60


class WeatherOut(BodyOut):
    """What weather does now, and the reports that count or will."""

    at_utc_ms: int
    saturation: float
    free_speed: float
    weather: dict[str, Any] | None
    reports: list[dict[str, Any]]


class CalendarOut(BodyOut):
    """What events add now [veh/h], and the events that count or will."""

    at_utc_ms: int
    extra_by_road: dict[str, float]
    extra_by_district: dict[str, float]
    events: list[dict[str, Any]]


@router.get("/v1/weather")
def weather(actor: Reader, context: ContextOf, at_utc_ms: At = None) -> WeatherOut:
    """Say what the weather of a time does to saturation flow and free speed, and which reports there are."""
    people_only(actor)
    found = _at(context, at_utc_ms)
    return WeatherOut(
        at_utc_ms=found.at_utc_ms,
        saturation=found.saturation,
        free_speed=found.free_speed,
        weather=None if found.weather is None else asdict(found.weather),
        reports=[asdict(each) for each in context.watch.conditions_desk.weather(context.clock.utc_ms())],
    )


@router.post("/v1/weather", status_code=201)
def set_weather(body: WeatherIn, actor: Keeper, context: ContextOf) -> dict[str, Any]:
    """Enter weather for a time; the report that was entered last counts."""
    new = Weather(f"w-{secrets.token_hex(_ID_BYTES)}", entered_by=actor.login, entered_utc_ms=0, **body.model_dump())
    return asdict(context.watch.conditions_desk.set_weather(actor, new))


@router.get("/v1/calendar")
def calendar(actor: Reader, context: ContextOf, at_utc_ms: At = None) -> CalendarOut:
    """Say what events add at a time, and which events count or will."""
    people_only(actor)
    found = _at(context, at_utc_ms)
    return CalendarOut(
        at_utc_ms=found.at_utc_ms,
        extra_by_road=dict(found.extra_by_road),
        extra_by_district=dict(found.extra_by_district),
        events=[asdict(each) for each in context.watch.conditions_desk.events(context.clock.utc_ms())],
    )


@router.post("/v1/calendar", status_code=201)
def add_event(body: EventIn, actor: Keeper, context: ContextOf) -> dict[str, Any]:
    """Enter an event."""
    values = body.model_dump()
    new = CalendarEvent(event_id=values.pop("event"), entered_by=actor.login, entered_utc_ms=0, **values)
    return asdict(context.watch.conditions_desk.add_event(actor, new))


@router.delete("/v1/calendar/{event}", status_code=204)
def remove_event(event: NamePath, actor: Keeper, context: ContextOf) -> None:
    """Take an event out of the calendar."""
    context.watch.conditions_desk.remove_event(actor, event)


def _at(context: ContextOf, at_utc_ms: int | None) -> Conditions:
    return context.watch.conditions(context.clock.utc_ms() if at_utc_ms is None else at_utc_ms)
