"""The fixed-time controller: whose turn it is, and which plans it does not take."""

from dataclasses import replace

import pytest

from optimiser.controller import Situation
from optimiser.fixed_plan import FixedPlanController, stage_indices
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site_json import site_hash
from tests.signal_ctrl.engine.test_junction import view_of
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, crossroads

SITE = crossroads()
PLAN = SignalPlan("crossroads", site_hash(SITE), 700, 100, ("side", "main", "left"), (250, 300, 150))


def test_it_wishes_for_the_stage_whose_turn_it_is() -> None:
    controller = FixedPlanController(PLAN, SITE)
    wishes = [
        controller.decide(view_of(set()), Situation(t, MAIN_STAGE, (MAIN_STAGE,), 9.0)).stage
        for t in (10.0, 34.9, 35.0, 64.9, 65.0, 79.9, 80.0, 9.9)
    ]
    side, main, left = SIDE_STAGE, MAIN_STAGE, LEFT_STAGE
    assert wishes == [side, side, main, main, left, left, side, left]
    assert controller.due(350) == main


def test_it_says_why() -> None:
    decision = FixedPlanController(PLAN, SITE).decide(view_of(set()), Situation(42.0, 0, (0,), 1.0))
    assert decision.reason == "stage main, 32 s into the cycle of 70 s"
    assert decision.candidates == ()


@pytest.mark.parametrize(
    ("changes", "fix"),
    [({"signal_id": "other"}, "given to signal crossroads"), ({"stages": ("side", "main", "nowhere")}, "nowhere")],
)
def test_a_plan_for_something_else_is_refused(changes: dict[str, object], fix: str) -> None:
    with pytest.raises(InvalidInputError, match=fix):
        stage_indices(replace(PLAN, **changes), SITE)  # type: ignore[arg-type]
