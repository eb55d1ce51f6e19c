"""What drivers are told: nothing, the nearest free car park, or what guidance says of the chances at arrival."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from signal_ctrl.domain.road_ways import RoadTimes, Trip
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.parking.facilities import SpaceKind
from signal_ctrl.parking.forecast.learning import SEEN_SLOTS, Learnt, unlearnt
from signal_ctrl.parking.forecast.model import Recent
from signal_ctrl.parking.forecast.series import SLOT_S
from signal_ctrl.parking.guidance.access import Access, LotPlaces
from signal_ctrl.parking.guidance.costs import Arrivals, Costs
from signal_ctrl.parking.guidance.guide import answer_one, guide
from signal_ctrl.parking.guidance.values import Answer, GuidanceSettings, Lot, Request, lot_name
from sumo_scenarios.parking_loop.car_parks import CarPark
from sumo_scenarios.parking_loop.searches import Search

ROUND_S: Final = 30.0
CLOSE_S: Final = 25.0
"""Whose way takes no longer than this any more is told no other car park. [s]"""
SIGN_S: Final = 150.0
"""So long before his car park a driver passes the sign for it. [s]"""
STOCK: Final = 3
"""A sign says FULL at so few spaces. [veh]"""
MS: Final = 1000
_TYPE: Final = "weekday"


class Advice(Protocol):
    """What tells drivers where to go."""

    def first(self, search: Search, at: OnRoad) -> tuple[str, Trip | None]:
        """Return the car park that a driver with a phone is sent to, and his way, None for his own."""
        ...

    def all(self, searches: Sequence[tuple[Search, OnRoad]]) -> dict[str, tuple[str, Trip | None]]:
        """Return the same for all who are under way, by vehicle."""
        ...

    def sign(self, search: Search) -> str:
        """Return the car park that signs lead a driver to."""
        ...


def walk_order(parks: Mapping[str, CarPark], network: RoadNetwork) -> dict[str, list[str]]:
    """Return by car park all of them, the nearest first: who wants to the one may walk from the others."""
    middle = {name: np.array(network.plane.metres(place_of(park, network))) for name, park in parks.items()}
    return {
        name: sorted(parks, key=lambda other: (float(np.hypot(*(middle[name] - middle[other]))), other))
        for name in parks
    }


def place_of(park: CarPark, network: RoadNetwork) -> LonLat:
    """Return where a car park is."""
    shape = network.of(park.edge).shape
    return shape[len(shape) // 2]


class NearestAdvice:
    """The nearest car park that has a free space now: what apps with live counts say."""

    def __init__(self, parks: Mapping[str, CarPark], inside: Mapping[str, int], network: RoadNetwork) -> None:
        self._parks, self._inside = parks, inside
        self._order = walk_order(parks, network)

    def _nearest(self, home: str, stock: int) -> str:
        free = (one for one in self._order[home] if self._parks[one].capacity - self._inside[one] > stock)
        return next(free, home)

    def first(self, search: Search, at: OnRoad) -> tuple[str, Trip | None]:
        """Return the nearest one with a free space."""
        return self._nearest(search.parker.home, 0), None

    def all(self, searches: Sequence[tuple[Search, OnRoad]]) -> dict[str, tuple[str, Trip | None]]:
        """Return nothing: who asked is left alone until he finds it full."""
        return {}

    def sign(self, search: Search) -> str:
        """Return the nearest one whose sign does not say FULL by what is free now."""
        return self._nearest(search.parker.home, 0)


class Guidance:
    """Guidance as the service has it: forecast, holds, rounds of all drivers, prices in between."""

    def __init__(
        self,
        parks: Mapping[str, CarPark],
        inside: Mapping[str, int],
        network: RoadNetwork,
        settings: GuidanceSettings | None = None,
        learnt: Learnt | None = None,
    ) -> None:
        self._parks, self._inside, self._network = parks, inside, network
        self._settings = settings or GuidanceSettings()
        self._places = LotPlaces(network, [_lot(park, network) for park in parks.values()])
        self._name = {lot_name(park, SpaceKind.GENERAL): park for park in parks}
        capacity = np.array([park.capacity for park in parks.values()], dtype=np.float64)
        self._learnt = learnt or unlearnt(self._places.names, capacity)
        self._order = walk_order(parks, network)
        self._entered = np.zeros((len(parks), SEEN_SLOTS))
        self._entered[:] = np.nan
        self._slot = -1
        self._arrivals = Arrivals()
        self._prices: Mapping[str, float] = {}
        self._costs: Costs | None = None
        self.chances: dict[str, float] = {}

    def look(self, time_s: float, times: RoadTimes) -> None:
        """Take in what car parks and roads say now. [s]"""
        access = Access(self._places, times)
        occupied = np.array([self._inside[park] for park in self._parks], dtype=np.float64)
        recent = Recent(occupied, self._lately(time_s), np.zeros_like(self._entered))
        at_utc_ms, slot = round(time_s * MS), int(time_s % 86_400 // SLOT_S)
        outlook = self._learnt.outlook(at_utc_ms, _TYPE, slot, recent)
        self._costs = Costs(access, outlook, at_utc_ms, self._settings)
        self._arrivals.expire(at_utc_ms)

    def _lately(self, time_s: float) -> np.ndarray:
        """Return who came without being sent in the slots that are over; of the present one, what it would come to."""
        since = time_s / SLOT_S - self._slot if self._slot >= 0 else 0.0
        found = self._entered.copy()
        found[:, -1] = found[:, -1] / since if since > 0.2 else found[:, -2]
        return found

    def ended(self, search: Search, time_s: float) -> None:
        """Take in that somebody parked or gave up: his hold has done its duty, or nobody had sent him. [s]"""
        slot = int(time_s // SLOT_S)
        if slot != self._slot:
            steps = min(slot - self._slot, SEEN_SLOTS) if self._slot >= 0 else 1
            self._entered = np.roll(self._entered, -steps, axis=1)
            self._entered[:, -steps:] = 0.0
            self._slot = slot
        hold = self._arrivals.drop(search.parker.vehicle)
        if search.parked and (hold is None or self._name[hold.lot] != search.parked):
            self._entered[self._places.number[lot_name(search.parked, SpaceKind.GENERAL)], -1] += 1

    def first(self, search: Search, at: OnRoad) -> tuple[str, Trip | None]:
        """Return the answer at once."""
        costs = self._now()
        answer, hold = answer_one(self._request(search, at, costs, ""), costs, self._arrivals, self._prices)
        self._arrivals.put(hold)
        return self._told(answer, costs)

    def all(self, searches: Sequence[tuple[Search, OnRoad]]) -> dict[str, tuple[str, Trip | None]]:
        """Return the answers of a round."""
        costs = self._now()
        asks = [self._request(search, at, costs, lot_name(search.target, SpaceKind.GENERAL)) for search, at in searches]
        found = guide(asks, costs, self._arrivals.holds)
        for hold in found.holds:
            self._arrivals.put(hold)
        self._prices = found.price_s
        return {answer.request: self._told(answer, costs) for answer in found.answers}

    def _told(self, answer: Answer, costs: Costs) -> tuple[str, Trip | None]:
        self.chances[answer.request] = answer.best.chance
        return self._name[answer.best.lot], answer.way

    def _request(self, search: Search, at: OnRoad, costs: Costs, sent_to: str) -> Request:
        place = place_of(self._parks[search.parker.home], self._network)
        lot = self._places.number.get(sent_to)
        there = self._network.roads[at.road].road == self._parks[search.target].edge
        fixed = lot is not None and (there or float(costs.access.seconds(at)[lot]) <= CLOSE_S)
        return Request(search.parker.vehicle, at, place, sent_to=sent_to, fixed=fixed)

    def sign(self, search: Search) -> str:
        """Return the nearest car park whose sign does not say FULL, by what will be free when drivers get there."""
        costs = self._now()
        for park in self._order[search.parker.home]:
            lot = lot_name(park, SpaceKind.GENERAL)
            coming = self._arrivals.before(lot, costs.now_utc_ms + round(SIGN_S * MS), "")
            if costs.middle(lot, SIGN_S) - coming > STOCK:
                return park
        return search.parker.home

    def _now(self) -> Costs:
        if self._costs is None:
            raise RuntimeError("guidance has not looked yet")
        return self._costs


def _lot(park: CarPark, network: RoadNetwork) -> Lot:
    road = network.of(park.edge)
    share = min((park.start_m + park.end_m) / 2 / road.length_m, 1.0)
    entrance = OnRoad(network.index[park.edge], share, 0.0)
    return Lot(park.name, SpaceKind.GENERAL, (entrance,), place_of(park, network), to_space_s=5.0)
