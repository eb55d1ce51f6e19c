"""Cycle and splits: critical path with overlaps against enumeration, least delay against every split there is."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.cycle_split import (
    StageCycle,
    Streams,
    best_splits_s,
    critical_path,
    least_split_s,
    mean_delay_s,
    reserve_splits_s,
    rounded_s,
    shortest_cycle_s,
    stage_cycle,
    webster_start_s,
)
from optimiser.webster import practical_cycle_s, webster_cycle_s
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.acceptance import rehearse
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.kernel.small_sites import LEFT, LEFT_STAGE, MAIN, MAIN_STAGE, SIDE, SIDE_STAGE, crossroads

SITE = crossroads()
TABLES = stage_tables(Kernel(SITE))
ALL = (MAIN_STAGE, LEFT_STAGE, SIDE_STAGE)


def streams_of(y: list[float], weight: list[list[float]]) -> Streams:
    saturation = np.full(len(y), 0.5)
    return Streams(np.array(y) * saturation, saturation, np.arange(len(y)), np.array(weight, dtype=float))


def cycle_of(served: list[list[float]], lost_s: float, least_s: float = 0.0) -> StageCycle:
    n = len(served[0])
    return StageCycle(tuple(range(n)), np.array(served), np.full(len(served), -lost_s), np.full(n, least_s))


def test_without_overlaps_the_critical_path_is_websters() -> None:
    streams = streams_of([0.30, 0.10, 0.25], [[1, 0], [1, 0], [0, 1]])
    cycle = cycle_of([[1, 0], [1, 0], [0, 1]], 4.0)
    critical = critical_path(streams, cycle)
    assert (critical.y, critical.lost_s) == (pytest.approx(0.55), pytest.approx(8.0))
    assert webster_start_s(streams, cycle, (30.0, 120.0)) == pytest.approx(webster_cycle_s(8.0, 0.55))
    assert shortest_cycle_s(streams, cycle, 0.9) == pytest.approx(practical_cycle_s(8.0, 0.55, 0.9))


def test_an_overlap_is_not_counted_per_stage() -> None:
    """Streams of stages 1; 1+2; 2+3; 3 with 0.2, 0.4, 0.3, 0.25: 1+2 and 3 make 0.65, the largest per stage 0.95."""
    served = [[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]]
    streams = streams_of([0.20, 0.40, 0.30, 0.25], served)
    assert critical_path(streams, cycle_of(served, 3.0)).y == pytest.approx(0.65)
    assert critical_path(streams, cycle_of(served, 3.0)).lost_s == pytest.approx(6.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.floats(0.01, 0.3)), min_size=1, max_size=7))
@settings(max_examples=40)
def test_the_critical_path_is_the_heaviest_set_of_disjoint_runs(rows: list[tuple[int, int, float]]) -> None:
    """Runs of stages that do not go over the end of the cycle: the linear program has a chain as its dual."""
    spans = [(a, min(a + n, 4), y) for a, n, y in rows]
    served = [[1.0 if a <= j < b else 0.0 for j in range(4)] for a, b, _ in spans]
    heaviest = max(
        sum(y for _, _, y in chosen)
        for size in range(1, len(spans) + 1)
        for chosen in itertools.combinations(spans, size)
        if all(x[1] <= z[0] or z[1] <= x[0] for x, z in itertools.combinations(chosen, 2))
    )
    streams = streams_of([y for _, _, y in spans], served)
    assert critical_path(streams, cycle_of(served, 2.0)).y == pytest.approx(heaviest)


def test_most_reserve_loads_the_critical_streams_alike() -> None:
    served = [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    streams = streams_of([0.10, 0.36, 0.24], served)
    cycle = cycle_of(served, 4.0, 5.0)
    splits_s = reserve_splits_s(streams, cycle, 68.0)
    green_s = cycle.served @ splits_s + cycle.gained_s
    assert splits_s.sum() == pytest.approx(68.0)
    assert green_s[1] / 0.36 == pytest.approx(green_s[2] / 0.24) == pytest.approx(100.0)
    with pytest.raises(InvalidInputError, match="too short"):
        reserve_splits_s(streams, cycle, 14.0)


def test_best_splits_are_the_best_of_all() -> None:
    weight = [[1, 0, 0], [0.4, 1, 0], [0, 0, 1]]
    streams = streams_of([0.25, 0.12, 0.30], weight)
    cycle = cycle_of(weight, 4.0, 8.0)
    found = best_splits_s(streams, cycle, 60)
    costs_s = {
        (a, b): mean_delay_s(streams, cycle, np.array([a, b, 60.0 - a - b]))
        for a in range(8, 45)
        for b in range(8, 45)
        if 60 - a - b >= 8
    }
    assert mean_delay_s(streams, cycle, found) == pytest.approx(min(costs_s.values()))


@pytest.mark.parametrize("stages", list(itertools.permutations(ALL)))
def test_least_splits_are_the_least_that_the_kernel_keeps(stages: tuple[int, int, int]) -> None:
    befores = (stages[-1], *stages[:-1])
    least_s = [least_split_s(SITE, TABLES, a, b) for a, b in zip(befores, stages, strict=True)]
    plenty_s = [max(s, 11.0) for s in least_s]
    for place, split_s in enumerate(least_s):
        splits_s = plenty_s.copy()
        splits_s[place] = split_s
        assert rehearse(Kernel(SITE), stages, tuple(int(10 * s) for s in splits_s)) == ()
        splits_s[place] = split_s - 1
        assert rehearse(Kernel(SITE), stages, tuple(int(10 * s) for s in splits_s)) != ()


def test_greens_of_a_stage_cycle_are_those_of_the_kernel() -> None:
    """Main 20, left 15, side 15 s: main is green 5.0-27.5, side 39-50, the left turn 5.5-35 (see the acceptance).

    Starting up loses 2 s of each green.
    """
    right = np.array([[int(r) >= 2 for r in stage.rights] for stage in SITE.stages])
    streams = Streams(
        np.full(3, 0.1), np.full(3, 0.5), np.array([MAIN, SIDE, LEFT]), right[:, [MAIN, SIDE, LEFT]].T * 1.0
    )
    cycle = stage_cycle(SITE, TABLES, streams, ALL)
    assert cycle.served @ np.array([20.0, 15.0, 15.0]) + cycle.gained_s == pytest.approx([22.5 - 2, 11.0 - 2, 29.5 - 2])


def test_a_stream_without_green_is_named() -> None:
    streams = streams_of([0.2, 0.2], [[1, 0], [0, 0]])
    cycle = cycle_of([[1, 0], [0, 0]], 3.0)
    for call in (lambda: critical_path(streams, cycle), lambda: reserve_splits_s(streams, cycle, 60.0)):
        with pytest.raises(InvalidInputError, match="no green"):
            call()
    assert math.isinf(shortest_cycle_s(streams, cycle, 0.9))


@given(st.lists(st.floats(1.0, 60.0), min_size=2, max_size=6), st.integers(0, 9))
def test_rounding_keeps_cycle_and_least(splits_s: list[float], least: int) -> None:
    least_s = np.full(len(splits_s), float(least))
    cycle_s = max(round(sum(splits_s)), least * len(splits_s))
    found = rounded_s(splits_s, least_s, cycle_s)
    assert found.sum() == cycle_s
    assert np.all(found >= least_s)
    assert np.all(found == np.rint(found))


def test_a_signal_without_demand_has_a_plan_too() -> None:
    streams = streams_of([0.0, 0.0], [[1, 0], [0, 1]])
    cycle = cycle_of([[1, 0], [0, 1]], 4.0, 8.0)
    assert reserve_splits_s(streams, cycle, 60.0).tolist() == [30.0, 30.0]
    assert best_splits_s(streams, cycle, 60).tolist() == [30.0, 30.0]
    assert shortest_cycle_s(streams, cycle, 0.9) == 16.0
    assert critical_path(streams, cycle).y == 0.0
