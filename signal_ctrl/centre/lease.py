"""Which of two centres is the active one: a lease that is renewed, and a counter that fences who has lost it.

The lease is kept by an arbiter with one clock of its own. Its holder counts on its own monotonic clock, from the moment
before it asked, and stops at 80 % of the time, so that clocks which run apart by up to a fifth never make two active.
That alone is not enough: who is stopped between the look at the clock and the write goes on when it wakes. So each
take-over raises the epoch, and every write is refused whose epoch is not the present one.
"""

import contextlib
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import StandbyError, StorageError

LEASE_MS: Final = 10_000
"""SAFETY part D."""
ISSUING_SHARE: Final = 0.8
RENEW_MS: Final = 2_000
LIMIT_MS: Final = int(LEASE_MS * ISSUING_SHARE)


class Arbiter(Protocol):
    """Who keeps the lease. What it answers was done in one transaction, on its own clock."""

    def take(self, holder: str, lasts_ms: int) -> int | None:
        """Give the lease to a holder if nobody has it any more, raise the epoch, and return it; None if somebody has.

        Raises: StorageError if it does not answer; it may have been done all the same.
        """
        ...

    def renew(self, holder: str, epoch: int, lasts_ms: int) -> bool:
        """Let the lease last from now on if the holder has it under this epoch still.

        Raises: StorageError if it does not answer; it may have been done all the same.
        """
        ...

    def give_back(self, holder: str, epoch: int) -> None:
        """End the lease now if the holder has it under this epoch. Raises: StorageError if it does not answer."""
        ...


class Part(Enum):
    """What a centre is."""

    STANDBY = "standby"
    ACTIVE = "active"
    FENCED = "fenced"
    """It was active and another one has taken over: what it holds in memory is of no use, it has to start anew."""


@dataclass(slots=True)
class LeaseKeeper:
    """One centre's side of the lease; `tick` is called several times a second."""

    holder: str
    arbiter: Arbiter
    clock: Clock
    part: Part = Part.STANDBY
    _epoch: int = 0
    _held_from_ms: int = 0
    _asked_ms: int | None = None

    def tick(self) -> Part:
        """Renew or try to take the lease when it is time, and return what this centre is. Never raises."""
        now_ms = self.clock.mono_ms()
        if self.part is not Part.FENCED and (self._asked_ms is None or now_ms - self._asked_ms >= RENEW_MS):
            self._asked_ms = now_ms
            with contextlib.suppress(StorageError):  # nobody answers: the lease runs out by itself
                self._ask(now_ms)
        return self.part

    def epoch_in_force(self) -> int:
        """Return the epoch under which this centre may write and issue now.

        Raises: StandbyError if it may not: it is not the active one, or has not renewed the lease in time.
        """
        if self.part is not Part.ACTIVE:
            raise StandbyError(f"this centre is {self.part.value}; another one is asked to write")
        if self.clock.mono_ms() - self._held_from_ms >= LIMIT_MS:
            raise StandbyError("this centre has not renewed its lease in time and writes nothing")
        return self._epoch

    def give_back(self) -> None:
        """End the lease, so that another one need not wait; for a centre that stops in order."""
        if self.part is Part.ACTIVE:
            self.part = Part.FENCED
            with contextlib.suppress(StorageError):
                self.arbiter.give_back(self.holder, self._epoch)

    def _ask(self, now_ms: int) -> None:
        if self.part is Part.ACTIVE:
            if self.arbiter.renew(self.holder, self._epoch, LEASE_MS):
                self._held_from_ms = now_ms
            else:
                self.part = Part.FENCED
            return
        epoch = self.arbiter.take(self.holder, LEASE_MS)
        if epoch is not None:
            self.part, self._epoch, self._held_from_ms = Part.ACTIVE, epoch, now_ms
