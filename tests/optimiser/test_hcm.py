"""Control delay of the HCM against golden values, queue polygons, and the usual mistakes.

Golden values: the project's reference on optimisation, section 3 (Highway Capacity Manual 2000, chapter 16, and 6th
edition for the initial queue).
"""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimiser.hcm import (
    Arrivals,
    actuated_k,
    control_delay,
    initial_queue_delay_s,
    level_of_service,
    progression_factor,
    random_arrivals,
    two_rate_factor,
    upstream_i,
)
from optimiser.webster import hcm_overflow_delay_s, webster_delay_s
from signal_ctrl.domain.errors import InvalidInputError

ONE = np.array([1.0])
RATIO = ONE * 40 / 90


def delay(flow: float, queue: float = 0.0, hours: float = 0.25, arrivals: Arrivals | None = None) -> tuple[float, ...]:
    found = control_delay(90.0, RATIO, ONE * flow, ONE * 800, ONE * queue, arrivals or random_arrivals(1), hours)
    terms = (found.uniform_s, found.progression, found.overflow_s, found.initial_s, found.queue_veh, found.total_s)
    return tuple(float(term[0]) for term in terms)


def test_golden_values_of_the_reference() -> None:
    """Section 3: C 90, g 40, s 1800, T 0.25, k 0.5, I 1, c 800: q 600 gives 20.833 + 6.387; v 900 gives 25.0, 72.058."""
    d1, factor, d2, d3, left, total = delay(600.0)
    assert (d1, factor, d2, d3, left, total) == pytest.approx((20.833, 1.0, 6.387, 0.0, 0.0, 27.221), abs=1e-3)
    d1, _, d2, _, left, _ = delay(900.0)
    assert (d1, d2, left) == pytest.approx((25.0, 72.058, 25.0), abs=1e-3)


def test_a_period_is_in_hours() -> None:
    """A usual mistake: T in seconds."""
    with pytest.raises(InvalidInputError, match="in hours"):
        delay(600.0, hours=900.0)
    with pytest.raises(InvalidInputError, match="in hours"):
        delay(600.0, hours=0.0)


def test_saturation_is_capped_in_the_uniform_delay() -> None:
    """A usual mistake: X not capped in d1; uncapped, X 1.125 would give 27.8 s and X 2.25 an infinite delay."""
    assert delay(900.0)[0] == delay(1800.0)[0] == delay(800.0)[0] == pytest.approx(25.0)


def test_overflow_holds_both_random_and_lasting_queues_so_that_websters_random_term_is_not_added() -> None:
    """A usual mistake: Webster's second term on top of d2. Both forms lie within 3 s of each other at x 0.75."""
    assert abs(delay(600.0)[-1] - webster_delay_s(90.0, 40.0, 1800.0, 600.0)) < 3.0


def test_initial_queues_by_hand() -> None:
    """v 600, c 800, Q 20: t_A 0.1 h, 24 (1.0 - 0.25). v 900, Q 10: Q_e 35, Q_eo 25, 16 (2.5 + 0.375 - 0.0625)."""
    d3, left = initial_queue_delay_s(ONE * 600, ONE * 800, ONE * 20, 0.25)
    assert (float(d3[0]), float(left[0])) == (pytest.approx(18.0), 0.0)
    d3, left = initial_queue_delay_s(ONE * 900, ONE * 800, ONE * 10, 0.25)
    assert (float(d3[0]), float(left[0])) == (pytest.approx(45.0), pytest.approx(35.0))
    d3, left = initial_queue_delay_s(ONE * 700, ONE * 800, ONE * 50, 0.25)
    assert float(left[0]) == pytest.approx(25.0)  # it shrinks by 100 veh/h
    assert delay(600.0, queue=20.0)[-1] == pytest.approx(27.221 + 18.0, abs=1e-3)


@given(st.floats(0, 2000), st.floats(50, 2000), st.floats(0, 200), st.floats(0.1, 2))
def test_vehicles_are_neither_lost_nor_made(flow: float, capacity: float, queue: float, hours: float) -> None:
    """By the minute: who arrives and is not let through is the queue."""
    d3, left = initial_queue_delay_s(ONE * flow, ONE * capacity, ONE * queue, hours)
    waiting, steps = queue, 2000
    for _ in range(steps):
        waiting = max(waiting + (flow - capacity) * hours / steps, 0.0)
    assert float(left[0]) == pytest.approx(waiting, abs=1e-6 + 1e-3 * max(queue, abs(flow - capacity) * hours))
    assert float(d3[0]) >= -1e-6


def test_a_queue_costs_more_the_longer_it_is_and_nothing_where_there_is_none() -> None:
    costs = [delay(750.0, queue=q)[3] for q in (0.0, 5.0, 10.0, 20.0)]
    assert costs[0] == 0.0
    assert costs == sorted(costs)


