"""Counts of lanes by intervals as two sources tell them, brought onto one clock and fused lane by lane."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.estimation.interval import Z95
from detectors.fusion.combine import Measured
from detectors.fusion.conditions import Condition, crowding_of
from detectors.fusion.lane_fusion import Alarm, Fused, KnowsNoise, LaneFusion, Reading
from detectors.fusion.mutual import MutualNoise, OneOfTwo, Together
from detectors.fusion.noise import Lesson, Noise, NoiseTable, learned_from_truth
from signal_ctrl.domain.errors import InvalidInputError

LOOPS: Final = "loops"
VIDEO: Final = "video"
SOURCES: Final = (LOOPS, VIDEO)
FIRST: Final[Mapping[str, Noise]] = {LOOPS: Noise(1.0, 0.05), VIDEO: Noise(1.0, 0.15)}
"""Guesses before anything was learned: loops are off by 2 % of a hundred vehicles, video by 4 %."""
WHOLE: Final = 0.99
"""Of an interval of which less was seen nothing is learned (0-1)."""
DAY_S: Final = 86400.0
PROFILE_SPREAD: Final = 0.2
"""Relative deviation of a day from its profile, besides chance, where the profile does not say (0-1)."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """One interval of one lane by one source. [s] `count` is None where nothing was seen: that is not zero.

    `valid` is the part of the interval that was seen, `occupancy` None where nobody knows it (0-1); `light` and
    `weather` are empty where the source does not say.
    """

    begin_s: float
    end_s: float
    lane: str
    count: float | None
    valid: float = 1.0
    occupancy: float | None = None
    light: str = ""
    weather: str = ""

    def __post_init__(self) -> None:
        if not self.begin_s < self.end_s:
            raise InvalidInputError(f"lane {self.lane}: an interval from {self.begin_s:g} to {self.end_s:g} s")


@dataclass(frozen=True, slots=True)
class FusedRow:
    """One interval of one lane: what the sources said, and what came of it. [s]"""

    begin_s: float
    end_s: float
    lane: str
    said: Mapping[str, float | None]
    fused: Fused

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The 95 % interval of the vehicles, None where nobody knows. [veh]"""
        if self.fused.vehicles is None:
            return None
        reach = Z95 * math.sqrt(self.fused.variance)
        return max(self.fused.vehicles - reach, 0.0), self.fused.vehicles + reach


@dataclass(frozen=True, slots=True)
class Counts:
    """Both sources' rows by (begin [s], lane), and what belongs to them; all intervals have one length. [s]

    `truth` are known counts, `profile` usual ones by (second of the day, lane), with their deviation.
    """

    rows: Mapping[str, Mapping[tuple[float, str], CountRow]]
    truth: Mapping[tuple[float, str], float] = field(default_factory=dict)
    profile: Mapping[tuple[float, str], Measured] = field(default_factory=dict)

    def intervals(self) -> list[tuple[float, str]]:
        """Return every interval of every lane of which a source tells, by time."""
        return sorted({key for rows in self.rows.values() for key in rows})

    def reading(self, source: str, key: tuple[float, str]) -> Reading:
        """Return what a source says of an interval: nothing where it has no row."""
        row = self.rows[source].get(key)
        return Reading(None, 0.0) if row is None else Reading(row.count, row.valid)

    def condition(self, key: tuple[float, str]) -> Condition:
        """Return the conditions of an interval, by whichever source tells them."""
        own = [row for source in self.rows if (row := self.rows[source].get(key)) is not None]
        light = next((row.light for row in own if row.light), "day")
        weather = next((row.weather for row in own if row.weather), "dry")
        return Condition(light, weather, crowding_of(next((r.occupancy for r in own if r.occupancy is not None), None)))


def by_interval(rows: Iterable[CountRow], source: str) -> dict[tuple[float, str], CountRow]:
    """Return the rows by (begin [s], lane). Raises: InvalidInputError for an interval given twice."""
    found: dict[tuple[float, str], CountRow] = {}
    for row in rows:
        key = (row.begin_s, row.lane)
        if key in found:
            raise InvalidInputError(f"{source}: lane {row.lane} has two counts from {row.begin_s:g} s on")
        found[key] = row
    return found


