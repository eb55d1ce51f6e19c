"""Who is foretold to a signal: by which lane and turn, when, and from when until when."""

import numpy as np
import pytest

from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.road_ways import RoadGraph, RoadTimes, Trip, WayFinder
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.parking.guidance.inflow import PlannedTrip
from sumo_scenarios import catalogue
from sumo_scenarios.diversion_loop.street import roads_of_world
from sumo_scenarios.parking_loop.foretelling import AHEAD_S, LATE_S, Doors, InflowBoard
from sumo_scenarios.world import SignalUnit, World, build_world


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(catalogue.resolve("grid4x4"), PUBLISHED, None, None)


def way(world: World) -> Trip:
    """Return a way straight through the grid that takes 100 s a road."""
    network = roads_of_world(world, 0.0)
    time_s = np.full(len(network.roads), 100.0, dtype=np.float32)
    finder = WayFinder(RoadGraph(network), RoadTimes(time_s, time_s, "made up"))
    begin, end = (
        next(k for k, road in enumerate(network.roads) if road.road.startswith(name)) for name in ("A0", "D0")
    )
    trip = finder.towards(OnRoad(end, 1.0, 0.0)).trip(OnRoad(begin, 0.0, 0.0))
    assert trip is not None
    return trip


def heard(world: World, unit: SignalUnit, trip: Trip) -> bool:
    """Check what one signal is told of a driver; return False if he does not come by it."""
    network, planned, told_s = roads_of_world(world, 0.0), PlannedTrip("d", trip, 0.0, 0.5), 1000.0
    doors, roads = Doors(unit.layout, world.net, network), [network.roads[k] for k in trip.roads]
    edges = {lane.edge_id for lane in unit.layout.lanes}
    k = next((k for k, road in enumerate(roads[:-1]) if road.road in edges), 0)
    if k == 0:
        assert doors.foretold("d", planned, told_s, told_s) is None
        return False
    enters_s, free_s = told_s + trip.ends_s[k - 1], roads[k].free_time_s
    board = InflowBoard()
    board.put([(told_s, planned)])
    ((lane, vehicle),) = board.of(doors, enters_s - 5.0)
    movement = unit.layout.movements[vehicle.movement]
    assert (movement.lane, unit.layout.lanes[lane].edge_id) == (lane, roads[k].road)
    assert world.net.lanes[unit.layout.exits[movement.exit].lane_id].edge_id == roads[k + 1].road
    assert vehicle.eta_s == pytest.approx(5.0 + free_s, rel=1e-5)
    assert vehicle.presence == pytest.approx(0.4)
    assert board.of(doors, enters_s - 4.0) and board.told == 1  # however often it is told
    for silent_s in (enters_s + free_s - AHEAD_S - 1.0, enters_s + LATE_S + 1.0):
        assert doors.foretold("d", planned, told_s, silent_s) is None
    return True


def test_a_signal_is_told_who_will_come_into_its_reach_and_by_which_turn(world: World) -> None:
    trip = way(world)
    assert len(trip.roads) >= 3
    assert sum(heard(world, unit, trip) for unit in world.units) >= 1
