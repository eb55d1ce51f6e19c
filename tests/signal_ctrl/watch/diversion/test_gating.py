"""The perimeter's feedback: bounds, no winding up, and the queue that it empties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.diversion.gating import ACTIVE_FROM, PerimeterGate

GATE = PerimeterGate(100.0, 200.0, 1000.0)


@given(st.floats(0, 5000), st.floats(0, 500), st.floats(0, 500))
def test_what_is_ordered_lies_between_the_bounds(ordered: float, before: float, now: float) -> None:
    assert 200.0 <= GATE.step(ordered, before, now) <= 1000.0


def test_below_the_best_number_of_vehicles_the_gate_is_open() -> None:
    assert GATE.step(200.0, 90.0, ACTIVE_FROM * 100 - 0.1) == 1000.0


def test_after_a_long_jam_it_opens_as_soon_as_vehicles_leave() -> None:
    ordered = 1000.0
    for _ in range(50):
        ordered = GATE.step(ordered, 180.0, 180.0)
    assert ordered == 200.0
    assert GATE.step(ordered, 180.0, 150.0) > 400.0  # what was held is not remembered


def test_it_keeps_an_area_near_its_best() -> None:
    """An area that lets out less the fuller it is: with the gate it settles near the best, without it jams."""

    def last(gated: bool) -> float:
        ordered, before, now = 1000.0, 60.0, 60.0
        for _ in range(400):
            out = max(900.0 - 6.0 * max(now - 100.0, 0.0), 100.0)
            inflow = ordered if gated else 1000.0
            before, now = now, max(now + (inflow - out) / 60.0, 0.0)
            ordered = GATE.step(ordered, before, now)
        return now

    assert last(gated=True) == pytest.approx(100.0, abs=25.0)
    assert last(gated=False) > 1000.0


def test_a_gate_needs_bounds_in_order() -> None:
    with pytest.raises(InvalidInputError):
        PerimeterGate(100.0, 300.0, 200.0)
