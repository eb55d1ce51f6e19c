"""One camera being watched: pictures go through the counter, what it saw goes to whoever wants to know."""

from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from detectors.video.camera import Camera
from detectors.video.capture.pictures import Gap, Picture
from detectors.video.counter import VideoCounter
from detectors.video.seen import Crossing, Seen

_KNOWN_FRAMES: Final = 1024


class Listener(Protocol):
    """Somebody who wants to know what was seen, frame by frame, and when nothing was."""

    def take(self, picture: Picture, seen: Seen) -> None:
        """Take what one picture showed."""

    def gap(self, gap: Gap) -> None:
        """Take that nothing was seen for a while."""

    def end(self, seen: Seen) -> None:
        """Take what the end of the stream settled."""


@dataclass(slots=True)
class Watching:
    """Counts for listeners. Crossings carry the numbers that the source gave its frames.

    `learns_empty`: nobody is there in the pictures that are learnt from.
    """

    camera: Camera
    listeners: tuple[Listener, ...] = ()
    learns_empty: bool = False
    counter: VideoCounter = field(init=False)
    _indexes: list[int] = field(default_factory=list)
    _before: int = 0

    def __post_init__(self) -> None:
        self.counter = VideoCounter(self.camera, self.learns_empty)

    def learn(self, picture: Picture) -> None:
        """Learn the background from a picture: the first of two passes over a recorded clip."""
        self.counter.warm(picture.frame, picture.time_s)

    def restart(self) -> None:
        """Forget who was in the picture, keep the background."""
        self.counter.restart()
        self._indexes, self._before = [], 0

    def take(self, item: Picture | Gap) -> None:
        """Count in a picture, or pass over a gap, and tell the listeners."""
        if isinstance(item, Gap):
            self.counter.resume()
            self._indexes, self._before = [], 0
            for listener in self.listeners:
                listener.gap(item)
            return
        seen = self._step(item)
        for listener in self.listeners:
            listener.take(item, seen)

    def end(self) -> None:
        """Tell the listeners what the end settles."""
        seen = self._numbered(self.counter.end())
        for listener in self.listeners:
            listener.end(seen)

    def _step(self, picture: Picture) -> Seen:
        self._indexes.append(picture.index)
        if len(self._indexes) > 2 * _KNOWN_FRAMES:
            self._before += _KNOWN_FRAMES
            del self._indexes[:_KNOWN_FRAMES]
        return self._numbered(self.counter.step(picture.frame, picture.time_s))

    def _numbered(self, seen: Seen) -> Seen:
        return replace(seen, crossings=tuple(self._of_source(each) for each in seen.crossings))

    def _of_source(self, crossing: Crossing) -> Crossing:
        at = min(max(crossing.frame - self._before, 0), len(self._indexes) - 1)
        return replace(crossing, frame=self._indexes[at])
