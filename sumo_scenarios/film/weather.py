"""What comes between the road and the file: clouds, rain, moving leaves, and the camera's own faults."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.film.backdrop import Backdrop
from sumo_scenarios.film.conditions import Condition
from sumo_scenarios.film.pinhole import Pinhole
from sumo_scenarios.film.texture import octaves

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]

CLOUD_M: Final = 2.0
CLOUD_CELLS: Final = 400
CLOUDS_MPS: Final = 7.0
CLOUD_SIZES_M: Final = ((90.0, 1.0), (35.0, 0.5))
COARSER: Final = 8
GRAINS: Final = 5
STREAKS: Final = 6
_SHAKES_HZ: Final = (0.31, 0.83, 1.7, 2.9)
_DRIFTS_HZ: Final = (0.013, 0.037, 0.09)


class Wobble:
    """A random course of time with deviation 1: sines with random phases."""

    def __init__(self, generator: np.random.Generator, rates_hz: tuple[float, ...]) -> None:
        rates = np.array(rates_hz) * generator.uniform(0.8, 1.2, len(rates_hz))
        self._turns = 2.0 * np.pi * rates
        self._starts = generator.uniform(0.0, 2.0 * np.pi, len(rates_hz))
        self._share = float(np.sqrt(2.0 / len(rates_hz)))

    def at(self, time_s: float) -> float:
        """Return its value at a time. [s]"""
        return self._share * float(np.sin(self._turns * time_s + self._starts).sum())


class Clouds:
    """Shadows of clouds that pass over the ground with the wind."""

    def __init__(self, camera: Pinhole, depth: float, generator: np.random.Generator) -> None:
        grains = [(size / CLOUD_M, weight) for size, weight in CLOUD_SIZES_M]
        field = octaves(generator, (CLOUD_CELLS, CLOUD_CELLS), grains)
        covered = 1.0 / (1.0 + np.exp(-3.0 * field))
        self._light = ((1.0 - depth * covered) * 255).astype(np.uint8)
        small = camera.scaled(1.0 / COARSER)
        size = (small.width_px, small.height_px)
        columns, rows = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
        ground = small.ground_of(np.column_stack((columns.ravel(), rows.ravel()))) - camera.place[:2]
        clipped = np.clip(np.nan_to_num(ground, nan=300.0), -300.0, 300.0)
        self._cells = (clipped / CLOUD_M).reshape(size[1], size[0], 2).astype(np.float32)
        wind = float(generator.uniform(0.0, 2.0 * np.pi))
        self._way = np.array([np.cos(wind), np.sin(wind)]) * CLOUDS_MPS / CLOUD_M
        self._size = (camera.width_px, camera.height_px)

    def light(self, time_s: float) -> Image:
        """Return the light on the picture, (height, width, 3), 255: full."""
        cells = np.mod(self._cells + (self._way * time_s).astype(np.float32), CLOUD_CELLS - 1.0)
        small = cv2.remap(self._light, cells[:, :, 0], cells[:, :, 1], cv2.INTER_LINEAR)
        grown = cv2.resize(small, self._size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.merge((grown, grown, grown)), dtype=np.uint8)


class Weather:
    """Spoils frames as weather and camera do; the same seed spoils them the same way."""

    def __init__(self, camera: Pinhole, condition: Condition, backdrop: Backdrop, seed: int) -> None:
        self._condition = condition
        self._size = (camera.width_px, camera.height_px)
        generator = np.random.default_rng(seed + 11)
        self._generator = generator
        self._shakes = [Wobble(generator, _SHAKES_HZ) for _ in range(3)]
        self._gust = Wobble(generator, (0.05, 0.11))
        self._exposure = Wobble(generator, _DRIFTS_HZ)
        self._clouds = Clouds(camera, condition.clouds, generator) if condition.clouds > 0 else None
        self._grains = self._made_grains()
        self._streaks = [self._made_streaks() for _ in range(STREAKS)] if condition.rain else []
        self._leaves = backdrop.trees

    def _made_grains(self) -> list[NDArray[np.int16]]:
        shape = (self._size[1] + 16, self._size[0] + 16, 3)
        made = []
        for _ in range(GRAINS):
            fine = self._generator.standard_normal(shape).astype(np.float32)
            soft = cv2.GaussianBlur(fine, (0, 0), 0.6)
            strength = self._condition.noise / max(float(np.std(soft)), 1e-6)
            made.append(np.round(np.asarray(soft) * strength).astype(np.int16))
        return made

    def _made_streaks(self) -> Image:
        layer: Image = np.zeros((self._size[1], self._size[0], 3), dtype=np.uint8)
        for _ in range(self._condition.rain):
            x, y = self._generator.uniform(0, self._size[0]), self._generator.uniform(-20, self._size[1])
            near = self._generator.uniform(0.2, 1.0) ** 2
            long, lean = 6 + 24 * near, self._generator.normal(0.06, 0.02)
            grey = 14 + 26 * near
            start = (round(x * 16), round(y * 16))
            end = (round((x + lean * long) * 16), round((y + long) * 16))
            cv2.line(layer, start, end, (grey, grey, grey), 1, cv2.LINE_AA, 4)
        return layer

    def cloud_light(self, time_s: float) -> Image | None:
        """Return the light that passing clouds leave, or None without clouds. [s]"""
        return None if self._clouds is None else self._clouds.light(time_s)

    def sway(self, picture: Image, time_s: float) -> Image:
        """Return the backdrop with its leaves moved. [s]"""
        if self._condition.sway <= 0.3:
            return picture.copy()
        reach = 1.6 * self._condition.sway
        step = (reach * self._shakes[2].at(time_s * 1.3 + 40.0), 0.5 * reach * self._shakes[1].at(time_s + 17.0))
        moved = cv2.warpAffine(
            picture, np.array([[1.0, 0.0, step[0]], [0.0, 1.0, step[1]]]), self._size, borderMode=cv2.BORDER_REPLICATE
        )
        frame = picture.copy()
        cv2.copyTo(np.asarray(moved, dtype=np.uint8), self._leaves, frame)
        return frame

    def spoil(self, frame: Image, time_s: float) -> Image:
        """Return the frame as the camera sends it, before its encoding. [s]"""
        if self._streaks:
            cv2.add(frame, self._streaks[int(self._generator.integers(STREAKS))], dst=frame)
        frame = self._shaken(frame, time_s)
        gain = 1.0 + self._condition.drift * self._exposure.at(time_s)
        grain = self._grains[int(self._generator.integers(GRAINS))]
        dx, dy = (int(each) for each in self._generator.integers(0, 16, 2))
        part = grain[dy : dy + self._size[1], dx : dx + self._size[0]]
        bright = cv2.convertScaleAbs(frame, alpha=gain) if abs(gain - 1.0) > 0.002 else frame
        return np.asarray(cv2.add(bright, part, dtype=cv2.CV_8U), dtype=np.uint8)

    def _shaken(self, frame: Image, time_s: float) -> Image:
        """Return the frame as a camera on a pole in the wind holds it."""
        deviation = self._condition.shake_px
        if deviation < 0.3:
            return frame
        gust = 0.6 + 0.4 * self._gust.at(time_s)
        x, y, turn = (gust * deviation * wobble.at(time_s) for wobble in self._shakes)
        matrix = cv2.getRotationMatrix2D((self._size[0] / 2, self._size[1] / 2), 0.06 * turn, 1.0)
        matrix[:, 2] += np.array([x, y])
        moved = cv2.warpAffine(frame, matrix, self._size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, dtype=np.uint8)

    def sent(self, frame: Image) -> Image:
        """Return the frame as it arrives, encoded and decoded."""
        good, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, self._condition.jpeg_quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8) if good else frame
