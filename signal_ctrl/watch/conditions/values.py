"""Weather as it is reported, events as they are entered, and the conditions that follow from both. [ms, UTC]"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import is_name

LONGEST_MS: Final = 31 * 86_400_000
CONDITIONS_KEPT_MS: Final = 731 * 86_400_000
"""What upkeep keeps of weather and events, for those who learn from it. [ms]"""
WEATHER_AHEAD_MS: Final = 14 * 86_400_000
CLEAR_VIEW_M: Final = 10_000.0
_MOST_RAIN_MM_H: Final = 400.0
_MOST_PERSONS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Weather:
    """Weather over the whole city for a time, from who says so. [mm/h, of water] [m]"""

    weather_id: str
    from_utc_ms: int
    to_utc_ms: int
    entered_by: str
    entered_utc_ms: int
    rain_mm_h: float = 0.0
    snow_mm_h: float = 0.0
    ice: bool = False
    visibility_m: float = CLEAR_VIEW_M

    def __post_init__(self) -> None:
        if not self.weather_id or not self.entered_by:
            raise InvalidInputError("weather needs an id and who entered it")
        if not 0 < self.to_utc_ms - self.from_utc_ms <= LONGEST_MS:
            raise InvalidInputError("weather has a begin and an end, at most 31 days apart")
        if not all(0 <= each <= _MOST_RAIN_MM_H for each in (self.rain_mm_h, self.snow_mm_h)):
            raise InvalidInputError(f"rain and snow are 0 to {_MOST_RAIN_MM_H:.0f} mm/h of water")
        if not 0 < self.visibility_m <= 100_000:
            raise InvalidInputError("visibility is more than 0 and at most 100,000 m")


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """Something that draws people to a place: a match, a fair. They come before `from_utc_ms` and leave after `to_`.

    `roads` lead there or lie there; `car_share`, how many of the persons come by car, 0 to 1; `per_car`, how many sit
    in one; `arrive_min` and `leave_min`, over how long they come before the begin and go after the end.
    """

    event_id: str
    title: str
    from_utc_ms: int
    to_utc_ms: int
    persons: int
    entered_by: str
    entered_utc_ms: int
    car_share: float = 0.4
    per_car: float = 2.2
    district: str = ""
    roads: tuple[str, ...] = ()
    arrive_min: int = 90
    leave_min: int = 60

    def __post_init__(self) -> None:
        if not is_name(self.event_id) or not self.title or len(self.title) > 200 or not self.entered_by:
            raise InvalidInputError("an event needs an id, a title of at most 200 characters and who entered it")
        if not 0 < self.to_utc_ms - self.from_utc_ms <= LONGEST_MS:
            raise InvalidInputError(f"event {self.event_id}: its end is after its begin, at most 31 days")
        if not 0 <= self.persons <= _MOST_PERSONS or not 0 <= self.car_share <= 1 or not 1 <= self.per_car <= 9:
            raise InvalidInputError(
                f"event {self.event_id}: persons up to 5,000,000, a share by car of 0 to 1, 1 to 9 persons in a car"
            )
        if not (self.district or self.roads) or len(self.roads) > 1000:
            raise InvalidInputError(f"event {self.event_id}: name a district, or the roads that lead there")
        if not (1 <= self.arrive_min <= 1440 and 1 <= self.leave_min <= 1440):
            raise InvalidInputError(f"event {self.event_id}: people come and go over 1 to 1,440 minutes")


WEATHER: Final = ShelfSpec(
    "weather", Weather, key=lambda w: w.weather_id, at_utc_ms=lambda w: w.from_utc_ms, columns={}
)
CALENDAR: Final = ShelfSpec(
    "calendar_events",
    CalendarEvent,
    key=lambda e: e.event_id,
    at_utc_ms=lambda e: e.from_utc_ms,
    columns={"district": lambda e: e.district},
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What weather and events make of a moment.

    `saturation` and `free_speed` are factors on saturation flow (so on capacity) and on free speed, 1 in fair weather.
    `extra_by_road` and `extra_by_district` are vehicles that events add, as a whole over a road, or over all roads of a
    district together. [veh/h] `weather` and `events` name what they come from.
    """

    at_utc_ms: int
    saturation: float = 1.0
    free_speed: float = 1.0
    extra_by_road: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    extra_by_district: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    weather: Weather | None = None
    events: tuple[CalendarEvent, ...] = ()

    def __post_init__(self) -> None:
        if not all(math.isfinite(each) and 0 < each <= 1 for each in (self.saturation, self.free_speed)):
            raise InvalidInputError("factors of weather lie above 0 and at most at 1")
