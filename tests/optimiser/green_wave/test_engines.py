"""The time of a search: of each question without a clock, of all together with one."""

import math
from collections.abc import Callable

import pytest

from bench.wave_cases import grid_case, street_case
from optimiser.green_wave import engines
from optimiser.green_wave.engines import Answer, Effort
from optimiser.green_wave.mixed_program import MixedProgram
from optimiser.green_wave.model import WaveRules
from optimiser.green_wave.planning import plan_wave, plan_wave_if_any
from signal_ctrl.domain.errors import InvalidInputError
from tests.optimiser.green_wave.streets import too_wide


class Hand:
    """A clock that is set by hand. [s]"""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_without_a_clock_each_question_has_the_whole_time() -> None:
    effort = Effort(60.0).begun()
    assert (effort.question_s, effort.part(0.1).question_s, effort.ends_s) == (60.0, 60.0, math.inf)


def test_with_a_clock_questions_share_the_time() -> None:
    clock = Hand()
    effort = Effort(60.0, clock=clock).begun()
    assert effort.question_s == 60.0
    clock.now_s += 20.0
    assert effort.begun().question_s == 40.0, "a clock that runs is not wound up again"
    assert effort.part(0.25).question_s == pytest.approx(10.0)
    assert effort.part(0.25).part(0.5).question_s == pytest.approx(5.0)
    clock.now_s += 50.0
    assert 0.0 < effort.question_s <= 0.1
    assert 0.0 < effort.part(0.5).question_s <= 0.1


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Hand:
    """Every question takes all the time that it may."""
    clock, quick = Hand(), engines._by_scipy

    def solved(program: MixedProgram, effort: Effort) -> Answer:
        clock.now_s += effort.question_s
        return quick(program, Effort(20.0, 1e-3))

    monkeypatch.setattr(engines, "_by_scipy", solved)
    return clock


@pytest.mark.parametrize(
    "plan",
    [
        lambda effort: plan_wave(street_case(1, 6), WaveRules(), effort),
        lambda effort: plan_wave(grid_case(1, 3), WaveRules(), effort),
        lambda effort: plan_wave_if_any(grid_case(2, 3), WaveRules(optional=True), effort),
    ],
    ids=["street", "grid", "if any"],
)
def test_a_limit_holds_for_search_and_whole_seconds_together(slow: Hand, plan: Callable[[Effort], object]) -> None:
    assert plan(Effort(60.0, 1e-3, clock=slow)) is not None
    assert 1000.0 < slow.now_s <= 1060.0 + 1e-6


def test_a_limit_holds_for_the_reasons_of_no_wave_but_for_a_moment_each(slow: Hand) -> None:
    with pytest.raises(InvalidInputError, match="satisfies these together"):
        plan_wave(too_wide(), WaveRules(), Effort(60.0, 1e-3, clock=slow))
    assert slow.now_s < 1070.0


def test_who_does_not_ask_why_is_told_nothing(slow: Hand) -> None:
    assert plan_wave_if_any(too_wide(), WaveRules(), Effort(60.0, 1e-3, clock=slow)) is None
    assert slow.now_s <= 1060.0, "the search alone"
