"""Shapes of road users: as large as SUMO says, closed to the outside, one paint for one name."""

import numpy as np
import pytest

from sumo_scenarios.film.bodies import KINDS, body_of, kind_of, shape_of

SIZES = {
    "car": (4.5, 1.8, 1.5),
    "van": (6.0, 2.1, 2.6),
    "truck": (10.0, 2.4, 3.4),
    "bus": (12.0, 2.5, 3.2),
    "motorcycle": (2.2, 0.9, 1.5),
    "bicycle": (1.6, 0.65, 1.7),
    "pedestrian": (0.35, 0.48, 1.75),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_shape_fills_its_box_and_no_more(kind: str) -> None:
    length_m, width_m, height_m = SIZES[kind]
    low, high = (f(shape_of(kind, *SIZES[kind]).points, axis=0) for f in (np.min, np.max))
    assert -length_m - 0.05 <= low[0] <= -0.9 * length_m and -0.1 * length_m <= high[0] <= 0.05
    assert high[1] == pytest.approx(-low[1]) and 0.7 * width_m / 2 <= high[1] <= width_m / 2 + 0.05
    assert -1e-9 <= low[2] <= 0.35 and high[2] == pytest.approx(height_m)


@pytest.mark.parametrize("kind", KINDS)
def test_faces_look_outwards(kind: str) -> None:
    shape = shape_of(kind, *SIZES[kind])
    middles = shape.points[shape.faces].mean(axis=1)
    outward = middles - shape.middles[shape.part]
    assert (np.sum(outward * shape.normals, axis=1) > -1e-6).all()
    assert np.linalg.norm(shape.normals, axis=1) == pytest.approx(1.0)


def test_what_stands_on_a_part_has_a_higher_level() -> None:
    shape = shape_of("car", *SIZES["car"])
    order = np.argsort(shape.level)
    assert (np.diff(shape.middles[order, 2]) > 0).all()


def test_classes_become_kinds() -> None:
    assert [kind_of(c, 4.5, 1.5) for c in ("passenger", "truck", "bus", "bicycle", "motorcycle", "pedestrian")] == [
        "car", "truck", "bus", "bicycle", "motorcycle", "pedestrian",
    ]  # fmt: skip
    assert kind_of("passenger", 9.0, 1.5) == "truck" and kind_of("custom1", 4.0, 1.5) == "car"


def test_a_name_keeps_its_paint_and_names_differ() -> None:
    assert body_of("a", "passenger", 4.5, 1.8, 1.5) == body_of("a", "passenger", 4.5, 1.8, 1.5)
    assert len({body_of(str(k), "passenger", 4.5, 1.8, 1.5).paint for k in range(60)}) > 4
