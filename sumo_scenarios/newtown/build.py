"""The files of a new town: plain XML to edit, net with programmes, demand of a peak or a day, stops, configuration."""

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.newtown import incidents
from sumo_scenarios.newtown.assign import Assigned, Assignment, busiest, level_of, per_hour
from sumo_scenarios.newtown.buses import Row, bus_rows, lines_of, stop_rows
from sumo_scenarios.newtown.files import EDGE_TYPES, NAME, NET, PROGRAMMES, NewTown
from sumo_scenarios.newtown.modes import Modes, Settled
from sumo_scenarios.newtown.on_foot import check_on_foot, near_schools, parameters_of, with_scramble
from sumo_scenarios.newtown.people import DAYS, Population, zones_of
from sumo_scenarios.newtown.places import place_rows
from sumo_scenarios.newtown.roads import roads, type_rows
from sumo_scenarios.newtown.signals import (
    Loads,
    MidblockDesign,
    SignalDesign,
    common_cycle_s,
    offsets_s,
    programme_rows,
)
from sumo_scenarios.newtown.town_plan import TownPlan, plan_town
from sumo_scenarios.newtown.vehicles import TYPES, vehicle_rows
from sumo_scenarios.newtown.ways import MIDBLOCK, ways_of
from sumo_scenarios.plain_net import Plain, crossings_of, write_rows

_COMMENT: Final = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def write_newtown(folder: Path, wanted: NewTown) -> Path:
    """Write every file into a folder and return the configuration.

    Raises: InvalidInputError for a size, seed or day that cannot be; BackendError if netconvert fails; OSError if the
    folder cannot be written.
    """
    if wanted.day not in DAYS:
        raise InvalidInputError(f"unknown day '{wanted.day}'; choose one of {', '.join(DAYS)}")
    check_on_foot(wanted)
    town = plan_town(wanted.rows, wanted.columns, wanted.seed, wanted.midblocks)
    return _Builder(town, wanted, folder).write()


def rewrite_incidents(folder: Path) -> int:
    """Make the vehicles of the incidents anew from the list in a town's folder; return how many there are.

    Raises: InvalidInputError for a folder without the net or the list, or an incident that cannot be.
    """
    net = read_net(folder / NET)
    listed = incidents.read_incidents(folder / "incidents.json")
    write_rows(folder / "incidents.rou.xml", "routes", [*incidents.rows(listed, net)])
    return len(listed)


