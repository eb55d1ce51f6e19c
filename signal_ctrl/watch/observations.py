"""What is reported of the roads: counts of loops and cameras, positions of vehicles, reads of tags. [ms, UTC]"""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

MOST_PERSONS: Final = 1000


class VehicleKind(Enum):
    """Who reports a position. Buses dwell at stops and use lanes of their own; special vehicles may pass queues."""

    BUS = "bus"
    TAXI = "taxi"
    SPECIAL = "special"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LoopCount:
    """What one detector counted in a time. `occupied`, the share of the time it was covered, 0 to 1. [m/s]

    `speed_mps`, mean of the speeds measured, None where the detector measures none or nobody came.
    """

    detector: str
    from_utc_ms: int
    to_utc_ms: int
    vehicles: int
    occupied: float
    speed_mps: float | None = None

    def __post_init__(self) -> None:
        if not self.detector or not 0 <= self.from_utc_ms < self.to_utc_ms:
            raise InvalidInputError("a count needs a detector, and a time that ends after it begins")
        if self.vehicles < 0 or not 0 <= self.occupied <= 1 or not _is_speed(self.speed_mps):
            raise InvalidInputError(f"count of {self.detector}: vehicles, occupied (0 to 1) or speed is impossible")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a vehicle said it was, in degrees of WGS 84. `vehicle` is a pseudonym; headings go clockwise from north.

    `load`, persons in it, where a bus counts them.
    """

    vehicle: str
    utc_ms: int
    lon: float
    lat: float
    speed_mps: float | None = None
    heading_deg: float | None = None
    kind: VehicleKind = VehicleKind.OTHER
    load: int | None = None

    def __post_init__(self) -> None:
        if not self.vehicle or self.utc_ms < 0 or not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise InvalidInputError("a position needs a vehicle, a time, and a place on earth")
        if not _is_speed(self.speed_mps) or not (self.heading_deg is None or 0 <= self.heading_deg < 360):
            raise InvalidInputError(f"position of {self.vehicle}: speed or heading is impossible")
        if self.load is not None and not 0 <= self.load <= MOST_PERSONS:
            raise InvalidInputError(f"position of {self.vehicle}: it holds 0 to {MOST_PERSONS} persons")


@dataclass(frozen=True, slots=True)
class TagRead:
    """A reader saw a tag. `tag` is a pseudonym."""

    reader: str
    tag: str
    utc_ms: int

    def __post_init__(self) -> None:
        if not self.reader or not self.tag or self.utc_ms < 0:
            raise InvalidInputError("a read needs a reader, a tag and a time")


Observation = LoopCount | Position | TagRead


def _is_speed(speed_mps: float | None) -> bool:
    return speed_mps is None or (math.isfinite(speed_mps) and 0 <= speed_mps <= 120)
