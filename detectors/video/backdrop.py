"""What the camera sees when nobody is there, and where this frame differs from it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.samples import Samples, largest
from detectors.video.tone import Image, as_image, inverse_of, tone_curve

GRID: Final = 6  # sample points of the tone curve: every so many pixels
LEAST_FREE: Final = 0.4  # share of sample points outside the last mask that is enough to leave the others out
NOISE_FACTOR: Final = 5.0  # times the median distance of a pixel from its level
LEAST_STEP: Final = 14.0  # grey steps: below it is camera noise and compression
MOST_STEP: Final = 48.0
SHADOW_LOW: Final = 0.40  # of the light: what the sky leaves of sunlight, by the gamma of a camera
LOW_SUN: Final = 0.33  # the same when the sun is low: dark cars are as dark, so only for who knows bodies from shadows
SHADOW_HIGH: Final = 0.95
SHADOW_COLOUR: Final = 0.10  # a shadow keeps the ratios of the channels
SHADOW_ROUGH: Final = 0.06  # and leaves the road as smooth as it is
EDGE: Final = np.ones((9, 9), np.uint8)  # around a shadow: where its own edge makes it rough
DARK: Final = 60.0  # mean grey level of a background in whose frames lamps light the road
LIFT: Final = 0.5  # exponent by which a dark scene is brightened
BRIGHTENED: Final = (255.0 * (np.arange(256) / 255.0) ** LIFT).round().astype(np.uint8)
DARKENED: Final = (255.0 * (np.arange(256) / 255.0) ** (1.0 / LIFT)).round().astype(np.uint8)
DARK_NOISE: Final = 0.25  # of its noise a brightened frame shows so much once it is smoothed
LIT_COLOUR: Final = 0.25  # they leave its colours too
LIT_ROUGH: Final = 0.10  # lamps leave the road as smooth as it is, but for the noise of the dark
LIT_MOST: Final = 240  # grey level: what is brighter is a lamp or what it dazzles
LIT_LIFT: Final = 10.0  # grey levels: keeps the ratio of the dark from being noise
LIT_SCALE: Final = 40.0
LEAST_GAIN: Final = 0.8  # the background learns only from frames with about its own exposure


@dataclass(slots=True)
class Difference:
    """Masks (height, width) of 0 and 255: changed, all that differs; solid, no shadow; firm, no edge of one either.

    share, of the picture that changed (0 to 1).
    """

    changed: Image
    solid: Image
    firm: Image
    share: float


class Backdrop:
    """The background of one camera in its working size, learnt from samples, with its noise.

    Args: shadow_low, the least share of the light that a shadow leaves.
    """

    def __init__(self, samples: Samples, shadow_low: float = SHADOW_LOW) -> None:
        self._shadow_low = shadow_low
        road, noise = samples.road()
        self.dark = float(road.mean()) < DARK
        lifted = self.lifted(road)
        self._exact: NDArray[np.float32] = lifted.astype(np.float32)
        self._refresh()
        steps = np.asarray(cv2.blur(noise, (5, 5))) * NOISE_FACTOR
        if self.dark:
            steps *= DARK_NOISE * 255.0 * LIFT / np.maximum(cv2.blur(largest(lifted), (5, 5)), 1.0)
        self._step: Image = np.clip(steps, LEAST_STEP, MOST_STEP).astype(np.uint8)
        self.mask: Image | None = None

    def lifted(self, frame: Image) -> Image:
        """Return a frame (height, width, 3) as it is compared: of a dark scene brightened, as an eye does."""
        return as_image(cv2.LUT(frame, BRIGHTENED)) if self.dark else frame

    def differ(self, frame: Image) -> Difference:
        """Return where a frame (height, width, 3) differs from the background in the light of the frame."""
        frame = self.lifted(frame)
        seen = _points(frame)
        usable = self._usable()
        self._curve = tone_curve(self._sampled[usable], seen[usable], not self.dark)
        look = as_image(cv2.LUT(self._soft, self._curve))
        soft = self._softened(frame)
        changed = _compare(largest(as_image(cv2.absdiff(soft, look))), self._step)
        self.mask = changed
        shadow, edge = _shadow(soft, look, self._shadow_low)
        solid = as_image(cv2.subtract(changed, shadow))
        if self.dark:
            firm = as_image(cv2.subtract(changed, _lit(frame, as_image(cv2.LUT(self._level, self._curve)))))
        else:
            firm = as_image(cv2.subtract(solid, edge))
        return Difference(changed, solid, firm, cv2.countNonZero(changed) / changed.size)

    def follow(self, frame: Image, rate: float, keep: Image) -> None:
        """Let the background follow the frame at `rate` (0 to 1) where nothing differs and `keep` is 0."""
        if self.mask is None or not LEAST_GAIN <= self.gain <= 1.0 / LEAST_GAIN:
            return
        free = cv2.bitwise_not(cv2.bitwise_or(keep, self.mask))
        cv2.accumulateWeighted(cv2.LUT(self.lifted(frame), inverse_of(self._curve)), self._exact, rate, free)
        self._refresh()

    def absorb(self, frame: Image, where: Image) -> None:
        """Take the frame as background at once where `where` is not 0."""
        plain = as_image(cv2.LUT(self.lifted(frame), inverse_of(self._curve)))
        self._exact[where > 0] = plain[where > 0]
        self._refresh()

    @property
    def gain(self) -> float:
        """Return by how much mid levels are brighter now than in the background."""
        return float(self._curve[96:160].mean()) / 127.5

    @property
    def road(self) -> Image:
        """Return the background (height, width, 3)."""
        return as_image(cv2.LUT(self._level, DARKENED)) if self.dark else self._level

    def _softened(self, frame: Image) -> Image:
        soft = as_image(cv2.blur(frame, (3, 3)))
        return as_image(cv2.GaussianBlur(soft, (5, 5), 0)) if self.dark else soft

    def _refresh(self) -> None:
        self._level: Image = self._exact.astype(np.uint8)
        self._soft: Image = self._softened(self._level)
        self._sampled = _points(self._soft)

    def _usable(self) -> NDArray[np.bool_]:
        """Return the sample points outside the last mask, all of them if those are few."""
        if self.mask is None:
            return np.ones(len(self._sampled), bool)
        free = self.mask[GRID // 2 :: GRID, GRID // 2 :: GRID].ravel() == 0
        return free if free.mean() >= LEAST_FREE else np.ones(len(free), bool)


def _points(frame: Image) -> Image:
    return frame[GRID // 2 :: GRID, GRID // 2 :: GRID].reshape(-1, 3)


def _compare(values: Image, limits: Image) -> Image:
    return as_image(cv2.compare(values, limits, cv2.CMP_GT))


def _shadow(soft: Image, look: Image, least: float) -> tuple[Image, Image]:
    """Return the mask of what is darker by one factor in all channels and as smooth as the background, and its edge."""
    ratio = cv2.divide(soft, look, scale=128.0)
    blue, green, red = cv2.split(ratio)
    high, low = cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red)
    dimmed = cv2.bitwise_and(cv2.inRange(low, 128 * least, 255), cv2.inRange(high, 0, 128 * SHADOW_HIGH))
    plain = cv2.inRange(cv2.subtract(high, low), 0, 128 * SHADOW_COLOUR)
    rough = cv2.inRange(cv2.absdiff(green, cv2.blur(green, (7, 7))), 128 * SHADOW_ROUGH, 255)
    smooth = cv2.bitwise_not(cv2.dilate(rough, np.ones((3, 3), np.uint8)))
    dim = as_image(cv2.bitwise_and(dimmed, plain))
    shadow = as_image(cv2.bitwise_and(dim, smooth))
    whole = cv2.morphologyEx(shadow, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return shadow, as_image(cv2.bitwise_and(cv2.dilate(whole, EDGE), dim))


def _lit(frame: Image, look: Image) -> Image:
    """Return the mask of what lamps light by night: brighter than the background, and as smooth."""
    seen, then = (cv2.blur(cv2.convertScaleAbs(each, beta=LIT_LIFT), (5, 5)) for each in (frame, look))
    blue, green, red = cv2.split(cv2.divide(seen, then, scale=LIT_SCALE))
    spread = cv2.subtract(cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red))
    coloured = cv2.compare(spread, cv2.convertScaleAbs(green, alpha=LIT_COLOUR), cv2.CMP_GT)
    near = cv2.blur(green, (9, 9))
    rough = cv2.compare(cv2.absdiff(green, near), cv2.convertScaleAbs(near, alpha=LIT_ROUGH), cv2.CMP_GT)
    smooth = cv2.bitwise_not(cv2.dilate(rough, np.ones((3, 3), np.uint8)))
    grey = cv2.split(frame)[1]
    calm = cv2.bitwise_and(cv2.inRange(near, LIT_SCALE * 0.9, 250), cv2.inRange(grey, 0, LIT_MOST))
    return as_image(cv2.subtract(cv2.bitwise_and(smooth, calm), coloured))
