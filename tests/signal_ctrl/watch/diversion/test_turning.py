"""Turning flows from road flows, and who passes a road, against random walks."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.diversion.passing import Passing, passing_of
from signal_ctrl.watch.diversion.turning import turning_of
from tests.signal_ctrl.watch.diversion.small_town import FLOWS, flows, town


def by_turn(values: np.ndarray) -> dict[tuple[str, str], float]:  # type: ignore[type-arg]
    return {(t.from_road, t.to_road): float(v) for t, v in zip(town().turns, values, strict=True)}


def test_counts_that_fit_give_the_turns_that_they_leave_no_choice_for() -> None:
    found = by_turn(turning_of(town(), flows(town())).flow_veh_h)
    wanted = {("a", "b"): 500, ("a", "up"): 100, ("up", "over"): 100, ("in", "over"): 100, ("b", "c"): 500}
    wanted |= {("over", "down"): 50, ("over", "out"): 150, ("down", "c"): 50}
    assert found == pytest.approx(wanted, rel=1e-3)


@given(st.lists(st.floats(0, 2000), min_size=8, max_size=8))
@settings(max_examples=60, deadline=None)
def test_turns_never_take_more_than_a_road_has_nor_bring_more_than_one_carries(values: list[float]) -> None:
    turning = turning_of(town(), values)
    out = np.bincount(turning.tail, weights=turning.flow_veh_h, minlength=8)
    into = np.bincount(turning.head, weights=turning.flow_veh_h, minlength=8)
    assert (out <= np.array(values) * 1.001 + 1e-6).all()
    assert (into <= np.array(values) * 1.001 + 1e-6).all() or (out <= np.array(values) + 1e-6).all()
    assert np.isfinite(turning.share).all()
    assert ((turning.ends >= 0) & (turning.ends <= 1)).all()


def test_a_road_that_nobody_counts_is_filled_from_the_roads_before_it() -> None:
    values = flows(town())
    values[town().index["over"]] = np.nan
    found = turning_of(town(), values)
    assert found.road_veh_h[town().index["over"]] == pytest.approx(200.0, rel=0.05)


def test_flows_that_do_not_fit_the_network_are_refused() -> None:
    for wrong in ([1.0], [-1.0] * 8):
        with pytest.raises(InvalidInputError, match="one flow a road"):
            turning_of(town(), wrong)


def passing() -> Passing:
    return passing_of(town(), turning_of(town(), flows(town())), "b")


def test_the_chance_to_pass_a_road_is_that_of_random_walks() -> None:
    network, found, dice = town(), passing(), random.Random(4)
    t = found.turning

    def walks(road: int) -> bool:
        while True:
            if road == network.index["b"]:
                return True
            turns = [k for k in range(len(t.tail)) if t.tail[k] == road]
            weights = [float(t.share[k]) for k in turns]
            if dice.random() >= sum(weights):
                return False
            road = int(t.head[dice.choices(turns, weights)[0]])

    for name in ("a", "in", "up"):
        hits = sum(walks(network.index[name]) for _ in range(4000)) / 4000
        assert hits == pytest.approx(float(found.chance[network.index[name]]), abs=0.03)


def test_who_will_pass_it_goes_there_and_nobody_else_does() -> None:
    found = passing()
    assert by_turn(found.before)["a", "b"] == pytest.approx(1.0)
    assert by_turn(found.others)["a", "b"] == pytest.approx(0.0)
    assert by_turn(found.others)["a", "up"] == pytest.approx(1.0)


def test_behind_a_road_its_share_of_the_traffic_is_known() -> None:
    found = passing()
    assert found.behind[town().index["c"]] == pytest.approx(FLOWS["b"] / FLOWS["c"], rel=1e-3)
    assert found.behind[town().index["out"]] == 0.0


def test_branches_share_out_all_who_pass() -> None:
    branches = passing_of(town(), turning_of(town(), flows(town())), "over").branches()
    assert sum(branch.share for branch in branches) == pytest.approx(1.0)
    ends = {town().roads[branch.roads[-1]].road: branch.share for branch in branches}
    assert ends == pytest.approx({"out": 0.75, "c": 0.25}, rel=1e-3)