class _Builder:
    """One town on its way into a folder."""

    def __init__(self, town: TownPlan, wanted: NewTown, folder: Path) -> None:
        self._town, self._wanted, self._day, self._folder = town, wanted, wanted.day, folder
        self._ways = ways_of(town)
        self._lines = lines_of(town, self._ways)
        self._zones = zones_of(town)
        self._population = Population(town)
        self._modes = Modes(self._zones, town.blocks, self._ways, self._lines)

    def write(self) -> Path:
        plain = roads(self._town)
        write_rows(self._folder / EDGE_TYPES, "types", type_rows())
        bare = plain.build(self._folder, NET)
        net, self._over = read_net(bare), crossings_of(bare)
        self._net = net
        assignment = Assignment(net, self._zones, self._design)
        bikes = Assignment(net, self._zones, self._design, bikes=True)
        level = level_of(
            self._zones,
            assignment,
            lambda at: self._modes.settle(self._population.trips(at, "peak"), bikes).trips,
        )
        peak = self._population.trips(level, "peak")
        settled = self._modes.settle(peak, bikes)
        assigned = assignment.assign(settled.trips, per_hour("peak"))
        designs = self._design(assigned.loads)
        if self._day != "peak":
            settled = self._modes.settle(self._population.trips(level, self._day), bikes)
            assigned = assignment.assign(settled.trips, per_hour(self._day))
        self._with_programmes(plain, designs)
        self._demand(settled, assigned, assignment, bikes)
        self._extras(net)
        self._facts(level, designs, settled)
        return self._configurations()

    def _design(self, loads: Loads) -> Sequence[SignalDesign]:
        return [
            (MidblockDesign if signal.startswith(MIDBLOCK) else SignalDesign)(
                self._net, self._over, signal, loads, self._town.red_turns
            )
            for signal in self._net.signal_links
        ]

    def _with_programmes(self, plain: Plain, designs: Sequence[SignalDesign]) -> None:
        """Make the net again with the programmes in it, and say how that is done."""
        asked = parameters_of(self._town, self._wanted, (design.signal for design in designs))
        write_rows(self._folder / PROGRAMMES, "tlLogics", programme_rows(designs, offsets_s(self._ways), asked))
        plain.options += ("--tllogic-files", PROGRAMMES)
        net = plain.build(self._folder, NET)
        net.write_text(_COMMENT.sub("", net.read_text(encoding="utf-8")), encoding="utf-8")  # date and place of making
        files = ("-n", "plain.nod.xml", "-e", "plain.edg.xml", "-x", "plain.con.xml", "-o", NET)
        command = shlex.join(("netconvert", "--no-turnarounds", "true", *files, *plain.options))
        script = (
            f'#!/bin/sh\n# Makes the net again after the plain files were edited.\ncd "$(dirname "$0")" && {command}\n'
        )
        (self._folder / "make-net.sh").write_text(script, encoding="utf-8")

    def _demand(self, settled: Settled, assigned: Assigned, motor: Assignment, bikes: Assignment) -> None:
        routed = [*vehicle_rows(motor.graph, settled.trips, assigned.routes)]
        routed += vehicle_rows(bikes.graph, settled.trips, settled.bikes)
        routed.sort(key=_departs)
        write_rows(self._folder / f"{NAME}.rou.xml", "routes", [*TYPES, *(row for _, row in routed)])
        buses = bus_rows(self._lines, self._net, DAYS[self._day])
        write_rows(self._folder / f"{NAME}.bus.rou.xml", "routes", [row for _, row in buses])
        write_rows(self._folder / f"{NAME}.people.rou.xml", "routes", [row for _, row in settled.persons])

    def _extras(self, net: Net) -> None:
        stops = stop_rows(self._lines, self._ways, net)
        write_rows(self._folder / f"{NAME}.add.xml", "additional", [*stops, *place_rows(self._town, net)])
        listed = incidents.drawn(self._town, self._ways, net, DAYS[self._day][0])
        (self._folder / "incidents.json").write_text(incidents.text_for(listed), encoding="utf-8")
        write_rows(self._folder / "incidents.rou.xml", "routes", incidents.rows(listed, net))

    def _facts(self, level: float, designs: Sequence[SignalDesign], settled: Settled) -> None:
        found = {**_town_facts(self._town, self._wanted), **_demand_facts(level, designs, settled), "day": self._day}
        (self._folder / "town.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    def _configurations(self) -> Path:
        routes = [f"{NAME}.rou.xml", f"{NAME}.bus.rou.xml", f"{NAME}.people.rou.xml"]
        begin_s, end_s = DAYS[self._day]
        for name, more in ((f"{NAME}-incidents", ["incidents.rou.xml"]), (NAME, [])):
            rows = (
                f'<input><net-file value="{NET}"/><route-files value="{",".join([*routes, *more])}"/>'
                f'<additional-files value="{NAME}.add.xml"/></input>',
                f'<time><begin value="{begin_s:.0f}"/><end value="{end_s:.0f}"/></time>',
                '<processing><time-to-teleport value="-1"/></processing>',
            )
            write_rows(self._folder / f"{name}.sumocfg", "configuration", rows)
        return self._folder / f"{NAME}.sumocfg"


def _departs(row: Row) -> float:
    return row[0]


def _town_facts(town: TownPlan, wanted: NewTown) -> dict[str, Any]:
    def lines(own: Sequence[Any]) -> list[dict[str, Any]]:
        return [{"place_m": line.place_m, "type": line.road_class.name} for line in own]

    return {
        "rows": lines(town.rows),
        "columns": lines(town.columns),
        "seed": town.seed,
        "special": dict(town.special),
        "blocks": [
            {
                "block": block.name, "homes": block.homes, "jobs": block.jobs, "shops": block.shops,
                "pupils": block.pupils, "parking": block.parking,
            }
            for block in town.blocks
        ],
        "openings": sorted(town.openings),
        **({"midblocks": sorted(town.midblocks)} if town.midblocks else {}),
        "red_turns": sorted(town.red_turns),
        **({"lead_s": wanted.lead_s} if wanted.lead_s else {}),
        **({"longer_near_schools": sorted(near_schools(town))} if wanted.schools_s else {}),
        **({"scrambles": sorted(with_scramble(town, wanted.scrambles))} if wanted.scrambles else {}),
    }  # fmt: skip


def _demand_facts(level: float, designs: Sequence[SignalDesign], settled: Settled) -> dict[str, Any]:
    modes: dict[str, int] = {}
    for trip in settled.trips:
        modes[trip.mode] = modes.get(trip.mode, 0) + 1
    cycle_s = common_cycle_s(designs)
    return {
        "level": round(level, 6),
        "trips": dict(sorted(modes.items())),
        "cycle_s": cycle_s,
        "busiest_saturation": round(busiest(designs), 4),
        "saturation": {design.signal: round(design.saturation(cycle_s), 4) for design in designs},
    }
