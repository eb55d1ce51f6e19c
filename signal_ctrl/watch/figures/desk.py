"""The figures of the city as they go on: those of the last minute, and a slot of five minutes after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.alarms import ALARMS, AlarmState
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.ports import Importance, Reading, Transaction
from signal_ctrl.centre.presence import Link
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.figures.values import CITY_FIGURES, SLOT_MS, CitySlot, FigureMaker, mean, mean_of

DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
LATE_MS: Final = 20_000
"""A slot is made so long after its end: its last minute is complete by then. [ms]"""
MOST_TREND_MS: Final = 26 * 3_600_000
"""The longest trend: a day of 25 hours, and one more. [ms]"""
USUAL_WEEKS: Final = 4
LEAST_DAYS: Final = 2
"""What is usual is the mean of the same weekday in four weeks, if it is known of two of them. [P]"""
_LIVE: Final = tuple(each.value for each in AlarmState if each is not AlarmState.CLEARED)
_MEANS: Final = ("trunk_kmh", "vehicles", "delay_veh_h_h")
_COUNTS: Final = ("alarms", "overrides", "heard")


@dataclass(frozen=True, slots=True)
class Trend:
    """Slots of a time, the oldest first, and what is usual then: means of `usual_days` days, of the same slots."""

    slots: tuple[CitySlot, ...]
    usual: tuple[CitySlot, ...]
    usual_days: int


class FiguresDesk:
    """Keeps a slot every five minutes."""

    def __init__(self, centre: Centre, minutes: Callable[[int], Sequence[CityMinute]]) -> None:
        """Args: minutes, complete ones since a time. [ms]"""
        self._centre = centre
        self._minutes = minutes
        self._network: RoadNetwork | None = None
        self._maker: FigureMaker | None = None
        self._kept_ms: int | None = None

    def maker(self, network: RoadNetwork) -> FigureMaker:
        """Return what makes figures of a network's minutes."""
        if self._maker is None or self._network is not network:
            self._network, self._maker = network, FigureMaker(network)
        return self._maker

    def tick(self, network: RoadNetwork | None) -> None:
        """Keep the last slot that is over, once; what was missed stays unknown. Raises: StorageError."""
        slot_ms = (self._centre.desk.now_ms() - LATE_MS) // SLOT_MS * SLOT_MS - SLOT_MS
        if slot_ms == self._kept_ms or slot_ms < 0:
            return
        if self._kept_ms is not None:
            self._centre.store.write(lambda t: self._keep(t, network, slot_ms), Importance.RAW)
        self._kept_ms = slot_ms

    def _keep(self, t: Transaction, network: RoadNetwork | None, slot_ms: int) -> None:
        means = {} if network is None else self._means(network, slot_ms)
        t.shelf(CITY_FIGURES).put(
            CitySlot(
                slot_ms,
                trunk_kmh=means.get("trunk_kmh"),
                vehicles=means.get("vehicles"),
                delay_veh_h_h=means.get("delay_veh_h_h"),
                alarms=t.shelf(ALARMS).count({"state": _LIVE}),
                overrides=sum(each.state.value == "active" for each in self._centre.overrides.live()),
                heard=self._heard(),
            )
        )

    def _means(self, network: RoadNetwork, slot_ms: int) -> dict[str, float | None]:
        maker, n_roads = self.maker(network), len(network.roads)
        found = [each for each in self._minutes(slot_ms) if each.minute_utc_ms < slot_ms + SLOT_MS]
        return mean_of([maker.of(each) for each in found if len(each.level) == n_roads])

    def _heard(self) -> int:
        registry, book = self._centre.registry, self._centre.orders.book
        return sum(registry.link(each.cabinet) is Link.ONLINE for each in book.deliveries())


def trend(reading: Reading, from_utc_ms: int, until_utc_ms: int) -> Trend:
    """Return the slots of a time, and what is usual at it. [ms]

    Raises: InvalidInputError if the time is longer than 26 hours, or no time.
    """
    if not 0 <= until_utc_ms - from_utc_ms <= MOST_TREND_MS:
        raise InvalidInputError("a trend is of 26 hours at most, and its end is not before its begin")
    length_ms = max(DAY_MS, until_utc_ms - from_utc_ms)  # a day of 25 hours has a last one too
    begins = [from_utc_ms - WEEK_MS * k for k in range(1, USUAL_WEEKS + 1)]
    weeks = [week for begin in begins if (week := _slots(reading, begin, begin + length_ms, from_utc_ms - begin))]
    usual = usual_of(weeks)
    return Trend(_slots(reading, from_utc_ms, until_utc_ms), usual, len(weeks) if usual else 0)


def usual_of(weeks: Sequence[Sequence[CitySlot]]) -> tuple[CitySlot, ...]:
    """Return the means of slots of the same time, where two days or more have it, the earliest first."""
    by_time: dict[int, list[CitySlot]] = {}
    for slot in (slot for week in weeks for slot in week):
        by_time.setdefault(slot.from_utc_ms, []).append(slot)
    return tuple(_mean_slot(at, slots) for at, slots in sorted(by_time.items()) if len(slots) >= LEAST_DAYS)


def _mean_slot(at_utc_ms: int, slots: Sequence[CitySlot]) -> CitySlot:
    means = {name: mean([getattr(slot, name) for slot in slots]) for name in _MEANS}
    counts = {name: round(sum(getattr(slot, name) for slot in slots) / len(slots)) for name in _COUNTS}
    return CitySlot(at_utc_ms, **means, **counts)  # type: ignore[arg-type]  # by name


def _slots(reading: Reading, from_utc_ms: int, until_utc_ms: int, moved_ms: int = 0) -> tuple[CitySlot, ...]:
    """Return slots, the oldest first, as if they had been so much later. [ms]"""
    found = reading.shelf(CITY_FIGURES).find(None, max(0, from_utc_ms), max(0, until_utc_ms))
    return tuple(replace(slot, from_utc_ms=slot.from_utc_ms + moved_ms) for slot in found[::-1])
