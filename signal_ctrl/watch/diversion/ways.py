"""Ways through the network by predicted travel times: the k shortest without loops, and those that truly differ.

Roads are what is passed, turns what joins them, so a forbidden turn needs nothing of its own.
Source: Yen 1971, "Finding the k shortest loopless paths in a network".
"""

import heapq
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork

MINOR_S: Final = 6.0
"""What a turn that gives way costs more. [s] [P]"""
NONE: Final[frozenset[str]] = frozenset()
NO_TURNS: Final[frozenset[tuple[str, str]]] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """A way and what it takes, the first road's own time left out: who reads a sign is on it already. [s]"""

    roads: tuple[str, ...]
    time_s: float


@dataclass(frozen=True, slots=True)
class Map:
    """A network with the travel time of each road. [s]"""

    network: RoadNetwork
    time_s: Mapping[str, float]

    def __post_init__(self) -> None:
        if not all(self.time_s.get(road.road, 0.0) > 0 for road in self.network.roads):
            raise InvalidInputError("ways need the travel time of each road, above 0 s")

    def cost_s(self, roads: Sequence[str]) -> float:
        """Return what a way takes, its first road left out. [s]"""
        minor = {(t.from_road, t.to_road) for road in roads[:-1] for t in self.network.following[road] if t.minor}
        own_s = sum(self.time_s[road] for road in roads[1:])
        return own_s + MINOR_S * sum(pair in minor for pair in itertools.pairwise(roads))

    def shortest(
        self,
        begin: str,
        end: str,
        shut: Collection[str] = NONE,
        barred: Collection[tuple[str, str]] = NO_TURNS,
    ) -> Found | None:
        """Return the quickest way between two roads, None if there is none. (Dijkstra)

        Args: shut, roads, and barred, turns, that may not be taken.
        """
        queue: list[tuple[float, str, str]] = [(0.0, begin, "")]
        before: dict[str, str] = {}
        while queue:
            so_far_s, road, came = heapq.heappop(queue)
            if road in before:
                continue
            before[road] = came
            if road == end:
                return Found(_back(before, end), so_far_s)
            for turn in self.network.following[road]:
                onto = turn.to_road
                closed = onto in before or onto in shut or (road, onto) in barred
                if not closed and not self._goes_back(road, onto):
                    cost_s = so_far_s + self.time_s[onto] + (MINOR_S if turn.minor else 0.0)
                    heapq.heappush(queue, (cost_s, onto, road))
        return None

    def _goes_back(self, road: str, onto: str) -> bool:
        """Tell whether a turn leads back to where the road came from: nobody is sent that way."""
        return self.network.of(onto).to_node == self.network.of(road).from_node

    def several(self, begin: str, end: str, k: int, shut: Collection[str] = NONE) -> tuple[Found, ...]:
        """Return the k quickest ways that pass no road twice, the quickest first. (Yen)"""
        first = self.shortest(begin, end, shut)
        found = [first] if first is not None else []
        waiting: list[tuple[float, tuple[str, ...]]] = []
        while found and len(found) < k:
            for candidate in self._spurs(found, end, shut):
                if candidate not in waiting:
                    heapq.heappush(waiting, candidate)
            if not waiting:
                break
            time_s, roads = heapq.heappop(waiting)
            found.append(Found(roads, time_s))
        return tuple(found)

    def _spurs(self, found: Sequence[Found], end: str, shut: Collection[str]) -> list[tuple[float, tuple[str, ...]]]:
        """Return the ways that leave the one found last, each at another road."""
        known, last = {way.roads for way in found}, found[-1].roads
        spurs = []
        for at in range(len(last) - 1):
            root = last[: at + 1]
            barred = {(roads[at], roads[at + 1]) for roads in known if roads[: at + 1] == root and len(roads) > at + 1}
            spur = self.shortest(root[-1], end, {*shut, *root[:-1]}, barred)
            if spur is not None:
                roads = (*root[:-1], *spur.roads)
                spurs.append((self.cost_s(roads), roads))
        return spurs

    def distinct(
        self, begin: str, end: str, shut: Collection[str], k: int = 3, alike: float = 0.7, longest: float = 2.5
    ) -> tuple[Found, ...]:
        """Return up to k ways that differ: of their length they share no more than `alike` with a quicker one.

        Args: longest, how many times the quickest way's time is still of use.
        """
        kept: list[Found] = []
        for way in self.several(begin, end, 4 * k, shut):
            if way.time_s > longest * max(kept[0].time_s if kept else way.time_s, 1e-9) or len(kept) == k:
                break
            if all(self._shared(way.roads, other.roads) <= alike for other in kept):
                kept.append(way)
        return tuple(kept)

    def _shared(self, roads: Sequence[str], others: Sequence[str]) -> float:
        length_m = {road: self.network.of(road).length_m for road in roads[1:]}
        return sum(length_m[road] for road in set(roads[1:]) & set(others)) / max(sum(length_m.values()), 1e-9)


def _back(before: Mapping[str, str], end: str) -> tuple[str, ...]:
    roads = [end]
    while before[roads[-1]]:
        roads.append(before[roads[-1]])
    return tuple(reversed(roads))
