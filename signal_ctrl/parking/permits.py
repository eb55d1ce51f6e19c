"""Permits and reservations: one car, one number, one space. A car is known by the code of its plate alone.

A permit lets a car in without a ticket; a reservation keeps a space of a kind for it, with its number where the
facility has sensors or the office says so. Both end after 28 days at the latest: a longer permit is handed in again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import Enum
from threading import Lock
from typing import Final

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import ConflictError, InvalidTimingError, NotFoundError
from signal_ctrl.domain.secrecy import RandomBytes
from signal_ctrl.domain.shelves import ShelfSpec
from signal_ctrl.parking.book import OccupancyBook
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.plates import KEPT_MS, PlateCodes
from signal_ctrl.parking.ports import Store, Transaction

LATE_MS: Final = 1_800_000
"""A reservation whose car has not come so long after its begin keeps nothing any more. [ms] [P]"""
EVER_MS: Final = 30 * 86_400_000
"""No pass was ever given for longer. [ms]"""
MOST_PASSES: Final = 100_000
_ID_BYTES: Final = 8


class PassKind(Enum):
    """What a car is let in by."""

    PERMIT = "permit"
    RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class Pass:
    """A permit or a reservation. `space`, the number that is kept; none: any of the kind. [ms]"""

    pass_id: str
    kind: PassKind
    facility: str
    plate_code: str
    space_kind: SpaceKind
    from_utc_ms: int
    until_utc_ms: int
    made_utc_ms: int
    space: str = ""
    arrived_utc_ms: int | None = None

    def __post_init__(self) -> None:
        if not self.from_utc_ms < self.until_utc_ms:
            raise InvalidTimingError("a pass counts from a time until a later one")
        if self.until_utc_ms > self.made_utc_ms + EVER_MS:
            raise InvalidTimingError("a pass ends within 30 days")

    def holds(self, now_utc_ms: int) -> bool:
        """Tell whether it keeps a space for a car that has not come. [ms]"""
        late_ms = min(self.until_utc_ms, self.from_utc_ms + LATE_MS)
        waits = self.kind is PassKind.RESERVATION and self.arrived_utc_ms is None
        return waits and self.from_utc_ms <= now_utc_ms < late_ms


PASSES: Final = ShelfSpec(
    "parking_passes",
    Pass,
    key=lambda p: p.pass_id,
    at_utc_ms=lambda p: p.until_utc_ms,
    columns={"facility": lambda p: p.facility, "plate_code": lambda p: p.plate_code},
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an office wants for a car; the plate is forgotten once it is coded. [ms]"""

    kind: PassKind
    facility: str
    plate: str
    from_utc_ms: int
    until_utc_ms: int
    space_kind: SpaceKind = SpaceKind.GENERAL
    space: str = ""

    def __repr__(self) -> str:
        return f"Wish({self.kind.value}, {self.facility})"


