"""Healthy days from simulation: every loop's edges over 24 h, with quiet nights, busy peaks and quiet weekends.

A day is a day of a scenario under the network's own programmes. Its level is drawn anew for each day, weekends have
less traffic, and vehicles, routes and drivers differ from day to day. Loops of 2 m lie on every lane, one every 60 m.
Days are kept as files and made once.
"""

import os
import random
import re
import select
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from detectors.health.surroundings import Place
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.loop_reader import covered
from sumo_scenarios.resample import resample
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.world import World, build_world

DAY_S: Final = 86400
WEEKDAY_LEVEL: Final = (0.65, 1.0)
SATURDAY_LEVEL: Final = (0.4, 0.6)
SUNDAY_LEVEL: Final = (0.25, 0.4)
"""Between which shares of the scenario's demand the level of a day is drawn."""
LAST_M: Final = 3.0
SPACING_M: Final = 60.0
ENTRY_M: Final = 5.0
LOOP_M: Final = 2.0
CREEPING_MPS: Final = 0.5
TOLD_EVERY_S: Final = 600.0
WAIT_S: Final = 0.5
_EVENT: Final = re.compile(
    r'<instantOut id="([^"]+)" time="([\d.]+)" state="(enter|leave)" vehID="([^"]+)" speed="([\d.]+)"'
)
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
    """What the loops of a day said, in the order of time. Shape (n_edges,): index of the loop, time [ds], on or off;
    told_s, when it was told, in that order [s]; None: nobody knows.
    """

    detectors: tuple[str, ...]
    loop: NDArray[np.int32]
    time_ds: NDArray[np.int64]
    on: NDArray[np.bool_]
    told_s: NDArray[np.float64] | None = None


def places_of(world: World) -> tuple[tuple[str, Place], ...]:
    """Return name and place of every loop: on each lane 3 m before its end, and every 60 m behind that."""
    found = []
    for edge in world.net.edges.values():
        for lane in edge.lanes if not edge.function else ():
            to_end_m, number = LAST_M, 1
            while lane.motorised and to_end_m < lane.length_m - ENTRY_M:
                lane_number = lane.lane_id.rpartition("_")[2]
                place = Place(edge.to_node, lane.edge_id, lane_number, to_end_m, LOOP_M, lane.speed_mps)
                found.append((f"{lane.lane_id}/{number}", place))
                to_end_m, number = to_end_m + SPACING_M, number + 1
    return tuple(found)


def day_file(folder: Path, day: Day) -> Path:
    """Return where the edges of a day are kept."""
    return folder / f"{day.scenario}-{day.number:03}.npz"


def make_day(day: Day, folder: Path, told: Callable[[float], None], end_s: int = DAY_S) -> Path:
    """Simulate a day, if it was not made before, and return its file.

    Args: told, called with the simulation second that was reached.
    Raises: BackendError if SUMO fails.
    """
    target = day_file(folder, day)
    if target.exists():
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackendError(f"cannot make {folder}: {error.strerror}") from error
    world = build_world(resolve(day.scenario), PUBLISHED, 0.0, float(DAY_S))
    names = [name for name, _ in places_of(world)]
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        passages = _simulated(world, day, Path(scratch), end_s, told)
    write_edges(target, _edges_of(names, passages))
    return target


Passages = dict[str, list[tuple[float, float]]]
"""On and off of each loop, vehicle by vehicle. [s]"""


def _simulated(world: World, day: Day, scratch: Path, end_s: int, told: Callable[[float], None]) -> Passages:
    """Return what passes each loop, read from SUMO as it writes. Raises: BackendError if SUMO fails."""
    pipe = scratch / "passages.xml"
    os.mkfifo(pipe)
    command = [str(sumo_home() / "bin" / "sumo"), *_arguments(world, day, scratch, pipe, end_s)]
    with (scratch / "said.txt").open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as sumo:
        try:
            with _opened(pipe, sumo) as lines:
                found = _read(lines, told)
            code = sumo.wait()
        finally:
            sumo.kill()
    if code != 0:
        text = (scratch / "said.txt").read_text(encoding="utf-8", errors="replace")
        raise BackendError(f"SUMO cannot run day {day.number} of {day.scenario}: {' '.join(text.split())[-300:]}")
    return found


