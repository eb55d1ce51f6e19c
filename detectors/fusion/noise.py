"""What a source's counts are worth: y = a q + e, with the variance of e growing as the count does, by condition.

Both are learned. From true counts q: a = sum(y) / sum(q), and the dispersion f = mean((y - a q)² / max(a q, 1)).
Without truth from the sources alone: with two sources and an expectation r that was made before, whose errors have
nothing to do with theirs, the variances of the three differences tell all three variances (a three-cornered hat, Gray
and Allan 1974): v1 = (V12 + V1r - V2r) / 2. Then only the ratio of the factors can be known: the first is kept.

A first guess counts as much as some intervals. Where a condition has been seen too seldom, the next wider one serves.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from detectors.fusion.combine import Measured
from detectors.fusion.conditions import Condition
from signal_ctrl.domain.errors import InvalidInputError

ENOUGH: Final = 20
"""Intervals from which on a class of conditions is judged by itself."""
FIRST_WEIGHT: Final = 5.0
"""What a first guess is worth. [intervals]"""
LEAST_DISPERSION: Final = 0.01
LEAST_VALID: Final = 0.5
"""Of an interval of which less was seen, nothing is said (0-1)."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Factor a and dispersion f of a source: it counts a q of q vehicles, with variance f max(a q, 1)."""

    factor: float = 1.0
    dispersion: float = 0.1

    def __post_init__(self) -> None:
        if not (0 < self.factor < math.inf and 0 < self.dispersion < math.inf):
            raise InvalidInputError(f"a source needs a factor and a dispersion above 0, got {self}")

    def measured(self, count: float, valid: float, expected: float) -> Measured:
        """Return the vehicles that a count stands for, with the variance of that.

        Args: valid, share of the interval that was seen (0-1); expected, vehicles of the interval by all that is known,
        which the variance is reckoned with: by its own count a source that missed many would look the surest.

        Of the part that was not seen as many are taken as of the other, which varies by chance (Poisson).
        """
        if not (count >= 0 and 0 < valid <= 1 and expected >= 0):
            raise InvalidInputError(f"a count is 0 or more, in a part of an interval, got {count:g} in {valid:g}")
        seen = self.factor * expected * valid
        variance = self.dispersion * max(seen, 1.0) / (self.factor * valid) ** 2
        return Measured(count / (self.factor * valid), variance + (1.0 - valid) / valid * max(expected, 1.0))


@dataclass(frozen=True, slots=True)
class Lesson:
    """One interval with its truth, or what stands for it: what the source counted, how many came, and when that was."""

    count: float
    truth: float
    condition: Condition


@dataclass(frozen=True, slots=True)
class NoiseTable:
    """Noise of one source by class of conditions, the widest one, (), always there."""

    by_class: Mapping[tuple[str, ...], Noise] = field(default_factory=lambda: {(): Noise()})

    def __post_init__(self) -> None:
        if () not in self.by_class:
            raise InvalidInputError("a source needs a noise for all conditions together")

    def of(self, condition: Condition) -> Noise:
        """Return the noise of the narrowest class that is known."""
        return next(self.by_class[each] for each in condition.wider() if each in self.by_class)


def learned_from_truth(lessons: Iterable[Lesson], first: Noise) -> NoiseTable:
    """Return the noise of a source by its errors against the truth. Args: first, the guess before."""
    by_class: defaultdict[tuple[str, ...], list[Lesson]] = defaultdict(list)
    for lesson in lessons:
        for each in lesson.condition.wider():
            by_class[each].append(lesson)
    found = {name: _noise(own, first) for name, own in by_class.items() if len(own) >= ENOUGH or name == ()}
    return NoiseTable({(): first} | found)


def _noise(lessons: Sequence[Lesson], first: Noise) -> Noise:
    came = sum(lesson.truth for lesson in lessons)
    guess_veh = FIRST_WEIGHT * came / len(lessons) if came else FIRST_WEIGHT
    factor = (sum(lesson.count for lesson in lessons) + first.factor * guess_veh) / (came + guess_veh)
    squares = sum((lesson.count - factor * lesson.truth) ** 2 / max(factor * lesson.truth, 1.0) for lesson in lessons)
    dispersion = (squares + FIRST_WEIGHT * first.dispersion) / (len(lessons) + FIRST_WEIGHT)
    return Noise(max(factor, 1e-3), max(dispersion, LEAST_DISPERSION))


@dataclass(frozen=True, slots=True)
class Together:
    """One interval in which two sources counted, and what was expected before of either. [veh]"""

    first: float
    second: float
    expected: float
    condition: Condition


def learned_from_each_other(rows: Sequence[Together], guesses: tuple[Noise, Noise]) -> tuple[NoiseTable, NoiseTable]:
    """Return the noise of two sources by how they differ from each other and from what was expected.

    The first one's factor stays as guessed: without truth nobody knows whether both miss the same share.
    """
    by_class: defaultdict[tuple[str, ...], list[Together]] = defaultdict(list)
    for row in rows:
        for each in row.condition.wider():
            by_class[each].append(row)
    tables: tuple[dict[tuple[str, ...], Noise], ...] = ({(): guesses[0]}, {(): guesses[1]})
    for name, own in by_class.items():
        if len(own) >= ENOUGH:
            for table, noise in zip(tables, _hat(own, guesses), strict=True):
                table[name] = noise
    return NoiseTable(tables[0]), NoiseTable(tables[1])


def _hat(rows: Sequence[Together], guesses: tuple[Noise, Noise]) -> tuple[Noise, Noise]:
    firsts, seconds = sum(row.first for row in rows), sum(row.second for row in rows)
    factor = guesses[0].factor
    other = factor * seconds / firsts if firsts > 0 and seconds > 0 else guesses[1].factor
    pairs = [(row.first / factor, row.second / other, row.expected) for row in rows]
    scales = [max(first, expected, 1.0) for first, _, expected in pairs]
    between, of_first, of_second = (
        sum((row[i] - row[j]) ** 2 / scale for row, scale in zip(pairs, scales, strict=True)) / len(rows)
        for i, j in ((0, 1), (0, 2), (1, 2))
    )
    found = []
    for guess, own_factor, sign in ((guesses[0], factor, 1.0), (guesses[1], other, -1.0)):
        variance = min(max(0.5 * (between + sign * (of_first - of_second)), 0.05 * between), between)
        blended = (variance * own_factor * len(rows) + FIRST_WEIGHT * guess.dispersion) / (len(rows) + FIRST_WEIGHT)
        found.append(Noise(own_factor, max(blended, LEAST_DISPERSION)))
    return found[0], found[1]
