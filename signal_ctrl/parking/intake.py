"""Batches of readings taken in: each once, kept before it is acknowledged, applied in the order in which it was kept.

The state of facilities is in memory. It is written down facility by facility, in turn; after a crash each goes on from
what was written, with the batches that came after it.
"""

import base64
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from signal_ctrl.domain.batches import Batch, Reason
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import ConflictError, NotFoundError
from signal_ctrl.domain.storing import Importance
from signal_ctrl.parking.batch import FORM, reading_of
from signal_ctrl.parking.book import OccupancyBook
from signal_ctrl.parking.facilities import Facilities
from signal_ctrl.parking.kept import READINGS, READINGS_KEPT_MS, STATES, StoredReadings, StoredState
from signal_ctrl.parking.machines import Machine
from signal_ctrl.parking.ports import Reading, Store, Transaction
from signal_ctrl.parking.readings import ParkingReading

_PACK_LEVEL: Final = 1
_PAGE: Final = 200
ROUND_MS: Final = 60_000
"""The state of every facility is written down once in so long. [ms]"""
CLOCK_BACK_MS: Final = 60_000
"""Batches are read again from so long before, in case the wall clock was set back. [ms]"""


@dataclass(slots=True)
class Heard:
    """What came of one sender since the start. [ms]"""

    batches: int = 0
    taken: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    last_utc_ms: int = 0

    def note(self, taken: int, left_out: Counter[Reason], now_utc_ms: int) -> None:
        """Count a batch in. [ms]"""
        self.batches += 1
        self.taken += taken
        self.left_out.update(left_out)
        self.last_utc_ms = now_utc_ms


