"""What `count` reads: a recorded file, once or twice, or a live camera."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from detectors.video.capture.live import LiveCamera
    from detectors.video.capture.pictures import Ending, Gap, Picture
    from detectors.video.capture.recorded import RecordedVideo

ADDRESS_FILE: Final = ".url"
_MOST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a video that is wanted, and how much of it is read first to learn the background. [s]"""

    from_s: float = 0.0
    to_s: float | None = None
    first_pass_s: float = 120.0

    def __post_init__(self) -> None:
        if self.to_s is not None and not self.to_s > self.from_s:
            raise InvalidInputError(f"--from {self.from_s:g} s, --to {self.to_s:g} s: nothing lies between; swap them")

    @property
    def learnt_to_s(self) -> float:
        """Return where the first pass ends. [s]"""
        end_s = self.from_s + self.first_pass_s
        return end_s if self.to_s is None else min(end_s, self.to_s)


class Source(Protocol):
    """Where pictures come from."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def live(self) -> bool:
        """Whether its pictures come as they are taken."""

    def first_pass(self) -> "Generator[Picture, None, None]":
        """Yield the pictures to learn from."""

    def pictures(self) -> "Generator[Picture | Gap, None, None]":
        """Yield the pictures to count in."""

    def share(self, time_s: float) -> float | None:
        """Return how much of the pass is done at a time, 0 to 1, None if nobody knows."""

    def ending(self) -> "Ending":
        """Return how it ended."""

    def fps(self) -> float | None:
        """Return the rate of the pictures, None if nobody knows."""

    def stop(self) -> None:
        """Have the pictures end soon."""


@dataclass(slots=True)
class FileSource:
    """A recorded video."""

    video: "RecordedVideo"
    span: Span
    learning: bool = False
    live: bool = False

    @property
    def name(self) -> str:
        """Return what people call it."""
        return self.video.path.name

    def first_pass(self) -> "Generator[Picture, None, None]":
        """Yield the pictures to learn from: none if the clip is read once."""
        if self.span.first_pass_s > 0.0:
            self.learning = True
            yield from self.video.pictures(self.span.from_s, self.span.learnt_to_s)
            self.learning = False

    def pictures(self) -> "Generator[Picture | Gap, None, None]":
        """Yield the pictures to count in."""
        yield from self.video.pictures(self.span.from_s, self.span.to_s)

    def share(self, time_s: float) -> float | None:
        """Return how much of the pass is done."""
        end_s = self.span.learnt_to_s if self.learning else self.span.to_s
        length_s = self.video.opened.length_s
        if length_s is not None:
            end_s = length_s if end_s is None else min(end_s, length_s)
        if end_s is None or end_s <= self.span.from_s:
            return None
        return min((time_s - self.span.from_s) / (end_s - self.span.from_s), 1.0)

    def ending(self) -> "Ending":
        """Return how it ended."""
        return self.video.ending

    def fps(self) -> float | None:
        """Return the rate of the file."""
        return self.video.opened.fps

    def stop(self) -> None:
        """Do nothing: whoever reads stops reading."""


@dataclass(slots=True)
class LiveSource:
    """A camera behind an address. Args: for_s, after which it ends, None for never. [s]"""

    camera: "LiveCamera"
    for_s: float | None
    live: bool = True

    @property
    def name(self) -> str:
        """Return the address without user and password."""
        from detectors.video.capture.live import without_password

        return without_password(self.camera.address)

    def first_pass(self) -> "Generator[Picture, None, None]":
        """Yield nothing: a live picture is seen once."""
        yield from ()

    def pictures(self) -> "Generator[Picture | Gap, None, None]":
        """Yield pictures and gaps until the time is over."""
        end_s = None if self.for_s is None else time.monotonic() + self.for_s
        for item in self.camera.pictures():
            yield item
            if end_s is not None and time.monotonic() >= end_s:
                self.camera.stop()

    def share(self, time_s: float) -> float | None:
        """Return None: it goes on."""
        return None

    def ending(self) -> "Ending":
        """Return how it ended."""
        return self.camera.ending

    def fps(self) -> float | None:
        """Return None: pictures come as they come."""
        return None

    def stop(self) -> None:
        """Hang up soon."""
        self.camera.stop()


def source_of(video: str, span: Span, keep_trying: bool = False) -> FileSource | LiveSource:
    """Return the source that a file's name or an address means; a file `*.url` holds the address.

    Raises: InvalidInputError if it is neither.
    """
    from detectors.video.capture.live import LiveCamera, LiveSettings, is_address
    from detectors.video.capture.recorded import RecordedVideo

    if video.endswith(ADDRESS_FILE) and not is_address(video):
        video = _address_in(Path(video))
    if not is_address(video):
        return FileSource(RecordedVideo(Path(video), time.monotonic), span)
    if span.from_s:
        raise InvalidInputError("--from is of a recorded video; a camera begins now")
    settings = LiveSettings(first_calls=None) if keep_trying else LiveSettings()
    return LiveSource(LiveCamera(video, time.time, time.monotonic, settings=settings), span.to_s)


def empty_place(film: str) -> FileSource:
    """Return a film of a place with nobody there, to learn from. Raises: InvalidInputError if it is a live camera."""
    source = source_of(film, Span())
    if isinstance(source, LiveSource):
        raise InvalidInputError("--empty is a recorded film of the place with nobody there, not a live camera")
    return source


def _address_in(path: Path) -> str:
    from detectors.video.capture.live import is_address
    from signal_ctrl.gateways.whole_file import read_whole

    address = read_whole(path, "address of a camera", _MOST_BYTES).strip()
    if not is_address(address):
        raise InvalidInputError(f"{path} holds no address of a camera; write one line, as rtsp://10.0.0.7/stream1")
    return address


def seconds_of(text: str) -> float:
    """Return seconds of a video, given as seconds or as clocks show them. Raises: InvalidInputError if it is neither.

    >>> seconds_of("90"), seconds_of("1:30"), seconds_of("01:00:00.5")
    (90.0, 90.0, 3600.5)
    """
    parts = text.split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    wrong = not 1 <= len(numbers) <= 3 or not all(0.0 <= each < 1e9 for each in numbers)
    if wrong or any(each >= 60.0 for each in numbers[1:]):
        raise InvalidInputError(f"'{text}' is no time of a video; write seconds or hours:minutes:seconds")
    seconds_s = 0.0
    for number in numbers:
        seconds_s = seconds_s * 60.0 + number
    return seconds_s
