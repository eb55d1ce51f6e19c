"""Days of one scenario, simulated one after the other and kept as watched days; what is there is not made again."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.congestion.lots import SLOT_S, Blocked, DayLots, draw_day
from bench.congestion.simulate import DayTruth, simulate
from bench.congestion.trips import TripPool, read_pool
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.gateways.day_file import ROADS, SUFFIX, write_day
from signal_ctrl.gateways.whole_file import write_whole
from signal_ctrl.watch.foresight.city_arrays import CityArrays, arrays_of
from signal_ctrl.watch.foresight.days import Factors, Told, WatchedDay
from signal_ctrl.watch.foresight.slots import Minutes, Slots, folded
from signal_ctrl.watch.foresight.values import Restriction
from signal_ctrl.watch.state.levels import Grading
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.city_feed.road_network import roads_of
from sumo_scenarios.configuration import read_configuration

RAIN_SATURATION: Final = 0.20
RAIN_SPEED: Final = 0.15
_KIND: Final = "mon"
_LEAST_M: Final = 60.0
_SLOWEST_MPS: Final = 0.05


@dataclass(frozen=True, slots=True)
class DayOrder:
    """Which days: scenario, lowest and highest factor on its demand, first of the seeds, how many, and how long."""

    scenario: str
    low: float
    high: float
    demand_seed: int
    days: int
    minutes: int


def make_days(order: DayOrder, folder: Path, told: Callable[[str], None]) -> int:
    """Make the days that the folder does not hold, and return how many these were. Raises: BackendError."""
    config = read_configuration(resolve(order.scenario).config)
    network = roads_of(order.scenario)
    begin_s = config.begin_s or 0.0
    pool = read_pool(config.routes, begin_s, begin_s + 3600.0 if config.end_s is None else config.end_s)
    write_whole(folder / ROADS, roads_to_json(network))
    made = 0
    for seed in range(order.demand_seed, order.demand_seed + order.days):
        path = folder / f"{seed:05d}{SUFFIX}"
        if path.exists():
            continue
        lots = lots_of(order, network, pool, seed)
        truth = simulate(config, network, pool, lots, begin_s, order.minutes)
        write_day(path, watched_day(network, lots, truth, begin_s))
        told(f"demand seed {seed}: {truth.trips} trips, {len(lots.blocked)} lanes blocked, {truth.teleports} teleports")
        made += 1
    return made


def lots_of(order: DayOrder, network: RoadNetwork, pool: TripPool, seed: int) -> DayLots:
    """Return the lots of one day; its level is drawn evenly between the lowest and the highest."""
    places = tuple((each.road, each.lanes, each.length_m) for each in network.roads if each.length_m > _LEAST_M)
    scale = float(np.random.default_rng(seed + 77).uniform(order.low, order.high))
    return draw_day(seed, scale, 60.0 * order.minutes, pool.origins, places)


def watched_day(network: RoadNetwork, lots: DayLots, truth: DayTruth, begin_s: float) -> WatchedDay:
    """Return a day as the forecast knows it: what was true, and what the centre was told. Begins at 0 of UTC."""
    city = arrays_of(network)
    slots = true_slots(network, truth, city)
    return WatchedDay(
        day=f"{lots.seed:05d}",
        kind=_KIND,
        begin_utc_ms=0,
        first_slot=int(begin_s // SLOT_S) % 288,
        seen=slots,
        true=slots,
        factors=_factors(network, lots, slots.ratio.shape),
        told=tuple(_told(network, each) for each in lots.blocked),
    )


def true_slots(network: RoadNetwork, truth: DayTruth, city: CityArrays) -> Slots:
    """Return the slots of what was true. A road without a vehicle is as fast as it may be."""
    speed = np.where(np.isnan(truth.speed_mps), city.free_mps, truth.speed_mps)
    grading = Grading(network)
    level = np.stack([grading.levels(city.length_m / np.maximum(row, _SLOWEST_MPS)) for row in speed])
    minutes = Minutes(truth.flow_veh_h, speed.astype(np.float32), truth.vehicles, truth.queue_m, level)
    return folded(minutes, city)


def _factors(network: RoadNetwork, lots: DayLots, shape: tuple[int, ...]) -> Factors:
    """Return what weather and the calendar of events said."""
    ones: NDArray[np.float32] = np.ones(shape, dtype=np.float32)
    demand = ones.copy()
    if lots.event is not None and lots.event.road in network.index:
        begin, end = (int(each // SLOT_S) for each in (lots.event.from_s, math.ceil(lots.event.to_s)))
        demand[begin:end, network.index[lots.event.road]] = lots.event.factor
    rain = np.float32(lots.rain)
    return Factors(ones * (1 - np.float32(RAIN_SATURATION) * rain), ones * (1 - np.float32(RAIN_SPEED) * rain), demand)


def _told(network: RoadNetwork, blocked: Blocked) -> Told:
    left = 1.0 - 1.0 / network.of(blocked.road).lanes
    ms = [int(each * 1000) for each in (blocked.said_s, blocked.told_s, blocked.to_s)]
    return Told(Restriction(blocked.road, left, ms[0]), ms[1], max(ms[2], ms[1]))
