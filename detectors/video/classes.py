"""What a vehicle is by its size on the ground, and how fast it drives. Both need a calibrated camera."""

import math
from typing import Final

from detectors.video.ground import GroundPlane
from detectors.video.seen import Kind
from detectors.video.track import Track

WIDEST_PERSON_M: Final = 1.2
LONGEST_TWO_WHEELER_M: Final = 2.6
LONGEST_CAR_M: Final = 6.0
LONGEST_TRUCK_M: Final = 9.0  # longer: truck or bus; told apart by nothing that a mask shows, so they are trucks
WALKING_MPS: Final = 3.0
CYCLING_MPS: Final = 9.0
CAMERA_TILT: Final = 0.5  # of the height of a box is the vehicle's own height, not length, when it drives up or down


def speed_mps(track: Track, ground: GroundPlane | None) -> float | None:
    """Return the speed over ground from the motion of the contact point. [m/s]"""
    if ground is None:
        return None
    x, y = track.contact
    step_s = 0.1
    here, there = ground.at((x, y)), ground.at((x + track.x.speed * step_s, y + track.y.speed * step_s))
    return math.dist(here, there) / step_s


def kind_of(track: Track, ground: GroundPlane | None) -> Kind:
    """Return the class by width and length of the box on the ground, and speed; VEHICLE without calibration."""
    speed = speed_mps(track, ground)
    if ground is None or speed is None:
        return Kind.VEHICLE
    width_m, length_m = _extent_m(track, ground)
    if max(width_m, length_m) <= LONGEST_TWO_WHEELER_M and min(width_m, length_m) <= WIDEST_PERSON_M:
        if max(width_m, length_m) <= WIDEST_PERSON_M and speed <= WALKING_MPS:
            return Kind.PEDESTRIAN
        return Kind.BICYCLE if speed <= CYCLING_MPS else Kind.MOTORCYCLE
    return Kind.CAR if length_m <= LONGEST_CAR_M else Kind.TRUCK


def _extent_m(track: Track, ground: GroundPlane) -> tuple[float, float]:
    """Return width and length on the ground: across and along the motion, without the part that is height."""
    left, top, right, bottom = track.box
    across = math.dist(ground.at((left, bottom)), ground.at((right, bottom)))
    middle = (left + right) / 2.0
    deep = bottom - (bottom - top) * (1.0 - CAMERA_TILT)
    along = math.dist(ground.at((middle, bottom)), ground.at((middle, deep)))
    sideways = abs(track.x.speed) > abs(track.y.speed)
    return (along, across) if sideways else (across, along)
