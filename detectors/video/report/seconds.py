"""Presence and queue of zones, second by second: what a controller would be told."""

import math
from dataclasses import dataclass, field

from detectors.video.camera import Zone
from detectors.video.report.rows import SecondRow
from detectors.video.seen import Seen, ZoneState


@dataclass(slots=True)
class SecondTally:
    """Adds frames up to whole seconds. A second without one trustworthy frame is told as not seen."""

    zones: tuple[Zone, ...]
    empty_known: bool = False
    _second: int | None = None
    _states: list[tuple[ZoneState, ...]] = field(default_factory=list)

    def take(self, time_s: float, seen: Seen) -> tuple[SecondRow, ...]:
        """Take what a frame showed; return the rows of the seconds that are over."""
        rows = self._go_to(math.floor(time_s))
        if seen.valid:
            self._states.append(seen.zones)
        return rows

    def gap(self, to_s: float) -> tuple[SecondRow, ...]:
        """Take that nothing was seen until `to_s`; return the rows of the seconds that are over. [s]"""
        return self._go_to(math.floor(to_s))

    def end(self, seen: Seen) -> tuple[SecondRow, ...]:
        """Return the rows of the last second."""
        return () if self._second is None else self._go_to(self._second + 1)

    def _go_to(self, second: int) -> tuple[SecondRow, ...]:
        rows: list[SecondRow] = []
        while self._second is not None and self._second < second:
            rows += [self._row(self._second, zone.name) for zone in self.zones]
            self._second, self._states = self._second + 1, []
        self._second = second if self._second is None else self._second
        return tuple(rows)

    def _row(self, second: int, zone: str) -> SecondRow:
        states = [state for frame in self._states for state in frame if state.name == zone]
        if not states:
            return SecondRow(second, zone, None, None, None, self.empty_known)
        queues_m = [state.queue_m for state in states if state.queue_m is not None]
        return SecondRow(
            second,
            zone,
            any(state.occupied for state in states),
            max(state.vehicles for state in states),
            max(queues_m) if queues_m else None,
            self.empty_known,
        )
