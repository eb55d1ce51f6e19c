"""How each driver finds a space: what he tried, how far he drove, when he parked. Only what plays drivers knows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sumo_scenarios.parking_loop.car_parks import CarPark
from sumo_scenarios.parking_loop.town import Parker
from sumo_scenarios.simulation import Simulation


@dataclass(slots=True)
class Search:
    """One driver under way. [s] [m]

    `tried`, the car parks that he came to in order; `first_m`, how far he had driven when he came to the first;
    `driven_m` so far, or until he parked; `chance`, what guidance said last before he came.
    """

    parker: Parker
    departed_s: float
    target: str
    tried: list[str] = field(default_factory=list)
    first_m: float = 0.0
    first_s: float = 0.0
    driven_m: float = 0.0
    parked: str = ""
    parked_s: float | None = None
    left_s: float | None = None
    told: int = 0
    chance: float | None = None

    @property
    def found_first(self) -> bool:
        """Whether he found a space at the first car park that he came to."""
        return bool(self.parked) and (not self.tried or self.tried == [self.parked])


class Searches:
    """All drivers who park, from departure to their space."""

    def __init__(self, simulation: Simulation, parks: Mapping[str, CarPark], parkers: Mapping[str, Parker]) -> None:
        self._simulation, self._parks, self._parkers = simulation, parks, parkers
        self._at_edge = {park.edge: park.name for park in parks.values()}
        self.all: dict[str, Search] = {}
        self.active: dict[str, Search] = {}
        self.inside = dict.fromkeys(parks, 0)

    def step(self, time_s: float) -> tuple[list[Search], list[Search], list[Search]]:
        """Take in a step; return who set out, who came to a car park that is full, and whose search is over. [s]

        It is over also for who leaves the network without having parked: SUMO lets go whom it can send to no car park.
        """
        departed, parked, ended, gone = self._simulation.came_and_went()
        begun = [self._begin(vehicle, time_s) for vehicle in departed if vehicle in self._parkers]
        done = [self._end(self.active.pop(vehicle), time_s) for vehicle in parked if vehicle in self.active]
        for vehicle in ended:
            if vehicle in self.all and self.all[vehicle].left_s is None:
                self.all[vehicle].left_s = time_s
                self.inside[self.all[vehicle].parked] -= 1
        done += [self.active.pop(vehicle) for vehicle in gone if vehicle in self.active]
        return begun, self._tries(time_s), done

    def _begin(self, vehicle: str, time_s: float) -> Search:
        search = Search(self._parkers[vehicle], time_s, self._parkers[vehicle].home)
        self.all[vehicle] = self.active[vehicle] = search
        return search

    def _end(self, search: Search, time_s: float) -> Search:
        search.driven_m = self._simulation.driven_m(search.parker.vehicle)
        search.parked_s = time_s
        search.parked = self._at_edge.get(self._simulation.where(search.parker.vehicle)[0], search.target)
        if search.parked not in search.tried:
            self._try(search, search.parked, time_s)
        self.inside[search.parked] += 1
        return search

    def _tries(self, time_s: float) -> list[Search]:
        """Note who has come to the street of the car park that he wants, or wanted, and return whom it cannot take."""
        refused = []
        for edge, name in self._at_edge.items():
            for vehicle in self._simulation.edge_vehicle_names(edge):
                search = self.active.get(vehicle)
                if search is None or search.target != name or name in search.tried[-1:]:
                    continue
                self._try(search, name, time_s)
                if self.inside[name] >= self._parks[name].capacity:
                    refused.append(search)
        return refused

    def _try(self, search: Search, name: str, time_s: float) -> None:
        if not search.tried:
            search.first_m, search.first_s = self._simulation.driven_m(search.parker.vehicle), time_s
        search.tried.append(name)

    def measure(self) -> None:
        """Note how far everybody has driven, after `step`: nobody can be asked who has left the network."""
        for vehicle, search in self.active.items():
            search.driven_m = self._simulation.driven_m(vehicle)

    def follow(self) -> None:
        """Take in where drivers are heading now: SUMO's own search may have turned them elsewhere."""
        for vehicle, search in self.active.items():
            search.target = self._simulation.next_car_park(vehicle) or search.target

    def finish(self) -> list[dict[str, Any]]:
        """Return one row for each driver, those who never found a space with what they had driven."""
        left = self._simulation.came_and_went()[3]  # in a step that broke off: the fault that did it is to be told
        for vehicle in left:
            self.active.pop(vehicle, None)
        self.measure()
        return [_row(search) for search in self.all.values()]


def _row(search: Search) -> dict[str, Any]:
    return {
        "vehicle": search.parker.vehicle,
        "follows": search.parker.follows.value,
        "home": search.parker.home,
        "departed_s": search.departed_s,
        "tried": search.tried,
        "first_s": search.first_s,
        "search_m": round(search.driven_m - search.first_m, 1) if search.tried and not search.found_first else 0.0,
        "extra_m": round(search.driven_m - search.parker.direct_m, 1) if search.tried else 0.0,
        "parked": search.parked,
        "parked_s": search.parked_s,
        "left_s": search.left_s,
        "found_first": search.found_first,
        "told": search.told,
        "chance": search.chance,
    }
