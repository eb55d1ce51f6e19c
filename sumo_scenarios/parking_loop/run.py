"""One run of the closed loop with car parks, and its score: who searched how far, and the time that all spend."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.plan import Plan
from sumo_scenarios.arguments import STATISTICS, TRIPINFO
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.closed_loop import run_loop
from sumo_scenarios.first_plan import with_plan
from sumo_scenarios.outcome import Further, LoopOutcome, Report, Stop
from sumo_scenarios.parking_loop.driver import PARKED, ParkingDriver
from sumo_scenarios.parking_loop.order import Follows, ParkingOrder
from sumo_scenarios.parking_loop.town import ParkingTown, write_town
from sumo_scenarios.run_times import times_of
from sumo_scenarios.score import trip_of
from sumo_scenarios.supervise import Job, Progress, supervise
from sumo_scenarios.world import build_world
from sumo_scenarios.written import tags

EDGES: Final = "edges.xml"
_S_PER_H: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Searched:
    """Drivers of one kind. [m] means: `search_m`, driven from the first car park that was full until parked; `extra_m`,
    driven beyond the shortest way to the car park at the destination. `first`, share who parked where they came first,
    of those who came to a car park; `parked`, share who parked; of those who were told a chance, `told`, its mean, and
    `true`, the share who found a space where they came first. [0–1]
    """

    drivers: int
    search_m: float
    extra_m: float
    search_min: float
    first: float
    parked: float
    told: float | None = None
    true: float | None = None


@dataclass(frozen=True, slots=True)
class ParkingRun:
    """What came of a run. [veh h] [veh]

    `spent_veh_h`, time of all vehicles on the roads and before them, not in car parks; `junction_veh_h`, time lost on
    the roads that lead to signals; `by_kind`, drivers who park by how they look for a space, `all` of them together;
    `passages`, vehicles that passed a signal, each time they did; `foretold`, of those the ones that a signal was told
    of before it saw them.
    """

    spent_veh_h: float
    junction_veh_h: float
    vehicles: int
    under_way: int
    teleports: int
    collisions: int
    violations: int
    car_parks: int
    capacity: int
    fullest: float
    full_min: float
    not_sent: int
    by_kind: Mapping[str, Searched]
    wall_s: float
    passages: int = 0
    foretold: int = 0


@dataclass(frozen=True, slots=True)
class ParkedDay:
    """Who stood where in a run. [s] of the simulation

    `capacity` by car park; `stays`, of each who parked the car park, when he came, and when he left, None at the end.
    """

    begin_s: float
    end_s: float
    capacity: Mapping[str, int]
    stays: tuple[tuple[str, float, float | None], ...]


R = TypeVar("R")


def run_parking(order: ParkingOrder, report: Callable[[Progress], None] = lambda _: None) -> ParkingRun:
    """Make one run in a process of its own. Raises: InvalidInputError, BackendError if it cannot be made."""
    return _apart(partial(_run, order), report)


def run_day(order: ParkingOrder, report: Callable[[Progress], None] = lambda _: None) -> ParkedDay:
    """Make one run in a process of its own and return who stood where. Raises: as `run_parking`."""
    return _apart(partial(_day, order), report)


def _apart(work_in: Callable[[Path, Report, Stop], R], report: Callable[[Progress], None]) -> R:
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-parking-") as scratch:
        work = partial(work_in, Path(scratch))
        (ending,) = supervise([Job(work, Path(scratch) / "log")], lambda _, progress: report(progress))
        if ending.error is not None:
            raise ending.error
        if ending.outcome is None or ending.interrupted:
            raise BackendError("interrupted; the run is not counted")
        return ending.outcome


def plan_of(order: ParkingOrder) -> Plan:
    """Return the plan that signals keep in all runs of a scenario: that for its demand where nobody has to search.

    Raises: InvalidInputError.
    """
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-parking-") as scratch:
        usual = replace(order, settings=replace(order.settings, controller="fixed", demand_seed=1, plan=None))
        config = write_town(usual, Path(scratch)).config
        settings = replace(usual.settings, scenario=str(config), demand_seed=0, end_s=None)
        scenario = resolve(settings.scenario)
        times_s = times_of(scenario, settings)
        planned, _ = with_plan(settings, build_world(scenario, settings.profile, *times_s), times_s)
    if planned.plan is None:
        raise BackendError("no plan was made")
    return planned.plan


def _day(order: ParkingOrder, scratch: Path, report: Report, stop: Stop) -> ParkedDay:
    town, outcome, found = _driven(order, scratch, report, stop)
    stays = tuple((r["parked"], r["parked_s"], r["left_s"]) for r in found["parkers"] if r["parked_s"] is not None)
    return ParkedDay(outcome.begin_s, outcome.end_s, {park.name: park.capacity for park in town.parks}, stays)


def _driven(
    order: ParkingOrder, scratch: Path, report: Report, stop: Stop
) -> tuple[ParkingTown, LoopOutcome, dict[str, Any]]:
    """Carry a run out and return its town, its outcome, and how each driver found a space."""
    folder, files = scratch / "run", scratch / "town"
    folder.mkdir()
    files.mkdir()
    town = write_town(order, files)
    settings = replace(order.settings, scenario=str(town.config), demand_seed=0, end_s=None)
    make = partial(ParkingDriver, order, town)
    outcome = run_loop(settings, folder, report, stop, make, further=Further((_edge_data(scratch),)))
    if outcome.interrupted:
        raise BackendError("interrupted; the run is not counted")
    return town, outcome, json.loads((folder / PARKED).read_text(encoding="utf-8"))


def _run(order: ParkingOrder, scratch: Path, report: Report, stop: Stop) -> ParkingRun:
    town, outcome, found = _driven(order, scratch, report, stop)
    folder = scratch / "run"
    counted = {tag: each for tag, each in tags(folder / STATISTICS) if each}
    rows = found["parkers"]
    standing_s = {row["vehicle"]: _standing_s(row, outcome.end_s) for row in rows}
    trips = {
        attributes["id"]: trip_of(attributes, outcome.end_s)
        for tag, attributes in tags(folder / TRIPINFO)
        if tag == "tripinfo"
    }
    spent_s = sum(trip.duration_s + trip.depart_delay_s - standing_s.get(name, 0.0) for name, trip in trips.items())
    lost_s, passages = _at_signals(scratch / EDGES, town)
    parked_for_good = {row["vehicle"] for row in rows if row["parked"] and row["left_s"] is None}
    return ParkingRun(
        spent_veh_h=spent_s / _S_PER_H,
        junction_veh_h=lost_s / _S_PER_H,
        vehicles=len(trips),
        under_way=sum(not trip.arrived and name not in parked_for_good for name, trip in trips.items()),
        teleports=int(counted["teleports"]["total"]),
        collisions=int(counted["safety"]["collisions"]),
        violations=outcome.violations,
        car_parks=len(town.parks),
        capacity=found["capacity"],
        fullest=found["fullest"],
        full_min=sum(found["full_min"].values()),
        not_sent=found["not_sent"],
        by_kind=_kinds(rows),
        wall_s=outcome.wall_total_s,
        passages=passages,
        foretold=found["foretold"],
    )


def _standing_s(row: Mapping[str, Any], end_s: float) -> float:
    """Return how long a driver stood in a car park. [s]"""
    if row["parked_s"] is None:
        return 0.0
    return float((end_s if row["left_s"] is None else row["left_s"]) - row["parked_s"])


def _edge_data(scratch: Path) -> Path:
    path = scratch / "edge-data.add.xml"
    row = f'<edgeData id="all" file="{scratch / EDGES}" excludeEmpty="true"/>'
    path.write_text(f"<additional>{row}</additional>\n", encoding="utf-8")
    return path


def _at_signals(path: Path, town: ParkingTown) -> tuple[float, int]:
    """Return the time lost on the roads that lead to signals [s], and how many vehicles left these roads."""
    to_signal = {road.road for road in town.network.roads if road.signal}
    rows = [found for tag, found in tags(path) if tag == "edge" and found["id"] in to_signal]
    return sum(float(row.get("timeLoss", 0.0)) for row in rows), sum(int(row.get("left", 0)) for row in rows)


def _kinds(rows: Sequence[Mapping[str, Any]]) -> dict[str, Searched]:
    found = {"all": _searched(rows)}
    for kind in Follows:
        own = [row for row in rows if row["follows"] == kind.value]
        if own:
            found[kind.value] = _searched(own)
    return found


def _searched(rows: Sequence[Mapping[str, Any]]) -> Searched:
    """Return the figures of drivers who came to a car park."""
    came = [row for row in rows if row["tried"]]
    parked = [row for row in came if row["parked"]]

    told = [row for row in came if row["chance"] is not None]

    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values) if values else 0.0

    return Searched(
        drivers=len(came),
        search_m=mean([row["search_m"] for row in came]),
        extra_m=mean([row["extra_m"] for row in came]),
        search_min=mean([(row["parked_s"] - row["first_s"]) / 60 for row in parked if not row["found_first"]]),
        first=mean([float(row["found_first"]) for row in came]),
        parked=mean([float(bool(row["parked"])) for row in came]),
        told=mean([row["chance"] for row in told]) if told else None,
        true=mean([float(row["found_first"]) for row in told]) if told else None,
    )
