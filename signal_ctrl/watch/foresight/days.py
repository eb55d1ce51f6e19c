"""A day that was watched, as forecasts are learned from it and judged on it."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.foresight.slots import SLOT_MS, Slots
from signal_ctrl.watch.foresight.values import Restriction

FloatArray = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
SLOTS_A_DAY = 288


@dataclass(frozen=True, slots=True)
class Told:
    """A restriction as it was known: from when on the centre knew, and when it was known to be over. [ms, UTC]"""

    restriction: Restriction
    from_utc_ms: int
    to_utc_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """By what weather and events multiplied saturation flow, free speed and demand, each (n_slots, n_roads)."""

    saturation: Floats
    speed: Floats
    demand: Floats


@dataclass(frozen=True, slots=True, eq=False)
class WatchedDay:
    """One day, or the part of it that was watched.

    `kind`, its type (`mon` to `sun`, or a special one); `first_slot`, which slot of five minutes since local midnight
    it begins with, at `begin_utc_ms`; `seen`, what the service knew at the time; `true`, what is known to have been:
    the same, unless the day was simulated.
    """

    day: str
    kind: str
    begin_utc_ms: int
    first_slot: int
    seen: Slots
    true: Slots
    factors: Factors
    told: tuple[Told, ...] = ()

    def __post_init__(self) -> None:
        shape = self.seen.ratio.shape
        own = [getattr(self.factors, each.name).shape for each in fields(self.factors)]
        if self.true.ratio.shape != shape or set(own) != {shape}:
            raise InvalidInputError(f"day {self.day}: what was seen, was true and was in force are not of one shape")
        if not 0 <= self.first_slot < SLOTS_A_DAY:
            raise InvalidInputError(f"day {self.day}: its first slot is one of {SLOTS_A_DAY}")

    def __len__(self) -> int:
        return len(self.seen)

    def at_utc_ms(self, slot: int) -> int:
        """Return when a slot of this day begins. [ms, UTC]"""
        return self.begin_utc_ms + slot * SLOT_MS

    def restrictions(self, slot: int) -> tuple[Restriction, ...]:
        """Return the restrictions that were known at the begin of a slot."""
        now = self.at_utc_ms(slot)
        return tuple(each.restriction for each in self.told if each.from_utc_ms <= now < each.to_utc_ms)

    def factors_at(self, slot: int) -> FloatArray:
        """Return the factors in force in a slot, the last ones behind the end of the day. (3, n_roads)"""
        at = min(slot, len(self) - 1)
        each = self.factors
        return np.stack([each.saturation[at], each.speed[at], each.demand[at]]).astype(np.float64)
