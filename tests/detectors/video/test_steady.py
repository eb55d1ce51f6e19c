"""The shake of a pole, put on a picture and found again."""

import cv2
import numpy as np
import pytest

from detectors.video.steady import Steady, steadied


def picture() -> np.ndarray:
    rng = np.random.default_rng(4)
    coarse = rng.uniform(40, 200, (23, 40, 3)).astype(np.float32)
    return np.clip(cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


def shifted(frame: np.ndarray, x: float, y: float) -> np.ndarray:
    return cv2.warpAffine(frame, np.array([[1.0, 0, x], [0, 1.0, y]]), (640, 360), borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("step", [(1.3, -2.2), (-4.0, 2.0), (0.5, 3.0)])
def test_a_shift_is_found_also_with_a_vehicle_in_the_picture(step: tuple[float, float]) -> None:
    road = picture()
    frame = shifted(road, *step)
    frame[150:260, 200:330] = (30, 30, 200)
    assert Steady(road).shift_px(frame, None) == pytest.approx(step, abs=0.2)


def test_a_quiet_picture_is_left_as_it_is() -> None:
    road = picture()
    noisy = np.clip(road + np.random.default_rng(5).normal(0, 4, road.shape), 0, 255).astype(np.uint8)
    shift = Steady(road).shift_px(noisy, None)
    assert shift == (0.0, 0.0) and steadied(noisy, shift) is noisy


def test_another_picture_is_no_shake() -> None:
    assert max(np.abs(Steady(picture()).shift_px(picture()[::-1].copy(), None))) <= 8.0
