"""Who is on a counting line in a frame, and in which direction."""

from dataclasses import dataclass, field
from typing import Final

from detectors.video.camera import Line
from detectors.video.plane import Point
from detectors.video.seen import TrackView

_MEMORY: Final = 0.7
"""Weight of the earlier frames in a track's direction: three frames decide."""


@dataclass(slots=True)
class LinePresence:
    """Tells per frame which directions and classes are on a line: whose lower half of the box the line cuts."""

    lines: tuple[Line, ...]
    _motion: dict[int, tuple[Point, Point]] = field(default_factory=dict)

    def at(self, tracks: tuple[TrackView, ...]) -> frozenset[tuple[str, str, str]]:
        """Return (line, direction, class) of all who are on a line in the next frame."""
        self._motion = {each.track: self._moved(each) for each in tracks}
        return frozenset(
            (line.name, self._direction(line, each), each.kind.value)
            for line in self.lines
            for each in tracks
            if _cuts(line, each.box)
        )

    def forget(self) -> None:
        """Forget all tracks."""
        self._motion = {}

    def _moved(self, track: TrackView) -> tuple[Point, Point]:
        before = self._motion.get(track.track)
        if before is None:
            return track.contact, (0.0, 0.0)
        (was_x, was_y), (step_x, step_y) = before
        x = _MEMORY * step_x + track.contact[0] - was_x
        y = _MEMORY * step_y + track.contact[1] - was_y
        return track.contact, (x, y)

    def _direction(self, line: Line, track: TrackView) -> str:
        step = self._motion[track.track][1]
        across = (line.start[1] - line.end[1]) * step[0] + (line.end[0] - line.start[0]) * step[1]
        return line.forward if across >= 0.0 else line.backward


def _cuts(line: Line, box: tuple[float, float, float, float]) -> bool:
    """Tell whether a line cuts the lower half of a box.

    Source: Y.-D. Liang, B. A. Barsky, A new concept and method for line clipping, ACM TOG 3 (1984).
    """
    left, top, right, bottom = box
    low, high = 0.0, 1.0
    bounds = ((left, right), ((top + bottom) / 2.0, bottom))
    for start, end, (least, most) in zip(line.start, line.end, bounds, strict=True):
        step = end - start
        if step == 0.0:
            if not least <= start <= most:
                return False
            continue
        first, last = sorted(((least - start) / step, (most - start) / step))
        low, high = max(low, first), min(high, last)
    return low <= high
