"""What diversion needs of those beside it, and what it offers: the seam between the services of watching."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute


class CityState(Protocol):
    """The state of the roads, now and lately."""

    def network(self) -> RoadNetwork | None:
        """Return the network in force."""
        ...

    def latest(self) -> CityMinute | None:
        """Return the last minute."""
        ...

    def minutes(self, since_utc_ms: int) -> Sequence[CityMinute]:
        """Return the minutes since a time. [ms]"""
        ...


class TravelTimes(Protocol):
    """Predicted travel times; a forecast offers it, and where there is none the last minute does."""

    def travel_times_s(self, at_utc_ms: int) -> Mapping[str, float]:
        """Return the travel time of each road for who enters it at a time; roads that are not there: unknown. [s]"""
        ...
