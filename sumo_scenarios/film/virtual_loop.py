"""A loop that a camera stands for: on and off from what the counter says of its zone and of its line."""

import math
from dataclasses import dataclass
from typing import Final

LET_GO_S: Final = 0.15
"""A zone has to be free for so long before the loop goes off: flicker of a single frame is no gap. [s]"""
PULSE_S: Final = 0.5
"""How long the loop stays on for a vehicle that crossed its line while the zone was thought free. [s]"""
APART_S: Final = 0.1
"""Between the off of one vehicle and the on of the next where both were one in the zone. [s]"""

TICK_S: Final = 1e-3
"""Edges of one loop are at least so far apart. [s]"""


@dataclass(slots=True)
class VirtualLoop:
    """Turns frames into the edges of a loop.

    The zone says whether anybody is there. A vehicle that hides the gap behind it keeps the zone occupied; the line,
    which counts vehicles, tells then that a second one has come: the loop goes off and on between them.
    """

    on: bool = False
    crossed: int = 0
    seen_s: float = -math.inf
    last_s: float = -math.inf

    def take(self, occupied: bool, crossings: int, time_s: float) -> list[tuple[float, bool]]:
        """Take in a frame; return the edges (time [s], on).

        Args: occupied, of the zone; crossings, vehicles that crossed the line since the last frame. [s]
        """
        edges: list[tuple[float, bool]] = []
        if occupied:
            self.seen_s = max(self.seen_s, time_s)
        elif crossings and not self.on:
            self._hold(time_s)
        for _ in range(crossings):
            self._cross(time_s, edges)
        if not self.on and (occupied or crossings):
            self._set(True, time_s, edges)
            self.crossed = min(crossings, 1)
        elif self.on and time_s - self.seen_s > LET_GO_S:
            self._set(False, time_s, edges)
            self.crossed = 0
        return edges

    def _cross(self, time_s: float, edges: list[tuple[float, bool]]) -> None:
        """Count a vehicle; the second one of a pulse begins a new one."""
        if not self.on:
            return
        self.crossed += 1
        if self.crossed > 1 and time_s - APART_S > self.last_s + TICK_S:
            self._set(False, time_s - APART_S, edges)
            self._set(True, time_s, edges)
            self.crossed = 1
            self._hold(time_s)

    def _hold(self, time_s: float) -> None:
        """Stay on for a vehicle that the line counted, whatever the zone says."""
        self.seen_s = max(self.seen_s, time_s + PULSE_S - LET_GO_S)

    def _set(self, on: bool, time_s: float, edges: list[tuple[float, bool]]) -> None:
        self.on, self.last_s = on, time_s
        edges.append((time_s, on))
