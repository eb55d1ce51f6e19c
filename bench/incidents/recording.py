"""One run of SUMO under the programmes of its network, recorded as its loops and reporting vehicles told of it."""

import json
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench.incidents.cases import AFTER_S, BEHIND_S, LATE_S, Blocked, Case
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.roads import Road, RoadNetwork
from signal_ctrl.watch.observations import LoopCount, Observation, Position
from sumo_scenarios import catalogue
from sumo_scenarios.city_feed.happenings import STANDING, write_breakdowns
from sumo_scenarios.city_feed.loop_output import write_loop_detectors
from sumo_scenarios.city_feed.order import Happening
from sumo_scenarios.city_feed.road_network import Equipment, motor_lanes, network_of
from sumo_scenarios.configuration import Configuration, read_configuration
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.sumo_program import run_program, said_of
from sumo_scenarios.switching import read_additional
from sumo_scenarios.written import tags

COUNT_S: Final = 20
POSITION_S: Final = 10
NOISE_M: Final = 8.0
FIRST_UTC_MS: Final = 1_767_571_200_000
"""Midnight of Monday, 5 January 2026: second 0 of a simulation."""
TIMEOUT_S: Final = 1800.0
LEAST_STOOD_S: Final = 300.0
"""Whose time was over this soon after it came has blocked nothing worth finding. [s]"""
ENTRY_MOST_M: Final = 20.0
"""Loops closer to the begin of a road count who comes onto it. [m]"""
_LOOP: Final = "signal-ctrl loop "
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A scenario's files, net and roads with a share of them with loops."""

    config: Configuration
    path: Path
    net: Net
    network: RoadNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """What was told: counts and shares covered by bin of 20 s and loop; positions, a row each; vehicles that left each
    road, by minute. `begin_ms`, UTC of the first bin."""

    begin_ms: int
    vehicles: Array
    occupied: Array
    positions: Array
    left: Array
    blocked: Blocked | None

    @property
    def n_bins(self) -> int:
        """Bins of 20 s."""
        return len(self.vehicles)


@cache
def place_of(scenario: str, loops_share: float, salt: str = "") -> Place:
    """Return a scenario's roads; `salt` draws which have loops. Raises: InvalidInputError if it cannot be read."""
    path = catalogue.resolve(scenario).config
    config = read_configuration(path)
    net = read_net(config.net)
    begin_s = config.begin_s or 0.0
    equipment = Equipment(loops_share, salt=salt)
    return Place(config, path, net, network_of(net, read_additional(config.additional), begin_s, equipment))


def record(case: Case, place: Place, blocked: Blocked | None, positions_share: float) -> Recorded:
    """Make a run. An incident begins when its vehicle has come onto its lane; where a queue never lets it in, the run
    is one without an incident. Args: place, with loops on all roads. Raises: BackendError if SUMO fails.
    """
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-incidents-") as scratch:
        folder = Path(scratch)
        end_s = case.scenario.end_s
        end_s = end_s if blocked is None else min(blocked.from_s + LATE_S + AFTER_S, end_s)
        _run(case, place, blocked, positions_share, folder, math.ceil(end_s))
        begin_s = case.scenario.begin_s
        vehicles, occupied = _counts(folder / "loops.xml", len(place.network.loops), begin_s, end_s)
        positions = _positions(folder / "positions.xml", place, case.seed)
        left = _left(folder / "roads.xml", place.network, begin_s, end_s)
        came_s = None if blocked is None else _came_s(folder / "trips.xml")
    if blocked is not None:
        stood = came_s is not None and came_s + LEAST_STOOD_S <= blocked.to_s
        blocked = _since(blocked, came_s, vehicles, place.network, begin_s) if came_s is not None and stood else None
    return Recorded(_utc_ms(begin_s), vehicles, occupied, positions, left, blocked)


def _utc_ms(time_s: float) -> int:
    return FIRST_UTC_MS + round(time_s * 1000)


