"""Records of usual days as they are kept: half floats, packed."""

import base64
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.incidents.detection.bins import Floats
from signal_ctrl.watch.incidents.detection.usual import DAY_MS, SLOTS, UsualDay

KEPT_DAYS: Final = 28
_MONDAY: Final = 4
"""Day 4 since 1970 was a Monday."""
_WORKDAYS: Final = 5
_MOST: Final = float(np.finfo(np.float16).max)


def is_workday(day: int) -> bool:
    """Tell whether a day since 1970, in UTC, is a Monday to Friday.

    >>> is_workday(0), is_workday(2)
    (True, False)
    """
    return (day - _MONDAY) % 7 < _WORKDAYS


@dataclass(frozen=True, slots=True)
class StoredDay:
    """One day since 1970 (UTC) of the network with this hash: so many loops and roads, packed."""

    day: int
    roads_sha256: str
    loops: int
    roads: int
    packed: str

    def __post_init__(self) -> None:
        if self.day < 0 or self.loops < 0 or self.roads < 1 or not self.packed:
            raise InvalidInputError("the record of a day needs its day, its loops and its roads")


USUAL_DAYS: Final = ShelfSpec(
    "usual_days",
    StoredDay,
    key=lambda d: f"{d.roads_sha256[:16]}-{d.day:06d}",
    at_utc_ms=lambda d: d.day * DAY_MS,
    columns={"roads_sha256": lambda d: d.roads_sha256},
    large=True,
)


def packed_day(day: int, record: UsualDay, roads_sha256: str) -> StoredDay:
    """Return a record as it is kept."""
    parts = (record.rate, record.stand, record.silence, record.deviance, record.stored, record.stored_sq)
    halves = np.concatenate([np.clip(part, -_MOST, _MOST).astype(np.float16).ravel() for part in parts])
    packed = base64.b64encode(zlib.compress(halves.tobytes())).decode()
    return StoredDay(day, roads_sha256, len(record.stand), len(record.stored), packed)


def unpacked_day(stored: StoredDay) -> UsualDay:
    """Return the record that was kept; those of before `silence` was learnt do not know it.

    Raises: InvalidInputError if it is cut short.
    """
    halves = np.frombuffer(zlib.decompress(base64.b64decode(stored.packed)), np.float16).astype(np.float64)
    sizes = (SLOTS * stored.loops, stored.loops, stored.loops, 4 * stored.roads, stored.roads, stored.roads)
    if len(halves) == sum(sizes) - stored.loops:
        halves = np.insert(halves, (SLOTS + 1) * stored.loops, np.full(stored.loops, np.nan))
    if len(halves) != sum(sizes):
        raise InvalidInputError(f"the record of day {stored.day} has not one value a loop and road")
    parts: list[Floats] = np.split(halves, np.cumsum(sizes)[:-1])
    rate, deviance = parts[0].reshape(SLOTS, stored.loops), parts[3].reshape(4, stored.roads)
    return UsualDay(rate, parts[1], parts[2], deviance, parts[4], parts[5])
