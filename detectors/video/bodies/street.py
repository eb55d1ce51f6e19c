"""A calibrated camera's lines and zones on the ground, and who is on them."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.bodies.crossing import GroundGate, GroundKeeper, Pass, ground_gate
from detectors.video.bodies.crowd import Crowd, Member
from detectors.video.bodies.lens import Lens, lens_of
from detectors.video.bodies.shape import Floats
from detectors.video.bodies.ways import Ways
from detectors.video.camera import Camera
from detectors.video.gate import Gate
from detectors.video.ground import GroundPlane
from detectors.video.motion import Motion
from detectors.video.tone import Image
from detectors.video.view import View

LOOKS: Final = 2
WORTH: Final = 0.1
PART_M2: Final = 0.1


class Street:
    """What happens on the ground that a camera sees."""

    def __init__(self, camera: Camera, view: View, ground: GroundPlane, lens: Lens) -> None:
        gates = [_on_ground(view.gate(line), ground) for line in camera.lines]
        zones = [ground.metres(view.polygon(zone.polygon).astype(float)) for zone in camera.zones]
        seeds: list[tuple[Floats, Floats]] = []
        for zone, places in zip(camera.zones, zones, strict=True):
            if zone.heading is not None:
                middle = view.polygon(zone.polygon).astype(float).mean(axis=0)
                step = np.array(view.inward(zone.heading))
                there = ground.metres(np.stack((middle, middle + step)))
                way = there[1] - there[0]
                seeds.append((places.mean(axis=0), way / max(float(np.hypot(*way)), 1e-9)))
        seeds += [(gate.start + gate.along * gate.length_m / 2.0, gate.across) for gate in gates]
        self.crowd = Crowd(lens, ground, Ways(seeds))
        self._keepers = [GroundKeeper(gate) for gate in gates]
        self._zones = [np.asarray(cv2.convexHull(places.astype(np.float32))).reshape(-1, 2) for places in zones]

    def step(self, changed: Image, solid: Image, motion: Motion, now_s: float) -> list[tuple[int, Pass]]:
        """Bring all up to this frame; return who crossed which line. [s]"""
        self.crowd.step(changed, solid, motion, now_s)
        for gone in self.crowd.gone:
            for keeper in self._keepers:
                keeper.forget(gone.number)
        return [
            (at, crossed)
            for member in self.crowd.members
            for at, keeper in enumerate(self._keepers)
            for crossed in keeper.look(member, now_s)
        ]

    def on_zone(self, at: int) -> list[Member]:
        """Return who stands on a zone."""
        return [each for each in self.crowd.members if each.looks >= LOOKS and each.worth > WORTH and _covers(each, self._zones[at])]


def _covers(member: Member, zone: NDArray[np.float32]) -> bool:
    if math.dist(member.place, zone.mean(axis=0)) > 40.0:
        return False
    return bool(cv2.intersectConvexConvex(zone, member.footprint)[0] > PART_M2)


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
    inside = view.inward(camera.ground.image[-1])
    points = np.array([view.inward(each) for each in camera.ground.image])
    inside = (float(points[:, 0].mean()), float(points[:, 1].mean()))
    lens = lens_of(ground, inside, (view.width, view.height))
    return None if lens is None else Street(camera, view, ground, lens)
