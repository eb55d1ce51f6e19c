"""Which road of a network is closed: the one with the greatest volume on a usual day that has an alternative."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.diversion.decision_points import decisions
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.diversion.passing import passing_of
from signal_ctrl.watch.diversion.turning import Floats, turning_of

REACHED: Final = 0.5
"""Share of a road's traffic that reads a sign with a way round."""
LEAST_M: Final = 50.0
LOOKED_AT: Final = 60


@dataclass(frozen=True, slots=True)
class Looked:
    """A road that was looked at: its volume, and the share of it that signs with a way round reach. [veh/h]"""

    road: str
    volume_veh_h: float
    reached: float


def main_road(network: RoadNetwork, guidance: Guidance, flow_veh_h: Floats) -> tuple[str, tuple[Looked, ...]]:
    """Return the road, and all that were looked at on the way to it, by volume.

    Raises: InvalidInputError if none of the busiest roads has an alternative.
    """
    time_s = {road.road: road.free_time_s for road in network.roads}
    turning = turning_of(network, flow_veh_h)
    looked = []
    for index in sorted(range(len(network.roads)), key=lambda k: -float(flow_veh_h[k]))[:LOOKED_AT]:
        road = network.roads[index]
        if road.length_m < LEAST_M:
            continue
        passing = passing_of(network, turning, road.road)
        found = decisions(network, passing, guidance.signs, time_s, 1.0)
        reached = {d.sign.road for d in found}
        own = max(float(flow_veh_h[index]), 1e-9)
        share = (
            sum(float(turning.road_veh_h[k] * passing.chance[k]) for k in map(network.index.__getitem__, reached)) / own
        )
        looked.append(Looked(road.road, own, min(share, 1.0)))
        if share >= REACHED:
            return road.road, tuple(looked)
    raise InvalidInputError("none of the busiest roads has an alternative; choose another network")
