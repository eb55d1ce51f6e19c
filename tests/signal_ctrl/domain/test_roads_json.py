import json

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import Road, RoadClass, RoadLoop, RoadNetwork, RoadReader, RoadTurn
from signal_ctrl.domain.roads_json import MAX_DOCUMENT_BYTES, roads_document, roads_from_json, roads_to_json


def _network() -> RoadNetwork:
    shape = ((11.5, 48.7), (11.501, 48.701))
    first = Road("a", "n1", "n2", 120.5, 2, 13.9, 1800.0, RoadClass.ARTERIAL, shape, "s1", "High Street", "North")
    second = Road("b", "n2", "n3", 40.0, 1, 8.3, 600.0, RoadClass.BRANCH, shape)
    return RoadNetwork(
        (first, second),
        (RoadTurn("a", "b", 1, True),),
        (RoadLoop("a/0", "a", 1, 112.0, 1.5),),
        (RoadReader("r", "b", 5),),
    )


def test_a_network_comes_back_as_it_was() -> None:
    assert roads_from_json(roads_to_json(_network())) == _network()


def test_the_document_is_canonical() -> None:
    text = roads_to_json(_network())
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("place", "key", "value", "says"),
    [
        ("roads", "class", "lane", "unknown class 'lane'"),
        ("roads", "lanes", 1.5, "'lanes' has to be a whole number"),
        ("roads", "lanes", True, "'lanes' has to be a whole number"),
        ("roads", "lanes", 10**400, "'lanes' has to be a whole number"),
        ("roads", "length_m", 0, "greater than 0"),
        ("roads", "shape", [[11.5, 48.7]], "two places or more"),
        ("roads", "shape", [[11.5], [48.7]], "two numbers"),
        ("roads", "shape", [["11", 48.7], [11, 48]], "two numbers"),
        ("roads", "shape", [[10**400, 48.7], [11, 48]], "two numbers"),
        ("roads", "length_m", 10**400, "has to be a number"),
        ("roads", "colour", "red", "unknown 'colour'"),
        ("roads", "road", "b", "road b is there twice"),
        ("turns", "to", "c", "no road 'c'"),
        ("turns", "minor", 1, "true or false"),
        ("loops", "lane", 2, "has no lane 2"),
        ("loops", "position_m", 500, "lies outside"),
        ("readers", "road", "x", "no road 'x'"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(place: str, key: str, value: object, says: str) -> None:
    document = roads_document(_network())
    document[place][0][key] = value
    with pytest.raises(InvalidInputError, match=says):
        roads_from_json(json.dumps(document))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        ('{"format": "signal-ctrl roads 2"}', "'format' is not"),
        ('{"format": "signal-ctrl roads 1"}', "'roads' is missing"),
        ('{"format": "signal-ctrl roads 1", "roads": []}', "needs a road"),
        ('{"format": "signal-ctrl roads 1", "roads": [1]}', "has to be a table"),
        ('{"format": "signal-ctrl roads 1", "format": "signal-ctrl roads 1"}', "twice"),
        ('{"format": "signal-ctrl roads 1", "roads": [{"length_m": NaN}]}', "NaN"),
        (" " * (MAX_DOCUMENT_BYTES + 1), "longer than"),
    ],
)
def test_what_is_no_roads_document_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        roads_from_json(text)


def test_an_unknown_key_of_the_document_is_refused() -> None:
    document = roads_document(_network()) | {"rail": []}
    with pytest.raises(InvalidInputError, match="unknown 'rail'"):
        roads_from_json(json.dumps(document))
