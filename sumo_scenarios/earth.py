"""From the metres of a SUMO network to longitude and latitude (WGS 84).

UTM backwards by Krüger's series to the third order of the flattening, good to a millimetre within a zone.
Source: C. F. F. Karney, Transverse Mercator with an accuracy of a few nanometers, Journal of Geodesy 85 (2011).
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

_AXIS_M: Final = 6_378_137.0
_FLATTENING: Final = 1 / 298.257223563
_SCALE: Final = 0.9996
_FALSE_EAST_M: Final = 500_000.0
_FALSE_NORTH_M: Final = 10_000_000.0
_N: Final = _FLATTENING / (2 - _FLATTENING)
_RADIUS_M: Final = _AXIS_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_BETA: Final = (_N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96, _N**2 / 48 + _N**3 / 15, 17 * _N**3 / 480)
_DELTA: Final = (2 * _N - 2 * _N**2 / 3 - 2 * _N**3, 7 * _N**2 / 3 - 8 * _N**3 / 5, 56 * _N**3 / 15)
_DEGREE_M: Final = 111_319.49
"""A degree at the equator, for networks that lie nowhere. [m]"""


@dataclass(frozen=True, slots=True)
class Earth:
    """Where a network lies. `zone` 0: nowhere, so it is drawn around longitude and latitude 0. Offsets in metres."""

    zone: int
    south: bool
    offset_m: tuple[float, float]

    def degrees(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return longitude and latitude of a place of the network. [degrees]"""
        east_m, north_m = x_m - self.offset_m[0], y_m - self.offset_m[1]
        if self.zone == 0:
            return east_m / _DEGREE_M, north_m / _DEGREE_M
        return from_utm(east_m, north_m, self.zone, self.south)


def earth_of(offset: str, projection: str) -> Earth:
    """Return where a network lies, by the attributes of its `location`.

    Raises: InvalidInputError for another projection than UTM, or none.
    """
    try:
        east_m, north_m = (float(part) for part in offset.split(","))
    except ValueError as error:
        raise InvalidInputError(f"the net's netOffset '{offset}' is not two numbers") from error
    if projection in {"", "!", "-"}:
        return Earth(0, False, (0.0, 0.0))
    zone = re.search(r"\+proj=utm\b.*\+zone=(\d{1,2})\b", projection)
    if zone is None or not 1 <= int(zone.group(1)) <= 60:
        raise InvalidInputError(
            f"the net's projection '{projection}' is not UTM; convert it with netconvert --proj.utm"
        )
    return Earth(int(zone.group(1)), "+south" in projection, (east_m, north_m))


def from_utm(east_m: float, north_m: float, zone: int, south: bool = False) -> tuple[float, float]:
    """Return longitude and latitude of UTM coordinates. [degrees]"""
    xi = (north_m - (_FALSE_NORTH_M if south else 0.0)) / (_SCALE * _RADIUS_M)
    eta = (east_m - _FALSE_EAST_M) / (_SCALE * _RADIUS_M)
    xi_0, eta_0 = xi, eta
    for order, beta in enumerate(_BETA, start=1):
        angle, stretch = 2 * order * xi, 2 * order * eta
        xi_0 -= beta * math.sin(angle) * math.cosh(stretch)
        eta_0 -= beta * math.cos(angle) * math.sinh(stretch)
    conformal = math.asin(math.sin(xi_0) / math.cosh(eta_0))
    latitude = conformal + sum(delta * math.sin(2 * order * conformal) for order, delta in enumerate(_DELTA, start=1))
    longitude = math.atan2(math.sinh(eta_0), math.cos(xi_0))
    return zone * 6 - 183 + math.degrees(longitude), math.degrees(latitude)
