"""Between the steps: nobody jumps, turns back or leaves the way."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumo_scenarios.film.movement import Between, Scene
from tests.sumo_scenarios.film.scenes import CAR, at, scene


def test_the_ends_are_the_scenes_themselves() -> None:
    before, after = scene(1.0, at("a", 0.0, 0.0, 5.0)), scene(2.0, at("a", 5.0, 0.0, 5.0))
    between = Between(before, after)
    assert between.at(1.0) is before and between.at(2.0) is after and between.at(9.0) is after


def test_constant_speed_stays_constant() -> None:
    between = Between(scene(0.0, at("a", 0.0, 0.0, 8.0)), scene(1.0, at("a", 8.0, 0.0, 8.0)))
    assert [between.at(t).front[0, 0] for t in (0.25, 0.5, 0.75)] == pytest.approx([2.0, 4.0, 6.0])


@given(st.floats(0.0, 30.0), st.floats(0.0, 30.0), st.floats(0.0, 30.0))
def test_nobody_drives_backwards(step_m: float, speed_0: float, speed_1: float) -> None:
    between = Between(scene(0.0, at("a", 0.0, 0.0, speed_0)), scene(1.0, at("a", step_m, 0.0, speed_1)))
    ways = [float(between.at(t).front[0, 0]) for t in np.linspace(0.0, 1.0, 21)]
    assert all(b >= a - 1e-9 for a, b in pairwise(ways))
    assert ways[0] == pytest.approx(0.0) and ways[-1] == pytest.approx(step_m)


def test_a_turn_follows_the_circle() -> None:
    """A quarter of a circle of ten metres, in three seconds of simulation: never more than 0.2 m off."""
    angles = np.linspace(0.0, np.pi / 2, 4)
    speed_mps = 10.0 * np.pi / 6.0
    scenes = [
        scene(float(k), at("a", 10.0 * np.sin(a), 10.0 * (1 - np.cos(a)), speed_mps, float(a)))
        for k, a in enumerate(angles)
    ]
    for before, after in pairwise(scenes):
        between = Between(before, after)
        for time_s in np.linspace(before.time_s, after.time_s, 9):
            x, y = between.at(float(time_s)).front[0]
            assert np.hypot(x, y - 10.0) == pytest.approx(10.0, abs=0.2)


def test_a_heading_turns_the_short_way() -> None:
    between = Between(scene(0.0, at("a", 0.0, 0.0, 1.0, 3.0)), scene(1.0, at("a", -1.0, 0.0, 1.0, -3.0)))
    assert abs(between.at(0.5).heading[0]) == pytest.approx(np.pi, abs=0.01)


def test_who_comes_and_goes_is_not_between() -> None:
    between = Between(
        scene(0.0, at("a", 0.0, 0.0), at("b", 9.0, 0.0)), scene(1.0, at("b", 9.0, 0.0), at("c", 0.0, 5.0))
    )
    assert between.at(0.5).names == ("b",)


def test_whoever_is_put_elsewhere_does_not_fly_there() -> None:
    between = Between(scene(0.0, at("a", 0.0, 0.0)), scene(1.0, at("a", 500.0, 0.0)))
    assert between.at(0.5).names == ()


def test_a_footprint_lies_behind_the_front_bumper() -> None:
    (corners,) = scene(0.0, at("a", 10.0, 2.0)).footprints()
    assert corners[:, 0].max() == pytest.approx(10.0) and corners[:, 0].min() == pytest.approx(10.0 - CAR.length_m)
    assert sorted({round(y, 6) for y in corners[:, 1]}) == pytest.approx([2.0 - 0.9, 2.0 + 0.9])


def test_an_empty_scene_has_no_road_users() -> None:
    assert Scene.empty(3.0).names == () and Scene.empty(3.0).footprints().shape == (0, 4, 2)
