"""The flow model against what a queue of one road has to do, and against itself: nobody is lost."""

import numpy as np
import pytest

from signal_ctrl.watch.diversion.flow_model import RECOVERY_S, USABLE, Advice, Course, FlowModel
from signal_ctrl.watch.diversion.passing import passing_of
from signal_ctrl.watch.diversion.turning import turning_of
from tests.signal_ctrl.watch.diversion.small_town import flows, town

INDEX = town().index
ROUND = tuple(INDEX[name] for name in ("a", "up", "over", "down", "c"))


def model(road: str = "b", turn_veh_h: np.ndarray | None = None) -> FlowModel:  # type: ignore[type-arg]
    network = town()
    return FlowModel(network, passing_of(network, turning_of(network, flows(network)), road), turn_veh_h)


def test_without_a_limit_nobody_queues() -> None:
    found = model().run(Course(1.0, 1800.0))
    free = sum(flow * road.free_time_s for flow, road in zip(flows(town()), town().roads, strict=True)) / 3600
    assert found.total_veh_h == pytest.approx(free * (1800.0 + RECOVERY_S) / 3600, rel=0.03)
    assert found.outside_veh_h == pytest.approx(0.0, abs=1e-6)


def test_a_short_closure_costs_what_the_queue_of_one_road_costs() -> None:
    """Arrivals 500 veh/h for 300 s and a discharge at capacity: the area of a triangle, as long as there is room."""
    one, lasts_s = model(), 300.0
    delay = one.run(Course(0.0, lasts_s)).total_veh_h - one.run(Course(1.0, lasts_s)).total_veh_h
    arrivals, leaves = 500 / 3600, 1200 * USABLE / 3600
    queue = arrivals * lasts_s
    wanted = (queue * lasts_s / 2 + queue * queue / (leaves - arrivals) / 2) / 3600
    assert delay == pytest.approx(wanted, rel=0.08)


def test_a_long_closure_spills_back_and_holds_those_who_want_elsewhere() -> None:
    one = model()
    found = one.run(Course(0.0, 1800.0))
    assert found.queue_veh[INDEX["b"]] == pytest.approx(one.room_veh[INDEX["b"]], rel=0.15)
    assert found.queue_veh[INDEX["a"]] > 20
    usual = one.run(Course(1.0, 1800.0))
    assert found.turn_veh_h[1] < usual.turn_veh_h[1] - 10  # a to up: not closed, but those before stand in the way


def test_who_follows_a_sign_takes_the_way_and_the_others_stand() -> None:
    one = model()
    advised = one.run(Course(0.0, 1800.0, 0.4), [Advice(ROUND, 1.0)])
    nobody = one.run(Course(0.0, 1800.0, 0.4))
    assert advised.way_veh_h[0] == pytest.approx(0.4 * 500, rel=0.15)
    assert advised.total_veh_h < nobody.total_veh_h
    more = one.run(Course(0.0, 1800.0, 0.8), [Advice(ROUND, 1.0)])
    assert more.total_veh_h < advised.total_veh_h


def test_a_way_without_capacity_moves_the_jam_and_the_model_sees_it() -> None:
    turns = np.full(len(town().turns), np.nan)
    turns[[k for k, t in enumerate(town().turns) if t.from_road == "down"]] = 60.0
    wide, narrow = model(), model("b", turns)
    course, advice = Course(0.0, 1800.0, 0.6), [Advice(ROUND, 1.0)]
    assert narrow.run(course, advice).queue_veh[INDEX["down"]] > 10 * wide.run(course, advice).queue_veh[INDEX["down"]]


def test_more_green_for_the_time_lets_more_through() -> None:
    turns = np.full(len(town().turns), np.nan)
    down = [k for k, t in enumerate(town().turns) if t.from_road == "down"]
    turns[down] = 60.0
    better = turns.copy()
    better[down] = 600.0
    one, advice = model("b", turns), [Advice(ROUND, 1.0)]
    before = one.run(Course(0.0, 1800.0, 0.6), advice)
    after = one.run(Course(0.0, 1800.0, 0.6, better), advice)
    assert after.total_veh_h < before.total_veh_h - 1.0


def test_a_road_that_is_half_open_costs_less_than_one_that_is_closed() -> None:
    one = model()
    costs = [one.run(Course(left, 1800.0)).total_veh_h for left in (0.0, 0.2, 0.4, 1.0)]
    assert costs == sorted(costs, reverse=True)
