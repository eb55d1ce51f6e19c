"""The pinhole camera: known pixels, and there and back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.film.pinhole import Pinhole

cameras = st.builds(
    Pinhole,
    x_m=st.floats(-1e3, 1e3),
    y_m=st.floats(-1e3, 1e3),
    height_m=st.floats(4.0, 20.0),
    heading_deg=st.floats(0.0, 360.0),
    pitch_deg=st.floats(10.0, 60.0),
    fov_deg=st.floats(20.0, 90.0),
)


def test_the_middle_of_the_picture_is_where_the_camera_points() -> None:
    camera = Pinhole(5.0, 7.0, 10.0, 0.0, 45.0, 60.0)  # north and down by 45 degrees: ten metres ahead on the road
    pixels, depth = camera.project_ground(np.array([(5.0, 17.0)]))
    assert pixels[0] == pytest.approx((320.0, 180.0))
    assert depth[0] == pytest.approx(10.0 * math.sqrt(2.0))


def test_the_angle_of_view_reaches_from_edge_to_edge() -> None:
    camera = Pinhole(0.0, 0.0, 10.0, 0.0, 45.0, 90.0)
    east_m = 10.0 * math.sqrt(2.0)  # as far to the side as ahead: 45 degrees
    pixels, _ = camera.project_ground(np.array([(east_m, 10.0), (-east_m, 10.0)]))
    assert pixels[:, 0] == pytest.approx([640.0, 0.0])


def test_what_is_higher_stands_higher_in_the_picture() -> None:
    camera = Pinhole(0.0, 0.0, 10.0, 90.0, 20.0, 60.0)
    pixels, _ = camera.project(np.array([(30.0, 0.0, 0.0), (30.0, 0.0, 2.0)]))
    assert pixels[1, 1] < pixels[0, 1]


def test_a_camera_that_looks_north_has_east_at_its_right() -> None:
    pixels, _ = Pinhole(0.0, 0.0, 10.0, 0.0, 20.0, 60.0).project_ground(np.array([(3.0, 30.0), (-3.0, 30.0)]))
    assert pixels[0, 0] > pixels[1, 0]


@given(cameras, st.floats(0.0, 640.0), st.floats(180.0, 360.0))
def test_from_a_pixel_to_the_road_and_back(camera: Pinhole, x: float, y: float) -> None:
    ground = camera.ground_of(np.array([(x, y)]))
    back, depth = camera.project_ground(ground)
    assert depth[0] > 0
    assert back[0] == pytest.approx((x, y), abs=1e-3)
    seen = camera.ground_to_picture @ np.array([*ground[0], 1.0])
    assert seen[:2] / seen[2] == pytest.approx((x, y), abs=1e-2)


def test_above_the_horizon_there_is_no_road() -> None:
    camera = Pinhole(0.0, 0.0, 10.0, 0.0, 10.0, 60.0)
    assert np.isnan(camera.ground_of(np.array([(320.0, 0.0)]))).all()


def test_behind_the_camera_there_is_no_pixel() -> None:
    pixels, depth = Pinhole(0.0, 0.0, 10.0, 0.0, 10.0, 60.0).project_ground(np.array([(0.0, -100.0)]))
    assert depth[0] < 0 and np.isnan(pixels).all()


@pytest.mark.parametrize(
    "wrong", [{"height_m": 0.0}, {"height_m": math.nan}, {"pitch_deg": 0.0}, {"fov_deg": 170.0}, {"width_px": 4}]
)
def test_impossible_cameras_are_refused(wrong: dict[str, float]) -> None:
    good = {"x_m": 0.0, "y_m": 0.0, "height_m": 9.0, "heading_deg": 0.0, "pitch_deg": 20.0, "fov_deg": 60.0}
    with pytest.raises(InvalidInputError, match=r"camera|picture"):
        Pinhole(**(good | wrong))  # type: ignore[arg-type]
