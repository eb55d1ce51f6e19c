"""What no road and no vehicle can do: limits beyond which an observation is left out, whatever it would change.

The limits are wide on purpose: they let through what is odd and leave out what cannot be. What of a count is possible,
the estimator says (`state/inbox.py`).
"""

from typing import Final

from signal_ctrl.domain.roads import Plane, RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.observations import LoopCount, Position
from signal_ctrl.watch.state.inbox import is_impossible

FASTEST_MPS: Final = 70.0
"""No vehicle in a city is faster than this. [P]"""
SHORTEST_COUNT_MS: Final = 1_000
LONGEST_COUNT_MS: Final = MINUTE_MS
"""A longer count would tell of minutes that were published long before it came. [ms] [P]"""
GPS_M: Final = 100.0
"""How far two fixes may be wrong together, beside what the vehicle drove. [m] [P]"""
OUTSIDE_M: Final = 500.0
"""A position this far outside of the network is none of its business. [m] [P]"""


def count_is_possible(count: LoopCount) -> bool:
    """Tell whether a lane can have had such a count."""
    lasts_ms = count.to_utc_ms - count.from_utc_ms
    if not SHORTEST_COUNT_MS <= lasts_ms <= LONGEST_COUNT_MS:
        return False
    if count.speed_mps is not None and (count.speed_mps > FASTEST_MPS or count.vehicles == 0):
        return False
    return not is_impossible(count)


class Ground:
    """The ground of a network: what lies on it, and how far apart two places are."""

    def __init__(self, network: RoadNetwork) -> None:
        self.plane: Plane = network.plane
        places = [self.plane.metres(place) for road in network.roads for place in road.shape]
        self._low = (min(x for x, _ in places) - OUTSIDE_M, min(y for _, y in places) - OUTSIDE_M)
        self._high = (max(x for x, _ in places) + OUTSIDE_M, max(y for _, y in places) + OUTSIDE_M)

    def metres(self, position: Position) -> tuple[float, float] | None:
        """Return a place in metres on the plane; None if it lies outside of the network. [m]"""
        x, y = self.plane.metres((position.lon, position.lat))
        inside = self._low[0] <= x <= self._high[0] and self._low[1] <= y <= self._high[1]
        return (x, y) if inside else None


def may_have_moved(one: tuple[float, float], other: tuple[float, float], within_ms: int) -> bool:
    """Tell whether a vehicle can have come from one place to another in a time. [m] [ms]"""
    reach_m = FASTEST_MPS * within_ms / 1000 + GPS_M
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 <= reach_m**2
