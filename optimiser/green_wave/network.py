"""What a green wave is planned for: signals with their greens, and streets whose stop lines follow each other.

Times of a signal are counted in cycles from its reference, a moment of its own cycle that the offset places. A signal
may choose among orders of its stages; each order says when in the cycle every stop line has its green.
"""

import math
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Green:
    """A green of one stop line: from `start` after the signal's reference, for `length`. [cycles]"""

    start: float
    length: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and 0.0 < self.length <= 1.0):
            raise InvalidInputError(f"a green needs a start and a length in (0, 1] cycles, got {self}")


@dataclass(frozen=True, slots=True)
class StageOrder:
    """One order of a signal's stages: the green of each of its stop lines, in the order of the signal's stop lines."""

    name: str
    greens: tuple[Green, ...]


@dataclass(frozen=True, slots=True)
class WaveSignal:
    """A signal: its stop lines have greens by the order of stages that is chosen among `orders`."""

    name: str
    orders: tuple[StageOrder, ...]

    def __post_init__(self) -> None:
        if not self.name or not self.orders:
            raise InvalidInputError(f"signal '{self.name}' needs a name and an order of its stages")
        if len({len(order.greens) for order in self.orders}) != 1:
            raise InvalidInputError(f"signal {self.name}: each order of stages needs the greens of all its stop lines")


@dataclass(frozen=True, slots=True)
class Clearance:
    """How long a queue at a stop line needs to leave ahead of the platoon: `cycles` + `seconds` / cycle. [cycles], [s]

    The platoon arrives that much after the time at which its band leaves.
    """

    cycles: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.cycles < 1.0 and 0.0 <= self.seconds < math.inf):
            raise InvalidInputError(f"queue clearance needs 0 or more, and less than a cycle, got {self}")

    def at(self, cycle_s: float) -> float:
        """Return the clearance at a cycle. [s]"""
        return self.cycles * cycle_s + self.seconds


NO_QUEUE: Final = Clearance()


@dataclass(frozen=True, slots=True)
class WaveStop:
    """A stop line: index of the signal, which of the signal's stop lines it is, and the queue before a platoon."""

    signal: int
    line: int
    clearance: Clearance = NO_QUEUE


@dataclass(frozen=True, slots=True)
class WaveLink:
    """The way from one stop line to the next: distance [m], speeds a platoon may drive [m/s], weight of its band.

    `change_s_per_m` bounds 1 / speed of the next link of the street less 1 / speed of this one; None: no bound. [s/m]
    """

    distance_m: float
    slowest_mps: float
    fastest_mps: float
    weight: float = 1.0
    change_s_per_m: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.distance_m < math.inf:
            raise InvalidInputError(f"a distance between signals has to be above 0 m, got {self.distance_m:g} m")
        if not 0.0 < self.slowest_mps <= self.fastest_mps < math.inf:
            raise InvalidInputError(
                f"speeds need 0 < slowest <= fastest, got {self.slowest_mps:g} and {self.fastest_mps:g} m/s"
            )
        if not 0.0 <= self.weight < math.inf:
            raise InvalidInputError(f"the weight of a band has to be 0 or more, got {self.weight:g}")
        if self.change_s_per_m is not None and not self.change_s_per_m[0] <= 0.0 <= self.change_s_per_m[1]:
            raise InvalidInputError(f"bounds of a speed change have to hold no change, got {self.change_s_per_m}")


@dataclass(frozen=True, slots=True)
class Course:
    """One direction of a street: its stop lines in the order of driving, and the links between them."""

    name: str
    stops: tuple[WaveStop, ...]
    links: tuple[WaveLink, ...]

    def __post_init__(self) -> None:
        if len(self.stops) < 2 or len(self.links) != len(self.stops) - 1:
            raise InvalidInputError(f"{self.name}: needs two stop lines or more, and a link between each two")


@dataclass(frozen=True, slots=True)
class Street:
    """A street with one or two directions. `ratio` is the wanted band of `courses[1]` over that of `courses[0]`.

    Without a ratio the two bands are free of each other. `weight` is the street's share in what is made most.
    `least_s` are the narrowest bands allowed, by course. [s]
    """

    name: str
    courses: tuple[Course, ...]
    ratio: float | None = None
    weight: float = 1.0
    least_s: tuple[float, ...] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not 1 <= len(self.courses) <= 2:
            raise InvalidInputError(f"street {self.name} needs one direction or two")
        if self.ratio is not None and not 0.0 < self.ratio < math.inf:
            raise InvalidInputError(f"street {self.name}: the ratio of the bands has to be above 0, got {self.ratio:g}")
        if not 0.0 <= self.weight < math.inf or not all(0.0 <= b < math.inf for b in self.least_s):
            raise InvalidInputError(f"street {self.name}: weight and narrowest bands have to be 0 or more")


@dataclass(frozen=True, slots=True)
class WaveNetwork:
    """Signals and streets to be coordinated under one cycle between two bounds. [s]"""

    signals: tuple[WaveSignal, ...]
    streets: tuple[Street, ...]
    cycle_s: tuple[float, float]

    def __post_init__(self) -> None:
        if not 0.0 < self.cycle_s[0] <= self.cycle_s[1] < math.inf:
            raise InvalidInputError(f"cycles need 0 < shortest <= longest, got {self.cycle_s[0]:g}-{self.cycle_s[1]:g}")
        if not self.streets:
            raise InvalidInputError("a green wave needs a street")
        for stop in self.stops:
            if not 0 <= stop.signal < len(self.signals):
                raise InvalidInputError(f"a stop line names signal number {stop.signal}, which does not exist")
            if not 0 <= stop.line < len(self.signals[stop.signal].orders[0].greens):
                raise InvalidInputError(f"signal {self.signals[stop.signal].name} has no stop line {stop.line}")

    @property
    def stops(self) -> tuple[WaveStop, ...]:
        """All stop lines of all directions, in the order of `courses`."""
        return tuple(stop for course in self.courses for stop in course.stops)

    @property
    def courses(self) -> tuple[Course, ...]:
        """All directions of all streets, street by street."""
        return tuple(course for street in self.streets for course in street.courses)

    def lengths(self, stop: WaveStop) -> tuple[float, float]:
        """Return the shortest and the longest green that a stop line can have. [cycles]"""
        found = [order.greens[stop.line].length for order in self.signals[stop.signal].orders]
        return min(found), max(found)
