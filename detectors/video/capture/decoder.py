"""A decoding process as its parent sees it: messages that arrive in time, or one reason why not."""

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from detectors.video.capture.messages import HEAD, Head, Kind, Order, head_of
from detectors.video.capture.pictures import Frame, Limits, Opened
from detectors.video.capture.timeline import sane_fps

_CHILD: Final = "detectors.video.capture.decode_child"
_ROOT: Final = Path(__file__).resolve().parents[3]
_PIPE_BYTES: Final = 1 << 20
_F_SETPIPE_SZ: Final = 1031
_FILE_OPTIONS: Final = "|".join(
    (
        "protocol_whitelist;file",
        "format_whitelist;mov,mp4,avi,matroska,webm,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,mjpeg,mpjpeg"
        ",flv,asf,ogg,mxf,dv,nut,yuv4mpegpipe,rawvideo,gif,wtv,vc1,h263,swf,rm,gxf",
    )
)
_LIVE_OPTIONS: Final = "protocol_whitelist;http,https,tcp,tls,crypto,rtsp,rtp,udp,srtp|rtsp_transport;tcp"


class DecoderStoppedError(Exception):
    """No further message will come; the text says why, empty if nothing could be read at all."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the decoding process; the frame of a FRAME, the text of others."""

    head: Head
    frame: Frame | None = None
    text: str = ""


class Decoder:
    """One decoding process. Whoever makes it closes it.

    Args: source, a path or an address; live, an address; keep, descriptors that the process needs; clock, steady. [s]
    """

    def __init__(
        self,
        source: str,
        limits: Limits,
        clock: Callable[[], float],
        *,
        live: bool = False,
        from_s: float = 0.0,
        keep: tuple[int, ...] = (),
    ) -> None:
        self._limits, self._clock = limits, clock
        self._fd, theirs = os.pipe()
        try:
            _widen(theirs)
            order = Order(
                source=source,
                offline=not live,
                parent=os.getpid(),
                pipe=theirs,
                from_s=from_s,
                most_pixels=limits.most_pixels,
                most_frames=limits.most_frames if not live else sys.maxsize,
                cpu_s=limits.cpu_s,
                memory_bytes=limits.memory_bytes,
                timeout_ms=int(limits.next_s * 1000),
            )
            self._process = _start(order, live, (theirs, *keep))
        except BaseException:
            os.close(self._fd)
            raise
        finally:
            os.close(theirs)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self._patience_s = limits.first_s

    def next(self) -> Message:
        """Return the next message that is no end. Raises: DecoderStoppedError if there is none."""
        deadline_s = self._clock() + self._patience_s
        try:
            head = head_of(bytes(self._read(HEAD.size, deadline_s)))
        except ValueError as error:
            raise DecoderStoppedError("the decoder sent nonsense") from error
        if head.kind is Kind.FRAME:
            return self._frame(head, deadline_s)
        text = bytes(self._read(head.body_bytes, deadline_s)).decode(errors="replace")
        if head.kind is Kind.REFUSED:
            raise DecoderStoppedError(text)
        return Message(head, text=text)

    def kill(self) -> None:
        """End the process, whatever it does, and wait for it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and let go of its pipe; nobody may wait for a message any more."""
        self.kill()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _frame(self, head: Head, deadline_s: float) -> Message:
        if not 0 < head.width_px * head.height_px <= self._limits.most_pixels:
            raise DecoderStoppedError("the decoder sent nonsense")
        frame = np.empty((head.height_px, head.width_px, 3), np.uint8)
        self._read_into(frame.data.cast("B"), deadline_s)
        self._patience_s = self._limits.next_s
        return Message(head, frame)

    def _read(self, size: int, deadline_s: float) -> bytearray:
        data = bytearray(size)
        self._read_into(memoryview(data), deadline_s)
        return data

    def _read_into(self, view: memoryview, deadline_s: float) -> None:
        done = 0
        while done < len(view):
            left_s = deadline_s - self._clock()
            if left_s <= 0.0 or not self._poll.poll(left_s * 1000.0):
                raise DecoderStoppedError(f"no picture came for {self._patience_s:g} s")
            count = os.readv(self._fd, [view[done:]])
            if count == 0:
                raise DecoderStoppedError(self._obituary())
            done += count

    def _obituary(self) -> str:
        try:
            code = self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            return "the decoder closed its pipe"
        return f"the decoder broke down ({_signal_name(-code) if code < 0 else f'exit code {code}'})"


def opened_of(message: Message) -> Opened:
    """Return what an OPENED message tells. Raises: DecoderStoppedError if it is nonsense."""
    try:
        found: dict[str, Any] = json.loads(message.text)
        fps = None if found["fps"] is None else sane_fps(float(found["fps"]))
        return Opened(fps, None if found["frames"] is None else int(found["frames"]))
    except (ValueError, KeyError, TypeError) as error:
        raise DecoderStoppedError("the decoder sent nonsense") from error


def _start(order: Order, live: bool, keep: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """Start the process; its order goes by a pipe, for the list of processes would show the password of an address."""
    options = _LIVE_OPTIONS if live else _FILE_OPTIONS
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "LD_LIBRARY_PATH"}}
    environment = {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *(path for path in sys.path if path)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENCV_FFMPEG_CAPTURE_OPTIONS": options,
        "OPENCV_FFMPEG_THREADS": "1",
        "OPENCV_LOG_LEVEL": "SILENT",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        pass_fds=keep,
        start_new_session=True,
    )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin:
        process.stdin.write(json.dumps(asdict(order)).encode())
    return process


def _signal_name(number: int) -> str:
    return {
        signal.SIGXCPU: "it took too much processor time",
        signal.SIGKILL: "it was killed",
    }.get(signal.Signals(number), signal.Signals(number).name)


def _widen(pipe: int) -> None:
    """Let more of a picture into the pipe at once; whether the system does is of no weight."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
