"""What a source's counts are worth: y = a q + e, with the variance of e growing as the count does, by condition.

Both are learned. From true counts q: a = sum(y) / sum(q), and the dispersion f = mean((y - a q)² / max(a q, 1)).
Without truth they are learned from each other, see `mutual`.

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
    """Factor a and dispersion f of a source: it counts a q of q vehicles, with variance f max(a q, 1).

    `spread` is the relative standard deviation of a factor that is not known yet (0-1).
    """

    factor: float = 1.0
    dispersion: float = 0.1
    spread: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.factor < math.inf and 0 < self.dispersion < math.inf and 0 <= self.spread < math.inf):
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
        variance = self.dispersion * max(seen, 1.0) / (self.factor * valid) ** 2 + (self.spread * expected) ** 2
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
