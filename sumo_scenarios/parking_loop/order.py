"""What one run with car parks is asked to do."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.settings import RunSettings

MOST_FULL: Final = 0.9
"""How full all car parks together are when the last driver has come. [0–1]"""


class Arm(Enum):
    """What drivers who follow signs or the phone are told."""

    BLIND = "blind"
    """Nothing: everybody searches as SUMO's `parkingAreaReroute` has it, and sees a car park when he is there."""
    NEAREST = "nearest"
    """The car park nearest to the destination that has a free space now; again whenever it is found full."""
    GUIDED = "guided"
    """What guidance says, with chances at arrival and all drivers weighed against each other."""
    KNOWN = "guided, inflow known"
    """The same, and the signals are told who will come."""

    @property
    def guided(self) -> bool:
        """Whether guidance speaks."""
        return self in (Arm.GUIDED, Arm.KNOWN)


class Follows(Enum):
    """How a driver looks for a space."""

    PHONE = "phone"
    SIGNS = "signs"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class Shares:
    """How many drivers have a phone with guidance, and how many follow signs; the others search blindly. [0–1]"""

    phone: float = 0.6
    signs: float = 0.2

    def __post_init__(self) -> None:
        if not (self.phone >= 0 and self.signs >= 0 and self.phone + self.signs <= 1):
            raise InvalidInputError("shares of drivers with phones and with signs are 0 or more, together at most 1")

    def of(self, draw: float) -> Follows:
        """Return how a driver looks for a space, by a number from 0 to 1 that is his own."""
        if draw < self.phone:
            return Follows.PHONE
        return Follows.SIGNS if draw < self.phone + self.signs else Follows.BLIND


@dataclass(frozen=True, slots=True)
class ParkingOrder:
    """One run: settings without plan or town, what drivers are told, how many listen, and how they park.

    `short`, share of drivers who stay a while and leave again, `stay_s` how long in the mean; all others stay until
    the end. `fill`, how full the car parks of a made town get. `clearing_s`, how long it goes on after the demand.
    """

    settings: RunSettings
    arm: Arm
    shares: Shares = Shares()
    short: float = 0.15
    stay_s: float = 1200.0
    fill: float = MOST_FULL
    clearing_s: float = 900.0

    def __post_init__(self) -> None:
        if not (0 <= self.short <= 1 and 0 < self.stay_s < math.inf and 0 < self.fill <= 1):
            raise InvalidInputError("share of short stays 0 to 1, their mean above 0 s, fill above 0 and up to 1")
        if not 0 <= self.clearing_s < math.inf:
            raise InvalidInputError("a run goes on 0 s or more after its demand")
