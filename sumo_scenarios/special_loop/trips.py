"""Random trips of special vehicles across a town, and how long each takes when nobody is in the way."""

import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.road_ways import RoadGraph, RoadTimes, WayFinder
from signal_ctrl.domain.roads import RoadClass, RoadNetwork
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.watch.dispatch.travel import times_of
from signal_ctrl.watch.special.corridor import VehicleClass
from sumo_scenarios import catalogue
from sumo_scenarios.arguments import TRIPINFO, sumo_arguments
from sumo_scenarios.diversion_loop.street import roads_of_world
from sumo_scenarios.outcome import Report, Stop
from sumo_scenarios.run_times import times_of as run_times
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.special_loop.order import SpecialOrder, SpecialTrip
from sumo_scenarios.special_loop.run import drives_of, sublanes, vehicles_text
from sumo_scenarios.supervise import Job, supervise
from sumo_scenarios.world import World, build_world
from sumo_scenarios.written import tags

LEAST_SIGNALS: Final = 3
"""A trip passes so many signals at least."""
LEAST_M: Final = 30.0
MAIN: Final = frozenset({RoadClass.EXPRESSWAY, RoadClass.ARTERIAL, RoadClass.SECONDARY})
"""It begins and ends on main roads of this length at least: the corridor is about signals, not about driveways. [m]"""
ALONG: Final = (0.2, 0.8)
"""It ends between these shares of its last road: a scene lies along a street, not at the stop line of its end."""
BRANCH: Final = 3.0
"""Streets that are no main roads count so many times: the way goes by main roads where it can."""
_TRIES: Final = 10_000
_APART_S: Final = 600.0
_LONGEST_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Spacing:
    """When the trips of one run set out: the first one, the time between two, and how many. [s]"""

    first_s: float
    apart_s: float
    n: int


def world_of(settings: RunSettings) -> World:
    """Return the world of a run. Raises: InvalidInputError."""
    scenario = catalogue.resolve(settings.scenario)
    return build_world(scenario, settings.profile, *run_times(scenario, settings))


def random_trips(world: World, spacing: Spacing, seed: int) -> tuple[SpecialTrip, ...]:
    """Return trips between roads drawn at random, each by the way that is shortest in free flow.

    Raises: InvalidInputError if the network has no such way.
    """
    network = roads_of_world(world, 0.0)
    finder = WayFinder(RoadGraph(network), _times(network))
    ours = {unit.site.signal_id for unit in world.units}
    rng, kinds = np.random.default_rng([seed, 41]), tuple(VehicleClass)
    found: list[SpecialTrip] = []
    for _ in range(_TRIES):
        if len(found) == spacing.n:
            return tuple(found)
        roads = _drawn(network, finder, rng)
        if sum(network.of(road).signal in ours for road in roads[:-1]) < LEAST_SIGNALS:
            continue
        k = len(found)
        kind = kinds[int(rng.integers(len(kinds)))]
        arrives_m = round(float(rng.uniform(*ALONG)) * network.of(roads[-1]).length_m, 1)
        departs_s = spacing.first_s + k * spacing.apart_s
        found.append(SpecialTrip(f"special-{k}", kind, roads, departs_s, arrives_m=arrives_m))
    raise InvalidInputError(f"the network has no way over {LEAST_SIGNALS} signals; take a larger one")


def _times(network: RoadNetwork) -> RoadTimes:
    """Return free travel times, those of streets that are no main roads made longer. [s]"""
    free = times_of(network, None)
    factor = np.array([1.0 if road.road_class in MAIN else BRANCH for road in network.roads], dtype=np.float32)
    return replace(free, travel_time_s=free.travel_time_s * factor)


def _drawn(network: RoadNetwork, finder: WayFinder, rng: np.random.Generator) -> tuple[str, ...]:
    """Return the way between two roads drawn at random, nothing if there is none."""
    main = [k for k, road in enumerate(network.roads) if road.road_class in MAIN and road.length_m >= LEAST_M]
    if not main:
        return ()
    begin, end = (main[int(k)] for k in rng.integers(len(main), size=2))
    if begin == end:
        return ()
    trip = finder.towards(OnRoad(end, 1.0, 0.0)).trip(OnRoad(begin, 0.0, 0.0))
    return () if trip is None else tuple(network.roads[k].road for k in trip.roads)


def free_times_s(order: SpecialOrder) -> tuple[float, ...]:
    """Return how long each trip takes alone on the network with every signal green. [s]

    Raises: BackendError if SUMO fails or a trip does not arrive.
    """
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-special-") as scratch:
        (ending,) = supervise([Job(partial(_alone, order, Path(scratch)), Path(scratch) / "log")], lambda *_: None)
    if ending.error is not None or ending.outcome is None:
        raise ending.error or BackendError("interrupted")
    return ending.outcome


def _alone(order: SpecialOrder, scratch: Path, report: Report, stop: Stop) -> tuple[float, ...]:
    world, settings = world_of(order.settings), replace(order.settings, scale=1.0)
    apart = tuple(replace(trip, departs_s=k * _APART_S) for k, trip in enumerate(order.trips))
    alone = replace(order, settings=settings, trips=apart)
    vehicles = scratch / "special.add.xml"
    vehicles.write_text(vehicles_text(alone), encoding="utf-8")
    times_s = (0.0, len(apart) * _APART_S + _LONGEST_S)
    config = replace(world.config, options=tuple(o for o in world.config.options if o[0] != "device.rerouting"))
    words = [*sumo_arguments(config, settings, times_s, [vehicles], (), scratch), *sublanes(order, config.options)]
    with Simulation(words) as simulation:
        for signal in world.net.signal_links:
            simulation.show(signal, "G" * len(simulation.shown(signal)))
        while simulation.arrived < len(apart) and simulation.time_s < times_s[1] and not stop():
            simulation.step()
            report(simulation.time_s, 0, simulation.arrived)
    drives = drives_of(alone, [found for tag, found in tags(scratch / TRIPINFO) if tag == "tripinfo"])
    missing = [drive.vehicle for drive in drives if drive.took_s is None]
    if missing:
        raise BackendError(f"special vehicle {missing[0]} does not arrive on an empty network")
    return tuple(drive.took_s or 0.0 for drive in drives)
