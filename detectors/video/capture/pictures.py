"""What a source of pictures yields, and how it ended."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One frame (height, width, 3), BGR, its number from 0 and its time. [s] Numbers left out were not shown."""

    frame: Frame
    index: int
    time_s: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nothing was seen, and why. [s] Nobody knows what passed meanwhile: it is not zero."""

    from_s: float
    to_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a source ended: number of frames that could be read, and what people have to know of it."""

    frames: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """What a video says of itself; None where it does not, or says nonsense."""

    fps: float | None = None
    frames: int | None = None

    @property
    def length_s(self) -> float | None:
        """Return how long it says it is. [s]"""
        return None if self.fps is None or self.frames is None else self.frames / self.fps


@dataclass(frozen=True, slots=True)
class Limits:
    """What a decoder may use: pixels of a picture, number of pictures, processor time of one [s], time until the first
    picture and until each other one [s], memory [bytes]."""

    most_pixels: int = 4096 * 2304
    most_frames: int = 6_000_000
    cpu_s: int = 20
    first_s: float = 30.0
    next_s: float = 20.0
    memory_bytes: int = 3 << 29
