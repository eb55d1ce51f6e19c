"""Watching the city: its services over one centre.

What each is for, and how a topic joins:

- `roads`: the road network in force. `conditions_desk`: weather and the calendar of events.
- `book`: the complete minutes. A topic that looks at each minute asks `minutes(since)` in its own tick.
- `dispatch`: units and missions.
- A topic has a desk of its own, made in `__init__` from `self.desk` (store, clocks, random bytes) and whatever else of
  the centre it needs (`self.centre`), loaded in `start`, and called in `tick`, which runs once a second in one thread.
  Its shelves stand in `shelf_list.py`.

`tick` of one topic must not keep the others waiting for more than a second or so: what takes longer runs aside.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.link_keys import Box
from signal_ctrl.centre.ports import Condition
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.conditions.desk import ConditionsDesk
from signal_ctrl.watch.conditions.values import Conditions
from signal_ctrl.watch.dispatch.dispatch import Dispatch
from signal_ctrl.watch.minutes.minute_book import MinuteBook
from signal_ctrl.watch.observations import Observation
from signal_ctrl.watch.road_desk import InForce, RoadDesk


class Estimator(Protocol):
    """Makes minutes of observations; what it returns depends on nothing else."""

    def take(self, observation: Observation, now_utc_ms: int) -> None:
        """Take an observation that came at a time. [ms]"""
        ...

    def minute(self, minute_utc_ms: int) -> CityMinute:
        """Return the state of all roads in a minute. [ms]"""
        ...


NewEstimator = Callable[[RoadNetwork], Estimator]


class Watch:
    """All services of watching the city."""

    def __init__(self, centre: Centre, box: Box) -> None:
        """Args: box, keeps the keys of feeds sealed."""
        self.centre = centre
        self.desk = centre.desk
        self.roads = RoadDesk(self.desk)
        self.conditions_desk = ConditionsDesk(self.desk)
        self.book = MinuteBook(self.desk)
        self.dispatch = Dispatch(centre, self)

    def start(self) -> None:
        """Serve what was there before the start."""
        self.conditions_desk.load()
        self.roads.load()
        if self.roads.in_force is not None:
            self.book.load(self.roads.in_force.document.sha256, self.desk.now_ms())
        self.dispatch.load()

    def tick(self) -> None:
        """Do what is due; called once a second."""
        if self.desk.store.condition in (Condition.READ_ONLY, Condition.FAILED):
            return
        self.conditions_desk.tick()

    def network(self) -> RoadNetwork | None:
        """Return the road network in force, None if none was imported."""
        found: InForce | None = self.roads.in_force
        return None if found is None else found.network

    def latest(self) -> CityMinute | None:
        """Return the youngest complete minute; None before the first one."""
        return self.book.latest()

    def minutes(self, since_utc_ms: int) -> Sequence[CityMinute]:
        """Return the complete minutes that began at a time or later, the oldest first; two hours at least. [ms]"""
        return self.book.since(since_utc_ms)

    def conditions(self, at_utc_ms: int) -> Conditions:
        """Return weather and events of a time, past or to come. [ms]"""
        return self.conditions_desk.at(at_utc_ms)
