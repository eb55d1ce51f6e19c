"""From which roads are believed in, bin by bin, to alarms: found, how soon, false."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench.incidents.cases import Blocked
from bench.incidents.recording import COUNT_S
from bench.incidents.replay import WARM_UP_BINS
from signal_ctrl.domain.roads import RoadNetwork

Array = npt.NDArray[Any]
SAME_BINS: Final = 30
"""An alarm on a road or next to it within ten minutes belongs to the one before."""
LOOK_S: Final = 4
"""A bin is looked at so long after its end. [s]"""
DAY_BINS: Final = 86_400 // COUNT_S


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a detector made of a run.

    `found_s`, time from the begin of the incident to the first alarm on its road or next to it, None if there was none;
    `own_road`, whether it was its road; `false`, alarms while nothing was wrong; `elsewhere`, alarms after the begin
    that never came near it. `road_days` in which nothing was wrong. [s]
    """

    found_s: float | None
    own_road: bool
    false: int
    elsewhere: int
    road_days: float

    def document(self) -> Mapping[str, Any]:
        """Return it as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


class Neighbours:
    """Which roads lie next to each other."""

    def __init__(self, network: RoadNetwork) -> None:
        self.near = [{at} for at in range(len(network.roads))]
        for turn in network.turns:
            start, end = network.index[turn.from_road], network.index[turn.to_road]
            self.near[start].add(end)
            self.near[end].add(start)


def in_a_row(high: Array) -> Array:
    """Return where something is so at two bins in a row."""
    found = high.copy()
    found[0] = False
    found[1:] &= high[:-1]
    return found


def outcome(
    alarmed: Array, neighbours: Neighbours, begin_ms: int, blocked: Blocked | None, index: Mapping[str, int]
) -> Outcome:
    """Judge the alarms of a run. Args: alarmed, (n_bins, n_roads); begin_ms, of the run; index, of the roads."""
    n_bins, n_roads = alarmed.shape
    first_bin = n_bins if blocked is None else _bin_of(blocked, begin_ms)
    around = frozenset() if blocked is None else frozenset(neighbours.near[index[blocked.road]])
    events = _events(alarmed, neighbours)
    false = sum(start < first_bin for start, _ in events)
    elsewhere = sum(start >= first_bin and not roads & around for start, roads in events)
    quiet_days = max(min(first_bin, n_bins) - WARM_UP_BINS, 0) * n_roads / DAY_BINS
    found_s, own = None, False
    if blocked is not None:
        hits = [number for number in range(first_bin, n_bins) if any(alarmed[number, road] for road in around)]
        if hits:
            found_s = _seconds(hits[0], begin_ms, blocked)
            own = bool(alarmed[hits[0], index[blocked.road]])
    return Outcome(found_s, own, false, elsewhere, quiet_days)


def _bin_of(blocked: Blocked, begin_ms: int) -> int:
    return int((blocked.from_s * 1000 - begin_ms % 86_400_000) // (COUNT_S * 1000))


def _seconds(number: int, begin_ms: int, blocked: Blocked) -> float:
    seen_s = begin_ms % 86_400_000 / 1000 + (number + 1) * COUNT_S + LOOK_S
    return round(seen_s - blocked.from_s, 1)


def _events(alarmed: Array, neighbours: Neighbours) -> list[tuple[int, set[int]]]:
    """Return alarms with the bin of their begin and their roads."""
    events: list[tuple[int, set[int]]] = []
    last: dict[int, tuple[int, int]] = {}
    for number in range(WARM_UP_BINS, len(alarmed)):
        for road in np.flatnonzero(alarmed[number]).tolist():
            known = [
                last[each] for each in neighbours.near[road] if each in last and number - last[each][0] <= SAME_BINS
            ]
            event = known[0][1] if known else len(events)
            if not known:
                events.append((number, set()))
            events[event][1].add(road)
            last[road] = (number, event)
    return events
