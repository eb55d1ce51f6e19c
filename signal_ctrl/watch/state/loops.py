"""What the loops of each road say of a minute: flows, occupancies, and how many vehicles are on the road."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.observations import LoopCount

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

VEHICLE_M: Final = 4.5
"""What a vehicle covers of a loop besides the loop itself: a usual length. [m]"""
BALANCE_MIN: Final = 240.0
FIRST_MIN: Final = 30
FIRST_TIMES: Final = 10.0
"""Over how long counts in and out are made to agree: loops miss some, and some roads have side streets. A queue that
builds up shall not be taken for that, so the first minutes count so many times as if they had agreed. [min]
"""
BACK_MIN: Final = 30
"""Within this time a road was once as empty as its flow lets it be: that is where counting starts from. [min]"""
WINDOW_MIN: Final = 5
USUAL_VEH: Final = 20.0
"""So many vehicles at free speed are added to each window: a road with few counts is taken to be free. [veh]"""
LEAST_FLOW_VEH_MIN: Final = 2.0
LEAST_OCCUPIED: Final = 0.005
FRESH_MIN: Final = 5


@dataclass(frozen=True, slots=True)
class LoopMinute:
    """By road, NaN where nothing is known; rates are means of the last minutes.

    `flow_veh_h`, through its end or, where only the begin is counted, its begin; `occupied`, share of the time loops at
    its end were covered, `occupied_entry` those at its begin; `speed_mps`, at its begin, by flow over occupancy;
    `stored_s`, travel time by vehicles on the road over flow. [veh/h] [m/s] [s]
    """

    flow_veh_h: Doubles
    occupied: Doubles
    occupied_entry: Doubles
    speed_mps: Doubles
    stored_s: Doubles
    age_min: Doubles


class _Ends:
    """Counts of one kind of loops, begin or end, brought to all lanes of their roads."""

    def __init__(self, network: RoadNetwork, chosen: dict[str, int]) -> None:
        self._road = chosen
        self.n_roads = len(network.roads)
        self._lanes = np.array([float(road.lanes) for road in network.roads])
        self.there = np.zeros(self.n_roads, dtype=bool)
        self.there[list(chosen.values())] = True

    def minute(self, counts: Iterable[LoopCount]) -> tuple[Doubles, Doubles, Doubles]:
        """Return vehicles of all lanes a minute, mean occupancy, both NaN where nothing came, and minutes told of.

        A detector may tell of the minute in several counts: together they are one.
        """
        vehicles, occupied, seen = (np.zeros(self.n_roads) for _ in range(3))
        minutes = np.ones(self.n_roads)
        for detector, (counted, occupied_ms, told_ms) in _by_detector(counts).items():
            road = self._road.get(detector)
            if road is not None:
                vehicles[road] += counted * MINUTE_MS / told_ms
                occupied[road] += occupied_ms / told_ms
                seen[road] += 1
                minutes[road] = max(minutes[road], told_ms / MINUTE_MS)
        none = np.where(seen > 0, seen, np.nan)
        return vehicles * np.maximum(self._lanes, seen) / none, occupied / none, minutes


class LoopStates:
    """Follows the roads that have loops, minute by minute."""

    def __init__(self, network: RoadNetwork) -> None:
        roads = network.roads
        at_end = {
            loop.detector: loop.position_m >= roads[network.index[loop.road]].length_m / 2 for loop in network.loops
        }
        place = {loop.detector: network.index[loop.road] for loop in network.loops}
        self._end = _Ends(network, {name: road for name, road in place.items() if at_end[name]})
        self._begin = _Ends(network, {name: road for name, road in place.items() if not at_end[name]})
        self.there = self._end.there | self._begin.there
        self._loop_m = _mean_loop_m(network)
        self._lanes = np.array([float(road.lanes) for road in roads])
        self._length_m = np.array([road.length_m for road in roads])
        self._free_s = np.array([road.free_time_s for road in roads])
        self._room = np.array([road.room_veh for road in roads])
        self._rest_s = self._free_s * np.minimum(_outside_m(network) / self._length_m, 1.0)
        self._in, self._out = np.ones(len(roads)), np.ones(len(roads))
        self._stored, self._counted_min = np.zeros(len(roads)), np.zeros(len(roads))
        self._age_min = np.full(len(roads), np.inf)
        self._rows: deque[tuple[Doubles, Doubles, Doubles, Doubles]] = deque(maxlen=WINDOW_MIN)
        self._stores: deque[Doubles] = deque(maxlen=BACK_MIN + 1)
        self._slack: deque[Doubles] = deque(maxlen=BACK_MIN + 1)

    def minute(self, counts: Iterable[LoopCount]) -> LoopMinute:
        """Take in the counts of a minute and return what they say."""
        counts = list(counts)
        entered, occupied_entry, in_min = self._begin.minute(counts)
        left, occupied, out_min = self._end.minute(counts)
        told = ~np.isnan(entered) | ~np.isnan(left)
        self._age_min = np.where(told, 0.0, self._age_min + 1)
        self._rows.append((entered, left, occupied_entry, occupied))
        self._store(entered, left, np.maximum(in_min, out_min))
        rate_in, rate_out, occupied_entry, occupied = (_recent([row[k] for row in self._rows]) for k in range(4))
        fresh = self._age_min < FRESH_MIN
        flow_veh_h = np.where(fresh, 60 * np.where(np.isnan(rate_out), rate_in, rate_out), np.nan)
        return LoopMinute(
            flow_veh_h=flow_veh_h,
            occupied=np.where(fresh, occupied, np.nan),
            occupied_entry=np.where(fresh, occupied_entry, np.nan),
            speed_mps=np.where(fresh, self._speed_mps(rate_in, occupied_entry), np.nan),
            stored_s=self._stored_s(),
            age_min=self._age_min.copy(),
        )

    def _speed_mps(self, rate_in: Doubles, occupied: Doubles) -> Doubles:
        """Return the speed over loops: flow over occupancy times what a vehicle covers (g-factor)."""
        enough = (rate_in >= LEAST_FLOW_VEH_MIN) & (occupied > LEAST_OCCUPIED)
        flow_lane_s = rate_in / self._lanes / 60
        return np.where(enough, flow_lane_s * (VEHICLE_M + self._loop_m) / np.where(enough, occupied, 1.0), np.nan)

    def _store(self, entered: Doubles, left: Doubles, minutes: Doubles) -> None:
        """Count on: who came and has not left. A minute that is missing at one end changes nothing."""
        whole = ~np.isnan(entered) & ~np.isnan(left)
        came, went = np.where(whole, entered * minutes, 0.0), np.where(whole, left * minutes, 0.0)
        fade = np.exp(-1 / BALANCE_MIN)
        first = np.where(self._counted_min < FIRST_MIN, FIRST_TIMES * 0.5 * (came + went), 0.0)
        self._counted_min += whole * minutes
        self._in, self._out = self._in * fade + came + first, self._out * fade + went + first
        self._stored = self._stored + came * np.clip(self._out / self._in, 0.5, 2.0) - went
        driving = came / minutes * (self._free_s - self._rest_s) / 60
        self._stores.append(self._stored)
        self._slack.append(self._stored - driving)

    def _stored_s(self) -> Doubles:
        """Return vehicles on the road over flow, the ends outside of the loops at free speed. [s]

        Only minutes that both ends have told count: one end alone says nothing of who is between them. NaN without one.
        Source: J. D. C. Little, A proof for the queuing formula L = λW (1961).
        """
        least = np.minimum.reduce(list(self._slack))
        stores = list(self._stores)[-WINDOW_MIN - 1 :]
        on_road = np.clip(np.mean(stores, axis=0) - least, 0.0, self._room) * WINDOW_MIN
        both = np.array([0.5 * (entered + left) for entered, left, _, _ in self._rows])
        told = (~np.isnan(both)).sum(axis=0)
        flow = np.nansum(both, axis=0) * WINDOW_MIN / np.maximum(told, 1)
        found = (60 * on_road + USUAL_VEH * self._free_s) / (flow + USUAL_VEH) + self._rest_s
        return np.asarray(np.where(told > 0, np.maximum(found, self._free_s), np.nan))


def _by_detector(counts: Iterable[LoopCount]) -> dict[str, tuple[int, float, int]]:
    """Return of each detector vehicles, time covered and time told of. [ms]"""
    found: dict[str, tuple[int, float, int]] = {}
    for count in sorted(counts, key=attrgetter("from_utc_ms", "detector")):
        vehicles, occupied_ms, told_ms = found.get(count.detector, (0, 0.0, 0))
        lasts_ms = count.to_utc_ms - count.from_utc_ms
        found[count.detector] = vehicles + count.vehicles, occupied_ms + count.occupied * lasts_ms, told_ms + lasts_ms
    return found


def _recent(rows: list[Doubles]) -> Doubles:
    """Return the mean of what is known of the last minutes, NaN where nothing is."""
    values = np.array(rows)
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(total / np.where(known.any(axis=0), known.sum(axis=0), np.nan))


def _mean_loop_m(network: RoadNetwork) -> Doubles:
    total, many = np.zeros(len(network.roads)), np.zeros(len(network.roads))
    for loop in network.loops:
        total[network.index[loop.road]] += loop.length_m
        many[network.index[loop.road]] += 1
    return total / np.maximum(many, 1)


def _outside_m(network: RoadNetwork) -> Doubles:
    """Return how much of each road lies before where its first loops have counted a vehicle, which is behind them."""
    first = np.full(len(network.roads), np.inf)
    for loop in network.loops:
        place = network.index[loop.road]
        first[place] = min(first[place], loop.position_m + loop.length_m + VEHICLE_M)
    return np.where(np.isfinite(first), first, 0.0)
