"""The homography against a pinhole camera that is written down here on its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.video.ground import Ground, GroundPlane
from signal_ctrl.domain.errors import InvalidInputError


def seen(x: float, y: float) -> tuple[float, float]:
    """Return where a camera 8 m high that looks along y, tilted by 30 degrees, sees a place on the ground."""
    down, ahead = np.sin(np.pi / 6), np.cos(np.pi / 6)
    depth = ahead * y + down * 8.0
    return 320.0 + 500.0 * x / depth, 180.0 + 500.0 * (ahead * 8.0 - down * y) / depth


CORNERS = ((-4.0, 10.0), (4.0, 10.0), (4.0, 40.0), (-4.0, 40.0))


@given(st.floats(-10.0, 10.0), st.floats(5.0, 80.0))
def test_a_place_on_the_ground_is_found_again(x: float, y: float) -> None:
    plane = GroundPlane(Ground(tuple(seen(*corner) for corner in CORNERS), CORNERS), (1.0, 1.0))
    assert plane.at(seen(x, y)) == pytest.approx((x, y), abs=1e-6 * (1.0 + y * y))


def test_a_shrunk_picture_means_the_same_places() -> None:
    ground = Ground(tuple(seen(*corner) for corner in CORNERS), CORNERS)
    u, v = seen(1.0, 20.0)
    assert GroundPlane(ground, (0.5, 0.25)).at((u * 0.5, v * 0.25)) == pytest.approx((1.0, 20.0), abs=1e-6)


def test_points_on_a_line_are_refused() -> None:
    line = tuple((float(at), 2.0 * at) for at in range(5))
    with pytest.raises(InvalidInputError, match="span no plane"):
        Ground(line, line)
