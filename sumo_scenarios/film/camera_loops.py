"""Cameras in place of loops: which of a signal's loops its cameras see, and what they look at instead.

Each approach has a camera on an arm over the junction. A loop is seen where a piece of its lane of at least `LONG_M`
around it lies within the picture and is at least `LEAST_PX` high there; that ends some forty metres before the stop
line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detectors.video.camera import Camera, ZoneKind
from signal_ctrl.domain.network import Loop
from sumo_scenarios.film.legs import Leg, legs_of
from sumo_scenarios.film.pinhole import Pinhole
from sumo_scenarios.film.roadmap import RoadMap
from sumo_scenarios.film.views import ZONE_SHARE, GroundLine, GroundZone, camera_of_view, mast_camera, shown, strip
from sumo_scenarios.layout import approach_lanes
from sumo_scenarios.net_reader import Net

LONG_M: Final = 4.0
LEAST_PX: Final = 7.0


@dataclass(frozen=True)
class LoopCamera:
    """A camera of one approach: where it hangs, what the counter is told, and which loops (by id) it stands for."""

    leg: Leg
    pinhole: Pinhole
    camera: Camera
    loops: tuple[str, ...]


def loop_cameras(net: Net, roads: RoadMap, signal: str, loops: Sequence[Loop]) -> tuple[LoopCamera, ...]:
    """Return the cameras of a signal that see a loop. Raises: InvalidInputError if no approach is for vehicles."""
    edge_of = [net.lanes[lane].edge_id for lane in approach_lanes(net, net.signal_links[signal])]
    found = []
    for leg in legs_of(net, roads, signal):
        own = [loop for loop in loops if {edge_of[k] for k in loop.serves} == {leg.lanes[0].edge_id}]
        pinhole = mast_camera(leg)
        zones = {loop.loop_id: zone_of(loop, net, roads) for loop in own if loop.lane_id in roads.lanes}
        seen = {name: zone for name, zone in zones.items() if _sees(pinhole, zone)}
        if seen:
            lines = [_line_of(zone) for zone in seen.values()]
            camera = camera_of_view(leg.name, pinhole, lines, tuple(seen.values()))
            found.append(LoopCamera(leg, pinhole, camera, tuple(seen)))
    return tuple(found)


def seen_loops(net: Net, roads: RoadMap, loops: Mapping[str, tuple[Loop, ...]]) -> dict[str, tuple[Loop, ...]]:
    """Return the loops of each signal that its cameras stand for; the others do not exist."""
    found = {}
    for signal, own in loops.items():
        names = {name for camera in loop_cameras(net, roads, signal, own) for name in camera.loops}
        found[signal] = tuple(loop for loop in own if loop.loop_id in names)
    return found


def zone_of(loop: Loop, net: Net, roads: RoadMap) -> GroundZone:
    """Return the piece of road that a camera looks at in place of a loop."""
    lane = roads.lanes[loop.lane_id]
    ratio = lane.long_m / net.lanes[loop.lane_id].length_m
    length_m = max(loop.length_m, LONG_M)
    middle_m = (net.lanes[loop.lane_id].length_m - loop.position_m - loop.length_m / 2) * ratio
    to_end_m = middle_m - length_m / 2
    corners, along = strip(lane, to_end_m, length_m, ZONE_SHARE)
    return GroundZone(loop.loop_id, corners, loop.lane_id, along, ZoneKind.PRESENCE)


def _line_of(zone: GroundZone) -> GroundLine:
    """Return the line across the lane at the downstream end of a zone, crossed forward by who drives on."""
    half = (zone.corners[0] - zone.corners[1]) / ZONE_SHARE / 2
    middle = (zone.corners[0] + zone.corners[1]) / 2
    return GroundLine(zone.name, middle + half, middle - half)


def _sees(pinhole: Pinhole, zone: GroundZone) -> bool:
    if not shown(pinhole, zone.corners):
        return False
    pixels, _ = pinhole.project_ground(zone.corners)
    return float(np.ptp(pixels[:, 1])) >= LEAST_PX
