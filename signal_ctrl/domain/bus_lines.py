"""Bus lines as control and dispatch need them: ways over roads, stops on them, and the runs of registered vehicles."""

import math
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

MOST_RUNS: Final = 100_000


@dataclass(frozen=True, slots=True)
class BusStop:
    """A stop on a road of the line. [m] from the road's begin to where the front of a bus stands.

    `holds`: a bus that is early waits here for its time.
    """

    stop: str
    road: str
    position_m: float
    name: str = ""
    holds: bool = False

    def __post_init__(self) -> None:
        if not self.stop or not self.road or not 0 <= self.position_m < math.inf:
            raise InvalidInputError(f"bus stop '{self.stop}' needs a name, a road and a place on it")


@dataclass(frozen=True, slots=True)
class BusLine:
    """A line in one direction: roads in driving order, stops in the order in which they are served, usual headway. [s]

    `headway_s` None: it goes by its timetable alone.
    """

    line: str
    roads: tuple[str, ...]
    stops: tuple[BusStop, ...]
    headway_s: float | None = None

    def __post_init__(self) -> None:
        if not self.line or not self.roads or len(set(self.roads)) < len(self.roads):
            raise InvalidInputError(f"bus line '{self.line}' needs a name, and roads, each once")
        at = {road: number for number, road in enumerate(self.roads)}
        places = [(at.get(each.road, -1), each.position_m) for each in self.stops]
        if any(number < 0 for number, _ in places) or places != sorted(places):
            raise InvalidInputError(f"bus line {self.line}: its stops lie on its roads, in driving order")
        if self.headway_s is not None and not 0 < self.headway_s < math.inf:
            raise InvalidInputError(f"bus line {self.line}: its headway is more than 0 s")


@dataclass(frozen=True, slots=True)
class BusRun:
    """One drive of a registered vehicle along a line; `due_s` are its departures at the stops, since midnight. [s]

    Without `due_s` it has no timetable. `places`, how many persons it takes; `tag`, what readers at stop lines read.
    """

    vehicle: str
    line: str
    due_s: tuple[float, ...] = ()
    places: int = 80
    tag: str = ""

    def __post_init__(self) -> None:
        if not self.vehicle or not self.line or not 1 <= self.places <= 1000:
            raise InvalidInputError(f"bus '{self.vehicle}' needs a name, a line, and places for 1 to 1,000 persons")
        if not all(0 <= due_s <= 200_000 for due_s in self.due_s) or list(self.due_s) != sorted(self.due_s):
            raise InvalidInputError(f"bus {self.vehicle}: its times are seconds after midnight, one after the other")


@dataclass(frozen=True)
class BusService:
    """The lines and runs of a day; `midnight_utc_ms` is the instant that times count from. [ms]"""

    lines: tuple[BusLine, ...]
    runs: tuple[BusRun, ...]
    midnight_utc_ms: int = 0
    line_of: MappingProxyType[str, BusLine] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        again = [name for name, n in Counter(each.line for each in self.lines).items() if n > 1]
        if again:
            raise InvalidInputError(f"bus line {again[0]} is there twice")
        if len(self.runs) > MOST_RUNS:
            raise InvalidInputError(f"more than {MOST_RUNS} runs of buses")
        lines = {each.line: each for each in self.lines}
        object.__setattr__(self, "line_of", MappingProxyType(lines))
        for run in self.runs:
            if run.line not in lines:
                raise InvalidInputError(f"bus {run.vehicle}: there is no line '{run.line}'")
            if run.due_s and len(run.due_s) != len(lines[run.line].stops):
                raise InvalidInputError(f"bus {run.vehicle}: it needs a time for each stop of line {run.line}")
