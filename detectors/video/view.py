"""From the pixels of the camera file to those the counting works on, and back."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.camera import Camera, Line, Polygon, Zone
from detectors.video.gate import Gate
from detectors.video.plane import Box, Point
from detectors.video.tone import Image, as_image
from detectors.video.zones import ZoneKeeper

WORKING_PX: Final = 640
"""Longest side of the picture that is looked at: larger ones cost time and show no more vehicles."""
MOST_ENLARGED: Final = 2.0
"""Smaller ones are enlarged so much at most: the least gap that keeps two vehicles apart is some whole pixels wide."""


class View:
    """The scales of one camera's picture: file, frame, working size."""

    def __init__(self, camera: Camera, width_px: int, height_px: int) -> None:
        scale = min(MOST_ENLARGED, WORKING_PX / max(width_px, height_px))
        self.width, self.height = max(1, round(width_px * scale)), max(1, round(height_px * scale))
        self._x = self.width / (camera.width_px or width_px)
        self._y = self.height / (camera.height_px or height_px)

    def resize(self, frame: Image) -> Image:
        """Return a frame in working size."""
        if frame.shape[:2] == (self.height, self.width):
            return frame
        way = cv2.INTER_CUBIC if frame.shape[1] < self.width else cv2.INTER_AREA
        return as_image(cv2.resize(frame, (self.width, self.height), interpolation=way))

    def inward(self, point: Point) -> Point:
        """Return a point of the file in working pixels."""
        return point[0] * self._x, point[1] * self._y

    def outward(self, point: Point) -> Point:
        """Return a working point in the pixels of the file."""
        return point[0] / self._x, point[1] / self._y

    def box_outward(self, box: Box) -> Box:
        """Return a working box in the pixels of the file."""
        return box[0] / self._x, box[1] / self._y, box[2] / self._x, box[3] / self._y

    def polygon(self, polygon: Polygon) -> NDArray[np.int32]:
        """Return a polygon of the file in working pixels, (n, 2)."""
        return np.array([self.inward(point) for point in polygon]).round().astype(np.int32)

    def gate(self, line: Line) -> Gate:
        """Return a line of the file in working pixels."""
        start, end = self.inward(line.start), self.inward(line.end)
        length = max(math.dist(start, end), 1e-6)
        along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        return Gate(line.name, start, along, (-along[1], along[0]), length)

    @property
    def scale(self) -> Point:
        """Return working pixels per pixel of the file, along and down."""
        return self._x, self._y

    def zone(self, zone: Zone) -> ZoneKeeper:
        """Return a zone of the file in working pixels."""
        mask = np.zeros((self.height, self.width), np.uint8)
        polygon = self.polygon(zone.polygon)
        cv2.fillPoly(mask, [polygon], (255,))
        return ZoneKeeper(zone, polygon, mask)

    def region(self, camera: Camera) -> Image | None:
        """Return the mask of what is looked at, None for everything."""
        if camera.region is None and not camera.ignore:
            return None
        mask = np.full((self.height, self.width), 255 if camera.region is None else 0, np.uint8)
        if camera.region is not None:
            cv2.fillPoly(mask, [self.polygon(camera.region)], (255,))
        for polygon in camera.ignore:
            cv2.fillPoly(mask, [self.polygon(polygon)], (0,))
        return mask
