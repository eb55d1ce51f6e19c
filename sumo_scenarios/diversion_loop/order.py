"""What one run of the closed loop with a closure is asked to do."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.settings import RunSettings

WARM_UP_S: Final = 1200.0
"""The road is closed so long after the begin of the demand. [s]"""
CLOSED_S: Final = 1800.0
ORDERED_AFTER_S: Final = 240.0
"""A diversion is ordered so long after the closure: 3 min to find it, 1 min to decide. [s]"""
COUNTED_S: Final = 900.0
"""Flows are those counted in so long before the closure. [s]"""
CLEARING_S: Final = 1800.0
"""A run goes on so long after the end of its scenario, for queues to go. [s]"""
PATIENCE_S: Final = 300.0
"""Who has been on one road for so long behind the closure looks for a way of his own, sign or no sign. [s]"""


class Arm(Enum):
    """What is done about the closure."""

    USUAL = "usual"
    """There is none."""
    NOTHING = "nothing"
    DIVERSION = "diversion"
    SIGNALS = "diversion and signals"

    @property
    def closed(self) -> bool:
        """Whether the road is closed."""
        return self is not Arm.USUAL

    @property
    def diverts(self) -> bool:
        """Whether signs divert."""
        return self in (Arm.DIVERSION, Arm.SIGNALS)


@dataclass(frozen=True, slots=True)
class DiversionOrder:
    """One run: its settings, what is done, which road is closed (empty in a usual run), how drivers are.

    `compliance`, share of drivers who follow signs; `wave` and `gated` as in `Situation`. [s]
    """

    settings: RunSettings
    arm: Arm
    road: str = ""
    closed_from_s: float = 0.0
    closed_s: float = CLOSED_S
    compliance: float = 0.4
    patience_s: float = PATIENCE_S
    wave: bool = True
    gated: bool = True

    def __post_init__(self) -> None:
        if self.arm.closed != bool(self.road):
            raise InvalidInputError("a run with a closure names the road, a usual one names none")
        if not 0 < self.compliance <= 1 or self.patience_s <= 0 or self.closed_s <= 0:
            raise InvalidInputError("compliance is above 0 and up to 1, patience and closure are longer than 0 s")

    @property
    def closed_to_s(self) -> float:
        """When the road is open again. [s]"""
        return self.closed_from_s + self.closed_s
