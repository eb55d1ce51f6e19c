"""The background: exposure, shadows, what stands for long."""

import cv2
import numpy as np
import pytest

from detectors.video.backdrop import LOW_SUN, SHADOW_LOW, Backdrop
from detectors.video.camera import Camera
from detectors.video.capture.pictures import Gap, Picture
from detectors.video.samples import Samples
from detectors.video.tone import inverse_of, tone_curve
from detectors.video.watching import Watching

RNG = np.random.default_rng(5)
ROAD = np.clip(RNG.normal(110.0, 12.0, (120, 160, 1)) + RNG.normal(0, 2, (120, 160, 3)), 0, 255).astype(np.uint8)


def noisy(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture + RNG.normal(0.0, 2.0, picture.shape), 0, 255).astype(np.uint8)


def with_box(picture: np.ndarray, left: int, colour: tuple[int, int, int], width: int = 40) -> np.ndarray:
    changed = picture.copy()
    changed[40:70, left : left + width] = colour
    return changed


def learnt(frames: list[np.ndarray], shadow_low: float = SHADOW_LOW) -> Backdrop:
    samples = Samples()
    for frame in frames:
        samples.show(frame, frame[..., 1].copy(), None)
    return Backdrop(samples, shadow_low)


def test_the_curve_finds_exposure_under_vehicles() -> None:
    points = np.repeat(np.linspace(20, 230, 400).astype(np.uint8)[:, None], 3, axis=1)
    darker = (points * 0.5).astype(np.uint8)
    darker[::4] = 250  # every fourth point is covered by something white
    curve = tone_curve(points, darker)
    assert np.all(np.abs(curve[40:220, 0, 1].astype(float) - np.arange(40, 220) * 0.5) < 4.0)
    assert np.all(np.abs(curve[inverse_of(curve)[:, 0, 0], 0, 0].astype(float) - np.arange(256))[20:110] < 4.0)


def test_the_road_wins_against_what_stood_there_longest() -> None:
    frames = [noisy(ROAD) for _ in range(4)]
    frames += [noisy(with_box(ROAD, 60, (200, 40, 40))) for _ in range(12)]  # one vehicle stands for half of the time
    for colour in ((30, 30, 30), (220, 220, 220), (40, 40, 160)):
        frames += [noisy(with_box(ROAD, 60, colour)), noisy(ROAD), noisy(ROAD)]
    road = learnt(frames).road
    assert np.abs(road[45:65, 65:95].astype(float) - ROAD[45:65, 65:95]).mean() < 6.0


def test_a_picture_that_darkens_as_a_whole_shows_vehicles_only() -> None:
    backdrop = learnt([noisy(ROAD) for _ in range(20)])
    for gain in (1.0, 0.8, 0.6, 0.5, 0.7, 1.2):
        found = backdrop.differ(noisy(with_box(ROAD, 60, (200, 60, 60)) * gain)).solid
        inside = found[42:68, 62:98].mean() / 255.0
        found[36:74, 56:104] = 0
        assert inside > 0.9 and found.mean() / 255.0 < 0.01, gain


def test_a_shadow_is_not_solid_but_a_dark_car_is() -> None:
    backdrop = learnt([noisy(ROAD) for _ in range(20)])
    shadow = ROAD.astype(float).copy()
    shadow[40:70, 60:100] *= 0.65
    difference = backdrop.differ(noisy(shadow))
    assert difference.changed[45:65, 65:95].mean() / 255.0 > 0.9
    assert difference.solid[45:65, 65:95].mean() / 255.0 < 0.15
    car = with_box(ROAD, 60, (30, 30, 30))
    assert backdrop.differ(noisy(car)).solid[45:65, 65:95].mean() / 255.0 > 0.9


@pytest.mark.parametrize(("shadow_low", "solid"), [(LOW_SUN, False), (SHADOW_LOW, True)])
def test_the_shadow_of_a_low_sun_is_not_solid_for_who_asks_for_that(shadow_low: float, solid: bool) -> None:
    backdrop = learnt([noisy(ROAD) for _ in range(20)], shadow_low)
    shadow = ROAD.astype(float).copy()
    shadow[40:70, 60:100] *= (0.42, 0.38, 0.39)
    difference = backdrop.differ(noisy(shadow))
    assert difference.changed[45:65, 65:95].mean() / 255.0 > 0.9
    assert bool(difference.solid[45:65, 65:95].mean() / 255.0 > 0.15) is solid


@pytest.mark.parametrize("colour", [(6, 6, 6), (22, 22, 22), (8, 8, 26)])
def test_in_the_dark_a_vehicle_that_is_a_few_grey_levels_off_differs(colour: tuple[int, int, int]) -> None:
    road = (ROAD * 0.13).astype(np.uint8)
    backdrop = learnt([noisy(road) for _ in range(20)])
    assert backdrop.dark
    changed = backdrop.differ(noisy(with_box(road, 60, colour))).changed
    inside = changed[44:66, 64:96].mean() / 255.0
    changed[34:76, 54:106] = 0
    assert inside > 0.8 and changed.mean() / 255.0 < 0.02


def test_in_the_dark_lit_road_is_not_firm_but_a_red_car_is() -> None:
    road = (ROAD * 0.3).astype(np.uint8)
    backdrop = learnt([noisy(road) for _ in range(20)])
    part = road.copy()
    part[40:90, 30:130] = np.clip(part[40:90, 30:130] * 2.2, 0, 255)
    found = backdrop.differ(noisy(part))
    assert found.changed[50:80, 40:120].mean() / 255.0 > 0.9 and found.firm[50:80, 40:120].mean() / 255.0 < 0.1
    red = backdrop.differ(noisy(with_box(road, 60, (30, 30, 110))))
    assert red.firm[45:65, 65:95].mean() / 255.0 > 0.8


def test_the_background_follows_slow_change_but_not_under_a_vehicle() -> None:
    backdrop = learnt([noisy(ROAD) for _ in range(20)])
    keep = np.zeros(ROAD.shape[:2], np.uint8)
    stained = ROAD.copy()
    stained[100:110, 20:40] = np.clip(stained[100:110, 20:40].astype(int) + 9, 0, 255)
    for _ in range(60):
        frame = noisy(with_box(stained, 60, (200, 40, 40)))
        backdrop.differ(frame)
        backdrop.follow(frame, 0.1, keep)
    change = backdrop.road.astype(int) - ROAD
    assert change[100:110, 20:40].mean() - change[:36].mean() > 6.0
    assert np.abs(change[45:65, 65:95]).mean() < 6.0
    assert abs(backdrop.road.std() - ROAD.std()) < 1.5  # contrast is kept


def test_a_live_camera_that_hangs_at_first_goes_on_learning_the_road() -> None:
    """A bus stands in view when the camera is switched on; then the picture hangs for a second, and the bus leaves."""
    watching, at = Watching(Camera("pole")), 0
    for index in range(125):
        time_s = index / 5.0
        if index == 20:
            watching.take(Gap(4.0, 5.0, "no picture"))
        elif index > 25 or index < 20:
            frame = noisy(with_box(ROAD, 60, (20, 20, 150))) if time_s < 6.0 else noisy(ROAD)
            watching.take(Picture(frame, at, time_s))
            at += 1
    backdrop = watching.counter._scene.backdrop
    assert backdrop is not None
    road = cv2.resize(backdrop.road, (160, 120), interpolation=cv2.INTER_AREA).astype(float)  # it was enlarged
    assert np.abs(road[45:65, 65:95].mean(axis=(0, 1)) - ROAD[45:65, 65:95].mean(axis=(0, 1))).max() < 8.0
