"""An estimate and its 95 % interval."""

import math
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

Z95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the bounds of its 95 % interval, in the unit of the name that it goes by.

    `high` is infinite where only a lower bound is known; `samples` tells how many observations stand behind it.
    """

    value: float
    low: float
    high: float
    samples: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and self.low <= self.value <= self.high and math.isfinite(self.value)):
            raise InvalidInputError(f"an estimate lies within its interval, got {self}")
        if self.samples < 0:
            raise InvalidInputError(f"an estimate has 0 samples or more, got {self.samples}")

    @property
    def at_least(self) -> bool:
        """Whether only a lower bound is known: the value is that bound."""
        return math.isinf(self.high)

    def holds(self, truth: float) -> bool:
        """Return whether the interval holds a value."""
        return self.low <= truth <= self.high


def around(value: float, deviation: float, samples: int, least: float = 0.0) -> Estimate:
    """Return a value with the interval of a normal error; the lower bound is cut at `least`.

    >>> around(10.0, 1.0, 4)
    Estimate(value=10.0, low=8.04, high=11.96, samples=4)
    """
    reach = Z95 * deviation
    return Estimate(value, min(max(value - reach, least), value), value + reach, samples)
