"""Healthy days from simulation: every loop's edges over 24 h, with quiet nights, busy peaks and quiet weekends.

A day is a day of a scenario under the network's own programmes. Its level is drawn anew for each day, weekends have
less traffic, and vehicles, routes and drivers differ from day to day. Days are kept as files and made once.
"""

import random
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.loop_layout import write_loops
from sumo_scenarios.loop_reader import LoopReader
from sumo_scenarios.outcome import Report, Stop
from sumo_scenarios.resample import resample
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.supervise import Job, supervise
from sumo_scenarios.world import World, build_world

DAY_S: Final = 86400
WEEKDAY_LEVEL: Final = (0.65, 1.0)
SATURDAY_LEVEL: Final = (0.4, 0.6)
SUNDAY_LEVEL: Final = (0.25, 0.4)
"""Between which shares of the scenario's demand the level of a day is drawn."""
REPORT_EVERY_S: Final = 600.0
SATURDAY: Final = 5
SUNDAY: Final = 6


@dataclass(frozen=True, slots=True)
class Day:
    """Which day: its number from 0, a Monday, in a campaign of a scenario; all else follows from these."""

    scenario: str
    number: int

    @property
    def weekday(self) -> int:
        """Monday is 0."""
        return self.number % 7

    @property
    def level(self) -> float:
        """Share of the scenario's demand that travels."""
        low, high = {SATURDAY: SATURDAY_LEVEL, SUNDAY: SUNDAY_LEVEL}.get(self.weekday, WEEKDAY_LEVEL)
        return round(random.Random(f"{self.scenario} {self.number}").uniform(low, high), 3)

    @property
    def seed(self) -> int:
        """Of SUMO and of the demand."""
        return 1 + self.number


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """What the loops of a day said, in the order of time. Shape (n_edges,): index of the loop, time [ds], on or off."""

    detectors: tuple[tuple[str, int], ...]
    """Signal and channel of each loop."""
    loop: NDArray[np.int32]
    time_ds: NDArray[np.int64]
    on: NDArray[np.bool_]


class _Kept:
    """Takes edges as an event log does."""

    def __init__(self, detectors: Sequence[tuple[str, int]]) -> None:
        self._index = {detector: k for k, detector in enumerate(detectors)}
        self.rows: list[tuple[int, int, bool]] = []

    def detector(self, signal: str, channel: int, on: bool, at_ds: int) -> None:
        """Take one edge. [ds]"""
        self.rows.append((self._index[signal, channel], at_ds, on))


def world_of(scenario: str) -> World:
    """Return a scenario over 24 h. Raises: InvalidInputError for an unknown one."""
    return build_world(resolve(scenario), PUBLISHED, 0.0, float(DAY_S))


def detectors_of(world: World) -> tuple[tuple[str, int], ...]:
    """Return signal and channel of every loop."""
    return tuple((unit.site.signal_id, loop.channel) for unit in world.units for loop in unit.layout.loops)


def day_file(folder: Path, day: Day) -> Path:
    """Return where the edges of a day are kept."""
    return folder / f"{day.scenario}-{day.number:03}.npz"


def make_day(day: Day, folder: Path, progress: Callable[[float], None], end_s: int = DAY_S) -> Path:
    """Simulate a day, if it was not made before, and return its file.

    Args: progress, called with the share that is done.
    Raises: BackendError if SUMO fails; KeyboardInterrupt if the user stops it.
    """
    target = day_file(folder, day)
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)

    def work(report: Report, stop: Stop) -> bool:
        return _simulate(day, target, report, stop, end_s)

    (ending,) = supervise(
        [Job(work, folder / f"{target.stem}.log")], lambda _, now: progress(now.time_s / end_s), at_once=1
    )
    if ending.interrupted or ending.outcome is False:
        raise KeyboardInterrupt
    if ending.error is not None:
        raise BackendError(f"day {day.number} of {day.scenario}: {ending.error}") from ending.error
    return target


def _simulate(day: Day, target: Path, report: Report, stop: Stop, end_s: int) -> bool:
    """Simulate in this process; return whether the end was reached."""
    world = world_of(day.scenario)
    kept = _Kept(detectors_of(world))
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        arguments = _arguments(world, day, Path(scratch), end_s)
        with Simulation(arguments) as simulation:
            readers = [LoopReader(simulation, unit, kept) for unit in world.units]
            time_s = next_s = 0.0
            while time_s < end_s:
                if stop():
                    return False
                time_s = simulation.step()
                for reader in readers:
                    reader.read(time_s)
                if time_s >= next_s:
                    next_s += REPORT_EVERY_S
                    report(time_s, simulation.running(), simulation.arrived)
    write_edges(target, _edges_of(detectors_of(world), kept.rows))
    return True


def _arguments(world: World, day: Day, scratch: Path, end_s: int) -> list[str]:
    config = world.config
    drawn = resample(config.routes, config.additional, day.seed, (0.0, float(DAY_S)), scratch / "demand.rou.xml")
    loops = scratch / "loops.add.xml"
    write_loops(loops, [unit.layout.loops for unit in world.units])
    return [
        *("--net-file", str(config.net), "--route-files", str(drawn.path)),
        *("--additional-files", ",".join(map(str, (*config.additional, loops)))),
        *("--begin", "0", "--end", str(end_s), "--step-length", f"{config.step_s:g}"),
        *("--seed", str(day.seed), "--scale", repr(day.level), "--time-to-teleport", "-1"),
        *("--no-step-log", "true", "--no-warnings", "true", "--xml-validation", "never", "--route-steps", "200"),
    ]


def _edges_of(detectors: tuple[tuple[str, int], ...], rows: Sequence[tuple[int, int, bool]]) -> Edges:
    ordered = sorted(rows, key=lambda row: row[1])
    return Edges(
        detectors,
        np.array([row[0] for row in ordered], dtype=np.int32),
        np.array([row[1] for row in ordered], dtype=np.int64),
        np.array([row[2] for row in ordered], dtype=np.bool_),
    )


def write_edges(path: Path, edges: Edges) -> None:
    """Write the edges of a day, whole or not at all. Raises: BackendError if the file cannot be written."""
    partial = path.with_suffix(".partial.npz")
    try:
        np.savez_compressed(
            partial,
            signals=np.array([signal for signal, _ in edges.detectors]),
            channels=np.array([channel for _, channel in edges.detectors], dtype=np.int32),
            loop=edges.loop,
            time_ds=edges.time_ds,
            on=edges.on,
        )
        partial.replace(path)
    except OSError as error:
        raise BackendError(f"cannot write {path}: {error.strerror or error}") from error


def read_edges(path: Path) -> Edges:
    """Return the edges of a day. Raises: BackendError if the file is missing or damaged."""
    try:
        with np.load(path) as kept:
            names = zip(kept["signals"].tolist(), kept["channels"].tolist(), strict=True)
            return Edges(tuple(names), kept["loop"], kept["time_ds"], kept["on"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BackendError(f"cannot read {path}: {error}; delete it, the day is made again") from error