def check_one_grid(rows: Mapping[str, Sequence[CountRow]]) -> float:
    """Return the length of all intervals. [s] Raises: InvalidInputError if they are not of one grid."""
    every = [(source, row) for source in rows for row in rows[source]]
    if not every:
        raise InvalidInputError("there is nothing to fuse: no source has a row")
    first = every[0][1]
    length_s = first.end_s - first.begin_s
    for source, row in every:
        if abs(row.end_s - row.begin_s - length_s) > 1e-6:
            other = f"{row.end_s - row.begin_s:g}"
            raise InvalidInputError(f"{source}: an interval of {other} s among those of {length_s:g} s; count alike")
        off_s = (row.begin_s - first.begin_s) % length_s
        if min(off_s, length_s - off_s) > 1e-6:
            raise InvalidInputError(
                f"{source}: intervals begin at {row.begin_s:g} and {first.begin_s:g} s, which is no grid of "
                f"{length_s:g} s; count both from the same time on"
            )
    return length_s


def shifted(rows: Sequence[CountRow], shift_s: float) -> list[CountRow]:
    """Return rows whose clock was ahead by a shift, dealt out to the intervals of the true time by their share. [s]

    Raises: InvalidInputError for a shift as long as an interval.
    """
    if not rows or shift_s == 0.0:
        return list(rows)
    length_s = rows[0].end_s - rows[0].begin_s
    if not abs(shift_s) < length_s:
        raise InvalidInputError(f"a clock that is {shift_s:g} s off cannot be mended in intervals of {length_s:g} s")
    known = by_interval(rows, "shift")
    share = abs(shift_s) / length_s
    step_s = math.copysign(length_s, shift_s)
    return [_mixed(row, known.get((row.begin_s + step_s, row.lane)), share) for row in rows]


def _mixed(row: CountRow, other: CountRow | None, share: float) -> CountRow:
    """Return a row with a share of the next one in place of its own; of what is missing nothing is seen."""
    if row.count is None:
        return row
    if other is None or other.count is None:
        return replace(row, count=row.count * (1.0 - share), valid=row.valid * (1.0 - share))
    count = row.count * (1.0 - share) + other.count * share
    return replace(row, count=count, valid=min(row.valid * (1.0 - share) + other.valid * share, 1.0))


def learned(counts: Counts) -> dict[str, NoiseTable]:
    """Return the noise of both sources by the truth."""
    return {source: learned_from_truth(_lessons(counts, source), FIRST[source]) for source in SOURCES}


def _lessons(counts: Counts, source: str) -> Iterator[Lesson]:
    for key, came in counts.truth.items():
        row = counts.rows[source].get(key)
        if row is not None and row.count is not None and row.valid > WHOLE:
            yield Lesson(row.count, came, counts.condition(key))


class Fusing:
    """Fuses the counts of all lanes in the order of time. What it does not know of the sources it learns on the way."""

    def __init__(self, noises: Mapping[str, NoiseTable] | None = None, correlation: float | None = 0.0) -> None:
        """Args: noises by source, None: they are learned from each other; correlation of errors, None: unknown."""
        self._pair = MutualNoise((FIRST[LOOPS], FIRST[VIDEO]))
        self._learns = noises is None
        self._noises: Mapping[str, KnowsNoise] = noises or {
            source: OneOfTwo(self._pair, number) for number, source in enumerate(SOURCES)
        }
        self._tables, self._correlation = noises, correlation
        self._lanes: dict[str, LaneFusion] = {}

    @property
    def noises(self) -> dict[str, NoiseTable]:
        """What is known of the sources."""
        return dict(self._tables or zip(SOURCES, self._pair.tables(), strict=True))

    def fuse(self, counts: Counts) -> list[FusedRow]:
        """Return the fused intervals, by lane and time; those of which neither source has a row are none."""
        rows = [self._row(counts, key) for key in counts.intervals()]
        return sorted(rows, key=lambda row: (row.lane, row.begin_s))

    def _row(self, counts: Counts, key: tuple[float, str]) -> FusedRow:
        begin_s, lane = key
        fusion = self._lanes.setdefault(lane, LaneFusion(self._noises, self._correlation))
        readings = {source: counts.reading(source, key) for source in SOURCES}
        condition, before = counts.condition(key), fusion.level_veh
        fused = fusion.step(readings, condition, profile=counts.profile.get((begin_s % DAY_S, lane)))
        first, second = (readings[source] for source in SOURCES)
        whole = min(first.valid, second.valid) > WHOLE
        if self._learns and fused.agreed and whole and before is not None:
            self._pair.take(Together(first.count or 0.0, second.count or 0.0, before, condition))
        end_s = next(row.end_s for source in SOURCES if (row := counts.rows[source].get(key)) is not None)
        return FusedRow(begin_s, end_s, lane, {source: each.count for source, each in readings.items()}, fused)


def alarms_of(rows: Iterable[FusedRow]) -> list[tuple[float, str, Alarm]]:
    """Return every alarm with its time [s] and lane."""
    return [(row.begin_s, row.lane, alarm) for row in rows for alarm in row.fused.alarms]
