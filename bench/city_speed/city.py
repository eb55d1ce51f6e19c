"""A made-up city of square blocks: roads, loops, and vehicles that drive about and report."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import Plane, Road, RoadClass, RoadLoop, RoadNetwork, RoadTurn
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.observations import LoopCount, Observation, Position

BLOCK_M: Final = 200.0
SPEED_MPS: Final = 13.9
NOISE_M: Final = 8.0
MIDDLE: Final = (116.4, 39.9)
_RIGHT_M: Final = 3.5
_WAYS: Final = ((1, 0), (-1, 0), (0, 1), (0, -1))


def make_city(blocks: int) -> RoadNetwork:
    """Return a city of so many blocks on a side: 4 n (n + 1) roads, with loops on every other one."""
    plane, roads = Plane(MIDDLE), []
    for x in range(blocks + 1):
        for y in range(blocks + 1):
            for way in _WAYS:
                if 0 <= x + way[0] <= blocks and 0 <= y + way[1] <= blocks:
                    roads.append(_road(plane, (x, y), way))
    by_begin: dict[str, list[Road]] = {}
    for road in roads:
        by_begin.setdefault(road.from_node, []).append(road)
    turns = [RoadTurn(road.road, other.road, 1) for road in roads for other in by_begin[road.to_node]]
    turns = [turn for turn in turns if turn.to_road.split(">")[::-1] != turn.from_road.split(">")]
    loops = [
        RoadLoop(f"{road.road}/{lane}/{end}", road.road, lane, place_m)
        for road in roads[::2]
        for lane in range(road.lanes)
        for end, place_m in (("stop", road.length_m - 7.5), ("entry", 10.0))
    ]
    return RoadNetwork(tuple(roads), tuple(turns), tuple(loops))


def _road(plane: Plane, begin: tuple[int, int], way: tuple[int, int]) -> Road:
    end = begin[0] + way[0], begin[1] + way[1]
    side = way[1] * _RIGHT_M, -way[0] * _RIGHT_M
    shape = tuple(plane.degrees((x * BLOCK_M + side[0], y * BLOCK_M + side[1])) for x, y in (begin, end))
    names = [f"{x}-{y}" for x, y in (begin, end)]
    main = begin[0] % 4 == 0 if way[0] == 0 else begin[1] % 4 == 0
    lanes = 3 if main else 2
    return Road(
        road=">".join(names),
        from_node=names[0],
        to_node=names[1],
        length_m=BLOCK_M,
        lanes=lanes,
        free_speed_mps=SPEED_MPS,
        capacity_veh_h=800.0 * lanes,
        road_class=RoadClass.ARTERIAL if main else RoadClass.SECONDARY,
        shape=shape,
        signal=names[1],
    )


@dataclass(slots=True)
class Traffic:
    """Vehicles that drive at half the free speed and turn at random, each reporting every ten seconds."""

    network: RoadNetwork
    vehicles: int
    seed: int

    def minutes(self, many: int, begin_utc_ms: int) -> Iterator[tuple[int, list[Observation]]]:
        """Yield so many minutes, by their begin [ms, UTC], with what is reported in each."""
        draw, roads = np.random.default_rng(self.seed), self.network.roads
        index, following = self.network.index, self.network.following
        at = draw.integers(0, len(roads), self.vehicles)
        along_m = draw.uniform(0, BLOCK_M, self.vehicles)
        phase_ms = draw.integers(0, 10_000, self.vehicles)
        lines = np.array([[self.network.plane.metres(place) for place in road.shape] for road in roads])
        for minute in range(many):
            begin_ms = begin_utc_ms + minute * MINUTE_MS
            found: list[Observation] = list(self._counts(begin_ms, draw))
            for tenth in range(6):
                along_m += draw.uniform(0.2, 0.8, self.vehicles) * SPEED_MPS * 10
                for vehicle in np.flatnonzero(along_m >= BLOCK_M):
                    turns = following[roads[at[vehicle]].road]
                    at[vehicle] = index[turns[int(draw.integers(len(turns)))].to_road]
                    along_m[vehicle] -= BLOCK_M
                place_m = lines[at, 0] + (lines[at, 1] - lines[at, 0]) * (along_m / BLOCK_M)[:, None]
                place_m += draw.normal(0, NOISE_M, place_m.shape)
                found += self._reports(begin_ms + tenth * 10_000 + phase_ms, place_m)
            yield begin_ms, found

    def _reports(self, utc_ms: np.ndarray, place_m: np.ndarray) -> list[Observation]:
        plane = self.network.plane
        return [
            Position(f"v{vehicle}", int(at_ms), *plane.degrees((float(x), float(y))), SPEED_MPS / 2)
            for vehicle, (at_ms, (x, y)) in enumerate(zip(utc_ms, place_m, strict=True))
        ]

    def _counts(self, begin_ms: int, draw: np.random.Generator) -> Iterator[LoopCount]:
        vehicles = draw.poisson(5.0, len(self.network.loops))
        for loop, many in zip(self.network.loops, vehicles.tolist(), strict=True):
            yield LoopCount(loop.detector, begin_ms, begin_ms + MINUTE_MS, many, min(0.02 * many, 1.0))
