"""From the positions of a minute to drives along roads: who left which road, and after how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.matching.grid import RoadGrid
from signal_ctrl.watch.matching.plausible import plausible
from signal_ctrl.watch.matching.routes import RouteTable
from signal_ctrl.watch.matching.track import Fix, Passage, Track, Way
from signal_ctrl.watch.matching.viterbi import CANDIDATES, STANDING_MPS, Candidates, candidates_of, step, ways_m
from signal_ctrl.watch.observations import Position, VehicleKind

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

THIN_MS: Final = 4_000
"""Reports of a vehicle nearer to each other than this bring nothing but noise. [ms]"""
LONGEST_GAP_MS: Final = 90_000
FORGET_MS: Final = 300_000
MOST_WAYS: Final = 200_000
"""Ways that are kept in mind, so that each is looked for once."""
LAG: Final = 2
"""The last reports of a vehicle wait for the next minute: what comes after them shows where they were."""
_OPEN: Final = -1


Row = tuple[int, int, float, float, float, float, int]
"""A report: number of its vehicle, utc_ms, lon, lat, speed, heading, road it was matched to or -1."""


@dataclass(slots=True)
class _Reports:
    """Reports ordered by vehicle and time. `road`, where one was matched to in an earlier minute, else -1."""

    vehicle: Ints
    utc_ms: Ints
    place_m: Doubles
    speed_mps: Doubles
    heading_deg: Doubles
    road: Ints

    def of(self, rows: Bools) -> "_Reports":
        """Return some of them."""
        return _Reports(
            self.vehicle[rows],
            self.utc_ms[rows],
            self.place_m[rows],
            self.speed_mps[rows],
            self.heading_deg[rows],
            self.road[rows],
        )


class Matcher:
    """Follows vehicles by their positions, minute by minute."""

    def __init__(self, network: RoadNetwork) -> None:
        self._grid = RoadGrid(network)
        self.routes = RouteTable(network)
        self._length_m = np.array([road.length_m for road in network.roads])
        self._free_mps = np.array([road.free_speed_mps for road in network.roads])
        self._passed_ms = np.zeros(len(network.roads), dtype=np.int64)
        self._ways: dict[tuple[int, int], Way] = {}
        self._tracks: dict[str, Track] = {}

    def take(self, positions: Sequence[Position], until_utc_ms: int, queue_m: Doubles) -> list[Passage]:
        """Return who left a road between reports of a minute, or the last one before and one of these.

        Args: until_utc_ms, end of the minute [ms, UTC]; queue_m, queue on each road: who stands there is in traffic,
        who stands elsewhere for long is parked, and a bus is at a stop [m].
        """
        names, reports = self._reports(positions)
        found = self._left_over(frozenset(names), queue_m)
        self._forget(until_utc_ms)
        if not len(reports.vehicle):
            return found
        near = self._grid.near(reports.place_m, CANDIDATES)
        on_road = np.zeros(len(reports.vehicle), dtype=bool)
        on_road[near.place] = True
        candidates = candidates_of(near, reports.heading_deg, reports.speed_mps, self._length_m).of(on_road)
        reports = reports.of(on_road)
        settled = (reports.road != _OPEN)[:, None] & (candidates.road != reports.road[:, None])
        candidates.score[settled] = -np.inf
        chosen, joined = self._decode(names, reports, candidates)
        kinds = {position.vehicle: position.kind for position in positions}
        return found + self._passages(names, kinds, reports, (chosen, candidates, joined), queue_m)

    def on_road(self) -> list[tuple[int, float, int, int | None]]:
        """Return of every vehicle that is followed: road, metres along it, when it said so, and since when it is there.

        None where nobody saw it come. [m] [ms, UTC]
        """
        return [
            (track.last.road, track.last.along_m, track.last.utc_ms, track.entered_ms)
            for track in self._tracks.values()
            if track.last is not None
        ]

    def _left_over(self, heard: frozenset[str], queue_m: Doubles) -> list[Passage]:
        """Return what the last reports of vehicles say of which nothing has been heard since."""
        found: list[Passage] = []
        for name, track in self._tracks.items():
            if track.waiting and name not in heard:
                for fix, joined, is_bus in track.waiting:
                    found += self._follow(track, fix, joined, is_bus, queue_m)
                track.waiting = []
        return found

    def _forget(self, until_utc_ms: int) -> None:
        old = [name for name, track in self._tracks.items() if track.heard_ms < until_utc_ms - FORGET_MS]
        for name in old:
            del self._tracks[name]

    def _reports(self, positions: Sequence[Position]) -> tuple[list[str], _Reports]:
        """Return the vehicles, and their reports thinned out, the last ones of earlier minutes among them.

        What no vehicle can have driven between is left out first, so that it takes nobody's place.
        """
        names: list[str] = []
        rows: list[Row] = []
        for name, own in groupby(sorted(positions, key=_vehicle_and_time), key=attrgetter("vehicle")):
            rows += [(len(names), *kept) for kept in self._tracks.setdefault(name, Track()).kept]
            rows += [(len(names), each.utc_ms, each.lon, each.lat, *_motion(each), _OPEN) for each in own]
            names.append(name)
        table = self._table(rows)
        rows = _thinned([row for row, good in zip(rows, self._good(table), strict=True) if good])
        for number, chosen in groupby(rows, key=itemgetter(0)):
            self._tracks[names[number]].kept = [row[1:] for row in chosen][-LAG - 1 :]
        return names, self._table(rows)

    def _good(self, reports: _Reports) -> list[bool]:
        found: list[bool] = plausible(reports.vehicle, reports.utc_ms, reports.place_m).tolist()
        return found

    def _table(self, rows: Sequence[Row]) -> _Reports:
        places = np.array([row[2:6] for row in rows], dtype=np.float64).reshape(-1, 4)
        return _Reports(
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=np.int64),
            self._grid.metres(places[:, 0], places[:, 1]),
            places[:, 2],
            places[:, 3],
            np.array([row[6] for row in rows], dtype=np.int64),
        )

    def _decode(self, names: list[str], reports: _Reports, candidates: Candidates) -> tuple[Ints, Ints]:
        """Return for each report the candidate chosen, and whether the one before it is joined to it."""
        n_reports = len(reports.vehicle)
        first = np.searchsorted(reports.vehicle, np.arange(len(names)))
        turn = np.arange(n_reports) - first[reports.vehicle]
        slow = reports.speed_mps < STANDING_MPS
        origin = np.full((n_reports, CANDIDATES), -1, dtype=np.int64)
        for number in range(1, int(turn.max(initial=0)) + 1):
            rows = np.flatnonzero(turn == number)
            before, behind = candidates.of(rows - 1), candidates.of(rows)
            gap_ms = reports.utc_ms[rows] - reports.utc_ms[rows - 1]
            apart = reports.place_m[rows] - reports.place_m[rows - 1]
            way_m = ways_m(before, behind, self.routes, self._length_m)
            way_m[gap_ms > LONGEST_GAP_MS] = np.inf
            apart_m, stands = np.hypot(apart[:, 0], apart[:, 1]), slow[rows] & slow[rows - 1]
            found, origin[rows] = step(before, behind, way_m, apart_m, gap_ms / 1000, stands)
            candidates.score[rows] = found.score
        return _traced(reports.vehicle, candidates, origin)

    def _passages(
        self,
        names: list[str],
        kinds: dict[str, VehicleKind],
        reports: _Reports,
        matched: tuple[Ints, Candidates, Ints],
        queue_m: Doubles,
    ) -> list[Passage]:
        chosen, candidates, joined = matched
        rows = np.arange(len(chosen))
        road, along_m = candidates.road[rows, chosen], candidates.along_m[rows, chosen]
        left = np.searchsorted(reports.vehicle, reports.vehicle, side="right") - rows
        found: list[Passage] = []
        columns = (reports.vehicle, reports.utc_ms, road, along_m, reports.speed_mps, joined, left > LAG)
        is_bus = [kinds[name] is VehicleKind.BUS for name in names]
        for name in names:
            self._tracks[name].waiting = []
        due = np.flatnonzero(reports.road == _OPEN)
        for vehicle, utc_ms, at, metres, speed, is_joined, stands in zip(
            *(c[due].tolist() for c in columns), strict=True
        ):
            track, fix = self._tracks[names[vehicle]], Fix(utc_ms, at, metres, speed)
            if stands:
                found += self._follow(track, fix, is_joined, is_bus[vehicle], queue_m)
            else:
                track.waiting.append((fix, is_joined, is_bus[vehicle]))
        return found

    def _follow(self, track: Track, fix: Fix, joined: bool, is_bus: bool, queue_m: Doubles) -> list[Passage]:
        """Let a track go on, or begin anew, with a report that stands; return the roads that it left."""
        track.settle(fix)
        if not joined or track.last is None:
            track.begin(fix, float(self._free_mps[fix.road]))
            return []
        way = self._roads_of(track.last.road, fix.road)
        found = track.go_on(fix, way, is_bus, float(queue_m[fix.road]), int(self._passed_ms[fix.road]))
        for each in found:
            came_ms = each.left_utc_ms - round(1000 * each.travel_time_s)
            self._passed_ms[each.road] = max(self._passed_ms[each.road], came_ms)
        return found

    def _roads_of(self, from_road: int, to_road: int) -> Way:
        """Return the roads from one to another with length, the way over the turn onto them, and free speed."""
        way = self._ways.get((from_road, to_road))
        if way is None:
            if len(self._ways) >= MOST_WAYS:
                self._ways.clear()
            way = self._ways[from_road, to_road] = self._way(from_road, to_road)
        return way

    def _way(self, from_road: int, to_road: int) -> Way:
        between = [] if from_road == to_road else self.routes.between(from_road, to_road)
        row = [from_road, *between, *([to_road] if to_road != from_road else [])]
        gaps_m = [0.0, *(self.routes.gap_between(one, other) for one, other in pairwise(row))]
        return [
            (road, float(self._length_m[road]), gap_m, float(self._free_mps[road]))
            for road, gap_m in zip(row, gaps_m, strict=True)
        ]


def _vehicle_and_time(position: Position) -> tuple[str, int]:
    return position.vehicle, position.utc_ms


def _thinned(rows: Sequence[Row]) -> list[Row]:
    """Return the reports of each vehicle without those that come right after another; old ones stay."""
    found: list[Row] = []
    for row in rows:
        if row[6] != _OPEN or not found or found[-1][0] != row[0] or row[1] - found[-1][1] >= THIN_MS:
            found.append(row)
    return found


def _motion(position: Position) -> tuple[float, float]:
    speed_mps = np.nan if position.speed_mps is None else position.speed_mps
    return speed_mps, np.nan if position.heading_deg is None else position.heading_deg


def _traced(vehicle: Ints, candidates: Candidates, origin: Ints) -> tuple[Ints, Ints]:
    """Return the best candidates, followed from the last report of each vehicle backwards, and which are joined."""
    n_reports = len(vehicle)
    best = np.argmax(candidates.score, axis=1)
    chosen, joined = best.copy(), np.zeros(n_reports, dtype=bool)
    last = np.ones(n_reports, dtype=bool)
    last[:-1] = vehicle[1:] != vehicle[:-1]
    for row in range(n_reports - 2, -1, -1):
        if not last[row]:
            came_from = int(origin[row + 1, chosen[row + 1]])
            joined[row + 1] = came_from >= 0
            chosen[row] = came_from if came_from >= 0 else best[row]
    return chosen, joined
