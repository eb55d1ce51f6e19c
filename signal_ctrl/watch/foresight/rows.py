"""Rows to learn from: what was seen of roads at origins of past days, and what came of it at one horizon."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.watch.foresight.city_arrays import CityArrays
from signal_ctrl.watch.foresight.days import WatchedDay
from signal_ctrl.watch.foresight.outlook import HISTORY, Present, columns
from signal_ctrl.watch.foresight.slots import SLOT_MIN
from signal_ctrl.watch.foresight.usual import Usual

FloatArray = npt.NDArray[np.float64]
FIRST_ORIGIN: Final = 3
MOST_ROWS: Final = 40_000
MOST_ORIGINS: Final = 3_000
_LEAST_AN_ORIGIN: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of one horizon; jam and pace are NaN where nothing is known of the road then. `day`, its place."""

    seen: npt.NDArray[np.float32]
    jam: FloatArray
    pace: FloatArray
    road: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]

    def of(self, chosen: npt.NDArray[np.bool_]) -> "Rows":
        """Return some of the rows."""
        return Rows(self.seen[chosen], self.jam[chosen], self.pace[chosen], self.road[chosen], self.day[chosen])


def present_of(day: WatchedDay, origin: int) -> Present:
    """Return what was seen at the begin of a slot of a day."""
    return Present(
        slots=day.seen.last(origin, HISTORY),
        slot=day.first_slot + origin,
        now_utc_ms=day.at_utc_ms(origin),
        factors_now=day.factors_at(origin),
        restrictions=day.restrictions(origin),
    )


def origins(day: WatchedDay, ahead_min: int) -> range:
    """Return the slots of a day at whose begin a forecast can be made and judged: all but the first and last ones."""
    return range(FIRST_ORIGIN, len(day) - ahead_min // SLOT_MIN + 1)


def target(origin: int, ahead_min: int) -> int:
    """Return the slot that ends at the horizon."""
    return origin + ahead_min // SLOT_MIN - 1


Keep = Callable[[FloatArray], npt.NDArray[np.bool_]]
"""Return which rows of `columns` are wanted."""


def rows_of(
    days: Sequence[WatchedDay],
    usuals: Sequence[Usual],
    ahead_min: int,
    city: CityArrays,
    keep: Keep,
    most: int = MOST_ROWS,
) -> Rows:
    """Return rows of days, evenly thinned to about so many at most; of many days, only every so many origins.

    Args: usuals, the usual day as it is known without each of the days.
    """
    when = [(k, origin) for k, day in enumerate(days) for origin in origins(day, ahead_min)]
    when = when[:: _step(len(when))]
    each_most = max(most // len(when), _LEAST_AN_ORIGIN)
    found = [_rows(days[k], k, origin, ahead_min, usuals[k], city, keep, each_most) for k, origin in when]
    return Rows(*(np.concatenate([each[k] for each in found]) for k in range(5)))


def _step(n_origins: int) -> int:
    """Return of how many origins one is used. An odd number, as slots of an hour are even."""
    step = max(n_origins // MOST_ORIGINS, 1)
    return step + (step + 1) % 2


def _rows(
    day: WatchedDay, at: int, origin: int, ahead_min: int, usual: Usual, city: CityArrays, keep: Keep, most: int
) -> tuple[npt.NDArray[np.float32], FloatArray, FloatArray, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    then = target(origin, ahead_min)
    every = columns(present_of(day, origin), ahead_min, day.factors_at(then), usual, city)
    roads = np.flatnonzero(keep(every))
    step = max(-(-len(roads) // most), 1)
    roads = roads[origin % step :: step]
    jam = day.seen.jam[then, roads].astype(np.float64)
    pace = -np.log(day.seen.ratio[then, roads].astype(np.float64))
    return every[roads].astype(np.float32), jam, pace, roads, np.full(len(roads), at, dtype=np.int64)
