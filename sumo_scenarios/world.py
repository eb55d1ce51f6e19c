"""A scenario made ready for control: its configuration, its network, and each signal's site, layout and programmes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.profile import SafetyProfile
from signal_ctrl.domain.site import Site
from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.configuration import Configuration, read_configuration
from sumo_scenarios.layout import approach_lanes, build_layout, upstream_reach
from sumo_scenarios.loop_layout import lay_loops
from sumo_scenarios.net_reader import Connection, Net, read_net
from sumo_scenarios.programmes import Additional, Programme, in_force, read_additional
from sumo_scenarios.site_builder import BuiltSite, SignalSource, build_site, is_crossing

_FOREIGN_KINDS: Final = frozenset({"railSignal", "railCrossing", "rail_signal", "rail_crossing"})


@dataclass(frozen=True, slots=True)
class SignalUnit:
    """One signal under the kernel. `stages_from` says which stages (indices) may be chosen from when on. [s]"""

    site: Site
    layout: JunctionLayout
    programmes: tuple[tuple[float, Programme], ...]
    stages_from: tuple[tuple[float, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is known before the first step."""

    scenario: Scenario
    config: Configuration
    net: Net
    additional: Additional
    units: tuple[SignalUnit, ...]
    left_alone: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    quantum_ds: int


def quantum_ds_of(step_s: float) -> int:
    """Return the shortest time that is a whole number of simulation steps and of tenths of a second. [ds]

    Raises: InvalidInputError if there is none up to one second.
    >>> quantum_ds_of(1.0), quantum_ds_of(0.1), quantum_ds_of(0.25), quantum_ds_of(0.4)
    (10, 1, 5, 4)
    """
    step_ms = round(step_s * 1000)
    if step_ms < 1 or abs(step_ms - step_s * 1000) > 1e-6 or math.lcm(step_ms, 100) > 1000:
        raise InvalidInputError(f"a step of {step_s:g} s cannot be controlled: take 0.1, 0.2, 0.25, 0.5 or 1 s")
    return math.lcm(step_ms, 100) // 100


def build_world(scenario: Scenario, profile: SafetyProfile, begin_s: float | None, end_s: float | None) -> World:
    """Return the scenario made ready.

    Raises: InvalidInputError for files that are missing or damaged, a net without signals, or a programme that lets
    crossing paths go together.
    """
    config = read_configuration(scenario.config)
    quantum_ds = quantum_ds_of(config.step_s)
    net = read_net(config.net)
    additional = read_additional(config.additional)
    if not net.signal_links:
        raise InvalidInputError(f"{config.net} has no signal; choose a network with signals")
    times = (begin_s if begin_s is not None else config.begin_s or 0.0, end_s or config.end_s or math.inf)
    maker = _UnitMaker(scenario, profile, net, additional, times, quantum_ds)
    units, left_alone, notices = maker.make_all()
    return World(
        scenario, config, net, additional, units, left_alone, (*config.notices, *notices), quantum_ds
    )


@dataclass(frozen=True, slots=True)
class _UnitMaker:
    scenario: Scenario
    profile: SafetyProfile
    net: Net
    additional: Additional
    times_s: tuple[float, float]
    quantum_ds: int

    def make_all(self) -> tuple[tuple[SignalUnit, ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
        left_alone: list[tuple[str, str]] = []
        notices: list[str] = []
        built: dict[str, tuple[BuiltSite, tuple[tuple[float, Programme], ...]]] = {}
        for signal, connections in self.net.signal_links.items():
            own = [p for p in (*self.net.programmes, *self.additional.programmes) if p.signal == signal]
            why = self._why_left_alone(connections, own)
            if why:
                left_alone.append((signal, why))
                continue
            built[signal] = self._build(signal, connections, own)
            notices += built[signal][0].notices
        stop_lines = {
            lane: (signal, index)
            for signal in built
            for index, lane in enumerate(approach_lanes(self.net, self.net.signal_links[signal]))
        }
        units = tuple(self._unit(signal, *built[signal], stop_lines) for signal in built)
        notices += [f"signal {signal} is left alone: {why}" for signal, why in left_alone]
        return units, tuple(left_alone), tuple(notices)

    def _why_left_alone(self, connections: Sequence[Connection], programmes: Sequence[Programme]) -> str:
        if any(p.kind in _FOREIGN_KINDS for p in programmes) or self._on_rails(connections):
            return "a rail signal or crossing"
        if all(is_crossing(self.net, c) for c in connections):
            return "it serves pedestrians only"
        if not any(self._motorised(c) for c in connections):
            return "no motor vehicle passes it"
        if not any(step.is_stage for p in programmes for step in p.steps):
            return "its programmes show no green"
        if any(p.kind == "NEMA" for p in programmes):
            return "its programme is of type NEMA, whose stages are composed at run time"
        return ""

    def _on_rails(self, connections: Sequence[Connection]) -> bool:
        kinds = {self.net.junctions[node].kind for c in connections if (node := self._node(c)) in self.net.junctions}
        return bool(kinds & _FOREIGN_KINDS)

    def _node(self, connection: Connection) -> str:
        lane = self.net.lanes.get(connection.from_lane)
        return self.net.edges[lane.edge_id].to_node if lane else ""

    def _motorised(self, connection: Connection) -> bool:
        lane = self.net.lanes.get(connection.from_lane)
        return lane is not None and lane.motorised and not is_crossing(self.net, connection)

    def _build(
        self, signal: str, connections: tuple[Connection, ...], own: Sequence[Programme]
    ) -> tuple[BuiltSite, tuple[tuple[float, Programme], ...]]:
        when = in_force(signal, own, self.additional.plan_of.get(signal), *self.times_s)
        usable = tuple((at_s, p) for at_s, p in when if any(step.is_stage for step in p.steps))
        if not usable:
            raise InvalidInputError(f"signal {signal}: the programme in force shows no green")
        programmes = tuple(dict.fromkeys(p for _, p in usable))
        highest = max((c.link for c in connections), default=0)
        if len(programmes[0].steps[0].state) <= highest or len({len(p.steps[0].state) for p in programmes}) > 1:
            raise InvalidInputError(f"signal {signal}: its programme has fewer letters than the network has links")
        source = SignalSource(
            signal, self.net, connections, programmes, self.profile, not self.scenario.from_catalogue, self.quantum_ds
        )
        return build_site(source), usable

    def _unit(
        self,
        signal: str,
        built: BuiltSite,
        when: tuple[tuple[float, Programme], ...],
        stop_lines: dict[str, tuple[str, int]],
    ) -> SignalUnit:
        connections = self.net.signal_links[signal]
        lanes = approach_lanes(self.net, connections)
        loops = lay_loops(self.net, signal, connections)
        layout = build_layout(
            self.net, built.site, connections, built.foes, loops, upstream_reach(self.net, lanes), stop_lines
        )
        stages_from = tuple((at_s, built.stages_of[p.programme_id]) for at_s, p in when)
        site = replace(built.site, first_stage=stages_from[0][1][0])
        return SignalUnit(site, layout, when, stages_from)
