"""A scenario made ready for control: its configuration, its network, and each signal's site, layout and programmes."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.profile import SafetyProfile
from signal_ctrl.domain.site import Site
from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.configuration import Configuration, read_configuration
from sumo_scenarios.film.camera_loops import seen_loops
from sumo_scenarios.film.roadmap import read_roadmap
from sumo_scenarios.foes import entangled
from sumo_scenarios.layout import approach_lanes, build_layout, upstream_reach
from sumo_scenarios.loop_file import read_loops
from sumo_scenarios.loop_layout import lay_loops
from sumo_scenarios.nema import composed
from sumo_scenarios.net_reader import Connection, Net, read_net
from sumo_scenarios.programmes import NEMA, Programme
from sumo_scenarios.signal_source import LeftAloneError, SignalSource
from sumo_scenarios.site_builder import BuiltSite, build_site
from sumo_scenarios.switching import Additional, in_force, read_additional

_FOREIGN_KINDS: Final = frozenset({"railSignal", "railCrossing", "rail_signal", "rail_crossing"})
_UNESCAPED: Final = frozenset('"<&')


@dataclass(frozen=True, slots=True)
class SignalUnit:
    """One signal under the kernel. `stages_from` says which stages (indices) may be chosen from when on, `more_from`
    which composed ones adaptive control may choose besides. [s]
    """

    site: Site
    layout: JunctionLayout
    programmes: tuple[tuple[float, Programme], ...]
    stages_from: tuple[tuple[float, tuple[int, ...]], ...]
    more_from: tuple[tuple[float, tuple[int, ...]], ...] = ()

    def with_composed(self) -> "SignalUnit":
        """Return the unit with the composed stages among those that may be chosen."""
        pairs = zip(self.stages_from, self.more_from, strict=True)
        return replace(self, stages_from=tuple((at_s, (*own, *more)) for (at_s, own), (_, more) in pairs))


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


def build_world(
    scenario: Scenario,
    profile: SafetyProfile,
    begin_s: float | None,
    end_s: float | None,
    loops_file: Path | None = None,
    cameras: bool = False,
) -> World:
    """Return the scenario made ready; `loops_file` gives the loops of the user's own in place of those laid out here.

    With `cameras` there are none but those that the cameras of the approaches stand for.

    Raises: InvalidInputError for files that are missing or damaged, a net without signals, or a programme that lets
    crossing paths go together.
    """
    config = read_configuration(scenario.config)
    quantum_ds = quantum_ds_of(config.step_s)
    net = read_net(config.net)
    additional = read_additional(config.additional)
    _check_signals(net)
    begin_s = begin_s if begin_s is not None else config.begin_s or 0.0
    end_s = end_s if end_s is not None else config.end_s
    times_s = (begin_s, math.inf if end_s is None else end_s)
    maker = _UnitMaker(
        net, additional, times_s, (profile, not scenario.from_catalogue, quantum_ds), (loops_file, cameras)
    )
    units = maker.units()
    return World(
        scenario=scenario,
        config=config,
        net=net,
        additional=replace(additional, programmes=(*additional.programmes, *maker.composed)),
        units=units,
        left_alone=tuple(maker.left_alone),
        notices=(*config.notices, *maker.notices),
        quantum_ds=quantum_ds,
    )


def _check_signals(net: Net) -> None:
    if not net.signal_links:
        raise InvalidInputError(f"{net.path} has no signal; choose a network with signals")
    for signal in net.signal_links:
        if _UNESCAPED & set(signal):
            raise InvalidInputError(
                f"{net.path}: the name of signal {signal} holds a quote, < or &, which SUMO's own record cannot "
                "take; rename it"
            )


@dataclass(frozen=True, slots=True)
class _Built:
    """A site, and (from when [s], programme) as they are in force."""

    site: BuiltSite
    since: tuple[tuple[float, Programme], ...]


class _UnitMaker:
    """Makes the units of one world, and notes which signals it leaves alone and what a user should know."""

    def __init__(
        self,
        net: Net,
        additional: Additional,
        times_s: tuple[float, float],
        rules: tuple[SafetyProfile, bool, int],
        loops: tuple[Path | None, bool],
    ) -> None:
        """Args: loops, the user's own file, and whether cameras stand for them."""
        self.left_alone: list[tuple[str, str]] = []
        self.notices: list[str] = []
        self.composed: list[Programme] = []
        self._net = net
        self._additional = additional
        self._times_s = times_s
        self._rules = rules
        self._loops_file, self._cameras = loops
        self._of_net: dict[str, list[Programme]] = defaultdict(list)
        for programme in net.programmes:
            self._of_net[programme.signal].append(programme)
        self._entangled = entangled(net)

    def units(self) -> tuple[SignalUnit, ...]:
        """Return the signals that can be controlled."""
        built: dict[str, _Built] = {}
        for signal, connections in self._net.signal_links.items():
            try:
                built[signal] = self._build(signal, connections)
            except LeftAloneError as why:
                self.left_alone.append((signal, str(why)))
        self.notices += [f"signal {signal} is left alone: {why}" for signal, why in self.left_alone]
        return self._laid_out(built)

    def _build(self, signal: str, connections: tuple[Connection, ...]) -> _Built:
        """Return the site of a signal. Raises: LeftAloneError where it is none of ours."""
        self._check_kind(signal, connections)
        since = in_force(signal, self._of_net[signal], self._additional, *self._times_s)
        usable = self._usable(signal, since)
        n_links = self._n_links(signal, connections, [p for _, p in usable])
        when = tuple((at_s, programme.padded(n_links)) for at_s, programme in usable)
        programmes = tuple(dict.fromkeys(programme for _, programme in when))
        try:
            site = build_site(SignalSource(signal, self._net, connections, programmes, *self._rules))
        except InvalidTimingError as error:
            raise LeftAloneError(f"its times do not fit into what SAFETY allows: {error}") from error
        self.notices += site.notices
        return _Built(site, when)

    def _check_kind(self, signal: str, connections: Sequence[Connection]) -> None:
        kinds = {p.kind for p in self._of_net[signal]} | {self._kind_of_node(c) for c in connections}
        if kinds & _FOREIGN_KINDS:
            raise LeftAloneError("a rail signal or crossing")
        if all(self._net.is_crossing(c) for c in connections):
            raise LeftAloneError("it serves pedestrians only")
        if not any(self._is_motorised(c) for c in connections):
            raise LeftAloneError("no motor vehicle passes it")
        if signal in self._entangled:
            raise LeftAloneError("its links meet those of another signal, and no signal alone can keep them apart")

    def _kind_of_node(self, connection: Connection) -> str:
        edge = self._net.edges[self._net.lanes[connection.from_lane].edge_id]
        node = self._net.junctions.get(edge.to_node)
        return node.kind if node is not None else ""

    def _is_motorised(self, connection: Connection) -> bool:
        return self._net.lanes[connection.from_lane].motorised and not self._net.is_crossing(connection)

    def _usable(self, signal: str, since: Sequence[tuple[float, Programme | None]]) -> list[tuple[float, Programme]]:
        """Return the programmes with stages; while the signal is off or blinks, those before stay."""
        if since[0][1] is None or not since[0][1].has_green:
            raise LeftAloneError("its programme in force shows no green")
        usable = []
        for at_s, programme in since:
            if programme is None or not programme.has_green:
                self.notices.append(
                    f"signal {signal}: its programmes switch it off at {at_s:g} s; it stays under control"
                )
            else:
                usable.append((at_s, self._composed(programme)))
        return usable

    def _composed(self, programme: Programme) -> Programme:
        if programme.kind != NEMA:
            return programme
        found = composed(programme)
        if found is None:
            raise LeftAloneError("its programme is of type NEMA, with rings that cannot be read")
        if found not in self.composed:
            self.composed.append(found)
        return found

    def _n_links(self, signal: str, connections: Sequence[Connection], programmes: Sequence[Programme]) -> int:
        """Return the letters of the longest programme, in force or not: SUMO records that many."""
        highest = max(c.link for c in connections)
        for programme in programmes:
            if programme.n_links <= highest:
                raise InvalidInputError(
                    f"signal {signal}: programme '{programme.programme_id}' has {programme.n_links} letters, but the "
                    f"network has links up to {highest}"
                )
        own = [p for p in self._additional.programmes if p.signal == signal]
        return max(p.n_links for p in (*self._of_net[signal], *own))

    def _laid_out(self, built: dict[str, _Built]) -> tuple[SignalUnit, ...]:
        links = {signal: self._net.signal_links[signal] for signal in built}
        stop_lines = {
            lane: (signal, index)
            for signal, connections in links.items()
            for index, lane in enumerate(approach_lanes(self._net, connections))
        }
        own = self._loops_file
        loops = read_loops(own, self._net, links) if own is not None else lay_loops(self._net, links)
        if self._cameras:
            loops = seen_loops(self._net, read_roadmap(self._net.path), loops)
        units = []
        for signal, parts in built.items():
            reach = upstream_reach(self._net, approach_lanes(self._net, links[signal]))
            foes = parts.site.foes
            stages_from = tuple((at_s, parts.site.stages_of[p.programme_id]) for at_s, p in parts.since)
            more_from = tuple((at_s, parts.site.composed_of[p.programme_id]) for at_s, p in parts.since)
            site = replace(parts.site.site, first_stage=stages_from[0][1][0])
            layout = build_layout(self._net, site, links[signal], foes, loops[signal], reach, stop_lines)
            units.append(SignalUnit(site, layout, parts.since, stages_from, more_from))
        return tuple(units)
