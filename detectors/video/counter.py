"""From frames to crossings: background, blobs, vehicles, lines."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.blobs import blobs_of, clean
from detectors.video.camera import Camera
from detectors.video.gate import Event, GateKeeper
from detectors.video.scene import Scene
from detectors.video.seen import Crossing, Kind, Seen, TrackView, ZoneState
from detectors.video.sizes import Sizes
from detectors.video.tone import Image
from detectors.video.track import Track
from detectors.video.tracker import Tracker
from detectors.video.view import View
from signal_ctrl.domain.errors import InvalidInputError


class VideoCounter:
    """Counts what crosses the lines of one camera.

    A live picture goes to `step` frame by frame. A recorded clip is shown twice: to `warm`, then, after `restart`, to
    `step`; so vehicles that are in view from the first frame count too.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._lines = {line.name: line for line in camera.lines}
        self._view: View | None = None
        self._sizes = Sizes()
        self._scene = Scene(self._sizes)
        self._shape: tuple[int, ...] = ()
        self._begin()

    def warm(self, frame: Image, time_s: float) -> None:
        """Learn the background only. A frame is (height, width, 3), BGR."""
        self._scene.warm(self._seen_by(frame).shrink(frame))

    def restart(self) -> None:
        """Forget tracks and clock, keep the background."""
        self._scene.restart()
        self._begin()

    def step(self, frame: Image, time_s: float) -> Seen:
        """Return what a frame (height, width, 3), BGR, shows; times have to grow. [s]

        Raises: InvalidInputError if time stands or goes back, or the picture changed its size.
        """
        dt_s = self._pass_time(time_s)
        view = self._seen_by(frame)
        work = view.shrink(frame)
        look = self._scene.look(work, time_s)
        if look.mask is None or look.flooded:
            return Seen(valid=False)
        mask = self._last_mask = clean(look.mask)
        self._tracker.step(blobs_of(mask), time_s)
        self._scene.follow(work, time_s, self._kept(mask))
        for track in self._tracker.gone:
            for keeper in self._keepers:
                keeper.forget(track.number)
        events = [event for track in self._tracker.tracks for k in self._keepers for event in k.look(track, time_s, dt_s)]
        crossings = tuple(self._crossing(event, time_s, dt_s) for event in events)
        views = tuple(self._track_view(track) for track in self._tracker.tracks if track.moved)
        return Seen(crossings, views)

    def end(self) -> Seen:
        """Return what the end of the stream settles."""
        return Seen()

    def _begin(self) -> None:
        self._tracker = Tracker(self._sizes)
        self._frame = -1
        self._time_s: float | None = None
        self._keepers = [] if self._view is None else [GateKeeper(self._view.gate(line)) for line in self._camera.lines]

    def _pass_time(self, time_s: float) -> float:
        dt_s = 0.0 if self._time_s is None else time_s - self._time_s
        if self._time_s is not None and not dt_s > 0.0:
            raise InvalidInputError(f"frame {self._frame + 1}: its time {time_s:g} s is not after {self._time_s:g} s")
        self._time_s = time_s
        self._frame += 1
        return dt_s

    def _seen_by(self, frame: Image) -> View:
        """Return the view of this camera, made with its first frame."""
        if self._view is None:
            self._shape = frame.shape
            self._view = View(self._camera, frame.shape[1], frame.shape[0])
            self._scene = Scene(self._sizes, self._view.region(self._camera))
            self._keepers = [GateKeeper(self._view.gate(line)) for line in self._camera.lines]
        if frame.shape != self._shape:
            raise InvalidInputError(f"the picture changed from {self._shape} to {frame.shape}")
        return self._view

    def _kept(self, mask: Image) -> Image:
        return np.asarray(cv2.dilate(mask, np.ones((7, 7), np.uint8)))

    def _crossing(self, event: Event, now_s: float, dt_s: float) -> Crossing:
        line = self._lines[event.gate.name]
        frame = self._frame - (round((now_s - event.time_s) / dt_s) if dt_s > 0.0 else 0)
        direction = line.forward if event.forward else line.backward
        return Crossing(
            event.time_s, max(0, frame), line.name, direction, Kind.VEHICLE, None, line.lane, event.track.number
        )

    def _track_view(self, track: Track) -> TrackView:
        assert self._view is not None
        box = self._view.box_outward(track.box)
        return TrackView(track.number, box, self._view.outward(track.contact), Kind.VEHICLE, None, False)
