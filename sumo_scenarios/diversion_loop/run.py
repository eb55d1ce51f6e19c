"""One run of the closed loop with a closure, and its score: the time that all vehicles spend."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.arguments import STATISTICS, TRIPINFO
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.city_feed.happenings import STANDING, write_breakdowns
from sumo_scenarios.city_feed.order import Happening
from sumo_scenarios.city_feed.road_network import motor_lanes
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.diversion_loop.driver import COUNTS, DROVE, PROPOSED, DiversionDriver
from sumo_scenarios.diversion_loop.order import DiversionOrder
from sumo_scenarios.net_reader import read_net
from sumo_scenarios.outcome import Further, Report, Stop
from sumo_scenarios.score import trip_of
from sumo_scenarios.supervise import Job, Progress, supervise
from sumo_scenarios.written import tags

_S_PER_H: Final = 3600.0


@dataclass(frozen=True, slots=True)
class DiversionRun:
    """What came of a run. [veh h] [veh]

    `spent_veh_h`, time of all vehicles on the network and before it; `ideal_veh_h`, what their routes take alone.
    """

    spent_veh_h: float
    ideal_veh_h: float
    vehicles: int
    unfinished: int
    teleports: int
    collisions: int
    violations: int
    counts: Mapping[str, int]
    drivers: Mapping[str, int]
    proposed: Mapping[str, Any] | None
    wall_s: float


def run_diversion(order: DiversionOrder, report: Callable[[Progress], None] = lambda _: None) -> DiversionRun:
    """Make one run in a process of its own. Raises: InvalidInputError, BackendError if it cannot be made."""
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-diversion-") as scratch:
        work = partial(_run, order, Path(scratch))
        (ending,) = supervise([Job(work, Path(scratch) / "log")], lambda _, progress: report(progress))
        if ending.error is not None:
            raise ending.error
        if ending.outcome is None or ending.interrupted:
            raise BackendError("interrupted; the run is not counted")
        return ending.outcome


def _run(order: DiversionOrder, scratch: Path, report: Report, stop: Stop) -> DiversionRun:
    folder = scratch / "run"
    folder.mkdir()
    further = _closure(order, scratch / "closure.add.xml") if order.arm.closed else ()
    outcome = run_loop(order.settings, folder, report, stop, partial(DiversionDriver, order), further=Further(further))
    if outcome.interrupted:
        raise BackendError("interrupted; the run is not counted")
    counted = {tag: found for tag, found in tags(folder / STATISTICS) if found}
    trips = [
        trip_of(found, outcome.end_s)
        for tag, found in tags(folder / TRIPINFO)
        if tag == "tripinfo" and not found["id"].startswith(STANDING)
    ]
    proposed = folder / PROPOSED
    return DiversionRun(
        spent_veh_h=sum(t.duration_s + t.depart_delay_s for t in trips) / _S_PER_H,
        ideal_veh_h=sum(t.duration_s + t.depart_delay_s - t.delay_s for t in trips) / _S_PER_H,
        vehicles=len(trips),
        unfinished=sum(not t.arrived for t in trips),
        teleports=int(counted["teleports"]["total"]),
        collisions=int(counted["safety"]["collisions"]),
        violations=outcome.violations,
        counts=json.loads((folder / COUNTS).read_text(encoding="utf-8"))["vehicles"],
        drivers=json.loads((folder / DROVE).read_text(encoding="utf-8")),
        proposed=json.loads(proposed.read_text(encoding="utf-8")) if proposed.exists() else None,
        wall_s=outcome.wall_total_s,
    )


def _closure(order: DiversionOrder, path: Path) -> tuple[Path, ...]:
    """Write what closes the road: a vehicle that stands in the middle of each of its lanes."""
    net = read_net(read_configuration(resolve(order.settings.scenario).config).net)
    edge = net.edges[order.road]
    lanes = motor_lanes(edge)
    middle_m = round(min(lane.length_m for lane in lanes) / 2, 1)
    happenings = [Happening(order.road, k, order.closed_from_s, order.closed_to_s, middle_m) for k in range(len(lanes))]
    write_breakdowns(path, happenings, net)
    return (path,)
