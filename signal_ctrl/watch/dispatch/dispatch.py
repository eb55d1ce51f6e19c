"""Dispatch: units and missions over the roads with the travel times of now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Final

from signal_ctrl.centre.cabinets import every_cabinet, site_of
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.overrides import Preparation
from signal_ctrl.centre.plans import by_signal
from signal_ctrl.centre.ports import Reading
from signal_ctrl.domain.errors import ConflictError, NotFoundError
from signal_ctrl.domain.road_ways import RoadGraph
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roadside import Roadside
from signal_ctrl.watch.dispatch.green_route import Passed, green_wish, stage_of_turn
from signal_ctrl.watch.dispatch.mission_desk import IncidentCheck, MissionDesk, mission_of
from signal_ctrl.watch.dispatch.missions import Arrival
from signal_ctrl.watch.dispatch.ports import RoadWatch
from signal_ctrl.watch.dispatch.ranking import Town
from signal_ctrl.watch.dispatch.travel import times_of
from signal_ctrl.watch.dispatch.unit_desk import UnitDesk, unit_of
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.foresight.values import CityForecast
from signal_ctrl.watch.incidents.book import incident_of
from signal_ctrl.watch.observations import Observation, Position

FRESH_MS: Final = 10 * 60_000
"""A minute or a forecast that is older than this says nothing of now; free flow is taken instead. [ms] [P]"""


class Dispatch:
    """Units, missions, and the green routes of units under way."""

    def __init__(
        self,
        centre: Centre,
        roads: RoadWatch,
        guidance: Callable[[], Guidance | None] = lambda: None,
        forecast: Callable[[], CityForecast | None] = lambda: None,
        incident: IncidentCheck = incident_of,
    ) -> None:
        self._centre = centre
        self._roads = roads
        self._guidance = guidance
        self._forecast = forecast
        self._lock = Lock()
        self._town: tuple[object, object, object, Town] | None = None
        self._made: tuple[RoadNetwork, Roadside, RoadGraph] | None = None
        self.units = UnitDesk(centre.desk)
        self.missions = MissionDesk(centre.desk, self.units, self.town, centre.tickets, centre.overrides, incident)

    def load(self) -> None:
        """Take up what was there before the start."""
        self.units.load()

    def taken(self, observations: Iterable[Observation]) -> int:
        """Take what feeds have brought; positions of units are kept. Return how many."""
        return self.units.seen(each for each in observations if isinstance(each, Position))

    def town(self) -> Town:
        """Return the roads with the travel times of now. Raises: NotFoundError while there is no road network."""
        network, now_ms = self._roads.network(), self._centre.desk.now_ms()
        if network is None:
            raise NotFoundError("there is no road network yet; import one first")
        minute, forecast = self._roads.latest(), self._forecast()
        if minute is not None and not _is_of(network, minute.minute_utc_ms, len(minute.travel_time_s), now_ms):
            minute = None
        if forecast is not None and not _is_of(network, forecast.at_utc_ms, len(forecast.jammed_now), now_ms):
            forecast = None
        with self._lock:
            held = self._town
            if held is None or held[0] is not network or held[1] is not minute or held[2] is not forecast:
                town = Town(network, *self._made_of(network), times_of(network, minute, forecast))
                self._town = held = (network, minute, forecast, town)
            return held[3]

    def green_route(self, actor: Actor, mission_id: str, stages: Mapping[str, str]) -> Preparation:
        """Prepare a green route for the unit of a mission, to be issued as every override is.

        Args: stages, by cabinet, where the document of units names none.
        Raises: ForbiddenError; NotFoundError; ConflictError if no unit is under way; as `OverrideDesk.prepare`.
        """
        require(actor, Right.ISSUE_OVERRIDE, self._centre.desk.now_ms())
        arrival, ends_s = self._under_way(mission_id)
        passed = self._centre.store.read(lambda r: self._passed(r, arrival, ends_s))
        wish = green_wish(mission_id, arrival, passed, self.units.file.turns, stages)
        return self._centre.overrides.prepare(actor, wish)

    def arrival(self, mission_id: str) -> Arrival:
        """Return how the unit of a mission gets there from where it is now.

        Raises: NotFoundError; ConflictError if no unit is under way, or there is no way.
        """
        return self._under_way(mission_id)[0]

    def _under_way(self, mission_id: str) -> tuple[Arrival, tuple[float, ...]]:
        now_ms, town = self._centre.desk.now_ms(), self.town()
        mission = self._centre.store.read(lambda r: mission_of(r, mission_id))
        if not mission.unit or not mission.state.live:
            raise ConflictError(f"mission {mission_id} is {mission.state.value}; no unit is under way")
        unit = self._centre.store.read(lambda r: unit_of(r, mission.unit))
        (standing,) = town.stand([unit], self.units.positions, now_ms)
        found = town.way(standing, town.ways(town.places(mission.place, mission.road)))
        if found is None:
            raise ConflictError(f"there is no way for unit {unit.unit} to mission {mission_id}")
        return found

    def _passed(self, reading: Reading, arrival: Arrival, ends_s: Sequence[float]) -> tuple[Passed, ...]:
        """Return the junctions of the centre on a way, each once, with the time after which the unit is there. [s]"""
        cabinets = by_signal(every_cabinet(reading))
        network, guidance, found = self.town().network, self._guidance(), dict[str, Passed]()
        for road, following, end_s in zip(arrival.roads, arrival.roads[1:], ends_s[:-1], strict=False):
            cabinet = cabinets.get(network.of(road).signal)
            if cabinet is not None:
                stage = stage_of_turn(site_of(cabinet.site), guidance, road, following)
                found.setdefault(cabinet.cabinet, Passed(cabinet.cabinet, road, following, end_s, stage))
        return tuple(found.values())

    def _made_of(self, network: RoadNetwork) -> tuple[Roadside, RoadGraph]:
        """Return what is made once for a network."""
        if self._made is None or self._made[0] is not network:
            self._made = (network, Roadside(network), RoadGraph(network))
        return self._made[1], self._made[2]


def _is_of(network: RoadNetwork, utc_ms: int, n_roads: int, now_ms: int) -> bool:
    """Tell whether values of a time say something of this network now. [ms]"""
    return n_roads == len(network.roads) and now_ms - utc_ms <= FRESH_MS
