"""The one entry of the measures: every figure of a run from SUMO's own files."""

import json
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.context import read_asked
from sumo_scenarios.measures.evidence import NOTES, SAMPLE_S, STOPS, TRAJECTORIES
from sumo_scenarios.measures.records import read_records
from sumo_scenarios.measures.standing import standing_figures
from sumo_scenarios.measures.stops import halts_of, headway_figures, lateness_figures, read_stops
from sumo_scenarios.measures.trajectories import read_trajectories
from sumo_scenarios.measures.vehicles import (
    bus_delay_figures,
    delay_figures,
    delay_table,
    flow_figures,
    person_figures,
    wait_figures,
)

VERSION: Final = 1


def measure_run(run: Path, evidence: Path) -> dict[str, Any]:
    """Return every figure of the run in a folder: scalars by name, and `tables`.

    Args: evidence, folder of SUMO's further files of that run.
    Raises: BackendError if a file is missing or damaged; InvalidInputError if no vehicle was due.
    """
    asked = read_asked(run)
    times = asked.times
    records = read_records(run, times.end_s)
    schedule = asked.schedule()
    visits = read_stops(evidence / STOPS, times.end_s)
    table = read_trajectories(evidence / TRAJECTORIES, times.begin_s, SAMPLE_S, halts_of(visits))
    due_s = {rider.vehicle: rider.trip.scheduled_s for rider in records.riders}
    return {
        "version": VERSION,
        "detailed": bool(read_notes(evidence).get("detailed")),
        **delay_figures(records),
        **wait_figures(records),
        **flow_figures(records, times.begin_s, times.end_s),
        **person_figures(records, schedule.types),
        **bus_delay_figures(records, schedule.types),
        **lateness_figures(visits),
        **headway_figures(visits, schedule.lines, due_s),
        **standing_figures(table),
        "tables": {"delay_over_time": delay_table(records, times.begin_s, times.end_s)},
    }


def read_notes(evidence: Path) -> dict[str, Any]:
    """Return the notes of an evidence folder. Raises: BackendError if they are missing or damaged."""
    try:
        found = json.loads((evidence / NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackendError(f"cannot read {evidence / NOTES}: {error}") from error
    if not isinstance(found, dict):
        raise BackendError(f"{evidence / NOTES} is damaged: it holds no JSON object")
    return found
