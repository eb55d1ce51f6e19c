"""A town of straight streets for the tests of dispatch: a grid, each street both ways, three junctions with signals."""

from collections.abc import Mapping

import numpy as np

from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.dispatch.unit_file import UnitsFile, units_from_text

LON, LAT = 8.0, 50.0
STEP_LON, STEP_LAT = 0.004, 0.0027
"""About 290 m and 300 m."""
SIGNALS = {(1, 0): "c0", (2, 0): "c1", (3, 0): "c2"}


def place(x: float, y: float) -> tuple[float, float]:
    return LON + x * STEP_LON, LAT + y * STEP_LAT


def name(a: tuple[int, int], b: tuple[int, int]) -> str:
    return f"r{a[0]}{a[1]}-{b[0]}{b[1]}"


def grid(nx: int = 5, ny: int = 4, districts: Mapping[int, str] | None = None) -> RoadNetwork:
    """Streets of 300 m and 10 m/s; districts by row of their end, `d0` where none is given; no turning back."""
    nodes = [(x, y) for x in range(nx) for y in range(ny)]
    roads = []
    for a in nodes:
        for b in ((a[0] + 1, a[1]), (a[0] - 1, a[1]), (a[0], a[1] + 1), (a[0], a[1] - 1)):
            if b in nodes:
                district = (districts or {}).get(b[1], "d0")
                roads.append(
                    Road(
                        name(a, b), f"n{a}", f"n{b}", 300.0, 2, 10.0, 1800.0, RoadClass.ARTERIAL,
                        (place(*a), place(*b)), SIGNALS.get(b, ""), district=district,
                    )
                )  # fmt: skip
    turns = [
        RoadTurn(one.road, two.road)
        for one in roads
        for two in roads
        if one.to_node == two.from_node and two.to_node != one.from_node
    ]
    return RoadNetwork(tuple(roads), tuple(turns))


def minute(network: RoadNetwork, utc_ms: int, slow: Mapping[str, float] | None = None) -> CityMinute:
    """All roads at their free speed but some, whose travel time is given. [s]"""
    n = len(network.roads)
    times_s = np.array([(slow or {}).get(r.road, r.free_time_s) for r in network.roads], dtype=np.float32)
    some = np.full(n, np.nan, dtype=np.float32)
    ones = np.ones(n, dtype=np.uint8)
    return CityMinute(utc_ms, some, some, some, times_s, times_s * np.float32(0.1), some, some, ones, ones)


UNITS = """
format = "signal-ctrl units 1"

[[unit]]
name = "p1"
kind = "patrol"
home = [8.0, 50.0]
district = "d0"
skills = ["first-aid"]
vehicle = "v1"
device = "vera"

[[unit]]
name = "p2"
kind = "patrol"
home = [8.016, 50.0]
district = "d0"

[[unit]]
name = "t1"
kind = "tow"
home = [8.008, 50.0054]
district = "d0"
equipment = ["crane"]
time_factor = 1.2

[[unit]]
name = "m1"
kind = "maintenance"
home = [8.0, 50.0081]
district = "d0"

[[coverage]]
district = "d0"
kind = "patrol"
least = 1

[[green]]
from = "r00-10"
to = "r10-20"
stage = "main"

[[green]]
from = "r10-20"
to = "r20-30"
stage = "main"
"""


def units_file(text: str = UNITS) -> UnitsFile:
    return units_from_text(text)