def _run(case: Case, place: Place, blocked: Blocked | None, share: float, folder: Path, end_s: int) -> None:
    write_loop_detectors(folder / "loops.add.xml", place.network, place.net, folder / "loops.xml", COUNT_S)
    happenings = () if blocked is None else (_happening(blocked),)
    write_breakdowns(folder / "blocked.add.xml", happenings, place.net)
    roads = f'<additional><edgeData id="roads" file="{folder / "roads.xml"}" freq="60"/></additional>'
    (folder / "roads.add.xml").write_text(roads, encoding="utf-8")
    own = [folder / name for name in ("loops.add.xml", "blocked.add.xml", "roads.add.xml")]
    command = [
        *(str(sumo_home() / "bin" / "sumo"), "-c", str(place.path)),
        *("-a", ",".join(map(str, (*place.config.additional, *own)))),
        *("--end", str(end_s), "--seed", str(case.seed), "--scale", repr(case.scale)),
        *("--tripinfo-output", str(folder / "trips.xml"), "--tripinfo-output.write-unfinished", "true"),
        *("--time-to-teleport", "-1", "--no-step-log", "true", "--no-warnings", "true"),
        *("--fcd-output", str(folder / "positions.xml"), "--device.fcd.probability", repr(share)),
        *("--device.fcd.period", str(POSITION_S)),
    ]
    os.environ["SUMO_HOME"] = str(sumo_home())
    done = run_program(command, "SUMO", TIMEOUT_S)
    if done.returncode:
        raise BackendError(f"the run {case.key} failed: {said_of(done)}")


def _came_s(path: Path) -> float | None:
    """Return when the vehicle that stands came onto its lane. [s] None if it never did."""
    times_s = [
        float(found["depart"]) for tag, found in tags(path) if tag == "tripinfo" and found["id"].startswith(STANDING)
    ]
    return times_s[0] if times_s and times_s[0] >= 0 else None


def _since(blocked: Blocked, came_s: float, vehicles: Array, network: RoadNetwork, begin_s: float) -> Blocked:
    """Return an incident as it was: when its vehicle came, and who came onto its road after that."""
    entries = [
        at for at, loop in enumerate(network.loops) if loop.road == blocked.road and loop.position_m < ENTRY_MOST_M
    ]
    first = math.ceil((came_s - begin_s) / COUNT_S)
    behind = vehicles[first : first + round(BEHIND_S / COUNT_S), entries].sum()
    return replace(blocked, from_s=came_s, behind_veh=int(behind))


def _happening(blocked: Blocked) -> Happening:
    return Happening(blocked.road, blocked.lane, blocked.from_s, blocked.to_s, blocked.position_m)


def _counts(path: Path, n_loops: int, begin_s: float, end_s: float) -> tuple[Array, Array]:
    n_bins = int((end_s - begin_s) // COUNT_S)
    vehicles, occupied = np.zeros((n_bins, n_loops), np.uint8), np.zeros((n_bins, n_loops), np.float32)
    for tag, found in tags(path):
        if tag == "interval":
            number, loop = int((float(found["begin"]) - begin_s) // COUNT_S), int(found["id"].removeprefix(_LOOP))
            if number < n_bins:
                vehicles[number, loop] = int(float(found["nVehContrib"]))
                occupied[number, loop] = min(float(found["occupancy"]) / 100, 1.0)
    return vehicles, occupied


def _left(path: Path, network: RoadNetwork, begin_s: float, end_s: float) -> Array:
    left = np.zeros((math.ceil((end_s - begin_s) / 60), len(network.roads)), np.float32)
    minute = 0
    for tag, found in tags(path):
        if tag == "interval":
            minute = int((float(found["begin"]) - begin_s) // 60)
        elif tag == "edge" and found["id"] in network.index and minute < len(left):
            left[minute, network.index[found["id"]]] = float(found.get("left", 0)) + float(found.get("arrived", 0))
    return left


def _positions(path: Path, place: Place, seed: int) -> Array:
    """Return rows of utc_ms, number of the vehicle, longitude, latitude, speed, heading; in the order of time."""
    lanes = {lane.lane_id: road for road in place.network.roads for lane in motor_lanes(place.net.edges[road.road])}
    numbers: dict[str, int] = {}
    rows, time_s, dice = [], 0.0, np.random.default_rng(seed)
    plane = place.network.plane
    for tag, found in tags(path):
        if tag == "timestep":
            time_s = float(found["time"])
        elif tag == "vehicle" and found["lane"] in lanes:
            east_m, north_m, heading_deg = _on(lanes[found["lane"]], place.network, float(found["pos"]))
            noise_m = dice.normal(0.0, NOISE_M, 2)
            lon, lat = plane.degrees((east_m + noise_m[0], north_m + noise_m[1]))
            vehicle = numbers.setdefault(
                found["id"], len(numbers) + (1 << 20 if found["id"].startswith(STANDING) else 0)
            )
            rows.append((_utc_ms(time_s), vehicle, lon, lat, float(found["speed"]), heading_deg))
    return np.array(rows, dtype=np.float64).reshape(-1, 6)


def _on(road: Road, network: RoadNetwork, along_m: float) -> tuple[float, float, float]:
    """Return a place on a road in metres east and north, and the heading there [degrees]."""
    shape = _shape(road, network)
    whole_m = float(shape[-1, 2])
    at_m = min(along_m / road.length_m, 1.0) * whole_m
    piece = min(max(int(np.searchsorted(shape[:, 2], at_m)) - 1, 0), len(shape) - 2)
    step = shape[piece + 1] - shape[piece]
    share = 0.0 if step[2] == 0 else (at_m - shape[piece, 2]) / step[2]
    east_m, north_m = shape[piece, :2] + share * step[:2]
    return float(east_m), float(north_m), float(math.degrees(math.atan2(step[0], step[1])) % 360)


def _shape(road: Road, network: RoadNetwork) -> Array:
    key = (id(network), road.road)
    if key not in _SHAPES:
        places = np.array([network.plane.metres(each) for each in road.shape])
        along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(places, axis=0).T))))
        _SHAPES[key] = np.column_stack((places, along))
    return _SHAPES[key]


