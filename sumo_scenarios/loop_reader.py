"""Loop events of one signal, read from SUMO's induction loops: on and off with their times, nothing else."""

from detectors.loops.events import LoopEvent
from sumo_scenarios.logs import EventLog
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit


class LoopReader:
    """Turns SUMO's per-vehicle records into the edges that a street's loop amplifier would send."""

    def __init__(self, simulation: Simulation, unit: SignalUnit, events: EventLog) -> None:
        self._simulation = simulation
        self._signal = unit.site.signal_id
        self._loops = [(index, loop.loop_id, loop.channel) for index, loop in enumerate(unit.layout.loops)]
        self._on_since = [-1.0] * len(self._loops)
        self._events = events

    def read(self, time_s: float) -> list[LoopEvent]:
        """Return the events of the last step, in the order of time. [s]"""
        found: list[LoopEvent] = []
        for index, loop_id, channel in self._loops:
            passages = self._simulation.loop_passages(loop_id)
            if not passages and self._on_since[index] < 0:
                continue
            self._edges(index, channel, sorted(passages), found)
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
