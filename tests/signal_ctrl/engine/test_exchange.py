"""Questions and decisions travel to the last bit, and nothing else is taken for one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from optimiser.controller import Beside, Decision, Situation
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.exchange import answer_from_bytes, answer_to_bytes, question_from_bytes, question_to_bytes

_ints = arrays.arrays(np.int64, arrays.array_shapes(max_dims=2, max_side=4, min_side=0))
_floats = arrays.arrays(np.float64, arrays.array_shapes(max_dims=2, max_side=4, min_side=0))
_flags = arrays.arrays(np.bool_, arrays.array_shapes(max_dims=1, max_side=4, min_side=0))
VIEWS = st.builds(
    JunctionView,
    n_vehicles=_ints, eta_s=_floats, movement=_ints, presence=_floats, key=_ints, barred=_ints, ratio=_floats,
    room_veh=_floats, standing=_floats, beyond_veh=_floats, headway_s=_floats, stuck=_flags, inside=_flags,
    late_s=_floats, crowded=_floats, permissive_s=_floats, weight=_floats, share_from=_floats,
)  # fmt: skip
_s = st.floats(allow_nan=False)


@given(VIEWS, VIEWS, _s, _s)
def test_a_question_comes_as_it_was(view: JunctionView, other: JunctionView, now_s: float, shown_s: float) -> None:
    beside = Beside(other, 1, (0, 2), now_s)
    asked = Situation(now_s, 2, (0, 1, 2), shown_s, beside, (1,))
    got, situation = question_from_bytes(question_to_bytes(view, asked))
    assert got.digest() == view.digest()
    assert situation.beside is not None
    assert situation.beside.view.digest() == other.digest()
    assert (situation.now_s, situation.shown_s, situation.stage, situation.stages, situation.offered) == (
        now_s, shown_s, 2, (0, 1, 2), (1,),
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 9), _s, _s)), st.text(), st.one_of(st.none(), st.integers(0, 9)))
def test_a_decision_comes_as_it_was(candidates: list[tuple[int, float, float]], reason: str, plain: int | None) -> None:
    decision = Decision(3, tuple(candidates), reason, "a", 1.25, plain)
    assert answer_from_bytes(answer_to_bytes(decision)) == decision


def test_costs_without_end_travel_too() -> None:
    assert answer_from_bytes(answer_to_bytes(Decision(0, ((0, 0.0, math.inf),), ""))).candidates[0][2] == math.inf


@given(st.binary(max_size=200))
def test_anything_else_is_refused(data: bytes) -> None:
    for read in (question_from_bytes, answer_from_bytes):
        with pytest.raises(InvalidInputError):
            read(data)


def test_a_cut_question_is_refused() -> None:
    view = JunctionView(*(np.zeros(2, dtype=np.int64) for _ in range(12)))  # type: ignore[arg-type]
    data = question_to_bytes(view, Situation(1.0, 0, (0,), 1.0))
    for cut in range(len(data)):
        with pytest.raises(InvalidInputError):
            question_from_bytes(data[:cut])
