"""Which loops somebody is on, since when, and when somebody last was."""

from collections.abc import Iterable
from typing import Final

STANDS_S: Final = 4.0
NEVER_S: Final = -1e9


class Occupancy:
    """The loops of one junction, on or off."""

    def __init__(self, n_loops: int) -> None:
        self._on_since: list[float | None] = [None] * n_loops
        self._off_at = [NEVER_S] * n_loops

    def take(self, loop: int, on: bool, at_s: float) -> None:
        """Take in that a loop went on or off. [s]"""
        self._on_since[loop] = at_s if on else None
        if not on:
            self._off_at[loop] = at_s

    def forget(self, loop: int) -> None:
        """Think of a loop as of one that has never been on."""
        self._on_since[loop], self._off_at[loop] = None, NEVER_S

    def is_on(self, loop: int) -> bool:
        """Return whether somebody is on a loop."""
        return self._on_since[loop] is not None

    def stands(self, loop: int, now_s: float, least_s: float = STANDS_S) -> bool:
        """Return whether somebody has been on a loop for so long that it can only be a queue. [s]"""
        since_s = self._on_since[loop]
        return since_s is not None and now_s - since_s >= least_s

    def any_stands(self, loops: Iterable[int], now_s: float, least_s: float = STANDS_S) -> bool:
        """Return whether somebody stands on one of the loops. [s]"""
        for k in loops:
            since_s = self._on_since[k]
            if since_s is not None and now_s - since_s >= least_s:
                return True
        return False

    def busy_s(self, loops: Iterable[int], now_s: float) -> float:
        """Return when somebody was last on one of the loops. [s]"""
        latest_s = NEVER_S
        for k in loops:
            at_s = now_s if self._on_since[k] is not None else self._off_at[k]
            latest_s = max(latest_s, at_s)
        return latest_s
