"""A street as MAXBAND describes it: reds and left turns of each signal, whose order may be free.

Source: Little, Kelson & Gartner 1981, "MAXBAND". A through movement is red during the common red and while the
opposing left turn runs. The reference of a signal is the middle of its common red.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

from optimiser.green_wave.network import NO_QUEUE, Clearance, Green, StageOrder, WaveSignal
from signal_ctrl.domain.errors import InvalidInputError

PATTERNS: Final = {
    "lead-lag": (0, 1),
    "lag-lead": (1, 0),
    "lead-lead": (0, 0),
    "lag-lag": (1, 1),
}
"""By name whether the outbound and the inbound left turn lead (0) or lag (1) the through movements."""


@dataclass(frozen=True, slots=True)
class ArterialSignal:
    """One signal of a street. [cycles]

    `red` is the common red; `left` and `left_back` are the greens of the outbound and the inbound left turn, 0 where
    they have none of their own; `patterns` are the orders allowed (names of `PATTERNS`).
    """

    name: str
    red: float
    left: float = 0.0
    left_back: float = 0.0
    patterns: tuple[str, ...] = tuple(PATTERNS)
    clearance: Clearance = NO_QUEUE
    clearance_back: Clearance = NO_QUEUE

    def __post_init__(self) -> None:
        times = (self.red, self.left, self.left_back)
        if not all(math.isfinite(t) and t >= 0.0 for t in times) or self.red <= 0.0:
            raise InvalidInputError(f"signal {self.name}: red has to be above 0 and left turns 0 or more")
        if self.red + max(self.left, self.left_back) >= 1.0:
            raise InvalidInputError(
                f"signal {self.name}: red of {self.red:.3g} and left turn of {max(self.left, self.left_back):.3g} "
                "leave no through green in the cycle; shorten them or lengthen the cycle"
            )
        unknown = [name for name in self.patterns if name not in PATTERNS]
        if unknown or not self.patterns:
            raise InvalidInputError(
                f"signal {self.name}: unknown left-turn order '{', '.join(unknown)}'; choose of {', '.join(PATTERNS)}"
            )


def greens_of(signal: ArterialSignal, lags: tuple[int, int]) -> tuple[Green, Green]:
    """Return outbound and inbound through green when the left turns lag (1) or lead (0).

    >>> greens_of(ArterialSignal("a", 0.4, 0.1, 0.2), (0, 1))
    (Green(start=0.2, length=0.4), Green(start=0.30000000000000004, length=0.5))
    """
    start = signal.red / 2
    return (
        Green(start + (0.0 if lags[1] else signal.left_back), 1.0 - signal.red - signal.left_back),
        Green(start + (0.0 if lags[0] else signal.left), 1.0 - signal.red - signal.left),
    )


def wave_signal(signal: ArterialSignal) -> WaveSignal:
    """Return the signal with an order for each left-turn order that is allowed and differs from those before.

    Its stop line 0 is the outbound one, 1 the inbound one.
    """
    known: dict[tuple[Green, Green], str] = {}
    for name in signal.patterns:
        known.setdefault(greens_of(signal, PATTERNS[name]), name)
    return WaveSignal(signal.name, tuple(StageOrder(name, greens) for greens, name in known.items()))


def patterns_without(forbidden: Iterable[str]) -> tuple[str, ...]:
    """Return the left-turn orders but those forbidden. Raises: InvalidInputError for an unknown name."""
    names = set(forbidden)
    if names - set(PATTERNS):
        raise InvalidInputError(f"unknown left-turn order '{sorted(names - set(PATTERNS))[0]}'")
    return tuple(name for name in PATTERNS if name not in names)


def main_stages(signal: ArterialSignal, lags: tuple[int, int]) -> tuple[tuple[str, float], ...]:
    """Return the stages after the common red, with their lengths [cycles], then the common red itself.

    >>> main_stages(ArterialSignal("a", 0.4, 0.1, 0.2), (0, 1))
    (('outbound+left', 0.1), ('through', 0.3), ('inbound+left', 0.2), ('side', 0.4))
    """
    outbound, inbound = greens_of(signal, lags)
    at_start = signal.red / 2
    cuts = sorted({at_start, *(t for g in (outbound, inbound) for t in (g.start, g.start + g.length)), 1 - at_start})
    found = []
    for begin, end in pairwise(cuts):
        if end - begin < 1e-9:
            continue
        middle = (begin + end) / 2
        running = tuple(g.start < middle < g.start + g.length for g in (outbound, inbound))
        found.append((_STAGE_NAMES[running], round(end - begin, 12)))
    return (*found, ("side", signal.red))


_STAGE_NAMES: Final = dict(
    zip(product((True, False), repeat=2), ("through", "outbound+left", "inbound+left", "lefts"), strict=True)
)
