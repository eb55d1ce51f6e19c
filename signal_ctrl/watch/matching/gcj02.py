"""Coordinates of Chinese maps (GCJ-02) turned into WGS 84.

Maps and receivers sold in China give places shifted by some hundreds of metres, by a smooth function of the place that
has not been published. Its form is known from public conversion libraries, with which it agrees to 2 cm; it is
unverified against an official source. It is turned back by iteration.
"""

import math
from dataclasses import replace
from typing import Final

from signal_ctrl.watch.observations import Position

LonLat = tuple[float, float]

_AXIS_M: Final = 6_378_245.0
_ECCENTRICITY_SQUARED: Final = 0.006693421622965943
_MIDDLE: Final = (105.0, 35.0)
_CHINA: Final = ((72.004, 137.8347), (0.8293, 55.8271))
_ROUNDS: Final = 6


def to_wgs84(position: Position) -> Position:
    """Return a report whose place is one of a Chinese map, as the rest of the project takes it."""
    lon, lat = from_gcj02((position.lon, position.lat))
    return replace(position, lon=lon, lat=lat)


def from_gcj02(place: LonLat) -> LonLat:
    """Return the place in WGS 84, to a centimetre of the inverse; outside China it is returned as it is. [degrees]"""
    if not _in_china(place):
        return place
    found = place
    for _ in range(_ROUNDS):
        shifted = to_gcj02(found)
        found = found[0] - (shifted[0] - place[0]), found[1] - (shifted[1] - place[1])
    return found


def to_gcj02(place: LonLat) -> LonLat:
    """Return a place of WGS 84 as Chinese maps show it; outside China as it is. [degrees]"""
    if not _in_china(place):
        return place
    east, north = place[0] - _MIDDLE[0], place[1] - _MIDDLE[1]
    latitude = math.radians(place[1])
    bend = 1 - _ECCENTRICITY_SQUARED * math.sin(latitude) ** 2
    degree_east_m = _AXIS_M / math.sqrt(bend) * math.cos(latitude) * math.pi / 180
    degree_north_m = _AXIS_M * (1 - _ECCENTRICITY_SQUARED) / bend**1.5 * math.pi / 180
    shift_east, shift_north = _shift_east_m(east, north), _shift_north_m(east, north)
    return place[0] + shift_east / degree_east_m, place[1] + shift_north / degree_north_m


def _in_china(place: LonLat) -> bool:
    return all(low <= each <= high for each, (low, high) in zip(place, _CHINA, strict=True))


def _shift_east_m(east: float, north: float) -> float:
    """Return the shift to the east of a place so many degrees from the middle. [m]"""
    shift = 300 + east + 2 * north + 0.1 * east**2 + 0.1 * east * north + 0.1 * math.sqrt(abs(east))
    shift += _waves(east, ((6, 20.0), (2, 20.0)))
    return shift + _waves(east, ((1, 20.0), (1 / 3, 40.0))) + _waves(east, ((1 / 12, 150.0), (1 / 30, 300.0)))


def _shift_north_m(east: float, north: float) -> float:
    """Return the shift to the north. [m]"""
    shift = -100 + 2 * east + 3 * north + 0.2 * north**2 + 0.1 * east * north + 0.2 * math.sqrt(abs(east))
    shift += _waves(east, ((6, 20.0), (2, 20.0)))
    return shift + _waves(north, ((1, 20.0), (1 / 3, 40.0))) + _waves(north, ((1 / 12, 160.0), (1 / 30, 320.0)))


def _waves(degrees: float, parts: tuple[tuple[float, float], ...]) -> float:
    return sum(height * math.sin(times * degrees * math.pi) for times, height in parts) * 2 / 3
