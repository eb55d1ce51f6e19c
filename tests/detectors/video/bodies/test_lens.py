"""The camera in space, found from four points of the road, against a camera that is known."""

import numpy as np
import pytest

from detectors.video.bodies.lens import Lens, lens_of
from detectors.video.ground import Ground, GroundPlane

SIZE = (640, 360)
CORNERS = ((-4.0, 14.0), (4.0, 14.0), (6.0, 50.0), (-6.0, 50.0))


def known(height_m: float, pitch_deg: float, focal_px: float) -> np.ndarray:
    """Return the matrix (3, 4) of a camera over the origin that looks along y."""
    pitch = np.radians(pitch_deg)
    turn = np.array(
        [[1, 0, 0], [0, -np.sin(pitch), -np.cos(pitch)], [0, np.cos(pitch), -np.sin(pitch)]],
    )
    inner = np.array([[focal_px, 0, SIZE[0] / 2], [0, focal_px, SIZE[1] / 2], [0, 0, 1.0]])
    return inner @ np.column_stack((turn, -turn @ np.array([0.0, 0.0, height_m])))


def seen(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    flat = np.column_stack((points, np.ones(len(points)))) @ matrix.T
    return flat[:, :2] / flat[:, 2:]


def lens(matrix: np.ndarray, mirrored: bool = False) -> Lens | None:
    flat = np.array([(x, y, 0.0) for x, y in CORNERS])
    image = tuple((float(u), float(v)) for u, v in seen(matrix, flat))
    metres = tuple((-x if mirrored else x, y) for x, y in CORNERS)
    return lens_of(GroundPlane(Ground(image, metres), (1.0, 1.0)), image[0], SIZE)


@pytest.mark.parametrize(
    ("height_m", "pitch_deg", "focal_px"), [(10.0, 25.0, 554.0), (6.0, 15.0, 800.0), (20.0, 40.0, 400.0)]
)
def test_the_camera_is_found_again(height_m: float, pitch_deg: float, focal_px: float) -> None:
    matrix = known(height_m, pitch_deg, focal_px)
    found = lens(matrix)
    assert found is not None and found.place == pytest.approx([0.0, 0.0, height_m], abs=1e-6)
    points = np.array([[0.0, 20.0, 0.0], [1.0, 25.0, 1.5], [-3.0, 40.0, 3.2]])
    pixels, depth = found.pixels(points)
    assert pixels == pytest.approx(seen(matrix, points), abs=1e-6) and (depth > 0).all()


def test_a_ground_drawn_in_a_mirror_still_has_up_above() -> None:
    matrix = known(8.0, 20.0, 600.0)
    found = lens(matrix, mirrored=True)
    assert found is not None
    pixels, _ = found.pixels(np.array([[-1.0, 25.0, 1.5]]))
    assert pixels == pytest.approx(seen(matrix, np.array([[1.0, 25.0, 1.5]])), abs=1e-6)


def test_what_stands_above_the_road_is_found_below() -> None:
    matrix = known(10.0, 25.0, 554.0)
    found = lens(matrix)
    assert found is not None
    places = found.ground_of(seen(matrix, np.array([[1.5, 30.0, 0.65]])), 0.65)
    assert places == pytest.approx(np.array([[1.5, 30.0]]), abs=1e-6)


def test_a_camera_under_the_street_or_in_the_clouds_is_none() -> None:
    assert lens(known(0.5, 8.0, 554.0)) is None
    assert lens(known(200.0, 60.0, 3000.0)) is None
