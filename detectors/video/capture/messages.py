"""What a decoding process is asked for, and its messages to its parent: a fixed head, then bytes."""

import struct
from dataclasses import dataclass
from enum import Enum
from typing import Final

HEAD: Final = struct.Struct("<cxxxIIId")
"""Kind, number of the frame, width and height [px], time [s]; text has its length in place of the width."""
MOST_TEXT: Final = 4096


@dataclass(frozen=True, slots=True)
class Order:
    """What to decode, from which time on [s], where to send it, and what it may cost (see `Limits`)."""

    source: str
    offline: bool
    parent: int
    pipe: int
    from_s: float
    most_pixels: int
    most_frames: int
    cpu_s: int
    memory_bytes: int
    timeout_ms: int


class Kind(Enum):
    """What a message brings."""

    OPENED = b"O"  # text: a JSON object with fps and frames
    FRAME = b"F"  # pixels: height x width x 3 bytes, BGR
    PASSED = b"P"  # nothing: a frame before those that are asked for
    ENDED = b"E"  # text: empty, or what speaks against what was sent
    REFUSED = b"R"  # text: why there is no more


@dataclass(frozen=True, slots=True)
class Head:
    """The fixed part of a message."""

    kind: Kind
    index: int = 0
    width_px: int = 0
    height_px: int = 0
    time_s: float = 0.0

    @property
    def body_bytes(self) -> int:
        """Return how many bytes follow."""
        return self.width_px * self.height_px * 3 if self.kind is Kind.FRAME else self.width_px

    def packed(self) -> bytes:
        """Return the head as bytes."""
        return HEAD.pack(self.kind.value, self.index, self.width_px, self.height_px, self.time_s)


def head_of(data: bytes) -> Head:
    """Return the head that bytes hold. Raises: ValueError if they are none."""
    kind, index, width_px, height_px, time_s = HEAD.unpack(data)
    head = Head(Kind(kind), index, width_px, height_px, time_s)
    if head.kind is not Kind.FRAME and head.body_bytes > MOST_TEXT:
        raise ValueError("a text is too long")
    return head
