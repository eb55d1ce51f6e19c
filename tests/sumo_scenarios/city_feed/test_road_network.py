import math
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadClass
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.city_feed.road_class import class_of
from sumo_scenarios.city_feed.road_network import Equipment, roads_of
from sumo_scenarios.configuration import read_configuration

NET = """<net>
  <location netOffset="0,0" projParameter="!"/>
  <edge id="w" from="a" to="m" type="highway.primary" name="West Street">
    <lane id="w_0" length="100" speed="13.9" shape="0,0 100,0" allow="pedestrian"/>
    <lane id="w_1" length="100" speed="13.9" shape="0,3 100,3"/>
    <lane id="w_2" length="100" speed="13.9" shape="0,6 100,6"/>
  </edge>
  <edge id="e" from="m" to="b"><lane id="e_0" length="20" speed="8.3" shape="110,3 130,3"/></edge>
  <edge id="n" from="m" to="c"><lane id="n_0" length="50" speed="8.3" shape="105,10 105,60"/></edge>
  <edge id="path" from="b" to="a"><lane id="path_0" length="130" speed="2" shape="130,9 0,9" allow="bicycle"/></edge>
  <tlLogic id="t" type="static" programID="0" offset="0">
    <phase duration="30" state="Gr"/><phase duration="3" state="yr"/>
    <phase duration="24" state="rg"/><phase duration="3" state="ry"/>
  </tlLogic>
  <junction id="m" type="traffic_light" x="100" y="0" incLanes="w_1 w_2" intLanes="" shape=""/>
  <connection from="w" to="e" fromLane="1" toLane="0" tl="t" linkIndex="0" dir="s"/>
  <connection from="w" to="n" fromLane="2" toLane="0" tl="t" linkIndex="1" dir="l"/>
</net>"""


@pytest.fixture
def net(tmp_path: Path) -> str:
    path = tmp_path / "x.net.xml"
    path.write_text(NET, encoding="utf-8")
    return str(path)


def test_an_edge_of_motor_vehicles_is_a_road_with_their_lanes_only(net: str) -> None:
    network = roads_of(net)
    assert [road.road for road in network.roads] == ["w", "e", "n"]
    west = network.of("w")
    assert (west.lanes, west.length_m, west.free_speed_mps, west.signal, west.name) == (
        2,
        100,
        13.9,
        "t",
        "West Street",
    )
    assert (west.from_node, west.to_node, west.road_class) == ("a", "m", RoadClass.ARTERIAL)


def test_capacity_is_saturation_flow_times_green_share_of_each_lane(net: str) -> None:
    network = roads_of(net)
    assert network.of("w").capacity_veh_h == pytest.approx(1800 * 30 / 60 + 1800 * 24 / 60)
    assert network.of("e").capacity_veh_h == 1800


def test_turns_tell_lanes_and_who_gives_way(net: str) -> None:
    turns = {turn.to_road: turn for turn in roads_of(net).turns}
    assert set(turns) == {"e", "n"}
    assert (turns["e"].lanes, turns["e"].minor) == (1, False)
    assert turns["n"].minor


def test_a_net_that_lies_nowhere_is_drawn_around_zero_in_metres(net: str) -> None:
    network = roads_of(net)
    ends = [network.plane.metres(place) for place in network.of("w").shape]
    assert math.dist(*ends) == pytest.approx(100, rel=1e-3)
    assert abs(network.of("w").shape[0][0]) < 0.01


def test_loops_lie_at_both_ends_of_every_lane_and_on_a_short_road_at_one(net: str) -> None:
    network = roads_of(net, Equipment(1.0, 1.0))
    places = {(loop.road, loop.lane): [] for loop in network.loops}
    for loop in network.loops:
        places[loop.road, loop.lane].append(loop.position_m)
    assert places == {("w", 0): [92.5, 10.0], ("w", 1): [92.5, 10.0], ("e", 0): [12.5], ("n", 0): [42.5, 10.0]}
    assert {reader.road for reader in network.readers} == {"w", "e", "n"}


def test_the_share_with_loops_is_kept_and_the_same_every_time() -> None:
    network, again = roads_of("cologne8"), roads_of("cologne8")
    assert network == again
    share = len({loop.road for loop in network.loops}) / len(network.roads)
    assert 0.4 < share < 0.6
    other = roads_of("cologne8", Equipment(salt="x"))
    assert {loop.road for loop in other.loops} != {loop.road for loop in network.loops}
    assert not roads_of("cologne8", Equipment(0.0)).loops


def test_more_loops_keep_those_that_were_there() -> None:
    few, many = ({loop.road for loop in roads_of("cologne8", Equipment(share)).loops} for share in (0.2, 0.6))
    assert few < many


def test_the_real_network_lies_where_the_town_is() -> None:
    network = roads_of("cologne3")
    assert network.plane.middle == pytest.approx((6.91, 50.93), abs=0.02)
    path = read_configuration(resolve("cologne3").config).net
    assert roads_of(str(path)).roads[0].road == network.roads[0].road


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(InvalidInputError, match="0 to 1"):
        Equipment(share)


@pytest.mark.parametrize(
    ("kind", "speed_mps", "lanes", "expected"),
    [
        ("highway.motorway_link", 13.9, 1, RoadClass.EXPRESSWAY),
        ("highway.tertiary", 22.0, 2, RoadClass.SECONDARY),
        ("highway.residential", 8.3, 1, RoadClass.BRANCH),
        ("", 25.0, 2, RoadClass.EXPRESSWAY),
        ("", 13.9, 1, RoadClass.SECONDARY),
        ("", 8.3, 2, RoadClass.BRANCH),
    ],
)
def test_classes(kind: str, speed_mps: float, lanes: int, expected: RoadClass) -> None:
    assert class_of(kind, speed_mps, lanes) == expected
