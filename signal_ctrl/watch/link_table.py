"""What is published of every road, one row each, from the arrays of a minute; and what the roads tell together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork
from signal_ctrl.watch.city_minute import JAMMED, CityMinute, Level, Source

TRUNK: Final = frozenset({RoadClass.EXPRESSWAY, RoadClass.ARTERIAL})
TRUNK_WANTED_KMH: Final = 40.0
"""Mean speed that is wanted on trunk roads. [km/h]"""
_NONE: Final = "estimated"
_SURE: Final = ((0.15, "high"), (0.30, "middle"))
"""How sure a travel time is, by its standard error as a share of it. [P]"""


def row_of(road: Road, minute: CityMinute, at: int) -> dict[str, Any]:
    """Return what is published of a road: null is unknown. Speeds in m/s, lengths in m, times in s."""
    return {
        "link": road.road,
        "name": road.name,
        "class": road.road_class.value,
        "district": road.district,
        "level": Level(int(minute.level[at])).name.lower(),
        "flow_veh_h": rounded(minute.flow_veh_h[at], 0),
        "speed_mps": rounded(minute.speed_mps[at], 2),
        "density_veh_km": rounded(minute.density_veh_km[at], 1),
        "travel_time_s": rounded(minute.travel_time_s[at], 1),
        "travel_time_sd_s": rounded(minute.travel_time_sd_s[at], 1),
        "queue_m": rounded(minute.queue_m[at], 0),
        "age_s": rounded(minute.age_s[at], 0),
        "sources": sources_of(int(minute.sources[at])),
        "confidence": confidence_of(float(minute.travel_time_s[at]), float(minute.travel_time_sd_s[at])),
    }


def rounded(value: float, digits: int) -> float | None:
    """Return a number of an array as it is published; None if it is unknown."""
    number = float(value)
    return round(number, digits) if math.isfinite(number) else None


def sources_of(flags: int) -> list[str]:
    """Return the names of sources.

    >>> sources_of(5), sources_of(0)
    (['loops', 'positions'], ['estimated'])
    """
    return [str(each.name).lower() for each in Source if each & flags] or [_NONE]


def confidence_of(travel_time_s: float, sd_s: float) -> str:
    """Return how sure a travel time is: high, middle, low, or none. [s]"""
    if not (math.isfinite(travel_time_s) and math.isfinite(sd_s) and travel_time_s > 0):
        return "none"
    return next((word for below, word in _SURE if sd_s / travel_time_s < below), "low")


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over some roads: how many, how many jammed, their lengths [m], mean speed over their length [km/h]."""

    roads: int
    known: int
    jammed: int
    length_m: float
    jammed_m: float
    speed_kmh: float | None


class Congestion:
    """What a minute says of the whole city and its districts."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._length_m = np.array([road.length_m for road in network.roads])
        self._trunk = np.array([road.road_class in TRUNK for road in network.roads])
        names = np.array([road.district for road in network.roads])
        self._districts = {str(name): names == name for name in sorted(set(names.tolist())) if name}

    def whole(self, minute: CityMinute) -> Sums:
        """Return the sums over all roads."""
        return self._sums(minute, np.ones_like(self._trunk))

    def trunk(self, minute: CityMinute) -> Sums:
        """Return the sums over expressways and arterials."""
        return self._sums(minute, self._trunk)

    def districts(self, minute: CityMinute) -> dict[str, Sums]:
        """Return the sums of each district, by its name."""
        return {name: self._sums(minute, mask) for name, mask in self._districts.items()}

    def jammed(self, minute: CityMinute) -> Sequence[int]:
        """Return the places of jammed roads, the worst level first, of one level the longest travel time first."""
        found = np.flatnonzero(minute.level >= JAMMED)
        order = np.lexsort((-minute.travel_time_s[found], -minute.level[found].astype(int)))
        return [int(each) for each in found[order]]

    def _sums(self, minute: CityMinute, mask: np.ndarray[Any, np.dtype[np.bool_]]) -> Sums:
        known = mask & np.isfinite(minute.travel_time_s) & (minute.travel_time_s > 0)
        jammed = mask & (minute.level >= JAMMED)
        length_m, time_s = float(self._length_m[known].sum()), float(minute.travel_time_s[known].sum())
        return Sums(
            roads=int(mask.sum()),
            known=int(known.sum()),
            jammed=int(jammed.sum()),
            length_m=float(self._length_m[mask].sum()),
            jammed_m=float(self._length_m[jammed].sum()),
            speed_kmh=3.6 * length_m / time_s if time_s > 0 else None,
        )
