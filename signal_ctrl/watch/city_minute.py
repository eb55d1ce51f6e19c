"""The state of all roads in one minute, as arrays in the order of `RoadNetwork.roads`."""

from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
MINUTE_MS = 60_000


class Source(IntFlag):
    """What a value was made from; none of them: it is estimated from neighbours, or from the usual day."""

    NONE = 0
    LOOPS = 1
    VIDEO = 2
    POSITIONS = 4
    READS = 8
    BY_HAND = 16


class Level(IntEnum):
    """How congested a road is, by its speed as a share of its free speed and its class; thresholds in docs/roads.md."""

    UNKNOWN = 0
    SMOOTH = 1
    BASICALLY_SMOOTH = 2
    LIGHT = 3
    MODERATE = 4
    SEVERE = 5


JAMMED = Level.MODERATE
"""A road is jammed from this level on."""


@dataclass(frozen=True, slots=True, eq=False)
class CityMinute:
    """The state of all roads over the minute that began at `minute_utc_ms`; each array has one value a road.

    NaN is unknown. `travel_time_sd_s` is the standard error of the travel time; `age_s`, how old the youngest
    observation behind the value was at the end of the minute, NaN where there is none; `sources` are `Source` flags;
    `level` is `Level`. `queue_m` is measured along the road from its downstream end. [veh/h] [m/s] [veh/km] [s] [m]
    """

    minute_utc_ms: int
    flow_veh_h: Floats
    speed_mps: Floats
    density_veh_km: Floats
    travel_time_s: Floats
    travel_time_sd_s: Floats
    queue_m: Floats
    age_s: Floats
    sources: Bytes
    level: Bytes

    def __post_init__(self) -> None:
        if self.minute_utc_ms % MINUTE_MS:
            raise InvalidInputError("a minute begins on a whole minute")
        shape = self.speed_mps.shape
        for each in fields(self)[1:]:
            if getattr(self, each.name).shape != shape:
                raise InvalidInputError(f"{each.name} has not one value a road")
