"""What sensors of parking say: values, each of one moment and one facility. Who said it is the intake's to know."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

MOST_PASSED: Final = 10_000
"""Vehicles that one reading of a gate may report."""


@dataclass(frozen=True, slots=True)
class SpaceReading:
    """A sensor says whether a car stands on a space. [ms]"""

    facility: str
    space: str
    at_utc_ms: int
    occupied: bool


@dataclass(frozen=True, slots=True)
class GateReading:
    """A counter at a gate says how many went in and out since its last reading. [ms] [veh]"""

    facility: str
    gate: str
    at_utc_ms: int
    entered: int
    left: int

    def __post_init__(self) -> None:
        if not (0 <= self.entered <= MOST_PASSED and 0 <= self.left <= MOST_PASSED):
            raise InvalidInputError(f"gate {self.gate}: 0 to {MOST_PASSED} vehicles pass between two readings")


@dataclass(frozen=True, slots=True)
class CameraReading:
    """A camera says how many cars stand in a section. [ms] [veh]"""

    facility: str
    section: str
    at_utc_ms: int
    occupied: int

    def __post_init__(self) -> None:
        if not 0 <= self.occupied <= MOST_PASSED:
            raise InvalidInputError(f"section {self.section}: 0 to {MOST_PASSED} cars stand there")


@dataclass(frozen=True, slots=True)
class SurveyReading:
    """Somebody, or a run of the night, counted all cars in a facility: from here on the gates count anew. [ms] [veh]"""

    facility: str
    at_utc_ms: int
    occupied: int

    def __post_init__(self) -> None:
        if not 0 <= self.occupied <= 2 * MOST_PASSED:
            raise InvalidInputError(f"facility {self.facility}: 0 to {2 * MOST_PASSED} cars stand there")


ParkingReading = SpaceReading | GateReading | CameraReading | SurveyReading
