"""Greedy and max-pressure: worked by hand on a junction of three lanes, four movements and three exits."""

import numpy as np
import pytest

from optimiser.controller import Situation
from optimiser.pressure import GreedyController, MaxPressureController, SlotSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Movement
from signal_ctrl.domain.view import JunctionView

# Lane 0 leads straight on (0) and left (1), lane 1 straight on (2), lane 2 by a lane without a lamp (3).
MOVES = (
    Movement(0, 0, 0, 0, 15.0, "s", ()), Movement(1, 1, 0, 1, 15.0, "l", ()),
    Movement(2, 2, 1, 2, 15.0, "s", ()), Movement(3, NONE, 2, 2, 15.0, "r", ()),
)  # fmt: skip
LANES = tuple(
    ApproachLane(f"in{k}", f"in{k}", 100.0, 13.9, own, (), False) for k, own in enumerate([(0, 1), (2,), (3,)])
)
EXITS = tuple(Exit(f"out{k}", 100.0, 13.9, "", NONE, 100.0) for k in range(3))
LAYOUT = JunctionLayout("J", LANES, MOVES, EXITS, (), ())
# Stage 0: straight on and left; stage 1: lane 1; stage 2: only the left turn; a stop arrow serves nobody.
RIGHTS = [[3, 2, 0], [0, 1, 3], [0, 3, 0]]
TABLES = StageTables(
    np.array(RIGHTS, dtype=np.int64), np.zeros((3, 3, 3)), np.zeros((3, 3, 3)), np.zeros((3, 3)), np.zeros(3)
)


def view(known: list[list[int]], beyond: list[float], presence: float = 1.0) -> JunctionView:
    """Return a view of vehicles by movement, -1 where it is not known; lane 0 goes straight on three times of four."""
    movement = np.full((3, 8), -1, dtype=np.int64)
    for k, moves in enumerate(known):
        movement[k, : len(moves)] = moves
    return JunctionView(
        n_vehicles=np.array([len(moves) for moves in known], dtype=np.int64),
        eta_s=np.zeros((3, 8)),
        movement=movement,
        presence=np.full((3, 8), presence),
        key=np.zeros((3, 8), dtype=np.int64),
        barred=np.zeros(3, dtype=np.int64),
        ratio=np.array([0.75, 0.25, 1.0, 1.0]),
        room_veh=np.full(3, 1e6),
        standing=np.zeros(3),
        beyond_veh=np.array(beyond),
        headway_s=np.full(3, 2.0),
        stuck=np.zeros(3, dtype=np.bool_),
    )


def at(now_s: float, stage: int = 0, stages: tuple[int, ...] = (0, 1, 2)) -> Situation:
    return Situation(now_s, stage, stages, 10.0)


def greedy(slot_s: float = 10.0) -> GreedyController:
    return GreedyController(LAYOUT, TABLES, SlotSettings(slot_s))


def pressure(slot_s: float = 10.0) -> MaxPressureController:
    return MaxPressureController(LAYOUT, TABLES, SlotSettings(slot_s))


def weights(decision_candidates: tuple[tuple[int, float, float], ...]) -> list[float]:
    return [-cost for _, _, cost in decision_candidates]


def test_greedy_counts_known_turns_and_shares_out_the_others() -> None:
    """Four unknown on lane 0 are 3 + 1; one known left-turner; two on lane 1; one on lane 2, green in every stage."""
    decision = greedy().decide(view([[-1, -1, 1, -1, -1], [2, -1], [-1]], [0, 0, 0]), at(20.0, 1))
    assert weights(decision.candidates) == [3 + 2 + 1, 2 + 1, 2 + 1]
    assert decision.stage == 0


def test_greedy_weighs_by_presence() -> None:
    decision = greedy().decide(view([[-1] * 4, [2] * 6, []], [0, 0, 0], presence=0.5), at(20.0))
    assert weights(decision.candidates) == [2, 3, 0.5]
    assert decision.stage == 1


def test_greedy_looks_at_nothing_behind_the_junction() -> None:
    assert greedy().decide(view([[0, 0], [2], []], [50, 50, 0]), at(0.0, 1)).stage == 0


def test_pressure_takes_off_what_is_behind() -> None:
    """Straight on 3 - 1, left 1 - 5, lane 1 2 - 0, lane 2 1 - 0: stages 2 - 4 + 1, 2 + 1, -4 + 1."""
    decision = pressure().decide(view([[0, 0, 0, 1], [2, 2], [3]], [1, 5, 0]), at(30.0))
    assert weights(decision.candidates) == [-1, 3, -3]
    assert decision.stage == 1


def test_negative_pressures_stay() -> None:
    """Were the left turn's -6 cut off at 0, stage 0 would win by 3 to 1."""
    decision = pressure().decide(view([[0, 0, 0], [2], []], [0, 6, 0]), at(0.0, 2))
    assert weights(decision.candidates) == [3 - 6 + 0, 1 + 0, -6 + 0]
    assert decision.stage == 1


@pytest.mark.parametrize(("lit", "expected"), [(0, 0), (1, 1), (2, 0)])
def test_ties_keep_the_lit_stage_else_take_the_first(lit: int, expected: int) -> None:
    assert greedy().decide(view([[0], [2], []], [0, 0, 0]), at(10.0, lit)).stage == expected


def test_only_stages_of_the_programme_are_chosen() -> None:
    decision = greedy().decide(view([[0] * 5, [2], []], [0, 0, 0]), at(10.0, 1, (1, 2)))
    assert decision.stage == 1
    assert [row[0] for row in decision.candidates] == [1, 2]


@pytest.mark.parametrize(("now_s", "stage"), [(0.0, 0), (9.0, 1), (10.0, 0), (10.5, 1), (36007.0, 1), (36010.0, 0)])
def test_a_choice_each_slot(now_s: float, stage: int) -> None:
    decision = greedy(10.0).decide(view([[0] * 5, [], []], [0, 0, 0]), at(now_s, 1))
    assert decision.stage == stage
    assert bool(decision.candidates) == (stage == 0)


@pytest.mark.parametrize("slot_s", [0.0, 0.9, 120.1, -10.0, float("nan"), float("inf")])
def test_slots_out_of_range_are_refused(slot_s: float) -> None:
    with pytest.raises(InvalidInputError):
        SlotSettings(slot_s)
