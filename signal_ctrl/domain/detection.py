"""How much of a junction its sensors still see."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class DetectorState(Enum):
    """What is thought of a detector (SAFETY K12); only a failed one is no longer listened to."""

    OK = "ok"
    SUSPECT = "suspect"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Detection:
    """What is left, and what is not.

    `failed`: indices of the loops that are not listened to; `unsure`: lanes of which nobody knows whether somebody
    waits, as their presence loops have failed or say nothing; `lost`: share of the weighted detection that is gone.
    """

    failed: frozenset[int] = frozenset()
    unsure: frozenset[int] = frozenset()
    lost: float = 0.0


WHOLE: Final = Detection()
