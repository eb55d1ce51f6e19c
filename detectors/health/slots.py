"""What detectors said in one slot of time, and the record of the slots before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.health.faults import Flags, Numbers
from signal_ctrl.domain.errors import InvalidInputError

HELD: Final = 0.99
"""Occupancy from which on a slot without edges counts as on all the time."""
KEPT_S: Final = 86400.0
COLUMNS: Final = ("count", "on_s", "held_s", "short", "heard", "early", "late", "twice", "back", "valid")


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """One slot of all detectors that are judged together. Arrays (n_detectors,); NaN where it is not known.

    count: vehicles [veh]; on_s: occupied [s]; held_s: at the end of the slot on without a break for [s], 0 if off;
    short: pulses shorter than any vehicle; heard: events that arrived; early, late, twice, back: those of them that
    were dated ahead, came too late, had come before, were older than what the same controller had sent; valid: share
    of the slot of which anything is known (0-1); code: fault code of the controller, 0 for none.
    """

    begin_s: float
    length_s: float
    count: Numbers
    on_s: Numbers
    held_s: Numbers
    short: Numbers
    heard: Numbers
    early: Numbers
    late: Numbers
    twice: Numbers
    back: Numbers
    valid: Numbers
    code: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.begin_s) and self.length_s > 0):
            raise InvalidInputError("a slot needs a begin and a length")

    @property
    def end_s(self) -> float:
        """Its end. [s]"""
        return self.begin_s + self.length_s


def counted_slot(
    begin_s: float, length_s: float, count: Numbers, occupancy: Numbers, valid: Numbers, code: NDArray[np.int64]
) -> Slot:
    """Return the slot of counts and occupancies (0-1, NaN: not told) that somebody else has made. [s]

    What is not valid is not known. Of edges nothing is known.
    """
    known = valid > 0
    nothing = np.zeros(len(count))
    return Slot(
        begin_s=begin_s,
        length_s=length_s,
        count=np.where(known, count, np.nan),
        on_s=np.where(known, occupancy * length_s, np.nan),
        held_s=np.full(len(count), np.nan),
        short=nothing,
        heard=np.where(known, 1.0, 0.0),
        early=nothing,
        late=nothing,
        twice=nothing,
        back=nothing,
        valid=valid,
        code=code,
    )


@dataclass(slots=True, eq=False)
class Carried:
    """What outlives the record. (n_detectors,) Since a detector last counted: time [s] and expected vehicles [veh];
    on without a break, and without data, for so long [s]; how much it has counted in all [veh].

    total_at (n, n): in row i what each had counted when detector i last spoke. [veh]
    """

    quiet_s: Numbers
    quiet_veh: Numbers
    held_s: Numbers
    missing_s: Numbers
    total_veh: Numbers
    total_at: Numbers


class Record:
    """The slots of the last 24 h, all of one length, and what is carried on. Gaps are slots that nobody knows."""

    def __init__(self, n: int, slot_s: float, valid: float = 0.8) -> None:
        """Args: n, detectors; slot_s [s]; valid, least share of a slot that is there (0-1)."""
        if not (n > 0 and 1 <= slot_s <= 3600):
            raise InvalidInputError(f"slots need detectors and 1 to 3600 s, got {n} and {slot_s} s")
        self.n, self.slot_s, self.end_s = n, slot_s, -math.inf
        self._valid = valid
        self._size = round(KEPT_S / slot_s)
        self._rows = {name: np.full((2 * self._size, n), np.nan) for name in (*COLUMNS, "usual")}
        self._at = 0
        self.codes: NDArray[np.int64] = np.zeros(n, dtype=np.int64)
        self.code_since_s = np.full(n, np.nan)
        self.carried = Carried(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((n, n)))

    def __len__(self) -> int:
        return min(self._at, self._size)

    def add(self, slot: Slot, usual: Numbers, level: float = 1.0) -> None:
        """Take in the next slot, with what it usually holds [veh] and how much more there is today (1: as usual).

        Raises: InvalidInputError for a slot of another length, or one that overlaps the last one.
        """
        if abs(slot.length_s - self.slot_s) > 1e-6 or slot.begin_s < self.end_s - 1e-6:
            raise InvalidInputError(f"the slot at {slot.begin_s:g} s does not follow that up to {self.end_s:g} s")
        if self._at == 2 * self._size:
            for rows in self._rows.values():
                rows[: self._size] = rows[self._size :]
            self._at = self._size
        slot = self._trusted(slot)
        for name in COLUMNS:
            self._rows[name][self._at] = getattr(slot, name)
        self._rows["usual"][self._at] = np.where(slot.valid >= self._valid, usual, np.nan)
        self._at += 1
        self.end_s = slot.end_s
        self._carry(slot, usual * level)
        self._rows["held_s"][self._at - 1] = self.carried.held_s

    def _trusted(self, slot: Slot) -> Slot:
        """Return a slot without the counts of those of whom too little is known."""
        known = slot.valid >= self._valid
        return replace(slot, count=np.where(known, slot.count, np.nan), on_s=np.where(known, slot.on_s, np.nan))

    def _carry(self, slot: Slot, expected: Numbers) -> None:
        carried, known = self.carried, ~np.isnan(slot.count)
        spoke = known & (slot.count > 0)
        carried.quiet_s = np.where(spoke, 0.0, carried.quiet_s + np.where(known, slot.length_s, 0.0))
        awaited = np.where(known & ~np.isnan(expected), expected, 0.0)
        carried.quiet_veh = np.where(spoke, 0.0, carried.quiet_veh + awaited)
        carried.missing_s = np.where(known, 0.0, carried.missing_s + slot.length_s)
        carried.total_veh = carried.total_veh + np.where(known, slot.count, 0.0)
        carried.total_at[spoke] = carried.total_veh
        full = known & (slot.on_s >= HELD * slot.length_s) & (slot.count <= 1)
        held = np.where(full, carried.held_s + slot.length_s, 0.0)
        held = np.where(known, held, carried.held_s)
        carried.held_s = np.where(np.isnan(slot.held_s), held, slot.held_s)
        fresh = (slot.code != 0) & (self.codes == 0)
        self.code_since_s = np.where(fresh, slot.begin_s, self.code_since_s)
        self.codes = slot.code

    def excuse(self, who: Flags) -> None:
        """Let the silence of some begin anew: nobody could hear them. (n,)"""
        self.carried.quiet_s = np.where(who, 0.0, self.carried.quiet_s)
        self.carried.quiet_veh = np.where(who, 0.0, self.carried.quiet_veh)
        self.carried.total_at[who] = self.carried.total_veh

    def since_spoke(self, detector: int, others: Sequence[int]) -> tuple[float, float]:
        """Return what others have counted since a detector last spoke, and before. [veh]"""
        rows = list(others)
        before = float(np.sum(self.carried.total_at[detector, rows]))
        return float(np.sum(self.carried.total_veh[rows])) - before, before

    def last(self, name: str, span_s: float) -> Numbers:
        """Return a column of the last slots, as many as fill a span or are there. Shape (n_slots, n_detectors)"""
        count = min(max(round(span_s / self.slot_s), 1), len(self))
        return self._rows[name][self._at - count : self._at]

    def total(self, name: str, span_s: float) -> Numbers:
        """Return the sum of a column over the last slots, what is not known left out. Shape (n_detectors,)"""
        rows = self.last(name, span_s)
        found: Numbers = np.where(np.isnan(rows), 0.0, rows).sum(axis=0)
        return found

    def known(self, span_s: float) -> Numbers:
        """Return the share of the last slots of a span of which counts are known (0-1). Shape (n_detectors,)"""
        count = self.last("count", span_s)
        whole = max(round(span_s / self.slot_s), 1)
        found: Numbers = np.count_nonzero(~np.isnan(count), axis=0) / whole
        return found
