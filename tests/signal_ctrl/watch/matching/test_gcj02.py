import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.watch.matching.gcj02 import from_gcj02, to_gcj02


@pytest.mark.parametrize(
    ("place", "shown"),
    [  # published by two public conversion libraries, coordtransform and geotool
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
        ((121.0917077, 30.6107779), (121.09626935575027, 30.608604331756705)),
    ],
)
def test_places_shift_as_other_programs_shift_them(place: tuple[float, float], shown: tuple[float, float]) -> None:
    assert to_gcj02(place) == pytest.approx(shown, abs=2e-7)
    assert from_gcj02(shown) == pytest.approx(place, abs=2e-7)


@given(st.floats(75, 134), st.floats(5, 53))
def test_there_and_back_is_where_one_was(lon: float, lat: float) -> None:
    back = from_gcj02(to_gcj02((lon, lat)))
    assert math.dist(back, (lon, lat)) < 1e-7


def test_outside_china_nothing_is_shifted() -> None:
    assert to_gcj02((11.4, 48.7)) == (11.4, 48.7) == from_gcj02((11.4, 48.7))
