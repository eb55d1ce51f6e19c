"""Counts, occupancy and speed per interval, line, direction and class."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from detectors.video.camera import Line
from detectors.video.report.line_presence import LinePresence
from detectors.video.report.rows import ALL, IntervalRow
from detectors.video.seen import Crossing, Seen
from signal_ctrl.domain.errors import InvalidInputError

LATE_S: Final = 10.0
"""An interval stays open for so long after its end: a crossing may be told of when the vehicle is surely one."""
LONGEST_STEP_S: Final = 2.0
"""Frames that are farther apart leave a time between them in which nothing was seen."""
_Key = tuple[str, str, str]


@dataclass(slots=True)
class _Bin:
    valid_s: float = 0.0
    on_s: dict[_Key, float] = field(default_factory=dict)
    count: dict[_Key, int] = field(default_factory=dict)
    speeds_mps: dict[_Key, list[float]] = field(default_factory=dict)


@dataclass(slots=True)
class IntervalTally:
    """Adds up what frames show. Intervals begin at whole multiples of their length; the first and the last may be seen
    in part only, and their `valid_ratio` says so. [s]"""

    lines: tuple[Line, ...]
    interval_s: float
    _bins: dict[int, _Bin] = field(default_factory=dict)
    _oldest: int | None = None
    _last_s: float | None = None
    _presence: LinePresence = field(default_factory=lambda: LinePresence(()))

    def __post_init__(self) -> None:
        if not (self.interval_s >= 1.0 and math.isfinite(self.interval_s)):
            raise InvalidInputError(f"an interval of {self.interval_s:g} s: it has to be 1 s or longer")
        self._presence = LinePresence(self.lines)

    def take(self, time_s: float, seen: Seen) -> tuple[IntervalRow, ...]:
        """Take what a frame showed; return the rows of intervals that are over."""
        last_s = time_s if self._last_s is None else self._last_s
        present = self._presence.at(seen.tracks)
        if seen.valid and time_s - last_s <= LONGEST_STEP_S:
            self._add_time(last_s, time_s, present)
        self._bin_of(time_s)
        self._last_s = time_s
        for crossing in seen.crossings:
            self._add(crossing)
        return self._over(time_s - LATE_S)

    def gap(self, to_s: float) -> tuple[IntervalRow, ...]:
        """Take that nothing was seen until `to_s`; return the rows of intervals that are over. [s]"""
        self._presence.forget()
        self._bin_of(to_s)
        self._last_s = to_s
        return self._over(to_s - LATE_S)

    def end(self, seen: Seen) -> tuple[IntervalRow, ...]:
        """Take what the end settled; return the rows of all intervals that are left."""
        for crossing in seen.crossings:
            self._add(crossing)
        return self._over(math.inf)

    def _bin_of(self, time_s: float) -> _Bin:
        at = math.floor(time_s / self.interval_s)
        if self._oldest is None:
            self._oldest = at
        return self._bins.setdefault(max(at, self._oldest), _Bin())

    def _add_time(self, from_s: float, to_s: float, present: frozenset[_Key]) -> None:
        while from_s < to_s:
            border_s = (math.floor(from_s / self.interval_s) + 1) * self.interval_s
            until_s = min(to_s, border_s)
            found = self._bin_of(from_s)
            found.valid_s += until_s - from_s
            for key in present | {(line, direction, ALL) for line, direction, _ in present}:
                found.on_s[key] = found.on_s.get(key, 0.0) + until_s - from_s
            from_s = until_s

    def _add(self, crossing: Crossing) -> None:
        found = self._bin_of(crossing.time_s)
        for kind in (crossing.kind.value, ALL):
            key = (crossing.line, crossing.direction, kind)
            found.count[key] = found.count.get(key, 0) + 1
            if crossing.speed_mps is not None:
                found.speeds_mps.setdefault(key, []).append(crossing.speed_mps)

    def _over(self, now_s: float) -> tuple[IntervalRow, ...]:
        """Return the rows of the intervals that ended by now; those that nobody saw anything of too."""
        rows: list[IntervalRow] = []
        while self._bins and self._oldest is not None and (self._oldest + 1) * self.interval_s <= now_s:
            rows += self._rows(self._oldest, self._bins.pop(self._oldest, _Bin()))
            self._oldest += 1
        return tuple(rows)

    def _rows(self, at: int, found: _Bin) -> Iterator[IntervalRow]:
        valid = found.valid_s > 0.0 or bool(found.count)
        ratio = min(found.valid_s / self.interval_s, 1.0)
        for line, direction, kind in self._keys(found):
            key = (line, direction, kind)
            speeds_mps = found.speeds_mps.get(key)
            yield IntervalRow(
                from_s=at * self.interval_s,
                to_s=(at + 1) * self.interval_s,
                line=line,
                direction=direction,
                kind=kind,
                count=found.count.get(key, 0) if valid else None,
                occupancy=found.on_s.get(key, 0.0) / found.valid_s if found.valid_s > 0.0 else None,
                speed_mps=sum(speeds_mps) / len(speeds_mps) if speeds_mps else None,
                valid_ratio=ratio,
            )

    def _keys(self, found: _Bin) -> Iterable[_Key]:
        """Return what has a row: every direction of every line with all classes, and the classes that were there."""
        there = {*found.count, *found.on_s}
        for line in self.lines:
            for direction in (line.forward, line.backward):
                yield line.name, direction, ALL
                yield from sorted(key for key in there if key[:2] == (line.name, direction) and key[2] != ALL)
