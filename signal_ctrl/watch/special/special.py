"""Special vehicles of the centre: the register, and corridors for dispatched units and for who asks by itself."""

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.domain.errors import ConflictError, InvalidInputError, NotFoundError
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.domain.roadside import Roadside
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.dispatch.dispatch import Dispatch
from signal_ctrl.watch.dispatch.mission_desk import mission_of
from signal_ctrl.watch.dispatch.missions import MissionState
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.feeds.desk import FeedDesk
from signal_ctrl.watch.observations import Observation, Position, TagRead
from signal_ctrl.watch.special.corridor import Report, Underway
from signal_ctrl.watch.special.corridor_desk import CorridorDesk
from signal_ctrl.watch.special.following import along_way_m, likely_ahead
from signal_ctrl.watch.special.ports import RoadNow
from signal_ctrl.watch.special.values import Corridor, SpecialVehicle
from signal_ctrl.watch.special.vehicle_desk import VehicleDesk, unrevoked, vehicle_of, vehicles

SPREAD_M: Final = 15.0
"""A position of a satellite receiver may be off by so much. [m] [P]"""
READ_M: Final = 5.0
LONGEST_NOTICE_S: Final = 1_800
OLD_S: Final = 30.0
"""A report older than this says nothing of where a vehicle is now. [s] [P]"""
TURNOUT_S: Final = 60.0
"""A crew that has not reported from the road yet sets out so long after the request. [s] [P]"""


class RoadWatch(Protocol):
    """The roads, and the last minute of them."""

    def network(self) -> RoadNetwork | None:
        """Return the road network in force."""
        ...

    def latest(self) -> CityMinute | None:
        """Return the youngest complete minute."""
        ...


class RoadsNow:
    """What the last minute says of single roads."""

    def __init__(self, roads: RoadWatch) -> None:
        self._roads = roads

    def network(self) -> RoadNetwork | None:
        """Return the road network in force."""
        return self._roads.network()

    def state_of(self, road: str) -> RoadNow:
        """Return queue and flow of a road, as far as they are known."""
        network, minute = self._roads.network(), self._roads.latest()
        k = None if network is None else network.index.get(road)  # none of a network that was imported since
        if network is None or minute is None or k is None or len(minute.queue_m) != len(network.roads):
            return RoadNow()
        queue_m, flow_veh_h = float(minute.queue_m[k]), float(minute.flow_veh_h[k])
        flow_veh_s = None if math.isnan(flow_veh_h) else flow_veh_h / network.roads[k].lanes / 3600
        return RoadNow(0.0 if math.isnan(queue_m) else queue_m, flow_veh_s)


@dataclass(frozen=True, slots=True)
class DevicePosition:
    """Where a device says that its vehicle is, in degrees of WGS 84, and how old that is. [s]"""

    place: LonLat
    heading_deg: float | None = None
    age_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.age_s <= OLD_S:
            raise InvalidInputError(f"a position is at most {OLD_S:g} s old, got {self.age_s:g}")


