"""Who drove which road from when to when, from the trajectories of a run."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from sumo_scenarios.city_feed.happenings import STANDING
from sumo_scenarios.city_feed.tables import Doubles, Ints
from sumo_scenarios.measures.parquet import Names, Numbers, read_parquet
from sumo_scenarios.net_reader import Net

_COLUMNS = ("vehicle_id", "vehicle_lane", "timestep_time", "vehicle_pos", "vehicle_speed")
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tracks:
    """Samples ordered by vehicle and time; shape (n_samples,). [s] [m] [m/s]

    `road` and `lane` are indices of roads and of `lanes`; `road` is -1 within junctions.
    """

    vehicles: tuple[str, ...]
    lanes: tuple[str, ...]
    vehicle: Ints
    lane: Ints
    road: Ints
    time_s: Doubles
    position_m: Doubles
    speed_mps: Doubles


@dataclass(frozen=True, slots=True)
class Passages:
    """Drives along roads, in the order of vehicle and time; shape (n_passages,). [s]

    `whole`: driven from its begin to its end. `ended`: left by its end; else the trip, or the run, ended on it.
    """

    vehicle: Ints
    road: Ints
    from_s: Doubles
    to_s: Doubles
    whole: Bools
    ended: Bools


def read_tracks(path: Path, network: RoadNetwork, net: Net, step_s: float) -> Tracks:
    """Return the tracks of a run, without the vehicles that only stand. Raises: BackendError if it is damaged.

    Args: step_s, step of the simulation [s]: SUMO writes the end of a step under the time of its begin.
    """
    found = read_parquet(path, _COLUMNS)
    vehicles, lanes = _names(found["vehicle_id"]), _names(found["vehicle_lane"])
    real = np.array([not name.startswith(STANDING) for name in vehicles.words] or [True])[vehicles.codes]
    order = np.flatnonzero(real)
    order = order[np.lexsort((_numbers(found["timestep_time"])[order], vehicles.codes[order]))]
    road_of = np.array([_road(network, net, name) for name in lanes.words] or [-1], dtype=np.int32)
    return Tracks(
        vehicles.words,
        lanes.words,
        vehicles.codes[order],
        lanes.codes[order],
        road_of[lanes.codes[order]],
        _numbers(found["timestep_time"])[order] + step_s,
        _numbers(found["vehicle_pos"])[order],
        _numbers(found["vehicle_speed"])[order],
    )


def passages_of(tracks: Tracks, network: RoadNetwork, until_s: float) -> Passages:
    """Return the passages; times between two samples are shared out by the speed driven. [s]"""
    length_m = np.array([road.length_m for road in network.roads])
    begins, ends = _stretches(tracks)
    road = tracks.road[begins]
    step_in = _since(tracks, begins)
    to_end_m = length_m[road] - tracks.position_m[ends]
    same_before = np.zeros(len(begins), dtype=bool)
    same_before[begins > 0] = tracks.vehicle[begins[begins > 0] - 1] == tracks.vehicle[begins[begins > 0]]
    after = np.minimum(ends + 1, len(tracks.vehicle) - 1)
    goes_on = (ends + 1 < len(tracks.vehicle)) & (tracks.vehicle[after] == tracks.vehicle[ends])
    speed_mps = np.maximum(0.5 * (tracks.speed_mps[ends] + np.where(goes_on, tracks.speed_mps[after], 0.0)), 0.5)
    speed_mps = np.where(goes_on, speed_mps, np.maximum(tracks.speed_mps[ends], 0.5))
    gap_s = np.where(goes_on, tracks.time_s[after] - tracks.time_s[ends], 1.0)
    out_s = tracks.time_s[ends] + np.minimum(np.maximum(to_end_m, 0.0) / speed_mps, gap_s)
    arrived = ~goes_on & (tracks.time_s[ends] < until_s - 2.0) & (to_end_m <= np.maximum(15.0, 2 * speed_mps))
    near_begin = tracks.position_m[begins] <= np.maximum(20.0, 2 * tracks.speed_mps[begins])
    ended = goes_on | arrived
    seen = Passages(
        vehicle=tracks.vehicle[begins],
        road=road,
        from_s=tracks.time_s[begins] - step_in,
        to_s=np.where(ended, out_s, tracks.time_s[ends]),
        whole=(same_before | near_begin) & ended,
        ended=ended,
    )
    return _joined(seen, _missed(seen, network))


def _missed(seen: Passages, network: RoadNetwork) -> Passages:
    """Return drives over roads too short for a sample: the one road that leads from one seen to the next."""
    n_roads = len(network.roads)
    pairs = seen.road[:-1].astype(np.int64) * n_roads + seen.road[1:]
    turns = np.array([network.index[t.from_road] * n_roads + network.index[t.to_road] for t in network.turns])
    jumps = np.flatnonzero((seen.vehicle[:-1] == seen.vehicle[1:]) & ~np.isin(pairs, turns))
    found = [(at, _between(network, int(seen.road[at]), int(seen.road[at + 1]))) for at in jumps]
    known = [(at, road) for at, road in found if road >= 0]
    at = np.array([each for each, _ in known], dtype=np.int64)
    road = np.array([each for _, each in known], dtype=np.int32)
    free_s = np.array([each.free_time_s for each in network.roads])[road]
    middle_s = 0.5 * (seen.to_s[at] + seen.from_s[at + 1])
    half_s = 0.5 * np.minimum(free_s, np.maximum(seen.from_s[at + 1] - seen.to_s[at], 0.1))
    driven = np.ones(len(at), dtype=bool)
    return Passages(seen.vehicle[at], road, middle_s - half_s, middle_s + half_s, driven, driven)


def _between(network: RoadNetwork, before: int, behind: int) -> int:
    """Return the only road between two, -1 where there is none or a choice."""
    ways = {turn.to_road for turn in network.following[network.roads[before].road]}
    ways &= {turn.from_road for turn in network.leading[network.roads[behind].road]}
    return network.index[ways.pop()] if len(ways) == 1 else -1


def _joined(one: Passages, other: Passages) -> Passages:
    columns = [np.concatenate((getattr(one, each.name), getattr(other, each.name))) for each in fields(Passages)]
    order = np.lexsort((columns[2], columns[0]))
    return Passages(*(column[order] for column in columns))


def _since(tracks: Tracks, begins: npt.NDArray[np.intp]) -> Doubles:
    """Return how long before its first sample on a road a vehicle came onto it. [s]"""
    speed_mps = np.maximum(tracks.speed_mps[begins], 0.5)
    first = np.minimum(tracks.position_m[begins] / speed_mps, 1.0)
    return np.asarray(first, dtype=np.float64)


def _stretches(tracks: Tracks) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return first and last sample of every stay on a road."""
    if not len(tracks.vehicle):
        empty = np.zeros(0, dtype=np.intp)
        return empty, empty
    key = tracks.vehicle.astype(np.int64) * (int(tracks.road.max(initial=0)) + 2) + tracks.road + 1
    change = np.flatnonzero(np.diff(key)) + 1
    begins = np.concatenate(([0], change))
    ends = np.concatenate((change - 1, [len(key) - 1]))
    on_road = tracks.road[begins] >= 0
    return begins[on_road], ends[on_road]


def _road(network: RoadNetwork, net: Net, lane: str) -> int:
    known = net.lanes.get(lane)
    return network.index.get(known.edge_id, -1) if known is not None else -1


def _names(column: Names | Numbers) -> Names:
    assert isinstance(column, Names)
    return column


def _numbers(column: Names | Numbers) -> Doubles:
    assert isinstance(column, Numbers)
    return column.values
