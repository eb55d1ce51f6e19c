"""Times of frames: those of the file where they make sense, even steps where they do not."""

import math
from dataclasses import dataclass
from typing import Final

LONGEST_JUMP_S: Final = 60.0
"""A recording that pauses for longer has lost its times: the next frame follows one step later."""
USUAL_FPS: Final = 25.0
LEAST_FPS: Final = 0.5
MOST_FPS: Final = 240.0


def sane_fps(fps: float) -> float | None:
    """Return a frame rate that a camera can have, or None.

    >>> sane_fps(12.5), sane_fps(90000.0)
    (12.5, None)
    """
    return fps if LEAST_FPS <= fps <= MOST_FPS else None


@dataclass(slots=True)
class Timeline:
    """Turns times as a file has them into times that only go up, from 0 at the first frame. [s]"""

    fps: float | None
    mended: int = 0
    frames: int = 0
    _last_s: float = 0.0
    _origin_s: float = 0.0

    def next(self, stamp_s: float) -> float:
        """Return the time of the next frame, whose time in the file may be missing (NaN) or nonsense. [s]"""
        self.frames += 1
        if self.frames == 1:
            self._origin_s = stamp_s
            return 0.0
        time_s = stamp_s - self._origin_s
        if not self._last_s < time_s <= self._last_s + LONGEST_JUMP_S:
            self.mended += 1
            time_s = self._last_s + 1.0 / (self.fps or USUAL_FPS)
            self._origin_s = stamp_s - time_s if math.isfinite(stamp_s) else self._origin_s
        self._last_s = time_s
        return time_s

    def note(self) -> str:
        """Return what people have to know of the times, or an empty text."""
        if not self.mended:
            return ""
        step = f"{1.0 / (self.fps or USUAL_FPS):.3g} s"
        if self.mended >= self.frames - 1:
            return f"the file has no times: its frames are taken to be {step} apart"
        return f"{self.mended} of {self.frames} frames have no time that makes sense: each is put {step} after the last"
