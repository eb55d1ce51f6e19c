"""What is foreseen of a city, and what is known beforehand of the time ahead."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.city_minute import Floats

AHEAD_MIN: Final = (15, 30, 60)
LEVEL: Final = 0.8
"""Share of the true values that the intervals should hold."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadFactors:
    """By what weather and events multiply saturation flow, free speed and demand of each road at one time."""

    saturation: Floats
    speed: Floats
    demand: Floats

    def __post_init__(self) -> None:
        shape = self.saturation.shape
        for each in (self.saturation, self.speed, self.demand):
            if each.shape != shape or not np.all((each > 0) & np.isfinite(each)):
                raise InvalidInputError("factors of weather and events are numbers above 0, one a road")


def no_factors(n_roads: int) -> RoadFactors:
    """Return the factors of a dry day without an event."""
    ones = np.ones(n_roads, dtype=np.float32)
    return RoadFactors(ones, ones, ones)


FactorsAt = Callable[[int], RoadFactors]
"""Return the factors in force at a time. [ms, UTC]"""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A road has only a part of its capacity until a time: an incident, or works. None: nobody knows the end."""

    road: str
    capacity_left: float
    until_utc_ms: int | None

    def __post_init__(self) -> None:
        if not self.road or not 0 <= self.capacity_left <= 1:
            raise InvalidInputError(f"restriction of road '{self.road}': its capacity left is a share, 0 to 1")


@dataclass(frozen=True, slots=True)
class JamForecast:
    """A road that is, or will be, jammed.

    `probability`, the highest of the horizons at which a jam is foreseen; `from_utc_ms`, the first of them, or the
    time of the forecast itself where it is jammed already (`now`); `until_utc_ms`, the last of them, None where the
    jam is foreseen to outlast the last horizon. `travel_time_s` and its 80 % interval are those of the first.
    """

    road: str
    now: bool
    probability: float
    from_utc_ms: int
    until_utc_ms: int | None
    travel_time_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True)
class RegionForecast:
    """Vehicles on the network at one horizon, with an 80 % interval. [veh]

    `critical_veh`, the accumulation of the greatest throughput, None while it has not been seen on any day;
    `over_probability`, how likely there will be more.
    """

    ahead_min: int
    vehicles: float
    low: float
    high: float
    critical_veh: float | None
    over_probability: float | None


@dataclass(frozen=True, slots=True, eq=False)
class CityForecast:
    """What is foreseen at `at_utc_ms`; arrays (n_ahead, n_roads) in the order of `ahead_min` and of the roads.

    Intervals hold 80 %. `jam_probability` is that of at least level moderate over the five minutes that end at the
    horizon. `learned_days`, how many days it was learned from; 0: the present lasts, and nothing else is known.
    [m/s] [s]
    """

    at_utc_ms: int
    ahead_min: tuple[int, ...]
    speed_mps: Floats
    travel_time_s: Floats
    travel_time_low_s: Floats
    travel_time_high_s: Floats
    jam_probability: Floats
    jammed_now: npt.NDArray[np.bool_]
    jams: tuple[JamForecast, ...]
    region: tuple[RegionForecast, ...]
    learned_days: int

    def __post_init__(self) -> None:
        shape = (len(self.ahead_min), len(self.jammed_now))
        for name in ("speed_mps", "travel_time_s", "travel_time_low_s", "travel_time_high_s", "jam_probability"):
            if getattr(self, name).shape != shape:
                raise InvalidInputError(f"{name} has not one value for each horizon and road")
