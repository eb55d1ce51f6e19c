"""Fixed programmes made by the tools that come with SUMO: `tlsCycleAdaptation.py`, and offsets by `tlsCoordinator.py`.

They are baselines, so they get what `actuated` gets: the programme in force with the profile's ambers, intergreens and
minimum greens. They know nothing of walkers, and lose an approach where crossings are among the lamps: these are taken
out of what the tools read, and what they return is held to the same rules again.
"""

import math
import os
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.plan import Plan, SignalPlan
from signal_ctrl.domain.profile import SafetyProfile
from signal_ctrl.domain.site import GroupKind
from signal_ctrl.domain.timing import ceil_ds, to_s
from sumo_scenarios.logs import write_programmes
from sumo_scenarios.own_programmes import free_name, static_programme, with_minimums
from sumo_scenarios.plan_programmes import plan_programmes
from sumo_scenarios.programmes import AMBERS, GREENS, Programme, Step
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.volumes import routed_demand
from sumo_scenarios.world import SignalUnit, World
from sumo_scenarios.xml_input import elements, parse_time_s, parse_xml

HOUR_S: Final = 3600.0
QUARTER_S: Final = 900.0
_TOOL_TIME_S: Final = 600.0

Programmes = dict[str, Programme]
Rows = dict[str, list[float]]
"""How long the rows of each signal's programme last. [s]"""


def write_tool_programmes(path: Path, world: World, settings: RunSettings, times_s: tuple[float, float]) -> None:
    """Write a fixed programme for every signal, made for the busiest hour between two times. [s]

    `sumo_adapted`: cycle and greens of each signal by Webster's formula. `sumo_coordinated`: the same with one common
    cycle, and offsets.
    Raises: InvalidInputError if the demand cannot be routed; BackendError if a tool fails or hangs.
    """
    coordinated = settings.controller == "sumo_coordinated"
    units = {unit.site.signal_id: unit for unit in world.units}
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as place:
        scratch = Path(place)
        routes = routed_demand(world.config, times_s, scratch)
        bases = {name: static_programme(unit, settings.profile, world.quantum_ds) for name, unit in units.items()}
        walks = {name: _walks(unit) for name, unit in units.items()}
        net = _with_programmes(world.config.net, bases, walks, scratch / "bases.net.xml")
        tool = _Tools(net, routes, scratch)
        all_red_s = max((all_red_s_of(programme) for programme in bases.values()), default=0.0)
        begin_s = busiest_hour_s(departures_s(routes), times_s)
        found = tool.adapted(settings.profile, begin_s, all_red_s, coordinated)
        made = {name: _applied(bases[name], found.get(name), units[name], settings.profile, world) for name in bases}
        if coordinated:
            made = _with_common_cycle(made)
            offsets_s = tool.offsets_s(_with_programmes(world.config.net, made, walks, scratch / "adapted.net.xml"))
            made = {name: _shifted(programme, offsets_s.get(name, 0.0), world) for name, programme in made.items()}
    name = free_name(world)
    write_programmes(path, (replace(programme, programme_id=name) for programme in made.values()))


def coordinator_offsets(plan: Plan, world: World, times_s: tuple[float, float]) -> Plan:
    """Return a plan with the offsets that `tlsCoordinator.py` finds for it; cycles, stages and splits stay. [s]

    Signals that the tool says nothing of, as no way of the demand couples them, get the offset 0.
    Raises: InvalidInputError if the signals cannot keep the plan or the demand cannot be routed; BackendError if the
    tool fails.
    """
    units = {unit.site.signal_id: unit for unit in world.units}
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as place:
        scratch = Path(place)
        made = {each.signal: replace(each, offset_s=0.0) for each in plan_programmes(plan, world).programmes}
        walks = {name: _walks(units[name]) for name in made}
        net = _with_programmes(world.config.net, made, walks, scratch / "plan.net.xml")
        offsets_s = _Tools(net, routed_demand(world.config, times_s, scratch), scratch).offsets_s(net)
    return replace(plan, signals=tuple(_with_offset(each, offsets_s.get(each.signal_id, 0.0)) for each in plan.signals))


def _with_offset(signal: SignalPlan, offset_s: float) -> SignalPlan:
    return replace(signal, offset_ds=10 * round(offset_s) % signal.cycle_ds)


def departures_s(routes: Path) -> list[float]:
    """Return when the vehicles of a routed demand depart, in order. [s]"""
    return sorted(parse_time_s(found.get("depart", "0")) for _, found in elements(routes) if found.tag == "vehicle")


