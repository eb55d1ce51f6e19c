"""Whatever a controller answers, only a sound answer comes through, and what is wrong is said."""

import math
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.controller import Decision, Situation
from signal_ctrl.domain.errors import BackendTimeoutError
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.watch import MISSES, STALE_S, Watch
from tests.signal_ctrl.engine.test_junction import view_of

VIEW = view_of({0})


class Answering:
    """A controller that answers whatever it is told to."""

    def __init__(self, answer: Callable[[Situation], object]) -> None:
        self.answer = answer

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        return cast(Decision, self.answer(situation))


def situation(now_s: float = 100.0) -> Situation:
    return Situation(now_s, 0, (0, 1), 10.0)


def watch(answer: object, cycle_s: float | None = None) -> Watch:
    return Watch(Answering(lambda _: answer), "J", 3, cycle_s)


def test_a_sound_answer_comes_through() -> None:
    decision = Decision(1, ((0, 0.0, 5.0), (1, 2.0, 3.0)), "why", "J", 100.0)
    guard = watch(decision)
    assert (guard.ask(VIEW, situation()), guard.fault) == (decision, "")


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (None, "NoneType"),
        (1, "int"),
        ("stage 1", "str"),
        (Decision(2, (), ""), "not to be had"),
        (Decision(-1, (), ""), "not to be had"),
        (Decision(cast(int, True), (), ""), "not to be had"),
        (Decision(cast(int, math.nan), (), ""), "not to be had"),
        (Decision(cast(int, "1"), (), ""), "not to be had"),
        (Decision(1, (), "", plain=2), "not to be had"),
        (Decision(1, (), "", plain=-1), "not to be had"),
        (Decision(1, (), "", plain=cast(int, 0.0)), "not to be had"),
        (Decision(1, ((1, 0.0, math.nan),), ""), "no numbers"),
        (Decision(1, ((1, math.inf, 1.0),), ""), "no numbers"),
        (Decision(1, ((9, 0.0, 1.0),), ""), "no numbers"),
        (Decision(1, cast(Any, (("x",),)), ""), "no numbers"),
        (Decision(1, cast(Any, None), ""), "no numbers"),
        (Decision(1, (), "", "K"), "signal 'K'"),
        (Decision(1, (), "", "J", 100.0 - STALE_S - 1.0), "older than 180 s"),
        (Decision(1, (), "", "J", 200.0), "of the future"),
        (Decision(1, (), "", "J", math.nan), "older"),
    ],
)
def test_what_is_wrong_goes_no_further(answer: object, word: str) -> None:
    guard = watch(answer)
    assert guard.ask(VIEW, situation()) is None
    assert word in guard.fault


def test_stale_is_two_cycles_where_that_is_less() -> None:
    old = Decision(1, (), "", "J", 0.0)
    assert watch(old, 60.0).ask(VIEW, situation(120.0)) is not None
    assert watch(old, 60.0).ask(VIEW, situation(121.0)) is None
    assert watch(old, 120.0).ask(VIEW, situation(180.0)) is not None
    assert watch(old, 120.0).ask(VIEW, situation(181.0)) is None


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError, RecursionError, MemoryError, KeyError, OSError])
def test_who_raises_has_failed_until_it_answers(error: type[Exception]) -> None:
    answers: list[object] = [Decision(1, (), "")]

    def answer(_: Situation) -> object:
        if not answers:
            raise error("x")
        return answers.pop()

    guard = Watch(Answering(answer), "J", 3)
    assert guard.ask(VIEW, situation()) is not None
    assert (guard.ask(VIEW, situation()), guard.fault) == (None, f"it failed ({error.__name__})")
    answers.append(Decision(0, (), ""))
    assert guard.ask(VIEW, situation()) is not None
    assert guard.fault == ""


def late(_: Situation) -> object:
    raise BackendTimeoutError("no answer")


def test_a_missed_deadline_is_no_fault_until_the_third_in_a_row() -> None:
    late_in = {2, 3, 5, 6, 8, 9, 10}
    count = 0

    def answer(now: Situation) -> object:
        nonlocal count
        count += 1
        return late(now) if count in late_in else Decision(1, (), "")

    guard = Watch(Answering(answer), "J", 3)
    faults = []
    for _ in range(11):
        guard.ask(VIEW, situation())
        faults.append(guard.fault)
    assert faults == [""] * 9 + [f"it missed its deadline {MISSES} times", ""]


def test_no_answer_for_too_long_is_stale_though_it_was_asked_seldom() -> None:
    guard = Watch(Answering(late), "J", 3, 60.0)
    guard.ask(VIEW, situation(0.0))
    assert guard.fault == ""
    guard.ask(VIEW, situation(121.0))
    assert guard.fault == "no answer for 120 s"


@given(
    st.one_of(
        st.none(),
        st.integers(),
        st.text(),
        st.builds(
            Decision,
            st.one_of(st.integers(-2, 4), st.floats(), st.none()),
            st.one_of(st.none(), st.lists(st.tuples(st.integers(-2, 4), st.floats(), st.floats())).map(tuple)),
            st.text(),
            st.sampled_from(["", "J", "K"]),
            st.one_of(st.none(), st.floats()),
        ),
    )
)
def test_nothing_raises_and_only_stages_that_may_be_chosen_come_through(answer: object) -> None:
    guard = watch(answer)
    decision = guard.ask(VIEW, situation())
    assert (decision is None) == bool(guard.fault)
    assert decision is None or decision.stage in (0, 1)
