"""Is the picture one that can be counted on: frozen, dark, blind, moved."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.seen import AlarmKind, VideoAlarm
from detectors.video.tone import Image

STEP: Final = 8  # every so many pixels
DARK: Final = 22.0  # grey level that 99 % of the picture stays below
BLIND: Final = 0.25  # of the detail that the background has
LASTING_S: Final = 3.0  # dark, blind or moved for so long
MOVED: Final = 0.02  # of the picture's width
SURE: Final = 0.15  # response of the phase correlation that is trusted
SHIFT_EVERY_S: Final = 1.0
SMALL: Final = (160, 96)


class PictureWatch:
    """Looks at the picture as a whole, frame by frame."""

    def __init__(self, frozen_s: float) -> None:
        self._frozen_s = frozen_s
        self._last: Image | None = None
        self._changed_s = -math.inf
        self._since_s: dict[AlarmKind, float] = {}
        self._on: set[AlarmKind] = set()
        self._shift_s = -math.inf
        self._shifted = False
        self._blind = False

    def look(self, frame: Image, road: Image | None, now_s: float) -> list[VideoAlarm]:
        """Return the alarms that begin with this frame; `road` is the background. [s]"""
        sample = frame[::STEP, ::STEP]
        if self._last is None or not np.array_equal(sample, self._last):
            self._last, self._changed_s = sample.copy(), now_s
        found = {AlarmKind.FROZEN: now_s - self._changed_s > self._frozen_s}
        found[AlarmKind.DARK] = self._lasts(AlarmKind.DARK, float(np.percentile(sample, 99)) < DARK, now_s)
        if road is not None and now_s - self._shift_s >= SHIFT_EVERY_S:
            self._shift_s = now_s
            self._compare(frame, road, now_s)
        found |= {AlarmKind.BLIND: self._blind, AlarmKind.MOVED: self._shifted}
        return self._new(found, now_s)

    @property
    def good(self) -> bool:
        """Tell whether the picture can be counted on."""
        return not self._on

    def _compare(self, frame: Image, road: Image, now_s: float) -> None:
        """Hold the picture against the background: how much detail, and by how much is it shifted."""
        now, then = _detail(frame), _detail(road)
        self._blind = self._lasts(AlarmKind.BLIND, float(now.std()) < BLIND * float(then.std()), now_s)
        (x, y), response = cv2.phaseCorrelate(then, now)
        far = response > SURE and math.hypot(x, y) > MOVED * SMALL[0]
        self._shifted = self._lasts(AlarmKind.MOVED, far, now_s)

    def _lasts(self, kind: AlarmKind, is_so: bool, now_s: float) -> bool:
        if not is_so:
            self._since_s.pop(kind, None)
            return False
        return now_s - self._since_s.setdefault(kind, now_s) >= LASTING_S

    def _new(self, found: dict[AlarmKind, bool], now_s: float) -> list[VideoAlarm]:
        began = [kind for kind, is_so in found.items() if is_so and kind not in self._on]
        self._on = {kind for kind, is_so in found.items() if is_so}
        return [VideoAlarm(kind, now_s) for kind in began]


def _detail(picture: Image) -> NDArray[np.float32]:
    """Return what is left of a small grey picture (96, 160) without its broad light and dark."""
    grey = cv2.cvtColor(cv2.resize(picture, SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(grey - cv2.blur(grey, (9, 9)))