def busiest_hour_s(departures: Sequence[float], times_s: tuple[float, float]) -> float:
    """Return the begin of the hour with the most departures, of those in a span that begin every quarter. [s]

    The first one of several; a span shorter than an hour is its own.
    >>> busiest_hour_s([10.0, 4000.0, 4100.0, 5000.0], (0.0, 7200.0))
    1800.0
    """
    begins_s, begin_s = [times_s[0]], times_s[0]
    while begin_s + QUARTER_S + HOUR_S <= min(times_s[1], max(departures, default=0.0) + QUARTER_S):
        begin_s += QUARTER_S
        begins_s.append(begin_s)
    return max(begins_s, key=lambda at_s: bisect_left(departures, at_s + HOUR_S) - bisect_left(departures, at_s))


class _Tools:
    """SUMO's tools on one net and demand; their files go into a scratch folder."""

    def __init__(self, net: Path, routes: Path, scratch: Path) -> None:
        self._net, self._routes, self._scratch = net, routes, scratch

    def adapted(self, profile: SafetyProfile, begin_s: float, all_red_s: float, one_cycle: bool) -> Rows:
        """Return the rows of `tlsCycleAdaptation.py`, which may be too short, or below 0; none without traffic."""
        target = self._scratch / "adapted.add.xml"
        whole_s = (profile.amber_s, profile.min_green_s, all_red_s)
        amber_s, least_s, red_s = (str(math.ceil(value_s - 1e-9)) for value_s in whole_s)
        arguments = ["-n", str(self._net), "-r", str(self._routes), "-o", str(target), "-b", f"{begin_s:g}"]
        arguments += ["-y", amber_s, "-g", least_s, "-a", red_s, *(["--unified-cycle"] if one_cycle else [])]
        _run("tlsCycleAdaptation.py", arguments, target)
        logics = (found for _, found in elements(target) if found.tag == "tlLogic")
        return {
            logic.get("id", ""): [float(row.get("duration", "0")) for row in logic.findall("phase")] for logic in logics
        }

    def offsets_s(self, net: Path) -> dict[str, float]:
        """Return the offsets of `tlsCoordinator.py`. [s]"""
        target = self._scratch / "offsets.add.xml"
        _run("tlsCoordinator.py", ["-n", str(net), "-r", str(self._routes), "-o", str(target)], target)
        rows = (found for _, found in elements(target) if found.tag == "tlLogic")
        return {row.get("id", ""): float(row.get("offset", "0")) for row in rows}


def _run(tool: str, arguments: list[str], target: Path) -> None:
    """Run a tool. Raises: BackendError with its last line if it fails."""
    home = sumo_home()
    command = [sys.executable, "-W", "ignore", str(home / "tools" / tool), *arguments]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "SUMO_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=_TOOL_TIME_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"SUMO's {tool} cannot be run: {error}") from error
    if done.returncode != 0 or not target.is_file():
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it does not say why"]
        raise BackendError(f"SUMO's {tool} failed on this scenario: {said[-1]}")


def _walks(unit: SignalUnit) -> frozenset[int]:
    """Return the links of crossings."""
    groups = (group for group in unit.site.groups if group.kind is GroupKind.CROSSING)
    return frozenset(link for group in groups for link in group.links)


def all_red_s_of(programme: Programme) -> float:
    """Return how much of a cycle shows neither green nor amber. [s]"""
    return sum(step.duration_s for step in programme.steps if not (GREENS | AMBERS) & set(step.state))


def rows_to_tools(programme: Programme, walks: Collection[int]) -> list[list[int]]:
    """Return the rows of a programme, as indices, that are one row to the tools: crossings apart, they are the same."""

    def letters(index: int) -> str:
        return "".join(letter for link, letter in enumerate(programme.steps[index].state) if link not in walks)

    return [list(run) for _, run in groupby(range(len(programme.steps)), key=letters)]


def _with_programmes(
    net: Path, programmes: Mapping[str, Programme], walks: Mapping[str, Collection[int]], target: Path
) -> Path:
    """Write a copy of a net in which signals have these programmes alone, and every connection a lamp of its own.

    The tools take a link's number for the place of its connection in a list, which is wrong where lamps are shared or
    a number is missing. Crossings have no lamp there.
    """
    root = parse_xml(net)
    for old in root.findall("tlLogic"):
        if old.get("id") in programmes:
            root.remove(old)
    links = _renumbered(root, walks)
    place = next((k for k, element in enumerate(root) if element.tag == "junction"), len(root))
    for programme in programmes.values():
        root.insert(place, _logic(programme, links.get(programme.signal, []), walks[programme.signal]))
    ElementTree.ElementTree(root).write(target, encoding="utf-8", xml_declaration=True)
    return target


