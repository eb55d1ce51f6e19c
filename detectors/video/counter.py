"""From frames to crossings: background, blobs, vehicles, lines, zones."""

from typing import Final

import cv2
import numpy as np

from detectors.video.backdrop import LOW_SUN, SHADOW_LOW
from detectors.video.blobs import blobs_of, clean
from detectors.video.bodies.crossing import Pass
from detectors.video.bodies.street import kind_of as kind_of_member
from detectors.video.bodies.street import street_of
from detectors.video.camera import Camera
from detectors.video.classes import kind_of, speed_mps
from detectors.video.gate import Event, GateKeeper
from detectors.video.ground import GroundPlane
from detectors.video.motion import Motion
from detectors.video.parts import vehicles_of
from detectors.video.picture import PictureWatch
from detectors.video.plane import Box, box_area_px2, overlap_px2
from detectors.video.scene import Look, Scene
from detectors.video.seen import Crossing, Seen, TrackView, VideoAlarm, ZoneState
from detectors.video.sizes import Sizes
from detectors.video.tone import Image, as_image
from detectors.video.track import Track
from detectors.video.tracker import Tracker
from detectors.video.view import View
from detectors.video.zones import ZoneKeeper, standing
from signal_ctrl.domain.errors import InvalidInputError

JUST_S: Final = 2.0
SCRAP: Final = 0.12  # of a usual vehicle's area: a motorcycle has about a quarter
SAME: Final = 0.5  # of two boxes together, or of a small one in a large one: both are one vehicle
LEARN_LOOKS: Final = 4  # a vehicle is an example of its size every so many frames
ABSORB_S: Final = 60.0
KEPT: Final = np.ones((7, 7), np.uint8)  # around what differs the background does not follow either


