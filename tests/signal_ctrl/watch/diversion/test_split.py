"""Who is sent where, against every division of the flows on a fine grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.watch.diversion.split import Choice, Waiting, split, strongest, turn_delay_s

CAPACITY = np.array([600.0, 500.0])


def cost(sent: tuple[float, float], choice: Choice, usual: np.ndarray, waiting: Waiting) -> float:  # type: ignore[type-arg]
    """Return the delay of all, by the definition. [veh s]"""
    stays = choice.flow_veh_h - sum(sent)
    total = stays * (waiting.mean_s(stays) + choice.usual_s)
    for k, flow in enumerate(sent):
        there = usual[k : k + 1] + flow
        total += flow * choice.free_s[k] + float((there * turn_delay_s(there, CAPACITY[k : k + 1]))[0])
    return float(total)


@given(st.floats(50, 500), st.floats(0, 500), st.floats(0, 400), st.floats(20, 200), st.floats(20, 200))
@settings(max_examples=40, deadline=None)
def test_slices_come_close_to_the_best_of_all_divisions(
    flow: float, one: float, other: float, way_s: float, other_s: float
) -> None:
    usual, waiting = np.array([one, other]), Waiting(1800.0, 0.0, 1200.0)
    choice = Choice(flow, ((0,), (1,)), (way_s, other_s), 30.0)
    (found,) = split([choice], usual, CAPACITY, flow, waiting)
    steps = np.linspace(0, 1, 41)
    best = min(cost((a * flow, b * flow), choice, usual, waiting) for a in steps for b in steps if a + b <= 1 + 1e-9)
    assert sum(found) <= flow + 1e-6
    assert cost((found[0], found[1]), choice, usual, waiting) <= best * 1.03 + 50.0


def test_a_full_way_is_not_filled_any_more() -> None:
    choice = Choice(300.0, ((0,), (1,)), (30.0, 60.0), 20.0)
    (free,) = split([choice], np.array([0.0, 0.0]), CAPACITY, 300.0, Waiting(1800.0, 0.0, 1200.0))
    (full,) = split([choice], np.array([600.0, 0.0]), CAPACITY, 300.0, Waiting(1800.0, 0.0, 1200.0))
    assert free[0] > free[1]
    assert full[1] > full[0]


def test_nobody_is_sent_round_where_enough_is_left() -> None:
    choice = Choice(100.0, ((0,),), (60.0,), 20.0)
    found = split([choice], np.array([0.0, 0.0]), CAPACITY, 400.0, Waiting(1800.0, 0.9, 1200.0))
    assert found == [[0.0]]
    assert strongest(found) == [-1]


def test_waiting_grows_with_the_closure_and_is_half_of_it_at_least() -> None:
    waits = [Waiting(lasts_s, 0.0, 1200.0).mean_s(400.0) for lasts_s in (600.0, 1800.0)]
    assert waits[0] == pytest.approx(600 / 2 * (1 + 400 / 800), rel=1e-6)
    assert waits[1] > waits[0]
    assert Waiting(600.0, 0.5, 1200.0).mean_s(400.0) == 0.0
