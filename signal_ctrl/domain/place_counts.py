"""Counts at any kind of place: turns at signals, or links, which are edges of the network; the CSV of link counts."""

import csv
import io
import itertools
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.counts import Counts
from signal_ctrl.domain.csv_rows import csv_number, csv_rows, csv_words
from signal_ctrl.domain.errors import InvalidInputError

Place = tuple[str, ...]
"""A turn (signal, edge before it, edge behind it) or a link (edge,)."""

LINK_HEADER: Final = ("begin_s", "end_s", "edge", "vehicles")


def place_name(place: Place) -> str:
    """Return a place as people read it.

    >>> place_name(("C", "a", "b")), place_name(("a",))
    ('signal C, a to b', 'edge a')
    """
    return f"edge {place[0]}" if len(place) == 1 else f"signal {place[0]}, {place[1]} to {place[2]}"


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """Counts by period and place. `periods`: (begin, end) in order [s]; `vehicles`: one mapping a period [veh]."""

    periods: tuple[tuple[float, float], ...]
    vehicles: tuple[Mapping[Place, float], ...]

    def __post_init__(self) -> None:
        if not self.periods or len(self.periods) != len(self.vehicles):
            raise InvalidInputError("counts need at least one period, and counts for each")
        for begin_s, end_s in self.periods:
            if not 0 <= begin_s < end_s < math.inf:
                raise InvalidInputError(f"counts need 0 <= begin_s < end_s, got {begin_s:g} to {end_s:g}")
        for (a_s, b_s), (c_s, d_s) in itertools.pairwise(self.periods):
            if b_s > c_s:
                raise InvalidInputError(f"count periods overlap: {a_s:g} to {b_s:g} s and {c_s:g} to {d_s:g} s")
        for place, vehicles in ((p, veh) for of_period in self.vehicles for p, veh in of_period.items()):
            if not 0 <= vehicles < math.inf:
                raise InvalidInputError(f"counts of {place_name(place)}: {vehicles:g} vehicles; they are 0 or more")

    def places(self) -> tuple[Place, ...]:
        """Return every place with a count, sorted."""
        return tuple(sorted({place for of_period in self.vehicles for place in of_period}))

    def total_veh(self) -> float:
        """Return the sum of all counts. [veh]"""
        return sum(sum(of_period.values()) for of_period in self.vehicles)


def of_turns(counts: Counts) -> PlaceCounts:
    """Return turning counts as counts at places."""
    periods = tuple((period.begin_s, period.end_s) for period in counts.periods)
    return PlaceCounts(
        periods, tuple({turn: veh for turn, veh in period.vehicles.items()} for period in counts.periods)
    )


def links_from_csv(text: str, source: str = "counts") -> PlaceCounts:
    """Return the counts of a CSV document with the columns of `LINK_HEADER`, in any order.

    Raises: InvalidInputError with source and line for what is missing, no number, negative or there twice.
    """
    found: defaultdict[tuple[float, float], dict[Place, float]] = defaultdict(dict)
    for line, row in csv_rows(text, source, LINK_HEADER):
        where = f"{source}, line {line}"
        begin_s, end_s, vehicles = (csv_number(row, key, where) for key in ("begin_s", "end_s", "vehicles"))
        place = csv_words(row, ("edge",), where)
        if vehicles < 0:
            raise InvalidInputError(f"{where}: {vehicles:g} vehicles on edge {place[0]}; counts are 0 or more")
        if place in found[begin_s, end_s]:
            raise InvalidInputError(f"{where}: edge {place[0]} occurs twice in its period")
        found[begin_s, end_s][place] = vehicles
    if not found:
        raise InvalidInputError(f"{source} holds no counts: write a line a link below the header")
    periods = sorted(found)
    return PlaceCounts(tuple(periods), tuple(found[period] for period in periods))


def links_to_csv(counts: PlaceCounts) -> str:
    """Return counts of links as the CSV document that `links_from_csv` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(LINK_HEADER)
    for (begin_s, end_s), of_period in zip(counts.periods, counts.vehicles, strict=True):
        for place, vehicles in sorted(of_period.items()):
            writer.writerow((f"{begin_s:.12g}", f"{end_s:.12g}", place[0], f"{vehicles:.12g}"))
    return out.getvalue()
