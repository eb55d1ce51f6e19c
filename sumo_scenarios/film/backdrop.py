"""The picture without traffic: the ground in perspective, the sky, and what stands beside the road."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.film.conditions import Condition
from sumo_scenarios.film.ground_picture import GroundPicture, box_around, draw_ground
from sumo_scenarios.film.pinhole import Pinhole
from sumo_scenarios.film.roadmap import RoadMap
from sumo_scenarios.film.roadside import draw_roadside
from sumo_scenarios.film.texture import octaves

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]
Reach = NDArray[np.float32]

SIGHT_M: Final = 150.0
SHARPER: Final = 3
_SKY_LOW, _SKY_HIGH = np.array([226.0, 218.0, 208.0]), np.array([214.0, 178.0, 142.0])
_GREY_SKY: Final = np.array([206.0, 205.0, 203.0])
_FAR_WOOD: Final = (58.0, 78.0, 66.0)


@dataclass(frozen=True)
class Backdrop:
    """`picture` (height, width, 3) in the light of the condition before street lamps; `distance_m` (height, width) of
    what a pixel shows; `trees` (height, width), 255 where leaves may move; `road` (height, width), 255 on asphalt.
    """

    picture: Image
    distance_m: Reach
    trees: Image
    road: Image


def draw_backdrop(roads: RoadMap, stops: Iterable[str], camera: Pinhole, condition: Condition, seed: int) -> Backdrop:
    """Return what a camera sees of an empty road."""
    large = camera.scaled(SHARPER)
    box = box_around(_seen_ground(large), 8.0)
    middle, reach_m = box.mean(axis=0), float(np.hypot(*(box[1] - box[0]))) / 2
    lanes = roads.near(float(middle[0]), float(middle[1]), reach_m)
    ground = draw_ground(roads, lanes, stops, box, seed)
    view, road = _from_above(ground, ground.picture, large), _from_above(ground, ground.road, large)
    distance_m = _distances(large)
    far = distance_m > SIGHT_M
    view[far] = _sky(large, condition, seed)[far]
    road[far] = 0
    leaves, away_m = draw_roadside(view, distance_m, large, road, condition, seed)
    _haze(view, away_m, condition)
    size = (camera.width_px, camera.height_px)
    small, trees, asphalt = (
        _image(cv2.resize(each, size, interpolation=cv2.INTER_AREA)) for each in (view, leaves, road)
    )
    near = cv2.resize(np.minimum(away_m, 1e4), size, interpolation=cv2.INTER_NEAREST)
    return Backdrop(_lit(small, condition), np.asarray(near, dtype=np.float32), trees, asphalt)


def _image(array: object) -> Image:
    return np.asarray(array, dtype=np.uint8)


def _seen_ground(camera: Pinhole) -> Floats:
    """Return points of the road (n, 2) that the picture shows, as far as `SIGHT_M`. [m]"""
    grid = np.array(
        [(x, y) for y in np.linspace(0.0, camera.height_px, 60) for x in np.linspace(0.0, camera.width_px, 9)]
    )
    ground = camera.ground_of(grid)
    away = np.hypot(*(ground - camera.place[:2]).T)
    seen: Floats = ground[np.isfinite(away) & (away <= SIGHT_M)]
    return seen


def _from_above(ground: GroundPicture, layer: Image, camera: Pinhole) -> Image:
    matrix = camera.ground_to_picture @ np.linalg.inv(ground.from_metres())
    size = (camera.width_px, camera.height_px)
    return _image(cv2.warpPerspective(layer, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _distances(camera: Pinhole) -> Reach:
    """Return how far from the camera the road is that a pixel shows, infinite above the horizon. [m]"""
    across = (np.arange(camera.width_px, dtype=np.float32) + 0.5 - camera.width_px / 2.0) / camera.focal_px
    down = (np.arange(camera.height_px, dtype=np.float32) + 0.5 - camera.height_px / 2.0) / camera.focal_px
    falls = -(camera.axes[2, 2] + down * camera.axes[1, 2])
    with np.errstate(divide="ignore"):
        depth = np.where(falls > 1e-9, camera.height_m / falls, np.inf)
    return np.asarray(depth[:, None] * np.sqrt(1.0 + across[None, :] ** 2 + down[:, None] ** 2), dtype=np.float32)


def _sky(camera: Pinhole, condition: Condition, seed: int) -> Image:
    """Return a sky with a far line of trees above the horizon, as large as the picture."""
    shape = (camera.height_px, camera.width_px)
    horizon = camera.height_px / 2.0 - camera.focal_px * np.tan(np.radians(camera.pitch_deg))
    up = (horizon - np.arange(shape[0], dtype=np.float32)) / camera.focal_px
    blue = np.clip(up / 0.3, 0.0, 1.0)[:, None]
    rows = (
        _SKY_LOW * (1.0 - blue) + _SKY_HIGH * blue if condition.sun is not None else np.tile(_GREY_SKY, (shape[0], 1))
    )
    sky = np.repeat(rows[:, None, :], shape[1], axis=1)
    generator = np.random.default_rng(seed + 1)
    tops = octaves(generator, (1, shape[1]), ((120.0, 0.012), (25.0, 0.007), (6.0, 0.003)))[0] + 0.045
    wood = up[:, None] < tops[None, :]
    leaf = octaves(generator, shape, ((10.0, 9.0), (3.0, 9.0)))[:, :, None] + np.array(_FAR_WOOD)
    return _image(np.clip(np.where(wood[:, :, None], leaf, sky), 0, 255))


def _haze(view: Image, away_m: Reach, condition: Condition) -> None:
    """Let what is far fade, in place."""
    if condition.haze_per_m <= 0:
        return
    clear = np.exp(-condition.haze_per_m * np.minimum(away_m, 1e4))[:, :, None]
    view[:] = _image(view * clear + np.array(condition.haze_colour, dtype=np.float32) * (1.0 - clear))


def _lit(picture: Image, condition: Condition) -> Image:
    """Return the picture in the light of the condition; in the dark the light comes later, with the lamps."""
    if condition.dark:
        return picture
    return _image(np.clip(picture * (np.array(condition.tint) * condition.light), 0, 255))
