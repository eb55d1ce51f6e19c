"""Spillback: a full exit, a lane that waits at green, little outflow; none of them alone."""

import pytest

from detectors.estimation.spillback import HeldLane, covered_s, joined, spillbacks

GREEN = [(0.0, 40.0)]
WAITS = [(0.0, 38.0)]
FULL = [(-50.0, 60.0)]
FLOWS = [(2.0 * k, 2.0 * k + 1.5) for k in range(20)]
FREE: list[tuple[float, float]] = []


def test_all_three_together_are_a_spillback() -> None:
    assert spillbacks(HeldLane(GREEN, WAITS, FULL, 0.5)) == [(0.0, 40.0)]


@pytest.mark.parametrize(
    ("greens", "stop", "exit_"),
    [(GREEN, FLOWS, FULL), (GREEN, WAITS, FREE), (GREEN, FREE, FULL), ([(0.0, 5.0)], WAITS, FULL), ([], WAITS, FULL)],
    ids=["it leaves", "the exit is free", "nobody waits", "too short a green", "red"],
)
def test_one_of_them_missing_is_none(
    greens: list[tuple[float, float]], stop: list[tuple[float, float]], exit_: list[tuple[float, float]]
) -> None:
    assert spillbacks(HeldLane(greens, stop, exit_, 0.5)) == []


def test_it_ends_when_the_exit_moves() -> None:
    stop = [(0.0, 20.0), *[(20.5 + 2 * k, 21.8 + 2 * k) for k in range(9)]]
    (found,) = spillbacks(HeldLane(GREEN, stop, [(-10.0, 20.0)], 0.5))
    assert found[0] == 0.0
    assert 18.0 <= found[1] <= 26.0


def test_spans_are_joined_and_covered_in_part() -> None:
    assert joined([(5.0, 8.0), (0.0, 5.0), (9.0, 10.0)]) == [(0.0, 8.0), (9.0, 10.0)]
    assert covered_s([(0.0, 4.0), (6.0, 20.0)], 2.0, 10.0) == 6.0
