"""The records of one run, read once: trips, walkers, SUMO's counts and the options that SUMO says it ran with."""

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.read_ahead import read_ahead_veh
from sumo_scenarios.score import Score, Trip, scale_of, score_trips, trip_of
from sumo_scenarios.written import tags

TRIPINFO: Final = "tripinfo.xml.gz"
STATISTICS: Final = "statistics.xml"
_HEADER_BYTES: Final = 1 << 16
_OPTION: Final = re.compile(r'<([a-zA-Z0-9.\-]+) value="([^"]*)"')
_STAGES: Final = frozenset({"walk", "ride"})
_ENDED: Final = frozenset({"", "end"})
"""What SUMO says of a trip that nobody but its driver ended."""


@dataclass(frozen=True, slots=True)
class Rider:
    """One trip with what the measures need beside its figures. `vehicle` is SUMO's id, `ended_by` its `vaporized`."""

    vehicle: str
    type_id: str
    depart_lane: str
    arrive_s: float
    speed_factor: float
    trip: Trip
    ended_by: str

    @property
    def removed(self) -> bool:
        """Whether somebody took the vehicle out of the network."""
        return self.ended_by not in _ENDED


@dataclass(frozen=True, slots=True)
class Stage:
    """A walk or a ride of one person. Times [s]; `arrive_s` is negative while it lasts, `depart_s` before it begins.

    `free_mps` is how fast the person walks unhindered [m/s]; `waited_s` is the wait at the stop for `vehicle` [s],
    negative for who has not come there.
    """

    ride: bool
    depart_s: float
    arrive_s: float
    free_mps: float = 0.0
    waited_s: float = 0.0
    vehicle: str = ""


@dataclass(frozen=True, slots=True)
class Walker:
    """One person on foot, a bus passenger too, and the time lost on the walks that SUMO saw to their end. [s]"""

    person: str
    lost_s: float
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """Trips and walkers of a run, and SUMO's counts by element name."""

    riders: tuple[Rider, ...]
    walkers: tuple[Walker, ...]
    counts: Mapping[str, Mapping[str, str]]
    score: Score

    @property
    def trips(self) -> tuple[Trip, ...]:
        """The trips alone."""
        return tuple(rider.trip for rider in self.riders)


def read_records(run: Path, end_s: float) -> Records:
    """Return the records of the run in a folder.

    Args: end_s, end of the run [s].
    Raises: BackendError if a file is missing or damaged; InvalidInputError if no vehicle was due.
    """
    return _read(run, end_s, _stamp(run / TRIPINFO), _stamp(run / STATISTICS))


@lru_cache(maxsize=1)
def _read(run: Path, end_s: float, _trips: tuple[int, int], _counts: tuple[int, int]) -> Records:
    riders: list[Rider] = []
    persons: list[tuple[str, list[Stage]]] = []
    lost_s: list[float] = []
    try:
        for tag, found in tags(run / TRIPINFO):
            if tag == "tripinfo":
                riders.append(_rider(found, end_s))
            elif tag == "personinfo":
                persons.append((found.get("id", ""), []))
                lost_s.append(0.0)
            elif tag in _STAGES and persons:
                persons[-1][1].append(_stage(tag, found))
                lost_s[-1] += max(float(found.get("timeLoss", 0.0)), 0.0) if tag == "walk" else 0.0
    except ValueError as error:
        raise BackendError(f"cannot read {run / TRIPINFO}: {error}") from error
    walkers = [Walker(name, lost, tuple(stages)) for (name, stages), lost in zip(persons, lost_s, strict=True)]
    if not riders:
        raise InvalidInputError("no vehicle is due between begin and end; choose other times or a larger --scale")
    counts = {tag: found for tag, found in tags(run / STATISTICS) if found}
    statistics = run / STATISTICS
    trips = tuple(rider.trip for rider in riders)
    score = score_trips(trips, counts, scale_of(statistics), read_ahead_veh(statistics))
    return Records(tuple(riders), tuple(walkers), counts, score)


def _stamp(path: Path) -> tuple[int, int]:
    """Return size [byte] and time of change of a file [ns], zeros if there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _rider(found: Mapping[str, str], end_s: float) -> Rider:
    return Rider(
        vehicle=found.get("id", ""),
        type_id=found.get("vType", ""),
        depart_lane=found.get("departLane", ""),
        arrive_s=float(found.get("arrival", -1.0)),
        speed_factor=float(found.get("speedFactor", 1.0)),
        trip=trip_of(found, end_s),
        ended_by=found.get("vaporized", ""),
    )


def _stage(tag: str, found: Mapping[str, str]) -> Stage:
    return Stage(
        ride=tag == "ride",
        depart_s=float(found.get("depart", -1.0)),
        arrive_s=float(found.get("arrival", -1.0)),
        free_mps=float(found.get("maxSpeed", 0.0)),
        waited_s=float(found.get("waitingTime", -1.0)),
        vehicle=found.get("vehicle", ""),
    )


def options_of(path: Path) -> dict[str, str]:
    """Return the options that SUMO wrote as a comment at the top of one of its files, plain or gzip'd.

    Raises: BackendError if the file is missing or damaged, or has no such comment.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(_HEADER_BYTES)
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(path, "rb") as packed:
                start = packed.read(_HEADER_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise BackendError(f"cannot read {path}: {error}") from error
    text = start.decode("utf-8", errors="replace")
    comment = text[text.find("<!--") : text.find("-->")] if "<!--" in text else ""
    if "onfiguration" not in comment:
        raise BackendError(f"{path} does not say what SUMO ran with")
    return dict(_OPTION.findall(comment))
