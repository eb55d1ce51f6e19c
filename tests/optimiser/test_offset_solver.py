"""Offsets by pairs against every combination there is."""

import itertools

import numpy as np
import pytest

from optimiser.offset_solver import downhill, pair_cost, solve_offsets
from signal_ctrl.domain.errors import InvalidInputError


def tables(seed: int, cycle: int, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], np.ndarray]:
    rng = np.random.default_rng(seed)
    return {pair: rng.random(cycle) * rng.uniform(0.1, 3.0) - 0.5 for pair in pairs}


@pytest.mark.parametrize("seed", range(3))
def test_a_ring_of_four_is_solved_to_the_optimum(seed: int) -> None:
    own = tables(seed, 9, [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)])
    found = solve_offsets(own, 4, 9, 20.0)
    best = min(pair_cost(own, (0, *rest), 9) for rest in itertools.product(range(9), repeat=3))
    assert found.proven
    assert found.gap == 0.0
    assert found.cost == pytest.approx(best, abs=1e-4)
    assert found.bound <= found.cost + 1e-9
    assert found.bound == pytest.approx(best, abs=1e-4)
    assert found.offsets_s[0] == 0


def test_the_same_tables_give_the_same_offsets() -> None:
    own = tables(5, 24, [(a, b) for a in range(7) for b in range(a + 1, 7)])
    first = solve_offsets(own, 7, 24, 0.5)
    assert solve_offsets(own, 7, 24, 0.5) == first
    assert 0 <= first.gap <= 1
    assert first.bound <= first.cost <= first.worst


def test_without_neighbours_every_offset_will_do() -> None:
    found = solve_offsets({}, 3, 60, 1.0)
    assert (found.offsets_s, found.cost, found.proven) == ((0, 0, 0), 0.0, True)


def test_parts_that_do_not_touch_start_at_zero_each() -> None:
    found = solve_offsets(tables(1, 12, [(0, 2), (1, 3)]), 4, 12, 5.0)
    assert found.offsets_s[:2] == (0, 0)
    assert found.proven


def test_tables_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="signals 0 and 1"):
        solve_offsets({(0, 1): np.zeros(5)}, 2, 6, 1.0)
    with pytest.raises(InvalidInputError, match="signals 0 and 1"):
        solve_offsets({(0, 1): np.full(6, np.nan)}, 2, 6, 1.0)
    with pytest.raises(InvalidInputError, match="time limit above 0"):
        solve_offsets({(0, 1): np.zeros(6)}, 2, 6, 0.0)


def test_however_short_the_time_the_answer_is_no_worse_than_downhill() -> None:
    own = tables(9, 48, [(a, b) for a in range(16) for b in range(a + 1, 16) if b - a in (1, 4)])
    near = downhill(own, 16, 48)
    found = solve_offsets(own, 16, 48, 1e-3)
    assert near[0] == 0
    assert pair_cost(own, near, 48) < pair_cost(own, (0,) * 16, 48)
    assert found.cost <= pair_cost(own, near, 48) + 1e-9
    assert found.bound <= found.cost
    for i, t in itertools.product(range(16), range(48)):
        moved = (*near[:i], t, *near[i + 1 :])
        assert pair_cost(own, moved, 48) >= pair_cost(own, near, 48) - 1e-9
