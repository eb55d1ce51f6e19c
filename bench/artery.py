"""Speed on the arterial by hour and direction, mean over seeds, held against the target for trunk roads."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from bench.work import read_measures

MET: Final = "met"
NOT_MET: Final = "not met"
NOT_JUDGED: Final = "not judged"
"""Of an hour that the run does not have as a whole, or without traffic."""


@dataclass(frozen=True, slots=True)
class ArteryRow:
    """One hour of one direction under one controller: speed of all on the arterial, mean, least and most of the runs,
    and of those who drive it from end to end. [km/h], [s], [veh]
    """

    controller: str
    direction: str
    towards: str
    from_s: float
    to_s: float
    runs: int
    vehicles: float
    speed_kmh: float
    lowest_kmh: float
    highest_kmh: float
    through_vehicles: float
    through_speed_kmh: float
    target_kmh: float
    target: str


def artery_rows(name: str, hours: Iterable[Sequence[Mapping[str, Any]]]) -> list[ArteryRow]:
    """Return the rows of one controller. Args: hours, the table `artery_hours` of each of its runs."""
    found: dict[tuple[str, float], list[Mapping[str, Any]]] = {}
    for table in hours:
        for row in table:
            found.setdefault((str(row["direction"]), float(row["from_s"])), []).append(row)
    return [_mean_row(name, members) for members in found.values()]


def _mean_row(name: str, members: Sequence[Mapping[str, Any]]) -> ArteryRow:
    first = members[0]
    speeds_kmh = [row["speed_kmh"] for row in members if row["speed_kmh"] is not None]
    through_kmh = [row["through_speed_kmh"] for row in members if row["through_speed_kmh"] is not None]
    speed_kmh, target_kmh = _mean(speeds_kmh), float(first["target_kmh"])
    judged = bool(speeds_kmh) and all(row["met"] is not None for row in members)
    return ArteryRow(
        *(name, str(first["direction"]), str(first["towards"])),
        *(float(first["from_s"]), float(first["to_s"]), len(members)),
        *(_mean([row["vehicles"] for row in members]), speed_kmh),
        *(min(speeds_kmh, default=math.nan), max(speeds_kmh, default=math.nan)),
        *(_mean([row["through_vehicles"] for row in members]), _mean(through_kmh), target_kmh),
        (MET if speed_kmh > target_kmh else NOT_MET) if judged else NOT_JUDGED,
    )


def hours_of(folder: Path, rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield the table `artery_hours` of runs, of those that have one.

    Args: folder, of the experiment; rows, of its summary.
    """
    for row in rows:
        tables = read_measures(folder / str(row["evidence_dir"])).get("tables")
        found = tables.get("artery_hours") if isinstance(tables, dict) else None
        if found:
            yield found


def _mean(values: Sequence[float]) -> float:
    return round(fmean(values), 2) if values else math.nan
