"""The compiled rollout against a slow one, vehicle by vehicle, on random junctions."""

import math

import numpy as np
import pytest

from optimiser import rollout_core
from optimiser.rollout import DELAYS_S
from tests.optimiser.slow_rollout import PERMISSIVE, PROTECTED, Change, Move, Rules, Town, cost_of
from tests.optimiser.towns import Compiled, compiled, drawn_town, random_town, view_of

SEEDS = range(160)
EVERY_STAGE = 16


def fast_cost(arrays: Compiled, draw: int, stage: int, target: int, delay_s: int, bound: float = math.inf) -> float:
    start = np.array([stage, target, delay_s], dtype=np.int64)
    parts = (arrays.geometry, arrays.stages, arrays.seen, arrays.rules, arrays.work)
    return float(rollout_core.simulate(*parts, draw, start, bound))


def candidates(town: Town, stage: int) -> list[tuple[int, int]]:
    others = [s for s in sorted(town.allowed) if s != stage]
    return [(stage, 0), *((other, delay_s) for delay_s in DELAYS_S for other in others)]


def evaluated(arrays: Compiled, stage: int, late_stages: int = EVERY_STAGE) -> list[tuple[int, float, float]]:
    """Return what `evaluate` fills in; the rows start as zeros, as a new controller's do."""
    n_draws = arrays.seen.drawn.shape[0]
    out = np.zeros((1 + arrays.stages.right.shape[0] * len(DELAYS_S), 3))
    n = rollout_core.evaluate(
        arrays.geometry, arrays.stages, arrays.seen, arrays.rules, arrays.work,
        stage, np.array(DELAYS_S, dtype=np.int64), late_stages, np.zeros(3, dtype=np.int64), np.zeros((2, n_draws)), out,
    )  # fmt: skip
    return [(int(s), d, c) for s, d, c in out[:n].tolist()]


@pytest.mark.parametrize("block", range(8))
def test_simulate_costs_what_the_slow_rollout_costs(block: int) -> None:
    for seed in SEEDS[block::8]:
        town = random_town(seed)
        arrays = compiled(town)
        stage = seed % len(town.rights)
        for target, delay_s in candidates(town, stage)[:: 1 + seed % 4]:
            expected = cost_of(town, stage, target, delay_s)
            found = fast_cost(arrays, 0, stage, target, delay_s)
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-6), (seed, stage, target, delay_s)


def test_a_bound_only_cuts_off_what_is_above_it() -> None:
    for seed in SEEDS[:40]:
        town = random_town(seed)
        arrays = compiled(town)
        target, delay_s = candidates(town, 0)[-1]
        cost = fast_cost(arrays, 0, 0, target, delay_s)
        assert fast_cost(arrays, 0, 0, target, delay_s, cost) == cost
        assert fast_cost(arrays, 0, 0, target, delay_s, cost / 2) >= cost / 2


@pytest.mark.parametrize("block", range(4))
def test_evaluate_finds_the_cheapest_of_all_candidates(block: int) -> None:
    for seed in SEEDS[block:80:4]:
        town = random_town(seed)
        stage = seed % len(town.rights)
        arrays = compiled(town, draws=1, view=view_of(town, known=False, presence=0.9))
        rows = evaluated(arrays, stage)
        drawn = drawn_town(town, arrays, 0)
        brute = [cost_of(drawn, stage, s, d) for s, d in candidates(town, stage)]
        assert [row[:2] for row in rows] == candidates(town, stage), seed
        assert min(row[2] for row in rows) == pytest.approx(min(brute), rel=1e-9, abs=1e-6), seed
        best = min(range(len(rows)), key=lambda i: rows[i][2])
        assert brute[best] == pytest.approx(min(brute), rel=1e-9, abs=1e-6), seed


