"""The exact check of bands against the slow referee, and its corners."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.green_wave.band_check import Passed, around_s, band_spans, widest_s
from signal_ctrl.domain.errors import InvalidInputError
from tests.oracles import green_band

tenths = st.integers(0, 1500).map(lambda x: x / 10)


@st.composite
def ways(draw: st.DrawFn) -> tuple[list[Passed], list[float], list[float], float]:
    cycle_s = float(draw(st.integers(30, 120)))
    passed, travel, held, ahead_s = [], [], [0.0], 0.0
    for k in range(draw(st.integers(1, 5))):
        windows = []
        for _ in range(draw(st.integers(1, 2))):
            begin_s = draw(tenths)
            windows.append((begin_s, begin_s + draw(st.integers(50, 1300)) / 10))
        if k:
            travel.append(draw(tenths) + 1.0)
            held.append(draw(st.sampled_from([0.0, 0.0, 3.5])))
            ahead_s += travel[-1] - held[-1]
        passed.append(Passed(tuple(windows), ahead_s, held[-1]))
    return passed, travel, held, cycle_s


@settings(max_examples=60, deadline=None)
@given(ways())
def test_widths_are_those_of_the_referee(way: tuple[list[Passed], list[float], list[float], float]) -> None:
    passed, travel, held, cycle_s = way
    stops = [list(each.greens_s) for each in passed]
    slow_s = green_band.band_width(stops, travel, held, cycle_s, strict=True, step=0.1)
    assert widest_s(passed, cycle_s) == pytest.approx(slow_s, abs=0.11)


def test_a_green_over_the_end_of_the_cycle_is_one() -> None:
    passed = [Passed(((50.0, 60.0), (0.0, 15.0)))]
    assert widest_s(passed, 60.0) == pytest.approx(25.0)
    assert around_s(passed, 60.0, 55.0) == pytest.approx((5.0, 20.0))
    assert around_s(passed, 60.0, 5.0) == pytest.approx((15.0, 10.0))
    assert around_s(passed, 60.0, 30.0) == (0.0, 0.0)


def test_always_green_is_a_band_of_a_cycle() -> None:
    passed = [Passed(((0.0, 60.0),), 7.0 * k, 1.0) for k in range(30)]
    assert widest_s(passed, 60.0) == 60.0
    assert band_spans(passed, 60.0) == [(0.0, 120.0)]


def test_a_held_band_needs_longer_green() -> None:
    passed = [Passed(((0.0, 30.0),)), Passed(((10.0, 40.0),), ahead_s=10.0, held_s=4.0)]
    assert widest_s(passed, 60.0) == pytest.approx(26.0)


@pytest.mark.parametrize("cycle_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_cycle_is_above_zero(cycle_s: float) -> None:
    with pytest.raises(InvalidInputError, match="a cycle has to be above 0"):
        band_spans([Passed(((0.0, 1.0),))], cycle_s)
