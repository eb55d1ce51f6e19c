"""Loop events of one signal, read from SUMO's induction loops: on and off with their times, nothing else."""

import math
from collections.abc import Mapping
from typing import Protocol

from detectors.loops.events import LoopEvent
from sumo_scenarios.loop_faults import FailedLoop, fault_of
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit


class EdgeLog(Protocol):
    """Takes down what the loops say."""

    def detector(self, signal: str, channel: int, on: bool, at_ds: int) -> None:
        """Note that a loop went on or off. [ds]"""
        ...


class LoopReader:
    """Turns SUMO's per-vehicle records into the edges that a street's loop amplifier would send."""

    def __init__(
        self,
        simulation: Simulation,
        unit: SignalUnit,
        events: EdgeLog,
        failed: Mapping[str, FailedLoop] | None = None,
    ) -> None:
        """Args: failed, the loops, by id, that send something else than the traffic."""
        self._simulation = simulation
        self._signal = unit.site.signal_id
        own = [(index, loop.loop_id, loop.channel) for index, loop in enumerate(unit.layout.loops)]
        failed = failed or {}
        self._loops = [row for row in own if row[1] not in failed]
        self._failed = [(index, channel, failed[loop_id]) for index, loop_id, channel in own if loop_id in failed]
        self._on = [False] * len(own)
        self._read_s = -math.inf
        self._events = events

    def read(self, time_s: float) -> list[LoopEvent]:
        """Return the events of the last step, in the order of time. [s]"""
        found: list[LoopEvent] = []
        for index, loop_id, channel in self._loops:
            passages = self._simulation.loop_passages(loop_id)
            if passages or self._on[index]:
                self._edges(index, channel, passages, found)
        self._read_s = time_s
        for index, channel, loop in self._failed:
            for edge_s, on in loop.edges(time_s):
                self._add(found, index, channel, edge_s, on)
        found.sort(key=lambda event: event.time_s)
        return found

    def _edges(self, index: int, channel: int, passages: list[tuple[float, float]], found: list[LoopEvent]) -> None:
        """Add the edges of one loop: it is on while anybody is on it, and cannot tell one from the next."""
        was_on, self._on[index] = self._on[index], False
        covered = _covered([(on_s, off_s if off_s >= 0 else math.inf) for on_s, off_s in passages])
        if was_on and (not covered or covered[0][0] > self._read_s):
            self._add(found, index, channel, max(self._read_s, 0.0), False)  # who was on it was taken away
            was_on = False
        for on_s, off_s in covered:
            if not was_on:
                self._add(found, index, channel, on_s, True)
            was_on = False
            if off_s < math.inf:
                self._add(found, index, channel, off_s, False)
            else:
                self._on[index] = True

    def _add(self, found: list[LoopEvent], index: int, channel: int, time_s: float, on: bool) -> None:
        found.append(LoopEvent(index, time_s, on))
        self._events.detector(self._signal, channel, on, int(time_s * 10 + 0.5))


def _covered(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the times in which at least one of the spans lasts, in order. [s]"""
    joined: list[tuple[float, float]] = []
    for on_s, off_s in sorted(spans):
        if joined and on_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], off_s))
        else:
            joined.append((on_s, off_s))
    return joined


def failed_loops(unit: SignalUnit, seed: int, rate: float) -> dict[str, FailedLoop]:
    """Return the loops of a signal that fail in runs of a seed, by id; rate is the probability of each, 0 to 1."""
    faults = {loop.loop_id: fault_of(seed, loop.loop_id, rate) for loop in unit.layout.loops}
    return {loop_id: FailedLoop(fault, seed, loop_id) for loop_id, fault in faults.items() if fault is not None}
