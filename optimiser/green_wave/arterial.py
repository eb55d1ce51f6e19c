"""A street as MAXBAND describes it: reds and left turns of each signal, whose order may be free.

Source: Little, Kelson & Gartner 1981, "MAXBAND". A through movement is red during the common red and while the
opposing left turn runs. The reference of a signal is the middle of its common red.
"""

import math
from dataclasses import dataclass
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

    >>> greens_of(ArterialSignal("a", 0.5, 0.125, 0.25), (0, 1))
    (Green(start=0.25, length=0.25), Green(start=0.375, length=0.375))
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
