"""Turning counts: how many vehicles took each turn at each signal in each period, and their CSV document."""

import csv
import io
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.csv_rows import csv_number, csv_rows
from signal_ctrl.domain.errors import InvalidInputError

Turn = tuple[str, str, str]
"""Signal, edge before it and edge behind it."""

CountRow = Mapping[str, str | None]
"""One line of a CSV document, by column."""

HEADER: Final = ("begin_s", "end_s", "signal", "from_edge", "to_edge", "vehicles")
MOST_VEH: Final = 1_000_000
"""More vehicles of one turn in one period are a slip of the pen."""
_S_PER_H: Final = 3600.0


@dataclass(frozen=True, slots=True)
class CountPeriod:
    """Counts of one period, from `begin_s` to `end_s` of the day or the simulation [s]; `vehicles` by turn [veh]."""

    begin_s: float
    end_s: float
    vehicles: Mapping[Turn, float]

    def __post_init__(self) -> None:
        if not (0 <= self.begin_s < self.end_s < math.inf):
            raise InvalidInputError(f"counts need 0 <= begin_s < end_s, got {self.begin_s:g} to {self.end_s:g}")
        for turn, vehicles in self.vehicles.items():
            if not 0 <= vehicles <= MOST_VEH:
                raise InvalidInputError(
                    f"counts of signal {turn[0]}, {turn[1]} to {turn[2]}: {vehicles:g} vehicles; counts are 0 to "
                    f"{MOST_VEH:,}"
                )

    def flow_veh_h(self) -> dict[Turn, float]:
        """Return the flow of each turn. [veh/h]"""
        hours = (self.end_s - self.begin_s) / _S_PER_H
        return {turn: vehicles / hours for turn, vehicles in self.vehicles.items()}


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of one or more periods, in order of time, without overlaps."""

    periods: tuple[CountPeriod, ...]

    def __post_init__(self) -> None:
        if not self.periods:
            raise InvalidInputError("counts need at least one period")
        for one, following in itertools.pairwise(self.periods):
            if one.end_s > following.begin_s:
                raise InvalidInputError(
                    f"count periods overlap: {one.begin_s:g} to {one.end_s:g} s and "
                    f"{following.begin_s:g} to {following.end_s:g} s"
                )

    def busiest(self) -> CountPeriod:
        """Return the period with the highest flow of all turns together."""
        return max(self.periods, key=lambda period: sum(period.flow_veh_h().values()))

    def signals(self) -> tuple[str, ...]:
        """Return the signals with counts, sorted."""
        return tuple(sorted({turn[0] for period in self.periods for turn in period.vehicles}))


def counts_from_csv(text: str, source: str = "counts") -> Counts:
    """Return the counts of a CSV document: a header with the columns of `HEADER`, in any order, then a line a turn.

    Raises: InvalidInputError with source and line for what is missing, no number, negative or there twice.
    """
    return counts_of_rows(count_rows(text, source), source)


def count_rows(text: str, source: str) -> Iterator[tuple[int, CountRow]]:
    """Yield (line, row) of a CSV document with the columns of `HEADER`. Raises: InvalidInputError where it is none."""
    return csv_rows(text, source, HEADER)


def counts_of_rows(rows: Iterable[tuple[int, CountRow]], source: str) -> Counts:
    """Return the counts of (line, row) of a CSV document. Raises: as `counts_from_csv`."""
    found: defaultdict[tuple[float, float], dict[Turn, float]] = defaultdict(dict)
    for line, row in rows:
        where = f"{source}, line {line}"
        begin_s, end_s, vehicles = (csv_number(row, key, where) for key in ("begin_s", "end_s", "vehicles"))
        turn = tuple((row[key] or "").strip() for key in ("signal", "from_edge", "to_edge"))
        if not all(turn):
            raise InvalidInputError(f"{where}: signal, from_edge or to_edge is empty")
        if vehicles < 0:
            raise InvalidInputError(f"{where}: {vehicles:g} vehicles at signal {turn[0]}; counts are 0 or more")
        of_period = found[begin_s, end_s]
        if turn in of_period:
            raise InvalidInputError(f"{where}: {turn[1]} to {turn[2]} of signal {turn[0]} occurs twice in its period")
        of_period[turn[0], turn[1], turn[2]] = vehicles
    if not found:
        raise InvalidInputError(f"{source} holds no counts: write a line a turn below the header")
    return Counts(tuple(CountPeriod(*times, vehicles) for times, vehicles in sorted(found.items())))


def counts_to_csv(counts: Counts) -> str:
    """Return counts as the CSV document that `counts_from_csv` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_lines(counts.periods))
    return out.getvalue()


def _lines(periods: Iterable[CountPeriod]) -> Iterator[tuple[str, ...]]:
    for period in periods:
        times = (f"{period.begin_s:.12g}", f"{period.end_s:.12g}")
        for turn, vehicles in sorted(period.vehicles.items()):
            yield (*times, *turn, f"{vehicles:.12g}")
