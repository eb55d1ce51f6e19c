"""From live events of one signal to the edges that its estimator and the judge of its loops take."""

from collections.abc import Iterable, Mapping

from detectors.live.told import OFF, ON, DataGap, LiveEvent
from detectors.loops.events import LoopEvent
from signal_ctrl.domain.network import JunctionLayout


class LoopFeed:
    """The loops of one signal. What is late is left out: it has been missed. The same edge twice is one.

    Where an OFF was lost the loop has gone off, at the latest when the next vehicle comes or the source is heard again.
    """

    def __init__(self, layout: JunctionLayout) -> None:
        self._index: Mapping[int, int] = {loop.channel: k for k, loop in enumerate(layout.loops)}
        self._device = layout.signal_id
        self._on: set[int] = set()
        self._last: dict[int, LoopEvent] = {}
        self.unknown = 0
        self.doubled = 0

    def edges(self, events: Iterable[LiveEvent]) -> list[LoopEvent]:
        """Return the edges among events; channels without a loop are counted."""
        out: list[LoopEvent] = []
        for event in events:
            if event.device == self._device and event.code in (ON, OFF) and not event.late:
                loop = self._index.get(event.parameter)
                if loop is None:
                    self.unknown += 1
                else:
                    out += self._edge(loop, event.time_s, event.code == ON)
        return out

    def _edge(self, loop: int, time_s: float, on: bool) -> list[LoopEvent]:
        edge = LoopEvent(loop, time_s, on)
        if self._last.get(loop) == edge:
            self.doubled += 1
            return []
        self._last[loop] = edge
        if on and loop in self._on:
            return [LoopEvent(loop, time_s, False), edge]
        if on:
            self._on.add(loop)
        else:
            self._on.discard(loop)
        return [edge]

    def lost(self, gap: DataGap) -> list[LoopEvent]:
        """Return the edges that a gap leaves to be assumed: nobody knows who is still on a loop."""
        out = [LoopEvent(loop, gap.to_ms / 1000, False) for loop in sorted(self._on)]
        self._on.clear()
        return out
