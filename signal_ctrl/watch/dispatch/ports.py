"""What dispatch asks of those who watch the roads."""

from dataclasses import dataclass
from typing import Protocol

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute, Floats


@dataclass(frozen=True, slots=True, eq=False)
class RoadTimes:
    """Travel times of all roads that a unit may expect now, and their standard deviations. [s]

    `source` says what they are, for people: `forecast of 10:04`, `minute 10:03`, `free flow`.
    """

    travel_time_s: Floats
    travel_time_sd_s: Floats
    source: str


class RoadWatch(Protocol):
    """The roads, and what is known of them."""

    def network(self) -> RoadNetwork | None:
        """Return the network in force, None if there is none."""
        ...

    def latest(self) -> CityMinute | None:
        """Return the newest minute, None if there is none."""
        ...
