"""What dispatch asks of those who watch the roads."""

from typing import Protocol

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute


class RoadWatch(Protocol):
    """The roads, and what is known of them."""

    def network(self) -> RoadNetwork | None:
        """Return the network in force, None if there is none."""
        ...

    def latest(self) -> CityMinute | None:
        """Return the newest minute, None if there is none."""
        ...
