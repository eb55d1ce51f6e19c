"""Live cameras: connect, keep to the newest picture, reconnect; what was not seen is a gap and never a zero."""

import re
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.video.capture.decoder import Decoder, DecoderStoppedError
from detectors.video.capture.messages import Kind
from detectors.video.capture.pictures import Ending, Frame, Gap, Limits, Picture
from detectors.video.capture.wall_time import WallTime
from signal_ctrl.domain.errors import BackendLostError, InvalidInputError

SCHEMES: Final = ("rtsp", "rtsps", "http", "https")
_ADDRESS: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>[^/@]*@)?(?P<rest>[^/@\s][^\s]*)", re.IGNORECASE
)
_TOLD_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How long a camera may be silent before it is called anew, the pauses between calls, how many calls may fail
    before the first picture (None: any number), and how long pictures may be apart before that is a gap. [s]"""

    silent_s: float = 10.0
    pauses_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    first_calls: int | None = 3
    gap_s: float = 2.0


def is_address(source: str) -> bool:
    """Tell an address of a camera from the name of a file.

    >>> is_address("rtsp://10.0.0.7/stream1"), is_address("monday.mp4")
    (True, False)
    """
    return _ADDRESS.fullmatch(source) is not None


def without_password(address: str) -> str:
    """Return an address that may be shown.

    >>> without_password("rtsp://user:secret@10.0.0.7/stream1")
    'rtsp://10.0.0.7/stream1'
    """
    found = _ADDRESS.fullmatch(address)
    return address if found is None else f"{found['scheme']}://{found['rest']}"


@dataclass(slots=True)
class LiveCamera:
    """A camera behind an address. Args: wall, the time of day [s since 1970]; steady, a clock that never leaps. [s]

    Whoever counts too slowly misses pictures (`dropped`) and does not fall behind.
    """

    address: str
    wall: Callable[[], float]
    steady: Callable[[], float]
    limits: Limits = field(default_factory=Limits)
    settings: LiveSettings = field(default_factory=LiveSettings)
    ending: Ending = field(default_factory=Ending)
    received: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _time: WallTime = field(default_factory=WallTime)
    _last_s: float | None = None
    _blind: bool = False
    _shape: tuple[int, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        found = _ADDRESS.fullmatch(self.address)
        if found is None or found["scheme"].lower() not in SCHEMES:
            shown = without_password(self.address)
            raise InvalidInputError(f"{shown}: a camera's address begins with {', '.join(f'{s}://' for s in SCHEMES)}")

    @property
    def dropped(self) -> int:
        """Return how many pictures came and were not looked at."""
        return self.received - self.ending.frames

    def stop(self) -> None:
        """Have `pictures` end soon; may be called from anywhere."""
        self._stop.set()

    def pictures(self) -> Generator[Picture | Gap, None, None]:
        """Yield pictures and gaps for ever, or until `stop`.

        Raises: BackendLostError if the camera never answered.
        """
        why = "no connection yet"
        in_vain = 0
        while not self._stop.is_set():
            seen = self.ending.frames
            why = yield from self._connected()
            in_vain = 0 if self.ending.frames > seen else in_vain + 1
            self._check_ever(in_vain, why)
            yield from self._pause(in_vain, why)

    def _check_ever(self, in_vain: int, why: str) -> None:
        most = self.settings.first_calls
        if not self.ending.frames and most is not None and in_vain >= most and not self._stop.is_set():
            shown = without_password(self.address)
            raise BackendLostError(f"{shown} sends no pictures ({in_vain} calls; {why}); check address and network")

    def _pause(self, in_vain: int, why: str) -> Iterator[Gap]:
        pauses_s = self.settings.pauses_s
        until_s = self.steady() + pauses_s[min(in_vain, len(pauses_s) - 1)]
        while not self._stop.is_set() and (left_s := until_s - self.steady()) > 0.0:
            self._stop.wait(min(left_s, _TOLD_EVERY_S))
            yield from self._gap(self._now(), why)

    def _connected(self) -> Generator[Picture | Gap, None, str]:
        """Yield what one connection brings; return why it ended."""
        connection = _Connection(self)
        try:
            while not self._stop.is_set():
                found = connection.newest(_TOLD_EVERY_S)
                if found is not None:
                    yield from self._gap(found.time_s, "no picture came")
                    self._last_s, self._blind = found.time_s, False
                    self.ending = Ending(self.ending.frames + 1)
                    yield found
                elif connection.why is not None:
                    return connection.why
                else:
                    yield from self._gap(self._now(), "no picture comes")
            return "stopped"
        finally:
            connection.close()

    def _gap(self, now_s: float, why: str) -> Iterator[Gap]:
        """Yield the time since the last picture or gap, if it is long enough to be one, or part of one."""
        if self._last_s is None:
            self._last_s = now_s
        elif now_s > self._last_s and (self._blind or now_s - self._last_s > self.settings.gap_s):
            gap = Gap(self._last_s, now_s, why)
            self._last_s, self._blind = now_s, True
            yield gap

    def _now(self) -> float:
        with self._lock:
            return self._time.at(self.wall(), self.steady())

    def _has_size_of(self, frame: Frame) -> bool:
        self._shape = self._shape or frame.shape
        return frame.shape == self._shape

    def _arrived(self, frame: Frame) -> Picture:
        self.received += 1
        return Picture(frame, self.received - 1, self._now())


class _Connection:
    """One call of a camera: a thread takes every picture out of the pipe, and keeps the newest."""

    def __init__(self, camera: LiveCamera) -> None:
        limits = replace(camera.limits, next_s=camera.settings.silent_s)
        self.why: str | None = None
        self._camera = camera
        self._newest: Picture | None = None
        self._news = threading.Condition()
        self._decoder = Decoder(camera.address, limits, camera.steady, live=True)
        self._thread = threading.Thread(target=self._read, name="camera", daemon=True)
        self._thread.start()

    def newest(self, timeout_s: float) -> Picture | None:
        """Wait for a picture that was not there before, or for the end of the connection. [s]"""
        with self._news:
            self._news.wait_for(lambda: self._newest is not None or self.why is not None, timeout_s)
            found, self._newest = self._newest, None
            return found

    def close(self) -> None:
        """Hang up."""
        self._decoder.kill()
        self._thread.join()
        self._decoder.close()

    def _read(self) -> None:
        why = "the camera hung up"
        try:
            while (message := self._decoder.next()).head.kind is not Kind.ENDED:
                if message.frame is not None and not self._camera._has_size_of(message.frame):
                    why = "the picture has another size than before"
                    break
                if message.frame is not None:
                    self._put(self._camera._arrived(message.frame))
        except DecoderStoppedError as stopped:
            why = str(stopped) or "it does not answer"
        finally:
            with self._news:
                self.why = why
                self._news.notify()

    def _put(self, picture: Picture) -> None:
        with self._news:
            self._newest = picture
            self._news.notify()
