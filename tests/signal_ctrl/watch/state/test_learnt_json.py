import json

import numpy as np
import pytest

from bench.city_speed.city import make_city
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.state.estimator import StateEstimator
from signal_ctrl.watch.state.learnt_json import learnt_from_json, learnt_to_json
from signal_ctrl.watch.state.model import Learnt

CITY = make_city(1)


def _learnt(network: RoadNetwork = CITY) -> Learnt:
    learnt = StateEstimator(network).learnt
    learnt.drives[2], learnt.times[2] = 12.5, 17.25
    return learnt


def test_it_comes_back_as_it_was() -> None:
    found = learnt_from_json(learnt_to_json(_learnt(), CITY), CITY, _learnt())
    for name in ("squares", "products", "drives", "times"):
        assert np.array_equal(getattr(found, name), getattr(_learnt(), name))


def test_on_another_map_roads_keep_what_is_theirs() -> None:
    other = RoadNetwork(
        CITY.roads[1:], tuple(t for t in CITY.turns if CITY.roads[0].road not in (t.from_road, t.to_road))
    )
    found = learnt_from_json(learnt_to_json(_learnt(), CITY), other, StateEstimator(other).learnt)
    assert found.drives.tolist() == [0, 12.5, *[0] * (len(other.roads) - 2)]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("squares", [[[1.0]], [[1.0]]], "other features"),
        ("roads", {"x": [1]}, "not a learnt document"),
        ("roads", {"x": [-1, 1]}, "impossible numbers"),
        ("roads", [], "not a learnt document"),
        ("more", 1, "keys missing or unknown"),
    ],
)
def test_what_is_none_is_refused(key: str, value: object, says: str) -> None:
    document = json.loads(learnt_to_json(_learnt(), CITY)) | {key: value}
    with pytest.raises(InvalidInputError, match=says):
        learnt_from_json(json.dumps(document), CITY, _learnt())


def test_squares_that_cannot_be_solved_are_refused() -> None:
    document = json.loads(learnt_to_json(_learnt(), CITY))
    document["squares"] = np.zeros_like(_learnt().squares).tolist()
    with pytest.raises(InvalidInputError, match="squares"):
        learnt_from_json(json.dumps(document), CITY, _learnt())
