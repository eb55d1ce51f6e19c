"""Watching the city: its services over one centre.

What each is for, and how a topic joins:

- `roads`: the road network in force. `conditions_desk`: weather and the calendar of events.
- `feeds`, `intake`, `quality`: who sends observations, what of it counts, how good it is.
- `incidents`: their records; `incident_service` finds and ends them, `incident_watching` sees them in what comes in.
- `diversions`: ways round what is limited, and what signs show.
- `book`: the complete minutes. A topic that looks at each minute asks `minutes(since)` in its own tick.
- `buses`: lines, and the registered vehicles on them.
- `dispatch`: units and missions. `responses`: emergency plans. `special`: corridors of special vehicles.
- `figures`: key figures of the city, and their trend. `past/` records what is shown.
- A topic has a desk of its own, made in `__init__` from `self.desk` (store, clocks, random bytes) and whatever else of
  the centre it needs (`self.centre`), loaded in `start`, and called in `tick`, which runs once a second in one thread.
  Its shelves stand in `shelf_list.py`.

`tick` of one topic must not keep the others waiting for more than a second or so: what takes longer runs aside.
"""

import math
from collections.abc import Sequence
from typing import Final

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.ports import Condition
from signal_ctrl.domain.doing import do_all
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.secrecy import Box
from signal_ctrl.watch.buses.desk import BusDesk
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.conditions.desk import ConditionsDesk
from signal_ctrl.watch.conditions.values import Conditions
from signal_ctrl.watch.dispatch.dispatch import Dispatch
from signal_ctrl.watch.diversion.desk import DiversionDesk
from signal_ctrl.watch.feeds.desk import FeedDesk
from signal_ctrl.watch.figures.desk import FiguresDesk
from signal_ctrl.watch.forecast_times import ForecastTimes
from signal_ctrl.watch.foresight.desk import ForesightDesk
from signal_ctrl.watch.foresight.values import Restriction
from signal_ctrl.watch.incidents.book import IncidentBook
from signal_ctrl.watch.incidents.desk import IncidentDesk
from signal_ctrl.watch.incidents.road_facts import RoadFacts
from signal_ctrl.watch.incidents.service import IncidentService
from signal_ctrl.watch.incidents.values import IncidentState
from signal_ctrl.watch.incidents.watching import IncidentWatching
from signal_ctrl.watch.intake.intake import Intake
from signal_ctrl.watch.intake.quality import Quality
from signal_ctrl.watch.minutes.learnt import LearntDesk
from signal_ctrl.watch.minutes.minute_book import MinuteBook
from signal_ctrl.watch.minutes.publisher import REPLAYED_MS, NewEstimator, Publisher
from signal_ctrl.watch.responses.responses import Responses
from signal_ctrl.watch.road_desk import RoadDesk
from signal_ctrl.watch.special.special import Special

_TIDY_MS: Final = 10 * 60_000
_LOOK_MS: Final = 10_000


