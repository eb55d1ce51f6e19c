"""What two sources are worth, learned from each other as they count: without truth.

With two sources and an expectation r that was made before, whose errors have nothing to do with theirs, the variances
of the three differences tell all three variances (a three-cornered hat, Gray and Allan 1974):

    v1 = (V12 + V1r - V2r) / 2,    v2 = (V12 + V2r - V1r) / 2

Only the ratio of the factors can be known: the first source's is kept as guessed. What is taken in has to have agreed
so far as chance allows: else a fault would be learned as noise, and never be found. Under conditions that are new the
factors may be other ones, so that more is allowed there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.fusion.conditions import Condition
from detectors.fusion.noise import ENOUGH, FIRST_WEIGHT, LEAST_DISPERSION, Noise, NoiseTable

MEMORY: Final = 400.0
"""Intervals after which what was learned has faded by a factor e."""
NEW_SPREAD: Final = 0.15
"""Relative deviation of the factors under conditions that have not been seen yet (0-1)."""
LEAST_SHARE: Final = 0.05
"""Neither of two sources has less than this part of the variance between them (0-1)."""


@dataclass(frozen=True, slots=True)
class Together:
    """One interval in which two sources counted, and what was expected before of either. [veh]"""

    first: float
    second: float
    expected: float
    condition: Condition


@dataclass(slots=True)
class _Sums:
    """Of one class of conditions: intervals, vehicles of both, and squares of differences over the vehicles."""

    rows: float = 0.0
    firsts: float = 0.0
    seconds: float = 0.0
    squares: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    def take(self, row: Together, factors: tuple[float, float]) -> None:
        """Add an interval; what was before fades."""
        keep = 1.0 - 1.0 / MEMORY
        one, two, expected = row.first / factors[0], row.second / factors[1], row.expected
        scale = max(0.5 * (one + two), expected, 1.0)
        off = ((one - two) ** 2 / scale, (one - expected) ** 2 / scale, (two - expected) ** 2 / scale)
        self.rows = keep * self.rows + 1.0
        self.firsts, self.seconds = keep * self.firsts + row.first, keep * self.seconds + row.second
        self.squares = [keep * before + own for before, own in zip(self.squares, off, strict=True)]

    def noises(self, guesses: tuple[Noise, Noise]) -> tuple[Noise, Noise]:
        """Return the noise of both; the guesses count as some intervals."""
        factor = guesses[0].factor
        guess_veh = FIRST_WEIGHT * self.firsts / self.rows if self.rows else 1.0
        ratio = guesses[1].factor / factor
        other = factor * (self.seconds + ratio * guess_veh) / max(self.firsts + guess_veh, 1e-9)
        between, of_first, of_second = (total / max(self.rows, 1.0) for total in self.squares)
        found = []
        for guess, own, sign in ((guesses[0], factor, 1.0), (guesses[1], max(other, 1e-3), -1.0)):
            part = 0.5 * (between + sign * (of_first - of_second))
            variance = min(max(part, LEAST_SHARE * between), (1.0 - LEAST_SHARE) * between)
            blended = (variance * own * self.rows + FIRST_WEIGHT * guess.dispersion) / (self.rows + FIRST_WEIGHT)
            found.append(Noise(own, max(blended, LEAST_DISPERSION)))
        return found[0], found[1]


class MutualNoise:
    """The noise of two sources as it is known by what they have counted so far."""

    def __init__(self, guesses: tuple[Noise, Noise]) -> None:
        self._guesses = guesses
        self._sums: dict[tuple[str, ...], _Sums] = {(): _Sums()}

    def take(self, row: Together) -> None:
        """Take in an interval in which both agreed."""
        factors = (self.of(row.condition)[0].factor, self.of(row.condition)[1].factor)
        for name in row.condition.wider():
            self._sums.setdefault(name, _Sums()).take(row, factors)

    def of(self, condition: Condition) -> tuple[Noise, Noise]:
        """Return the noise of both in the narrowest class that is known well enough, unsure where it is not the own."""
        own, *_ = condition.wider()
        rows = self._sums[own].rows if own in self._sums else 0.0
        known = next((n for n in condition.wider() if n in self._sums and self._sums[n].rows >= ENOUGH), ())
        first, second = self._sums[known].noises(self._guesses)
        spread = NEW_SPREAD * max(1.0 - rows / ENOUGH, 0.0)
        return replace(first, spread=spread), replace(second, spread=spread)

    def tables(self) -> tuple[NoiseTable, NoiseTable]:
        """Return what is known, as tables."""
        known = {name: sums for name, sums in self._sums.items() if sums.rows >= ENOUGH or not name}
        both = {name: sums.noises(self._guesses) for name, sums in known.items()}
        first, second = ({name: noises[number] for name, noises in both.items()} for number in (0, 1))
        return NoiseTable(first), NoiseTable(second)


@dataclass(frozen=True, slots=True)
class OneOfTwo:
    """One source of a pair that learn from each other: what `LaneFusion` asks for its noise."""

    pair: MutualNoise
    number: int

    def of(self, condition: Condition) -> Noise:
        """Return the noise under a condition."""
        return self.pair.of(condition)[self.number]


def learned_from_each_other(rows: Iterable[Together], guesses: tuple[Noise, Noise]) -> tuple[NoiseTable, NoiseTable]:
    """Return the noise of two sources by how they differ from each other and from what was expected."""
    pair = MutualNoise(guesses)
    for row in rows:
        pair.take(row)
    return pair.tables()
