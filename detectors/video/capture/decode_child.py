"""The decoding process: `python -m detectors.video.capture.decode_child`, its order on standard input.

OpenCV may abort the process on a damaged file, run for ever or take all memory. Here it may: the parent sees a closed
pipe, says so in one line, and goes on.
"""

import contextlib
import json
import math
import os
import sys
from typing import Any

import cv2

from detectors.video.capture.confinement import allow_cpu, confine
from detectors.video.capture.messages import MOST_TEXT, Head, Kind, Order
from detectors.video.capture.timeline import Timeline, sane_fps


class _RefusedError(Exception):
    """The video cannot be used, or no further."""


def main() -> None:
    """Carry out the order on standard input."""
    carry_out(Order(**json.load(sys.stdin)))


def carry_out(order: Order) -> None:
    """Decode and send, then end this process."""
    confine(order.parent, order.memory_bytes, order.offline)
    allow_cpu(order.cpu_s)
    try:
        _decode(order)
    except BrokenPipeError:
        pass  # whoever reads has seen enough
    except _RefusedError as error:
        _say(order, Kind.REFUSED, str(error))
    except MemoryError:
        _say(order, Kind.REFUSED, "it needs more memory than a decoder may take")
    except Exception as error:
        _say(order, Kind.REFUSED, " ".join(f"the decoder gave up ({type(error).__name__}: {error})".split()))
    sys.stdout.flush()
    os._exit(0)  # no destructor of the decoder may fail now


def _decode(order: Order) -> None:
    capture = _capture(order)
    fps, frames = sane_fps(_figure(capture, "FPS")), _figure(capture, "FRAME_COUNT")
    known = {"fps": fps, "frames": int(frames) if 0 < frames <= order.most_frames * 1000 else None}
    _say(order, Kind.OPENED, json.dumps(known))
    timeline = Timeline(fps)
    shape = (0, 0)
    for index in range(order.most_frames):
        allow_cpu(order.cpu_s)
        if not capture.grab():
            return _say(order, Kind.ENDED, timeline.note())
        time_s = timeline.next(_figure(capture, "POS_MSEC") / 1000.0)
        if time_s < order.from_s:
            _send(order, Head(Kind.PASSED, index, time_s=time_s))
        else:
            shape = _show(order, capture, Head(Kind.FRAME, index, time_s=time_s), shape)
    raise _RefusedError(f"there are more than {order.most_frames} frames; cut it into parts")


def _capture(order: Order) -> Any:
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    times = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, order.timeout_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, order.timeout_ms]
    capture = cv2.VideoCapture(order.source, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1, *times])
    if not capture.isOpened():
        raise _RefusedError("")
    _check_size(order, int(_figure(capture, "FRAME_WIDTH")), int(_figure(capture, "FRAME_HEIGHT")))
    return capture


def _show(order: Order, capture: Any, head: Head, shape: tuple[int, int]) -> tuple[int, int]:
    """Send the frame that was grabbed; return its height and width."""
    found, frame = capture.retrieve()
    if not found or frame is None or frame.ndim != 3 or frame.shape[2] != 3:
        raise _RefusedError(f"frame {head.index} holds no picture")
    height_px, width_px = frame.shape[:2]
    _check_size(order, width_px, height_px)
    if shape not in {(0, 0), (height_px, width_px)}:
        was = f"{shape[1]} x {shape[0]} to {width_px} x {height_px}"
        raise _RefusedError(f"the size of the picture changes at frame {head.index} from {was}; cut it there")
    _send(order, Head(Kind.FRAME, head.index, width_px, height_px, head.time_s), frame.data.cast("B"))
    return height_px, width_px


def _check_size(order: Order, width_px: int, height_px: int) -> None:
    if width_px * height_px > order.most_pixels:
        size = f"{width_px} x {height_px}"
        raise _RefusedError(f"its picture of {size} has more than {order.most_pixels} pixels; scale it down")


def _figure(capture: Any, name: str) -> float:
    value = float(capture.get(getattr(cv2, f"CAP_PROP_{name}")))
    return value if math.isfinite(value) else math.nan


def _say(order: Order, kind: Kind, text: str) -> None:
    data = text.encode()[:MOST_TEXT]
    with contextlib.suppress(BrokenPipeError):
        _send(order, Head(kind, 0, len(data)), memoryview(data))


def _send(order: Order, head: Head, body: memoryview | None = None) -> None:
    for part in (memoryview(head.packed()), body or memoryview(b"")):
        done = 0
        while done < len(part):
            done += os.write(order.pipe, part[done:])


if __name__ == "__main__":
    main()
