"""Where cameras hang at a junction, and what they are to look at: lines, zones and the calibration of the ground."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.video.camera import Camera, Line, Zone, ZoneKind, named_line
from detectors.video.ground import Ground
from detectors.video.plane import Point
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.film.legs import Leg
from sumo_scenarios.film.pinhole import Pinhole
from sumo_scenarios.film.roadmap import LaneShape

Floats = NDArray[np.float64]

BEYOND_STOP_M: Final = 1.5
INSIDE_EXIT_M: Final = 4.0
ZONE_M: Final = 4.0
ZONE_GAP_M: Final = 0.5
ZONE_SHARE: Final = 0.8
INSET_PX: Final = 1.0
KINDS: Final = ("", "side", "behind", "across")


@dataclass(frozen=True)
class GroundLine:
    """A counting line on the road, from `start` to `end` [m], and the lanes that lead over it or up to it.

    Forward is who crosses it towards the right hand of somebody who walks from start to end.
    """

    name: str
    start: Floats
    end: Floats
    lanes: tuple[LaneShape, ...] = ()


@dataclass(frozen=True)
class GroundZone:
    """A zone on the road: its corners (n, 2) [m], the lane that it lies on, and the direction of travel."""

    name: str
    corners: Floats
    lane: str
    along: Floats
    kind: ZoneKind


@dataclass(frozen=True)
class View:
    """One camera at a junction, and what it looks at; `camera` is what the counter is told of it.

    What reaches out of the picture is left out of `lines` and `zones`.
    """

    name: str
    pinhole: Pinhole
    lines: tuple[GroundLine, ...]
    zones: tuple[GroundZone, ...]
    camera: Camera


def view_named(legs: Sequence[Leg], name: str) -> View:
    """Return a view of a junction: LEG, LEG-side, LEG-behind, LEG-across or wide.

    Raises: InvalidInputError for a name that the junction does not have.
    """
    if name == "wide":
        return made_view(name, wide_camera(legs), legs)
    leg_name, _, kind = name.partition("-")
    leg = next((leg for leg in legs if leg.name == leg_name), None)
    if leg is None or kind not in KINDS:
        raise InvalidInputError(f"no view '{name}'; this junction has {', '.join(view_names(legs))}")
    placed = {"": mast_camera, "side": side_camera, "behind": camera_behind, "across": camera_across}[kind](leg)
    return made_view(name, placed, (leg,))


def view_names(legs: Sequence[Leg]) -> tuple[str, ...]:
    """Return the names of a junction's views."""
    return (*(f"{leg.name}-{kind}".rstrip("-") for leg in legs for kind in KINDS), "wide")


def mast_camera(leg: Leg) -> Pinhole:
    """Return a camera on an arm over the junction that looks at who comes."""
    reach_m = max(14.0, 1.1 * leg.width_m)
    place = leg.stop + leg.along * reach_m
    return _looking(place, 10.0, -leg.along, reach_m, 0.24)


def side_camera(leg: Leg) -> Pinhole:
    """Return a camera on a pole at the right kerb of the approach, beyond the stop line, that looks at who comes."""
    reach_m = max(14.0, 1.3 * leg.width_m)
    aside_m = leg.width_m / 2 + 2.5
    place = leg.stop + leg.along * reach_m + leg.right * aside_m
    ways = [end - place for end in leg.stop_line(BEYOND_STOP_M)]
    aim = sum((way / float(np.hypot(*way)) for way in ways), np.zeros(2))
    return _looking(place, 8.0, aim, reach_m, 0.24)


def camera_behind(leg: Leg) -> Pinhole:
    """Return a camera over the approach, 32 m before the stop line, that looks after who goes."""
    place = leg.stop - leg.along * 32.0
    return _looking(place, 9.0, leg.along, 32.0, -0.12)


def camera_across(leg: Leg) -> Pinhole:
    """Return a camera on a pole beside the stop line that looks across the lanes."""
    aside_m = leg.width_m / 2 + 11.0
    place = leg.stop + leg.along * 1.0 + leg.right * aside_m
    return _looking(place, 7.0, -leg.right, aside_m, 0.0)


def wide_camera(legs: Sequence[Leg]) -> Pinhole:
    """Return a camera high on the outer corner of the junction that sees as much of it as it can."""
    middle = np.mean([leg.stop for leg in legs], axis=0)
    reach_m = max(float(np.hypot(*(leg.stop - middle))) for leg in legs) + 12.0
    between = legs[0].along + legs[0].right
    place = middle - between / max(float(np.hypot(*between)), 1e-9) * reach_m
    return replace(_looking(place, 14.0, middle - place, reach_m, 0.02), fov_deg=76.0)


