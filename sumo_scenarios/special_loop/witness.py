"""What holds special vehicles up, second by second, and which lamps they pass: looked at in SUMO, decided by nobody."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

from sumo_scenarios.simulation import Driving, Simulation
from sumo_scenarios.special_loop.order import SpecialTrip

NEAR_M: Final = 15.0
NEAR_S: Final = 2.0
"""Whoever is nearer ahead than `NEAR_M` and what is driven in `NEAR_S` is followed. [m] [s]"""
QUEUE_MPS: Final = 5.0
"""Who is slower than this ahead is part of a queue. [m/s]"""
STANDS_MPS: Final = 2.0
TOLD_S: Final = 1.0
"""What holds up for less is not told of each signal. [s]"""
_BRAKES_MPS2: Final = 2.5
RED: Final = frozenset("ru")
"""Letters of SUMO's lamps that nobody may pass."""
_GREEN: Final = frozenset("Gg")


class Cause(Enum):
    """Why a second was lost."""

    OWN = "speeding up, turning"
    STANDS = "standing, no red and nobody ahead: gives way, waits to change lane"
    SLOW_CAR = "behind a slower car"
    QUEUE = "queue before green"
    EXIT = "queue beyond the stop line"
    RED_KEPT = "red, its stage asked for"
    RED_OTHER = "red, another stage asked for first"
    RED_LEFT = "red, not kept for it"


class Held(NamedTuple):
    """What is asked of a signal: for whom, and whether it is the stage of its passage."""

    vehicle: str
    is_own_stage: bool


@dataclass(slots=True)
class Witnessed:
    """What was seen of one vehicle: seconds lost by cause, and by signal and cause; lamps that it passed, by letter."""

    lost_s: dict[Cause, float] = field(default_factory=lambda: defaultdict(float))
    by_signal_s: dict[tuple[str, Cause], float] = field(default_factory=lambda: defaultdict(float))
    passed: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Witness:
    """Looks at special vehicles after each step of SUMO, before the lamps of the next one are shown."""

    def __init__(self, trips: Iterable[SpecialTrip], simulation: Simulation, begin_s: float) -> None:
        self._waiting = sorted(trips, key=lambda trip: trip.departs_s)
        self._simulation = simulation
        self._underway: dict[str, Driving | None] = {}
        self._last_s = begin_s
        self.seen: dict[str, Witnessed] = {}

    def step(self, time_s: float, held: Callable[[str], Held | None]) -> Mapping[str, Driving]:
        """Look; return what each vehicle that is on the road does. [s] Args: held, what is asked of a signal now."""
        took_s, self._last_s = time_s - self._last_s, time_s
        while self._waiting and self._waiting[0].departs_s <= time_s:
            vehicle = self._waiting.pop(0).vehicle
            self._underway[vehicle], self.seen[vehicle] = None, Witnessed()
        found: dict[str, Driving] = {}
        for vehicle, before in list(self._underway.items()):
            now = self._simulation.driving(vehicle)
            if now is None and before is not None:
                del self._underway[vehicle]
            if before is not None:
                self._passed(vehicle, before, now)
            if now is not None:
                self._lost(vehicle, now, took_s, held)
                self._underway[vehicle] = found[vehicle] = now
        return found

    def _passed(self, vehicle: str, before: Driving, now: Driving | None) -> None:
        """Note the lamp under which a stop line was passed: its signal is not the next one any more, or far again."""
        if before.signal and now is not None and (now.signal != before.signal or now.stop_m > before.stop_m + 1.0):
            self.seen[vehicle].passed[self._simulation.shown(before.signal)[before.link]] += 1

    def _lost(self, vehicle: str, now: Driving, took_s: float, held: Callable[[str], Held | None]) -> None:
        lost_s = took_s * max(1.0 - now.speed_mps / now.allowed_mps, 0.0)
        cause = cause_of(vehicle, now, held(now.signal) if now.signal else None)
        self.seen[vehicle].lost_s[cause] += lost_s
        self.seen[vehicle].by_signal_s[now.signal, cause] += lost_s


def cause_of(vehicle: str, now: Driving, held: Held | None) -> Cause:
    """Return what keeps a vehicle from its free speed now. Args: held, what is asked of the next signal."""
    near = now.gap_m is not None and now.gap_m < NEAR_M + NEAR_S * now.speed_mps
    if near and _is_beyond(now) and now.leader_mps < QUEUE_MPS:
        return Cause.EXIT
    if now.signal and now.letter not in _GREEN and (near or now.stop_m < _stops_within_m(now)):
        if held is None or held.vehicle != vehicle:
            return Cause.RED_LEFT
        return Cause.RED_KEPT if held.is_own_stage else Cause.RED_OTHER
    if near:
        return Cause.QUEUE if now.leader_mps < QUEUE_MPS else Cause.SLOW_CAR
    return Cause.STANDS if now.speed_mps < STANDS_MPS and now.driven_m > NEAR_M else Cause.OWN


def drive_row(vehicle: str, seen: Witnessed) -> dict[str, Any]:
    """Return what was seen of a vehicle as a line of the log of its run. [s]"""
    by_signal = [
        {"signal": signal, "cause": cause.value, "lost_s": round(lost_s, 1)}
        for (signal, cause), lost_s in seen.by_signal_s.items()
        if lost_s >= TOLD_S
    ]
    lost = {cause.value: round(seen.lost_s[cause], 1) for cause in Cause if cause in seen.lost_s}
    return {"what": "drive", "vehicle": vehicle, "lost_s": lost, "by_signal": by_signal, "passed": dict(seen.passed)}


def _is_beyond(now: Driving) -> bool:
    """Tell whether who is ahead has passed the stop line already."""
    return now.inside or (now.signal != "" and now.gap_m is not None and now.gap_m >= now.stop_m)


def _stops_within_m(now: Driving) -> float:
    return NEAR_M + now.speed_mps**2 / (2 * _BRAKES_MPS2)
