"""Beliefs about turns."""

import pytest

from detectors.turning import MEMORY_VEH, PRIOR_VEH, REFUSAL_S, HeadBelief, TurningBelief
from tests.detectors.layouts import junction


def test_straight_on_counts_twice_at_first() -> None:
    assert TurningBelief(junction(2, turns=3)).ratio().tolist() == pytest.approx([0.5, 0.25, 0.25] * 2)


def test_each_vehicle_counts_once() -> None:
    belief = TurningBelief(junction(turns=2))
    for _ in range(6):
        belief.saw(1)
    assert belief.ratio().tolist() == pytest.approx([4 / 12, 8 / 12])
    assert PRIOR_VEH == 6.0


def test_other_lanes_learn_nothing() -> None:
    belief = TurningBelief(junction(2, turns=2))
    belief.saw(0)
    assert belief.ratio()[2:].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_departure_is_shared_among_open_movements() -> None:
    belief = TurningBelief(junction(turns=3))
    belief.passed(0, [0, 1])
    assert belief.ratio().tolist() == pytest.approx([(3 + 2 / 3) / 7, (1.5 + 1 / 3) / 7, 1.5 / 7])


def test_old_observations_fade() -> None:
    belief = TurningBelief(junction(turns=2))
    for _ in range(1000):
        belief.saw(0)
    for _ in range(int(MEMORY_VEH)):
        belief.saw(1)
    assert 0.6 < belief.ratio()[1] < 0.7


def test_a_refusal_takes_its_time_in_all() -> None:
    """Greens add up: three seconds now, three later."""
    belief = HeadBelief(junction(turns=2))
    belief.stands(0, [True, False], 3.0)
    belief.stands(0, [False, False], 10.0)
    assert belief.barred == [0]
    belief.stands(0, [True, False], REFUSAL_S - 3.0)
    assert belief.barred == [0b01]
    belief.first_left(0)
    assert belief.barred == [0]


def test_who_refuses_everything_is_stuck_not_barred() -> None:
    belief = HeadBelief(junction(turns=2))
    belief.stands(0, [True, False], REFUSAL_S)
    belief.stands(0, [False, True], REFUSAL_S)
    assert (belief.barred, belief.stuck) == ([0], [True])
    belief.stands(0, [False, False], 1.0)
    assert belief.stuck == [False]
