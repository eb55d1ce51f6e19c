"""Weather and the calendar of events: entered by people or by a feed, kept, and answered for any time from memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.desk import DONE, Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.domain.errors import ConflictError, InvalidInputError, NotFoundError
from signal_ctrl.watch.conditions.effects import conditions_of, names_of
from signal_ctrl.watch.conditions.values import (
    CALENDAR,
    LONGEST_MS,
    WEATHER,
    WEATHER_AHEAD_MS,
    CalendarEvent,
    Conditions,
    Weather,
)

MOST_EVENTS: Final = 5_000
MOST_WEATHER: Final = 2_000
HOLD_MS: Final = 30 * 60_000
HOLD_STEP_MS: Final = 5 * 60_000
_REFRESH_MS: Final = 60_000
_LOOK_BACK_MS: Final = LONGEST_MS + 2 * 86_400_000


class ConditionsDesk:
    """What is known of weather and events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._weather: tuple[Weather, ...] = ()
        self._events: tuple[CalendarEvent, ...] = ()
        self._loaded_ms = 0

    def load(self) -> None:
        """Take what may count from the shelves."""
        since_ms = max(0, self._desk.now_ms() - _LOOK_BACK_MS)

        def look(reading: Reading) -> tuple[tuple[Weather, ...], tuple[CalendarEvent, ...]]:
            weather = reading.shelf(WEATHER).find(since_utc_ms=since_ms, limit=MOST_WEATHER)
            return weather, reading.shelf(CALENDAR).find(since_utc_ms=since_ms, limit=MOST_EVENTS)

        self._weather, self._events = self._desk.store.read(look)
        self._loaded_ms = self._desk.clock.mono_ms()

    def tick(self) -> None:
        """Read anew once a minute: another machine of the centre may have entered something."""
        if self._desk.clock.mono_ms() - self._loaded_ms >= _REFRESH_MS:
            self.load()

    def at(self, at_utc_ms: int) -> Conditions:
        """Return weather and events of a time, in the past of about a month or in the future. [ms]"""
        return conditions_of(self.weather_at(at_utc_ms), self._events, at_utc_ms)

    def holding(self, at_utc_ms: int) -> frozenset[str]:
        """Return the conditions, as schedules name them, that hold at a time or did within the half hour before. [ms]

        The half hour keeps plans from going there and back with every shower.
        """
        times = range(at_utc_ms - HOLD_MS, at_utc_ms + 1, HOLD_STEP_MS)
        return frozenset(name for time_ms in times for name in names_of(self.at(time_ms)))

    def weather_at(self, at_utc_ms: int) -> Weather | None:
        """Return the weather of a time; of several reports the one that was entered last. [ms]"""
        there = [each for each in self._weather if each.from_utc_ms <= at_utc_ms < each.to_utc_ms]
        return max(there, key=lambda each: (each.entered_utc_ms, each.weather_id), default=None)

    def weather(self, since_utc_ms: int) -> Sequence[Weather]:
        """Return reports that end after a time, the youngest begin first. [ms]"""
        return [each for each in self._weather if each.to_utc_ms > since_utc_ms]

    def events(self, since_utc_ms: int = 0) -> Sequence[CalendarEvent]:
        """Return events whose effect ends after a time, the next one first. [ms]"""
        there = [each for each in self._events if each.to_utc_ms + each.leave_min * 60_000 > since_utc_ms]
        return sorted(there, key=lambda each: (each.from_utc_ms, each.event_id))

    def set_weather(self, actor: Actor, weather: Weather) -> Weather:
        """Enter weather. Raises: ForbiddenError; InvalidInputError for what begins more than 14 days ahead."""
        now_ms = self._desk.now_ms()
        require(actor, Right.KEEP_CONDITIONS, now_ms)

        if weather.from_utc_ms > now_ms + WEATHER_AHEAD_MS or weather.to_utc_ms <= now_ms - LONGEST_MS:
            raise InvalidInputError("weather is of the last 31 days, or begins within the next 14")
        new = replace(weather, entered_by=actor.login, entered_utc_ms=now_ms)

        def work(t: Transaction) -> None:
            t.shelf(WEATHER).put(new)
            t.record(actor.login, "set weather", f"weather {new.weather_id}", _said(new), now_ms)

        self._desk.act(actor.login, "set weather", f"weather {new.weather_id}", work)
        return self.remember(new)

    def remember(self, weather: Weather) -> Weather:
        """Let weather that is on the shelf count."""
        others = tuple(each for each in self._weather if each.weather_id != weather.weather_id)
        self._weather = (weather, *others)
        return weather

    def add_event(self, actor: Actor, event: CalendarEvent) -> CalendarEvent:
        """Enter an event. Raises: ForbiddenError; ConflictError if its id is taken, or the calendar is full."""
        now_ms = self._desk.now_ms()
        require(actor, Right.KEEP_CONDITIONS, now_ms)
        new = replace(event, entered_by=actor.login, entered_utc_ms=now_ms)
        if len(self._events) >= MOST_EVENTS:
            raise ConflictError(f"the calendar holds {MOST_EVENTS} events; take old ones out")

        def work(t: Transaction) -> None:
            if t.shelf(CALENDAR).get(new.event_id) is not None:
                raise ConflictError(f"there is an event {new.event_id}; remove it first, or take another id")
            t.shelf(CALENDAR).add(new)
            t.record(actor.login, "add event", f"event {new.event_id}", f"{new.persons} persons", now_ms)

        self._desk.act(actor.login, "add event", f"event {new.event_id}", work)
        self._events = (*self._events, new)
        return new

    def remove_event(self, actor: Actor, event_id: str) -> None:
        """Take an event out of the calendar. Raises: ForbiddenError; NotFoundError."""
        now_ms = self._desk.now_ms()
        require(actor, Right.KEEP_CONDITIONS, now_ms)

        def work(t: Transaction) -> None:
            if not t.shelf(CALENDAR).remove(event_id):
                raise NotFoundError(f"there is no event {event_id}")
            t.record(actor.login, "remove event", f"event {event_id}", DONE, now_ms)

        self._desk.act(actor.login, "remove event", f"event {event_id}", work)
        self._events = tuple(each for each in self._events if each.event_id != event_id)


def _said(weather: Weather) -> str:
    ice = ", ice" if weather.ice else ""
    return f"rain {weather.rain_mm_h:g} mm/h, snow {weather.snow_mm_h:g} mm/h{ice}, view {weather.visibility_m:g} m"