class VideoCounter:
    """Counts what crosses the lines of one camera.

    A live picture goes to `step` frame by frame. A recorded clip is shown twice: to `warm`, then, after `restart`, to
    `step`; so vehicles that are in view from the first frame count too. With `warm_is_empty` nobody is there in what
    `warm` is shown: that stays the background, and a car that has always stood on a zone is seen.
    """

    def __init__(self, camera: Camera, warm_is_empty: bool = False) -> None:
        cv2.setNumThreads(1)  # one camera, one core; and threads would not survive the fork of a simulation
        self._camera = camera
        self._warm_is_empty = warm_is_empty
        self._lines = {line.name: line for line in camera.lines}
        self._view: View | None = None
        self._shape: tuple[int, ...] = ()
        self._sizes = Sizes()
        self._scene = Scene(self._sizes)
        self._ground: GroundPlane | None = None
        self._begin()

    def warm(self, frame: Image, time_s: float) -> None:
        """Learn the background only. A frame is (height, width, 3), BGR; its time [s] is not looked at."""
        work = self._seen_by(frame).resize(frame)
        self._scene.warm(self._scene.steadied(work))

    def restart(self) -> None:
        """Forget tracks and clock, keep the background."""
        self._scene.restart()
        self._begin()

    @property
    def knows_background(self) -> bool:
        """Whether the background is learnt."""
        return self._scene.backdrop is not None

    def resume(self) -> None:
        """Forget tracks after a time in which nothing was seen; clock and learning of the background go on."""
        self._scene.resume()
        self._begin()

    def step(self, frame: Image, time_s: float) -> Seen:
        """Return what a frame (height, width, 3), BGR, shows; times have to grow. [s]

        Raises: InvalidInputError if time stands or goes back, or the picture changed its size.
        """
        dt_s = self._pass_time(time_s)
        work = self._seen_by(frame).resize(frame)
        alarms = self._watch.look(work, None if self._scene.backdrop is None else self._scene.backdrop.road, time_s)
        work = self._scene.steadied(work)
        look = self._scene.look(work, time_s)
        if look.mask is None or look.flooded:
            return Seen(alarms=tuple(alarms), valid=False)
        mask = clean(look.mask)
        self._motion.show(self._scene.lifted(work))
        if self._street is not None:
            return self._step_street(work, look, alarms, time_s, dt_s)
        edges = (0.0, 0.0, float(mask.shape[1]), float(mask.shape[0]))
        self._tracker.step(vehicles_of(mask, blobs_of(mask), self._sizes, self._motion), time_s, edges)
        self._learn_sizes()
        self._scene.follow(work, time_s, as_image(cv2.dilate(mask, KEPT)))
        self._absorb(work, mask, time_s)
        crossings = self._crossings(time_s, dt_s)
        zones = tuple(self._zone_state(zone, mask, time_s) for zone in self._zones)
        alarms += self._zone_alarms(time_s, dt_s)
        views = tuple(self._track_view(track) for track in self._tracker.tracks if track.moved)
        return Seen(crossings, views, zones, tuple(alarms), self._watch.good)

    def _step_street(self, work: Image, look: Look, alarms: list[VideoAlarm], time_s: float, dt_s: float) -> Seen:
        assert self._street is not None and look.changed is not None
        told = self._street.step(look, work, self._motion, time_s, dt_s)
        self._scene.follow(work, time_s, as_image(cv2.dilate(look.changed, KEPT)))
        crossings = tuple(self._passed(at, each, time_s, dt_s) for at, each in told.passed)
        return Seen(crossings, told.tracks, told.zones, tuple(alarms + told.alarms), self._watch.good)

    def _passed(self, at: int, passed: Pass, now_s: float, dt_s: float) -> Crossing:
        line = self._camera.lines[at]
        frame = max(0, self._frame - (round((now_s - passed.time_s) / dt_s) if dt_s > 0.0 else 0))
        way = line.forward if passed.forward else line.backward
        speed, kind = float(np.hypot(*passed.member.speed)), kind_of_member(passed.member)
        return Crossing(passed.time_s, frame, line.name, way, kind, speed, line.lane, passed.member.number)

    def end(self) -> Seen:
        """Return what the end of the stream settles."""
        if self._street is None or self._time_s is None:
            return Seen(valid=self._watch.good)
        last = [self._passed(at, each, self._time_s, 0.0) for at, each in self._street.end()]
        return Seen(tuple(last), valid=self._watch.good)

    def _begin(self) -> None:
        self._tracker = Tracker(self._sizes)
        self._motion = Motion()
        self._watch = PictureWatch(self._camera.frozen_s)
        self._crossed: dict[str, list[tuple[Track, bool, float]]] = {}
        self._frame = -1
        self._time_s: float | None = None
        self._keepers = [] if self._view is None else [GateKeeper(self._view.gate(line)) for line in self._camera.lines]
        self._zones = [] if self._view is None else [self._view.zone(zone) for zone in self._camera.zones]
        self._street = None if self._view is None else street_of(self._camera, self._view, self._ground)

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
            if self._camera.ground is not None:
                self._ground = GroundPlane(self._camera.ground, self._view.scale)
            self._keepers = [GateKeeper(self._view.gate(line)) for line in self._camera.lines]
            self._zones = [self._view.zone(zone) for zone in self._camera.zones]
            self._street = street_of(self._camera, self._view, self._ground)
            darkest = SHADOW_LOW if self._street is None else LOW_SUN
            self._scene = Scene(self._sizes, self._view.region(self._camera), self._warm_is_empty, darkest)
        if frame.shape != self._shape:
            raise InvalidInputError(f"the picture changed from {self._shape} to {frame.shape}")
        return self._view

    def _crossings(self, now_s: float, dt_s: float) -> tuple[Crossing, ...]:
        for keeper in self._keepers:
            for part, whole in self._tracker.merged.items():
                keeper.inherit(part, whole)
        for track in self._tracker.gone:
            for keeper in self._keepers:
                keeper.forget(track.number)
        tracks = self._tracker.tracks
        events = [event for track in tracks for keeper in self._keepers for event in keeper.look(track, now_s, dt_s)]
        return tuple(self._crossing(event, now_s, dt_s) for event in events if self._another(event, now_s))

    def _learn_sizes(self) -> None:
        """Learn how large vehicles are from those that drive alone, where the road was empty while it was learnt."""
        if self._sizes.known:
            return
        for track in self._tracker.tracks:
            if track.moved and track.alone and not track.cut and track.looks % LEARN_LOOKS == 0:
                self._sizes.learn(track.box)

    def _absorb(self, work: Image, mask: Image, now_s: float) -> None:
        """Make background of what never moved for long, parked or left behind by one that drove off, outside zones."""
        backdrop, absorbed = self._scene.backdrop, np.zeros_like(mask)
        for track in self._tracker.tracks:
            if now_s - track.born_s < ABSORB_S or track.moved or any(zone.holds(track) for zone in self._zones):
                continue
            left, top, right, bottom = (max(0, int(each)) for each in track.box)
            absorbed[top:bottom, left:right] = 255
            track.born_s = now_s
        if backdrop is not None and absorbed.any():
            backdrop.absorb(work, absorbed)

    def _another(self, event: Event, now_s: float) -> bool:
        """Tell whether who crossed is a vehicle of its own: no scrap, no part of one that has just crossed."""
        track, area = event.track, box_area_px2(event.track.box)
        usual_px = self._sizes.usual_px(track.box)
        share = 1.0 if usual_px is None else area / usual_px**2
        line = self._crossed.setdefault(event.gate.name, [])
        line[:] = [each for each in line if now_s - each[2] < JUST_S]
        others = [(each.box_at(now_s), forward == event.forward) for each, forward, _ in line if each is not track]
        if share < SCRAP or any(_part(track.box, box, share, same_way) for box, same_way in others):
            return False
        line.append((track, event.forward, now_s))
        return True

    def _crossing(self, event: Event, now_s: float, dt_s: float) -> Crossing:
        line = self._lines[event.gate.name]
        frame = max(0, self._frame - (round((now_s - event.time_s) / dt_s) if dt_s > 0.0 else 0))
        way = line.forward if event.forward else line.backward
        kind, speed = kind_of(event.track, self._ground), speed_mps(event.track, self._ground)
        return Crossing(event.time_s, frame, line.name, way, kind, speed, line.lane, event.track.number)

    def _zone_state(self, keeper: ZoneKeeper, mask: Image, now_s: float) -> ZoneState:
        usual_px = self._sizes.usual_px(keeper.box)
        usual_px2 = None if usual_px is None else usual_px**2
        return keeper.state(mask, self._tracker.tracks, usual_px2, self._ground, now_s)

    def _zone_alarms(self, now_s: float, dt_s: float) -> list[VideoAlarm]:
        stopped_s, tracks = self._camera.stopped_s, self._tracker.tracks
        return [alarm for keeper in self._zones for alarm in keeper.alarms(tracks, now_s, dt_s, stopped_s)]

    def _track_view(self, track: Track) -> TrackView:
        assert self._view is not None
        box, contact = self._view.box_outward(track.box), self._view.outward(track.contact)
        kind, speed = kind_of(track, self._ground), speed_mps(track, self._ground)
        return TrackView(track.number, box, contact, kind, speed, standing(track))


def _part(box: Box, crossed: Box, share: float, same_way: bool) -> bool:
    """Tell whether a box is that of one that has crossed, or a piece (`share` of the usual area) inside it."""
    shared, area = overlap_px2(box, crossed), box_area_px2(box)
    one = shared > SAME * (area + box_area_px2(crossed) - shared)
    return (same_way and one) or (share < SAME and shared > SAME * area)
