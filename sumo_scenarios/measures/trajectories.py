"""Trajectories of a run as arrays, one row a vehicle and second, sorted by vehicle and time."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.figures import Bools, Floats

STANDING_MPS: Final = 0.1
"""SUMO's own limit: at or below it a vehicle waits."""

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
    rows = _rows(path)
    vehicles, vehicle = _coded(rows["vehicle"])
    lanes, lane = _coded(rows["lane"])
    order = np.argsort(vehicle, kind="stable")  # SUMO writes by time
    tick = np.rint((rows["time_s"].to_numpy() - begin_s) / sample_s).astype(np.int32)
    table = Trajectories(
        vehicles=vehicles,
        lanes=lanes,
        vehicle=vehicle[order],
        lane=lane[order],
        tick=tick[order],
        pos_m=rows["pos_m"].to_numpy()[order].astype(np.float64),
        speed_mps=rows["speed_mps"].to_numpy()[order].astype(np.float64),
        scheduled=np.zeros(len(order), dtype=np.bool_),
        begin_s=begin_s,
        sample_s=sample_s,
    )
    _mark(table, halts)
    return table


def _rows(path: Path) -> pl.DataFrame:
    """Return the rows of vehicles; those without a lane are persons."""
    try:
        return (
            pl.scan_parquet(path)
            .filter(pl.col("vehicle_lane").is_not_null())
            .select(
                pl.col("timestep_time").alias("time_s"),
                pl.col("vehicle_id").cast(pl.Categorical).alias("vehicle"),
                pl.col("vehicle_lane").cast(pl.Categorical).alias("lane"),
                pl.col("vehicle_pos").alias("pos_m"),
                pl.col("vehicle_speed").alias("speed_mps"),
            )
            .collect()
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BackendError(f"cannot read {path}: {reason}") from error


def _coded(column: pl.Series) -> tuple[tuple[str, ...], Codes]:
    """Return the names of a categorical column and the index of each row's, counted from 0."""
    names = column.unique(maintain_order=True)
    physical = names.to_physical().to_numpy()
    codes = np.full(int(physical.max(initial=0)) + 1, -1, dtype=np.int32)
    codes[physical] = np.arange(len(names), dtype=np.int32)
    return tuple(names.cast(pl.String).to_list()), codes[column.to_physical().to_numpy()]


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
