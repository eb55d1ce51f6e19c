"""Trajectories of a run as arrays, one row a vehicle and second, sorted by vehicle and time."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.figures import Bools, Floats
from sumo_scenarios.measures.parquet import Names, Numbers, read_parquet

STANDING_MPS: Final = 0.1
"""SUMO's own limit: at or below it a vehicle waits."""
_COLUMNS: Final = ("vehicle_id", "vehicle_lane", "timestep_time", "vehicle_pos", "vehicle_speed")

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Trajectories:
    """Rows of all vehicles; every array has the shape (n_rows,) except the names.

    `vehicle` and `lane` index `vehicles` and `lanes`; `tick` counts samples from the begin of the run, `sample_s`
    apart [s]; `pos_m` is the front's place on its lane; `scheduled` marks rows at a stop of the timetable.
    """

    vehicles: tuple[str, ...]
    lanes: tuple[str, ...]
    vehicle: Codes
    lane: Codes
    tick: Codes
    pos_m: Floats
    speed_mps: Floats
    scheduled: Bools
    begin_s: float
    sample_s: float

    @cached_property
    def first(self) -> Bools:
        """Whether a row is the first of its vehicle."""
        found = np.ones(len(self.vehicle), dtype=np.bool_)
        found[1:] = self.vehicle[1:] != self.vehicle[:-1]
        return found

    @cached_property
    def joined(self) -> Bools:
        """Whether a row is the next sample of the vehicle in the row before."""
        found = ~self.first
        found[1:] &= self.tick[1:] == self.tick[:-1] + 1
        return found

    @cached_property
    def standing(self) -> Bools:
        """Whether the vehicle stands, other than at a stop of the timetable."""
        return (self.speed_mps <= STANDING_MPS) & ~self.scheduled

    def time_s(self, tick: npt.ArrayLike) -> Floats:
        """Return absolute times of ticks. [s]"""
        return self.begin_s + np.asarray(tick, dtype=np.float64) * self.sample_s


@dataclass(frozen=True, slots=True)
class Halt:
    """A vehicle at a stop of the timetable. [s]"""

    vehicle: str
    from_s: float
    to_s: float


def read_trajectories(path: Path, begin_s: float, sample_s: float, halts: tuple[Halt, ...]) -> Trajectories:
    """Return the trajectories of a file.

    Args: begin_s, first time of the run [s]; sample_s, time between two samples [s].
    Raises: BackendError if the file is missing, damaged or not what SUMO writes.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise BackendError(f"cannot read {path}: {error.strerror}") from error
    return _read(path, (found.st_size, found.st_mtime_ns), (begin_s, sample_s), halts)


@lru_cache(maxsize=1)
def _read(path: Path, _stamp: tuple[int, int], clock_s: tuple[float, float], halts: tuple[Halt, ...]) -> Trajectories:
    begin_s, sample_s = clock_s
    columns = _columns(path)
    vehicle, lane = columns.vehicle, columns.lane
    on_road = lane.codes >= 0  # persons have no lane
    order = np.flatnonzero(on_road)[np.argsort(vehicle.codes[on_road], kind="stable")]  # SUMO writes by time
    vehicles, codes = _counted(vehicle.words, vehicle.codes[order])
    table = Trajectories(
        vehicles=vehicles,
        lanes=lane.words,
        vehicle=codes,
        lane=lane.codes[order],
        tick=np.rint((columns.time_s[order] - begin_s) / sample_s).astype(np.int32),
        pos_m=columns.pos_m[order],
        speed_mps=columns.speed_mps[order],
        scheduled=np.zeros(len(order), dtype=np.bool_),
        begin_s=begin_s,
        sample_s=sample_s,
    )
    _mark(table, halts)
    return table


@dataclass(frozen=True, slots=True)
class _Columns:
    vehicle: Names
    lane: Names
    time_s: Floats
    pos_m: Floats
    speed_mps: Floats


def _columns(path: Path) -> _Columns:
    found = read_parquet(path, _COLUMNS)
    vehicle, lane, time_s, pos_m, speed_mps = (found.get(name) for name in _COLUMNS)
    if isinstance(time_s, Numbers) and not len(time_s.values):
        nothing = Names((), np.zeros(0, dtype=np.int32))
        return _Columns(nothing, nothing, *[np.zeros(0)] * 3)
    match vehicle, lane, time_s, pos_m, speed_mps:
        case Names(), Names(), Numbers(), Numbers(), Numbers():
            return _Columns(vehicle, lane, time_s.values, pos_m.values, speed_mps.values)
    raise BackendError(f"cannot read {path}: it lacks columns of SUMO's trajectories")


def _counted(words: tuple[str, ...], codes: Codes) -> tuple[tuple[str, ...], Codes]:
    """Return the names that occur in sorted codes, and the codes counted without gaps."""
    used, inverse = np.unique(codes, return_inverse=True)
    return tuple(words[code] for code in used.tolist()), inverse.astype(np.int32)


def _mark(table: Trajectories, halts: tuple[Halt, ...]) -> None:
    """Mark the rows at stops of the timetable."""
    index_of = {name: index for index, name in enumerate(table.vehicles)}
    for halt in halts:
        index = index_of.get(halt.vehicle)
        if index is None:
            continue
        start, end = np.searchsorted(table.vehicle, [index, index + 1])
        times_s = table.time_s(table.tick[start:end])
        table.scheduled[start:end] |= (times_s >= halt.from_s) & (times_s <= halt.to_s)
