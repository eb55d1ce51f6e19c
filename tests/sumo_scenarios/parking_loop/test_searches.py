"""How searches begin and end, with a simulation that says what it is told to."""

from typing import cast

from sumo_scenarios.parking_loop.car_parks import CarPark
from sumo_scenarios.parking_loop.order import Follows
from sumo_scenarios.parking_loop.searches import Searches
from sumo_scenarios.parking_loop.town import Parker
from sumo_scenarios.simulation import Simulation

PARK = CarPark("a", "e_0", "e", 1, 0.0, 50.0)


class Street:
    """Vehicles on one street, each as far as it has been told to have driven; who has left is not known. [m]"""

    def __init__(self) -> None:
        self.driven: dict[str, float] = {}
        self.news: tuple[tuple[str, ...], ...] = ((), (), (), ())

    def came_and_went(self) -> tuple[tuple[str, ...], ...]:
        return self.news

    def edge_vehicle_names(self, edge: str) -> tuple[str, ...]:
        return tuple(self.driven) if edge == "e" else ()

    def driven_m(self, vehicle: str) -> float:
        return self.driven[vehicle]

    def where(self, vehicle: str) -> tuple[str, float]:
        return "e", self.driven[vehicle]

    def next_car_park(self, vehicle: str) -> str:
        return "a" if self.driven[vehicle] else ""


def test_who_leaves_the_network_without_a_space_is_followed_no_longer() -> None:
    street = Street()
    parkers = {name: Parker(name, Follows.BLIND, "a", 600.0, 100.0) for name in ("parks", "leaves")}
    searches = Searches(cast(Simulation, street), {"a": PARK}, parkers)
    street.driven, street.news = {"parks": 10.0, "leaves": 20.0}, (("parks", "leaves"), (), (), ())
    assert len(searches.step(0.0)[0]) == 2
    street.news = ((), ("parks",), (), ())
    assert [search.parked for search in searches.step(1.0)[2]] == ["a"]
    street.driven["leaves"] = 170.0
    searches.measure()
    del street.driven["leaves"]
    street.news = ((), (), (), ("leaves",))
    assert [(search.parker.vehicle, search.parked) for search in searches.step(2.0)[2]] == [("leaves", "")]
    searches.follow()
    searches.measure()
    rows = {row["vehicle"]: row for row in searches.finish()}
    assert rows["leaves"]["parked_s"] is None
    assert not rows["leaves"]["found_first"]
    assert rows["leaves"]["search_m"] == 150.0
    assert rows["parks"]["found_first"]


def test_who_left_in_the_last_step_keeps_what_he_had_driven() -> None:
    street = Street()
    searches = Searches(cast(Simulation, street), {"a": PARK}, {"1": Parker("1", Follows.BLIND, "a", 600.0, 100.0)})
    street.driven, street.news = {"1": 20.0}, (("1",), (), (), ())
    searches.step(0.0)
    street.driven["1"] = 90.0
    searches.measure()
    street.driven.clear()
    street.news = ((), (), (), ("1",))
    assert [row["search_m"] for row in searches.finish()] == [70.0]
