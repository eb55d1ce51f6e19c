"""Draws of turns: the same for a vehicle at every decision, and its lane's shares over all draws."""

import itertools

import pytest

from optimiser.rollout_draws import stratified, uniform
from tests.optimiser import slow_draws

KEYS = [*range(40), 2**31 + 11, 2**32 - 1]


def test_numbers_are_those_of_the_slow_drawing() -> None:
    for key, draw in itertools.product(KEYS, range(8)):
        assert uniform(key, draw) == slow_draws.number(key, draw)
        assert stratified(key, draw, 8) == slow_draws.place(key, draw, 8)


def test_numbers_are_even() -> None:
    numbers = [uniform(key, draw) for key in range(1000) for draw in range(4)]
    tenths = [sum(k <= 10 * x < k + 1 for x in numbers) for k in range(10)]
    assert min(tenths) > 300
    assert max(tenths) < 500


@pytest.mark.parametrize("n_draws", [1, 2, 4, 8, 16, 32, 64])
def test_every_part_is_met_once(n_draws: int) -> None:
    """Over the draws of a vehicle, shares that are whole n-ths are met exactly."""
    for key in KEYS:
        parts = sorted(int(stratified(key, draw, n_draws) * n_draws) for draw in range(n_draws))
        assert parts == list(range(n_draws)), key


def test_vehicles_differ() -> None:
    orders = {tuple(int(stratified(key, draw, 8) * 8) for draw in range(8)) for key in range(100)}
    assert len(orders) > 15
