"""Smallest conflicts: what is named cannot hold together, and any one less can."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from optimiser.conflict_set import smallest_conflict
from optimiser.cycle_split import StageCycle, Streams, shortest_cycle_s
from optimiser.split_limits import CYCLE, STAGE, STREAM, Limit, conflicting_limits


@given(st.lists(st.frozensets(st.integers(0, 6), min_size=1, max_size=3), max_size=5))
def test_the_filter_leaves_an_irreducible_set(forbidden: list[frozenset[int]]) -> None:
    def feasible(some: Sequence[int]) -> bool:
        return not any(bad <= set(some) for bad in forbidden)

    found = smallest_conflict(range(7), feasible)
    assert bool(found) == bool(forbidden)
    assert not found or not feasible(found)
    assert all(feasible([other for other in found if other != one]) for one in found)


def signal(y: list[float], served: list[list[int]], least_s: list[float]) -> tuple[Streams, StageCycle]:
    saturation = np.full(len(y), 0.5)
    weight = np.array(served, dtype=float)
    streams = Streams(np.array(y) * saturation, saturation, np.arange(len(y)), weight)
    return streams, StageCycle(tuple(range(len(least_s))), weight, np.full(len(y), -4.0), np.array(least_s))


def test_minimums_that_pass_the_cycle_limit_are_named_alone() -> None:
    """Splits of 10, 25 and 30 s against 50 s: the last two are enough, and the first goes out."""
    streams, cycle = signal([0.1, 0.1, 0.1], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [10.0, 25.0, 30.0])
    assert conflicting_limits(streams, cycle, 50.0, None) == (Limit(STAGE, 1), Limit(STAGE, 2), Limit(CYCLE))
    assert conflicting_limits(streams, cycle, 65.0, None) == ()


def test_movements_that_need_more_than_there_is() -> None:
    """y 0.5 and 0.45 at 0.9 cannot be held by any cycle; the third has nothing to do with it."""
    streams, cycle = signal([0.5, 0.45, 0.05], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [5.0, 5.0, 5.0])
    assert conflicting_limits(streams, cycle, 120.0, 0.9) == (Limit(STREAM, 0), Limit(STREAM, 1))
    streams, cycle = signal([0.40, 0.40, 0.05], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [5.0, 5.0, 20.0])
    found = conflicting_limits(streams, cycle, 90.0, 0.9)
    assert set(found) == {Limit(STREAM, 0), Limit(STREAM, 1), Limit(STAGE, 2), Limit(CYCLE)}


def all_can_hold(streams: Streams, cycle: StageCycle, limits: Sequence[Limit]) -> bool:
    """Ask scipy for splits that keep some limits, target 0.9 and a cycle of 90 s among them."""
    rows, bounds = [], []
    for kind, place in limits:
        if kind == STREAM:  # served splits + gain >= y / 0.9 of the whole cycle
            rows.append(streams.flow_ratio[place] / 0.9 - cycle.served[place])
            bounds.append(cycle.gained_s[place])
    if Limit(CYCLE) in limits:
        rows.append(np.ones(len(cycle.stages)))
        bounds.append(90.0 + 1e-7)
    least = {place: cycle.least_s[place] for kind, place in limits if kind == STAGE}
    splits = [(least.get(k, 0.0), None) for k in range(len(cycle.stages))]
    if not rows:
        return True
    return bool(linprog(np.zeros(len(splits)), np.array(rows), np.array(bounds), bounds=splits).status == 0)


flows = st.lists(st.floats(0.01, 0.6), min_size=3, max_size=5)


@given(flows, st.lists(st.integers(1, 7), min_size=5, max_size=5), st.lists(st.floats(3, 40), min_size=3, max_size=3))
def test_there_is_a_conflict_exactly_if_no_cycle_is_short_enough(
    y: list[float], masks: list[int], least_s: list[float]
) -> None:
    served = [[mask >> j & 1 for j in range(3)] for mask in masks[: len(y)]]
    streams, cycle = signal(y, served, least_s)
    shortest_s = shortest_cycle_s(streams, cycle, 0.9)
    if abs(shortest_s - 90.0) < 1e-6:
        return
    found = conflicting_limits(streams, cycle, 90.0, 0.9)
    if not found:
        assert all_can_hold(streams, cycle, [Limit(STAGE, k) for k in range(3)] + [Limit(CYCLE)])
    else:
        assert not all_can_hold(streams, cycle, found)
        assert all(all_can_hold(streams, cycle, [one for one in found if one != less]) for less in found)
    assert bool(found) == (shortest_s > 90.0)
    assert len(set(found)) == len(found)
