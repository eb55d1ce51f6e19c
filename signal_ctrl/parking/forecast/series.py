"""Days of parking as arrays: cars in each facility at the begin of each five minutes, and who came and went."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.occupancy import SAMPLE_MS, OccupancySample, Trust

Floats = npt.NDArray[np.float64]
SLOTS: Final = 86_400_000 // SAMPLE_MS
SLOT_S: Final = SAMPLE_MS / 1000
_MS: Final = 1000


@dataclass(frozen=True, eq=False)
class ParkingDays:
    """What was seen. NaN where nothing was, or nothing that may be trusted.

    `capacity` (n_facilities,); `day_types`, one a day; `occupied`, cars at the begin of a slot, `entered` and `left`
    within it, (n_days, n_facilities, SLOTS).
    """

    facilities: tuple[str, ...]
    capacity: Floats
    dates: tuple[dt.date, ...]
    day_types: tuple[str, ...]
    occupied: Floats
    entered: Floats
    left: Floats

    def __post_init__(self) -> None:
        shape = (len(self.dates), len(self.facilities), SLOTS)
        if not all(array.shape == shape for array in (self.occupied, self.entered, self.left)):
            raise InvalidInputError("days of parking have one value a day, facility and slot")
        if len(self.day_types) != len(self.dates) or not (self.capacity > 0).all():
            raise InvalidInputError("days of parking have a type each, and facilities a capacity above 0")

    def only(self, days: npt.NDArray[np.intp]) -> "ParkingDays":
        """Return some of the days, by index."""
        kept = days.tolist()
        dates, types = tuple(self.dates[k] for k in kept), tuple(self.day_types[k] for k in kept)
        arrays = (self.occupied[days], self.entered[days], self.left[days])
        return ParkingDays(self.facilities, self.capacity, dates, types, *arrays)


def day_type(date: dt.date, special: Mapping[dt.date, str]) -> str:
    """Return the type of a day: that of the calendar, else `weekday`, `saturday` or `sunday`.

    >>> day_type(dt.date(2026, 5, 9), {})
    'saturday'
    """
    return special.get(date) or {5: "saturday", 6: "sunday"}.get(date.weekday(), "weekday")


def days_of(
    samples: Iterable[OccupancySample], timezone: str, special: Mapping[dt.date, str] | None = None
) -> ParkingDays:
    """Return samples as days by the clock of the city. Samples that are not trusted are gaps.

    Args: special, types of days that a calendar names. Raises: InvalidInputError without a sample.
    """
    kept = [each for each in samples if each.trust is Trust.GOOD]
    if not kept:
        raise InvalidInputError("the history holds no sample that may be trusted")
    zone = ZoneInfo(timezone)
    places = [_place(each.at_utc_ms, zone) for each in kept]
    names = tuple(sorted({each.facility for each in kept}))
    dates = tuple(sorted({date for date, _ in places}))
    name_at, date_at = ({one: k for k, one in enumerate(all_)} for all_ in (names, dates))
    shape = (len(dates), len(names), SLOTS)
    occupied, entered, left = (np.full(shape, np.nan) for _ in range(3))
    capacity = np.zeros(len(names))
    for each, (date, slot) in zip(kept, places, strict=True):
        at = (date_at[date], name_at[each.facility], slot)
        occupied[at] = each.capacity - each.free
        entered[at] = np.nan if each.entered is None else each.entered
        left[at] = np.nan if each.left is None else each.left
        capacity[at[1]] = each.capacity
    types = tuple(day_type(date, special or {}) for date in dates)
    return ParkingDays(names, capacity, dates, types, occupied, *_net_flow(occupied, entered, left))


def _place(at_utc_ms: int, zone: ZoneInfo) -> tuple[dt.date, int]:
    local = dt.datetime.fromtimestamp(at_utc_ms / _MS, zone)
    return local.date(), (local.hour * 3600 + local.minute * 60) * _MS // SAMPLE_MS


def _net_flow(occupied: Floats, entered: Floats, left: Floats) -> tuple[Floats, Floats]:
    """Fill in what nobody counted: of comings and goings that are unknown the difference is known at least."""
    change = np.full_like(occupied, np.nan)
    change[..., :-1] = np.diff(occupied, axis=-1)
    unknown = ~(np.isfinite(entered) & np.isfinite(left))
    came, went = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    return np.where(unknown, came, entered), np.where(unknown, went, left)
