"""The green corridor: which junction ahead of which vehicle is asked, kept, and given back. Pure; times in seconds.

A junction is asked so long before the earliest arrival as it needs: until its stage is lit, and until whoever stands
in front of the vehicle, or comes in front of it from the junction before, has left. It is given back as soon as the
vehicle has passed, and at the latest `LONGEST_S` after it was asked. Of several vehicles that need one junction now the
one of the higher rank has it (SAFETY C knows one source, pre-emption; the order within it is fixed here).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from signal_ctrl.watch.special.way import Passage, Way

LONGEST_S: Final = 180.0
"""A junction is kept for one vehicle at most so long, whatever is reported. [s] [P: SAFETY C, row 3]"""
PAUSE_S: Final = 30.0
"""After its time-out others have the junction so long before it may be asked for the same vehicle anew. [s] [P]"""
STANDS_MPS: Final = 3.0
STANDS_S: Final = 15.0
"""Who has been slower than this for so long, since it set out, is held up: the next two junctions alone are kept then.
[m/s] [s] [P]"""
PASSED_M: Final = 15.0
"""Who is reported so far beyond the stop line has passed. [m] [P]"""
MARGIN_S: Final = 8.0
"""The last one of a queue is up to speed again so long before the vehicle comes. [s] [P]"""
EARLY: Final = 0.9
LATE: Final = 1.3
"""Travel times are between these shares of the free one. [P]"""
LATE_S: Final = 10.0
SILENT_S: Final = 30.0
"""Who has not been heard of for so long loses what it was given. [s] [P]"""
FASTEST_MPS: Final = 50.0
JUMP_M: Final = 100.0
"""A report that lies farther ahead than this allows since the last one is left out: it is forged or mistaken. [P]"""
AHEAD_S: Final = 150.0
"""Junctions farther away are not looked at. [s] [P]"""


class VehicleClass(Enum):
    """Who may have a corridor, by rank: the first goes first. The order is code, not configuration. [P]"""

    FIRE = "fire"
    AMBULANCE = "ambulance"
    POLICE = "police"

    @property
    def rank(self) -> int:
        """Place in the order of precedence; lower goes first."""
        return tuple(VehicleClass).index(self)


@dataclass(frozen=True, slots=True)
class Report:
    """Where a vehicle was: when [s], how far along its way and how far that may be off [m]."""

    at_s: float
    along_m: float
    spread_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a vehicle will be at a place, from now on. [s]"""

    early_s: float
    expected_s: float
    late_s: float


@dataclass(frozen=True, slots=True)
class Need:
    """What a junction needs. [s]

    `stage` is what to ask for now: that of the passage, or another one that has to be served before; `lead_s`, so long
    before the earliest arrival it has to be asked; `flush_s` of that, those in front of the vehicle need to leave.
    """

    stage: str
    lead_s: float
    flush_s: float


@dataclass(frozen=True, slots=True)
class Hold:
    """A junction that is asked for a vehicle now: since when, and when it has passed at the latest. [s]"""

    vehicle: str
    signal: str
    stage: str
    since_s: float
    until_s: float


class Outcome(Enum):
    """Why a junction was given back."""

    PASSED = "passed"
    ENDED = "corridor ended"
    SILENT = "vehicle not heard of"
    TIMED_OUT = "time-out"
    HELD_UP = "vehicle held up before"
    GAVE_WAY = "gave way to a higher rank"


@dataclass(frozen=True, slots=True)
class Release:
    """A junction that was given back."""

    hold: Hold
    outcome: Outcome


@dataclass(slots=True)
class Underway:
    """A vehicle with a corridor. `departs_s`, not before then it sets out; `since_s` when it asked. [s]"""

    vehicle: str
    kind: VehicleClass
    way: Way
    since_s: float
    departs_s: float
    report: Report
    asked: dict[int, float] = field(default_factory=dict)
    over: set[int] = field(default_factory=set)
    paused: dict[str, float] = field(default_factory=dict)
    moved: Report | None = None

    def take(self, report: Report) -> None:
        """Take a report, and note where it last had come on by what it would in `STANDS_S`."""
        last = self.moved or self.report
        if report.along_m - last.along_m >= STANDS_MPS * STANDS_S:
            self.moved = report
        elif self.moved is None:
            self.moved = self.report
        self.report = report

    def reach_m(self, at_s: float) -> float:
        """Return how far from its last report it may be by a time. [s] [m]"""
        return self.report.spread_m + FASTEST_MPS * max(at_s - self.report.at_s, 0.0) + JUMP_M

    def held_up(self, now_s: float) -> bool:
        """Tell whether it has hardly moved for a while."""
        since_s = max((self.moved or self.report).at_s, self.departs_s)
        return now_s - since_s > STANDS_S and self.report.at_s - since_s > STANDS_S

    def turned_onto(self, way: Way, now_s: float, report: Report) -> "Underway":
        """Return the vehicle on another way from now on. What it was given counts on: nobody has a junction anew."""
        since = {_at(self, k): since_s for k, since_s in self.asked.items()}
        first = {passage.signal: k for k, passage in reversed(list(enumerate(way.passages)))}
        asked = {k: since[signal] for signal, k in first.items() if signal in since}
        return replace(self, way=way, departs_s=now_s, report=report, asked=asked, over=set(), moved=None)

    @property
    def order(self) -> tuple[int, float, str]:
        """Precedence: rank, then who asked first."""
        return self.kind.rank, self.since_s, self.vehicle

    def arrival(self, at_m: float, now_s: float) -> Arrival:
        """Return when it comes to a place of its way. [m] [s]"""
        gone_s = max(now_s - max(self.report.at_s, self.departs_s), 0.0)
        waits_s = max(self.departs_s - now_s, 0.0)
        free_s = self.way.free_between_s(self.report.along_m, at_m)
        nearer_s = self.way.free_between_s(self.report.along_m + self.report.spread_m, at_m)
        return Arrival(
            early_s=waits_s + max(EARLY * nearer_s - gone_s, 0.0),
            expected_s=waits_s + max(free_s - gone_s, 0.0),
            late_s=waits_s + max(LATE * free_s - gone_s, 0.0) + LATE_S,
        )


