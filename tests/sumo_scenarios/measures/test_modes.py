"""Delay by who travels: cars, buses, bicycles, people on foot, worked out by hand."""

import pytest

from sumo_scenarios.measures.people import Passenger, person_figures
from sumo_scenarios.measures.records import Records, Rider, Walker
from sumo_scenarios.measures.vehicle_types import VehicleType
from sumo_scenarios.measures.vehicles import bicycle_figures, bus_delay_figures
from sumo_scenarios.score import Trip, score_trips

TYPES = {"car": VehicleType(), "bus": VehicleType("bus"), "ebike": VehicleType("bicycle")}


def records(delays_s: list[tuple[str, float]], walks_s: tuple[float, ...] = ()) -> Records:
    riders = tuple(
        Rider(f"{k}", kind, "", 0.0, 1.0, Trip(0.0, delay_s, 0.0, 100.0, 1000.0, 0.0, 0.0, True, True), "")
        for k, (kind, delay_s) in enumerate(delays_s)
    )
    walkers = tuple(Walker(f"{k}", lost_s) for k, lost_s in enumerate(walks_s))
    return Records(riders, walkers, {}, score_trips(tuple(rider.trip for rider in riders), {}))


def test_persons_are_weighed_by_what_they_travel_in() -> None:
    """The time lost on foot is the one that is given: SUMO's of the records knows finished walks only."""
    found = person_figures(
        records([("car", 40.0), ("bus", 20.0), ("ebike", 10.0), ("ebike", 30.0)], (5.0, 15.0)),
        TYPES,
        {"0": 7.0, "1": 15.0},
    )
    lost_s = 1.3 * 40 + 30 * 20 + 10 + 30 + 7 + 15
    assert found["person_delay_s"] == pytest.approx(lost_s / (1.3 + 30 + 2 + 2), abs=1e-3)
    assert found["person_delay_total_h"] == pytest.approx(lost_s / 3600, abs=1e-4)
    assert found["pedestrian_loss_s"] == pytest.approx(10.0) and found["pedestrian_delay_s"] == pytest.approx(11.0)
    assert found["person_delay_counted_s"] is None and found["passengers"] is None


def test_simulated_passengers_are_counted_in_place_of_assumed_ones() -> None:
    rides = (Passenger(20.0, 60.0, True), Passenger(4.0, 30.0, True), Passenger(0.0, 90.0, False))
    found = person_figures(
        records([("car", 40.0), ("bus", 20.0)], (5.0, 5.0, 5.0)), TYPES, dict.fromkeys("012", 5.0), rides
    )
    assert found["person_delay_counted_s"] == pytest.approx((1.3 * 40 + 24 + 15) / (1.3 + 3), abs=1e-3)
    assert found["passengers"] == 3 and found["passenger_delay_s"] == pytest.approx(12.0)
    assert found["passenger_wait_s"] == pytest.approx(60.0) and found["passenger_wait_p95_s"] == pytest.approx(90.0)


def test_bicycles_are_told_apart_from_motor_vehicles() -> None:
    found = bicycle_figures(records([("car", 40.0), ("bus", 20.0), ("ebike", 10.0), ("ebike", 31.0)]), TYPES)
    assert found["bicycles"] == 2
    assert found["bicycle_delay_s"] == pytest.approx(20.5) and found["motor_delay_s"] == pytest.approx(30.0)


def test_where_nobody_rides_a_bicycle_nothing_is_said_of_it() -> None:
    found = bicycle_figures(records([("car", 40.0), ("unknown", 20.0)]), TYPES)
    assert len(found) == 5 and set(found.values()) == {None}
    assert bus_delay_figures(records([("car", 40.0)]), TYPES)["buses"] is None
