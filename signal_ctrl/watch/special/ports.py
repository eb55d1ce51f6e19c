"""What special vehicles ask of the roads."""

from typing import NamedTuple, Protocol

from signal_ctrl.domain.roads import RoadNetwork


class RoadNow(NamedTuple):
    """The queue before the end of a road [m], and what comes to one lane of it [veh/s], None where nobody knows."""

    queue_m: float = 0.0
    flow_veh_s: float | None = None


class RoadState(Protocol):
    """The roads of now."""

    def network(self) -> RoadNetwork | None:
        """Return the road network in force; None before the first one."""
        ...

    def state_of(self, road: str) -> RoadNow:
        """Return what is known of a road in the last minute."""
        ...
