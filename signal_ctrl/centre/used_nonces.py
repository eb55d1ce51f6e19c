"""What was let in once is not let in again: nonces of the last minute, forgotten by slots of time, not one by one.

Two thousand cabinets use more than a hundred thousand a minute. One table of them all, from which the oldest are taken
as the youngest come, is made anew at double its size now and then, beside the old one; and who takes them out one by
one has to keep their times.
"""

from collections import deque
from typing import Final

SLOTS: Final = 4
"""Slots that together last as long as a nonce is kept."""


class UsedNonces:
    """Nonces that were used; asked by one thread."""

    def __init__(self, kept_ms: int) -> None:
        """Args: kept_ms, how long a nonce is remembered at least; a quarter longer at most. [ms]"""
        self._slot_ms = -(-kept_ms // SLOTS)
        self._slots: deque[tuple[int, set[str]]] = deque()

    def use(self, nonce: str, now_mono_ms: int) -> bool:
        """Use a nonce up and return True; False if it was used. [ms, monotonic]"""
        slot = now_mono_ms // self._slot_ms
        if not self._slots or self._slots[-1][0] != slot:
            self._slots.append((slot, set()))
            while self._slots[0][0] < slot - SLOTS:
                self._slots.popleft()
        for _, used in self._slots:
            if nonce in used:
                return False
        self._slots[-1][1].add(nonce)
        return True

    def __len__(self) -> int:
        """Return how many are remembered."""
        return sum(len(used) for _, used in self._slots)
