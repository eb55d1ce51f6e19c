"""Vehicles of one approach lane between its loops, as the loops tell them: in order, with the time each is due."""

from dataclasses import dataclass, field

EARLY_S = 4.0
DOUBT_S = 3.0
GONE_S = 9.0
MEMORY_VEH = 30.0


@dataclass(slots=True)
class Tracked:
    """A vehicle believed to be on the lane. `due_s` is when it can be at the stop line if nobody is before it.

    `next_s` is the time at which the next loop should see it; `near` says that the middle loop has seen it.
    """

    key: int
    due_s: float
    next_s: float
    near: bool
    presence: float = 1.0


@dataclass(slots=True)
class CaptureRatio:
    """Share of the vehicles seen upstream that arrive at the next loop of this lane; old observations fade."""

    seen: float = 9.0
    kept: float = 8.5

    def note(self, kept: bool) -> None:
        """Count one vehicle that was due."""
        if self.seen >= MEMORY_VEH:
            self.seen *= 0.9
            self.kept *= 0.9
        self.seen += 1.0
        self.kept += kept

    @property
    def value(self) -> float:
        """The share (0-1)."""
        return min(max(self.kept / self.seen, 0.2), 1.0)


@dataclass(slots=True)
class LaneQueue:
    """The vehicles of a lane, first the one that passes the stop line first."""

    vehicles: list[Tracked] = field(default_factory=list)
    capture: CaptureRatio = field(default_factory=CaptureRatio)

    def add_far(self, vehicle: Tracked) -> None:
        """Append a vehicle that the advance loop saw."""
        self.vehicles.append(vehicle)

    def take_far(self, now_s: float) -> Tracked | None:
        """Remove and return the first vehicle that the middle loop can have seen now. [s]"""
        for i, vehicle in enumerate(self.vehicles):
            if not vehicle.near:
                if vehicle.next_s - now_s > EARLY_S:
                    return None
                return self.vehicles.pop(i)
        return None

    def put_near(self, vehicle: Tracked) -> None:
        """Insert a vehicle that the middle loop saw behind all that it saw before."""
        place = sum(v.near for v in self.vehicles)
        self.vehicles.insert(place, vehicle)

    def take_first(self, now_s: float) -> Tracked | None:
        """Remove and return the vehicle that passed the stop line. [s]"""
        for i, vehicle in enumerate(self.vehicles):
            if vehicle.near or vehicle.due_s - now_s <= EARLY_S:
                return self.vehicles.pop(i)
        return None

    def find_stray(self, now_s: float, near: bool) -> Tracked | None:
        """Remove and return a vehicle that was due at the next loop about now: it has changed lanes. [s]"""
        for i, vehicle in enumerate(self.vehicles):
            if vehicle.near == near and abs(now_s - vehicle.next_s) <= EARLY_S:
                return self.vehicles.pop(i)
        return None

    def remove(self, key: int) -> None:
        """Forget a vehicle."""
        self.vehicles = [v for v in self.vehicles if v.key != key]

    def doubt(self, now_s: float, far_clear: bool, near_clear: bool) -> None:
        """Doubt, then drop vehicles that are overdue at a loop which nobody stands on. [s]"""
        kept = []
        for vehicle in self.vehicles:
            clear = near_clear if vehicle.near else far_clear
            late_s = now_s - vehicle.next_s
            if clear and late_s > GONE_S:
                if not vehicle.near:
                    self.capture.note(False)
                continue
            if clear and late_s > DOUBT_S:
                vehicle.presence = min(vehicle.presence, 1.0 - (late_s - DOUBT_S) / (GONE_S - DOUBT_S))
            kept.append(vehicle)
        self.vehicles = kept
