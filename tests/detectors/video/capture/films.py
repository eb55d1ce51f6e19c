"""Small videos made on the spot: a bright block that moves over a dark ground."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

CODECS = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "VP80", ".ts": "XVID"}


def frames(count: int, width: int = 64, height: int = 48) -> Iterator[np.ndarray]:
    for at in range(count):
        frame = np.full((height, width, 3), 60, np.uint8)
        left = (at * 3) % width
        frame[height // 3 : height // 2, left : left + 12] = 230
        yield frame


def film(path: Path, count: int = 20, size: tuple[int, int] = (64, 48), fps: float = 12.5, codec: str = "") -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*(codec or CODECS[path.suffix])), fps, size)
    assert writer.isOpened()
    for frame in frames(count, *size):
        writer.write(frame)
    writer.release()
    return path


def timed_matroska(path: Path, at_ms: Sequence[int], size: tuple[int, int] = (64, 48)) -> Path:
    """Write a Matroska file of JPEG pictures with any times: containers of length, one cluster a picture.

    Source: RFC 9559 (Matroska), RFC 8794 (EBML).
    """
    width, height = size
    head = _box(0x1A45DFA3, _box(0x4282, b"matroska") + _box(0x4287, b"\x04") + _box(0x4285, b"\x02"))
    video = _box(0xE0, _box(0xB0, _whole(width)) + _box(0xBA, _whole(height)))
    entry = _box(0xD7, b"\x01") + _box(0x73C5, b"\x01") + _box(0x83, b"\x01") + _box(0x86, b"V_MJPEG") + video
    info = _box(0x1549A966, _box(0x2AD7B1, _whole(1_000_000)) + _box(0x4D80, b"t") + _box(0x5741, b"t"))
    clusters = b"".join(
        _box(0x1F43B675, _box(0xE7, _whole(ms)) + _box(0xA3, b"\x81\x00\x00\x80" + _jpeg(frame)))
        for ms, frame in zip(at_ms, itertools.cycle(frames(len(at_ms), width, height)), strict=False)
    )
    path.write_bytes(head + _box(0x18538067, info + _box(0x1654AE6B, _box(0xAE, entry)) + clusters))
    return path


def _jpeg(frame: np.ndarray) -> bytes:
    found, data = cv2.imencode(".jpg", frame)
    assert found
    return bytes(data)


def _whole(value: int) -> bytes:
    return value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big")


def _box(name: int, body: bytes) -> bytes:
    return _whole(name) + (0x0100000000000000 | len(body)).to_bytes(8, "big") + body