class Special:
    """All that the city knows of special vehicles."""

    def __init__(
        self,
        centre: Centre,
        roads: RoadWatch,
        dispatch: Dispatch,
        feeds: FeedDesk,
        guidance: Callable[[], Guidance | None],
    ) -> None:
        self._desk = centre.desk
        self._roads = roads
        self._dispatch = dispatch
        self._side: tuple[RoadNetwork, Roadside] | None = None
        self.vehicles = VehicleDesk(centre.desk, feeds)
        self.corridors = CorridorDesk(centre, RoadsNow(roads), guidance, self._stages)

    def load(self) -> None:
        """End what lasted when the centre stopped."""
        self.corridors.load()

    def tick(self) -> None:
        """Do what is due; called once a second. Missions that are there, or called off, need no corridor any more.

        They are looked up last: what is given back needs no store.
        """
        self.corridors.tick()
        for corridor in self.corridors.live():
            if corridor.mission:
                self._end_with_mission(corridor)

    def request(
        self, actor: Actor, name: str = "", mission: str = "", roads: tuple[str, ...] = (), notice_s: float = 0.0
    ) -> Corridor:
        """Give a vehicle a corridor on the word of whoever dispatches: over some roads, or to its unit's mission.

        Args: notice_s, it sets out so long from now.
        Raises: ForbiddenError; NotFoundError; ConflictError; RefusedError; InvalidInputError.
        """
        require(actor, Right.DISPATCH, self._desk.now_ms())
        if bool(mission) == bool(roads):
            raise InvalidInputError("a corridor is to a mission or over roads: give one of the two")
        if mission:
            arrival = self._dispatch.arrival(mission)
            vehicle, roads = self._of_unit(arrival.unit), arrival.roads
            notice_s = max(notice_s, TURNOUT_S if arrival.from_ == "home" else 0.0)
        else:
            vehicle = self._desk.store.read(lambda r: vehicle_of(r, name))
        return self._begin(actor.login, vehicle, roads, notice_s, mission)

    def request_by_device(self, login: str, position: DevicePosition, roads: tuple[str, ...] = ()) -> Corridor:
        """Give the vehicle of a device a corridor: over the roads that it names, or by the likely way ahead of it."""
        vehicle = self.vehicles.of_device(login)
        predicted = not roads
        network, (road, on_road_m) = self._network(), self._place(position)
        corridor = self._begin(
            f"vehicle:{vehicle.vehicle}", vehicle, roads or likely_ahead(network, road), 0.0, "", predicted
        )
        if predicted:
            self.corridors.report(vehicle.vehicle, min(on_road_m, network.of(road).length_m), SPREAD_M, position.age_s)
        else:
            self._take(vehicle.vehicle, position)
        return corridor

    def report_by_device(self, login: str, position: DevicePosition) -> None:
        """Take where the vehicle of a device is. Raises: NotFoundError; RefusedError `E/report-rate`; ConflictError."""
        vehicle = self.vehicles.of_device(login)
        self.corridors.check_rate(vehicle.vehicle)
        self._take(vehicle.vehicle, position)

    def end_by_device(self, login: str) -> Corridor:
        """End the corridor of the vehicle of a device. Raises: NotFoundError."""
        vehicle = self.vehicles.of_device(login)
        return self.corridors.end(f"vehicle:{vehicle.vehicle}", vehicle.vehicle, "the vehicle needs it no more")

    def end(self, actor: Actor, vehicle: str) -> Corridor:
        """End the corridor of a vehicle on the word of whoever dispatches. Raises: ForbiddenError; NotFoundError."""
        require(actor, Right.DISPATCH, self._desk.now_ms())
        return self.corridors.end(actor.login, vehicle, "ended by hand")

    def revoke(self, who: str, name: str) -> SpecialVehicle:
        """Take a vehicle out of the register; a corridor that it has ends. Raises: NotFoundError."""
        over = self.vehicles.revoke(who, name)
        if any(corridor.vehicle == name for corridor in self.corridors.live()):
            self.corridors.end(who, name, "the vehicle was revoked")
        return over

    def taken(self, observations: Iterable[Observation]) -> None:
        """Take what feeds have brought of vehicles with a corridor: positions, and reads of their e-plates.

        One that cannot be used, far from every road or on a way without a stage, says nothing, and costs no other.
        """
        if not self.corridors.live():
            return
        known = {v.vehicle: v for v in self._desk.store.read(vehicles)}
        live = [known[corridor.vehicle] for corridor in self.corridors.live() if corridor.vehicle in known]
        by_name = {v.vehicle_of_feed: v.vehicle for v in live if v.vehicle_of_feed}
        by_tag = {v.tag: v.vehicle for v in live if v.tag}
        for each in observations:
            with suppress(ConflictError, InvalidInputError, NotFoundError):  # off all roads, or over: no other waits
                if isinstance(each, Position) and each.vehicle in by_name:
                    self._seen(by_name[each.vehicle], each)
                elif isinstance(each, TagRead) and each.tag in by_tag:
                    self._read(by_tag[each.tag], each)

    def _seen(self, vehicle: str, seen: Position) -> None:
        age_s = (self._desk.now_ms() - seen.utc_ms) / 1000
        if 0 <= age_s <= OLD_S:
            self._take(vehicle, DevicePosition((seen.lon, seen.lat), seen.heading_deg, age_s))

    def _read(self, vehicle: str, read: TagRead) -> None:
        network, age_s = self._network(), (self._desk.now_ms() - read.utc_ms) / 1000
        place = next((r for r in network.readers if r.reader == read.reader), None)
        known = self.corridors.underway(vehicle)
        if place is None or known is None or not 0 <= age_s <= OLD_S:
            return
        along_m = known.way.along_m(place.road, place.position_m, known.way.road_at(known.report.along_m))
        if along_m is not None:
            self.corridors.report(vehicle, along_m, READ_M, age_s)

    def _take(self, vehicle: str, position: DevicePosition) -> None:
        """Take a position; who has left the way, or comes to the end of a likely one, gets a way on from there."""
        known = self.corridors.underway(vehicle)
        if known is None:
            raise ConflictError(f"vehicle {vehicle} has no corridor; ask for one first")
        network = self._network()
        places = self._roadside(network).near(position.place, position.heading_deg)
        along_m = along_way_m(known.way, network, places, known.report.along_m)
        if along_m is not None and not self.corridors.runs_out(vehicle, along_m):
            self.corridors.report(vehicle, along_m, SPREAD_M, position.age_s)
            return
        if self._flies(known, position):
            return
        road, on_road_m = self._place(position)
        if road not in known.way.roads or along_m is not None:
            report = Report(position.age_s, on_road_m, SPREAD_M)
            self.corridors.way_on(vehicle, likely_ahead(network, road), report)

    def _flies(self, known: Underway, position: DevicePosition) -> bool:
        """Tell whether a position is farther from the last report than anybody drives: forged or mistaken."""
        network, now_s = self._network(), self._desk.clock.mono_ms() / 1000
        name = known.way.roads[known.way.road_at(known.report.along_m)]
        if name not in network.index:  # another network was imported since
            return False
        road = network.of(name)
        metres = network.plane.metres
        off_m = min(math.dist(metres(place), metres(position.place)) for place in road.shape)
        return off_m > road.length_m + known.reach_m(now_s - position.age_s)

    def _place(self, position: DevicePosition) -> tuple[str, float]:
        """Return the road that a position lies on, and where. [m] Raises: InvalidInputError if none is near."""
        network = self._network()
        places = self._roadside(network).near(position.place, position.heading_deg)
        if not places:
            raise InvalidInputError("no road is near the position; give longitude and latitude of WGS 84")
        road = network.roads[places[0].road]
        return road.road, places[0].share * road.length_m

    def _begin(
        self,
        who: str,
        vehicle: SpecialVehicle,
        roads: tuple[str, ...],
        notice_s: float,
        mission: str,
        predicted: bool = False,
    ) -> Corridor:
        if not 0 <= notice_s <= LONGEST_NOTICE_S:
            raise InvalidInputError(f"a vehicle sets out within {LONGEST_NOTICE_S} s of the request, got {notice_s:g}")
        now_ms = self._desk.now_ms()
        wish = Corridor(
            self._desk.new_id("co"), vehicle.vehicle, vehicle.kind, roads, now_ms, who,
            now_ms + round(1000 * notice_s), mission, predicted,
        )  # fmt: skip
        return self.corridors.begin(who, unrevoked(vehicle), wish)

    def _of_unit(self, unit: str) -> SpecialVehicle:
        found = [v for v in self._desk.store.read(vehicles) if v.unit == unit and not v.revoked]
        if not found:
            raise NotFoundError(f"unit {unit} is no registered special vehicle; 'signal-ctrl special register --unit'")
        return found[0]

    def _end_with_mission(self, corridor: Corridor) -> None:
        mission = self._desk.store.read(lambda r: mission_of(r, corridor.mission))
        if not mission.state.live or mission.state in (MissionState.ON_SCENE, MissionState.OPEN):
            self.corridors.end("centre", corridor.vehicle, f"mission {corridor.mission} is {mission.state.value}")

    def _stages(self) -> dict[tuple[str, str], str]:
        return {(turn.from_road, turn.to_road): turn.stage for turn in self._dispatch.units.file.turns}

    def _network(self) -> RoadNetwork:
        network = self._roads.network()
        if network is None:
            raise NotFoundError("there is no road network yet; import one first")
        return network

    def _roadside(self, network: RoadNetwork) -> Roadside:
        if self._side is None or self._side[0] is not network:
            self._side = (network, Roadside(network))
        return self._side[1]
