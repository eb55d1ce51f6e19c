"""Loop events of one signal, read from SUMO's induction loops: on and off with their times, nothing else."""

from collections.abc import Mapping

from detectors.loops.events import LoopEvent
from sumo_scenarios.logs import EventLog
from sumo_scenarios.loop_faults import FailedLoop, fault_of
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit


class LoopReader:
    """Turns SUMO's per-vehicle records into the edges that a street's loop amplifier would send."""

    def __init__(
        self,
        simulation: Simulation,
        unit: SignalUnit,
        events: EventLog,
        failed: Mapping[str, FailedLoop] | None = None,
    ) -> None:
        """Args: failed, the loops, by id, that send something else than the traffic."""
        self._simulation = simulation
        self._signal = unit.site.signal_id
        own = [(index, loop.loop_id, loop.channel) for index, loop in enumerate(unit.layout.loops)]
        failed = failed or {}
        self._loops = [row for row in own if row[1] not in failed]
        self._failed = [(index, channel, failed[loop_id]) for index, loop_id, channel in own if loop_id in failed]
        self._on_since = [-1.0] * len(own)
        self._events = events

    def read(self, time_s: float) -> list[LoopEvent]:
        """Return the events of the last step, in the order of time. [s]"""
        found: list[LoopEvent] = []
        for index, loop_id, channel in self._loops:
            passages = self._simulation.loop_passages(loop_id)
            if not passages and self._on_since[index] < 0:
                continue
            self._edges(index, channel, sorted(passages), found)
        for index, channel, loop in self._failed:
            for edge_s, on in loop.edges(time_s):
                self._add(found, index, channel, edge_s, on)
        found.sort(key=lambda event: event.time_s)
        return found

    def _edges(self, index: int, channel: int, passages: list[tuple[float, float]], found: list[LoopEvent]) -> None:
        known_s = self._on_since[index]
        self._on_since[index] = -1.0
        for on_s, off_s in passages:
            if on_s > known_s:
                self._add(found, index, channel, on_s, True)
            if off_s >= 0:
                self._add(found, index, channel, off_s, False)
            else:
                self._on_since[index] = max(on_s, self._on_since[index])
        if known_s >= 0 and not passages:
            self._on_since[index] = -1.0

    def _add(self, found: list[LoopEvent], index: int, channel: int, time_s: float, on: bool) -> None:
        found.append(LoopEvent(index, time_s, on))
        self._events.detector(self._signal, channel, on, int(time_s * 10 + 0.5))


def failed_loops(unit: SignalUnit, seed: int, rate: float) -> dict[str, FailedLoop]:
    """Return the loops of a signal that fail in runs of a seed, by id; rate is the probability of each, 0 to 1."""
    faults = {loop.loop_id: fault_of(seed, loop.loop_id, rate) for loop in unit.layout.loops}
    return {loop_id: FailedLoop(fault, seed, loop_id) for loop_id, fault in faults.items() if fault is not None}