_SHAPES: dict[tuple[int, str], Array] = {}


def observations(recorded: Recorded, network: RoadNetwork) -> Iterator[tuple[int, list[Observation]]]:
    """Yield each bin's end [ms, UTC] with what was told in it: positions as they were made, counts at the end."""
    times_ms = recorded.positions[:, 0]
    for number in range(recorded.n_bins):
        begin_ms = recorded.begin_ms + number * COUNT_S * 1000
        end_ms = begin_ms + COUNT_S * 1000
        rows = recorded.positions[slice(*np.searchsorted(times_ms, (begin_ms, end_ms)))]
        yield end_ms, [*(_position(row) for row in rows), *_loop_counts(recorded, network, number, begin_ms, end_ms)]


def _position(row: Array) -> Position:
    utc_ms, vehicle, lon, lat, speed_mps, heading_deg = row.tolist()
    return Position(f"v{int(vehicle)}", int(utc_ms), lon, lat, speed_mps, heading_deg)


def _loop_counts(
    recorded: Recorded, network: RoadNetwork, number: int, begin_ms: int, end_ms: int
) -> Iterator[LoopCount]:
    vehicles, occupied = recorded.vehicles[number].tolist(), recorded.occupied[number].tolist()
    for loop, counted, share in zip(network.loops, vehicles, occupied, strict=True):
        yield LoopCount(loop.detector, begin_ms, end_ms, counted, max(share, 0.001) if counted else share)


def use_of(recorded: Sequence[Recorded], network: RoadNetwork) -> list[float]:
    """Return demand over capacity of each road, mean of runs without an incident after the first ten minutes."""
    flow = np.mean([each.left[10:].mean(axis=0) * 60 for each in recorded], axis=0)
    return [float(flow[at] / road.capacity_veh_h) for at, road in enumerate(network.roads)]


def write(path: Path, recorded: Recorded) -> None:
    """Keep a run in a file, which is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = json.dumps({"begin_ms": recorded.begin_ms, "blocked": recorded.blocked and asdict(recorded.blocked)})
    partial = path.with_suffix(".partial.npz")
    names = ("vehicles", "occupied", "positions", "left")
    np.savez_compressed(partial, about=np.array(about), **{name: getattr(recorded, name) for name in names})
    partial.rename(path)


def read(path: Path) -> Recorded:
    """Return a run that was kept."""
    with np.load(path) as found:
        about = json.loads(str(found["about"]))
        columns = {name: found[name] for name in ("vehicles", "occupied", "positions", "left")}
    blocked = about["blocked"] and Blocked(**about["blocked"])
    return Recorded(begin_ms=about["begin_ms"], blocked=blocked, **columns)
