"""Ring-barrier sums against every path there is. Source: the project's reference on optimisation, section 1."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.ring_barrier import EIGHT, critical_rings
from signal_ctrl.domain.errors import InvalidInputError

EVEN = dict.fromkeys(range(1, 9), 4.0)


def test_the_example_of_the_reference() -> None:
    """max(y1 + y2, y5 + y6) + max(y3 + y4, y7 + y8)."""
    y = {1: 0.10, 2: 0.30, 3: 0.05, 4: 0.20, 5: 0.15, 6: 0.35, 7: 0.10, 8: 0.10}
    found = critical_rings(y, EVEN)
    assert found.y == pytest.approx(max(0.40, 0.50) + max(0.25, 0.20))
    assert (found.path, found.lost_s) == ((5, 6, 3, 4), 16.0)


def test_the_lost_time_is_that_of_the_ring_that_wins() -> None:
    lost_s = EVEN | {5: 5.0, 6: 6.0}
    assert critical_rings({2: 0.4, 5: 0.1, 6: 0.2, 4: 0.2}, lost_s).lost_s == 8.0
    assert critical_rings({2: 0.4, 5: 0.1, 6: 0.35, 4: 0.2}, lost_s).lost_s == 15.0


@given(
    st.dictionaries(st.integers(1, 8), st.floats(0.01, 0.5), max_size=8),
    st.lists(st.floats(0, 8), min_size=8, max_size=8),
)
def test_no_path_is_heavier(y: dict[int, float], lost: list[float]) -> None:
    lost_s = dict(enumerate(lost, start=1))
    found = critical_rings(y, lost_s)
    paths = [[n for ring in rings for n in ring if n in y] for rings in itertools.product(*EIGHT)]
    heaviest = max(sum(y[n] for n in path) for path in paths)
    assert found.y == pytest.approx(heaviest)
    assert sorted(found.path) in [sorted(path) for path in paths]
    assert found.lost_s == pytest.approx(sum(lost_s[n] for n in found.path))


def test_what_is_no_flow_ratio_is_refused() -> None:
    for y, lost_s in (({2: -0.1}, EVEN), ({2: 0.1}, {}), ({2: 0.1}, {2: -1.0}), ({2: float("nan")}, EVEN)):
        with pytest.raises(InvalidInputError, match="nema_phase 2"):
            critical_rings(y, lost_s)
