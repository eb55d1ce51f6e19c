"""How well a counter did on a film: crossings and presence against the truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.geh import geh

NEAR_S: Final = 1.0
"""A crossing counts as found when it is told within so much of its time. [s]"""


@dataclass(frozen=True, slots=True)
class Passing:
    """A crossing, true or counted. [s]"""

    time_s: float
    line: str
    direction: str


@dataclass(frozen=True, slots=True)
class LineScore:
    """One direction of one line: vehicles that crossed, that were counted, and that were counted within `NEAR_S`."""

    line: str
    direction: str
    true: int
    counted: int
    matched: int

    @property
    def error(self) -> float:
        """Count error, 0 to 1 and more; where nobody crossed, each one counted is a whole one."""
        return abs(self.counted - self.true) / max(self.true, 1)

    def geh(self, lasts_s: float) -> float:
        """Return GEH of the hourly volumes. [s]"""
        per_h = 3600.0 / lasts_s
        return geh(self.counted * per_h, self.true * per_h)


@dataclass(frozen=True, slots=True)
class FilmScore:
    """A film: its lines, and of how many seconds of its presence zones how many were told right."""

    lasts_s: float
    lines: tuple[LineScore, ...]
    seconds: int
    seconds_right: int

    @property
    def true(self) -> int:
        """Vehicles that crossed."""
        return sum(line.true for line in self.lines)

    @property
    def counted(self) -> int:
        """Vehicles that were counted."""
        return sum(line.counted for line in self.lines)

    @property
    def matched(self) -> int:
        """Vehicles that were counted in time."""
        return sum(line.matched for line in self.lines)

    @property
    def presence(self) -> float:
        """Share of the seconds that were told right, 0 to 1."""
        return self.seconds_right / self.seconds if self.seconds else 1.0


def score_lines(true: Sequence[Passing], counted: Sequence[Passing]) -> tuple[LineScore, ...]:
    """Return the score of each direction in which somebody crossed or was counted."""
    ways = sorted({(each.line, each.direction) for each in (*true, *counted)})
    return tuple(_score_line(way, true, counted) for way in ways)


def _score_line(way: tuple[str, str], true: Sequence[Passing], counted: Sequence[Passing]) -> LineScore:
    times = [sorted(e.time_s for e in some if (e.line, e.direction) == way) for some in (true, counted)]
    return LineScore(*way, len(times[0]), len(times[1]), matches(times[0], times[1]))


def matches(true_s: Iterable[float], counted_s: Iterable[float], near_s: float = NEAR_S) -> int:
    """Return how many pairs within `near_s` there are at most, each time in one pair; both in order. [s]

    Taking the earliest that fits is best for intervals of one length.
    >>> matches([1.0, 2.0, 9.0], [1.9, 2.8, 5.0])
    2
    """
    waiting, found = list(counted_s), 0
    for at_s in true_s:
        while waiting and waiting[0] < at_s - near_s:
            waiting.pop(0)
        if waiting and waiting[0] <= at_s + near_s:
            waiting.pop(0)
            found += 1
    return found


def presence_right(true: Sequence[float], told: Sequence[float]) -> int:
    """Return in how many seconds a zone was told right, of shares of its frames, 0 to 1 each."""
    return sum((one >= 0.5) == (other >= 0.5) for one, other in zip(true, told, strict=True))
