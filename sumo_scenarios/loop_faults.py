"""Loops that have failed for a whole run: what their amplifier sends in place of the traffic, or makes of it.

Of the failed ones half are stuck off, a quarter is stuck on, a quarter chatters, unless one kind is asked for. Whether
and how a loop fails depends on seed and loop alone: every controller meets the same failures, and a higher rate keeps
those of a lower one.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from random import Random
from typing import Final

STUCK_OFF_SHARE: Final = 0.5
STUCK_ON_SHARE: Final = 0.25
PULSE_S: Final = (0.05, 0.25)
REST_S: Final = (0.1, 1.9)


LATE_S: Final = 30.0
AHEAD_S: Final = 120.0
BIAS: Final = 0.5
SPLIT_S: Final = 0.2
"""A vehicle that is counted twice: after so long the loop goes on again, for as long."""
MIX: Final = "mix"

Edge = tuple[float, bool]
"""Time [s], on or off."""


class LoopFault(Enum):
    """How a loop fails. The first three say nothing of the traffic; the others make something else of it."""

    STUCK_OFF = "stuck off"
    STUCK_ON = "stuck on"
    CHATTER = "chatter"
    FEWER = "counts half"
    MORE = "counts half as much again"
    SWAPPED = "swapped lanes"
    LATE = "late"
    TWICE = "twice"
    AHEAD = "dated ahead"


DEAF: Final = frozenset({LoopFault.STUCK_OFF, LoopFault.STUCK_ON, LoopFault.CHATTER})
KINDS: Final = (MIX, *(fault.value.replace(" ", "-") for fault in LoopFault))
"""What may be asked for: the mix, or one kind alone."""


def fault_of(seed: int, loop_id: str, rate: float, kind: str = MIX) -> LoopFault | None:
    """Return how a loop fails in runs of a seed, or None; rate is the probability that it does, 0 to 1.

    Args: kind, one of KINDS.
    """
    dice = Random(f"{seed} {loop_id}")
    fails, drawn = dice.random() < rate, dice.random()
    if not fails:
        return None
    if kind != MIX:
        return LoopFault(kind.replace("-", " "))
    if drawn < STUCK_OFF_SHARE:
        return LoopFault.STUCK_OFF
    return LoopFault.STUCK_ON if drawn < STUCK_OFF_SHARE + STUCK_ON_SHARE else LoopFault.CHATTER


class ChangedLoop:
    """What a loop makes of the edges of the traffic: it loses some, doubles some, or tells them with wrong times."""

    def __init__(self, fault: LoopFault, seed: int, loop_id: str) -> None:
        self._fault = fault
        self._dice = Random(f"{seed} {loop_id} edges")
        self._held: list[tuple[float, Edge]] = []
        self._lost = False

    def told(self, edges: Sequence[Edge], time_s: float) -> list[Edge]:
        """Return what is told up to a time [s] after these edges have happened."""
        for edge in edges:
            self._held += self._made_of(edge)
        now = [edge for at_s, edge in self._held if at_s <= time_s]
        self._held = [row for row in self._held if row[0] > time_s]
        return now

    def _made_of(self, edge: Edge) -> list[tuple[float, Edge]]:
        """Return when what is told of an edge. [s]"""
        at_s, on = edge
        if self._fault is LoopFault.LATE:
            return [(at_s + LATE_S, edge)]
        if self._fault is LoopFault.AHEAD:
            return [(at_s, (at_s + AHEAD_S, on))]
        if self._fault is LoopFault.TWICE:
            return [(at_s, edge), (at_s, edge)]
        if on:
            self._lost = self._dice.random() < BIAS
        if self._fault is LoopFault.FEWER:
            return [] if self._lost else [(at_s, edge)]
        if on or not self._lost:
            return [(at_s, edge)]
        again = [(at_s + SPLIT_S, True), (at_s + 2 * SPLIT_S, False)]
        return [(at_s, edge), *((time_s, (time_s, state)) for time_s, state in again)]


class FailedLoop:
    """The edges of a loop that says nothing of the traffic, handed out as time goes on."""

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
