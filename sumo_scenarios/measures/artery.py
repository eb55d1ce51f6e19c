"""Speed on the arterial by hour and direction, held against the target for trunk roads.

Two speeds, both metres over seconds: of all vehicles while they are on the arterial's edges in the hour, and of those
that drive it from end to end and come onto it in the hour. Halts of the timetable are left out of the first one's time
and in that of the second: a passenger who rides through sits through them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sumo_scenarios.measures.arterials import TARGET_KMH, Arterial, through_rows
from sumo_scenarios.measures.context import Times
from sumo_scenarios.measures.figures import Document, Floats, Indices, rounded
from sumo_scenarios.measures.passages import Passages
from sumo_scenarios.measures.trajectories import Trajectories

HOUR_S: Final = 3600.0
DIRECTIONS: Final = ("forth", "back")


@dataclass(frozen=True, slots=True)
class _Hour:
    """One clock hour of a run, as far as the run has it. [s]"""

    number: int
    from_s: float
    to_s: float

    @property
    def whole(self) -> bool:
        return self.to_s - self.from_s == HOUR_S


def artery_figures(passages: Passages, arterials: Sequence[Arterial], times: Times) -> tuple[Document, Document]:
    """Return how many hours and directions met the target, the speeds over the run [km/h], and a row for each hour.

    The target is judged in whole hours of the clock with traffic alone.
    """
    rows: list[Document] = []
    figures: Document = {f"artery_speed_{name}_kmh": None for name in DIRECTIONS}
    for name, arterial in zip(DIRECTIONS, arterials, strict=False):
        found = _Direction(passages, arterial)
        figures[f"artery_speed_{name}_kmh"] = found.speed_kmh(-math.inf, math.inf)
        rows += [{"direction": name, "towards": arterial.signals[-1], **found.row(hour)} for hour in _hours(times)]
    judged = [row for row in rows if row["met"] is not None]
    return {
        **figures,
        "artery_hours": len(judged),
        "artery_hours_met": sum(row["met"] for row in judged),
        "artery_slowest_hour_kmh": min((row["speed_kmh"] for row in judged), default=None),
        "artery_target_met": all(row["met"] for row in judged) if judged else None,
    }, {"artery_hours": rows}


def _hours(times: Times) -> list[_Hour]:
    first, last = math.floor(times.begin_s / HOUR_S), math.ceil(times.end_s / HOUR_S)
    return [_Hour(k, max(k * HOUR_S, times.begin_s), min((k + 1) * HOUR_S, times.end_s)) for k in range(first, last)]


class _Direction:
    """The rows of one direction; arrays of shape (n_rows,) and (n_through,)."""

    def __init__(self, passages: Passages, arterial: Arterial) -> None:
        table = passages.grid.table
        self._table = table
        self._rows = _rows_on(table, arterial)
        self._time_s = table.time_s(table.tick[self._rows])
        self._driven_m = table.speed_mps[self._rows] * table.sample_s
        self._first, self._last = through_rows(passages, arterial.chain)
        self._total_m = np.concatenate([[0.0], np.cumsum(table.speed_mps * table.sample_s)])

    def row(self, hour: _Hour) -> Document:
        """Return the figures of an hour."""
        speed_kmh = self.speed_kmh(hour.from_s, hour.to_s)
        judged = hour.whole and speed_kmh is not None
        return {
            "from_s": hour.from_s,
            "to_s": hour.to_s,
            "vehicles": self._vehicles(hour),
            "speed_kmh": speed_kmh,
            **self._through(hour),
            "target_kmh": TARGET_KMH,
            "met": bool(speed_kmh is not None and speed_kmh > TARGET_KMH) if judged else None,
        }

    def speed_kmh(self, from_s: float, to_s: float) -> float | None:
        """Return the speed of everybody on the edges in a span of time. [km/h]"""
        inside = self._inside(self._time_s, from_s, to_s)
        return _kmh(float(self._driven_m[inside].sum()), float(inside.sum()) * self._table.sample_s)

    def _vehicles(self, hour: _Hour) -> int:
        inside = self._inside(self._time_s, hour.from_s, hour.to_s)
        return len(np.unique(self._table.vehicle[self._rows[inside]]))

    def _through(self, hour: _Hour) -> Document:
        came_s = self._table.time_s(self._table.tick[self._first])
        inside = self._inside(came_s, hour.from_s, hour.to_s)
        first, last = self._first[inside], self._last[inside]
        distance_m = float((self._total_m[last + 1] - self._total_m[first]).sum())
        spent_s = float((last - first + 1).sum()) * self._table.sample_s
        return {"through_vehicles": int(inside.sum()), "through_speed_kmh": _kmh(distance_m, spent_s)}

    @staticmethod
    def _inside(time_s: Floats, from_s: float, to_s: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return (time_s >= from_s) & (time_s < to_s)


def _rows_on(table: Trajectories, arterial: Arterial) -> Indices:
    """Return the rows on the edges of an arterial, halts of the timetable left out."""
    edges = set(arterial.edges)
    on = np.array([lane.rpartition("_")[0] in edges for lane in table.lanes], dtype=np.bool_)
    return np.flatnonzero(on[table.lane] & ~table.scheduled) if len(on) else np.zeros(0, dtype=np.int64)


def _kmh(distance_m: float, time_s: float) -> float | None:
    return rounded(3.6 * distance_m / time_s) if time_s > 0 else None
