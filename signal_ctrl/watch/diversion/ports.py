"""What diversion needs of those beside it, and what it offers: the seam between the services of watching."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from signal_ctrl.centre.identity import Actor
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.signs import SignText
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.diversion.values import Diversion, Limit


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


class DiversionService(Protocol):
    """What incidents, routes and commands ask of diversion."""

    def propose(self, actor: Actor, limit: Limit, compliance: float = ...) -> Diversion:
        """Work out a diversion and keep it as a proposal. Nothing acts yet."""
        ...

    def order(self, actor: Actor, diversion_id: str) -> Diversion:
        """Let a proposal act: texts on signs, plans to cabinets; it ends by itself."""
        ...

    def end(self, actor: Actor, diversion_id: str, why: str) -> Diversion:
        """End it before its time."""
        ...

    def cleared(self, incident_id: str) -> tuple[Diversion, ...]:
        """End what was ordered for an incident, because it is cleared."""
        ...

    def texts(self, now_utc_ms: int) -> tuple[SignText, ...]:
        """Return what diversions want on signs now. [ms]"""
        ...

    def tick(self) -> None:
        """End what is over, and write down what it brought; called once a second."""
        ...
