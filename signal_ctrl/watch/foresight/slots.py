"""Minutes of a city folded to slots of five minutes, in shares: what forecasts are made from and judged by."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.city_minute import JAMMED, CityMinute, Level
from signal_ctrl.watch.foresight.city_arrays import CityArrays

FloatArray = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
SLOT_MIN: Final = 5
SLOT_MS: Final = SLOT_MIN * 60_000
JAM_MINUTES: Final = 3
JAM_QUEUE: Final = 0.3
_SLOWEST: Final = 0.02
_FASTEST: Final = 1.25


@dataclass(frozen=True, slots=True, eq=False)
class Minutes:
    """Minutes one after the other, (n_minutes, n_roads); NaN is unknown. [veh/h] [m/s] [veh] [m]"""

    flow_veh_h: Floats
    speed_mps: Floats
    vehicles: Floats
    queue_m: Floats
    level: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        if len({getattr(self, each.name).shape for each in fields(self)}) != 1 or self.speed_mps.ndim != 2:
            raise InvalidInputError("minutes need arrays of one shape: minutes, roads")


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Means of five minutes, (n_slots, n_roads); NaN is unknown.

    `ratio`, speed over free speed; `fill`, vehicles over the room of the road; `queue`, its share of the length;
    `flow`, over capacity; `jam`, 1 where the road was jammed, 0 where not.
    """

    ratio: Floats
    fill: Floats
    queue: Floats
    flow: Floats
    jam: Floats

    def __post_init__(self) -> None:
        if len({getattr(self, each.name).shape for each in fields(self)}) != 1 or self.ratio.ndim != 2:
            raise InvalidInputError("slots need arrays of one shape: slots, roads")

    def last(self, end: int, most: int) -> "Slots":
        """Return the slots before `end`, at most so many."""
        return Slots(*(getattr(self, each.name)[max(end - most, 0) : end] for each in fields(self)))

    def __len__(self) -> int:
        return len(self.ratio)


def minutes_of(found: Sequence[CityMinute], city: CityArrays) -> Minutes:
    """Return city minutes as arrays; a minute that is missing between two is unknown.

    Raises: InvalidInputError for no minute, minutes out of order, or those of another network.
    """
    if not found:
        raise InvalidInputError("a forecast needs the minutes before it, and there is none")
    first, last = found[0].minute_utc_ms, found[-1].minute_utc_ms
    places = [(each.minute_utc_ms - first) // 60_000 for each in found]
    if any(b <= a for a, b in itertools.pairwise(places)):
        raise InvalidInputError("minutes are not in the order of time, each once")
    n_roads = len(city.names)
    if any(each.speed_mps.shape != (n_roads,) for each in found):
        raise InvalidInputError(f"a minute has not the {n_roads} roads of the network")
    shape = ((last - first) // 60_000 + 1, n_roads)
    flow, speed, vehicles, queue = (np.full(shape, np.nan, dtype=np.float32) for _ in range(4))
    level = np.full(shape, Level.UNKNOWN, dtype=np.uint8)
    for at, each in zip(places, found, strict=True):
        flow[at], speed[at], queue[at], level[at] = each.flow_veh_h, each.speed_mps, each.queue_m, each.level
        vehicles[at] = each.density_veh_km * (city.length_m / 1000.0)
    return Minutes(flow, speed, vehicles, queue, level)


def folded(minutes: Minutes, city: CityArrays) -> Slots:
    """Return the whole slots that end with the last minute; minutes before the first whole slot are left out.

    Speeds are weighted by vehicles, so that a slot's is the distance driven over the time it took. A road is jammed
    in a slot if at least three of its minutes were at level moderate or worse and its queue covered, in the mean, at
    least 30 % of it: a car that waits at a red light makes no jam.
    """
    n = len(minutes.speed_mps) // SLOT_MIN
    if not n:
        raise InvalidInputError(f"a forecast needs {SLOT_MIN} minutes, got {len(minutes.speed_mps)}")

    def cut(values: npt.NDArray[np.generic]) -> FloatArray:
        return np.asarray(values[len(values) - n * SLOT_MIN :].reshape(n, SLOT_MIN, -1), dtype=np.float64)

    speed, vehicles = cut(minutes.speed_mps), cut(minutes.vehicles)
    seen = ~np.isnan(speed) & ~np.isnan(vehicles)
    weight = np.where(seen, np.maximum(vehicles, 1e-3), 0.0)
    driven = (np.where(seen, speed, 0.0) * weight).sum(axis=1)
    total = weight.sum(axis=1)
    ratio = np.where(total > 0, driven / np.where(total > 0, total, 1.0) / city.free_mps, np.nan)
    queue = _mean(cut(minutes.queue_m)) / city.length_m
    return Slots(
        ratio=np.clip(ratio, _SLOWEST, _FASTEST).astype(np.float32),
        fill=(_mean(vehicles) / city.room_veh).astype(np.float32),
        queue=np.clip(queue, 0.0, 1.0).astype(np.float32),
        flow=(_mean(cut(minutes.flow_veh_h)) / city.capacity_veh_h).astype(np.float32),
        jam=_jammed(cut(minutes.level), queue).astype(np.float32),
    )


def _jammed(level: FloatArray, queue: FloatArray) -> FloatArray:
    known = (level != Level.UNKNOWN).sum(axis=1)
    slow = (level >= JAMMED).sum(axis=1)
    jam = (slow >= JAM_MINUTES) & (np.nan_to_num(queue) >= JAM_QUEUE)
    return np.where(known >= JAM_MINUTES, jam.astype(np.float64), np.nan)


def _mean(values: FloatArray) -> FloatArray:
    seen = ~np.isnan(values)
    number = seen.sum(axis=1)
    return np.where(number > 0, np.where(seen, values, 0.0).sum(axis=1) / np.maximum(number, 1), np.nan)
