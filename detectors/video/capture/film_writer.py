"""A video that is being written: beside its place, and renamed when it is whole."""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import cv2

from detectors.video.capture.pictures import Frame
from signal_ctrl.domain.errors import InvalidInputError

CODECS: Final = {".mp4": "mp4v", ".mkv": "mp4v", ".avi": "MJPG"}
_USUAL_FPS: Final = 25.0


def check_film_name(path: Path) -> None:
    """Check that a video may be written under a name. Raises: InvalidInputError for another ending."""
    if path.suffix.lower() not in CODECS:
        raise InvalidInputError(f"{path}: the name of a video has to end in {', '.join(CODECS)}")


@dataclass(slots=True)
class FilmWriter:
    """Writes pictures of one size at an even rate. Raises: InvalidInputError if the file cannot be written."""

    path: Path
    fps: float | None = None
    _writer: Any = None
    _size: tuple[int, int] = (0, 0)
    _partial: Path = field(init=False)

    def __post_init__(self) -> None:
        check_film_name(self.path)
        self._partial = self.path.with_name(f".{self.path.stem}.partial{self.path.suffix}")

    def put(self, frame: Frame) -> None:
        """Append a picture; those of another size than the first are scaled."""
        if self._writer is None:
            self._open(frame)
        if (frame.shape[1], frame.shape[0]) != self._size:
            self._writer.write(cv2.resize(frame, self._size))
        else:
            self._writer.write(frame)

    def close(self) -> None:
        """Complete the file; one without a picture is not made."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
            self._partial.replace(self.path)

    def discard(self) -> None:
        """Give it up."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
        self._partial.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close() if kind is None else self.discard()

    def _open(self, frame: Frame) -> None:
        self._size = frame.shape[1] // 2 * 2 or 2, frame.shape[0] // 2 * 2 or 2
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._partial.touch()
        except OSError as error:
            raise InvalidInputError(f"cannot write {self.path}: {error.strerror or error}") from error
        code = cv2.VideoWriter.fourcc(*CODECS[self.path.suffix.lower()])
        self._writer = cv2.VideoWriter(str(self._partial), cv2.CAP_FFMPEG, code, self.fps or _USUAL_FPS, self._size)
        if not self._writer.isOpened():
            raise InvalidInputError(f"cannot write {self.path}: OpenCV has no encoder for it; try a name with .avi")
