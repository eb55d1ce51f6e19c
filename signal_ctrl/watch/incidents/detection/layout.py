"""Where the loops of a network lie, and which roads follow each other, as arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadLoop, RoadNetwork
from signal_ctrl.watch.incidents.detection.bins import Flags, Floats, Ints

STOP_M: Final = 30.0
"""A loop that lies so close to the end of its road counts who leaves it. [m]"""
ENTRY_M: Final = 60.0
"""One that lies so close to the begin, and in the first half, counts who enters it. [m]"""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Loops by index in `network.loops`, roads by index in `network.roads`.

    `road`, that of each loop; `stop`, `entry`, whether it counts who leaves or enters. `turns`, pairs (from, to), shape
    (2, n_turns). `feeders`, pairs (road, road with loops from which its traffic comes), through one road without loops
    at most.
    """

    network: RoadNetwork
    road: Ints
    stop: Flags
    entry: Flags
    turns: Ints
    feeders: Ints
    length_m: Floats

    @property
    def n_roads(self) -> int:
        """How many roads there are."""
        return len(self.network.roads)

    def tells(self) -> Ints:
        """Return pairs (road, loop that tells of it), shape (2, n): its own, those at the begin of the roads behind it,
        and those at the end of the roads before it."""
        start, end = self.turns
        at_begin, at_end = (self._loops_by_road(mask) for mask in (self.entry, self.stop))
        found = set(zip(self.road.tolist(), range(len(self.road)), strict=True))
        for one, other in zip(start.tolist(), end.tolist(), strict=True):
            found.update((one, loop) for loop in at_begin.get(other, ()))
            found.update((other, loop) for loop in at_end.get(one, ()))
        return _pairs(found)

    def _loops_by_road(self, mask: Flags) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for loop in np.flatnonzero(mask).tolist():
            found.setdefault(int(self.road[loop]), []).append(loop)
        return found


def layout_of(network: RoadNetwork) -> Layout:
    """Return the layout of a network."""
    road = np.array([network.index[loop.road] for loop in network.loops], dtype=np.int64)
    stop = np.array([_is_stop(loop, network) for loop in network.loops], dtype=bool)
    entry = np.array([_is_entry(loop, network) for loop in network.loops], dtype=bool)
    turns = [(network.index[turn.from_road], network.index[turn.to_road]) for turn in network.turns]
    counted = frozenset(road[stop].tolist())
    length_m = np.array([each.length_m for each in network.roads])
    return Layout(network, road, stop, entry, _pairs(turns), _pairs(_feeders(turns, counted)), length_m)


def _is_stop(loop: RoadLoop, network: RoadNetwork) -> bool:
    length_m = network.of(loop.road).length_m
    return loop.position_m >= length_m - STOP_M and loop.position_m > length_m / 2


def _is_entry(loop: RoadLoop, network: RoadNetwork) -> bool:
    return loop.position_m <= min(ENTRY_M, network.of(loop.road).length_m / 2)


def _feeders(turns: list[tuple[int, int]], counted: frozenset[int]) -> list[tuple[int, int]]:
    before: dict[int, list[int]] = {}
    for start, end in turns:
        before.setdefault(end, []).append(start)
    found: set[tuple[int, int]] = set()
    for end, starts in before.items():
        for start in starts:
            sources = [start] if start in counted else [each for each in before.get(start, ()) if each in counted]
            found.update((end, each) for each in sources)
    return sorted(found)


def _pairs(found: Iterable[tuple[int, int]]) -> Ints:
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2).T
