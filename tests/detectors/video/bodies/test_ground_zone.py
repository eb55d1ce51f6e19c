"""Zones on the ground: who is on them."""

import numpy as np
import pytest

from detectors.video.bodies.ground_zone import GroundZone
from detectors.video.bodies.member import Member
from detectors.video.bodies.shape import CAR

LONG = GroundZone("queue", np.array([[-1.5, 0.0], [1.5, 0.0], [1.5, 120.0], [-1.5, 120.0]]), None)


@pytest.mark.parametrize(
    ("x", "y", "on"), [(0.0, 1.0, True), (0.0, 119.0, True), (0.0, 124.0, False), (3.0, 60.0, False)]
)
def test_a_vehicle_on_any_part_of_a_long_zone_is_on_it(x: float, y: float, on: bool) -> None:
    place = np.array([x, y])
    car = Member(1, CAR, place, np.array([0.0, 1.0]), np.zeros(2), place, 0.0, looks=5, worth=1.0)
    state, members = LONG.state([car])
    assert state.occupied is on and (members == [car]) is on
