"""Whole frames: the same twice, empty without traffic, in every condition."""

import numpy as np
import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.film.conditions import CONDITIONS, Condition, Sun, condition_named
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.renderer import Renderer
from tests.sumo_scenarios.film.scenes import at, over_the_road, scene, straight_road

STOPS = frozenset({"in_0", "in_1"})


def renderer(name: str, seed: int = 1) -> Renderer:
    return Renderer(straight_road(), STOPS, over_the_road(), CONDITIONS[name], seed)


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.abs(one.astype(int) - other.astype(int)).max(axis=2)


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_shows_a_car_on_the_road(name: str) -> None:
    camera = renderer(name)
    empty = np.mean([camera.frame(Scene.empty(t / 10)).astype(float) for t in range(5)], axis=0)
    full = np.mean([camera.frame(scene(1.0 + t / 10, at("a", -8.0, -1.6))).astype(float) for t in range(5)], axis=0)
    gap = np.abs(full - empty).max(axis=2)
    (column, row), _ = (part[0] for part in camera.camera.project(np.array([(-8.0, -1.6, 0.5)])))
    around = gap[round(row) - 4 : round(row) + 4, round(column) - 6 : round(column) + 6]
    assert around.mean() > 20.0
    assert np.median(gap) < 12.0


def test_a_seed_makes_the_same_film_and_another_one_another() -> None:
    scenes = [scene(t / 10, at("a", -30.0 + t, -1.6)) for t in range(4)]
    films = []
    for seed in (1, 1, 2):
        camera = renderer("rain", seed)
        films.append(np.array([camera.frame(each) for each in scenes]))
    assert (films[0] == films[1]).all()
    assert (films[0] != films[2]).mean() > 0.3


def test_night_is_darker_and_lamps_light_the_road_ahead() -> None:
    night, day = renderer("night"), renderer("day")
    dark = night.frame(Scene.empty(0.0))
    assert dark.mean() < 0.5 * day.frame(Scene.empty(0.0)).mean()
    lit = night.frame(scene(0.1, at("a", -20.0, -1.6)))
    (column, row), _ = (part[0] for part in night.camera.project_ground(np.array([(-12.0, -1.6)])))
    spot = (slice(round(row) - 2, round(row) + 3), slice(round(column) - 3, round(column) + 4))
    assert lit[spot].mean() > dark[spot].mean() + 8


def test_wind_moves_the_picture_and_a_calm_day_does_not() -> None:
    for name, still in (("day", True), ("wind", False)):
        camera = renderer(name)
        frames = [camera.frame(Scene.empty(t * 0.4)) for t in range(6)]
        moved = max(float(np.median(difference(frames[0], each))) for each in frames[1:])
        edges = max(float((difference(frames[0], each) > 40).mean()) for each in frames[1:])
        assert (edges < 0.002) is still, (moved, edges)


def test_a_poor_link_leaves_blocks() -> None:
    good, poor = renderer("day"), renderer("poor-link")
    frame = good.frame(Scene.empty(0.0))
    assert difference(poor.sent(frame), frame).mean() > 1.5 * difference(good.sent(frame), frame).mean()


def test_there_are_ten_conditions_and_more_of_day_and_night() -> None:
    assert len(CONDITIONS) >= 10
    assert {"day", "overcast", "low-sun", "clouds"} == {c.name for c in CONDITIONS.values() if c.by_day}


def test_unknown_conditions_and_impossible_suns_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="unknown condition 'snow'; choose one of day"):
        condition_named("snow")
    with pytest.raises(InvalidInputError, match="elevation"):
        Sun(0.0, 0.0, 0.5)
    assert Condition("x", "").in_shade == 1.0
