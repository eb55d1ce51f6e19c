"""Counts in place of those that failed: from whom, how far off, and never zero for what nobody knows."""

import numpy as np
import pytest

from detectors.health.imputation import IMPUTED, Imputer, Way
from detectors.health.surroundings import Balance, Surroundings
from signal_ctrl.domain.errors import InvalidInputError

SLOT_S = 300.0
CLOCK_S = np.arange(288) * SLOT_S
SHAPE = 20.0 + 15.0 * np.sin(np.linspace(0, 2 * np.pi, 288))
BESIDE = Surroundings(("J",) * 3, ((1,), (0,), ()))
WAY = Surroundings(("J",) * 3, ((), (), ()), (Balance((0,), (1,), 0.0), Balance((1,), (2,), 0.0)))


def days(number: int, *share: float) -> np.ndarray:
    dice = np.random.default_rng(number)
    return dice.poisson(SHAPE[:, None] * np.array(share)).astype(float)


def learned(around: Surroundings, *share: float) -> Imputer:
    return Imputer(around, SLOT_S, np.concatenate([days(k, *share) for k in range(4)]), np.tile(CLOCK_S, 4))


def without(day: np.ndarray, *gone: int) -> np.ndarray:
    seen = day.copy()
    seen[:, list(gone)] = np.nan
    return seen


def test_what_was_measured_stays() -> None:
    day = days(9, 1.0, 1.0, 1.0)
    found = learned(BESIDE, 1.0, 1.0, 1.0).fill(day, CLOCK_S)
    assert np.array_equal(found.count, day) and np.all(found.variance == 0) and np.all(found.way == Way.MEASURED)


def test_the_lane_beside_tells_by_its_ratio() -> None:
    """Lanes that share their traffic as 1 to 2: half of the right one's error is chance."""
    steady = np.stack([SHAPE, 2 * SHAPE, SHAPE], axis=1)
    imputer = Imputer(BESIDE, SLOT_S, np.tile(steady, (4, 1)), np.tile(CLOCK_S, 4))
    found = imputer.fill(without(steady, 0), CLOCK_S)
    assert np.all(found.way[:, 0] == Way.BESIDE) and np.allclose(found.count[:, 0], SHAPE, rtol=0.03)


def test_a_neighbour_that_tells_little_is_not_asked() -> None:
    """Two lanes of mere chance: the profile knows better."""
    flat = [np.random.default_rng(k).poisson(10.0, (288, 3)).astype(float) for k in range(5)]
    imputer = Imputer(BESIDE, SLOT_S, np.concatenate(flat[:4]), np.tile(CLOCK_S, 4))
    found = imputer.fill(without(flat[4], 0), CLOCK_S)
    assert set(found.way[:, 0].tolist()) == {int(Way.PROFILE)}


def test_those_on_the_way_tell_with_their_lag() -> None:
    around = Surroundings(("J",) * 2, ((), ()), (Balance((0,), (1,), 150.0),))
    dice = np.random.default_rng(4)
    before = dice.poisson(np.tile(SHAPE, 5)).astype(float)
    behind = 0.5 * before + 0.5 * np.concatenate([before[:1], before[:-1]])
    both = np.stack([before, behind], axis=1)
    imputer = Imputer(around, SLOT_S, both[: 4 * 288], np.tile(CLOCK_S, 4))
    day = both[4 * 288 :]
    found = imputer.fill(without(day, 1), CLOCK_S)
    assert np.all(found.way[:, 1] == Way.ON_THE_WAY)
    assert np.max(np.abs(found.count[1:, 1] - day[1:, 1])) < 1.5  # the first slot does not know the one before
    assert imputer.links[1][0].spread < 0.05


def test_the_profile_is_taken_at_the_level_of_today() -> None:
    imputer = learned(Surroundings(("J",) * 3), 1.0, 1.0, 1.0)
    found = imputer.fill(without(days(9, 0.5, 0.5, 0.5), 2), CLOCK_S)
    assert np.all(found.way[:, 2] == Way.PROFILE)
    assert found.count[:, 2].sum() == pytest.approx(0.5 * SHAPE.sum(), rel=0.08)


def test_variances_cover_what_is_off() -> None:
    day = days(9, 1.0, 1.0, 1.0)
    found = learned(WAY, 1.0, 1.0, 1.0).fill(without(day, 1), CLOCK_S)
    off = np.abs(found.count[:, 1] - day[:, 1]) / np.sqrt(found.variance[:, 1])
    assert np.mean(off < 1.96) > 0.88 and np.mean(off) > 0.4


def test_without_earlier_days_vehicles_are_conserved() -> None:
    day = np.tile(SHAPE[:, None], (1, 3))
    found = Imputer(WAY, SLOT_S).fill(without(day, 1), CLOCK_S)
    assert np.all(found.way[:, 1] == Way.BALANCE) and np.allclose(found.count[:, 1], SHAPE)


def test_what_several_lanes_have_in_common_is_shared_out_evenly() -> None:
    around = Surroundings(("J",) * 3, ((), (2,), (1,)), (Balance((0,), (1, 2), 0.0),))
    day = np.stack([2 * SHAPE, SHAPE, SHAPE], axis=1)
    found = Imputer(around, SLOT_S).fill(without(day, 1, 2), CLOCK_S)
    assert np.allclose(found.count, day) and set(found.way[:, 1].tolist()) == {int(Way.BALANCE)}


def test_what_nobody_knows_is_not_zero() -> None:
    found = Imputer(Surroundings(("J",) * 2), SLOT_S).fill(without(days(1, 1.0, 1.0), 0), CLOCK_S)
    assert np.all(np.isnan(found.count[:, 0])) and np.all(found.way[:, 0] == Way.UNKNOWN)


def test_nothing_is_imputed_from_what_was_imputed() -> None:
    found = Imputer(WAY, SLOT_S).fill(without(days(1, 1.0, 1.0, 1.0), 0, 1, 2), CLOCK_S)
    assert np.all(found.way == Way.UNKNOWN)


def test_ways_that_impute() -> None:
    assert Way.MEASURED not in IMPUTED and Way.UNKNOWN not in IMPUTED and len(IMPUTED) == len(Way) - 2


@pytest.mark.parametrize(("history", "clock_s"), [(np.ones((4, 2)), np.ones(4)), (np.ones((4, 3)), None)])
def test_earlier_days_have_to_fit(history: np.ndarray, clock_s: np.ndarray | None) -> None:
    with pytest.raises(InvalidInputError):
        Imputer(WAY, SLOT_S, history, clock_s)
