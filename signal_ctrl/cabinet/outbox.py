"""Reports on their way: numbered and durable before they are sent, in order, the oldest given up when there is no room.

Reports gather until a batch is sealed: then it has its number, is on the shelf, and never changes. A fault is sealed at
once, in a batch of its own. Where the shelf is full, the oldest batch without a fault is given up. Faults are never
given up for other reports; the oldest go for younger faults, beyond `FAULT_CAPACITY`. How many reports were given up is
told with the first batch after the centre answers again.
"""

import json
import re
from collections.abc import Sequence
from functools import reduce
from typing import Final, NamedTuple

from signal_ctrl.cabinet.ports import Shelf
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.reports import (
    MAX_GAPS,
    Batch,
    Gap,
    Report,
    batch_from_bytes,
    batch_to_bytes,
    gap_of,
    report_document,
)

CAPACITY: Final = 20_000
"""Reports kept at most; RSMP asks for 10,000."""
FAULT_CAPACITY: Final = 20_000
"""Reports in batches that are kept, at most: 10,000 faults with their ends, of which SAFETY (part D) wants 3,000. Each
is a file, so a device that comes and goes while nobody listens would fill the disk."""
SEAL_REPORTS: Final = 200
SEAL_BYTES: Final = 40_000
"""A batch is sealed when it has so many reports or bytes; a single report is well below the rest of 64 KiB."""
_SHELF: Final = "report-"
_NAME: Final = re.compile(r"report-(\d{10,})-(\d{12,})-([0-9a-f]{32})-(\d+)-(kept|may-go)", re.ASCII)
_GAPS: Final = "gaps"


class Sealed(NamedTuple):
    """A batch on the shelf; its name there says all of this, so that a start reads no batch."""

    n_boot: int
    boot: str
    sequence: int
    reports: int
    kept: bool

    @property
    def weight(self) -> int:
        """What it takes of the room for faults."""
        return max(self.reports, 1) if self.kept else 0

    @property
    def name(self) -> str:
        """Its name on the shelf; names are in the order in which batches were sealed."""
        kept = "kept" if self.kept else "may-go"
        return f"{_SHELF}{self.n_boot:010d}-{self.sequence:012d}-{self.boot}-{self.reports}-{kept}"


class Pending(NamedTuple):
    """A batch to be sent: its bytes, and when the youngest report in it was made. [ms]"""

    sealed: Sealed
    data: bytes
    made_utc_ms: int


