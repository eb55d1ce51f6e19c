"""Loop events of one signal, read from SUMO's induction loops: on and off with their times, nothing else."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from detectors.loops.events import LoopEvent
from sumo_scenarios.logs import EventLog
from sumo_scenarios.loop_faults import DEAF, MIX, ChangedLoop, FailedLoop, LoopFault, fault_of
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit


@dataclass(frozen=True, slots=True)
class Broken:
    """The loops of a signal that fail, by id: those that say nothing of the traffic, those that change it, and for whom
    those speak whose wires were exchanged.
    """

    deaf: Mapping[str, FailedLoop] = field(default_factory=dict)
    changed: Mapping[str, ChangedLoop] = field(default_factory=dict)
    speaks_for: Mapping[str, str] = field(default_factory=dict)


class LoopReader:
    """Turns SUMO's per-vehicle records into the edges that a street's loop amplifier would send."""

    def __init__(
        self, simulation: Simulation, unit: SignalUnit, events: EventLog, broken: Broken | None = None
    ) -> None:
        """Args: broken, the loops that send something else than the traffic."""
        self._simulation = simulation
        self._signal = unit.site.signal_id
        broken = broken or Broken()
        loops = unit.layout.loops
        self._channels = [loop.channel for loop in loops]
        self._loops = [(k, loop.loop_id) for k, loop in enumerate(loops) if loop.loop_id not in broken.deaf]
        self._failed = [(k, broken.deaf[loop.loop_id]) for k, loop in enumerate(loops) if loop.loop_id in broken.deaf]
        self._changed = {
            k: broken.changed[loop.loop_id] for k, loop in enumerate(loops) if loop.loop_id in broken.changed
        }
        index = {loop.loop_id: k for k, loop in enumerate(loops)}
        self._speaks_for = [index[broken.speaks_for.get(loop.loop_id, loop.loop_id)] for loop in loops]
        self._on = [False] * len(loops)
        self._read_s = -math.inf
        self._events = events

    def read(self, time_s: float) -> list[LoopEvent]:
        """Return the events of the last step, in the order of time. [s]"""
        found: list[LoopEvent] = []
        for index, loop_id in self._loops:
            passages = self._simulation.loop_passages(loop_id)
            if index in self._changed:
                self._changed_edges(index, passages, time_s, found)
            elif passages or self._on[index]:
                self._edges(index, passages, found)
        self._read_s = time_s
        for index, loop in self._failed:
            found += [LoopEvent(index, edge_s, on) for edge_s, on in loop.edges(time_s)]
        for event in found:
            self._events.detector(self._signal, self._channels[event.loop], event.on, int(event.time_s * 10 + 0.5))
        found.sort(key=lambda event: event.time_s)
        return found

    def _changed_edges(
        self, index: int, passages: list[tuple[float, float]], time_s: float, found: list[LoopEvent]
    ) -> None:
        true: list[LoopEvent] = []
        self._edges(index, passages, true)
        told = self._changed[index].told([(event.time_s, event.on) for event in true], time_s)
        found += [LoopEvent(self._speaks_for[index], edge_s, on) for edge_s, on in told]

    def _edges(self, index: int, passages: list[tuple[float, float]], found: list[LoopEvent]) -> None:
        """Add the edges of one loop: it is on while anybody is on it, and cannot tell one from the next."""
        was_on, self._on[index] = self._on[index], False
        spans = covered([(on_s, off_s if off_s >= 0 else math.inf) for on_s, off_s in passages])
        if was_on and (not spans or spans[0][0] > self._read_s):
            self._add(found, index, max(self._read_s, 0.0), False)  # who was on it was taken away
            was_on = False
        for on_s, off_s in spans:
            if not was_on:
                self._add(found, index, on_s, True)
            was_on = False
            if off_s < math.inf:
                self._add(found, index, off_s, False)
            else:
                self._on[index] = True

    def _add(self, found: list[LoopEvent], index: int, time_s: float, on: bool) -> None:
        found.append(LoopEvent(self._speaks_for[index], time_s, on))


def covered(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the times in which at least one of the spans lasts, in order. [s]"""
    joined: list[tuple[float, float]] = []
    for on_s, off_s in sorted(spans):
        if joined and on_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], off_s))
        else:
            joined.append((on_s, off_s))
    return joined


def broken_loops(unit: SignalUnit, seed: int, rate: float, kind: str = MIX) -> Broken:
    """Return the loops of a signal that fail in runs of a seed; rate is the probability of each, 0 to 1.

    Wires are exchanged with the next loop of the same cross-section whose own are not; where there is none they stay.
    """
    faults = {loop.loop_id: fault_of(seed, loop.loop_id, rate, kind) for loop in unit.layout.loops}
    deaf = {loop_id: FailedLoop(fault, seed, loop_id) for loop_id, fault in faults.items() if fault in DEAF}
    swapped = {loop_id for loop_id, fault in faults.items() if fault is LoopFault.SWAPPED}
    changed = {
        loop_id: ChangedLoop(fault, seed, loop_id)
        for loop_id, fault in faults.items()
        if fault is not None and fault not in DEAF and fault is not LoopFault.SWAPPED
    }
    return Broken(deaf, changed, _exchanged(unit, swapped))


def _exchanged(unit: SignalUnit, swapped: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    sections: dict[tuple[object, str], list[str]] = {}
    for loop in unit.layout.loops:
        sections.setdefault((loop.role, loop.lane_id.rpartition("_")[0]), []).append(loop.loop_id)
    for own in sections.values():
        for k, loop_id in enumerate(own):
            free = [other for other in (*own[k + 1 :], *own[:k]) if other not in found]
            if loop_id in swapped and loop_id not in found and free:
                found[loop_id], found[free[0]] = free[0], loop_id
    return found