class Intake:
    """Takes batches, one after the other."""

    def __init__(
        self, store: Store, clock: Clock, book: OccupancyBook, machine_of: Callable[[str], Machine | None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._book = book
        self._machine_of = machine_of
        self._lock = Lock()
        self._number = 0
        self._turn = 0
        self._due = 0.0
        self._ticked_ms = clock.mono_ms()
        self._unsettled: set[str] = set()
        self.heard: dict[str, Heard] = {}

    def take(self, machine: Machine, body: bytes) -> bytes:
        """Keep a batch and return its receipt; for one that is here already, the receipt that it got.

        Raises: InvalidInputError for what is no batch; NotFoundError for another sender's; ConflictError if another
            batch is here under its number; StorageError.
        """
        batch = FORM.from_bytes(body)
        if batch.feed != machine.machine:
            raise NotFoundError("there is no such feed")
        digest = hashlib.sha256(body).hexdigest()
        packed = base64.b64encode(zlib.compress(body, _PACK_LEVEL)).decode()
        with self._lock:
            self._settle()
            known = self._store.read(lambda r: r.shelf(READINGS).get(batch.key))
            return _known(known, digest) if known is not None else self._keep(batch, digest, packed)

    def _keep(self, batch: Batch, digest: str, packed: str) -> bytes:
        """Apply a batch and keep it. What could not be kept is taken out of memory again before anything else is taken.

        A number is never used twice, whatever became of its batch.
        """
        self._number += 1
        now_ms, number = self._clock.utc_ms(), self._number
        taken, left_out = self._apply(batch, now_ms)
        reasons = {reason.value: many for reason, many in sorted(left_out.items(), key=lambda each: each[0].value)}
        receipt = canonical({"sequence": batch.sequence, "taken": taken, "left_out": reasons})
        stored = StoredReadings(batch.key, number, now_ms, digest, packed, receipt)
        try:
            self._store.write(lambda t: t.shelf(READINGS).add(stored), Importance.RAW)
        except BaseException:
            found = map(reading_of, batch.items)
            self._unsettled |= {each.facility for each in found if not isinstance(each, Reason)}
            raise
        self._heard_of(batch.feed).note(taken, left_out, now_ms)
        return receipt.encode()

    def _settle(self) -> None:
        """Make those facilities anew from what is kept that hold readings of a batch that may not be.

        Raises: StorageError as long as the store takes none.
        """
        if not self._unsettled:
            return
        self._store.write(lambda _transaction: None, Importance.RAW)  # while that fails, nothing is read for nothing
        there = set(self._unsettled) & set(self._book.facilities.index)
        self._read_again(there)
        self._unsettled.clear()

    def _heard_of(self, feed: str) -> Heard:
        return self.heard.setdefault(feed, Heard())

    def _apply(self, batch: Batch, received_utc_ms: int, only: Set[str] | None = None) -> tuple[int, Counter[Reason]]:
        """Apply a batch and return how many of its readings count, and why others do not.

        Args: only, the facilities that it is applied to; None: to all.
        """
        machine = self._machine_of(batch.feed)
        taken, left_out = 0, Counter[Reason]()
        for item in batch.items:
            reading = reading_of(item)
            if only is not None and not isinstance(reading, Reason) and reading.facility not in only:
                continue
            why = self._why_not(reading, batch.feed, machine, received_utc_ms)
            if why is None:
                taken += 1
            else:
                left_out[why] += 1
        return taken, left_out

    def _why_not(
        self, reading: ParkingReading | Reason, feed: str, machine: Machine | None, received_utc_ms: int
    ) -> Reason | None:
        if isinstance(reading, Reason):
            return reading
        if machine is None or not machine.speaks_for(reading.facility):
            return Reason.FOREIGN
        return self._book.take(reading, feed, received_utc_ms)

    def begin(self) -> None:
        """Go on from what was written down, with the batches that came after it."""
        with self._lock:
            for batch, taken, left_out, at_utc_ms in self._read_again(set(self._book.facilities.index)):
                self._heard_of(batch.feed).note(taken, left_out, at_utc_ms)

    def change(self, facilities: Facilities) -> None:
        """Hold other facilities from now on. Raises: StorageError."""
        with self._lock:
            self._settle()
            known = set(self._book.facilities.index)
            self._book.begin(facilities)
            self._write_states([each for each in self._book.facilities.index if each not in known])

    def _read_again(self, names: Set[str]) -> list[tuple[Batch, int, Counter[Reason], int]]:
        """Make the states of some facilities anew from what is kept, and return what of each batch counted. [ms]"""
        kept = self._store.read(lambda r: r.shelf(STATES).several(names))
        numbers = {name: kept[name].number if name in kept else 0 for name in names}
        batches = self._since(min((each.at_utc_ms for each in kept.values()), default=0))
        there = self._book.renewed(names)
        for name, state in kept.items():
            there[name].restore(json.loads(state.document))
        found = []
        for stored in batches:
            batch = FORM.from_bytes(zlib.decompress(base64.b64decode(stored.packed)))
            later = {name for name, number in numbers.items() if number < stored.number}
            found.append((batch, *self._apply(batch, stored.received_utc_ms, later), stored.received_utc_ms))
        self._number = max([self._number, *numbers.values(), *(each.number for each in batches)])
        return found

    def _since(self, since_utc_ms: int) -> list[StoredReadings]:
        """Return batches from a time on, in the order in which they were taken; the wall clock may have gone back."""
        found: dict[str, StoredReadings] = {}
        since_ms, before_ms = max(since_utc_ms - CLOCK_BACK_MS, 0), None
        while page := self._page(since_ms, before_ms):
            found |= {each.key: each for each in page}
            before_ms = page[-1].received_utc_ms
        return sorted(found.values(), key=lambda each: each.number)

    def _page(self, since_utc_ms: int, before_utc_ms: int | None) -> tuple[StoredReadings, ...]:
        """Return the youngest batches before a time: a page, and all others of its oldest moment. [ms]"""

        def look(reading: Reading) -> tuple[StoredReadings, ...]:
            shelf = reading.shelf(READINGS)
            page = shelf.find(None, since_utc_ms, before_utc_ms, _PAGE)
            if len(page) < _PAGE:
                return page
            oldest_ms = page[-1].received_utc_ms
            return (*page, *shelf.find(None, oldest_ms, oldest_ms + 1, 100_000))

        return self._store.read(look)

    def tick(self) -> None:
        """Write down the states that are due: each of them once in a round."""
        now_mono_ms = self._clock.mono_ms()
        names = tuple(self._book.facilities.index)
        self._due = min(self._due + len(names) * (now_mono_ms - self._ticked_ms) / ROUND_MS, float(max(len(names), 1)))
        self._ticked_ms, many = now_mono_ms, int(self._due)
        self._due -= many
        with self._lock:
            self._settle()
            self._write_states([names[(self._turn + k) % len(names)] for k in range(many)] if names else [])
        self._turn += many

    def _write_states(self, names: Sequence[str]) -> None:
        """Write down the states of some facilities as they are now."""
        now_ms, number = self._clock.utc_ms(), self._number
        there = {each.facility.facility: each for each in self._book.states()}
        found = [(name, canonical(there[name].document())) for name in names if name in there]
        kept = [StoredState(name, now_ms, number, document) for name, document in found]
        if kept:
            self._store.write(lambda t: t.shelf(STATES).put_all(kept))

    def write_all(self) -> None:
        """Write down all states, at an orderly end."""
        with self._lock:
            self._settle()
            self._write_states(tuple(self._book.facilities.index))

    def look_after(self) -> None:
        """Let facilities do what is due once a minute."""
        with self._lock:
            for state in self._book.states():
                state.tick(self._clock.utc_ms())

    def tidy(self) -> None:
        """Take out batches that are kept long enough."""
        before_ms = self._clock.utc_ms() - READINGS_KEPT_MS

        def work(t: Transaction) -> None:
            t.shelf(READINGS).forget(before_ms)

        self._store.write(work, Importance.ESSENTIAL)


def _known(stored: StoredReadings, digest: str) -> bytes:
    if stored.digest != digest:
        raise ConflictError(f"another batch is here as {stored.key}")
    return stored.receipt.encode()