class PassDesk:
    """All permits and reservations."""

    def __init__(self, store: Store, clock: Clock, random: RandomBytes, codes: PlateCodes, book: OccupancyBook) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._codes = codes
        self._book = book
        self._lock = Lock()
        self._passes: Mapping[str, Pass] = {}
        self._waiting: Mapping[str, Sequence[Pass]] = {}
        """Reservations whose cars have not come, by facility. Both are put in place whole: others read them meanwhile.
        """

    def load(self) -> None:
        """Read what counts, or will."""
        now_ms = self._clock.utc_ms()
        found = self._store.read(lambda r: r.shelf(PASSES).find(None, now_ms, limit=MOST_PASSES))
        self._know({each.pass_id: each for each in found})

    def _know(self, passes: Mapping[str, Pass]) -> None:
        waiting: dict[str, list[Pass]] = {}
        for each in passes.values():
            if each.kind is PassKind.RESERVATION and each.arrived_utc_ms is None:
                waiting.setdefault(each.facility, []).append(each)
        self._passes, self._waiting = passes, waiting

    def all(self) -> Sequence[Pass]:
        """Return what counts or will, by id."""
        now_ms = self._clock.utc_ms()
        return tuple(each for _, each in sorted(self._passes.items()) if each.until_utc_ms > now_ms)

    def give(self, who: str, wish: Wish) -> Pass:
        """Give a car a permit or a reservation.

        Raises: NotFoundError; InvalidInputError; InvalidTimingError for one that ends too late; ConflictError if the
            space is another car's, or none of the kind is left to reserve.
        """
        facility, now_ms = self._book.facilities.of(wish.facility), self._clock.utc_ms()
        if wish.space and facility.section_of.get(wish.space) is None:
            raise NotFoundError(f"facility {wish.facility} has no space {wish.space}")
        if wish.until_utc_ms > now_ms + KEPT_MS:
            raise InvalidTimingError("a pass ends within 28 days: no code of a plate is kept for 30; hand it in again")
        space_kind = facility.section_of[wish.space].kind if wish.space else wish.space_kind
        new = Pass(
            pass_id=f"pass-{self._random(_ID_BYTES).hex()}",
            kind=wish.kind,
            facility=wish.facility,
            plate_code=self._codes.code(wish.plate),
            space_kind=space_kind,
            from_utc_ms=wish.from_utc_ms,
            until_utc_ms=wish.until_utc_ms,
            made_utc_ms=now_ms,
            space=wish.space,
        )
        with self._lock:
            self._check_room(new, facility.capacity_of(space_kind))
            self._write(who, "give", new)
        return new

    def _check_room(self, new: Pass, capacity: int) -> None:
        others = [
            each
            for each in self.all()
            if each.facility == new.facility
            and each.kind is PassKind.RESERVATION
            and each.from_utc_ms < new.until_utc_ms
            and new.from_utc_ms < each.until_utc_ms
        ]
        if new.space and any(each.space == new.space for each in others):
            raise ConflictError(f"space {new.space} is kept for another car in that time")
        same = sum(each.space_kind is new.space_kind for each in others)
        if new.kind is PassKind.RESERVATION and same >= capacity:
            raise ConflictError(f"all {capacity} {new.space_kind.value} spaces of {new.facility} are reserved")

    def end(self, who: str, pass_id: str) -> None:
        """Take a permit or reservation back. Raises: NotFoundError."""
        now_ms = self._clock.utc_ms()

        def work(t: Transaction) -> None:
            t.shelf(PASSES).remove(pass_id)
            t.record(who, "end", pass_id, "done", now_ms)

        with self._lock:
            if pass_id not in self._passes:
                raise NotFoundError(f"there is no pass {pass_id}")
            self._store.write(work)
            self._know({name: each for name, each in self._passes.items() if name != pass_id})

    def admit(self, who: str, facility: str, plate: str) -> Pass | None:
        """Return the pass by which a car may enter now, which has come from here on; None if it has none.

        Raises: NotFoundError; InvalidInputError for what is no plate.
        """
        self._book.facilities.of(facility)
        codes = set(self._codes.codes(plate))
        with self._lock:
            return self._admit(who, facility, codes)

    def _admit(self, who: str, facility: str, codes: Set[str]) -> Pass | None:
        now_ms = self._clock.utc_ms()
        found = [
            each
            for each in self.all()
            if each.facility == facility and each.plate_code in codes and each.from_utc_ms <= now_ms
        ]
        if not found:
            return None
        best = min(found, key=lambda each: (each.kind is PassKind.PERMIT, each.until_utc_ms))
        if best.arrived_utc_ms is None:
            best = replace(best, arrived_utc_ms=now_ms)
            self._write(who, "admit", best)
        return best

    def reserved(self, facility: str, now_utc_ms: int) -> Mapping[SpaceKind, int]:
        """Return how many spaces of each kind are kept for cars that have not come. [ms]"""
        return Counter(each.space_kind for each in self._waiting.get(facility, ()) if each.holds(now_utc_ms))

    def reserved_spaces(self, facility: str, now_utc_ms: int) -> frozenset[str]:
        """Return the numbers of the spaces of a facility that are kept for cars that have not come. [ms]"""
        waiting = self._waiting.get(facility, ())
        return frozenset(each.space for each in waiting if each.space and each.holds(now_utc_ms))

    def tidy(self) -> None:
        """Forget what is over."""
        now_ms = self._clock.utc_ms()

        def work(t: Transaction) -> None:
            t.shelf(PASSES).forget(now_ms)

        with self._lock:
            self._store.write(work)
            self._know({each.pass_id: each for each in self.all()})

    def _write(self, who: str, action: str, what: Pass) -> None:
        now_ms = self._clock.utc_ms()

        def work(t: Transaction) -> None:
            t.shelf(PASSES).put(what)
            t.record(who, action, what.pass_id, f"{what.kind.value} at {what.facility}", now_ms)

        self._store.write(work)
        self._know({**self._passes, what.pass_id: what})
