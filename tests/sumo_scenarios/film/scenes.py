"""A straight road to a stop line, cameras and road users for tests; nothing is read or started."""

import math

import numpy as np

from sumo_scenarios.film.bodies import Body
from sumo_scenarios.film.legs import Leg
from sumo_scenarios.film.movement import Mover, Scene, scene_of
from sumo_scenarios.film.pinhole import Pinhole
from sumo_scenarios.film.roadmap import LaneShape, RoadMap

EAST = 0.0
WEST = math.pi
CAR = Body("car", 4.5, 1.8, 1.5, (40, 40, 220))


def lane(name: str, y_m: float, from_x_m: float = -200.0, to_x_m: float = 0.0) -> LaneShape:
    """Return a lane along the x axis, driven from one x to the other. [m]"""
    line = np.array([(from_x_m, y_m), (to_x_m, y_m)])
    return LaneShape(name, name.rpartition("_")[0], "", line, 3.2, False)


def straight_leg() -> Leg:
    """Return two lanes from the west that end at x = 0, and two beside them that lead back to the west."""
    lanes = (lane("in_0", -4.8), lane("in_1", -1.6))
    exits = (lane("out_0", 4.8, 0.0, -200.0), lane("out_1", 1.6, 0.0, -200.0))
    return Leg("west", lanes, exits, np.array([1.0, 0.0]))


def straight_road() -> RoadMap:
    """Return the roads of `straight_leg`."""
    leg = straight_leg()
    outline = np.array([(0.0, -6.4), (20.0, -6.4), (20.0, 6.4), (0.0, 6.4)])
    return RoadMap({each.lane_id: each for each in (*leg.lanes, *leg.exits)}, (outline,))


def over_the_road(width_px: int = 320, height_px: int = 180) -> Pinhole:
    """Return a camera over the stop line of `straight_leg` that looks west."""
    return Pinhole(14.0, 0.0, 10.0, 270.0, 24.0, 60.0, width_px, height_px)


def at(name: str, x_m: float, y_m: float, speed_mps: float = 0.0, heading: float = EAST, body: Body = CAR) -> Mover:
    """Return a road user with its front bumper at a place. [m]"""
    return Mover(name, body, (x_m, y_m), heading, speed_mps)


def scene(time_s: float, *movers: Mover) -> Scene:
    """Return a scene."""
    return scene_of(time_s, movers)
