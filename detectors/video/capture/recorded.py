"""Recorded videos: a file is checked, decoded in a process of its own, and refused in one line if it is no good."""

import contextlib
import os
import stat
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from detectors.video.capture.decoder import Decoder, DecoderStoppedError, Message, opened_of
from detectors.video.capture.messages import Kind
from detectors.video.capture.pictures import Ending, Limits, Opened, Picture
from signal_ctrl.domain.errors import InvalidInputError

_MISSING: Final = 0.02
"""More of a file's frames and of its time has to be missing for it to be called damaged: headers are rough."""


@dataclass(slots=True)
class RecordedVideo:
    """A video in a file. Args: clock, any steady one, for the limits. [s]

    Each reading starts a decoding process; `ending` then says how the last one ended, `opened` what the file says of
    itself.
    """

    path: Path
    clock: Callable[[], float]
    limits: Limits = field(default_factory=Limits)
    opened: Opened = field(default_factory=Opened)
    ending: Ending = field(default_factory=Ending)

    def pictures(self, from_s: float = 0.0, to_s: float | None = None) -> Generator[Picture, None, None]:
        """Yield the pictures from `from_s` to before `to_s`. [s]

        A file that breaks off yields what it has, and `ending` says so.
        Raises: InvalidInputError if not even one picture can be had, in one line.
        """
        self.ending = Ending(0)
        with _opened(self.path) as file, contextlib.ExitStack() as stack:
            decoder = Decoder(f"/dev/fd/{file}", self.limits, self.clock, from_s=from_s, keep=(file,))
            stack.callback(decoder.close)
            yield from self._shown(decoder, to_s)
        if not self.ending.frames:
            raise InvalidInputError(self.ending.notes[0] if self.ending.notes else self._nothing(from_s, to_s))

    def _shown(self, decoder: Decoder, to_s: float | None) -> Iterator[Picture]:
        read, shown, last_s = 0, 0, 0.0
        try:
            while (message := decoder.next()).head.kind is not Kind.ENDED:
                if message.head.kind is Kind.OPENED:
                    self.opened = opened_of(message)
                    continue
                last_s = message.head.time_s
                if to_s is not None and last_s >= to_s:
                    self.ending = Ending(shown)
                    return
                read = message.head.index + 1
                if message.frame is not None:
                    shown += 1
                    self.ending = Ending(shown)
                    yield Picture(message.frame, message.head.index, last_s)
            self.ending = Ending(shown, self._notes(read, last_s, message))
        except DecoderStoppedError as stopped:
            if not read:
                raise InvalidInputError(_unreadable(self.path, str(stopped))) from stopped
            self.ending = Ending(shown, (f"{self.path}: {stopped}; read as far as frame {read - 1}, {last_s:.1f} s",))

    def _notes(self, read: int, last_s: float, end: Message) -> tuple[str, ...]:
        notes = [f"{self.path}: {end.text}"] if end.text else []
        told, length_s = self.opened.frames, self.opened.length_s
        if told is None or length_s is None or not read:
            return tuple(notes)
        step_s = length_s / told
        if read < told * (1 - _MISSING) - 1 and last_s + step_s < length_s * (1 - _MISSING) - step_s:
            notes.append(
                f"{self.path} is damaged or cut off: {read} of {told} frames can be read, as far as {last_s:.1f} s"
            )
        return tuple(notes)

    def _nothing(self, from_s: float, to_s: float | None) -> str:
        if from_s > 0.0 or to_s is not None:
            part = f"after {from_s:g} s" if to_s is None else f"between {from_s:g} s and {to_s:g} s"
            return f"{self.path} has no picture {part}; choose another part"
        return _unreadable(self.path, "it holds no picture")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open a regular file that holds something; never waits. Raises: InvalidInputError in one line."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot read the video {path}: {reason}") from error
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "no ordinary file"
            raise InvalidInputError(f"cannot read the video {path}: it is {what}; name a video file")
        if not found.st_size:
            raise InvalidInputError(f"cannot read the video {path}: it is empty; record or copy it again")
        yield file
    finally:
        os.close(file)


def _unreadable(path: Path, why: str) -> str:
    reason = why or "it is no video that can be read, or its head is damaged"
    fix = "" if ";" in reason else "; convert it to MP4 with H.264, or record it again"
    return f"cannot read the video {path}: {reason}{fix}"
