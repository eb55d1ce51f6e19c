"""The states of all facilities in memory, and the beliefs made of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from signal_ctrl.domain.batches import Reason
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.parking.facilities import Facilities, SpaceKind
from signal_ctrl.parking.facility_state import FacilityState
from signal_ctrl.parking.occupancy import FreeCount, Occupancy
from signal_ctrl.parking.readings import ParkingReading

FUTURE_MS: Final = 5_000
"""A reading may be so far ahead of this clock. [ms] [P]"""
OLD_MS: Final = 3_600_000
"""A reading that was so long under way says nothing any more. [ms] [P]"""
Reserved = Callable[[str, int], Mapping[SpaceKind, int]]
"""Says how many spaces of each kind of a facility are reserved for cars that have not come yet. [ms]"""
EMPTY: Final = Facilities(())


ReservedSpaces = Callable[[str, int], Set[str]]
"""Says which spaces of a facility are reserved by their number for cars that have not come yet. [ms]"""


def no_space_reserved(_facility: str, _now_utc_ms: int) -> Set[str]:
    """Say that no space is reserved by its number."""
    return frozenset()


def nothing_reserved(_facility: str, _now_utc_ms: int) -> Mapping[SpaceKind, int]:
    """Say that nothing is reserved."""
    return {}


class OccupancyBook:
    """What the service believes of its facilities. Whoever calls `take` does so in one thread at a time."""

    def __init__(self) -> None:
        self.facilities = EMPTY
        self.reserved: Reserved = nothing_reserved
        self.reserved_spaces: ReservedSpaces = no_space_reserved
        self._states: Mapping[str, FacilityState] = {}

    def begin(self, facilities: Facilities) -> None:
        """Hold these facilities from now on; what is known of those that stay goes on."""
        kept, states = self._states, {}
        for each in facilities.facilities:
            state = FacilityState(each, facilities.timezone)
            known = kept.get(each.facility)
            if known is not None and known.facility == each:
                state = known
            elif known is not None:
                state.restore(known.document())
            states[each.facility] = state
        self.facilities, self._states = facilities, states

    def renewed(self, names: Set[str]) -> Mapping[str, FacilityState]:
        """Put states of which nothing is known in place of those of some facilities, and return them."""
        new = {name: FacilityState(self.facilities.of(name), self.facilities.timezone) for name in names}
        self._states = {name: new.get(name, state) for name, state in self._states.items()}
        return new

    def take(self, reading: ParkingReading, feed: str, received_utc_ms: int) -> Reason | None:
        """Take a reading and return why it is left out, None if it counts. [ms]"""
        state = self._states.get(reading.facility)
        if state is None:
            return Reason.UNKNOWN
        if reading.at_utc_ms > received_utc_ms + FUTURE_MS:
            return Reason.FUTURE
        if reading.at_utc_ms < received_utc_ms - OLD_MS:
            return Reason.LATE
        return state.take(reading, feed)

    def of(self, facility: str, now_utc_ms: int) -> Occupancy:
        """Return what is believed of a facility, reservations taken off. [ms] Raises: NotFoundError."""
        belief = self.state(facility).belief(now_utc_ms)
        held = self.reserved(facility, now_utc_ms)
        return _without(belief, held) if held else belief

    def all(self, now_utc_ms: int) -> Sequence[Occupancy]:
        """Return what is believed of every facility, in the order of the document. [ms]"""
        return tuple(self.of(name, now_utc_ms) for name in self._states)

    def state(self, facility: str) -> FacilityState:
        """Return the state of a facility. Raises: NotFoundError."""
        found = self._states.get(facility)
        if found is None:
            raise NotFoundError(f"there is no facility {facility}; 'signal-ctrl parking facilities list' shows them")
        return found

    def states(self) -> Iterable[FacilityState]:
        """Return all states, in the order of the document."""
        return tuple(self._states.values())


def _without(belief: Occupancy, held: Mapping[SpaceKind, int]) -> Occupancy:
    """Return a belief without the spaces that are held for somebody."""
    by_kind = {kind: _less(count, held.get(kind, 0)) for kind, count in belief.by_kind.items()}
    return replace(belief, total=_less(belief.total, sum(held.values())), by_kind=MappingProxyType(by_kind))


def _less(count: FreeCount, held: int) -> FreeCount:
    low, free, high = (max(each - held, 0) for each in (count.low, count.free, count.high))
    return FreeCount(free, low, high, count.capacity)
