"""Two records of one simulation held against each other: trips, trajectories and lamps must tell the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from sumo_scenarios.measures.context import Asked
from sumo_scenarios.measures.evidence import SAMPLE_S, STOPS, TRAJECTORIES
from sumo_scenarios.measures.lamps import read_lamps
from sumo_scenarios.measures.records import Records
from sumo_scenarios.measures.stops import halts_of, read_stops
from sumo_scenarios.measures.trajectories import Trajectories, read_trajectories

_HUNDREDTH_S: Final = 0.011


def witness_reasons(run: Path, evidence: Path | None, asked: Asked, records: Records) -> Iterator[str]:
    """Yield where the trajectories or lamps of a run contradict its trips or its times."""
    lamps = read_lamps(run, asked.times)
    short = [name for name, lamp in lamps.items() if lamp.missing]
    if short:
        yield f"the lamps of {len(short)} signals are not recorded in every step ({short[0]})"
    if evidence is None:
        return
    halts = halts_of(read_stops(evidence / STOPS, asked.times.end_s))
    table = read_trajectories(evidence / TRAJECTORIES, asked.times.begin_s, SAMPLE_S, halts)
    yield from _trip_reasons(table, records, asked.times.step_s)


def _trip_reasons(table: Trajectories, records: Records, step_s: float) -> Iterator[str]:
    """Yield vehicles that were seen without a trip, or seen at other times than their trip says."""
    trips = {rider.vehicle: rider for rider in records.riders if rider.trip.departed}
    starts = np.flatnonzero(table.first)
    ends = np.append(starts[1:], len(table.vehicle)) - 1
    seen_s = zip(table.vehicles, table.time_s(table.tick[starts]), table.time_s(table.tick[ends]), strict=True)
    strangers: list[str] = []
    shifted: list[str] = []
    for name, first_s, last_s in seen_s:
        rider = trips.get(name)
        if rider is None:
            strangers.append(name)
            continue
        depart_s = rider.trip.scheduled_s + rider.trip.depart_delay_s
        arrive_s = rider.arrive_s if rider.trip.arrived else last_s
        slack_s = table.sample_s + step_s + _HUNDREDTH_S
        if not (abs(first_s - depart_s) <= slack_s and abs(arrive_s - last_s) <= slack_s):
            shifted.append(name)
    if strangers:
        yield f"{len(strangers)} vehicles drove, but are in no trip ({strangers[0]})"
    if shifted:
        yield f"{len(shifted)} vehicles drove at other times than their trips say ({shifted[0]})"
