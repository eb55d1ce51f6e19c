"""GEH: how well modelled volumes agree with counted ones; a number for each place and period, and a table of them.

GEH is made for hourly volumes: the same relative error gives a number that grows with the square root of the volume.
Counts of a quarter of an hour are therefore brought to an hour before; shorter ones are added up first, because chance
alone would decide there.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.place_counts import Place, PlaceCounts, place_name

GOOD: Final = 5.0
"""Below it a modelled volume passes. Source: UK Design Manual for Roads and Bridges, vol. 12, as widely quoted."""
SHORTEST_S: Final = 900.0
"""Shorter periods are joined until they last so long. [s]"""
_S_PER_H: Final = 3600.0
_TOLERANCE_S: Final = 1e-6


def geh(modelled_veh_h: float, counted_veh_h: float) -> float:
    """Return GEH of two **hourly** volumes. [veh/h]

    Raises: InvalidInputError if one is negative or not finite.
    Source: sqrt(2 (m - c)^2 / (m + c)), named after G. E. Havers.
    >>> round(geh(550.0, 500.0), 2), geh(0.0, 0.0)
    (2.18, 0.0)
    """
    if not (0 <= modelled_veh_h < math.inf and 0 <= counted_veh_h < math.inf):
        raise InvalidInputError(f"GEH needs hourly volumes of 0 or more, got {modelled_veh_h:g} and {counted_veh_h:g}")
    total = modelled_veh_h + counted_veh_h
    return math.sqrt(2.0 * (modelled_veh_h - counted_veh_h) ** 2 / total) if total > 0 else 0.0


def of_period(modelled_veh: float, counted_veh: float, length_s: float) -> float:
    """Return GEH of two counts of one period, brought to hourly volumes. [veh], [s]

    Raises: InvalidInputError as `geh`, or for a period that is none.
    >>> round(of_period(137.5, 125.0, 900.0), 2)
    2.18
    """
    if not 0 < length_s < math.inf:
        raise InvalidInputError(f"a count needs a period above 0 s, got {length_s:g}")
    hours = length_s / _S_PER_H
    return geh(modelled_veh / hours, counted_veh / hours)


@dataclass(frozen=True, slots=True)
class GehRow:
    """One place in one period: what was counted and what was modelled there. [s], [veh]"""

    place: Place
    begin_s: float
    end_s: float
    counted_veh: float
    modelled_veh: float

    @property
    def geh(self) -> float:
        """GEH by hourly volumes."""
        return of_period(self.modelled_veh, self.counted_veh, self.end_s - self.begin_s)


@dataclass(frozen=True, slots=True)
class GehTable:
    """All places and periods of a comparison."""

    rows: tuple[GehRow, ...]

    def __post_init__(self) -> None:
        if not self.rows:
            raise InvalidInputError("a GEH table needs at least one count")

    @property
    def share_good(self) -> float:
        """Share of the rows with GEH below 5. 0-1"""
        return sum(row.geh < GOOD for row in self.rows) / len(self.rows)

    @property
    def short(self) -> int:
        """Rows of less than a quarter of an hour, which stand alone: chance decides their GEH."""
        return sum(_is_short(row) for row in self.rows)

    @property
    def counted_veh(self) -> float:
        """Sum of all counts. [veh]"""
        return sum(row.counted_veh for row in self.rows)

    @property
    def modelled_veh(self) -> float:
        """Sum of all modelled volumes. [veh]"""
        return sum(row.modelled_veh for row in self.rows)

    @property
    def total_error(self) -> float:
        """Modelled total over counted total, less 1; 0 where nothing was counted or modelled."""
        return self.modelled_veh / self.counted_veh - 1.0 if self.counted_veh > 0 else float(self.modelled_veh > 0)

    @property
    def r_squared(self) -> float | None:
        """Share of the counts' variance that the model explains, None where all counts are alike."""
        mean = self.counted_veh / len(self.rows)
        spread = sum((row.counted_veh - mean) ** 2 for row in self.rows)
        missed = sum((row.counted_veh - row.modelled_veh) ** 2 for row in self.rows)
        return 1.0 - missed / spread if spread > 0 else None

    def worst(self, number: int) -> tuple[GehRow, ...]:
        """Return the rows with the largest GEH, the largest first."""
        return tuple(sorted(self.rows, key=lambda row: (-row.geh, row.place, row.begin_s))[:number])


def geh_table(counts: PlaceCounts, modelled_veh: Sequence[Mapping[Place, float]]) -> GehTable:
    """Return the comparison of counts with modelled volumes of the same periods; short periods are joined.

    Args: modelled_veh, one mapping a period; a place that is missing there has none. [veh]
    Raises: InvalidInputError if there are not as many mappings as periods.
    """
    if len(modelled_veh) != len(counts.periods):
        raise InvalidInputError(f"{len(counts.periods)} periods were counted, {len(modelled_veh)} modelled")
    rows = [
        GehRow(place, begin_s, end_s, counted, model.get(place, 0.0))
        for (begin_s, end_s), of_place, model in zip(counts.periods, counts.vehicles, modelled_veh, strict=True)
        for place, counted in of_place.items()
    ]
    rows.sort(key=lambda row: (row.place, row.begin_s))
    by_place = (list(own) for _, own in groupby(rows, key=lambda row: row.place))
    return GehTable(tuple(row for own in by_place for row in _joined(own)))


def _joined(rows: Iterable[GehRow]) -> list[GehRow]:
    """Return the rows of one place with short ones added up; a rest that stays short joins the one before it."""
    found: list[GehRow] = []
    for row in rows:
        before = found[-1] if found else None
        if before is not None and _is_short(before) and abs(row.begin_s - before.end_s) <= _TOLERANCE_S:
            found[-1] = _sum(before, row)
        else:
            found.append(row)
    if len(found) > 1 and _is_short(found[-1]) and abs(found[-1].begin_s - found[-2].end_s) <= _TOLERANCE_S:
        rest = found.pop()
        found[-1] = _sum(found[-1], rest)
    return found


def _is_short(row: GehRow) -> bool:
    return row.end_s - row.begin_s < SHORTEST_S - _TOLERANCE_S


def _sum(one: GehRow, following: GehRow) -> GehRow:
    counted = one.counted_veh + following.counted_veh
    modelled = one.modelled_veh + following.modelled_veh
    return replace(one, end_s=following.end_s, counted_veh=counted, modelled_veh=modelled)


def table_to_csv(table: GehTable, simulated: GehTable | None = None) -> str:
    """Return a table as CSV, one line a place and period, with what a simulation brought there if it is given."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    more = ("simulated_veh", "geh_simulated") if simulated is not None else ()
    writer.writerow(("place", "begin_s", "end_s", "counted_veh", "routes_veh", "geh_routes", *more))
    others: Sequence[GehRow | None] = simulated.rows if simulated is not None else [None] * len(table.rows)
    for row, other in zip(table.rows, others, strict=True):
        figures = [row.begin_s, row.end_s, row.counted_veh, row.modelled_veh, row.geh]
        figures += [] if other is None else [other.modelled_veh, other.geh]
        writer.writerow((place_name(row.place), *(f"{round(value, 3):.10g}" for value in figures)))
    return out.getvalue()
