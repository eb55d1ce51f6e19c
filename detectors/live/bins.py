"""Bins of loops: count, occupancy, speed and how much of the time was told, closed in event time, re-opened once.

A bin is closed when its source has told everything up to its end, and written. What comes late, up to 60 s, changes it
once: the second writing has revision 1. A time of which nothing was told is missing, not zero.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.live.pulses import LoopTrace, pulses_of
from detectors.live.spans import Span, clipped, cover, length_ms
from detectors.live.told import OFF, ON, Told
from signal_ctrl.domain.errors import InvalidInputError

REOPEN_MS: Final = 60_000
MAX_LOOPS: Final = 1024
"""Of one source; further ones are not made bins of."""
MOST_AT_ONCE: Final = 60
"""A source that was away for longer leaves no bins behind for that time."""
VEHICLE_M: Final = 4.5
EFFECTIVE_M: Final = VEHICLE_M + 2.0
LEAST_VEH: Final = 3
MOST_OCCUPANCY: Final = 0.6
LEAST_VALID: Final = 0.8

Detector = tuple[str, int]
Quality = Callable[[str, int], str]


@dataclass(frozen=True, slots=True)
class Bin:
    """What one loop told in one period. [s], [m/s]

    `valid_fraction`: share of the period that was told; where it is 0 nothing is known. `occupancy` is of the told
    time, `count` is what was seen in it. `quality`: ok, suspect, fault.
    """

    begin_s: float
    period_s: float
    device: str
    channel: int
    count: int | None
    occupancy: float | None
    speed_mps: float | None
    valid_fraction: float
    source: str
    quality: str
    revision: int = 0


@dataclass(slots=True)
class _Source:
    """The bins of one source. [ms]"""

    next_ms: int
    spans: list[Span] = field(default_factory=list)
    traces: dict[Detector, LoopTrace] = field(default_factory=dict)
    closed: deque[tuple[int, dict[Detector, Bin]]] = field(default_factory=deque)

    def add(self, key: Detector, time_ms: int, on: bool) -> None:
        """Take in an edge. [ms]"""
        trace = self.traces.get(key)
        if trace is None:
            if len(self.traces) >= MAX_LOOPS:
                return
            trace = self.traces[key] = LoopTrace()
        trace.add(time_ms, on)


class BinKeeper:
    """Makes bins of what sources tell. A bound of memory holds: edges of the last minutes, 10,000 a loop."""

    def __init__(
        self,
        period_s: int = 60,
        quality: Quality = lambda _device, _channel: "ok",
        effective_m: Callable[[str, int], float] = lambda _device, _channel: EFFECTIVE_M,
    ) -> None:
        """Args: quality, what is thought of a loop now; effective_m, length of a vehicle and the loop together [m]."""
        if not 1 <= period_s <= 3600:
            raise InvalidInputError(f"a bin lasts 1 to 3600 s, not {period_s}")
        self._period_ms = period_s * 1000
        self._quality, self._effective_m = quality, effective_m
        self._sources: dict[str, _Source] = {}

    def take(self, told: Told) -> list[Bin]:
        """Take in what a source told; return the bins that are written now."""
        own = self._sources.get(told.source)
        if own is None:
            start_ms = (told.covered_ms or (0, 0))[0]
            if not told.covered_ms:
                return []
            own = self._sources[told.source] = _Source(start_ms - start_ms % self._period_ms)
        for event in told.events:
            if event.code in (ON, OFF):
                own.add((event.device, event.parameter), event.time_ms, event.code == ON)
        if told.covered_ms is None:
            return []
        cover(own.spans, told.covered_ms)
        return self._close(told.source, own, told.covered_ms[1])

    def end(self) -> list[Bin]:
        """Return the bins that are still open, and those that something late has changed."""
        out: list[Bin] = []
        for name, own in self._sources.items():
            while own.closed:
                out += self._revised(name, own)
            if own.spans and own.spans[-1][1] > own.next_ms:
                out += self._bins(name, own, own.next_ms).values()
        return out

    def _close(self, name: str, own: _Source, to_ms: int) -> list[Bin]:
        out: list[Bin] = []
        own.next_ms = max(own.next_ms, to_ms - to_ms % self._period_ms - MOST_AT_ONCE * self._period_ms)
        while own.next_ms + self._period_ms <= to_ms:
            bins = self._bins(name, own, own.next_ms)
            out += bins.values()
            own.closed.append((own.next_ms, bins))
            own.next_ms += self._period_ms
        while own.closed and own.closed[0][0] + self._period_ms + REOPEN_MS <= to_ms:
            out += self._revised(name, own)
        return out

    def _revised(self, name: str, own: _Source) -> list[Bin]:
        """Close the oldest bins for good; return those that are others than was written."""
        begin_ms, written = own.closed.popleft()
        now = self._bins(name, own, begin_ms)
        after_ms = own.closed[0][0] if own.closed else own.next_ms
        for trace in own.traces.values():
            trace.forget(after_ms)
        while len(own.spans) > 1 and own.spans[0][1] < after_ms:
            del own.spans[0]
        return [replace(found, revision=1) for key, found in now.items() if _differs(found, written.get(key))]

    def _bins(self, name: str, own: _Source, begin_ms: int) -> dict[Detector, Bin]:
        told_ms = length_ms(clipped(own.spans, begin_ms, begin_ms + self._period_ms))
        return {key: self._bin(name, own, key, begin_ms, told_ms) for key in sorted(own.traces)}

    def _bin(self, name: str, own: _Source, key: Detector, begin_ms: int, told_ms: int) -> Bin:
        trace, end_ms = own.traces[key], begin_ms + self._period_ms
        pulses = pulses_of(trace.edges, own.spans)
        count = sum(1 for pulse in pulses if pulse.counts and begin_ms <= pulse.on_ms < end_ms)
        on_ms = length_ms(clipped([(p.on_ms, p.off_ms) for p in pulses], begin_ms, end_ms))
        valid = told_ms / self._period_ms
        occupancy = min(on_ms / told_ms, 1.0) if told_ms else None
        quality = "fault" if trace.overflowed else self._quality(*key)
        return Bin(
            begin_s=begin_ms / 1000,
            period_s=self._period_ms / 1000,
            device=key[0],
            channel=key[1],
            count=count if told_ms else None,
            occupancy=occupancy,
            speed_mps=speed_mps(count, on_ms / 1000, occupancy or 0.0, self._effective_m(*key)),
            valid_fraction=valid,
            source=name,
            quality="suspect" if quality == "ok" and valid < LEAST_VALID else quality,
        )


def speed_mps(count: int, on_s: float, occupancy: float, effective_m: float) -> float | None:
    """Return the speed over a single loop, None where too few came or they stood. [m/s]

    Args: count, vehicles; on_s, how long they covered the loop [s]; occupancy 0-1; effective_m, mean length of a
    vehicle and the loop together [m].
    Source: practice of single-loop stations: v = N L / sum of on-times; nothing for few vehicles or a standing queue.
    >>> speed_mps(10, 6.5, 0.11, 6.5), speed_mps(2, 1.0, 0.02, 6.5)
    (10.0, None)
    """
    if count < LEAST_VEH or occupancy > MOST_OCCUPANCY or on_s <= 0:
        return None
    return count * effective_m / on_s


def _differs(now: Bin, written: Bin | None) -> bool:
    if written is None:
        return True
    return (now.count, now.occupancy, now.valid_fraction) != (written.count, written.occupancy, written.valid_fraction)
