"""Who stays how long, what that brings, and who came and went: totals of a day, and of five minutes.

Stays are seen where each space has a sensor; they are the time between a car's coming and its going, whoever it was.
Where gates alone count, each who leaves is taken to have stayed as long as the mean stay of the day by Little's law.
Revenue is an estimate by the tariff; nobody's payment is known here.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from signal_ctrl.domain.shelves import ShelfSpec
from signal_ctrl.parking.facilities import Facility, Section
from signal_ctrl.parking.occupancy import SAMPLE_MS
from signal_ctrl.parking.space_sensors import Change
from signal_ctrl.parking.tariffs import MOST_STAY_MIN, MS_PER_MIN

LEAST_STAY_MS: Final = 60_000
"""A shorter stay is somebody who turned round, or a sensor's whim. [ms] [P]"""
DAYS_KEPT_MS: Final = 3 * 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class DayTotals:
    """One facility in one day of the city's clock. [min] [cents]

    `entered` and `left` by gates, or by spaces where there are no gates. `stays`, those that ended on the day.
    """

    facility: str
    day: str
    begin_utc_ms: int
    entered: int = 0
    left: int = 0
    stays: int = 0
    stay_min: float = 0.0
    cents: int = 0
    overstays: int = 0


PARKING_DAYS: Final = ShelfSpec(
    "parking_days",
    DayTotals,
    key=lambda d: f"{d.facility}@{d.day}",
    at_utc_ms=lambda d: d.begin_utc_ms,
    columns={"facility": lambda d: d.facility},
)


class Stays:
    """The totals of one facility."""

    def __init__(self, facility: Facility, timezone: str) -> None:
        self._facility = facility
        self._timezone = timezone
        self._zone = ZoneInfo(timezone)
        self.today: DayTotals | None = None
        self.ended: list[DayTotals] = []
        """Days that are over and not kept yet."""
        self._slot_utc_ms = 0
        self._slot = (0, 0)
        self._before: tuple[int, int, int] = (0, 0, 0)

    def note(self, section: Section, change: Change) -> None:
        """Note that a car came to a space, or left it after a stay."""
        if not self._facility.gates:
            self.passed(change.at_utc_ms, int(change.occupied), int(not change.occupied))
        stay_ms = change.at_utc_ms - change.since_utc_ms
        if change.occupied or stay_ms < LEAST_STAY_MS:
            return
        stay_min = min(stay_ms / MS_PER_MIN, float(MOST_STAY_MIN))
        day = self._day(change.at_utc_ms)
        self.today = replace(
            day,
            stays=day.stays + 1,
            stay_min=day.stay_min + stay_min,
            cents=day.cents + self._facility.tariff.price_cents(self._timezone, change.since_utc_ms, stay_min),
            overstays=day.overstays + int(0 < section.longest_stay_min < stay_min),
        )

    def passed(self, at_utc_ms: int, entered: int, left: int) -> None:
        """Note how many came and went. [ms]"""
        day = self._day(at_utc_ms)
        self.today = replace(day, entered=day.entered + entered, left=day.left + left)
        self._turn(at_utc_ms)
        self._slot = (self._slot[0] + entered, self._slot[1] + left)

    def slot(self, begin_utc_ms: int) -> tuple[int, int]:
        """Return how many came and went in the five minutes that begin at a time; none where nobody did. [ms]"""
        if begin_utc_ms == self._slot_utc_ms:
            return self._slot
        return self._before[1:] if begin_utc_ms == self._before[0] else (0, 0)

    def _turn(self, at_utc_ms: int) -> None:
        slot_ms = at_utc_ms - at_utc_ms % SAMPLE_MS
        if slot_ms > self._slot_utc_ms:
            self._before = (self._slot_utc_ms, *self._slot)
            self._slot_utc_ms, self._slot = slot_ms, (0, 0)

    def _day(self, at_utc_ms: int) -> DayTotals:
        if self.today is not None and at_utc_ms < self.today.begin_utc_ms + 86_400_000 - 7_200_000:
            return self.today  # surely the same day, whatever the clocks of the city do
        local = datetime.fromtimestamp(at_utc_ms / 1000, self._zone)
        day = local.date().isoformat()
        if self.today is not None and day <= self.today.day:
            return self.today
        if self.today is not None:
            self.ended.append(self.today)
        begin = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return DayTotals(self._facility.facility, day, round(begin.timestamp() * 1000))

    def document(self) -> dict[str, Any]:
        """Return everything that is to survive as a JSON object."""
        return {
            "today": None if self.today is None else _values(self.today),
            "ended": [_values(each) for each in self.ended],
            "slot": [self._slot_utc_ms, *self._slot],
            "before": list(self._before),
        }

    def restore(self, document: dict[str, Any]) -> None:
        """Go on from such an object."""
        values = document["today"]
        self.today = None if values is None else DayTotals(self._facility.facility, *values)
        self.ended = [DayTotals(self._facility.facility, *each) for each in document.get("ended", ())]
        self._slot_utc_ms, *slot = document["slot"]
        self._slot = (slot[0], slot[1])
        before = document["before"]
        self._before = (before[0], before[1], before[2])


def _values(day: DayTotals) -> list[Any]:
    return [getattr(day, name) for name in DayTotals.__slots__[1:]]


def mean_stay_min(occupied_mean: float, left: int, hours: float) -> float:
    """Return the mean stay where no stay was seen: Little's law, mean occupancy over the rate of leaving. [min]

    Args: occupied_mean, cars inside on average; left, who left in so many hours.
    Source: J. D. C. Little 1961, L = lambda W.
    >>> mean_stay_min(80.0, 240, 12.0)
    240.0
    """
    return 0.0 if not left or hours <= 0 else occupied_mean * hours / left * 60
