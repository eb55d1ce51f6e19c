"""Which groups the first vehicles may be waiting for."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.view_builder import Expected, build_view
from signal_ctrl.domain.network import NONE
from signal_ctrl.domain.view import UNKNOWN
from signal_ctrl.engine.calls import calls_of
from tests.detectors.layouts import junction

LAYOUT = junction(2, turns=2)


def calls(first: Expected | None, barred: int = 0, ratio: tuple[float, float] = (0.6, 0.4)) -> int:
    """Return the calls with this vehicle first on lane 0, and nobody on lane 1."""
    rows = [[first] if first is not None else [], []]
    shares = np.array([*ratio, 0.5, 0.5])
    n = len(LAYOUT.exits)
    return calls_of(LAYOUT, build_view(rows, [barred, 0], shares, np.ones(n), [0, 0], [0] * n, [2, 2], [False, False]))


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (None, 0),
        (Expected(0.0, UNKNOWN, 1.0, 1), 0b11),
        (Expected(1.0, UNKNOWN, 1.0, 1), 0b11),
        (Expected(1.1, UNKNOWN, 1.0, 1), 0),
        (Expected(0.0, UNKNOWN, 0.49, 1), 0),
        (Expected(0.0, 1, 1.0, 1), 0b10),
        (Expected(0.0, 0, 1.0, 1), 0b01),
    ],
)
def test_the_first_vehicle_calls_what_it_may_want(first: Expected | None, expected: int) -> None:
    assert calls(first) == expected


def test_nobody_calls_what_he_refused_or_hardly_ever_wants() -> None:
    first = Expected(0.0, UNKNOWN, 1.0, 1)
    assert calls(first, barred=0b01) == 0b10
    assert calls(first, ratio=(0.97, 0.03)) == 0b01


def test_a_movement_without_a_lamp_calls_nobody() -> None:
    layout = replace(LAYOUT, movements=(replace(LAYOUT.movements[0], group=NONE), *LAYOUT.movements[1:]))
    rows = [[Expected(0.0, 0, 1.0, 1)], []]
    view = build_view(rows, [0, 0], np.ones(4), np.ones(4), [0, 0], [0] * 4, [2, 2], [False, False])
    assert calls_of(layout, view) == 0
