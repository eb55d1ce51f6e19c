"""Loops that have failed for a whole run: what their amplifier sends in place of the traffic.

Of the failed ones half are stuck off, a quarter is stuck on, a quarter chatters. Whether and how a loop fails depends
on seed and loop alone: every controller meets the same failures, and a higher rate keeps those of a lower one.
"""

from collections.abc import Iterator
from enum import Enum
from random import Random
from typing import Final

STUCK_OFF_SHARE: Final = 0.5
STUCK_ON_SHARE: Final = 0.25
PULSE_S: Final = (0.05, 0.25)
REST_S: Final = (0.1, 1.9)


class LoopFault(Enum):
    """How a loop fails."""

    STUCK_OFF = "stuck off"
    STUCK_ON = "stuck on"
    CHATTER = "chatter"


def fault_of(seed: int, loop_id: str, rate: float) -> LoopFault | None:
    """Return how a loop fails in runs of a seed, or None; rate is the probability that it does, 0 to 1."""
    dice = Random(f"{seed} {loop_id}")
    fails, kind = dice.random() < rate, dice.random()
    if not fails:
        return None
    if kind < STUCK_OFF_SHARE:
        return LoopFault.STUCK_OFF
    return LoopFault.STUCK_ON if kind < STUCK_OFF_SHARE + STUCK_ON_SHARE else LoopFault.CHATTER


class FailedLoop:
    """The edges of one failed loop, handed out as time goes on."""

    def __init__(self, fault: LoopFault, seed: int, loop_id: str) -> None:
        self._fault = fault
        self._dice = Random(f"{seed} {loop_id} pulses")
        self._pulses: Iterator[tuple[float, bool]] | None = None
        self._next: tuple[float, bool] | None = None

    def edges(self, time_s: float) -> list[tuple[float, bool]]:
        """Return (time [s], on) of the edges up to a time [s] that were not handed out before."""
        if self._pulses is None:
            self._pulses = self._all(time_s)
            self._next = next(self._pulses, None)
        found = []
        while self._next is not None and self._next[0] <= time_s:
            found.append(self._next)
            self._next = next(self._pulses, None)
        return found

    def _all(self, from_s: float) -> Iterator[tuple[float, bool]]:
        """Yield every edge: none, one that never ends, or pulses that have nothing to do with traffic."""
        if self._fault is LoopFault.STUCK_ON:
            yield from_s, True
        at_s = from_s
        while self._fault is LoopFault.CHATTER:
            for on, (shortest_s, longest_s) in ((True, REST_S), (False, PULSE_S)):
                at_s += self._dice.uniform(shortest_s, longest_s)
                yield at_s, on
