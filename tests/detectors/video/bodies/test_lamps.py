"""Lamps by night: pairs as far apart as on a car are cars, single ones and mirror images are none."""

import cv2
import numpy as np
import pytest

from detectors.video.bodies.lamps import pairs_of
from detectors.video.bodies.shape import CAR
from detectors.video.bodies.ways import Ways
from tests.detectors.video.bodies.test_lens import known, lens, seen

MATRIX = known(10.0, 25.0, 554.0)
WAYS = Ways([(np.array([0.0, 25.0]), np.array([0.0, -1.0]))])  # towards the camera
EVERYWHERE = np.full((360, 640), 255, np.uint8)
WHITE, RED = (255, 255, 255), (60, 60, 255)


def night(lamps: list[tuple[float, float, float]], colour: tuple[int, int, int]) -> np.ndarray:
    """Return a dark picture with lamps at places (x, y, z). [m]"""
    picture = np.full((360, 640, 3), 20, np.uint8)
    for x, y in seen(MATRIX, np.array(lamps)):
        cv2.circle(picture, (round(float(x)), round(float(y))), 4, colour, -1)
    return picture


@pytest.mark.parametrize(("colour", "way"), [(WHITE, -1.0), (RED, 1.0)])
def test_two_lamps_are_a_car_that_faces_as_they_shine(colour: tuple[int, int, int], way: float) -> None:
    found = lens(MATRIX)
    assert found is not None
    pairs = pairs_of(night([(-0.7, 25.0, 0.65), (0.7, 25.0, 0.65)], colour), EVERYWHERE, found, WAYS)
    assert len(pairs) == 1
    assert pairs[0].heading == pytest.approx([0.0, way])
    assert pairs[0].place == pytest.approx([0.0, 25.0 + CAR.length_m / 2.0], abs=0.4)


def test_a_single_lamp_and_lamps_behind_one_another_are_no_car() -> None:
    found = lens(MATRIX)
    assert found is not None
    assert not pairs_of(night([(0.0, 25.0, 0.65)], WHITE), EVERYWHERE, found, WAYS)
    assert not pairs_of(night([(0.0, 25.0, 0.65), (0.0, 26.4, 0.65)], WHITE), EVERYWHERE, found, WAYS)


def test_the_mirror_image_on_a_wet_road_is_no_second_car() -> None:
    found = lens(MATRIX)
    assert found is not None
    lamps = [(x, 25.0, z) for x in (-0.7, 0.7) for z in (0.65, -0.65)]
    pairs = pairs_of(night(lamps, WHITE), EVERYWHERE, found, WAYS)
    assert len(pairs) == 1 and pairs[0].place[1] > 25.0