NeedOf = Callable[[Passage, Arrival, float], Need]
"""Says what a junction needs for an arrival; also told what those need who leave the junction before. [s]"""


class Corridors:
    """All corridors of a city. Everything that happens is asked for with the time; nothing is remembered elsewhere."""

    def __init__(self) -> None:
        self._vehicles: dict[str, Underway] = {}
        self._holds: dict[str, Hold] = {}

    @property
    def vehicles(self) -> Mapping[str, Underway]:
        """The vehicles that have a corridor."""
        return self._vehicles

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The junctions that are kept now."""
        return tuple(self._holds.values())

    def begin(self, vehicle: Underway) -> None:
        """Take a vehicle up, in place of what it had before."""
        self._vehicles[vehicle.vehicle] = vehicle

    def report(self, vehicle: str, report: Report) -> None:
        """Take a report; one that is older than the last says nothing, nobody drives backwards, and nobody flies."""
        known = self._vehicles.get(vehicle)
        if known is None or report.at_s <= known.report.at_s:
            return
        if report.along_m <= known.report.along_m + known.reach_m(report.at_s):
            along_m = max(report.along_m, known.report.along_m)
            known.take(Report(report.at_s, along_m, report.spread_m))

    def end(self, vehicle: str) -> tuple[Release, ...]:
        """End the corridor of a vehicle and return what it gave back."""
        self._vehicles.pop(vehicle, None)
        return self._given_back([h for h in self._holds.values() if h.vehicle == vehicle], Outcome.ENDED)

    def step(self, now_s: float, need_of: NeedOf) -> tuple[Release, ...]:
        """Ask and give back what is due now; return what was given back. [s]"""
        released: list[Release] = []
        wanted: dict[str, Hold] = {}
        for one in sorted(self._vehicles.values(), key=lambda each: each.order):
            released += self._let_go(one, now_s)
            for hold in _due(one, now_s, need_of):
                wanted.setdefault(hold.signal, hold)
        for signal, held in list(self._holds.items()):
            if signal not in wanted or wanted[signal].vehicle != held.vehicle:
                released += self._given_back([held], self._why(held, signal in wanted, now_s))
        self._holds = wanted
        return tuple(released)

    def _why(self, held: Hold, is_wanted: bool, now_s: float) -> Outcome:
        one = self._vehicles.get(held.vehicle)
        if is_wanted:
            return Outcome.GAVE_WAY
        return Outcome.HELD_UP if one is not None and one.held_up(now_s) else Outcome.SILENT

    def give_up(self, hold: Hold) -> None:
        """Ask no more for what was refused for good."""
        one = self._vehicles.get(hold.vehicle)
        if one is not None:
            one.over |= {
                k for k, since_s in one.asked.items() if since_s == hold.since_s and _at(one, k) == hold.signal
            }
        self._holds.pop(hold.signal, None)

    def _let_go(self, one: Underway, now_s: float) -> list[Release]:
        """Give back what a vehicle has passed, and what it has had for too long."""
        found: list[Release] = []
        for k, passage in enumerate(one.way.passages):
            passed = one.report.along_m - one.report.spread_m > passage.stop_m + PASSED_M
            timed_out = k in one.asked and now_s - one.asked[k] >= LONGEST_S
            if k in one.over or not (passed or timed_out):
                continue
            held, since_s = self._holds.get(passage.signal), one.asked.pop(k, None)
            if passed:
                one.over.add(k)
            else:
                one.paused[passage.signal] = now_s + PAUSE_S
            if held is not None and held.vehicle == one.vehicle and held.since_s == since_s:
                found += self._given_back([held], Outcome.PASSED if passed else Outcome.TIMED_OUT)
        return found

    def _given_back(self, holds: Iterable[Hold], outcome: Outcome) -> tuple[Release, ...]:
        found = tuple(Release(hold, outcome) for hold in holds)
        for release in found:
            self._holds.pop(release.hold.signal, None)
        return found


def _at(one: Underway, k: int) -> str:
    return one.way.passages[k].signal


def _due(one: Underway, now_s: float, need_of: NeedOf) -> list[Hold]:
    """Return the junctions that a vehicle needs now, in the order of its way."""
    if now_s - max(one.report.at_s, one.departs_s) > SILENT_S:
        return []
    found: dict[str, Hold] = {}
    before_s, ahead, held_up = 0.0, 0, one.held_up(now_s)
    for k, passage in enumerate(one.way.passages):
        arrival = one.arrival(passage.stop_m, now_s)
        if arrival.early_s > AHEAD_S:
            break
        if k in one.over:
            continue
        ahead += 1
        if held_up and ahead > 2:
            one.asked.pop(k, None)
            continue
        if passage.signal in found or now_s < one.paused.get(passage.signal, now_s):  # passed twice: first things first
            continue
        need = need_of(passage, arrival, before_s)
        before_s = need.flush_s
        if k in one.asked or arrival.early_s <= need.lead_s:
            since_s = one.asked.setdefault(k, now_s)
            until_s = min(now_s + arrival.late_s, since_s + LONGEST_S)
            found[passage.signal] = Hold(one.vehicle, passage.signal, need.stage, since_s, until_s)
    return list(found.values())
