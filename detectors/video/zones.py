"""What stands or drives in a zone: presence, queue, vehicles that stopped or go the wrong way."""

import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.camera import Zone
from detectors.video.ground import GroundPlane
from detectors.video.plane import Box, Point
from detectors.video.seen import AlarmKind, VideoAlarm, ZoneState
from detectors.video.tone import Image
from detectors.video.track import Track

COVER: Final = 0.04  # of a presence zone's pixels that differ from the background: something is there
USUAL_COVER: Final = 0.25  # of a usual vehicle there: in a zone larger than vehicles that counts instead
HOLD_S: Final = 0.3  # a presence that flickers off for less stays on
STANDING: Final = 0.35  # vehicle sizes per second: slower stands
WRONG: Final = -0.5  # cosine of the angle to the zone's heading
WRONG_SIZES: Final = 1.5  # way against it, in vehicle sizes, before it is an alarm


@dataclass(slots=True)
class ZoneKeeper:
    """Watches one zone: its polygon (n, 2) in working pixels."""

    zone: Zone
    polygon: NDArray[np.int32]
    mask: Image
    on_s: float = -math.inf
    slow_since_s: dict[int, float] = field(default_factory=dict)
    against_px: dict[int, float] = field(default_factory=dict)
    told: set[tuple[int, AlarmKind]] = field(default_factory=set)

    @property
    def box(self) -> Box:
        """Return the box around the zone."""
        left, top = (float(each) for each in self.polygon.min(axis=0))
        right, bottom = (float(each) for each in self.polygon.max(axis=0))
        return left, top, right, bottom

    def state(
        self, solid: Image, tracks: list[Track], usual_px2: float | None, ground: GroundPlane | None, now_s: float
    ) -> ZoneState:
        """Return the state in this frame; `usual_px2` is the area of a usual vehicle there. [px², s]"""
        inside = [track for track in tracks if self.holds(track)]
        covered = cv2.countNonZero(cv2.bitwise_and(solid, self.mask))
        need = COVER * max(1, cv2.countNonZero(self.mask))
        if usual_px2 is not None:
            need = min(max(need, 1.0), USUAL_COVER * usual_px2)
        if covered >= need:
            self.on_s = now_s
        occupied = now_s - self.on_s <= HOLD_S
        return ZoneState(self.zone.name, occupied, self._queue_m(solid, ground), max(len(inside), int(occupied)))

    def holds(self, track: Track) -> bool:
        """Tell whether a vehicle stands on the zone."""
        at = (track.contact[0], track.contact[1] - 0.1 * (track.box[3] - track.box[1]))
        return cv2.pointPolygonTest(self.polygon.astype(np.float32), at, False) >= 0

    def alarms(self, tracks: list[Track], now_s: float, dt_s: float, stopped_s: float) -> list[VideoAlarm]:
        """Return the alarms that begin now. [s]"""
        inside = [track for track in tracks if track.moved and self.holds(track)]
        for gone in set(self.slow_since_s) - {track.number for track in inside}:
            del self.slow_since_s[gone]
        found = [self._stopped(track, now_s, stopped_s) for track in inside]
        if self.zone.heading is not None:
            found += [self._wrong_way(track, self.zone.heading, now_s, dt_s) for track in inside]
        return [alarm for alarm in found if alarm is not None]

    def _stopped(self, track: Track, now_s: float, stopped_s: float) -> VideoAlarm | None:
        if not standing(track):
            self.slow_since_s.pop(track.number, None)
            return None
        since_s = self.slow_since_s.setdefault(track.number, now_s)
        return self._tell(AlarmKind.STOPPED, track, now_s) if now_s - since_s >= stopped_s else None

    def _wrong_way(self, track: Track, heading: Point, now_s: float, dt_s: float) -> VideoAlarm | None:
        speed = math.hypot(*track.speed)
        along = (track.speed[0] * heading[0] + track.speed[1] * heading[1]) / math.hypot(*heading)
        if standing(track) or along > WRONG * speed:
            self.against_px.pop(track.number, None)
            return None
        self.against_px[track.number] = self.against_px.get(track.number, 0.0) + speed * dt_s
        far = self.against_px[track.number] > WRONG_SIZES * track.size_px
        return self._tell(AlarmKind.WRONG_WAY, track, now_s) if far else None

    def _tell(self, kind: AlarmKind, track: Track, now_s: float) -> VideoAlarm | None:
        """Return an alarm, once per vehicle."""
        if (track.number, kind) in self.told:
            return None
        self.told.add((track.number, kind))
        return VideoAlarm(kind, now_s, self.zone.name, track.number)

    def _queue_m(self, solid: Image, ground: GroundPlane | None) -> float | None:
        """Return the extent of what stands in a zone along its longer side on the ground. [m]"""
        if ground is None:
            return None
        rows, columns = np.nonzero(cv2.bitwise_and(solid, self.mask))
        if len(rows) == 0:
            return 0.0
        places = ground.metres(np.stack([columns, rows], axis=1).astype(float))
        corners = ground.metres(self.polygon.astype(float))
        sides = np.roll(corners, -1, axis=0) - corners
        longest = sides[np.hypot(*sides.T).argmax()]
        along = places @ (longest / np.hypot(*longest))
        return float(np.percentile(along, 98) - np.percentile(along, 2))


def standing(track: Track) -> bool:
    """Tell whether a vehicle stands."""
    return math.hypot(*track.speed) < STANDING * track.size_px
