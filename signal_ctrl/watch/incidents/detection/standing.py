"""Vehicles that report positions and stand where nobody usually stands, or for longer than a red light lasts."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.detection.bins import Floats
from signal_ctrl.watch.matching.grid import Near, RoadGrid
from signal_ctrl.watch.observations import Position, VehicleKind

MOVED_M: Final = 28.0
"""Reports closer together may be of a vehicle that stands: two errors of 8 m each way, 2.5 times. [m]"""
MOVING_MPS: Final = 1.5
QUEUE_M: Final = 60.0
"""So far before its end a road usually has a queue. [m] [P]"""
RED_S: Final = 90.0
"""Standing there is usual for so long, elsewhere for `STOP_S`. [s] [P]"""
STOP_S: Final = 50.0
STEP_S: Final = 10.0
"""The figure of a vehicle rises by one for each such time that it stands longer. [s]"""
TAXI_S: Final = 180.0
SILENT_MS: Final = 45_000
FORGET_MS: Final = 300_000
NEIGHBOURS: Final = 4
TURNED_M: Final = 60.0
"""A road across a vehicle's heading counts as so much farther away. [m]"""
STANDS_MS: Final = 60_000


@dataclass(slots=True)
class _Track:
    """Where a vehicle was last, and since when it stands there. [m] [ms]"""

    utc_ms: int
    place_m: tuple[float, float]
    since_ms: int
    road: int
    along_m: float
    heading_deg: float
    kind: VehicleKind


@dataclass(frozen=True, slots=True)
class Stand:
    """A vehicle that stands: on which road (its index), how far along it [m], for how long [s], its figure."""

    vehicle: str
    road: int
    along_m: float
    lasts_s: float
    figure: float


class Standing:
    """Follows who stands."""

    def __init__(self, network: RoadNetwork) -> None:
        self._grid = RoadGrid(network)
        self._length_m = [road.length_m for road in network.roads]
        self._tracks: dict[str, _Track] = {}
        self._waiting: list[Position] = []

    def take(self, position: Position) -> None:
        """Take a position; buses stand at stops and are passed over."""
        if position.kind is not VehicleKind.BUS:
            self._waiting.append(position)

    def step(self, now_utc_ms: int) -> None:
        """Work through what was taken. What is older than the last report of its vehicle, or the same, is left out."""
        waiting = sorted(self._waiting, key=lambda each: each.utc_ms)
        self._waiting = []
        if waiting:
            lon, lat = (np.array([getattr(each, name) for each in waiting]) for name in ("lon", "lat"))
            places = self._grid.metres(lon, lat)
            self._follow(waiting, places, self._grid.near(places, NEIGHBOURS))
        old_ms = now_utc_ms - FORGET_MS
        self._tracks = {name: track for name, track in self._tracks.items() if track.utc_ms >= old_ms}

    def stands(self, now_utc_ms: int, passed_over: Collection[str] = ()) -> Iterator[Stand]:
        """Yield who stands now for 30 s or more. Args: passed_over, vehicles that do not count."""
        for name, track in self._tracks.items():
            lasts_s = (track.utc_ms - track.since_ms) / 1000
            if lasts_s >= 30 and now_utc_ms - track.utc_ms <= SILENT_MS and name not in passed_over:
                usual_s = self._usual_s(track)
                yield Stand(name, track.road, track.along_m, lasts_s, max(lasts_s - usual_s, 0.0) / STEP_S)

    def figures(self, now_utc_ms: int, n_roads: int, passed_over: Collection[str] = ()) -> Floats:
        """Return by road the greatest figure of who stands there, and how many do for a minute; (n_roads, 2)."""
        found = np.zeros((n_roads, 2))
        for stand in self.stands(now_utc_ms, passed_over):
            found[stand.road, 0] = max(found[stand.road, 0], stand.figure)
            found[stand.road, 1] += stand.lasts_s * 1000 >= STANDS_MS
        return found

    def _usual_s(self, track: _Track) -> float:
        if track.kind is VehicleKind.TAXI:
            return TAXI_S
        return RED_S if self._length_m[track.road] - track.along_m < QUEUE_M else STOP_S

    def _follow(self, positions: list[Position], places: Floats, near: Near) -> None:
        starts = np.searchsorted(near.place, np.arange(len(positions) + 1))
        for number, position in enumerate(positions):
            track = self._tracks.get(position.vehicle)
            if (track is not None and position.utc_ms <= track.utc_ms) or starts[number] == starts[number + 1]:
                continue
            heading_deg = _heading(position, track)
            road, along_m = _nearest(near, slice(int(starts[number]), int(starts[number + 1])), heading_deg)
            place_m = (float(places[number, 0]), float(places[number, 1]))
            self._tracks[position.vehicle] = _moved(position, track, place_m, (road, along_m, heading_deg))


def _heading(position: Position, track: _Track | None) -> float:
    """Return where a vehicle is heading [degrees]; one that stands tells nothing new. NaN if it is not known."""
    moves = position.speed_mps is None or position.speed_mps > MOVING_MPS or track is None
    if position.heading_deg is not None and moves:
        return position.heading_deg
    return float("nan") if track is None else track.heading_deg


def _nearest(near: Near, rows: slice, heading_deg: float) -> tuple[int, float]:
    turned = np.abs((near.heading_deg[rows] - heading_deg + 180) % 360 - 180)
    far_m = near.off_m[rows] + np.nan_to_num(np.where(turned > 60, TURNED_M, 0.0))
    best = int(np.argmin(far_m))
    return int(near.road[rows][best]), float(near.along_m[rows][best])


def _moved(
    position: Position, track: _Track | None, place_m: tuple[float, float], on: tuple[int, float, float]
) -> _Track:
    road, along_m, heading_deg = on
    fresh = _Track(position.utc_ms, place_m, position.utc_ms, road, along_m, heading_deg, position.kind)
    if track is None or position.utc_ms - track.utc_ms > SILENT_MS:
        return fresh
    moves = position.speed_mps is not None and position.speed_mps > MOVING_MPS
    if moves or np.hypot(place_m[0] - track.place_m[0], place_m[1] - track.place_m[1]) > MOVED_M:
        return fresh
    track.utc_ms = position.utc_ms
    return track
