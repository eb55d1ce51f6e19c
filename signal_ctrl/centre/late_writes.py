"""Releases and expiries proceed even when they cannot be recorded; what is owed is recorded later, marked `late`.

Everything else fails together with its audit record, for both are one transaction (SAFETY part C, audit).
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from signal_ctrl.centre.ports import Importance, Store, Transaction
from signal_ctrl.domain.errors import StorageError

MAX_OWED: Final = 100_000

LateWork = Callable[[Transaction, bool], None]
"""A work that is told whether it comes late. After a lost connection it may run a second time: it has to look first
whether it is done already, as a release does that changes only what is not released."""


class LateWrites:
    """What could not be written yet, in its order."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owed: deque[LateWork] = deque()

    @property
    def owed(self) -> int:
        """How many works wait to be recorded."""
        return len(self._owed)

    def write(self, work: LateWork) -> bool:
        """Write a work now if that can be, else owe it; return whether it is durable. Never raises a StorageError.

        Raises: what `work` raises; OverflowError when more is owed than can be kept.
        """
        if not self._owed and self._done(work, late=False):
            return True
        if len(self._owed) >= MAX_OWED:
            raise OverflowError(f"more than {MAX_OWED:,} releases are owed to the store")
        self._owed.append(work)
        return False

    def settle(self) -> int:
        """Write what is owed, oldest first, as far as it goes, and return how much is still owed."""
        while self._owed and self._done(self._owed[0], late=True):
            self._owed.popleft()
        return len(self._owed)

    def _done(self, work: LateWork, late: bool) -> bool:
        try:
            self._store.write(lambda transaction: work(transaction, late), Importance.ESSENTIAL)
        except StorageError:
            return False
        return True
