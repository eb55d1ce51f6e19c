"""Vehicles paired between two loops of a lane by their order."""

import pytest

from detectors.estimation.delays import delays_s, stop_loss_s

APART_M, FREE_MPS = 50.0, 10.0
GREEN = [(0.0, 1000.0)]
Passages = list[tuple[float, float]]


def at(times_s: list[float]) -> Passages:
    return [(time_s, time_s + 0.5) for time_s in times_s]


def test_a_vehicle_behind_a_gap_came_freely_and_those_before_are_paired_backwards() -> None:
    behind = [0.0, 2.0, 4.0, 30.0]
    ahead = at([20.0, 22.0, 24.0, 35.0])
    assert delays_s(behind, ahead, APART_M, FREE_MPS, GREEN) == pytest.approx([15.0, 15.0, 15.0, 0.0])


def test_a_vehicle_that_changed_lanes_is_set_right_at_the_next_gap() -> None:
    behind = [0.0, 4.0, 30.0, 40.0]  # the one in between came from the neighbouring lane
    ahead = at([20.0, 22.0, 24.0, 35.0, 45.0])
    found = delays_s(behind, ahead, APART_M, FREE_MPS, GREEN)
    assert found[0] is None
    assert found[1:] == pytest.approx([17.0, 15.0, 0.0, 0.0])


def test_at_red_a_gap_proves_nothing() -> None:
    behind = [0.0, 10.0]
    ahead = at([5.0, 40.0])
    assert delays_s(behind, ahead, APART_M, FREE_MPS, [(0.0, 8.0), (38.0, 60.0)]) == pytest.approx([0.0, 25.0])


def test_empty_loops_pair_nobody() -> None:
    assert delays_s([], at([1.0, 9.0]), APART_M, FREE_MPS, GREEN) == [None, None]
    assert delays_s([1.0], [], APART_M, FREE_MPS, GREEN) == []


def test_a_stop_costs_braking_and_picking_up_speed() -> None:
    assert stop_loss_s(12.0) == pytest.approx(5.0)
