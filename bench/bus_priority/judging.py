"""One finished run judged: what buses, cars and persons lost, how regularly buses ran, how long greens were held."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.arguments import TLS_STATES, TRIPINFO
from sumo_scenarios.score import trip_of
from sumo_scenarios.written import tags

DECISIONS: Final = "decisions.jsonl"
PERSONS_CAR: Final = 1.3
PERSONS_BUS: Final = 30.0
"""Persons in a car and in a bus whose load nobody knows, as the measures of persons have them."""
BUS: Final = "bus"
CYCLES: Final = frozenset({"bicycle", "ebike"})


@dataclass(frozen=True, slots=True)
class Ride:
    """A vehicle of a finished run: class, delay with that of departure [s], arrival, NaN if it has none [s]."""

    name: str
    kind: str
    delay_s: float
    arrived_s: float


def rides_of(folder: Path, end_s: float) -> list[Ride]:
    """Return the vehicles of a run. Raises: BackendError if its file is missing or damaged."""
    found = []
    for tag, values in tags(folder / TRIPINFO):
        if tag == "tripinfo":
            trip = trip_of(values, end_s)
            arrived_s = float(values.get("arrival", "-1"))
            kind = values.get("vType", "").partition("@")[0]
            found.append(Ride(values["id"], kind, trip.delay_s, arrived_s if arrived_s >= 0 else math.nan))
    return found


def figures_of(folder: Path, end_s: float) -> dict[str, Any]:
    """Return the figures of a run. [s] Raises: InvalidInputError if no bus was on the road."""
    rides = rides_of(folder, end_s)
    buses = [ride for ride in rides if ride.kind == BUS]
    cycles = [ride for ride in rides if ride.kind in CYCLES]
    cars = [ride for ride in rides if ride.kind != BUS and ride.kind not in CYCLES]
    if not buses or not cars:
        raise InvalidInputError(f"{folder} has no bus, or no car: nothing can be said of priority")
    persons = len(cars) * PERSONS_CAR + len(cycles) + len(buses) * PERSONS_BUS
    lost_s = sum(_lost(cars)) * PERSONS_CAR + sum(_lost(cycles)) + sum(_lost(buses)) * PERSONS_BUS
    return {
        "buses": len(buses),
        "bus_delay_s": round(_mean(_lost(buses)), 3),
        "car_delay_s": round(_mean(_lost(cars)), 3),
        "cycle_delay_s": round(_mean(_lost(cycles)), 3),
        "person_delay_s": round(lost_s / persons, 3),
        "headway_irregularity": irregularity(buses),
        **priority_of(folder),
    }


def irregularity(buses: Iterable[Ride]) -> float | None:
    """Return how far headways are from the mean of their line: coefficient of variation at the end of the line.

    Lines are told by the name of the vehicle up to its last dash; the mean over lines with three headways or more, None
    if there is none.
    """
    ends: dict[str, list[float]] = defaultdict(list)
    for ride in buses:
        if not math.isnan(ride.arrived_s):
            ends[ride.name.rpartition("-")[0]].append(ride.arrived_s)
    found = []
    for times in ends.values():
        gaps = [behind - before for before, behind in pairwise(sorted(times))]
        if len(gaps) >= 3:
            mean = _mean(gaps)
            found.append(math.sqrt(_mean([(gap - mean) ** 2 for gap in gaps])) / mean)
    return round(_mean(found), 4) if found else None


def priority_of(folder: Path) -> dict[str, Any]:
    """Return what was done for buses, and by the record alone, the longest time a stage was kept for them. [s]"""
    rows: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    with (folder / DECISIONS).open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            rows[row["signal"]].append(row)
    counts = {word: sum(row.get("priority") == word for own in rows.values() for row in own) for word in _WORDS}
    kept = [kept_ds(own) for own in rows.values()]
    holds = {signal: [row["t_ds"] for row in own if row.get("priority") == "hold"] for signal, own in rows.items()}
    twice = second_holds(folder, {signal: times for signal, times in holds.items() if len(times) > 1})
    return {**counts, "longest_kept_s": max(kept, default=0) / 10, "second_holds": twice}


_WORDS: Final = ("hold", "early", "release")


def kept_ds(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return the longest time for which one signal kept a stage that it would have left without buses. [ds]

    From the first second in which it would have been left to the last in which it was kept, and that second.
    """
    longest, since_ds, stage = 0, None, -1
    for row in rows:
        if "plain" not in row:
            since_ds = None if "ask" in row else since_ds
            continue
        if row["lit"] != stage or row["choice"] != row["lit"]:
            since_ds, stage = None, row["lit"]
        if row["choice"] == row["lit"] != row["plain"]:
            since_ds = row["t_ds"] if since_ds is None else since_ds
            longest = max(longest, row["t_ds"] - since_ds + 10)
    return longest


def second_holds(folder: Path, holds: Mapping[str, Sequence[int]]) -> int:
    """Return how often a signal held a second time while all that was green at the first hold stayed green.

    By the record of the lamps alone: between two holds somebody who had green has to have lost it.
    Args: holds, when each signal held. [ds]
    """
    green: dict[str, frozenset[int]] = {}
    again = 0
    for tag, values in tags(folder / TLS_STATES):
        signal = values.get("id", "")
        if tag != "tlsState" or signal not in holds:
            continue
        lit = frozenset(link for link, lamp in enumerate(values["state"]) if lamp in "Gg")
        if signal in green:
            green[signal] &= lit
        if round(float(values["time"]) * 10) in holds[signal]:
            again += bool(signal in green and green[signal] == lit)
            green[signal] = lit
    return again


def _lost(rides: Iterable[Ride]) -> list[float]:
    return [ride.delay_s for ride in rides]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
