"""What can be wrong with a detector, in one vocabulary, and what a test finds."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


class Fault(Enum):
    """One kind of fault; the value is what people read."""

    REPORTED = "the controller reports a fault"
    NO_DATA = "sends no data"
    STUCK_ON = "stuck on"
    STUCK_OFF = "silent"
    CHATTER = "chatters"
    ERRATIC = "counts more than a lane lets through"
    CONSTANT = "sends the same values again and again"
    IMPLAUSIBLE = "count and occupancy do not fit together"
    FUTURE = "its data are dated ahead"
    LATE = "its data come late"
    TWICE = "its data come twice"
    CLOCK = "its clock jumps"
    SWAPPED = "speaks for another lane"
    DRIFT = "counts too many or too few"


FAULTS: Final = tuple(Fault)
"""The order in which a detector with several faults is said to have them."""


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What one test says after a slot, for each detector. Shape (n_detectors,).

    `judged`: it had what it needs; `doubt`: it is not as it should be; `fault`: this slot speaks for a fault, which
    stands when enough of them do; `since_s`: when that began [s], where doubt or fault is.
    """

    judged: Flags
    doubt: Flags
    fault: Flags
    since_s: Numbers

    def __post_init__(self) -> None:
        if not {len(self.judged)} == {len(self.doubt), len(self.fault), len(self.since_s)}:
            raise ValueError("a finding has one value a detector")
