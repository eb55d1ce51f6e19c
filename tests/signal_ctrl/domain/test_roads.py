"""Roads, turns and loops: what is refused, and that places come back from the plane."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import Plane, Road, RoadClass, RoadLoop, RoadNetwork, RoadReader, RoadTurn

SHAPE = ((11.42, 48.76), (11.43, 48.77))


def road(name: str, from_node: str, to_node: str, lanes: int = 2) -> Road:
    return Road(name, from_node, to_node, 300.0, lanes, 13.9, 1800.0, RoadClass.ARTERIAL, SHAPE)


A, B = road("a", "1", "2"), road("b", "2", "3")


def test_turns_and_free_times_are_found_by_road() -> None:
    network = RoadNetwork((A, B), (RoadTurn("a", "b"),))
    assert network.following == {"a": (RoadTurn("a", "b"),), "b": ()}
    assert network.leading == {"b": (RoadTurn("a", "b"),), "a": ()}
    assert network.of("b").free_time_s == pytest.approx(300 / 13.9)
    assert A.room_veh == 80


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (((),), "needs a road"),
        (((A, A),), "road a is there twice"),
        (((A, B), (RoadTurn("b", "a"),)), "do not meet"),
        (((A, B), (RoadTurn("a", "c"),)), "no road 'c'"),
        (((A,), (), (RoadLoop("d", "a", 2, 10.0),)), "no lane 2"),
        (((A,), (), (RoadLoop("d", "a", 0, 310.0),)), "lies outside road a"),
        (((A,), (), (), (RoadReader("r", "a", -1.0),)), "lies outside"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(parts: tuple[tuple[object, ...], ...], why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        RoadNetwork(*parts)  # type: ignore[arg-type]


@given(st.floats(-170, 170), st.floats(-60, 60), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_places_come_back_from_the_plane(lon: float, lat: float, east: float, north: float) -> None:
    plane = Plane((lon, lat))
    back = plane.degrees(plane.metres((lon + east, lat + north)))
    assert back == pytest.approx((lon + east, lat + north), abs=1e-9)