def _looking(place: Floats, height_m: float, way: Floats, to_m: float, below: float) -> Pinhole:
    """Return a camera that shows the road at a distance that share of the picture's height below its middle."""
    fov_deg, width_px, height_px = 60.0, 640, 360
    focal_px = width_px / 2 / np.tan(np.radians(fov_deg / 2))
    pitch_deg = float(np.degrees(np.arctan2(height_m, to_m) - np.arctan(below * height_px / focal_px)))
    heading_deg = float(np.degrees(np.arctan2(way[0], way[1])) % 360.0)
    place_m = (float(place[0]), float(place[1]))
    return Pinhole(*place_m, height_m, heading_deg, pitch_deg, fov_deg, width_px, height_px)


def made_view(name: str, pinhole: Pinhole, legs: Sequence[Leg]) -> View:
    """Return the view of a camera on some legs."""
    lines = tuple(line for leg in legs for line in lines_of(leg) if shown(pinhole, np.array([line.start, line.end])))
    zones = tuple(zone for leg in legs for zone in zones_of(leg) if shown(pinhole, zone.corners))
    return View(name, pinhole, lines, zones, camera_of_view(name, pinhole, lines, zones))


def lines_of(leg: Leg) -> list[GroundLine]:
    """Return the counting lines of a leg: beyond its stop line, and across its exits."""
    right, left = leg.stop_line(BEYOND_STOP_M)
    lines = [GroundLine(leg.name, right, left, leg.lanes)]
    out = leg.exit_line(INSIDE_EXIT_M)
    return [*lines, GroundLine(f"{leg.name}-exit", *out, leg.exits)] if out is not None else lines


def zones_of(leg: Leg) -> list[GroundZone]:
    """Return a presence zone before the stop line of each lane."""
    zones = []
    for number, lane in enumerate(leg.lanes, start=1):
        corners, along = strip(lane, ZONE_GAP_M, ZONE_M, ZONE_SHARE)
        zones.append(GroundZone(f"{leg.name}-{number}", corners, lane.lane_id, along, ZoneKind.PRESENCE))
    return zones


def strip(lane: LaneShape, to_end_m: float, length_m: float, share: float) -> tuple[Floats, Floats]:
    """Return the corners of a piece of a lane that ends so far before its end, and the direction of travel. [m]

    Args: share, of the lane's width.
    """
    front, along = lane.place(to_end_m)
    rear, _ = lane.place(to_end_m + length_m)
    across = np.array([along[1], -along[0]]) * lane.width_m * share / 2
    return np.array([front + across, front - across, rear - across, rear + across]), along


def shown(pinhole: Pinhole, points: Floats) -> bool:
    """Return whether a picture shows points of the road (n, 2). [m]"""
    pixels, depth = pinhole.project_ground(points)
    size = np.array([pinhole.width_px, pinhole.height_px])
    return bool((depth > 1.0).all() and (pixels >= INSET_PX).all() and (pixels <= size - INSET_PX).all())


def camera_of_view(name: str, pinhole: Pinhole, lines: Sequence[GroundLine], zones: Sequence[GroundZone]) -> Camera:
    """Return what a counter is told of a view."""
    image, metres = _calibration(pinhole)
    return Camera(
        name=name,
        lines=tuple(_line(pinhole, line) for line in lines),
        zones=tuple(_zone(pinhole, zone) for zone in zones),
        ground=Ground(image, metres),
        width_px=pinhole.width_px,
        height_px=pinhole.height_px,
    )


def _line(pinhole: Pinhole, line: GroundLine) -> Line:
    start, end = _points(pinhole, np.array([line.start, line.end]))
    return named_line(line.name, start, end)


def _zone(pinhole: Pinhole, zone: GroundZone) -> Zone:
    middle = zone.corners.mean(axis=0)
    before, after = _points(pinhole, np.array([middle, middle + zone.along]))
    heading = (round(after[0] - before[0], 2), round(after[1] - before[1], 2))
    return Zone(zone.name, _points(pinhole, zone.corners), zone.kind, zone.lane, heading)


def _points(pinhole: Pinhole, points: Floats) -> tuple[Point, ...]:
    pixels, _ = pinhole.project_ground(points)
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in pixels)


def _calibration(pinhole: Pinhole) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """Return pixels of the road and their places, east and north of the foot of the camera's pole. [m]"""
    size = np.array([pinhole.width_px, pinhole.height_px])
    horizon = pinhole.height_px / 2 - pinhole.focal_px * np.tan(np.radians(pinhole.pitch_deg))
    top = max(horizon + 0.12 * pinhole.height_px, 0.05 * pinhole.height_px)
    shares = np.array([(0.1, 0.0), (0.9, 0.0), (0.95, 1.0), (0.05, 1.0), (0.5, 0.5)])
    pixels = np.column_stack((shares[:, 0] * size[0], top + shares[:, 1] * (0.95 * size[1] - top)))
    pixels = np.round(pixels, 2)
    metres = pinhole.ground_of(pixels) - pinhole.place[:2]
    return (
        tuple((float(x), float(y)) for x, y in pixels),
        tuple((round(float(x), 3), round(float(y), 3)) for x, y in metres),
    )
