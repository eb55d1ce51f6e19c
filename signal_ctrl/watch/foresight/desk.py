"""The forecast in the service: each minute a new one, each day kept, and learned from in the night.

Forecasts are made in `tick`; learning takes minutes and has a turn of its own, `learn_due`.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.schedule import WEEKDAYS
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute
from signal_ctrl.watch.conditions.effects import by_road
from signal_ctrl.watch.conditions.values import Conditions
from signal_ctrl.watch.foresight.city_arrays import CityArrays, arrays_of
from signal_ctrl.watch.foresight.days import SLOTS_A_DAY, Factors, Told, WatchedDay
from signal_ctrl.watch.foresight.foresight import Foresight
from signal_ctrl.watch.foresight.learning import LEAST_DAYS, learn
from signal_ctrl.watch.foresight.slots import SLOT_MIN, SLOT_MS, Slots, folded, minutes_of
from signal_ctrl.watch.foresight.values import CityForecast, Restriction, RoadFactors

Floats = npt.NDArray[np.float32]
DAY_MS: Final = 86_400_000
_PAST_MS: Final = 60 * MINUTE_MS
_LEAST_DEMAND: Final = 0.1


class DayKeeper(Protocol):
    """Where watched days lie."""

    def days(self, network: RoadNetwork) -> Sequence[WatchedDay]:
        """Return the days of a network."""
        ...

    def keep(self, day: WatchedDay, network: RoadNetwork) -> None:
        """Keep a day; one of the same name is replaced."""
        ...


class DaysInMemory:
    """Keeps days as long as the process lives."""

    def __init__(self) -> None:
        self._days: dict[str, tuple[WatchedDay, RoadNetwork]] = {}

    def days(self, network: RoadNetwork) -> Sequence[WatchedDay]:
        """Return the days of a network."""
        return [day for day, own in self._days.values() if own == network]

    def keep(self, day: WatchedDay, network: RoadNetwork) -> None:
        """Keep a day."""
        self._days[day.day] = day, network


class ForesightDesk:
    """Keeps the youngest forecast."""

    def __init__(self, minutes: Callable[[int], Sequence[CityMinute]], conditions: Callable[[int], Conditions]) -> None:
        """Args: minutes, complete ones since a time; conditions, of a time. [ms]"""
        self._minutes, self._conditions = minutes, conditions
        self.keeper: DayKeeper = DaysInMemory()
        self.restrictions: Callable[[], tuple[Restriction, ...]] = tuple
        """What incidents leave of the capacity of roads, now."""
        self.latest: CityForecast | None = None
        self._network: RoadNetwork | None = None
        self._foresight: Foresight | None = None
        self._today: _Today | None = None
        self._learned_day = -1

    def tick(self, network: RoadNetwork | None) -> None:
        """Make a forecast if there is a minute that none was made of. Args: network, the one in force."""
        if network is None:
            return
        self._follow(network)
        assert self._foresight is not None
        found = self._minutes(0 if self.latest is None else self.latest.at_utc_ms - _PAST_MS)[-_PAST_MS // MINUTE_MS :]
        if len(found) < SLOT_MIN or self._is_made(found[-1]):
            return
        restrictions = self.restrictions()
        at_ms = found[-1].minute_utc_ms + MINUTE_MS
        self.latest = self._foresight.forecast(found, self.factors_at, restrictions, at_ms)
        if at_ms % SLOT_MS == 0:
            self._record(found, at_ms, restrictions)

    def learn_due(self) -> tuple[str, ...]:
        """Learn once a day, and when a network is new, from the days that are kept; nothing where they are too few."""
        network, foresight = self._network, self._foresight
        if network is None or foresight is None or self.latest is None:
            return ()
        day = local_day(self.latest.at_utc_ms, offset_h(network))
        if day == self._learned_day:
            return ()
        self._learned_day = day
        days = self.keeper.days(network)
        if len(days) >= LEAST_DAYS:
            learned = learn(days, foresight.city)
            if self._network is network:
                self._foresight = Foresight(foresight.city, learned, day_of(network))
        return ()

    def factors_at(self, at_utc_ms: int) -> RoadFactors:
        """Return what weather and events do to each road at a time. [ms]

        What an event adds is measured by the flow of the last minute, or by a tenth of the capacity where that is less.
        """
        assert self._network is not None
        found, roads = self._conditions(at_utc_ms), self._network.roads
        ones: Floats = np.ones(len(roads), dtype=np.float32)
        more = by_road(found, {each.road: each.district for each in roads})
        demand = ones.copy()
        last = self._minutes(at_utc_ms - _PAST_MS)[-1:] if more else ()
        for road, extra_veh_h in more.items():
            at = self._network.index.get(road)
            if at is not None:
                flow = float(np.nan_to_num(last[0].flow_veh_h[at])) if last else 0.0
                demand[at] += extra_veh_h / max(flow, _LEAST_DEMAND * roads[at].capacity_veh_h)
        return RoadFactors(ones * np.float32(found.saturation), ones * np.float32(found.free_speed), demand)

    def _is_made(self, last: CityMinute) -> bool:
        return self.latest is not None and last.minute_utc_ms + MINUTE_MS <= self.latest.at_utc_ms

    def _follow(self, network: RoadNetwork) -> None:
        if network is self._network:
            return
        self._network, self.latest, self._today, self._learned_day = network, None, None, -1
        self._foresight = Foresight(arrays_of(network), None, day_of(network))

    def _record(self, found: Sequence[CityMinute], at_ms: int, restrictions: tuple[Restriction, ...]) -> None:
        assert self._network is not None and self._foresight is not None
        begin_ms = at_ms - SLOT_MS
        day = local_day(begin_ms, offset_h(self._network))
        if self._today is None or self._today.number != day:
            if self._today is not None:
                self.keeper.keep(self._today.day(), self._network)
            self._today = _Today(day, offset_h(self._network), self._foresight.city)
        last = [each for each in found if each.minute_utc_ms >= begin_ms]
        if len(last) == SLOT_MIN:
            self._today.take(folded(minutes_of(last, self._foresight.city), self._foresight.city), begin_ms)
        self._today.take_factors(self.factors_at(begin_ms), restrictions, begin_ms)
        if at_ms % (60 * MINUTE_MS) == 0:
            self.keeper.keep(self._today.day(), self._network)


class _Today:
    """The day that goes on, slot by slot; slots that were missed stay unknown."""

    def __init__(self, number: int, offset: int, city: CityArrays) -> None:
        self.number, self._offset = number, offset
        shape = (SLOTS_A_DAY, len(city.names))
        self._rows = {each.name: np.full(shape, np.nan, dtype=np.float32) for each in fields(Slots)}
        self._factors = {each.name: np.ones(shape, dtype=np.float32) for each in fields(Factors)}
        self._told: dict[tuple[str, float], Told] = {}

    def take(self, slots: Slots, begin_ms: int) -> None:
        """Take the slot that began at a time. [ms]"""
        for name, row in self._rows.items():
            row[self._at(begin_ms)] = getattr(slots, name)[-1]

    def take_factors(self, factors: RoadFactors, restrictions: Sequence[Restriction], begin_ms: int) -> None:
        """Take what was in force in it."""
        for name, row in self._factors.items():
            row[self._at(begin_ms)] = getattr(factors, name)
        for each in restrictions:
            key = (each.road, each.capacity_left)
            first = self._told[key].from_utc_ms if key in self._told else begin_ms
            self._told[key] = Told(each, first, begin_ms + 2 * SLOT_MS)

    def day(self) -> WatchedDay:
        """Return the day so far."""
        slots = Slots(**{name: row.copy() for name, row in self._rows.items()})
        date = dt.date.fromordinal(dt.date(1970, 1, 1).toordinal() + self.number)
        return WatchedDay(
            day=date.isoformat(),
            kind=WEEKDAYS[date.weekday()],
            begin_utc_ms=self.number * DAY_MS - self._offset * 3_600_000,
            first_slot=0,
            seen=slots,
            true=slots,
            factors=Factors(**{name: row.copy() for name, row in self._factors.items()}),
            told=tuple(self._told.values()),
        )

    def _at(self, begin_ms: int) -> int:
        return (begin_ms + self._offset * 3_600_000 - self.number * DAY_MS) // SLOT_MS


def offset_h(network: RoadNetwork) -> int:
    """Return how far local time is ahead of UTC, whole hours by the sun: good enough to tell weekdays and slots. [h]"""
    return round(network.plane.middle[0] / 15.0)


def local_day(utc_ms: int, offset: int) -> int:
    """Return the number of the local day since 1970."""
    return (utc_ms + offset * 3_600_000) // DAY_MS


def day_of(network: RoadNetwork) -> Callable[[int], tuple[str, int]]:
    """Return what says the type of the local day and its slot at a time."""
    offset = offset_h(network)

    def found(utc_ms: int) -> tuple[str, int]:
        day = local_day(utc_ms, offset)
        kind = WEEKDAYS[dt.date.fromordinal(dt.date(1970, 1, 1).toordinal() + day).weekday()]
        return kind, (utc_ms + offset * 3_600_000) % DAY_MS // SLOT_MS

    return found
