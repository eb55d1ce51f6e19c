"""Everything that the measures of one run are taken from, read and laid out once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.approaches import Approach, find_approaches
from sumo_scenarios.measures.context import Times, read_asked, read_run_net
from sumo_scenarios.measures.evidence import NOTES, SAMPLE_S, STOPS, TRAJECTORIES
from sumo_scenarios.measures.passages import Grid, Passages, find_passages, lay_grid
from sumo_scenarios.measures.records import Records, read_records
from sumo_scenarios.measures.schedule import Schedule
from sumo_scenarios.measures.stops import StopVisit, halts_of, read_stops
from sumo_scenarios.measures.trajectories import Trajectories, read_trajectories
from sumo_scenarios.measures.vehicle_types import VehicleType
from sumo_scenarios.net_reader import Net


@dataclass(frozen=True)
class Sources:
    """One run. `types` has the type of every vehicle of the trajectories, in their order."""

    run: Path
    evidence: Path
    times: Times
    detailed: bool
    walkers: bool
    records: Records
    schedule: Schedule
    visits: tuple[StopVisit, ...]
    net: Net
    approaches: tuple[Approach, ...]
    types: tuple[VehicleType, ...]
    table: Trajectories
    grid: Grid
    passages: Passages

    @property
    def ticks(self) -> int:
        """Number of samples of the run."""
        return round((self.times.end_s - self.times.begin_s) / self.table.sample_s)

    def emission_classes(self) -> list[str]:
        """Return the emission class of every vehicle of the trajectories."""
        return [each.emission_class for each in self.types]


def read_sources(run: Path, evidence: Path) -> Sources:
    """Return the sources of the run in a folder and its evidence.

    Raises: BackendError if a file is missing or damaged; InvalidInputError if no vehicle was due.
    """
    asked, notes = read_asked(run), read_notes(evidence)
    records = read_records(run, asked.times.end_s)
    schedule = asked.schedule()
    visits = read_stops(evidence / STOPS, asked.times.end_s)
    net = read_run_net(run)
    approaches = find_approaches(net)
    table = read_trajectories(evidence / TRAJECTORIES, asked.times.begin_s, SAMPLE_S, halts_of(visits))
    riders = {rider.vehicle: rider for rider in records.riders}
    factors = np.array([riders[name].speed_factor if name in riders else 1.0 for name in table.vehicles])
    type_ids = [riders[name].type_id if name in riders else "" for name in table.vehicles]
    types = tuple(schedule.types.get(type_id, VehicleType()) for type_id in type_ids)
    lengths_m = np.array([each.length_m for each in types])
    grid = lay_grid(table, approaches, net, np.maximum(factors, 0.1), lengths_m)
    return Sources(
        run=run,
        evidence=evidence,
        times=asked.times,
        detailed=bool(notes.get("detailed")),
        walkers=bool(notes.get("walkers")),
        records=records,
        schedule=schedule,
        visits=visits,
        net=net,
        approaches=approaches,
        types=types,
        table=table,
        grid=grid,
        passages=find_passages(grid),
    )


def read_notes(evidence: Path) -> dict[str, Any]:
    """Return the notes of an evidence folder. Raises: BackendError if they are missing or damaged."""
    try:
        found = json.loads((evidence / NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackendError(f"cannot read {evidence / NOTES}: {error}") from error
    if not isinstance(found, dict):
        raise BackendError(f"{evidence / NOTES} is damaged: it holds no JSON object")
    return found