def _opened(pipe: Path, sumo: "subprocess.Popen[bytes]") -> IO[str]:
    """Open a pipe for reading; a SUMO that dies before it writes leaves it empty."""
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    while not select.select([handle], [], [], WAIT_S)[0] and sumo.poll() is None:
        pass
    os.set_blocking(handle, True)
    return os.fdopen(handle, encoding="utf-8")


def _read(lines: IO[str], told: Callable[[float], None]) -> Passages:
    """Return on and off of every vehicle on every loop; one that is never left lasts to the end of what was read."""
    found: Passages = {}
    open_: dict[tuple[str, str], float] = {}
    last_s = next_s = 0.0
    for line in lines:
        match = _EVENT.search(line)
        if match is None:
            continue
        loop, last_s, vehicle = match[1], float(match[2]), match[4]
        if match[3] == "enter":
            open_[loop, vehicle] = last_s
        elif (on_s := open_.pop((loop, vehicle), None)) is not None:
            leaving_s = LOOP_M / max(float(match[5]), CREEPING_MPS)
            found.setdefault(loop, []).append((on_s, last_s + leaving_s))
        if last_s >= next_s:
            next_s = last_s + TOLD_EVERY_S
            told(last_s)
    for (loop, _), on_s in open_.items():
        found.setdefault(loop, []).append((on_s, last_s))
    return found


def _arguments(world: World, day: Day, scratch: Path, pipe: Path, end_s: int) -> list[str]:
    config = world.config
    drawn = resample(config.routes, config.additional, day.seed, (0.0, float(DAY_S)), scratch / "demand.rou.xml")
    loops = scratch / "loops.add.xml"
    rows = [
        f"<instantInductionLoop id={quoteattr(name)} lane={quoteattr(name.rpartition('/')[0])} "
        f'pos="{-(place.to_stop_m or 0.0):.2f}" file={quoteattr(str(pipe))} friendlyPos="true"/>'
        for name, place in places_of(world)
    ]
    loops.write_text("<additional>\n" + "\n".join(rows) + "\n</additional>\n", encoding="utf-8")
    return [
        *("--net-file", str(config.net), "--route-files", str(drawn.path)),
        *("--additional-files", ",".join(map(str, (*config.additional, loops)))),
        *("--begin", "0", "--end", str(end_s), "--step-length", f"{config.step_s:g}"),
        *("--seed", str(day.seed), "--scale", repr(day.level), "--time-to-teleport", "-1"),
        *("--no-step-log", "true", "--no-warnings", "true", "--xml-validation", "never", "--route-steps", "200"),
    ]


def _edges_of(names: Sequence[str], passages: Passages) -> Edges:
    """Return the edges that loops send which cannot tell one vehicle from the next while they are covered."""
    rows: list[tuple[int, int, bool]] = []
    for loop, name in enumerate(names):
        for on_s, off_s in covered(passages.get(name, [])):
            on_ds, off_ds = int(on_s * 10 + 0.5), int(off_s * 10 + 0.5)
            rows += [(on_ds, loop, True), (max(off_ds, on_ds + 1), loop, False)]
    rows.sort()
    return Edges(
        tuple(names),
        np.array([row[1] for row in rows], dtype=np.int32),
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.bool_),
    )


def write_edges(path: Path, edges: Edges) -> None:
    """Write the edges of a day, whole or not at all. Raises: BackendError if the file cannot be written."""
    partial = path.with_suffix(".partial.npz")
    try:
        np.savez_compressed(
            partial,
            detectors=np.array(edges.detectors),
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
        with path.open("rb") as file, np.load(file) as kept:
            return Edges(tuple(kept["detectors"].tolist()), kept["loop"], kept["time_ds"], kept["on"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BackendError(f"cannot read {path}: {error}; delete it, the day is made again") from error
