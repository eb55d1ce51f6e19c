import numpy as np
import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.road_ways import RoadTimes
from signal_ctrl.domain.roadside import OnRoad
from sumo_scenarios.parking_loop.advice import Guidance, NearestAdvice
from sumo_scenarios.parking_loop.car_parks import CarPark, car_park_rows
from sumo_scenarios.parking_loop.order import Arm, Follows, ParkingOrder, Shares
from sumo_scenarios.parking_loop.searches import Search
from sumo_scenarios.parking_loop.town import Parker
from sumo_scenarios.settings import RunSettings
from tests.signal_ctrl.parking.guidance.towns import street

NETWORK = street(10)
PARKS = {
    name: CarPark(name, f"{road}_0", road, 4, 10.0, 100.0) for name, road in (("a", "e3"), ("b", "e4"), ("c", "e8"))
}


def search(name: str, follows: Follows = Follows.PHONE) -> Search:
    return Search(Parker(name, follows, "a", 1e6, 600.0), 0.0, "a")


def guidance(inside: dict[str, int]) -> Guidance:
    found = Guidance(PARKS, inside, NETWORK)
    free_s = np.array([road.free_time_s for road in NETWORK.roads], dtype=np.float32)
    found.look(25_200.0, RoadTimes(free_s, 0.1 * free_s, "free"))
    return found


def test_by_live_counts_all_are_sent_to_the_same_last_space() -> None:
    advice = NearestAdvice(PARKS, {"a": 3, "b": 0, "c": 0}, NETWORK)
    assert [advice.first(search(f"d{k}"), OnRoad(0, 0.0, 0.0))[0] for k in range(5)] == ["a"] * 5
    full = NearestAdvice(PARKS, {"a": 4, "b": 0, "c": 0}, NETWORK)
    assert full.first(search("d"), OnRoad(0, 0.0, 0.0))[0] == "b"
    assert full.sign(search("d")) == "b"


def test_guidance_sends_one_to_the_last_space_and_the_others_on() -> None:
    told = guidance({"a": 3, "b": 0, "c": 0})
    sent = [told.first(search(f"d{k}"), OnRoad(0, 0.0, 0.0)) for k in range(5)]
    assert [park for park, _ in sent].count("a") == 1
    assert [park for park, _ in sent].count("b") == 4
    assert all(way is not None and NETWORK.roads[way.roads[-1]].road == PARKS[park].edge for park, way in sent)


def test_a_sign_says_full_when_those_under_way_will_have_filled_it() -> None:
    told = guidance({"a": 0, "b": 0, "c": 0})
    assert told.sign(search("s", Follows.SIGNS)) == "a"
    for k in range(3):
        told.first(search(f"d{k}"), OnRoad(2, 0.9, 0.0))
    assert told.sign(search("s", Follows.SIGNS)) != "a"


def test_who_has_parked_is_no_longer_under_way() -> None:
    told = guidance({"a": 3, "b": 0, "c": 0})
    one = search("d0")
    told.first(one, OnRoad(0, 0.0, 0.0))
    one.parked = "a"
    told.ended(one, 25_260.0)
    assert told.all([(search("d1"), OnRoad(0, 0.0, 0.0))])["d1"][0] == "a"


def test_who_gives_up_holds_no_space_and_has_taken_none() -> None:
    told = guidance({"a": 1, "b": 0, "c": 0})
    one = search("d0")
    told.first(one, OnRoad(0, 0.0, 0.0))
    told.ended(one, 25_260.0)
    assert told.all([(search("d1"), OnRoad(0, 0.0, 0.0))])["d1"][0] == "a"


def test_who_finds_a_car_park_full_knows_those_around() -> None:
    rows = list(car_park_rows(list(PARKS.values()), {name: [name, "b"] for name in PARKS}))
    assert sum("<parkingArea " in row for row in rows) == 3
    assert '<rerouter id="search-c" edges="e8">' in rows[-1]
    assert 'visible="false"' in rows[-1]


def test_orders_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="together at most 1"):
        Shares(0.8, 0.3)
    with pytest.raises(InvalidInputError, match="fill above 0"):
        ParkingOrder(RunSettings("newtown"), Arm.BLIND, fill=0.0)
    assert [Shares(0.5, 0.3).of(draw) for draw in (0.49, 0.79, 0.81)] == list(Follows)
