"""A stream packed with gzip whose pieces are packed once for all who listen.

A piece ends with a full flush: what comes after it refers to nothing before it, so pieces of any kind may follow each
other in any stream (RFC 1951, 3.2.4). Each stream has its own begin, sum and end (RFC 1952).
"""

import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

ENCODING: Final = "gzip"
BEGIN: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK: Final = b"\x03\x00"
_LEVEL: Final = 6
_WHOLE: Final = 1 << 32


@dataclass(frozen=True)
class Piece:
    """Some bytes of a stream."""

    plain: bytes

    @cached_property
    def packed(self) -> bytes:
        """The same as blocks of deflate, complete in themselves."""
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        return packer.compress(self.plain) + packer.flush(zlib.Z_FULL_FLUSH)


@dataclass(slots=True)
class Packing:
    """The packing of one stream. What it does not pack goes out as it is."""

    is_packed: bool
    _sum: int = 0
    _bytes: int = 0

    def begin(self) -> bytes:
        """Return how the stream begins."""
        return BEGIN if self.is_packed else b""

    def take(self, piece: Piece) -> bytes:
        """Return the next piece as it goes out."""
        if not self.is_packed:
            return piece.plain
        self._sum = zlib.crc32(piece.plain, self._sum)
        self._bytes = (self._bytes + len(piece.plain)) % _WHOLE
        return piece.packed

    def end(self) -> bytes:
        """Return how the stream ends."""
        return _LAST_BLOCK + struct.pack("<II", self._sum, self._bytes) if self.is_packed else b""


def accepts(header: str) -> bool:
    """Tell whether a client takes gzip, by its Accept-Encoding.

    >>> accepts("gzip, deflate, br"), accepts("gzip;q=0"), accepts("identity"), accepts("br, gzip;q=0.5")
    (True, False, False, True)
    """
    for word in header.lower().split(","):
        name, _, weight = word.partition(";")
        if name.strip() == ENCODING:
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
