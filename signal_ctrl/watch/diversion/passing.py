"""Who passes a road: from where, by which turns, and where to afterwards; by turning shares, vehicles have no names."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.diversion.turning import Floats, Turning

_STEPS: Final = 200
_EXACT: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Branch:
    """Where some of those who passed a road go: roads from it onwards, and their share of all who pass it."""

    roads: tuple[int, ...]
    share: float


@dataclass(frozen=True)
class Passing:
    """Who passes road `road` (index): `chance` (n_roads,), the share of the vehicles of each road that pass it yet."""

    network: RoadNetwork
    turning: Turning
    road: int
    chance: Floats

    @cached_property
    def before(self) -> Floats:
        """Turning shares of those who will pass it, given that they do (Doob's transform). (n_turns,)"""
        t = self.turning
        chance = np.maximum(self.chance[t.tail], _EXACT)
        wanted = np.where(self.chance[t.tail] > _EXACT, t.share * self.chance[t.head] / chance, t.share)
        return np.where(t.tail == self.road, t.share, wanted)

    @cached_property
    def others(self) -> Floats:
        """Turning shares of those who will not pass it. (n_turns,)"""
        t = self.turning
        rest = np.maximum(1.0 - self.chance[t.tail], _EXACT)
        wanted = t.share * (1.0 - self.chance[t.head]) / rest
        return np.where((t.tail == self.road) | (self.chance[t.tail] > 1 - 1e-6), t.share, wanted)

    @cached_property
    def behind(self) -> Floats:
        """The share of the vehicles of each road that have passed it before. (n_roads,)"""
        t, n = self.turning, len(self.chance)
        came = np.zeros(n)
        came[self.road] = float(t.road_veh_h[self.road])
        onward = t.share * (t.head != self.road)
        for _ in range(_STEPS):
            after = np.bincount(t.head, weights=onward * came[t.tail], minlength=n).astype(float)
            after[self.road] = t.road_veh_h[self.road]
            if float(np.abs(after - came).max()) < 1e-3:
                break
            came = after
        return np.clip(came / np.maximum(t.road_veh_h, 1e-9), 0.0, 1.0)

    def branches(self, least_share: float = 0.03, most_roads: int = 5) -> tuple[Branch, ...]:
        """Return where those who pass it go: ways of up to `most_roads` roads behind it, the rest by the likeliest.

        Args: least_share, of all; branches that fewer take are counted to the ones beside them.
        """
        found = [b for b in self._onward((self.road,), 1.0, least_share, most_roads) if len(b.roads) > 1]
        total = sum(branch.share for branch in found)
        return tuple(Branch(branch.roads, branch.share / total) for branch in found) if total > 0 else ()

    def _onward(self, roads: tuple[int, ...], share: float, least: float, most: int) -> Iterator[Branch]:
        t = self.turning
        turns = [k for k in np.flatnonzero(t.tail == roads[-1]) if int(t.head[k]) not in roads]
        kept = [k for k in turns if share * t.share[k] >= least]
        total = sum(float(t.share[k]) for k in kept)
        if len(roads) > most or total <= 0:
            yield Branch(roads, share)
            return
        ends = float(t.ends[roads[-1]])
        if len(roads) > 1 and share * ends >= least:
            yield Branch(roads, share * ends)
            share *= 1.0 - ends
        for k in kept:
            yield from self._onward((*roads, int(t.head[k])), share * float(t.share[k]) / total, least, most)


def passing_of(network: RoadNetwork, turning: Turning, road: str) -> Passing:
    """Return who passes a road. Raises: InvalidInputError if the network has no such road."""
    network.of(road)
    index = network.index[road]
    chance = np.zeros(len(network.roads))
    chance[index] = 1.0
    onward = turning.share * (turning.tail != index)
    for _ in range(_STEPS):
        after = np.bincount(turning.tail, weights=onward * chance[turning.head], minlength=len(chance)).astype(float)
        after[index] = 1.0
        if float(np.abs(after - chance).max()) < 1e-6:
            break
        chance = after
    return Passing(network, turning, index, np.clip(chance, 0.0, 1.0))
