"""Thrift's compact protocol, as far as the headers of parquet files need it."""

import struct
from collections.abc import Callable
from typing import Any, Final

_STOP: Final = 0
_TRUE: Final = 1
_FALSE: Final = 2
_LONG_LIST: Final = 15
_DEEPEST: Final = 32


def read_struct(content: bytes, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Return a struct as a dict by field number, and the place behind it.

    Raises: ValueError or IndexError for content that is no such struct.
    """
    if depth > _DEEPEST or at < 0:
        raise ValueError("its headers are damaged")
    fields: dict[int, Any] = {}
    number = 0
    while True:
        head, at = content[at], at + 1
        if head == _STOP:
            return fields, at
        step, kind = head >> 4, head & 15
        if step:
            number += step
        else:
            number, at = _integer(content, at)
        fields[number], at = (kind == _TRUE, at) if kind in (_TRUE, _FALSE) else _value(content, at, kind, depth)


def _value(content: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (9, 10):  # list, set
        return _list(content, at, depth)
    if kind == 12:  # struct
        return read_struct(content, at, depth + 1)
    reader = _READERS.get(kind)
    if reader is None:
        raise ValueError("its headers are damaged")
    return reader(content, at)


def _list(content: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    size, kind = content[at] >> 4, content[at] & 15
    at += 1
    if size == _LONG_LIST:
        size, at = _natural(content, at)
    found = []
    for _ in range(size):
        value, at = (content[at] == _TRUE, at + 1) if kind in (_TRUE, _FALSE) else _value(content, at, kind, depth + 1)
        found.append(value)
    return found, at


def _natural(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte, at = content[at], at + 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _integer(content: bytes, at: int) -> tuple[int, int]:
    value, at = _natural(content, at)
    return (value >> 1) ^ -(value & 1), at


def _double(content: bytes, at: int) -> tuple[float, int]:
    return float(struct.unpack_from("<d", content, at)[0]), at + 8


def _binary(content: bytes, at: int) -> tuple[bytes, int]:
    length, at = _natural(content, at)
    return content[at : at + length], at + length


def _byte(content: bytes, at: int) -> tuple[int, int]:
    return content[at], at + 1


_READERS: Final[dict[int, Callable[[bytes, int], tuple[Any, int]]]] = {
    3: _byte,
    4: _integer,
    5: _integer,
    6: _integer,
    7: _double,
    8: _binary,
}
