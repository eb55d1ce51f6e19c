"""Vehicles of one approach lane between its loops, as the loops tell them: in order, with the time each is due."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from detectors.view_builder import Expected
from signal_ctrl.domain.view import UNKNOWN

EARLY_S: Final = 4.0
DOUBT_S: Final = 3.0
GONE_S: Final = 9.0
RECENT_S: Final = 2.5
MOVE_UP_S: Final = 1.0
JOIN_S: Final = 40.0
FADED_S: Final = 12.0
SPACING_M: Final = 7.5
LANE_KEYS: Final = 1_000_003
SHORT_M: Final = 30.0
FREE_ROOM_VEH: Final = 1e6
_HALF_VEH: Final = 0.5
_FAINT: Final = 0.05


@dataclass(slots=True)
class Tracked:
    """A vehicle believed to be on the lane. `due_s` is when it can be at the stop line if nobody is before it.

    `next_s` is the time at which the next loop should see it; `near` says that the stop-line loop is the next one;
    `source` is the advance loop that saw it, -1 if none did; `joins` says that it comes from a
    side and may have to give way before it can join; `announced` that no loop has seen it, but the signal behind let
    it go; `floor_s` is the least time it still needs; `free_s` is when it would have been at the stop line if nobody
    had ever held it up, as far as is known; `at_line` that the stop-line loop has seen it: it changes lanes no more.
    """

    key: int
    due_s: float
    next_s: float
    near: bool
    presence: float = 1.0
    source: int = -1
    joins: bool = False
    announced: bool = False
    floor_s: float = 0.0
    free_s: float = math.inf
    at_line: bool = False

    def __post_init__(self) -> None:
        self.free_s = min(self.free_s, self.due_s)

    def eta_s(self, now_s: float) -> float:
        """Return the time until it can be at the stop line; not less than the way from where it cannot be past. [s]"""
        return max(self.due_s - now_s, self.floor_s)

    def arrived(self, now_s: float) -> None:
        """It stands at the stop line, for certain. [s]"""
        self.presence, self.due_s, self.floor_s = 1.0, min(self.due_s, now_s), 0.0
        self.near, self.joins, self.at_line = True, False, True

    def likely(self, now_s: float) -> float:
        """Return the probability that it is there (0-1): one that was announced fades where no loop sees it. [s]"""
        if not self.announced:
            return self.presence
        late_s = now_s - self.next_s
        if late_s <= DOUBT_S:
            return self.presence
        return self.presence * max(1.0 - (late_s - DOUBT_S) / (FADED_S - DOUBT_S), _FAINT)


@dataclass(slots=True)
class LaneQueue:
    """The vehicles of a lane, first the one that passes the stop line first."""

    vehicles: list[Tracked] = field(default_factory=list)

    def add_far(self, vehicle: Tracked) -> None:
        """Append a vehicle that the advance loop saw."""
        self.vehicles.append(vehicle)

    def take_far(self, now_s: float) -> Tracked | None:
        """Remove and return the likeliest vehicle that the middle loop can see now, of equals the first. [s]"""
        best, place = 0.0, -1
        for i, vehicle in enumerate(self.vehicles):
            early_s = vehicle.next_s - now_s
            if vehicle.near or vehicle.announced or early_s > EARLY_S:
                continue
            likely = vehicle.presence * (1.0 if early_s <= 0 else 1.0 - early_s / (2 * EARLY_S))
            if likely > best:
                best, place = likely, i
        return self.vehicles.pop(place) if place >= 0 else None

    def put_near(self, vehicle: Tracked) -> None:
        """Insert a vehicle that the middle loop saw behind all that it saw before."""
        place = max((i + 1 for i, v in enumerate(self.vehicles) if v.near), default=0)
        self.vehicles.insert(place, vehicle)

    def put_by_time(self, vehicle: Tracked) -> None:
        """Insert a vehicle that joins from a side without a middle loop, by the time it is due."""
        place = next((i for i, v in enumerate(self.vehicles) if v.due_s > vehicle.due_s), len(self.vehicles))
        self.vehicles.insert(place, vehicle)

    def take_first(self, now_s: float) -> Tracked | None:
        """Remove and return the vehicle that passed the stop line. [s]"""
        for i, vehicle in enumerate(self.vehicles):
            if not vehicle.announced and (vehicle.near or vehicle.due_s - now_s <= EARLY_S):
                return self.vehicles.pop(i)
        return None

    def find_stray(self, now_s: float, near: bool) -> Tracked | None:
        """Remove and return a vehicle that was due at the next loop about now: it has changed lanes. [s]"""
        for i, vehicle in enumerate(self.vehicles):
            if vehicle.announced or vehicle.at_line:
                continue
            if vehicle.near == near and abs(now_s - vehicle.next_s) <= EARLY_S:
                return self.vehicles.pop(i)
        return None

    def first(self) -> Tracked | None:
        """Return the first vehicle that a loop of this lane has seen."""
        return next((vehicle for vehicle in self.vehicles if not vehicle.announced), None)

    def queue_veh(self, now_s: float) -> float:
        """Return how many vehicles stand at the stop line or behind it. [veh], [s]"""
        return float(sum([v.likely(now_s) for v in self.vehicles if v.eta_s(now_s) <= 0.0]))

    def expected(self, lane: int, shared: Collection[int], now_s: float) -> list[Expected]:
        """Return all vehicles for a view; one that may be on several lanes has a number of its own on each. [s]"""
        other = LANE_KEYS * (lane + 1)
        return [
            Expected(
                v.eta_s(now_s), UNKNOWN, v.likely(now_s), v.key + other if v.key in shared else v.key,
                max(now_s - v.free_s, 0.0),
            )
            for v in self.vehicles
        ]  # fmt: skip

    def room_veh(self, way_m: float, now_s: float) -> float:
        """Return how many vehicles fit on a way that long beside those of the lane: no limit if nobody stands. [m], [s]

        Where somebody stands all of the lane count, the moving too; on a short way they count in any case.
        """
        queue_veh = self.queue_veh(now_s)
        if queue_veh < _HALF_VEH and (way_m > SHORT_M or not self.vehicles):
            return FREE_ROOM_VEH
        return max(way_m / SPACING_M - sum([v.presence for v in self.vehicles]), 0.0)

    def confirm(self, key: int, now_s: float) -> None:
        """Go on believing in a vehicle that was announced and that no loop can see now. [s]"""
        for vehicle in self.vehicles:
            if vehicle.key == key:
                vehicle.next_s = now_s

    def remove(self, key: int) -> None:
        """Forget a vehicle."""
        self.vehicles = [v for v in self.vehicles if v.key != key]

    def raise_to(self, count: int, near: bool, fill: Callable[[], Tracked]) -> None:
        """Believe in at least that many vehicles: a queue covers the middle loop (near) or the advance one."""
        own = [vehicle for vehicle in self.vehicles if (vehicle.near or not near) and not vehicle.announced]
        for vehicle in own[:count]:
            vehicle.presence = 1.0
        for _ in range(count - len(own)):
            made = fill()
            made.free_s = min(made.free_s, *(vehicle.free_s for vehicle in own[-1:]), math.inf)
            self.put_near(made)

    def doubt(self, now_s: float, far_busy_s: float, near_busy_s: float) -> list[Tracked]:
        """Doubt vehicles that are overdue at their next loop; remove and return those that never came. [s]

        `far_busy_s` and `near_busy_s` tell when somebody was last on the middle and on the stop-line loop: while
        somebody is, and as long as a queue needs to move up after that, nobody behind is late.
        """
        kept: list[Tracked] = []
        gone: list[Tracked] = []
        ahead = {True: 0, False: 0}
        for vehicle in self.vehicles:
            if vehicle.announced:
                kept.append(vehicle)
                continue
            clear_s = now_s - (near_busy_s if vehicle.near else far_busy_s)
            clear = clear_s > RECENT_S + MOVE_UP_S * ahead[vehicle.near]
            ahead[vehicle.near] += 1
            late_s = now_s - vehicle.next_s
            if vehicle.joins:
                (gone if late_s > JOIN_S else kept).append(vehicle)
                continue
            if clear and late_s > GONE_S:
                gone.append(vehicle)
                continue
            if clear and late_s > DOUBT_S:
                vehicle.presence = min(vehicle.presence, 1.0 - (late_s - DOUBT_S) / (GONE_S - DOUBT_S))
            kept.append(vehicle)
        self.vehicles = kept
        return gone
