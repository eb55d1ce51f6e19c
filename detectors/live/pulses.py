"""From the edges of one loop to pulses: who was on it from when to when, within the times that were told.

Two ONs in a row lack an OFF, two OFFs an ON: the one that is missing is set at the second ON if they are at most 2 s
apart, else half-way (open ATSPM code). Across a time of which nothing was told nothing is concluded.
"""

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import Final, NamedTuple

from detectors.live.spans import Span

SOON_MS: Final = 2000
MAX_EDGES: Final = 10_000


class Pulse(NamedTuple):
    """A vehicle on the loop. [ms] `counts`: its arrival was seen, or could be repaired."""

    on_ms: int
    off_ms: int
    counts: bool


class LoopTrace:
    """The edges of one loop in the order of time, as (time [ms], on); a bounded number of them."""

    def __init__(self) -> None:
        self.edges: list[tuple[int, bool]] = []
        self.overflowed = False

    def add(self, time_ms: int, on: bool) -> None:
        """Take in an edge, in or out of order; the same one twice is one. [ms]"""
        self.overflowed = len(self.edges) >= MAX_EDGES
        if self.overflowed:
            return
        edge = (time_ms, on)
        if not self.edges or edge > self.edges[-1]:
            self.edges.append(edge)
        elif self.edges[bisect_right(self.edges, edge) - 1] != edge:
            insort(self.edges, edge)

    def forget(self, before_ms: int) -> None:
        """Forget the edges before a time, but for the last one: it says how the loop stood. [ms]"""
        keep_from = bisect_right(self.edges, (before_ms,)) - 1
        if keep_from > 0:
            del self.edges[:keep_from]


def pulses_of(edges: Sequence[tuple[int, bool]], told: Sequence[Span]) -> list[Pulse]:
    """Return the pulses of edges within the spans of time that were told, both in order. [ms]"""
    out: list[Pulse] = []
    at = 0
    for from_ms, to_ms in told:
        while at < len(edges) and edges[at][0] < from_ms:
            at += 1
        first = at
        while at < len(edges) and edges[at][0] <= to_ms:
            at += 1
        out += _within(edges[first:at], from_ms, to_ms)
    return out


def _within(edges: Sequence[tuple[int, bool]], from_ms: int, to_ms: int) -> list[Pulse]:
    out: list[Pulse] = []
    on_ms: int | None = None
    last_off_ms: int | None = None
    for time_ms, on in edges:
        if on:
            if on_ms is not None:
                off_ms = time_ms if time_ms - on_ms <= SOON_MS else (on_ms + time_ms) // 2
                out.append(Pulse(on_ms, off_ms, True))
            on_ms = time_ms
            continue
        if on_ms is not None:
            out.append(Pulse(on_ms, time_ms, True))
        elif last_off_ms is None:
            out.append(Pulse(from_ms, time_ms, False))
        else:
            out.append(Pulse((last_off_ms + time_ms) // 2, time_ms, True))
        on_ms, last_off_ms = None, time_ms
    if on_ms is not None:
        out.append(Pulse(on_ms, to_ms, True))
    return out
