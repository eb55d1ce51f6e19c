"""A made city of roads in a grid, the counts of its loops, and vehicles that drive along its streets."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from signal_ctrl.domain.roads import Road, RoadClass, RoadLoop, RoadNetwork, RoadTurn

MINUTE_MS: Final = 60_000
BLOCK_M: Final = 200.0
_MIDDLE: Final = (11.4, 48.7)
_DEGREE_M: Final = 111_319.49
_SPEED_MPS: Final = 11.0


def city_of(roads: int) -> RoadNetwork:
    """Return a grid of about so many roads: both directions of every block, a loop on each."""
    side = max(2, math.ceil((1 + math.sqrt(1 + roads)) / 2))
    found: list[Road] = []
    for row in range(side):
        for column in range(side):
            for to in ((row, column + 1), (row + 1, column)):
                if max(to) < side:
                    found += [_road((row, column), to), _road(to, (row, column))]
    made = tuple(found[:roads])
    loops = tuple(RoadLoop(f"loop-{each.road}", each.road, 0, BLOCK_M - 40) for each in made)
    return RoadNetwork(made, tuple(_turns(made)), loops)


def _road(one: tuple[int, int], other: tuple[int, int]) -> Road:
    kind = RoadClass.ARTERIAL if one[0] % 5 == 0 or one[1] % 5 == 0 else RoadClass.BRANCH
    return Road(
        road=f"{one[0]}.{one[1]}-{other[0]}.{other[1]}",
        from_node=f"{one[0]}.{one[1]}",
        to_node=f"{other[0]}.{other[1]}",
        length_m=BLOCK_M,
        lanes=1,
        free_speed_mps=13.9,
        capacity_veh_h=900.0,
        road_class=kind,
        shape=(place_of(*one), place_of(*other)),
        signal=f"{other[0]}.{other[1]}",
        district=f"d{one[0] // 12}{one[1] // 12}",
    )


def place_of(row: float, column: float) -> tuple[float, float]:
    """Return longitude and latitude of a corner of the grid, or between two. [degrees]"""
    scale = math.cos(math.radians(_MIDDLE[1]))
    return _MIDDLE[0] + column * BLOCK_M / (_DEGREE_M * scale), _MIDDLE[1] + row * BLOCK_M / _DEGREE_M


def _turns(roads: tuple[Road, ...]) -> Iterator[RoadTurn]:
    begins: dict[str, list[Road]] = {}
    for road in roads:
        begins.setdefault(road.from_node, []).append(road)
    for road in roads:
        for following in begins.get(road.to_node, ()):
            if following.to_node != road.from_node:
                yield RoadTurn(road.road, following.road)


def vehicles_of(minute_ms: int, at: int) -> int:
    """Return how many vehicles the loop of a road counts in a minute: 5 to 19, by a rule that whoever checks knows."""
    return 5 + (minute_ms // MINUTE_MS * 7 + at * 3) % 15


def counts_of(network: RoadNetwork, minute_ms: int) -> list[dict[str, Any]]:
    """Return the counts of all loops over a minute."""
    return [
        {
            "detector": loop.detector,
            "from_utc_ms": minute_ms,
            "to_utc_ms": minute_ms + MINUTE_MS,
            "vehicles": (vehicles := vehicles_of(minute_ms, at)),
            "occupied": round(vehicles * 0.008, 4),
            "speed_mps": 10.5,
        }
        for at, loop in enumerate(network.loops)
    ]


@dataclass(slots=True)
class Driver:
    """A vehicle that drives from corner to corner and turns by chance."""

    name: str
    network: RoadNetwork
    random: random.Random
    road: Road
    along_m: float = 0.0
    at_ms: int = 0

    def fix(self, utc_ms: int) -> dict[str, Any]:
        """Drive on until a time and return where it says it is, 5 m wrong on average. [ms]"""
        self.along_m += _SPEED_MPS * (utc_ms - self.at_ms) / 1000 if self.at_ms else 0.0
        self.at_ms = utc_ms
        while self.along_m >= self.road.length_m:
            self.along_m -= self.road.length_m
            following = self.network.following[self.road.road]
            back = self.network.roads[self.random.randrange(len(self.network.roads))]
            self.road = self.network.of(self.random.choice(following).to_road) if following else back
        share = self.along_m / self.road.length_m
        (one, other), noise = self.road.shape, 4.0 / _DEGREE_M
        lon, lat = (a + share * (b - a) + self.random.gauss(0, noise) for a, b in zip(one, other, strict=True))
        return {"vehicle": self.name, "utc_ms": utc_ms, "lon": lon, "lat": lat, "speed_mps": _SPEED_MPS, "kind": "taxi"}


def drivers_of(network: RoadNetwork, vehicles: int, seed: int) -> list[Driver]:
    """Return vehicles spread over the roads by chance."""
    dice = random.Random(seed)
    return [Driver(f"v{k}", network, random.Random(f"{seed}/{k}"), dice.choice(network.roads)) for k in range(vehicles)]