class Watch:
    """All services of watching the city."""

    def __init__(self, centre: Centre, box: Box, new_estimator: NewEstimator | None = None) -> None:
        """Args: box, keeps the keys of feeds sealed; new_estimator, makes minutes of observations, if not the usual."""
        self.centre, self.desk = centre, centre.desk
        self.roads, self.conditions_desk = RoadDesk(self.desk), ConditionsDesk(self.desk)
        self.book, self.figures = MinuteBook(self.desk), FiguresDesk(centre, self.minutes)
        self.foresight = ForesightDesk(self.minutes, self.conditions)
        self.diversions = DiversionDesk(centre, self, ForecastTimes(self.network, lambda: self.foresight.latest))
        self.dispatch = Dispatch(centre, self, self.diversions.guidance.in_force, lambda: self.foresight.latest)
        self.responses = Responses(centre, self.dispatch, self.diversions.guidance.in_force)
        self.diversions.board.add(self.responses.desk.texts)
        self.buses = BusDesk(centre.desk, centre.alarms, self.network, centre.foretelling)
        self.feeds = FeedDesk(centre, box)
        self.special = Special(centre, self, self.dispatch, self.feeds, self.diversions.guidance.in_force)
        self.quality = Quality(self.desk, centre.alarms)
        self.intake = Intake(self.desk, self.quality, self.conditions_desk, self.feeds.get)
        centre.schedules.holding = self.conditions_desk.holding
        facts = RoadFacts(self.network, self._use)
        self.incident_watching = IncidentWatching(self.desk)
        self.incidents = IncidentDesk(IncidentBook(self.desk, centre.alarms, centre.tickets, facts))
        self.incident_service = IncidentService(self.desk, self.incidents, facts, self.incident_watching)
        self.foresight.restrictions = self._restrictions
        self.learnt = LearntDesk(self.desk)
        self._new_estimator = new_estimator or self.learnt.estimator_of
        self._publisher: Publisher | None = None
        self._network: RoadNetwork | None = None
        self._tidied_ms = self._looked_ms = self.desk.clock.mono_ms()

    def start(self) -> None:
        """Serve what was there before the start."""
        self.conditions_desk.load()
        self.feeds.load()
        self.roads.load()
        self._follow()
        self.diversions.load()
        self.dispatch.load()
        self.buses.load()
        self.responses.load()
        self.special.load()

    def tick(self) -> None:
        """Do what is due; called once a second. Ends of responses come first: they need no store.

        Raises: what failed first, once everything else is done; one topic that cannot go on keeps none from it.
        """
        topics = [self.responses.desk.tick, self.special.tick]
        if self.desk.store.condition not in (Condition.READ_ONLY, Condition.FAILED):
            topics += [self.feeds.tick, self.roads.tick, self.conditions_desk.tick, self._follow, self._publish]
            topics += [lambda: self.foresight.tick(self._network), self.incident_service.tick, self.diversions.tick]
            topics += [self.buses.tick, lambda: self.figures.tick(self._network), self._look_after]
        do_all(topics)

    def network(self) -> RoadNetwork | None:
        """Return the road network that minutes are made of; None before one was imported and the next tick."""
        return self._network

    def latest(self) -> CityMinute | None:
        """Return the youngest complete minute; None before the first one."""
        return self.book.latest()

    def shown(self) -> CityMinute | None:
        """Return what is published: the last complete minute, with what is known of the running one already."""
        shown = None if self._publisher is None else self._publisher.shown
        return self.book.latest() if shown is None else shown

    def minutes(self, since_utc_ms: int) -> Sequence[CityMinute]:
        """Return the complete minutes that began at a time or later, the oldest first; two hours at least. [ms]"""
        return self.book.since(since_utc_ms)

    def conditions(self, at_utc_ms: int) -> Conditions:
        """Return weather and events of a time, past or to come. [ms]"""
        return self.conditions_desk.at(at_utc_ms)

    def _use(self, road: str) -> float | None:
        """Return demand over capacity of a road in the last complete minute; None if it is not known."""
        minute, network = self.latest(), self._network
        if minute is None or network is None or road not in network.index:
            return None
        flow_veh_h = float(minute.flow_veh_h[network.index[road]])
        return None if math.isnan(flow_veh_h) else flow_veh_h / network.of(road).capacity_veh_h

    def _restrictions(self) -> tuple[Restriction, ...]:
        """Return what confirmed incidents leave of the roads' capacity: what the forecast reckons with."""
        live = (each for each in self.incidents.live() if each.state is IncidentState.CONFIRMED)
        return tuple(
            Restriction(each.road, each.capacity_left, each.expected_end.at_utc_ms if each.expected_end else None)
            for each in live
        )

    def _follow(self) -> None:
        """Begin with the network in force where another one was before, or after a long sleep."""
        found, now_ms = self.roads.in_force, self.desk.now_ms()
        lost = self._publisher is not None and self._publisher.is_lost(now_ms)
        if found is None or (found.network is self._network and not lost):
            return
        kept = self.book.load(found.document.sha256, now_ms)
        self.intake.begin(found.network, now_ms - REPLAYED_MS)
        self._publisher = Publisher(found.network, self._new_estimator, now_ms, kept)
        self._network = found.network
        self.incident_watching.begin(found.network, found.document.sha256)

    def _publish(self) -> None:
        publisher, now_ms = self._publisher, self.desk.now_ms()
        if publisher is None or self.roads.in_force is None or not publisher.is_due(now_ms):
            return
        taken = self.intake.drain()
        publisher.take(taken)
        for batch in taken:
            self.incident_watching.take(batch.observations)
            self.buses.taken(batch.observations)
        self.dispatch.taken(each for batch in taken for each in batch.observations)
        self.special.taken(each for batch in taken for each in batch.observations)
        complete = publisher.step(now_ms)
        if complete:
            self.book.put(complete, self.roads.in_force.document.sha256)

    def _look_after(self) -> None:
        mono_ms = self.desk.clock.mono_ms()
        if mono_ms - self._looked_ms >= _LOOK_MS:
            self._looked_ms = mono_ms
            self.quality.tick(tuple(self.feeds.all()))
        if mono_ms - self._tidied_ms >= _TIDY_MS:
            self._tidied_ms = mono_ms
            self.intake.tidy()
            self._keep_learnt()

    def _keep_learnt(self) -> None:
        """Keep what was learnt before the time that would be computed again after a restart: nothing counts twice."""
        oldest = None if self._publisher is None else self._publisher.oldest()
        if oldest is not None and self._network is not None:
            self.learnt.keep(oldest[1], self._network, oldest[0])
