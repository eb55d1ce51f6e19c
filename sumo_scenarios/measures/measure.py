"""The one entry of the measures: every figure of a run from SUMO's own files."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from signal_ctrl.domain.occupancy import BUS_CLASSES
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.measures.arterials import arterial_figures, arterials_of
from sumo_scenarios.measures.artery import artery_figures
from sumo_scenarios.measures.bands import band_figures
from sumo_scenarios.measures.bus_signals import bus_signal_delays, bus_signal_figures, bus_signal_table
from sumo_scenarios.measures.context import read_net_once
from sumo_scenarios.measures.edges import edge_table, read_edges
from sumo_scenarios.measures.emissions import emission_figures, emission_map
from sumo_scenarios.measures.evidence import EDGES, PREDICTIONS, WALKERS
from sumo_scenarios.measures.fairness import fairness_figures
from sumo_scenarios.measures.figures import Document
from sumo_scenarios.measures.lamps import read_lamps
from sumo_scenarios.measures.passing import passing_figures
from sumo_scenarios.measures.people import class_of, passengers_of, person_figures
from sumo_scenarios.measures.predictions import prediction_table, read_predictions
from sumo_scenarios.measures.progression import find_arrivals, progression_figures, progression_table, purdue_table
from sumo_scenarios.measures.queues import queue_figures
from sumo_scenarios.measures.schedule import read_schedule
from sumo_scenarios.measures.sources import Sources, read_sources
from sumo_scenarios.measures.splits import split_figures
from sumo_scenarios.measures.standing import standing_figures
from sumo_scenarios.measures.stops import headway_figures, headway_table, headways_of, lateness_figures
from sumo_scenarios.measures.vehicles import (
    bicycle_figures,
    bus_delay_figures,
    delay_figures,
    delay_table,
    flow_figures,
    wait_figures,
)
from sumo_scenarios.measures.waiting import waiting_before
from sumo_scenarios.measures.walkers import (
    pedestrian_figures,
    pedestrian_table,
    pedestrian_waits_s,
    read_walks,
    walking_losses_s,
)

VERSION: Final = 1


def measure_run(run: Path, evidence: Path) -> dict[str, Any]:
    """Return every figure of the run in a folder: scalars by name, and `tables`.

    Args: evidence, folder of SUMO's further files of that run.
    Raises: BackendError if a file is missing or damaged; InvalidInputError if no vehicle was due.
    """
    sources = read_sources(run, evidence)
    figures, tables = _trip_part(sources)
    for part in (_road_part, _signal_part, _bus_part, _people_part):
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


def _bus_part(sources: Sources) -> tuple[Document, Document]:
    """Return what buses lose at signals, and how regularly they come."""
    riders = {rider.vehicle: rider for rider in sources.records.riders}
    classes = {name: class_of(rider, sources.schedule.types) for name, rider in riders.items()}
    buses = np.array([classes.get(name, "") in BUS_CLASSES for name in sources.table.vehicles], dtype=np.bool_)
    routes = {
        each.vehicle: each.edges for each in sources.schedule.departures if classes.get(each.vehicle) in BUS_CLASSES
    }
    found = bus_signal_delays(sources.passages, buses, sources.visits, routes)
    due_s = {name: rider.trip.scheduled_s for name, rider in riders.items()}
    tables = {
        "bus_signals": bus_signal_table(found),
        "bus_headways": headway_table(headways_of(sources.visits, sources.schedule.lines, due_s)),
    }
    return bus_signal_figures(found, int(buses.sum())), tables


def _people_part(sources: Sources) -> tuple[Document, Document]:
    """Return delay over persons and what is told of pedestrians; theirs is None on a network without crossings."""
    records, types = sources.records, sources.schedule.types
    passengers = passengers_of(records, sources.grid)
    if not sources.walkers:
        walked_s = {walker.person: walker.lost_s for walker in records.walkers}
        return {**person_figures(records, types, walked_s, passengers), **pedestrian_figures(np.zeros(0))}, {}
    walks = read_walks(sources.evidence / WALKERS, sources.net)
    walked_s = walking_losses_s(walks, records.walkers)
    figures = {
        **person_figures(records, types, walked_s, passengers),
        **pedestrian_figures(pedestrian_waits_s(walks)),
    }
    return figures, {"pedestrian_waits": pedestrian_table(walks)}
