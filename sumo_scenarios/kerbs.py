"""People at the kerbs of a signal in SUMO, told as push-buttons or sensors tell them, and who hears of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from detectors.crossings.approaches import crossings_of, with_crossings
from detectors.crossings.kerbside import Kerbside
from detectors.crossings.waiting import CrossingSense
from detectors.loops.events import LoopEvent
from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.junction import JunctionEngine
from sumo_scenarios.driver_ports import Sensor
from sumo_scenarios.logs import EventLog
from sumo_scenarios.loop_faults import DEAF, FailedLoop, fault_of
from sumo_scenarios.net_reader import Net
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit

RECALL: Final = "recall"
PRESS_S: Final = 0.3
"""A button is held for so long."""
STANDING_MPS: Final = 0.1


def unit_with_crossings(unit: SignalUnit) -> SignalUnit:
    """Return a signal whose crossings are approaches of its layout."""
    return replace(unit, layout=with_crossings(unit.layout, unit.site))


class Kerbs:
    """Turns people who come to stand at a kerb into presses of its button, or pulses of its sensor."""

    def __init__(
        self, simulation: Simulation, net: Net, layout: JunctionLayout, site: Site, settings: RunSettings
    ) -> None:
        """Args: layout, with the crossings."""
        self._simulation = simulation
        groups = crossings_of(site)
        self.links = tuple(site.groups[g].links[0] for g in groups)
        self.first_loop = len(layout.loops) - len(groups)
        self.first_lane = len(layout.lanes) - len(groups)
        self._every = settings.crossings == CrossingSense.SENSORS.value
        loops = layout.loops[self.first_loop :]
        self._channels = [loop.channel for loop in loops]
        faults = [fault_of(settings.seed, loop.loop_id, settings.failure_rate, settings.failure_kind) for loop in loops]
        self._deaf = {
            k: FailedLoop(fault, settings.seed, loop.loop_id)
            for k, (fault, loop) in enumerate(zip(faults, loops, strict=True))
            if fault in DEAF and fault is not None
        }
        self._crossing = dict(_crossing_edges(net, site, groups))
        self._kerbs = _kerbs_of(net, frozenset(self._crossing))
        self._standing: frozenset[tuple[str, int]] = frozenset()

    def read(self, time_s: float, lamps: str) -> list[LoopEvent]:
        """Return the edges of the last step, in the order of time. [s] Nobody presses where WALK shows."""
        standing = frozenset(self._people())
        fresh = sorted(standing - self._standing)
        lit = {k for _, k in self._standing}
        self._standing = standing
        pulses = [k for _, k in fresh if lamps[self.links[k]] not in "Gg" and (self._every or k not in lit)]
        found = []
        for k in pulses if self._every else dict.fromkeys(pulses):
            if k not in self._deaf:
                loop = self.first_loop + k
                found += [LoopEvent(loop, time_s - PRESS_S, True), LoopEvent(loop, time_s, False)]
        for k, failed in self._deaf.items():
            found += [LoopEvent(self.first_loop + k, edge_s, on) for edge_s, on in failed.edges(time_s)]
        return found

    def channel(self, event: LoopEvent) -> int:
        """Return the detector channel of an edge."""
        return self._channels[event.loop - self.first_loop]

    def _people(self) -> Iterator[tuple[str, int]]:
        for kerb in self._kerbs:
            for name, onto, speed_mps in self._simulation.edge_people(kerb):
                if speed_mps < STANDING_MPS and onto in self._crossing:
                    yield name, self._crossing[onto]


def _crossing_edges(net: Net, site: Site, groups: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Yield the edge of each crossing, and which of the groups it is."""
    place = {link: k for k, g in enumerate(groups) for link in site.groups[g].links}
    for connection in net.signal_links[site.signal_id]:
        for lane in (connection.from_lane, connection.to_lane):
            edge = net.lanes[lane].edge_id
            if connection.link in place and net.edges[edge].function == "crossing":
                yield edge, place[connection.link]


def _kerbs_of(net: Net, crossings: frozenset[str]) -> tuple[str, ...]:
    """Return the walking areas beside crossings."""
    found = set()
    for connection in net.connections:
        sides = {net.lanes[lane].edge_id for lane in (connection.from_lane, connection.to_lane)}
        if sides & crossings:
            found |= {edge for edge in sides if net.edges[edge].function == "walkingarea"}
    return tuple(sorted(found))


class KerbSensor:
    """A sensor of vehicles, and the kerbs beside it."""

    def __init__(self, inner: Sensor, kerbs: Kerbs, side: Kerbside, events: EventLog) -> None:
        self._inner = inner
        self._kerbs = kerbs
        self._side = side
        self._events = events
        self._signal = ""
        self._lamps = ""
        self._now_s = 0.0
        self._told = Detection()

    def read(self, time_s: float) -> None:
        """Take in what the last step brought. [s]"""
        self._inner.read(time_s)
        if self._lamps:
            for event in self._kerbs.read(time_s, self._lamps):
                self._side.take(event)
                note(self._events, self._signal, self._kerbs, event)

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Return the estimate, with the people who wait."""
        self._lamps, self._signal, self._now_s = engine.lamps, engine.kernel.site.signal_id, time_s
        self._side.look(self._lamps, time_s)
        return self._side.seen(self._inner.view(time_s, engine), time_s)

    def detection(self) -> Detection:
        """Return what the health of loops and buttons says."""
        told = self._side.detection(self._inner.detection(), self._now_s)
        if told != self._told:
            self._told = told
        return self._told


def note(events: EventLog, signal: str, kerbs: Kerbs, event: LoopEvent) -> None:
    """Write an edge of a button or sensor into the log of a run."""
    events.detector(signal, kerbs.channel(event), event.on, int(event.time_s * 10 + 0.5))
