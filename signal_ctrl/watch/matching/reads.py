"""Travel times from tags that two readers saw one after the other."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.matching.routes import RouteTable
from signal_ctrl.watch.matching.track import Passage
from signal_ctrl.watch.observations import TagRead

Doubles = npt.NDArray[np.float64]

LONGEST_MS: Final = 30 * 60_000
SLOWEST_TIMES: Final = 4.0
SLOWEST_S: Final = 120.0
"""Who needs more than so many times what is expected, and this on top, has stopped on the way. [s]"""
FASTEST_TIMES: Final = 0.4
"""Who needs less than this share of the free time has not driven it: the tag is read by mistake."""


class ReadMatcher:
    """Follows tags from reader to reader, by the shortest way."""

    def __init__(self, network: RoadNetwork, routes: RouteTable) -> None:
        self._place = {each.reader: (network.index[each.road], each.position_m) for each in network.readers}
        self._length_m = np.array([road.length_m for road in network.roads])
        self._free_s = np.array([road.free_time_s for road in network.roads])
        self._routes = routes
        self._last: dict[str, TagRead] = {}
        self._ways: dict[tuple[int, int], list[int] | None] = {}

    def take(self, reads: Sequence[TagRead], expected_s: Doubles) -> list[Passage]:
        """Return the drives over the roads that lie wholly between two readers.

        The time is shared out by what each road is expected to take. [s]
        """
        found: list[Passage] = []
        for read in sorted(reads, key=lambda each: (each.utc_ms, each.tag, each.reader)):
            last = self._last.get(read.tag)
            if last is not None and last.reader != read.reader and 0 < read.utc_ms - last.utc_ms < LONGEST_MS:
                found += self._between(last, read, expected_s)
            if last is None or read.utc_ms > last.utc_ms:
                self._last[read.tag] = read
        newest_ms = max((read.utc_ms for read in reads), default=0)
        self._last = {tag: read for tag, read in self._last.items() if read.utc_ms > newest_ms - LONGEST_MS}
        return found

    def _between(self, last: TagRead, read: TagRead, expected_s: Doubles) -> list[Passage]:
        (from_road, from_m), (to_road, to_m) = self._place[last.reader], self._place[read.reader]
        inner = self._way(from_road, to_road)
        if inner is None:
            return []
        first = 1 - from_m / self._length_m[from_road]
        shares = [(from_road, first), *((road, 1.0) for road in inner), (to_road, to_m / self._length_m[to_road])]
        needed_s = (read.utc_ms - last.utc_ms) / 1000
        usual_s = sum(expected_s[road] * share for road, share in shares)
        free_s = sum(self._free_s[road] * share for road, share in shares)
        if not FASTEST_TIMES * free_s <= needed_s <= SLOWEST_TIMES * usual_s + SLOWEST_S:
            return []
        times = needed_s / usual_s
        found, at_s = [], 0.0
        for road, share in shares[:-1]:
            at_s += times * float(expected_s[road]) * share
            if road != from_road:
                own_s = times * float(expected_s[road])
                found.append(Passage(road, last.utc_ms + round(1000 * at_s), own_s, needed_s))
        return found

    def _way(self, from_road: int, to_road: int) -> list[int] | None:
        pair = from_road, to_road
        if pair not in self._ways:
            self._ways[pair] = None if from_road == to_road else self._routes.way(from_road, to_road)
        return self._ways[pair]
