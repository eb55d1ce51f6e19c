"""What is believed of a facility's free spaces, how sure that is, and what was: samples of five minutes."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.facilities import SpaceKind

SAMPLE_MS: Final = 300_000
"""The history has one sample of each facility in so long. [ms]"""


FULL_ROOM: Final = 0.1
"""Of the capacity: where more may be free than the best guess says by more than this, nobody says FULL. [P]"""


class Source(Enum):
    """What a belief rests on."""

    SPACES = "spaces"
    CAMERA = "camera"
    GATES = "gates"
    MIXED = "mixed"
    """Sections that are seen by different means."""
    NONE = "none"


class Trust(Enum):
    """How far a belief may be used."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    """Sensors contradict each other or behave oddly: good for a guess, never for 'free' on a sign."""
    STALE = "stale"
    """Nothing was heard for too long, or never: nothing is known but that it is between none and all."""


@dataclass(frozen=True, slots=True)
class FreeCount:
    """Free spaces: the best guess, and between which numbers it surely is if no sensor is wrong. [spaces]"""

    free: int
    low: int
    high: int
    capacity: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.free <= self.high <= self.capacity:
            raise InvalidInputError(f"need 0 <= low <= free <= high <= capacity, got {self}")

    def is_full(self, stock: int = 0) -> bool:
        """Tell whether it may be called full: by the best guess no more than a stock is free, and that is nearly sure.

        That few are surely free is not enough: then it is not known whether it is full. [spaces]

        >>> FreeCount(0, 0, 6, 60).is_full(), FreeCount(5, 0, 6, 60).is_full(), FreeCount(0, 0, 7, 60).is_full()
        (True, False, False)
        """
        return self.free <= stock and self.high - self.free <= math.ceil(FULL_ROOM * self.capacity)


def counts_together(counts: Iterable[FreeCount]) -> FreeCount:
    """Return several counts as one. [spaces]"""
    found = tuple(counts)
    return FreeCount(*(sum(getattr(each, name) for each in found) for name in ("free", "low", "high", "capacity")))


@dataclass(frozen=True, slots=True)
class Occupancy:
    """What is believed of one facility at one time. [ms]

    `total` of all kinds, `by_kind` of each kind that it has. `heard_utc_ms`, the oldest reading that the belief cannot
    do without; 0: none. `why`, one line for people where the trust is not good.
    """

    facility: str
    at_utc_ms: int
    heard_utc_ms: int
    total: FreeCount
    by_kind: Mapping[SpaceKind, FreeCount]
    source: Source
    trust: Trust
    why: str = ""

    @property
    def age_ms(self) -> int:
        """How old what it rests on is. [ms]"""
        return self.at_utc_ms - self.heard_utc_ms

    def of(self, kind: SpaceKind) -> FreeCount:
        """Return the free spaces of a kind; none where the facility has no such spaces."""
        return self.by_kind.get(kind, NOTHING)


NOTHING: Final = FreeCount(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class OccupancySample:
    """One facility in five minutes: free spaces at their begin, and who came and went within them. [ms] [veh]

    `entered` and `left` are None where nothing counts them.
    """

    facility: str
    at_utc_ms: int
    free: int
    capacity: int
    trust: Trust
    entered: int | None = None
    left: int | None = None

    def __post_init__(self) -> None:
        if self.at_utc_ms % SAMPLE_MS:
            raise InvalidInputError(f"a sample begins at a multiple of {SAMPLE_MS} ms, got {self.at_utc_ms}")
        if not 0 <= self.free <= self.capacity:
            raise InvalidInputError(f"need 0 <= free <= capacity, got {self.free} of {self.capacity}")


def unknown(facility: str, capacities: Mapping[SpaceKind, int], at_utc_ms: int, why: str) -> Occupancy:
    """Return the belief where nothing is known: none free is the best guess, since it sends nobody there. [ms]"""
    by_kind = {kind: FreeCount(0, 0, capacity, capacity) for kind, capacity in capacities.items()}
    whole = sum(capacities.values())
    total = FreeCount(0, 0, whole, whole)
    return Occupancy(facility, at_utc_ms, 0, total, MappingProxyType(by_kind), Source.NONE, Trust.STALE, why)
