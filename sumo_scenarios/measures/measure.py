"""The one entry of the measures: every figure of a run from SUMO's own files."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.measures.arterials import arterial_figures, arterials_of
from sumo_scenarios.measures.artery import artery_figures
from sumo_scenarios.measures.bands import band_figures
from sumo_scenarios.measures.context import read_net_once
from sumo_scenarios.measures.edges import edge_table, read_edges
from sumo_scenarios.measures.emissions import emission_figures, emission_map
from sumo_scenarios.measures.evidence import EDGES, PREDICTIONS, WALKERS
from sumo_scenarios.measures.fairness import fairness_figures
from sumo_scenarios.measures.figures import Document
from sumo_scenarios.measures.lamps import read_lamps
from sumo_scenarios.measures.passing import passing_figures
from sumo_scenarios.measures.predictions import prediction_table, read_predictions
from sumo_scenarios.measures.progression import find_arrivals, progression_figures, progression_table, purdue_table
from sumo_scenarios.measures.queues import queue_figures
from sumo_scenarios.measures.schedule import read_schedule
from sumo_scenarios.measures.sources import Sources, read_sources
from sumo_scenarios.measures.splits import split_figures
from sumo_scenarios.measures.standing import standing_figures
from sumo_scenarios.measures.stops import headway_figures, lateness_figures
from sumo_scenarios.measures.vehicles import (
    bicycle_figures,
    bus_delay_figures,
    delay_figures,
    delay_table,
    flow_figures,
    person_figures,
    wait_figures,
)
from sumo_scenarios.measures.waiting import waiting_before
from sumo_scenarios.measures.walkers import pedestrian_figures, pedestrian_waits_s, read_walks

VERSION: Final = 1


def measure_run(run: Path, evidence: Path) -> dict[str, Any]:
    """Return every figure of the run in a folder: scalars by name, and `tables`.

    Args: evidence, folder of SUMO's further files of that run.
    Raises: BackendError if a file is missing or damaged; InvalidInputError if no vehicle was due.
    """
    sources = read_sources(run, evidence)
    figures, tables = _trip_part(sources)
    for part in (_road_part, _signal_part, _walker_part):
        more, further = part(sources)
        figures |= more
        tables |= further
    return {"version": VERSION, "detailed": sources.detailed, **figures, "tables": tables}


def warm_up(scenario: str) -> None:
    """Read what all runs of a scenario share, so that processes forked from this one need not read it again.

    It uses no library with threads. Raises: InvalidInputError for an unknown scenario or damaged files.
    """
    config = read_configuration(catalogue.resolve(scenario).config)
    net = read_net_once(config.net)
    schedule = read_schedule((*config.routes, *config.additional))
    arterials_of(net, schedule)
    used = {each.type_id for each in schedule.departures} | {flow.type_id for flow in schedule.flows}
    for name in {schedule.types[type_id].emission_class for type_id in used if type_id in schedule.types}:
        emission_map(name)


def _trip_part(sources: Sources) -> tuple[Document, Document]:
    """Return what trips and stops tell."""
    records, times, types = sources.records, sources.times, sources.schedule.types
    due_s = {rider.vehicle: rider.trip.scheduled_s for rider in records.riders}
    figures = {
        **delay_figures(records),
        **wait_figures(records),
        **flow_figures(records, times.begin_s, times.end_s),
        **person_figures(records, types),
        **bus_delay_figures(records, types),
        **bicycle_figures(records, types),
        **lateness_figures(sources.visits),
        **headway_figures(sources.visits, sources.schedule.lines, due_s),
    }
    return figures, {"delay_over_time": delay_table(records, times.begin_s, times.end_s)}


def _road_part(sources: Sources) -> tuple[Document, Document]:
    """Return what trajectories and totals per edge tell of the roads."""
    passages, totals = sources.passages, read_edges(sources.evidence / EDGES)
    driven_km = sum(total.driven_m for total in totals.values()) / 1000.0
    arterials = arterials_of(sources.net, sources.schedule)
    fair, fair_table = fairness_figures(passages)
    queues, queue_tables = queue_figures(sources.grid, sources.ticks)
    trunk, trunk_table = arterial_figures(passages, arterials, totals)
    hours, hour_table = artery_figures(passages, arterials, sources.times)
    figures = {
        **standing_figures(sources.table),
        **queues,
        **fair,
        **trunk,
        **hours,
        **emission_figures(sources.table, sources.emission_classes(), driven_km),
    }
    return figures, {**queue_tables, **fair_table, **trunk_table, **hour_table, "edges": edge_table(totals)}


def _signal_part(sources: Sources) -> tuple[Document, Document]:
    """Return what trajectories and lamps tell together."""
    passages, lamps, times = sources.passages, read_lamps(sources.run, sources.times), sources.times
    arrivals = find_arrivals(passages, lamps, times)
    splits, split_table = split_figures(passages, lamps, times)
    tables = {"arrivals": progression_table(passages, arrivals), **split_table}
    if sources.detailed:
        tables["purdue"] = purdue_table(passages, arrivals, lamps, times)
        tables |= _prediction_part(sources)
    bands = band_figures(arterials_of(sources.net, sources.schedule), sources.net, lamps, times)
    return {**progression_figures(arrivals), **bands, **splits, **passing_figures(passages, lamps, times)}, tables


def _prediction_part(sources: Sources) -> Document:
    """Return what the model of `adaptive` expected beside what happened, where it was written down."""
    path = sources.evidence / PREDICTIONS
    if not path.is_file():
        return {}
    rows, times = read_predictions(path), sources.times
    happened = {
        signal: waiting_before(signal, sources.grid, sources.net, times.step_s)
        for signal in {row.signal for row in rows}
    }
    return {"predictions": prediction_table(rows, happened, times.end_s)}


def _walker_part(sources: Sources) -> tuple[Document, Document]:
    """Return what is told of pedestrians; every figure is None on a network without crossings."""
    path = sources.evidence / WALKERS
    waits_s = pedestrian_waits_s(read_walks(path, sources.net)) if sources.walkers else np.zeros(0)
    return pedestrian_figures(waits_s), {}