def test_evaluate_averages_over_the_draws() -> None:
    """With many draws a candidate may be dropped early; what is chosen is within the documented tolerance."""
    for seed in SEEDS[:24]:
        town = random_town(seed)
        arrays = compiled(town, draws=8, view=view_of(town, known=False))
        rows = evaluated(arrays, 0)
        draws = [drawn_town(town, arrays, d) for d in range(8)]
        chosen = min(rows, key=lambda row: row[2])
        mean = sum(cost_of(draw, 0, chosen[0], chosen[1]) for draw in draws) / 8
        assert chosen[2] == pytest.approx(mean, rel=1e-9, abs=1e-6), seed
        for s, d in candidates(town, 0)[:: 1 + len(rows) // 6]:
            other = sum(cost_of(draw, 0, s, d) for draw in draws) / 8
            assert mean <= other * rollout_core.WORSE + rollout_core.WORSE_BY, (seed, s, d)


def test_only_the_best_stages_are_tried_late() -> None:
    for seed in SEEDS[:40]:
        town = random_town(seed)
        rows = evaluated(compiled(town), 0, late_stages=1)
        at_once = [row for row in rows[1:] if row[1] == 0.0]
        late = {row[0] for row in rows if row[1] > 0.0}
        if at_once:
            assert late == {min(at_once, key=lambda row: (row[2], row[0]))[0]}, seed
            assert len(rows) == 1 + len(at_once) + len(DELAYS_S) - 1


def crossroads(lanes: list[list[tuple[float, int | None]]], **changes: object) -> Town:
    """Return two roads; movement 1 is the left turn of the first that yields to movement 2 opposite."""
    moves = [
        Move(0, 0, 0, [], False), Move(1, 1, 1, [2], True), Move(2, 0, 2, [], False), Move(3, 2, 3, [], False),
    ]  # fmt: skip
    rights = [[PROTECTED, PERMISSIVE, 0], [0, 0, PROTECTED]]
    there, back = (
        Change([3.0, 3.0, math.inf], [0.0, 0.0, 6.0], 6.0),
        Change([math.inf, math.inf, 3.0], [6.0, 6.0, 0.0], 6.0),
    )
    stay = Change([math.inf] * 3, [0.0] * 3, 0.0)
    town = Town(
        moves, rights, {(0, 0): stay, (1, 1): stay, (0, 1): there, (1, 0): back}, [5.0, 5.0], {0, 1}, lanes,
        [False] * 4, [2.0] * 4, [1e6] * 4, Rules(),
    )  # fmt: skip
    return Town(**{**vars(town), **changes})


def both(town: Town, target: int, delay_s: int) -> float:
    found = fast_cost(compiled(town), 0, 0, target, delay_s)
    assert found == pytest.approx(cost_of(town, 0, target, delay_s))
    return found


def test_a_queue_leaves_a_headway_apart() -> None:
    assert both(crossroads([[(0.0, 0)] * 4, [], [], []]), 0, 0) == 0 + 2 + 4 + 6


def test_who_waits_for_a_change_pays_for_intergreen_and_start_up() -> None:
    assert both(crossroads([[], [], [], [(0.0, 3)]]), 1, 4) == 4 + 6 + 1


def test_who_is_left_at_the_horizon_pays_a_charge() -> None:
    assert both(crossroads([[], [], [], [(2.0, 3)]]), 0, 0) == 60 - 2 + 10


def test_who_waits_inside_leaves_at_the_next_gap_even_if_nobody_else_is_left() -> None:
    """The opposite vehicle goes at 2 s; the second that begins 1.5 s later or more is the fourth."""
    assert both(crossroads([[], [(0.0, 1)], [(2.0, 2)], []]), 0, 0) == 4.0


def test_who_waited_for_room_has_waited() -> None:
    town = crossroads([[(0.0, 0)], [], [], []], room_veh=[0.1, 1e6, 1e6, 1e6])
    assert both(town, 0, 0) == 7.0  # 0.1 + 8 · 0.12 reaches 1 in the second that begins at 7 s


def test_who_has_to_yield_without_a_place_to_wait_goes_after_the_other() -> None:
    town = crossroads([[], [(0.0, 1)], [(2.0, 2)], []])
    town.moves[1].two_step = False
    assert both(town, 0, 0) == 4.0


def test_a_stuck_lane_moves_only_after_a_change() -> None:
    town = crossroads([[(0.0, 0)], [], [], [(0.0, 3)]], stuck=[True, False, False, False])
    assert both(town, 0, 0) == 2 * 70
