"""Draws of turns: the same for a vehicle at every decision, and its lane's shares over all draws."""

import itertools

import numpy as np
import pytest

from optimiser.rollout_draws import draw_all, stratified, uniform
from optimiser.rollout_model import ABSENT
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


@pytest.mark.parametrize("n_draws", [2, 4, 8])
def test_who_comes_at_several_times_is_there_once_in_each_draw(n_draws: int) -> None:
    """Two places on one lane and two on another: one of the four in each draw, each in a quarter of them."""
    shape = (2, 3)
    share_from = np.array([[0.0, 0.25, -1.0], [0.5, 0.75, -1.0]])
    presence = np.array([[0.25, 0.25, 1.0], [0.25, 0.25, 1.0]])
    key = np.array([[5, 5, 6], [5, 5, 7]], dtype=np.int64)
    drawn = np.full((n_draws, *shape), ABSENT, dtype=np.int64)
    lanes = np.array([[0], [1]], dtype=np.int64)
    draw_all(
        np.array([3, 3]), np.full(shape, -1), presence, share_from, key, np.zeros(2, dtype=np.int64), np.ones(2),
        lanes, np.array([1, 1]), np.zeros(2, dtype=np.bool_), drawn,
    )  # fmt: skip
    there = drawn[:, :, :2] != ABSENT
    assert (there.sum(axis=(1, 2)) == 1).all()
    assert there.sum(axis=0).max() <= max(n_draws // 4, 1)
    assert (drawn[:, 0, 2] == 0).all() and (drawn[:, 1, 2] == 1).all()
