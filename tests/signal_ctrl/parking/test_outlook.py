import numpy as np
import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.parking.outlook import CLOSED, LEVELS, Outlook, chance_of


def outlook(*rows: np.ndarray) -> Outlook:
    return Outlook(("a",), 0, np.array([0.0, 600.0]), np.array([rows]))


def test_between_two_horizons_it_is_between_them_and_beyond_the_last_as_then() -> None:
    found = outlook(np.full(len(LEVELS), 10.0), np.full(len(LEVELS), 20.0))
    assert found.middle("a", 0.0) == (10.0, 10.0, 10.0)
    assert found.middle("a", 300.0)[1] == pytest.approx(15.0)
    assert found.middle("a", 9999.0)[1] == 20.0


def test_chances_are_those_of_whole_spaces() -> None:
    draw = np.random.default_rng(1)
    free = draw.normal(6.0, 3.0, 200_000)
    quantiles = np.quantile(free, LEVELS)
    for needed in range(1, 13):
        told = chance_of(quantiles[None, :], np.array([float(needed)]))[0]
        assert told == pytest.approx((np.round(free) >= needed).mean(), abs=0.012)


def test_a_closed_lot_has_no_chance_and_a_sure_one_a_high_one() -> None:
    closed, sure = np.full((1, len(LEVELS)), CLOSED), np.full((1, len(LEVELS)), 5.0)
    assert chance_of(closed, np.array([1.0]))[0] == 0.0
    assert chance_of(sure, np.array([5.0]))[0] > 0.99
    assert chance_of(sure, np.array([6.0]))[0] < 0.01


def test_an_outlook_that_cannot_be_is_refused() -> None:
    falling = np.linspace(9.0, 0.0, len(LEVELS))
    with pytest.raises(InvalidInputError, match="do not fall"):
        outlook(falling, falling)
    with pytest.raises(InvalidInputError, match="rise from 0"):
        Outlook(("a",), 0, np.array([60.0]), np.zeros((1, 1, len(LEVELS))))
    with pytest.raises(InvalidInputError, match="each lot"):
        Outlook(("a", "b"), 0, np.array([0.0]), np.zeros((1, 1, len(LEVELS))))
