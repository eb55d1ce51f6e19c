"""Types of day: GEH by hand, kinds that are alike joined, kinds that are not left apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.schedule.day_types import KindOfDay, geh, likeness, types_of_days
from signal_ctrl.domain.errors import InvalidInputError

HOURS = np.arange(24)
WORK = 200 + 600 * np.exp(-((HOURS - 8) ** 2) / 4.0) + 500 * np.exp(-((HOURS - 17) ** 2) / 6.0)
REST = 150 + 350 * np.exp(-((HOURS - 13) ** 2) / 18.0)


def day(name: str, hourly: np.ndarray, days: int = 1, seed: int | None = None) -> KindOfDay:
    flows = np.repeat(hourly[:, None], 4, axis=1)
    if seed is not None:
        flows = np.random.default_rng(seed).poisson(flows).astype(np.float64)
    return KindOfDay(name, days, flows)


def test_geh_by_hand() -> None:
    """sqrt(2 * 100^2 / 1900) = 3.244; sqrt(2 * 300^2 / 700) = 16.04."""
    found = geh(np.array([1000.0, 500.0, 0.0]), np.array([900.0, 200.0, 0.0]))
    assert found == pytest.approx([3.2444, 16.0357, 0.0], abs=1e-4)


def test_the_share_of_the_flow_that_matches() -> None:
    assert likeness(np.array([[1000.0], [500.0]]), np.array([[900.0], [200.0]])) == pytest.approx(1900 / 2600)
    assert likeness(np.zeros((2, 1)), np.zeros((2, 1))) == 1.0


def test_working_days_and_weekends_are_told_apart_whatever_chance_adds() -> None:
    """Counts of single days are Poisson; two of one rate differ by a GEH of 1.4 on average."""
    for seed in range(5):
        kinds = [day(f"w{k}", WORK, 4, 10 * seed + k) for k in range(5)] + [day("sat", REST, 4, 97 + seed)]
        kinds.append(day("sun", 0.9 * REST, 4, 197 + seed))
        assert types_of_days(kinds) == ((0, 1, 2, 3, 4), (5, 6))


def test_a_friday_of_its_own_stays_of_its_own() -> None:
    friday = WORK + 400 * np.exp(-((HOURS - 14) ** 2) / 8.0)
    kinds = [day("mon", WORK), day("tue", WORK), day("fri", friday)]
    assert types_of_days(kinds) == ((0, 1), (2,))
    assert types_of_days(kinds, 0.0) == ((0, 1, 2),)
    assert types_of_days(kinds, 1.0) == ((0, 1), (2,))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=7), st.floats(0, 1))
def test_every_kind_is_of_one_type_and_twins_are_together(shapes: list[int], at_least: float) -> None:
    kinds = [day(str(k), WORK * (1 + 0.4 * shape)) for k, shape in enumerate(shapes)]
    found = types_of_days(kinds, at_least)
    assert sorted(k for own in found for k in own) == list(range(len(kinds)))
    for own in found:
        assert {k for k in range(len(kinds)) for j in own if shapes[k] == shapes[j]} <= set(own)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: types_of_days([]), "need counted days"),
        (lambda: types_of_days([day("a", WORK)], 1.5), "a share of 0 to 1"),
        (lambda: day("a", -WORK), "flows of 0 or more"),
        (lambda: day("a", WORK, 0), "needs a counted day"),
    ],
)
def test_bad_input_is_refused(make, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInputError, match=says):
        make()