def test_progression_by_arrival_type() -> None:
    """PF = (1 - P) f_PA / (1 - g/C) with P = R_p g/C; g/C 0.4: types 1 to 6 by hand."""
    wanted = [
        (1 - 0.4 / 3) / 0.6,
        (1 - 0.8 / 3) * 0.93 / 0.6,
        1.0,
        (1 - 1.6 / 3) * 1.15 / 0.6,
        (1 - 2 / 3) / 0.6,
        0.2 / 0.6,
    ]
    found = progression_factor(np.arange(1, 7), np.full(6, 0.4))
    assert found == pytest.approx(wanted)
    with pytest.raises(InvalidInputError):
        progression_factor(np.array([7]), ONE * 0.4)


def polygon_factor(p: float, u: float, x: float) -> float:
    """Area of the queue of one cycle with two even rates, walked in small steps, over that of one even rate."""

    def area(share: float) -> float:
        cycle, n = 1.0, 20_000
        rate_red, rate_green = (1 - share) * x * u / (1 - u), share * x * u / u
        queue, total, step = 0.0, 0.0, cycle / n
        for i in range(n):
            red = i < round((1 - u) * n)
            new = max(queue + ((rate_red if red else rate_green - 1.0) * step), 0.0)
            total += (queue + new) / 2 * step
            queue = new
        return total

    return area(p) / area(u)


@pytest.mark.parametrize(
    ("p", "u", "x"), [(0.2, 0.4, 0.6), (0.6, 0.4, 0.8), (0.9, 0.5, 0.9), (0.0, 0.3, 0.5), (0.3, 0.3, 1.0)]
)
def test_two_rates_are_the_area_of_the_queue(p: float, u: float, x: float) -> None:
    found = float(two_rate_factor(ONE * p, ONE * u, ONE * x)[0])
    assert found == pytest.approx(polygon_factor(p, u, x), rel=2e-3)


@given(st.floats(0.05, 0.95), st.floats(0, 1.5))
def test_arrivals_by_chance_need_no_factor(u: float, x: float) -> None:
    assert float(two_rate_factor(ONE * u, ONE * u, ONE * x)[0]) == pytest.approx(1.0)
    assert float(progression_factor(np.array([3]), ONE * u)[0]) == pytest.approx(1.0)


@given(st.floats(0.05, 0.9), st.floats(0.0, 0.95), st.floats(0.0, 0.95))
def test_more_on_green_is_less_delay(u: float, low: float, high: float) -> None:
    assume(low < high)
    factors = [float(two_rate_factor(ONE * p, ONE * u, ONE * 0.8)[0]) for p in (low, high)]
    assert factors[0] >= factors[1] - 1e-9


def test_a_known_share_goes_before_the_arrival_type() -> None:
    arrivals = Arrivals(np.array([4, 4]), np.array([np.nan, 0.4]))
    found = arrivals.factor(np.full(2, 0.4), np.full(2, 0.8))
    assert found == pytest.approx([(1 - 1.6 / 3) * 1.15 / 0.6, 1.0])


def test_actuated_and_upstream_factors() -> None:
    """k is 0.5 at X 1 and never below k_min 0.04; I is 1 isolated and never below 0.09 (section 3, unverified)."""
    assert actuated_k(2.0, np.array([0.5, 1.0, 1.5])) == pytest.approx([0.04012, 0.5, 0.5], abs=1e-3)
    assert upstream_i(np.array([0.0, 1.0, 3.0])) == pytest.approx([1.0, 0.09, 0.09])
    isolated = hcm_overflow_delay_s(ONE * 800, ONE * 0.75)
    assert hcm_overflow_delay_s(ONE * 800, ONE * 0.75, 0.25, 0.25, 1.0) < isolated
    assert hcm_overflow_delay_s(ONE * 800, ONE * 0.75, 0.25, 0.5, 0.5) < isolated


@pytest.mark.parametrize(
    ("delay_s", "saturation", "level"),
    [
        (0, 0, "A"), (10, 1, "A"), (10.01, 0, "B"), (20, 0, "B"), (35, 0, "C"), (55, 0, "D"), (80, 0, "E"),
        (80.01, 0, "F"), (1, 1.001, "F"),
    ],
)  # fmt: skip
def test_levels_of_service(delay_s: float, saturation: float, level: str) -> None:
    assert level_of_service(delay_s, saturation) == level


@pytest.mark.parametrize("value", [math.nan, -1.0])
def test_what_is_no_flow_is_refused(value: float) -> None:
    for flow, capacity, queue in ((value, 800.0, 0.0), (600.0, value, 0.0), (600.0, 800.0, value), (600.0, 0.0, 0.0)):
        with pytest.raises(InvalidInputError):
            control_delay(90.0, RATIO, ONE * flow, ONE * capacity, ONE * queue, random_arrivals(1), 0.25)
    with pytest.raises(InvalidInputError):
        level_of_service(value)
