"""Behind the junction: where those went who left, what the next signals are told of them, and the room in the exits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol
from zlib import crc32

import numpy as np

from detectors.loops.departures import START_MPS, Departure, Departures, Way, ways_of
from detectors.loops.lane_queue import FREE_ROOM_VEH, SPACING_M, LaneQueue, Tracked
from detectors.loops.turners_inside import TurnersInside, close_lanes
from detectors.turning import TurningBelief
from detectors.view_builder import travel_s
from signal_ctrl.domain.network import Exit, JunctionLayout
from signal_ctrl.domain.view import FloatArray

STILL_COVERED_S: Final = 4.0
_LEAST_SHARE: Final = 0.02
_ONE_VEH: Final = 1.0
_KEYS_PER_SIGNAL: Final = 1_000_000


class Neighbour(Protocol):
    """What an outlet asks of the estimator of a signal: its lanes, who stands on a loop, and word of whom it sees."""

    layout: JunctionLayout
    queues: list[LaneQueue]

    def stands(self, loop: int, now_s: float) -> bool:
        """Return whether somebody stands on a loop. [s]"""

    @property
    def failed(self) -> frozenset[int]:
        """The loops that are not listened to."""

    def watch(self, loop: int, outlet: Outlet, edge: int) -> None:
        """Have a loop tell the outlet when it sees somebody on an edge that leads from there."""


class ProbeLoop(NamedTuple):
    """A loop behind an exit: whose it is, its index there, its distance from the entry of the exit. [m]"""

    owner: Neighbour
    loop: int
    from_m: float


class Outlet:
    """The exits of one junction."""

    def __init__(self, layout: JunctionLayout, turning: TurningBelief) -> None:
        self._layout = layout
        self._turning = turning
        self._neighbours: Mapping[str, Neighbour] = {}
        self._paths: list[list[list[ProbeLoop]]] = [[] for _ in layout.exits]
        self._firsts: list[list[ProbeLoop]] = [[] for _ in layout.exits]
        self._departures = Departures()
        self._key = -crc32(layout.signal_id.encode()) * _KEYS_PER_SIGNAL
        names = [exit_lane.edge_id or exit_lane.lane_id for exit_lane in layout.exits]
        self._edge = [names.index(name) for name in names]
        self._first_loop_m: dict[int, float] = {}
        self._turners = TurnersInside(layout)
        self._full: frozenset[int] = frozenset()

    def join(self, estimators: Mapping[str, Neighbour]) -> None:
        """Make known the estimators of all junctions, and have the first loop on every way tell whom it sees."""
        self._neighbours = estimators
        self._first_loop_m.clear()
        on_lane: dict[str, list[tuple[Neighbour, int, float]]] = {}
        for other in estimators.values():
            for k, loop in enumerate(other.layout.loops):
                if k in other.failed:
                    continue
                on_lane.setdefault(loop.lane_id, []).append((other, k, loop.position_m))
        for i, exit_lane in enumerate(self._layout.exits):
            self._paths[i] = [
                [
                    ProbeLoop(other, loop, from_m + at_m)
                    for lane, from_m in path
                    for other, loop, at_m in on_lane.get(lane, ())
                ]
                for path in exit_lane.paths
            ]
            self._firsts[i] = [min(path, key=lambda probe: probe.from_m) for path in self._paths[i] if path]
            for first in self._firsts[i]:
                edge = self._edge[i]
                first.owner.watch(first.loop, self, edge)
                self._first_loop_m[edge] = min(first.from_m, self._first_loop_m.get(edge, np.inf))
        seen = [i for i, edge in enumerate(self._edge) if edge in self._first_loop_m]
        self._turners.join(seen, close_lanes(self._layout, [other.layout for other in estimators.values()]))

    def leads_to(self, lanes: set[str]) -> bool:
        """Return whether a way from an exit runs over one of these lanes."""
        return any(lane in lanes for exit_lane in self._layout.exits for path in exit_lane.paths for lane, _ in path)

    def left(self, lane: int, movements: Sequence[int], now_s: float) -> None:
        """Somebody left a lane by one of these movements: the loops behind will tell by which. [s]"""
        table, ratio = self._layout.movements, self._turning.ratio()
        self._turners.left(movements, ratio, now_s)
        ways = ways_of(
            [(m, table[m].exit, self._edge[table[m].exit], table[m].length_m) for m in movements],
            self._first_loop_m,
            now_s,
            self._layout.lanes[lane].speed_mps,
        )
        if all(way.seen_s is None for way in ways):
            self._turning.passed(lane, list(movements))
            return
        shares = ratio[list(movements)] + _LEAST_SHARE
        self._key -= 1
        departure = Departure(lane, ways, tuple((shares / shares.sum()).tolist()), self._key)
        self._departures.add(departure)
        self._announce(departure, now_s)

    def seen_behind(self, edge: int, now_s: float) -> None:
        """The first loop of an edge behind the junction saw somebody: learn who it was. [s]"""
        found = self._departures.seen(edge, now_s)
        if found is not None:
            departure, way = found
            self._turning.saw(way.movement)
            self._take_back(departure)
            return
        self._turners.seen_behind([i for i, leads_to in enumerate(self._edge) if leads_to == edge])

    def learn_overdue(self, now_s: float) -> None:
        """Whom no loop saw in time went where none lies, if there is such a way. [s]"""
        for departure in self._departures.overdue(now_s):
            if any(self._covered(way, now_s) for way in departure.ways):
                departure.last_s = now_s + STILL_COVERED_S
                self._departures.add(departure)
                for queue, _, _ in self._next(departure):
                    queue.confirm(departure.key, now_s)
                continue
            self._take_back(departure)
            way = departure.likeliest()
            if way is not None:
                self._turners.missed(way, now_s)
            unseen = [way.movement for way in departure.ways if way.seen_s is None]
            if unseen:
                self._turning.passed(departure.lane, unseen)

    def _next(self, departure: Departure) -> Iterator[tuple[LaneQueue, Exit, int]]:
        """Yield the lanes at the next signals that a vehicle may come to, each with its exit and its way's index."""
        for index, way in enumerate(departure.ways):
            exit_lane = self._layout.exits[way.exit]
            queue = self._queue_behind(exit_lane)
            if queue is not None and way.seen_s is not None:
                yield queue, exit_lane, index

    def _queue_behind(self, exit_lane: Exit) -> LaneQueue | None:
        """Return the lane that an exit leads to at the next signal, None if there is no signal."""
        other = self._neighbours.get(exit_lane.next_signal)
        return other.queues[exit_lane.next_lane] if other is not None else None

    def _announce(self, departure: Departure, now_s: float) -> None:
        """Tell the next signals who is coming, with the share of each way."""
        for queue, exit_lane, index in self._next(departure):
            way = departure.ways[index]
            length_m = self._layout.movements[way.movement].length_m + exit_lane.way_m
            queue.put_by_time(
                Tracked(
                    departure.key,
                    due_s=now_s + travel_s(length_m, START_MPS, exit_lane.speed_mps),
                    next_s=now_s if way.seen_s is None else way.seen_s,
                    near=False,
                    presence=departure.shares[index],
                    announced=True,
                    floor_s=max(exit_lane.way_m - self._first_loop_m[way.edge], 0.0) / exit_lane.speed_mps,
                )
            )

    def _take_back(self, departure: Departure) -> None:
        """Take back what the next signals were told."""
        for queue, _, _ in self._next(departure):
            queue.remove(departure.key)

    def _covered(self, way: Way, now_s: float) -> bool:
        """Return whether somebody stands on the first loop of a way, so that those behind cannot come to it."""
        if way.seen_s is None:
            return False
        return any(first.owner.stands(first.loop, now_s) for first in self._firsts[way.exit])

    def inside(self, now_s: float, lamps: str) -> list[bool]:
        """Return by which movements somebody passed the stop line and waits in the junction for those who go first.

        He should have been seen behind, nobody stands there, nobody whom he holds up has left a stop line since, and he
        has not had protected green for long enough. Where no loop lies behind, he is in the junction until those who
        go first have left him long enough a gap.
        """
        late = (way for way in self._departures.late(now_s) if not self._covered(way, now_s))
        return self._turners.inside(late, self._full, now_s, lamps)

    def room_veh(self, now_s: float) -> FloatArray:
        """Return how many vehicles each exit can take. (n_exits,)

        Up to the first loop on which somebody stands, and up to the queue that the next signal estimates, less those
        who are on their way there. Where the way splits, the freest branch counts.
        """
        room_veh = np.full(len(self._layout.exits), FREE_ROOM_VEH)
        on_way = self._departures.on_way(len(self._layout.exits), now_s)
        for i, exit_lane in enumerate(self._layout.exits):
            if self._paths[i]:
                room_veh[i] = max(_room_on(path, now_s) for path in self._paths[i])
            queue = self._queue_behind(exit_lane)
            if queue is not None:
                room_veh[i] = min(room_veh[i], queue.room_veh(exit_lane.way_m, now_s))
            if self._layout.stays_within(exit_lane) and exit_lane.way_m < SPACING_M:
                stands = queue is not None and queue.queue_veh(now_s) >= _ONE_VEH
                room_veh[i] = 0.0 if stands else 1.0  # too short to stand on: whoever gets there drives through
            elif room_veh[i] < FREE_ROOM_VEH:
                room_veh[i] = max(room_veh[i] - on_way[i], 0.0)
        self._full = frozenset(i for i, room in enumerate(room_veh) if room < _ONE_VEH)
        return room_veh

    def beyond_veh(self) -> list[float]:
        """Return the vehicles on each exit lane that leads to a signal's stop line, as that signal estimates them."""
        queues = [self._queue_behind(exit_lane) for exit_lane in self._layout.exits]
        return [sum([v.presence for v in queue.vehicles], 0.0) if queue is not None else 0.0 for queue in queues]


def _room_on(path: Sequence[ProbeLoop], now_s: float) -> float:
    standing = [probe.from_m for probe in path if probe.owner.stands(probe.loop, now_s)]
    return min(standing) / SPACING_M if standing else FREE_ROOM_VEH
