"""Parquet's hybrid of run lengths and packed bits, in which it writes small whole numbers."""

from typing import Final

import numpy as np
import numpy.typing as npt

_WIDEST_BITS: Final = 32


def decode_hybrid(content: bytes, width: int, count: int) -> npt.NDArray[np.int64]:
    """Return `count` numbers of `width` bits each, shape (count,).

    Raises: ValueError if the content ends before.
    >>> decode_hybrid(bytes([6, 5, 3, 0b11_10_01_00, 0]), 2, 8).tolist()
    [5, 5, 5, 0, 1, 2, 3, 0]
    """
    if not 0 <= width <= _WIDEST_BITS:
        raise ValueError(f"numbers of {width} bits")
    if width == 0:
        return np.zeros(count, dtype=np.int64)
    lengths, repeated, packed = _runs(content, width, count)
    unpacked = _unpack(packed, width)
    found = np.repeat(np.array(repeated, dtype=np.int64), lengths)
    holes = found < 0
    found[holes] = unpacked[: int(np.count_nonzero(holes))]
    return found[:count]


def _runs(content: bytes, width: int, count: int) -> tuple[list[int], list[int], bytes]:
    """Return length and value of every run, -1 for one of packed numbers, and the packed bytes of all of these."""
    lengths: list[int] = []
    values: list[int] = []
    packed: list[bytes] = []
    at = total = 0
    while total < count:
        head, at = _natural(content, at)
        is_packed = head & 1
        length = (head >> 1) * 8 if is_packed else head >> 1
        end = at + ((head >> 1) * width if is_packed else (width + 7) // 8)
        if not length or end > len(content):
            raise ValueError("a page of numbers is cut off")
        if is_packed:
            packed.append(content[at:end])
        values.append(-1 if is_packed else int.from_bytes(content[at:end], "little"))
        lengths.append(length if is_packed else min(length, count - total))  # damage must not cost memory
        at, total = end, total + length
    return lengths, values, b"".join(packed)


def _natural(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and the place behind it."""
    value = shift = 0
    while at < len(content):
        byte = content[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
    raise ValueError("a page of numbers is cut off")


def _unpack(packed: bytes, width: int) -> npt.NDArray[np.int64]:
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), bitorder="little")
    rows = bits[: len(bits) // width * width].reshape(-1, width)
    found = np.zeros(len(rows), dtype=np.int64)
    for place in range(width):
        found |= rows[:, place].astype(np.int64) << place
    return found
