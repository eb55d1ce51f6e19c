"""An adviser says what estimator and controller say, asked in turn; what is no answer is told from one."""

import math
from dataclasses import replace
from typing import Any

import pytest

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from detectors.view_builder import Expected
from optimiser.controller import Situation
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import Movement
from signal_ctrl.engine.adviser import Advised, Glimpse, JunctionAdviser, check_layout, is_answer
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel

SITE = trial_site("cab-1")
LAYOUT = trial_layout(SITE)
SETTINGS = RolloutSettings(horizon_s=30, draws=2)


def seconds() -> list[Glimpse]:
    """Return a minute in which side waits at its loop from second 5 on while main is lit."""
    found = []
    for k in range(60):
        events = (LoopEvent(1, float(k), True),) if k == 5 else ()
        asked = Situation(float(k), 0, (0, 1, 2), float(k)) if k >= 8 else None
        found.append(Glimpse(float(k), events, "GrrG", asked, weigh=k % 2 == 0))
    return found


def test_it_says_what_estimator_and_controller_say() -> None:
    adviser = JunctionAdviser(SITE, LAYOUT, SETTINGS)
    estimator = LoopEstimator(LAYOUT)
    estimator.join({"cab-1": estimator})
    controller = RolloutController(LAYOUT, stage_tables(Kernel(SITE)), SETTINGS)
    wished = set()
    for glimpse in seconds():
        said = adviser.look(glimpse)
        for event in glimpse.events:
            estimator.take(event, glimpse.now_s)
        view = estimator.view(glimpse.now_s, glimpse.lamps)
        assert said.decision == (None if glimpse.situation is None else controller.decide(view, glimpse.situation))
        assert (said.now_s, said.looked_s) == (glimpse.now_s, glimpse.now_s)
        assert bool(said.delays) == bool(glimpse.weigh and said.decision is not None and said.decision.candidates)
        assert is_answer(said)
        if said.decision is not None:
            wished.add(said.decision.stage)
    assert said.calls & 0b0010  # side is seen to wait
    assert said.calls & 0b1000  # nobody sees the crossing, so it always waits
    assert 2 in wished


def test_who_is_foretold_counts_in_the_wish_and_calls_for_nothing() -> None:
    """Twelve come to the main road, which is lit: it is kept longer. Nobody waits at a loop, so no group is called."""
    coming = tuple((0, Expected(4.0 + 2.0 * k, 0, 0.8, (1 << 40) + k)) for k in range(12))
    costs, calls = [], []
    for foretold in ((), coming):
        adviser = JunctionAdviser(SITE, LAYOUT, SETTINGS)
        said = None
        for glimpse in seconds():
            said = adviser.look(replace(glimpse, weigh=True, foretold=foretold if glimpse.now_s == 59.0 else ()))
        assert said is not None and said.decision is not None
        costs.append({(stage, in_s): cost for stage, in_s, cost in said.delays})
        calls.append(said.calls)
    assert calls[0] == calls[1]
    assert costs[0].keys() == costs[1].keys()
    more = {choice: costs[1][choice] - costs[0][choice] for choice in costs[0]}
    assert max(more.values()) > 1.0  # to leave the main road at some time costs those who come


SOUND = Advised(1.0, 0, None, 3, 5.0)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "no",
        (1.0, 0, None, 3, 5.0),
        replace(SOUND, now_s=math.nan),
        replace(SOUND, looked_s=math.inf),
        replace(SOUND, calls=1.5),  # type: ignore[arg-type]
        replace(SOUND, stage="0"),  # type: ignore[arg-type]
        replace(SOUND, lost=None),  # type: ignore[arg-type]
        replace(SOUND, failed=[1]),  # type: ignore[arg-type]
        replace(SOUND, failed=frozenset({"x"})),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_answer_is_told_from_one(wrong: Any) -> None:
    assert is_answer(SOUND)
    assert not is_answer(wrong)


def test_a_layout_of_another_signal_is_refused() -> None:
    check_layout(SITE, LAYOUT)
    with pytest.raises(InvalidInputError, match="cab-2"):
        JunctionAdviser(trial_site("cab-2"), LAYOUT, SETTINGS)
    strange = replace(LAYOUT, movements=(Movement(0, 9, 0, 0, 15.0, "s", ()), *LAYOUT.movements[1:]))
    with pytest.raises(InvalidInputError, match="group 9"):
        check_layout(SITE, strange)
