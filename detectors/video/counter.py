"""From frames to crossings: background, blobs, tracks, lines."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.camera import Camera
from detectors.video.plane import Point
from detectors.video.seen import Crossing, Kind, Seen, TrackView, ZoneState

Frame = NDArray[np.uint8]
Box = tuple[int, int, int, int]


class _Track:
    def __init__(self, number: int, box: Box) -> None:
        self.number, self.box, self.unseen, self.age = number, box, 0, 0
        self.crossed: set[tuple[str, str]] = set()

    @property
    def middle(self) -> Point:
        left, top, right, bottom = self.box
        return (left + right) / 2.0, (top + bottom) / 2.0


class VideoCounter:
    """Counts what crosses the lines of one camera."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._background = cv2.createBackgroundSubtractorMOG2(300, 25.0, True)
        self._tracks: list[_Track] = []
        self._frame = -1
        self._numbers = 0

    def warm(self, frame: Frame, time_s: float) -> None:
        """Learn the background only: the first pass over a recorded clip."""
        self._background.apply(frame)

    def restart(self) -> None:
        """Forget tracks and clock, keep the background."""
        self._tracks, self._frame = [], -1

    def step(self, frame: Frame, time_s: float) -> Seen:
        """Return what a frame (height, width, 3), BGR, shows; times may not go back. [s]"""
        self._frame += 1
        boxes = self._boxes(frame)
        crossings: list[Crossing] = []
        for track in self._tracks:
            near = min(boxes, key=lambda box: _gap(track.box, box), default=None)
            if near is None or _gap(track.box, near) > (track.box[2] - track.box[0]) / 2.0 + 10.0:
                track.unseen += 1
                continue
            boxes.remove(near)
            before, track.box, track.unseen, track.age = track.middle, near, 0, track.age + 1
            crossings += self._crossings(track, before, time_s)
        self._tracks = [track for track in self._tracks if track.unseen < 10]
        for box in boxes:
            self._numbers += 1
            self._tracks.append(_Track(self._numbers, box))
        views = tuple(_view(track) for track in self._tracks if track.age > 3)
        zones = tuple(self._zone(zone.name, zone.polygon) for zone in self._camera.zones)
        return Seen(tuple(crossings), views, zones)

    def end(self) -> Seen:
        """Return what the end of the stream settles."""
        return Seen()

    def _boxes(self, frame: Frame) -> list[Box]:
        mask = np.asarray(self._background.apply(frame)) == 255
        opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(closed)
        least = frame.shape[0] * frame.shape[1] / 600.0
        rows = [stats[at] for at in range(1, count) if stats[at][4] > least]
        return [(int(x), int(y), int(x + w), int(y + h)) for x, y, w, h, _ in rows]

    def _crossings(self, track: _Track, before: Point, time_s: float) -> list[Crossing]:
        found = []
        for line in self._camera.lines:
            was, now = _side(line.start, line.end, before), _side(line.start, line.end, track.middle)
            direction = line.forward if now > 0 else line.backward
            if was * now < 0 and (line.name, direction) not in track.crossed:
                track.crossed.add((line.name, direction))
                found.append(
                    Crossing(time_s, self._frame, line.name, direction, Kind.VEHICLE, None, line.lane, track.number)
                )
        return found

    def _zone(self, name: str, polygon: tuple[Point, ...]) -> ZoneState:
        shape = np.array(polygon, dtype=np.float32)
        inside = sum(cv2.pointPolygonTest(shape, track.middle, False) >= 0 for track in self._tracks)
        return ZoneState(name, inside > 0, None, inside)


def _gap(one: Box, other: Box) -> float:
    across, along = one[0] + one[2] - other[0] - other[2], one[1] + one[3] - other[1] - other[3]
    return float(np.hypot(across, along)) / 2.0


def _side(start: Point, end: Point, point: Point) -> float:
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def _view(track: _Track) -> TrackView:
    left, top, right, bottom = (float(each) for each in track.box)
    return TrackView(track.number, (left, top, right, bottom), ((left + right) / 2, bottom), Kind.VEHICLE, None, False)
