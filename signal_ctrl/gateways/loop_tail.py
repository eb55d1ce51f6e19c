"""The loops and buttons of a cabinet, as whoever reads the cards writes them down: files that grow, a line an edge.

A line is `UTC_MS CODE CHANNEL`; code 82 says that the loop of a channel went on, 81 that it went off (the enumerations
of the Indiana traffic signal high resolution data logger). Buttons are channels behind those of the loops. The file may
be cut to nothing at any time, as by log rotation. Whoever may wait for a disk calls `poll`; whoever makes frames calls
`read`.
"""

import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from detectors.loops.events import LoopEvent
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.network import JunctionLayout

CODES: Final = {b"82": True, b"81": False}
AT_ONCE: Final = 1 << 16
"""So many bytes are read at most in one go."""
MOST_KEPT: Final = 10_000
"""Edges that nobody has asked for; with more, the oldest go."""
FUTURE_S: Final = 1.0
"""An edge that lies farther ahead than this is none. [s]"""
OLD_S: Final = 60.0


class LoopTail:
    """Follows one file. `refused` counts lines that are no edges of the cabinet's loops, or come far too late."""

    def __init__(self, path: Path, layout: JunctionLayout, clock: Clock) -> None:
        """Args: layout, with the crossings that have a button; clock, the cabinet's: lines carry wall time, edges
        monotonic time.
        """
        self._path = path
        self._index = {str(loop.channel).encode(): k for k, loop in enumerate(layout.loops)}
        self._clock = clock
        self._kept: deque[LoopEvent] = deque(maxlen=MOST_KEPT)
        self._rest = b""
        self._place = self._size()
        self.refused = 0

    def _size(self) -> int:
        try:
            return os.stat(self._path).st_size
        except OSError:
            return 0

    def poll(self) -> None:
        """Read what was written since the last time; a file that is not there yet says nothing."""
        size = self._size()
        if size < self._place:
            self._place, self._rest = 0, b""
        if size == self._place:
            return
        try:
            with self._path.open("rb") as file:
                file.seek(self._place)
                data = file.read(AT_ONCE)
        except OSError:
            return
        self._place += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[:AT_ONCE]
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        event = self._event(line.split())
        if event is None:
            self.refused += 1
        else:
            self._kept.append(event)

    def _event(self, parts: Sequence[bytes]) -> LoopEvent | None:
        """Return the edge of a line, None if it is none."""
        if len(parts) != 3 or parts[1] not in CODES or parts[2] not in self._index or not parts[0].isdigit():
            return None
        ahead_s = (int(parts[0][:16]) - self._clock.utc_ms()) / 1000
        if not -OLD_S <= ahead_s <= FUTURE_S:
            return None
        return LoopEvent(self._index[parts[2]], self._clock.mono_ms() / 1000 + ahead_s, CODES[parts[1]])

    def read(self, now_s: float) -> list[LoopEvent]:
        """Return the edges up to a time, in the order in which they were written. [s]"""
        found = []
        while self._kept and self._kept[0].time_s <= now_s:
            found.append(self._kept.popleft())
        return sorted(found, key=lambda event: event.time_s)


class LoopTails:
    """Several files, as one: loops and buttons may have a file each, or share one."""

    def __init__(self, *tails: LoopTail) -> None:
        self._tails = tails

    @property
    def refused(self) -> int:
        """How many lines were no edges of the cabinet."""
        return sum(tail.refused for tail in self._tails)

    def poll(self) -> None:
        """Read what was written to any of them."""
        for tail in self._tails:
            tail.poll()

    def read(self, now_s: float) -> list[LoopEvent]:
        """Return the edges of all up to a time, in the order of time. [s]"""
        return sorted((event for tail in self._tails for event in tail.read(now_s)), key=lambda event: event.time_s)
