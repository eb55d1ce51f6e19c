"""What parking costs and when a facility is open, by the clock of the city."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import zone_of

DAY_MIN: Final = 1440
MS_PER_MIN: Final = 60_000
MOST_STAY_MIN: Final = 31 * DAY_MIN
MOST_CENTS: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Open on some days of the week (0: Monday) from a minute of the day until another; beyond midnight where the end
    is not after the begin: 22:00 to 06:00. [min]"""

    days: tuple[int, ...]
    from_min: int
    to_min: int

    def __post_init__(self) -> None:
        if not self.days or len(set(self.days)) != len(self.days) or not all(0 <= day <= 6 for day in self.days):
            raise InvalidInputError("days are numbers from 0, Monday, to 6, each once")
        if not (0 <= self.from_min < DAY_MIN and 0 < self.to_min <= DAY_MIN):
            raise InvalidInputError("opening hours are minutes of the day: from 0 to 1439, to 1 to 1440")

    def holds(self, day: int, minute: int) -> bool:
        """Tell whether a minute of a day of the week lies within it."""
        if self.from_min < self.to_min:
            return day in self.days and self.from_min <= minute < self.to_min
        return (day in self.days and minute >= self.from_min) or ((day - 1) % 7 in self.days and minute < self.to_min)


@dataclass(frozen=True, slots=True)
class PriceBand:
    """From a minute of the day until the next band each `step_min` that is begun costs `step_cents`. [min] [cents]"""

    from_min: int
    step_min: int
    step_cents: int

    def __post_init__(self) -> None:
        if not (0 <= self.from_min < DAY_MIN and 1 <= self.step_min <= DAY_MIN and 0 <= self.step_cents <= MOST_CENTS):
            raise InvalidInputError("a price band begins at minute 0 to 1439, has steps of 1 to 1440 min, and a price")


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices by the time of day; the first `free_min` cost nothing, 24 h at most `day_most_cents` (0: no such limit).

    Without bands parking is free. A stay that is longer than `free_min` is paid from its begin. [min] [cents]
    """

    bands: tuple[PriceBand, ...] = ()
    free_min: int = 0
    day_most_cents: int = 0
    currency: str = "CNY"

    def __post_init__(self) -> None:
        begins = [band.from_min for band in self.bands]
        if self.bands and (begins[0] != 0 or begins != sorted(set(begins))):
            raise InvalidInputError("price bands begin at minute 0 and go on in order")
        if not (0 <= self.free_min <= DAY_MIN and 0 <= self.day_most_cents <= MOST_CENTS):
            raise InvalidInputError("the free minutes are 0 to 1440, the most of a day 0 or more cents")
        if len(self.currency) != 3 or not (self.currency.isascii() and self.currency.isupper()):
            raise InvalidInputError(f"a currency has three letters, as CNY; got '{self.currency}'")

    def price_cents(self, timezone: str, from_utc_ms: int, stay_min: float) -> int:
        """Return what a stay costs. [cents]

        Args: timezone, that of the city; from_utc_ms, when it begins [ms]; stay_min, its length, at most 31 days [min].
        Raises: InvalidInputError for another length.
        """
        if not 0 <= stay_min <= MOST_STAY_MIN:
            raise InvalidInputError(f"a stay has 0 to {MOST_STAY_MIN} min, got {stay_min:g}")
        if not self.bands or stay_min <= self.free_min:
            return 0
        whole_days, rest_min = divmod(stay_min, DAY_MIN)
        minute = minute_of_week(timezone, from_utc_ms)[1]
        of_day = self._limited(self._steps_cents(minute, float(DAY_MIN))) if whole_days else 0
        return int(whole_days) * of_day + self._limited(self._steps_cents(minute, rest_min))

    def _limited(self, cents: int) -> int:
        return min(cents, self.day_most_cents) if self.day_most_cents else cents

    def _steps_cents(self, minute: int, stay_min: float) -> int:
        """Return the price of the steps begun within a day. A step is paid by the band that it begins in."""
        paid_min, cents = 0, 0
        while paid_min < math.ceil(stay_min):
            band = self._band((minute + paid_min) % DAY_MIN)
            paid_min += band.step_min
            cents += band.step_cents
        return cents

    def _band(self, minute: int) -> PriceBand:
        return next(band for band in reversed(self.bands) if band.from_min <= minute)


FREE: Final = Tariff()


def is_zone(name: str) -> bool:
    """Tell whether a time zone is one of the IANA database: the same on every machine."""
    try:
        zone_of(name)
    except InvalidInputError:
        return False
    return True


def is_open(hours: tuple[OpenSpan, ...], timezone: str, at_utc_ms: int) -> bool:
    """Tell whether something with opening hours is open at a time; without hours it always is. [ms]"""
    if not hours:
        return True
    day, minute = minute_of_week(timezone, at_utc_ms)
    return any(span.holds(day, minute) for span in hours)


def minute_of_week(timezone: str, at_utc_ms: int) -> tuple[int, int]:
    """Return the day of the week, 0 for Monday, and the minute of the day in a time zone. [ms]

    >>> minute_of_week("Asia/Shanghai", 1_700_000_000_000)
    (2, 373)
    """
    local = datetime.fromtimestamp(at_utc_ms / 1000, zone_of(timezone))
    return local.weekday(), local.hour * 60 + local.minute
