"""What a limit does to the roads, without and with diversion: queues that need room, of whole streams of traffic.

Each road holds vehicles that drive and vehicles that queue. What leaves it is bounded by its capacity, by that of the
turn, by the room of the road that it goes to, and by those who wait in front for another turn; so a queue that finds no
room stands in the way of others, as on the street. Three streams are told apart: who will pass the limited road and has
read no sign yet, who has read one and does not follow it, and all others; and each advised way has a stream of its own.
It is a store-and-forward model: signals are the mean capacity that they leave.
Sources: Gazis & Potts 1963; Aboudolas, Papageorgiou & Kosmatopoulos 2009; Daganzo 1995 for the bound by room.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.diversion.passing import Passing
from signal_ctrl.watch.diversion.turning import Floats, Whole

STEP_S: Final = 5.0
RECOVERY_S: Final = 1800.0
"""How long after a limit its queues are still followed. [s] [P]"""
USABLE: Final = 0.95
"""Share of a capacity that is used before a queue stays: arrivals are not even. [P]"""
_S_PER_H: Final = 3600.0
_OTHERS, _ASKING, _ASKED, _WAYS = 0, 1, 2, 3
_MINOR: Final = 0.5
_CARRIES: Final = 1.05
"""A turn carries what it carries today, and so much more."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The sign on a road sends `share` of who follows it by a way: indices of roads, the sign's own first."""

    roads: tuple[int, ...]
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How a limit goes: share of capacity left, how long it lasts [s], share of drivers who follow signs.

    `turn_veh_h` (n_turns,), capacities of turns while it lasts, NaN: as usual; None: all as usual. [veh/h]
    """

    capacity_left: float
    lasts_s: float
    compliance: float = 0.0
    turn_veh_h: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """What is foreseen. `spent_veh_h` (n_roads,), time on each road, `outside_veh_h`, of those who find no room to
    enter; while the limit lasts `flow_veh_h` (n_roads,), `turn_veh_h` (n_turns,), `way_veh_h` (n_ways,), who takes each
    way; `queue_veh` (n_roads,), longest queues. [veh h], [veh/h], [veh]
    """

    spent_veh_h: Floats
    outside_veh_h: float
    flow_veh_h: Floats
    turn_veh_h: Floats
    way_veh_h: Floats
    queue_veh: Floats

    @property
    def total_veh_h(self) -> float:
        """All time spent. [veh h]"""
        return float(self.spent_veh_h.sum()) + self.outside_veh_h


class FlowModel:
    """The roads of a network, and who passes the one that is limited."""

    def __init__(self, network: RoadNetwork, passing: Passing, turn_veh_h: Floats | None = None) -> None:
        """Args: turn_veh_h (n_turns,), capacities of turns where they are known, else NaN. [veh/h]"""
        self.passing, t = passing, passing.turning
        self.tail, self.head = t.tail, t.head
        lanes = np.array([road.lanes for road in network.roads], dtype=np.float64)
        own = np.array([turn.lanes for turn in network.turns], dtype=np.float64)
        minor = np.array([_MINOR if turn.minor else 1.0 for turn in network.turns])
        road_veh_h = np.array([road.capacity_veh_h for road in network.roads])
        part = np.minimum(own / lanes[self.tail], 1.0) * minor
        self._usual = np.maximum(road_veh_h[self.tail] * part, t.flow_veh_h * _CARRIES / USABLE)
        self.turn_veh_h = self._usual if turn_veh_h is None else np.where(np.isnan(turn_veh_h), self._usual, turn_veh_h)
        self.blocks = np.minimum(own / lanes[self.tail], 1.0)
        self._road_veh_h = np.maximum(road_veh_h, t.road_veh_h * _CARRIES / USABLE)
        if turn_veh_h is not None:
            told = np.bincount(self.tail, weights=np.isnan(turn_veh_h), minlength=len(lanes)) == 0
            all_turns = np.bincount(self.tail, weights=self.turn_veh_h, minlength=len(lanes))
            self._road_veh_h = np.where(told & (all_turns > 0), np.maximum(all_turns, 1.0), self._road_veh_h)
        self.room_veh = np.array([road.room_veh for road in network.roads])
        self.free_s = np.array([max(road.free_time_s, STEP_S) for road in network.roads])

    def turns_a_step(self, course: Course, limited: bool) -> Floats:
        """Return what each turn lets go in a step. (n_turns,) [veh]"""
        own = self.turn_veh_h
        if limited and course.turn_veh_h is not None:
            own = np.where(np.isnan(course.turn_veh_h), own, course.turn_veh_h)
        return np.asarray(own * (USABLE * STEP_S / _S_PER_H))

    def roads_a_step(self, course: Course, limited: bool) -> Floats:
        """Return what leaves each road in a step at most. (n_roads,) [veh]"""
        own = self._road_veh_h.copy()
        if limited and course.turn_veh_h is not None:
            more = np.where(np.isnan(course.turn_veh_h), self.turn_veh_h, course.turn_veh_h)
            own = np.maximum(own, np.bincount(self.tail, weights=more, minlength=len(own)))
        if limited:
            own[self.passing.road] *= course.capacity_left
        return np.asarray(own * (USABLE * STEP_S / _S_PER_H))

    def run(self, course: Course, advices: Sequence[Advice] = ()) -> Foreseen:
        """Return what is foreseen from the begin of a limit until its queues had time to go."""
        return _Run(self, course, advices).done()


class _Run:
    """One course under way. Streams are columns: others, asking, asked, then one for each advice."""

    def __init__(self, model: FlowModel, course: Course, advices: Sequence[Advice]) -> None:
        self.m, self.course, self.advices = model, course, advices
        n, t, chance = len(model.room_veh), model.passing.turning, model.passing.chance
        self.shares = _turn_shares(model, advices)
        self.stays = np.clip(1.0 - _by(model.tail, self.shares, n), 0.0, 1.0)
        split = np.zeros((n, _WAYS + len(advices)))
        split[:, _OTHERS], split[:, _ASKING] = 1 - chance, chance
        self.driving = split * (t.road_veh_h / _S_PER_H * model.free_s)[:, None]
        self.queued, self.outside = np.zeros_like(split), np.zeros_like(split)
        self.begins = split * (t.begins_veh_h / _S_PER_H * STEP_S)[:, None]
        self.spent, self.entered, self.longest = np.zeros(n), np.zeros(n), np.zeros(n)
        self.turned, self.taken, self.outside_s = np.zeros(len(model.tail)), np.zeros(split.shape[1]), 0.0

    def done(self) -> Foreseen:
        """Run to the end."""
        lasts, after = round(self.course.lasts_s / STEP_S), round(RECOVERY_S / STEP_S)
        for limited, steps in ((True, lasts), (False, after)):
            turns = self.m.turns_a_step(self.course, limited)
            roads = self.m.roads_a_step(self.course, limited)
            for _ in range(steps):
                self._step(limited, turns, roads)
        hours = self.course.lasts_s / _S_PER_H
        return Foreseen(
            self.spent / _S_PER_H,
            self.outside_s / _S_PER_H,
            self.entered / hours,
            self.turned / hours,
            self.taken[_WAYS:] / hours,
            self.longest,
        )

    def _step(self, limited: bool, turns: Floats, roads: Floats) -> None:
        m, n = self.m, len(self.m.room_veh)
        arrives = self.driving * (STEP_S / m.free_s)[:, None]
        self.driving -= arrives
        self.queued += arrives
        part = np.minimum(roads / np.maximum(self.queued.sum(axis=1), 1e-12), 1.0)
        leaving = self.queued * part[:, None]
        wants = leaving[m.tail] * self.shares
        moves = wants * self._let_go(wants.sum(axis=1), turns)[:, None]
        self.queued = np.maximum(self.queued - _by(m.tail, moves, n) - leaving * self.stays, 0.0)
        passed = m.tail == m.passing.road
        moves[passed, _OTHERS] += moves[passed, _ASKING] + moves[passed, _ASKED]
        moves[passed, _ASKING] = moves[passed, _ASKED] = 0.0
        came = _by(m.head, moves, n)
        came += self._insert(came)
        if limited:
            self.entered += came.sum(axis=1)
            self.turned += moves.sum(axis=1)
            self._read_signs(came)
        self._arrive(came)
        self.driving += came
        held = self.queued.sum(axis=1)
        self.longest = np.maximum(self.longest, held)
        self.spent += (held + self.driving.sum(axis=1)) * STEP_S
        self.outside_s += float(self.outside.sum()) * STEP_S

    def _let_go(self, wants: Floats, turns: Floats) -> Floats:
        """Return the share of what wants to make each turn that can: by room, by capacity, by who waits in front."""
        m, n = self.m, len(self.m.room_veh)
        room = np.maximum(m.room_veh - self.driving.sum(axis=1) - self.queued.sum(axis=1), 0.0)
        able = np.minimum(wants, turns)
        wanted = np.bincount(m.head, weights=able, minlength=n)
        fits = np.minimum(room / np.maximum(wanted, 1e-12), 1.0)[m.head]
        goes = np.where(wants > 1e-9, able * fits / np.maximum(wants, 1e-9), 1.0)
        held = (1.0 - goes) * m.blocks
        free = np.ones(n)
        np.multiply.at(free, m.tail, 1.0 - held)
        beside = np.clip(free[m.tail] / np.maximum(1.0 - held, 1e-6), 0.0, 1.0)
        return np.asarray(goes * beside)

    def _insert(self, came: Floats) -> Floats:
        """Let in who begins on a road, as far as it has room."""
        self.outside += self.begins
        held = (self.driving + self.queued + came).sum(axis=1)
        room = np.maximum(self.m.room_veh - held, 0.0)
        entering = self.outside * np.minimum(room / np.maximum(self.outside.sum(axis=1), 1e-12), 1.0)[:, None]
        self.outside -= entering
        return np.asarray(entering)

    def _read_signs(self, came: Floats) -> None:
        """Let who comes past a sign follow it or not: everybody is asked once."""
        for road in {advice.roads[0] for advice in self.advices}:
            asked, came[road, _ASKING] = float(came[road, _ASKING]), 0.0
            came[road, _ASKED] += asked
            for column, advice in enumerate(self.advices, start=_WAYS):
                if advice.roads[0] == road:
                    gone = asked * self.course.compliance * advice.share
                    came[road, _ASKED] -= gone
                    came[road, column] += gone
                    self.taken[column] += gone

    def _arrive(self, came: Floats) -> None:
        """Let who has come to the end of a way be like others."""
        for column, advice in enumerate(self.advices, start=_WAYS):
            came[advice.roads[-1], _OTHERS] += came[advice.roads[-1], column]
            came[advice.roads[-1], column] = 0.0


def _by(at: Whole, streams: Floats, n: int) -> Floats:
    return np.stack([np.bincount(at, weights=column, minlength=n) for column in streams.T], axis=1)


def _turn_shares(model: FlowModel, advices: Sequence[Advice]) -> Floats:
    """Return the share of each stream that makes each turn. (n_turns, n_columns)"""
    passing = model.passing
    shares = np.zeros((len(model.tail), _WAYS + len(advices)))
    shares[:, _OTHERS] = passing.others
    shares[:, _ASKING] = shares[:, _ASKED] = passing.before
    pair = {(int(a), int(b)): k for k, (a, b) in enumerate(zip(model.tail, model.head, strict=True))}
    for column, advice in enumerate(advices, start=_WAYS):
        for a, b in zip(advice.roads, advice.roads[1:], strict=False):
            shares[pair[a, b], column] = 1.0
    return shares