def _sealed_of(name: str) -> Sealed | None:
    """Return the batch of a name on the shelf, None if no outbox gave that name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    n_boot, sequence, boot, reports, kept = found.groups()
    return Sealed(int(n_boot), boot, int(sequence), int(reports), kept == "kept")


class Outbox:
    """The reports of one cabinet. `n_boot` counts its starts and gives the order of their batches."""

    def __init__(
        self,
        cabinet: str,
        boot: str,
        n_boot: int,
        shelf: Shelf,
        capacity: int = CAPACITY,
        fault_capacity: int = FAULT_CAPACITY,
    ) -> None:
        self._cabinet = cabinet
        self._boot = boot
        self._n_boot = n_boot
        self._shelf = shelf
        self._capacity, self._fault_capacity = capacity, fault_capacity
        self._sequence = 0
        self._gathered: list[Report] = []
        self._bytes = 0
        self._gaps = _gaps_of(shelf.get(_GAPS))
        found = (_sealed_of(name) for name in shelf.names(_SHELF))
        self._sealed = [sealed for sealed in found if sealed is not None]
        self._count = sum(sealed.reports for sealed in self._sealed)
        self._faults = sum(sealed.weight for sealed in self._sealed)
        for sealed in [sealed for sealed in self._sealed if self._is_in_gap(sealed)]:
            self._forget(sealed)  # it was about to go when the power did

    def _is_in_gap(self, sealed: Sealed) -> bool:
        return any(gap.boot == sealed.boot and gap.first <= sealed.sequence <= gap.last for gap in self._gaps)

    @property
    def waiting(self) -> int:
        """How many reports wait, sealed or not."""
        return self._count + len(self._gathered)

    @property
    def given_up(self) -> int:
        """How many reports were given up and not told of yet."""
        return sum(gap.reports for gap in self._gaps)

    @property
    def gathered(self) -> int:
        """How many reports are not sealed yet."""
        return len(self._gathered)

    def add(self, report: Report) -> None:
        """Take a report. A fault is on the shelf when this returns.

        Raises: BackendError if the shelf refuses it; the report is not taken then, and may be brought again.
        """
        if report.kind.is_fault:
            self.seal()
            self._put((report,), ())
            return
        gathered, n_bytes = [*self._gathered, report], self._bytes + len(canonical(report_document(report)))
        if len(gathered) >= SEAL_REPORTS or n_bytes >= SEAL_BYTES:
            self._put(gathered, ())
            gathered, n_bytes = [], 0
        self._gathered, self._bytes = gathered, n_bytes

    def seal(self, tell_gaps: bool = False) -> None:
        """Make a batch of what has gathered. Args: tell_gaps, whether the centre answers, so that it is told.

        Raises: BackendError if the shelf refuses it; what has gathered waits on then.
        """
        self._make_room(len(self._gathered))  # first: what is given up for this batch is a gap that it may tell
        if tell_gaps and self._gaps:
            self._make_fault_room(max(len(self._gathered), 1))
        gaps = tuple(self._gaps[:MAX_GAPS]) if tell_gaps else ()
        if not self._gathered and not gaps:
            return
        self._put(self._gathered, gaps)
        self._gathered, self._bytes = [], 0
        if gaps:
            self._keep_gaps(self._gaps[len(gaps) :])

    def _put(self, reports: Sequence[Report], gaps: tuple[Gap, ...]) -> None:
        """Bring a batch to the shelf, or raise and leave all as it was but for what was given up."""
        self._make_room(len(reports))
        batch = Batch(self._cabinet, self._boot, self._sequence + 1, tuple(reports), gaps)
        sealed = Sealed(self._n_boot, self._boot, batch.sequence, len(reports), batch.is_kept)
        self._make_fault_room(sealed.weight)
        self._shelf.put(sealed.name, batch_to_bytes(batch))
        self._sequence = batch.sequence
        self._sealed.append(sealed)
        self._count += len(reports)
        self._faults += sealed.weight

    def _make_room(self, reports: int) -> None:
        while self._count + reports > self._capacity and self._give_up():
            pass

    def _make_fault_room(self, weight: int) -> None:
        while weight and self._faults + weight > self._fault_capacity and self._give_up(kept=True):
            pass

    def _give_up(self, kept: bool = False) -> bool:
        """Give up the oldest batch of its kind; return whether there was one. It is noted before it goes."""
        oldest = next((sealed for sealed in self._sealed if sealed.kept is kept), None)
        if oldest is not None:
            self._lose(oldest)
        return oldest is not None

    def _lose(self, sealed: Sealed) -> None:
        """Note that a batch will never come, and anew what it would have told of, then let it go."""
        if not self._is_in_gap(sealed):  # else it was noted, and the shelf did not let it go
            untold = _told_in(self._shelf.get(sealed.name)) if sealed.kept else ()
            gap = Gap(sealed.boot, sealed.sequence, sealed.sequence, max(sealed.reports, 1))
            self._keep_gaps(reduce(_with_gap, (*untold, gap), self._gaps))
        self._forget(sealed)

    def _keep_gaps(self, gaps: list[Gap]) -> None:
        self._shelf.put(_GAPS, canonical({"gaps": [list(gap) for gap in gaps]}).encode())
        self._gaps = gaps

    def _forget(self, sealed: Sealed) -> None:
        self._shelf.drop(sealed.name)
        self._sealed.remove(sealed)
        self._count -= sealed.reports
        self._faults -= sealed.weight

    def first(self) -> Pending | None:
        """Return the oldest batch, None if there is none."""
        while self._sealed:
            sealed = self._sealed[0]
            pending = _pending(self._shelf.get(sealed.name), sealed)
            if pending is not None:
                return pending
            self._lose(sealed)  # what stands on the shelf is no longer what was put there
        return None

    def done(self, sealed: Sealed) -> None:
        """Forget a batch that the centre has."""
        if sealed in self._sealed:
            self._forget(sealed)


def _pending(data: bytes | None, sealed: Sealed) -> Pending | None:
    """Return a batch as it stands on the shelf, None if it is damaged."""
    try:
        batch = batch_from_bytes(data or b"")
    except InvalidInputError:
        return None
    if data is None or (batch.boot, batch.sequence) != (sealed.boot, sealed.sequence):
        return None
    return Pending(sealed, data, max((report.at_utc_ms for report in batch.reports), default=0))


def _told_in(data: bytes | None) -> tuple[Gap, ...]:
    """Return the gaps that a batch on the shelf tells of, none if it is damaged."""
    try:
        return batch_from_bytes(data or b"").gaps
    except InvalidInputError:
        return ()


def _with_gap(gaps: list[Gap], new: Gap) -> list[Gap]:
    """Return gaps with one more, joined to those of the same start that it follows or that follow it."""
    beside = [gap for gap in gaps if gap.boot == new.boot and (gap.last + 1 == new.first or new.last + 1 == gap.first)]
    if not beside:
        return [*gaps, new]
    parts = (*beside, new)
    first, last = min(gap.first for gap in parts), max(gap.last for gap in parts)
    joined = Gap(new.boot, first, last, sum(gap.reports for gap in parts))
    at = gaps.index(beside[0])
    return [joined if k == at else gap for k, gap in enumerate(gaps) if k == at or gap not in beside]


def _gaps_of(data: bytes | None) -> list[Gap]:
    """Return the gaps that stand on the shelf, none if they are damaged: a cabinet starts all the same."""
    try:
        return [] if data is None else [gap_of(item) for item in json.loads(data)["gaps"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
