"""The count of one lane, interval after interval, from loops and video, from one of them, or from the profile.

Each interval: the counts become vehicles with variances, by the noise of their source under the conditions. If two
differ by more than chance allows, twice in a row, one of them is suspected: the one that also disagrees with what was
expected, by neighbours if there are some, else by the lane's own level of before. Never both: if it cannot be told
which, both go on with a variance as large as their difference says, and that is said. A suspected source is left out
until it has agreed with the rest for a while. What is missing or not seen long enough is left out: it is not zero. With
no source left the profile answers, and without one nobody.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Protocol

from detectors.fusion.combine import Combined, Measured, combine
from detectors.fusion.conditions import Condition
from detectors.fusion.noise import LEAST_VALID, Noise
from signal_ctrl.domain.errors import InvalidInputError

GATE: Final = 3.5
"""A difference of more standard deviations than this is no chance."""
TWICE: Final = 2
CLEAR: Final = 1.5
"""How many standard deviations farther from what was expected one of two has to be to be the suspect."""
AGREES: Final = 2.5
GONE: Final = 3
"""Intervals in a row without a source, until it is said to have gone."""
CLEAN: Final = 10
"""Intervals in a row in which a suspect has to agree until it is believed again."""
LEVEL_GAIN: Final = 0.3
"""Weight of a new interval in the level of the lane (0-1)."""


class Doubt(Enum):
    """What an alarm says."""

    SUSPECT = "suspected: it disagrees with the other source and with what was expected"
    UNDECIDED = "the sources disagree, and nothing tells which is wrong"
    RESTORED = "believed again"
    ALONE = "the other source has gone: it carries on alone"
    NONE_LEFT = "no source is left: the profile answers"
    TOGETHER = "both sources are there"


class KnowsNoise(Protocol):
    """What knows how good a source is, by condition: a table, or a pair that still learns."""

    def of(self, condition: Condition) -> Noise:
        """Return the noise under a condition."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source says of an interval: a count, None where there is none, and which part was seen (0-1)."""

    count: float | None
    valid: float = 1.0

    def __post_init__(self) -> None:
        if self.count is not None and not (0 <= self.count < math.inf):
            raise InvalidInputError(f"a count is 0 or more, got {self.count}")
        if not 0 <= self.valid <= 1:
            raise InvalidInputError(f"the seen part of an interval lies in 0 to 1, got {self.valid}")

    @property
    def says(self) -> bool:
        """Whether it says anything."""
        return self.count is not None and self.valid >= LEAST_VALID


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that an operator has to know: which source, empty for all of them, and what."""

    source: str
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class Fused:
    """Vehicles of one interval, None where nobody knows; their variance; the weight of each source that was used.

    `agreed` tells that all sources spoke, are believed, and differ by no more than chance allows.
    """

    vehicles: float | None
    variance: float
    weights: Mapping[str, float]
    profile: bool
    alarms: tuple[Alarm, ...] = ()
    agreed: bool = False


@dataclass(slots=True)
class _Standing:
    """What is thought of a source: how often in a row it disagreed, agreed, was not there; whether it is left out."""

    odd: int = 0
    even: int = 0
    away: int = 0
    suspect: bool = False


class LaneFusion:
    """Fuses the counts of one lane. Intervals come in order and are equally long."""

    def __init__(self, noises: Mapping[str, KnowsNoise], correlation: float | None = 0.0) -> None:
        """Args: noises by source; correlation of their errors, None: unknown, and the better source is taken."""
        if not noises:
            raise InvalidInputError("nothing to fuse: there is no source")
        self._noises = dict(sorted(noises.items()))
        self._correlation = correlation
        self._standing = {source: _Standing() for source in self._noises}
        self._level: Measured | None = None
        self._state = Doubt.TOGETHER

    @property
    def suspects(self) -> tuple[str, ...]:
        """Sources that are left out."""
        return tuple(source for source, standing in self._standing.items() if standing.suspect)

    @property
    def level_veh(self) -> float | None:
        """What the lane is expected to count in the next interval by those before. [veh]"""
        return None if self._level is None else self._level.value

    def step(
        self,
        readings: Mapping[str, Reading],
        condition: Condition,
        neighbours: Measured | None = None,
        profile: Measured | None = None,
    ) -> Fused:
        """Return the vehicles of an interval.

        Args: readings by source, in any order; neighbours, what the lanes beside or before let expect; profile, what is
        usual at this time, for when no source is left.
        """
        unknown = set(readings) - set(self._noises)
        if unknown:
            raise InvalidInputError(f"no noise is known of source {min(unknown)}")
        said = {source: readings[source] for source in self._noises if source in readings and readings[source].says}
        expected = neighbours if neighbours is not None else self._next_level()
        measured = self._measured(said, condition, expected)
        alarms = self._judge(measured, expected)
        believed = {source: each for source, each in measured.items() if not self._standing[source].suspect}
        fused = self._fused(believed, expected, profile)
        self._restore(measured, fused, alarms)
        self._tell_state(believed, alarms)
        self._learn_level(fused)
        return replace(fused, alarms=tuple(alarms))

    def _measured(
        self, said: Mapping[str, Reading], condition: Condition, expected: Measured | None
    ) -> dict[str, Measured]:
        noises = {source: self._noises[source].of(condition) for source in said}
        common = _common(said, noises, expected)
        return {source: noises[source].measured(each.count or 0.0, each.valid, common) for source, each in said.items()}

    def _judge(self, measured: Mapping[str, Measured], expected: Measured | None) -> list[Alarm]:
        """Count disagreements of those who are believed, and suspect one where it is time."""
        trusted = [source for source in measured if not self._standing[source].suspect]
        apart = _apart(measured, trusted)
        for source in trusted:
            standing = self._standing[source]
            standing.odd = standing.odd + 1 if source in apart else 0
        if not apart or any(self._standing[source].odd < TWICE for source in apart):
            return []
        worst = _farther(measured, apart, expected)
        if worst is None:
            return [Alarm("", Doubt.UNDECIDED)] if self._standing[apart[0]].odd == TWICE else []
        self._standing[worst] = _Standing(suspect=True)
        for source in apart:
            self._standing[source].odd = 0
        return [Alarm(worst, Doubt.SUSPECT)]

    def _fused(self, believed: Mapping[str, Measured], expected: Measured | None, profile: Measured | None) -> Fused:
        if not believed:
            if profile is None:
                return Fused(None, math.inf, {}, False)
            return Fused(profile.value, profile.variance, {}, True)
        apart = _apart(believed, list(believed))
        worst = _farther(believed, apart, expected) if apart else None
        used = {source: each for source, each in believed.items() if source != worst}
        found: Combined = combine(list(used.values()), self._correlation)
        variance = found.variance
        if apart and worst is None:  # as much as they differ: nobody knows which is right
            variance += _spread(list(used.values()), found)
        agreed = not apart and len(used) == len(self._noises)
        weights = dict(zip(used, found.weights, strict=True))
        return Fused(max(found.value, 0.0), variance, weights, False, agreed=agreed)

    def _restore(self, measured: Mapping[str, Measured], fused: Fused, alarms: list[Alarm]) -> None:
        """Believe a suspect again that has agreed with the rest, or with what was expected, for a while."""
        for source in self.suspects:
            if source not in measured or fused.vehicles is None:
                continue
            other = Measured(fused.vehicles, fused.variance)
            standing = self._standing[source]
            standing.even = standing.even + 1 if _distance(measured[source], other) < AGREES else 0
            if standing.even >= CLEAN:
                self._standing[source] = _Standing()
                alarms.append(Alarm(source, Doubt.RESTORED))

    def _tell_state(self, believed: Mapping[str, Measured], alarms: list[Alarm]) -> None:
        """Say once when sources go or come back; one that drops an interval or two has not gone."""
        for source, standing in self._standing.items():
            standing.away = 0 if source in believed else standing.away + 1
        there = [s for s, each in self._standing.items() if each.away < GONE and not each.suspect]
        state = Doubt.TOGETHER
        if len(there) < len(self._noises):
            state = Doubt.ALONE if there else Doubt.NONE_LEFT
        if state is not self._state:
            alarms.append(Alarm(there[0] if state is Doubt.ALONE else "", state))
        self._state = state

    def _next_level(self) -> Measured | None:
        """Return what the next interval will count: the level, which moves, and chance (Poisson)."""
        if self._level is None:
            return None
        return Measured(self._level.value, self._level.variance + max(self._level.value, 1.0))

    def _learn_level(self, fused: Fused) -> None:
        if fused.vehicles is None or fused.profile:
            return
        if self._level is None:
            self._level = Measured(fused.vehicles, fused.variance + max(fused.vehicles, 1.0))
            return
        off = fused.vehicles - self._level.value
        moves = max((LEVEL_GAIN * off) ** 2, 0.25 * max(fused.vehicles, 1.0))
        variance = (1.0 - LEVEL_GAIN) * self._level.variance + LEVEL_GAIN * moves
        self._level = Measured(self._level.value + LEVEL_GAIN * off, variance)


def _common(said: Mapping[str, Reading], noises: Mapping[str, Noise], expected: Measured | None) -> float:
    """Return the vehicles that variances are reckoned with, the same for all sources: mean of all that is known."""
    values = [] if expected is None else [expected.value]
    values += [(each.count or 0.0) / (noises[source].factor * each.valid) for source, each in said.items()]
    return max(sum(values) / len(values), 0.0) if values else 0.0


def _distance(one: Measured, other: Measured) -> float:
    """Return how many standard deviations two values are apart."""
    return abs(one.value - other.value) / math.sqrt(one.variance + other.variance)


def _apart(measured: Mapping[str, Measured], sources: list[str]) -> list[str]:
    """Return the two sources that are farthest apart, if that is beyond chance; none otherwise."""
    pairs = [(_distance(measured[a], measured[b]), a, b) for a in sources for b in sources if a < b]
    if not pairs or max(pairs)[0] <= GATE:
        return []
    return list(max(pairs)[1:])


def _farther(measured: Mapping[str, Measured], pair: list[str], expected: Measured | None) -> str | None:
    """Return the one of two that is clearly farther from what was expected, None if neither is."""
    if expected is None or len(pair) != 2:
        return None
    distances = [_distance(measured[source], expected) for source in pair]
    if abs(distances[0] - distances[1]) < CLEAR:
        return None
    return pair[0] if distances[0] > distances[1] else pair[1]


def _spread(values: list[Measured], found: Combined) -> float:
    """Return the weighted mean square of the differences from the combination."""
    return sum(weight * (each.value - found.value) ** 2 for weight, each in zip(found.weights, values, strict=True))
