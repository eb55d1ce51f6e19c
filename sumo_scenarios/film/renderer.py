"""From scenes to frames: what one camera films in one condition."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.film.backdrop import draw_backdrop
from sumo_scenarios.film.conditions import Condition
from sumo_scenarios.film.lamplight import Lamplight
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.painter import Painter, Seen
from sumo_scenarios.film.pinhole import Pinhole
from sumo_scenarios.film.roadmap import RoadMap
from sumo_scenarios.film.weather import Weather

Image = NDArray[np.uint8]

LAMPS_M: Final = 160.0
VISIBLE_QUALITY: Final = 50


class Renderer:
    """Renders the frames of one camera, in the order of time."""

    def __init__(self, roads: RoadMap, stops: Iterable[str], camera: Pinhole, condition: Condition, seed: int) -> None:
        """Args: stops, lanes that end at a stop line; seed, of everything random."""
        self.camera = camera
        self._condition = condition
        self._backdrop = draw_backdrop(roads, stops, camera, condition, seed)
        self._painter = Painter(camera, condition)
        self._weather = Weather(camera, condition, self._backdrop, seed)
        near = roads.near(camera.x_m, camera.y_m, LAMPS_M) if condition.lamps else []
        self._lamplight = Lamplight(camera, condition, near) if condition.lamps else None
        self._open = np.full((camera.height_px, camera.width_px, 3), 255, dtype=np.uint8)

    def frame(self, scene: Scene) -> Image:
        """Return the frame (height, width, 3), blue green red, of a scene."""
        seen = self._painter.seen(scene)
        frame = self._weather.sway(self._backdrop.picture, scene.time_s)
        shade = self._open.copy()
        self._painter.shade(shade, seen)
        _darken(frame, shade)
        if self._condition.wet > 0:
            self._painter.mirror(frame, seen, self._backdrop.road)
        self._painter.bodies(frame, seen, scene)
        self._lit(frame, seen, scene)
        return self._weather.spoil(frame, scene.time_s)

    def _lit(self, frame: Image, seen: list[Seen], scene: Scene) -> None:
        """Put clouds and lamps over a frame."""
        clouds = self._weather.cloud_light(scene.time_s)
        if clouds is not None:
            _darken(frame, clouds)
        if self._lamplight is not None:
            if self._condition.dark:
                _darken(frame, self._lamplight.light(seen))
            self._lamplight.glare(frame, seen, scene)

    def sent_quickly(self, frame: Image) -> Image:
        """Return a frame as it arrives, but leave out an encoding that is too good to be seen."""
        return self._weather.sent(frame) if self._condition.jpeg_quality < VISIBLE_QUALITY else frame

    def sent(self, frame: Image) -> Image:
        """Return a frame as it arrives over the link: encoded and decoded."""
        return self._weather.sent(frame)


def _darken(frame: Image, light: Image) -> None:
    """Multiply a frame by a layer of light (255: full), in place."""
    cv2.multiply(frame, light, dst=frame, scale=1.0 / 255.0)
