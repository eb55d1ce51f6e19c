"""A calibrated camera's lines and zones on the ground, and who is on them."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from detectors.video.blobs import clean
from detectors.video.bodies.crossing import GroundGate, GroundKeeper, Pass, ground_gate
from detectors.video.bodies.crowd import Crowd
from detectors.video.bodies.ground_zone import GroundZone
from detectors.video.bodies.lamps import painted, pairs_of
from detectors.video.bodies.lens import Lens, lens_of
from detectors.video.bodies.member import Member
from detectors.video.bodies.shape import TWO_WHEELER, Floats
from detectors.video.bodies.ways import Ways
from detectors.video.camera import Camera, Zone
from detectors.video.gate import Gate
from detectors.video.ground import GroundPlane
from detectors.video.motion import Motion
from detectors.video.scene import Look
from detectors.video.seen import Kind, TrackView, VideoAlarm, ZoneState
from detectors.video.tone import Image
from detectors.video.view import View

CYCLING_MPS: Final = 9.0
STANDS_MPS: Final = 0.7
DRIVEN_M: Final = 1.0


@dataclass(frozen=True, slots=True)
class Account:
    """What a frame showed on the ground: who crossed which line (its index), zones, alarms, who is there."""

    passed: list[tuple[int, Pass]]
    zones: tuple[ZoneState, ...]
    alarms: list[VideoAlarm]
    tracks: tuple[TrackView, ...]


class Street:
    """What happens on the ground that a camera sees."""

    def __init__(self, camera: Camera, view: View, ground: GroundPlane, lens: Lens) -> None:
        self._view, self._stopped_s = view, camera.stopped_s
        gates = [_on_ground(view.gate(line), ground) for line in camera.lines]
        self._zones = [_zone(zone, view, ground) for zone in camera.zones]
        seeds = [(zone.middle, zone.heading) for zone in self._zones if zone.heading is not None]
        seeds += [(gate.start + gate.along * gate.length_m / 2.0, gate.across) for gate in gates]
        self._lens, self._ways = lens, Ways(seeds)
        self.crowd = Crowd(lens, self._ways)
        self._keepers = [GroundKeeper(gate) for gate in gates]

    def step(self, look: Look, work: Image, motion: Motion, now_s: float, dt_s: float) -> Account:
        """Bring all up to this frame (height, width, 3). [s]"""
        assert look.changed is not None and look.firm is not None
        pairs = pairs_of(work, look.changed, self._lens, self._ways)
        firm = painted(clean(look.firm), look.changed, pairs)
        self.crowd.step(look.changed, firm, motion, now_s, look.dark)
        for gone in self.crowd.gone:
            for keeper in self._keepers:
                keeper.forget(gone.number)
        members = self.crowd.members
        passed = [
            (at, crossed)
            for member in members
            for at, keeper in enumerate(self._keepers)
            for crossed in keeper.look(member, now_s)
        ]
        zones = [(zone, *zone.state(members)) for zone in self._zones]
        alarms = [alarm for zone, _, on in zones for alarm in zone.alarms(on, now_s, dt_s, self._stopped_s)]
        tracks = tuple(self._track(each) for each in members if each.moved_m > DRIVEN_M and each.shape is not None)
        return Account(passed, tuple(state for _, state, _ in zones), alarms, tracks)

    def end(self) -> list[tuple[int, Pass]]:
        """Return who crossed which line (its index) by the end of the pictures."""
        members = self.crowd.members
        return [
            (at, each) for member in members for at, keeper in enumerate(self._keepers) for each in keeper.end(member)
        ]

    def _track(self, member: Member) -> TrackView:
        assert member.shape is not None
        low, high = member.shape.hull.min(axis=0), member.shape.hull.max(axis=0)
        box = self._view.box_outward((float(low[0]), float(low[1]), float(high[0]), float(high[1])))
        contact = ((box[0] + box[2]) / 2.0, box[3])
        pace = member.pace
        return TrackView(member.number, box, contact, kind_of(member), pace, pace < STANDS_MPS)


def kind_of(member: Member) -> Kind:
    """Return the class of a road user by the body that suits it, and its speed."""
    if member.body is TWO_WHEELER and member.pace > CYCLING_MPS:
        return Kind.MOTORCYCLE
    return member.body.kind


def _zone(zone: Zone, view: View, ground: GroundPlane) -> GroundZone:
    corners = np.array([view.inward(point) for point in zone.polygon])
    heading: Floats | None = None
    if zone.heading is not None:
        middle = corners.mean(axis=0)
        here, there = ground.metres(np.stack((middle, middle + np.array(view.inward(zone.heading)))))
        heading = (there - here) / max(math.dist(there, here), 1e-9)
    return GroundZone(zone.name, ground.metres(corners), heading)


def _on_ground(gate: Gate, ground: GroundPlane) -> GroundGate:
    start = np.array(gate.start)
    end = start + np.array(gate.along) * gate.length_px
    right = (start + end) / 2.0 + np.array(gate.across) * 2.0
    places = ground.metres(np.stack((start, end, right)))
    return ground_gate(gate.name, places[0], places[1], places[2])


def street_of(camera: Camera, view: View, ground: GroundPlane | None) -> Street | None:
    """Return the ground of a calibrated camera, None where there is none or its camera cannot be."""
    if ground is None or camera.ground is None:
        return None
    points = np.array([view.inward(each) for each in camera.ground.image])
    inside = (float(points[:, 0].mean()), float(points[:, 1].mean()))
    lens = lens_of(ground, inside, (view.width, view.height))
    return None if lens is None else Street(camera, view, ground, lens)
