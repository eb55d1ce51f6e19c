"""Which start of each cabinet is alive, and whether two are: then one of them is not the cabinet (SAFETY part B).

A start that was followed by another one and speaks again is the sign: a cabinet that was started anew has no way back.
What it had sent before the new one began may still be on its way; that is refused, and is no sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from signal_ctrl.centre.link_values import Double, Start
from signal_ctrl.domain.link.mac import Stamp

MAX_BEFORE: Final = 16
"""So many earlier starts of a cabinet are known. """


class Seen(Enum):
    """What a request says of the starts of its cabinet."""

    ALIVE = "alive"
    NEW = "new"
    """The first that is heard of this start."""
    LATE = "late"
    """It was sent before the start that followed began."""
    DOUBLE = "double"
    """The cabinet is there twice, or this start is not the true one."""


@dataclass(slots=True)
class _Line:
    """The starts of one cabinet: the one alive, since which stamp, those before it, those that are banned. [ms]"""

    boot: str
    since_utc_ms: int
    before: list[str] = field(default_factory=list)


class Starts:
    """The starts of all cabinets, in memory; whoever writes keeps `Start` and `Double` durably."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._banned: set[tuple[str, str]] = set()
        self._doubles: dict[str, Double] = {}

    def load(self, starts: Iterable[Start], doubles: Iterable[Double]) -> None:
        """Take what was kept, the oldest start of each cabinet first."""
        for start in starts:
            if start.banned:
                self._banned.add((start.cabinet, start.boot))
            else:
                self._follow(start.cabinet, start.boot, start.first_stamp_utc_ms)
        self._doubles = {double.cabinet: double for double in doubles}

    def double(self, cabinet: str) -> Double | None:
        """Return that a cabinet is there twice."""
        return self._doubles.get(cabinet)

    def doubles(self) -> tuple[Double, ...]:
        """Return all cabinets that are there twice."""
        return tuple(self._doubles.values())

    def is_banned(self, cabinet: str, boot: str) -> bool:
        """Return whether a start is known to be not the true one."""
        return (cabinet, boot) in self._banned

    def see(self, stamp: Stamp, now_utc_ms: int) -> Seen:
        """Take in a request. [ms]"""
        line = self._lines.get(stamp.cabinet)
        if (stamp.cabinet, stamp.boot) in self._banned:
            return Seen.DOUBLE
        seen = Seen.NEW if line is None or stamp.boot not in (line.boot, *line.before) else Seen.ALIVE
        if seen is Seen.NEW:
            self._follow(stamp.cabinet, stamp.boot, stamp.time_utc_ms)
        elif line is not None and stamp.boot != line.boot:
            if stamp.time_utc_ms <= line.since_utc_ms:
                return Seen.LATE
            self.doubled(stamp.cabinet, (line.boot, stamp.boot), now_utc_ms, "two starts are alive")
        return Seen.DOUBLE if stamp.cabinet in self._doubles else seen

    def _follow(self, cabinet: str, boot: str, since_utc_ms: int) -> None:
        line = self._lines.get(cabinet)
        before = [] if line is None else [*line.before, line.boot][-MAX_BEFORE:]
        self._lines[cabinet] = _Line(boot, since_utc_ms, before)

    def doubled(self, cabinet: str, boots: tuple[str, ...], now_utc_ms: int, why: str) -> Double:
        """Note that a cabinet is there twice; what is known of it already stays. [ms]"""
        known = self._doubles.get(cabinet)
        every = boots if known is None else (*known.boots, *boots)
        first_ms, reason = (now_utc_ms, why) if known is None else (known.since_utc_ms, known.why)
        double = Double(cabinet, tuple(dict.fromkeys(every)), first_ms, reason)
        self._doubles[cabinet] = double
        return double

    def resolved(self, cabinet: str, boot: str) -> tuple[str, ...]:
        """Take a start as the true one; return those that are banned with that."""
        double = self._doubles.pop(cabinet, None)
        banned = tuple(each for each in (double.boots if double is not None else ()) if each != boot)
        self._banned |= {(cabinet, each) for each in banned}
        line = self._lines.get(cabinet)
        since_ms = line.since_utc_ms if line is not None else 0
        before = [] if line is None else [each for each in (*line.before, line.boot) if each != boot]
        self._lines[cabinet] = _Line(boot, since_ms, before)
        return banned
