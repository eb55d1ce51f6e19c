"""How a signal comes into step with a plan: which cycles, longer or shorter than the plan's, lead there.

Methods as controllers have them: shortway stretches or shortens all splits, whichever way is smaller; add-only
stretches them; dwell stretches one stage. No split falls below its shortest, no cycle leaves the limits. Whole seconds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

MOST_CYCLES: Final = 3
RELEASED: Final = 0.2
"""After an override a cycle may be longer or shorter by this share of it at most (SAFETY C)."""
RELEASED_CYCLES: Final = 5
"""In that many cycles at most a signal is in step again after an override (SAFETY C)."""


class Method(Enum):
    """How cycles are changed on the way into step."""

    SHORTWAY = "shortway"
    DWELL = "dwell"
    ADD_ONLY = "add-only"


@dataclass(frozen=True, slots=True)
class TransitionSettings:
    """Limits of a transition: by which share of the cycle one may be shorter or longer, and in how many cycles."""

    method: Method = Method.SHORTWAY
    shorten: float = 0.2
    lengthen: float = 0.5
    most_cycles: int = MOST_CYCLES

    def __post_init__(self) -> None:
        if not (0 <= self.shorten <= 0.5 and 0 < self.lengthen <= 1):
            raise InvalidInputError(
                f"a cycle may be up to 0.5 shorter and 1 longer, got {self.shorten:g} and {self.lengthen:g}"
            )
        if not 1 <= self.most_cycles <= 10:
            raise InvalidInputError(f"a transition takes 1 to 10 cycles, got {self.most_cycles}")

    def released(self) -> "TransitionSettings":
        """Return the limits of the way back after an override: these, but no looser than SAFETY C allows."""
        return replace(self, shorten=min(self.shorten, RELEASED), lengthen=min(self.lengthen, RELEASED))


def method_named(name: str) -> Method:
    """Return a method by its name. Raises: InvalidInputError if there is none."""
    try:
        return Method(name)
    except ValueError:
        known = ", ".join(method.value for method in Method)
        raise InvalidInputError(f"unknown method '{name}' of transition; choose one of {known}") from None


@dataclass(frozen=True, slots=True)
class Entering:
    """A plan about to be entered at the begin of its first stage. [s]

    `splits_s` of the plan; `least_s`, the shortest that each may be; `first_least_s`, the same in the first cycle,
    which begins from another stage; `late_s`, how long ago the plan's clock began its cycle, in 0 to its length.
    """

    splits_s: tuple[int, ...]
    least_s: tuple[int, ...]
    first_least_s: tuple[int, ...]
    late_s: int

    def __post_init__(self) -> None:
        sizes = {len(self.splits_s), len(self.least_s), len(self.first_least_s)}
        if len(sizes) != 1 or not self.splits_s:
            raise InvalidInputError("a transition needs a shortest split for each split")
        if not 0 <= self.late_s < self.cycle_s:
            raise InvalidInputError(f"need 0 <= late_s < {self.cycle_s}, got {self.late_s}")
        if any(least_s > split_s for least_s, split_s in zip(self.least_s, self.splits_s, strict=True)):
            raise InvalidInputError(f"splits of {self.splits_s} s do not hold the shortest ones, {self.least_s} s")

    @property
    def cycle_s(self) -> int:
        """Its cycle. [s]"""
        return sum(self.splits_s)


@dataclass(frozen=True, slots=True)
class Transition:
    """The splits of the cycles that lead into step, nothing if it is in step already. [s]

    `in_time` says whether they are no more than wished.
    """

    cycles_s: tuple[tuple[int, ...], ...]
    in_time: bool = True


def transition(entering: Entering, settings: TransitionSettings, hold: int | None = None) -> Transition:
    """Return the cycles after which a signal is in step.

    Args: hold, the place of the stage that dwells; None: the one with the longest split.
    Raises: InvalidInputError if no cycle may be changed at all.
    """
    first = tuple(map(max, entering.splits_s, entering.first_least_s))
    extra_s = sum(first) - entering.cycle_s
    late_s = (entering.late_s + extra_s) % entering.cycle_s
    if late_s == 0:
        return Transition((first,) if extra_s else ())
    ways = [_Longer(entering, settings, extra_s), _Shorter(entering, settings, extra_s)]
    needed = [ways[0].cycles(entering.cycle_s - late_s), ways[1].cycles(late_s)]
    changes = [entering.cycle_s - late_s, late_s]
    way = _way(needed, changes, settings)
    if not math.isfinite(needed[way]):
        raise InvalidInputError("no cycle may be changed: the limits of the transition leave no second")
    dealt = ways[way].dealt(changes[way], int(needed[way]))
    base = (first, *[entering.splits_s] * (len(dealt) - 1))
    held = _held(entering.splits_s, hold) if settings.method is Method.DWELL else None
    cycles = tuple(ways[way].changed(*row, held) for row in zip(base, dealt, _leasts(entering), strict=False))
    return Transition(cycles, len(cycles) <= settings.most_cycles)


def _way(needed: Sequence[float], changes: Sequence[int], settings: TransitionSettings) -> int:
    """Return 0 to stretch, 1 to shorten: the smaller change that is in time, else what takes fewer cycles."""
    if settings.method is not Method.SHORTWAY:
        return 0
    in_time = [way for way in (0, 1) if needed[way] <= settings.most_cycles]
    if in_time:
        return min(in_time, key=lambda way: changes[way])
    return min((0, 1), key=lambda way: needed[way])


def _leasts(entering: Entering) -> tuple[tuple[int, ...], ...]:
    return (entering.first_least_s, *[entering.least_s] * entering.cycle_s)


def _held(splits_s: tuple[int, ...], hold: int | None) -> int:
    return splits_s.index(max(splits_s)) if hold is None else hold


@dataclass(frozen=True, slots=True)
class _Longer:
    """Cycles made longer. The first one is `extra_s` longer already."""

    entering: Entering
    settings: TransitionSettings
    extra_s: int

    def most_s(self, cycle: int) -> int:
        most_s = math.floor(self.settings.lengthen * self.entering.cycle_s + 1e-9)
        return max(most_s - (self.extra_s if cycle == 0 else 0), 0)

    def cycles(self, change_s: int) -> float:
        return _cycles(change_s, self.most_s(0), self.most_s(1))

    def dealt(self, change_s: int, cycles: int) -> list[int]:
        return deal(change_s, [1] * cycles, [self.most_s(k) for k in range(cycles)])

    def changed(self, base: tuple[int, ...], more_s: int, least: tuple[int, ...], held: int | None) -> tuple[int, ...]:
        weights = list(base) if held is None else [int(place == held) for place in range(len(base))]
        more = deal(more_s, weights, [more_s if weight else 0 for weight in weights])
        return tuple(split_s + add_s for split_s, add_s in zip(base, more, strict=True))


class _Shorter(_Longer):
    """Cycles made shorter."""

    def most_s(self, cycle: int) -> int:
        most_s = math.floor(self.settings.shorten * self.entering.cycle_s + 1e-9)
        least = self.entering.first_least_s if cycle == 0 else self.entering.least_s
        base = tuple(map(max, self.entering.splits_s, least)) if cycle == 0 else self.entering.splits_s
        room_s = sum(base) - sum(least)
        return min(most_s + (self.extra_s if cycle == 0 else 0), room_s)

    def changed(self, base: tuple[int, ...], more_s: int, least: tuple[int, ...], held: int | None) -> tuple[int, ...]:
        room = [split_s - least_s for split_s, least_s in zip(base, least, strict=True)]
        return tuple(split_s - less_s for split_s, less_s in zip(base, deal(more_s, room, room), strict=True))


def _cycles(change_s: int, first_s: int, later_s: int) -> float:
    """Return how many cycles a change takes, inf if it cannot be had."""
    if change_s <= first_s:
        return 1
    return 1 + math.ceil((change_s - first_s) / later_s) if later_s > 0 else math.inf


def deal(total: int, weights: Sequence[int], room: Sequence[int]) -> list[int]:
    """Return whole numbers that add up to a total, in proportion to weights and none above its room.

    Each unit goes where the share so far is smallest for the weight (d'Hondt), the first of equals.
    Raises: InvalidInputError if there is no room for all.
    >>> deal(10, [30, 20], [99, 99]), deal(10, [30, 20], [4, 99])
    ([6, 4], [4, 6])
    """
    dealt = [0] * len(weights)
    for _ in range(total):
        open_ = [k for k, weight in enumerate(weights) if weight > 0 and dealt[k] < room[k]]
        if not open_:
            raise InvalidInputError(f"no room for {total} s")
        dealt[min(open_, key=lambda k: ((dealt[k] + 1) / weights[k], k))] += 1
    return dealt
