import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.guidance.guide import guide
from signal_ctrl.parking.guidance.inflow import PlannedTrip, planned_inflow
from tests.signal_ctrl.parking.guidance.towns import costs, lot, request, sure


def test_guided_drivers_are_counted_by_road_turn_and_five_minutes() -> None:
    worth = costs(20, [lot("far", 18.5)], [sure(9.0)])
    way = guide([request("d", 0.0, 18.0)], worth).answers[0].way
    assert way is not None
    found = planned_inflow([PlannedTrip("d", way, 0.0, 0.5), PlannedTrip("e", way, 600.0)], worth.places.network)
    road_s = worth.places.network.roads[0].free_time_s
    assert found.entering["e0", 0] == pytest.approx(0.5)
    assert found.entering["e0", int((600 + road_s) // 300)] == pytest.approx(1.0)
    assert found.turning["e0", "e1", 0] == pytest.approx(0.5)
    assert sum(found.entering.values()) == pytest.approx(19 * 1.5)
    assert sum(found.turning.values()) == pytest.approx(18 * 1.5)
    assert {road for road, _ in found.entering} == {f"e{k}" for k in range(19)}
    with pytest.raises(InvalidInputError):
        PlannedTrip("d", way, 0.0, 1.5)


def test_who_comes_later_than_in_an_hour_is_left_out() -> None:
    worth = costs(20, [lot("far", 18.5)], [sure(9.0)])
    way = guide([request("d", 0.0, 18.0)], worth).answers[0].way
    assert way is not None
    assert not planned_inflow([PlannedTrip("d", way, 3600.0)], worth.places.network).entering