def _renumbered(root: ElementTree.Element, walks: Mapping[str, Collection[int]]) -> dict[str, list[int]]:
    """Number the connections of each signal one by one, in place; return the numbers that they had.

    Args: walks, by signal the links of crossings, which lose their lamp.
    """
    found: dict[str, list[ElementTree.Element]] = {}
    for connection in root.iter("connection"):
        signal = connection.get("tl", "")
        if signal in walks and int(connection.attrib["linkIndex"]) in walks[signal]:
            for name in ("tl", "linkIndex"):
                del connection.attrib[name]
        elif signal in walks:
            found.setdefault(signal, []).append(connection)
    numbers = {}
    for signal, connections in found.items():
        ordered = sorted(connections, key=lambda connection: int(connection.attrib["linkIndex"]))
        numbers[signal] = [int(connection.attrib["linkIndex"]) for connection in ordered]
        for number, connection in enumerate(ordered):
            connection.set("linkIndex", str(number))
    return numbers


def _logic(programme: Programme, links: Sequence[int], walks: Collection[int]) -> ElementTree.Element:
    logic = ElementTree.Element(
        "tlLogic", id=programme.signal, type="static", programID="0", offset=f"{programme.offset_s:g}"
    )
    for run in rows_to_tools(programme, walks):
        state = "".join(programme.steps[run[0]].state[link] for link in links)
        lasts_s = sum(programme.steps[index].duration_s for index in run)
        ElementTree.SubElement(logic, "phase", duration=f"{lasts_s:g}", state=state)
    return logic


def _applied(
    base: Programme, found_s: Sequence[float] | None, unit: SignalUnit, profile: SafetyProfile, world: World
) -> Programme:
    """Return a programme with the greens that a tool found, as long as they have to be at least.

    Raises: BackendError if the tool's rows are not those of the programme.
    """
    if found_s is None:
        return base
    runs = rows_to_tools(base, _walks(unit))
    if len(found_s) != len(runs):
        raise BackendError(f"signal {base.signal}: SUMO's tool returned other rows than it was given")
    steps = list(base.steps)
    for run, new_s in zip(runs, found_s, strict=True):
        first, rest_s = run[0], sum(base.steps[index].duration_s for index in run[1:])
        if _is_green(steps[first]):  # people clear in the rows after it, which stay as long as they are
            steps[first] = _lasting(steps[first], to_s(ceil_ds(max(new_s - rest_s, 1.0), world.quantum_ds)))
    least_s = to_s(ceil_ds(profile.min_green_s, world.quantum_ds))
    made = with_minimums(replace(base, steps=tuple(steps)), unit, least_s)
    if made is None:
        raise BackendError(f"signal {base.signal}: the greens of SUMO's tool cannot be made safe")
    return made


def _is_green(step: Step) -> bool:
    """Tell whether the tool decides how long a row lasts."""
    return "G" in step.state and not AMBERS & set(step.state)


def _lasting(step: Step, duration_s: float) -> Step:
    return Step(duration_s, duration_s, duration_s, step.state)


def cycle_s(programme: Programme) -> float:
    """Return the cycle of a programme of fixed rows. [s]"""
    return round(sum(step.duration_s for step in programme.steps), 1)


def _with_common_cycle(programmes: Programmes) -> Programmes:
    """Return the programmes with the longest of their cycles: what is missing is added to the longest green."""
    common_s = max((cycle_s(programme) for programme in programmes.values()), default=0.0)
    return {name: _lengthened(programme, common_s - cycle_s(programme)) for name, programme in programmes.items()}


def _lengthened(programme: Programme, by_s: float) -> Programme:
    steps = list(programme.steps)
    index = max(range(len(steps)), key=lambda k: (_is_green(steps[k]), steps[k].duration_s))
    steps[index] = _lasting(steps[index], round(steps[index].duration_s + by_s, 1))
    return replace(programme, steps=tuple(steps))


def _shifted(programme: Programme, offset_s: float, world: World) -> Programme:
    """Return a programme with an offset, in whole steps within the cycle. [s]"""
    step_s = world.quantum_ds / 10
    return replace(programme, offset_s=round(round(offset_s / step_s) * step_s % cycle_s(programme), 1))
