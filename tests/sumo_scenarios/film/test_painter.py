"""What is painted: where the geometry says, nearer ones over farther ones, shadows away from the sun."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sumo_scenarios.film.bodies import Body
from sumo_scenarios.film.conditions import CONDITIONS, Sun
from sumo_scenarios.film.movement import Mover
from sumo_scenarios.film.painter import Painter
from tests.sumo_scenarios.film.scenes import at, over_the_road, scene

OVERCAST = replace(CONDITIONS["overcast"], light=1.0)
CAMERA = over_the_road(640, 360)
RED = Body("car", 4.5, 1.8, 1.5, (0, 0, 255))
BLUE = Body("bus", 12.0, 2.5, 3.2, (255, 0, 0))


def painted(*movers: Mover) -> NDArray[np.uint8]:
    """Return the bodies on grey ground."""
    frame = np.full((360, 640, 3), 128, dtype=np.uint8)
    painter, here = Painter(CAMERA, OVERCAST), scene(0.0, *movers)
    painter.bodies(frame, painter.seen(here), here)
    return frame


def changed(frame: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a frame is not grey ground."""
    return np.abs(frame.astype(int) - 128).max(axis=2) > 8


def pixel_of(x_m: float, y_m: float, z_m: float) -> tuple[int, int]:
    (column, row), _ = (part[0] for part in CAMERA.project(np.array([(x_m, y_m, z_m)])))
    return round(row), round(column)


def test_the_roof_has_the_paint() -> None:
    blue, green, red = painted(at("a", -10.0, -1.6, body=RED))[pixel_of(-12.9, -1.6, 1.5)]
    assert red > 120 and blue < 60 and green < 60


def test_nothing_is_painted_outside_the_hull_of_the_box() -> None:
    frame = painted(at("a", -10.0, -1.6, body=RED))
    corners = [(x, y, z) for x in (-14.55, -9.95) for y in (-2.55, -0.65) for z in (0.0, 1.52)]
    hull = cv2.convexHull(np.round(CAMERA.project(np.array(corners))[0]).astype(np.int32))
    box = cv2.fillConvexPoly(np.zeros((360, 640), dtype=np.uint8), hull, 255)
    inside = np.asarray(cv2.dilate(box, np.ones((5, 5), np.uint8))) > 0
    assert not (changed(frame) & ~inside).any()
    assert (changed(frame) & (box > 0)).sum() > 0.6 * (box > 0).sum()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_one_hides_the_farther_one(order: tuple[int, int]) -> None:
    movers = (at("bus", -10.0, -1.6, body=BLUE), at("car", -23.0, -1.6, body=RED))
    frame = painted(*(movers[k] for k in order))
    blue, _, red = frame[pixel_of(-10.0, -1.6, 1.0)]
    assert blue > red
    assert not ((frame[:, :, 2] > 150) & (frame[:, :, 0] < 80)).any()  # the car is behind the bus, wholly


def test_whoever_is_out_of_the_picture_is_left_out() -> None:
    painter = Painter(CAMERA, OVERCAST)
    movers = (at("behind", 60.0, 0.0), at("far", -900.0, 0.0), at("left", -20.0, -200.0), at("seen", -20.0, 0.0))
    here = scene(0.0, *movers)
    assert [here.names[seen.index] for seen in painter.seen(here)] == ["seen"]


@pytest.mark.parametrize("azimuth_deg", [45.0, 135.0, 200.0, 300.0])
def test_a_shadow_falls_away_from_the_sun(azimuth_deg: float) -> None:
    sunny = replace(CONDITIONS["day"], sun=Sun(azimuth_deg, 30.0, 0.6))
    painter, here = Painter(CAMERA, sunny), scene(0.0, at("a", -12.0, -1.6, body=RED))
    light = np.full((360, 640, 3), 255, dtype=np.uint8)
    painter.shade(light, painter.seen(here))
    away = -np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))])
    dark, lit = (np.array([-14.2, -1.6]) + sign * 2.6 * away for sign in (0.9, -1.3))
    assert light[pixel_of(*dark, 0.0)][1] < 130
    assert light[pixel_of(*lit, 0.0)][1] == 255


def test_below_a_vehicle_it_is_dark_without_sun_too() -> None:
    painter, here = Painter(CAMERA, OVERCAST), scene(0.0, at("a", -12.0, -1.6, body=RED))
    light = np.full((360, 640, 3), 255, dtype=np.uint8)
    painter.shade(light, painter.seen(here))
    assert light[pixel_of(-14.0, -1.6, 0.0)][1] < 140


def test_fog_takes_the_colour_of_what_is_far() -> None:
    fog = Painter(CAMERA, CONDITIONS["fog"])
    strength = []
    for x_m in (-5.0, -60.0):
        frame, here = np.full((360, 640, 3), 128, dtype=np.uint8), scene(0.0, at("a", x_m, -1.6, body=RED))
        fog.bodies(frame, fog.seen(here), here)
        strength.append(int((frame[:, :, 2].astype(int) - frame[:, :, 1]).max()))
    assert strength[0] > 1.5 * strength[1]
