"""A diversion worked out: who passes, which ways are left, what signs and signals do, and what it would bring."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.signs import SignText
from signal_ctrl.watch.diversion.decision_points import Chosen, advices_of, choose, decisions
from signal_ctrl.watch.diversion.flow_model import Advice, Course, FlowModel, Foreseen
from signal_ctrl.watch.diversion.gating import FULL, gates_of, overloaded
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.diversion.passing import Passing, passing_of
from signal_ctrl.watch.diversion.signal_plans import (
    RouteSignal,
    Turn,
    is_worth,
    turn_capacities,
    with_splits,
    with_wave,
)
from signal_ctrl.watch.diversion.split import Waiting
from signal_ctrl.watch.diversion.texts import diversion_text
from signal_ctrl.watch.diversion.turning import Floats, turning_of
from signal_ctrl.watch.diversion.values import Gate, Limit, RoadEffect, Way

COMPLIANCE: Final = 0.4
"""Share of drivers who are expected to follow a sign, where nobody knows better."""
WAVE_SHARE: Final = 0.5
"""A way gets a green wave where the diverted are such a share of the traffic on it. [P]"""
RECOVERS_S: Final = 600.0
"""So long after the end of a limit signals let its queues go before their usual plans come back. [s] [P]"""
_LEAST_QUEUE_VEH: Final = 5.0
LONGEST_FORESEEN_S: Final = 7200.0
"""Of a longer limit the first two hours are foreseen: then traffic is another. [s] [P]"""
_WORTH_VEH_H: Final = 0.05
"""An effect on a road is told from here on. [veh h]"""


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """What is known when a diversion is proposed.

    flow_veh_h (n_roads,), NaN where it is not known [veh/h]; time_s, predicted travel time of each road [s]; signals,
    those whose plan may be changed; `wave`, whether signals of the greatest way may get other offsets; `gated`, whether
    less may be let in upstream.
    """

    network: RoadNetwork
    guidance: Guidance
    flow_veh_h: Floats
    time_s: Mapping[str, float]
    signals: tuple[RouteSignal, ...] = ()
    wave: bool = True
    gated: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What came of it. Delays against a usual time without the limit. [veh h]

    `plans` hold back at gates, `open_plans` are those of the same signals that do not, `recovery_plans` let the queues
    go that stand at the end; `area`, the roads that gates protect, and how many vehicles they may hold.
    """

    chosen: tuple[Chosen, ...]
    ways: tuple[Way, ...]
    effects: tuple[RoadEffect, ...]
    gates: tuple[Gate, ...]
    plans: tuple[SignalPlan, ...]
    open_plans: tuple[SignalPlan, ...]
    recovery_plans: tuple[SignalPlan, ...]
    area: tuple[str, ...]
    best_veh: float
    affected_veh_h: float
    delay_without_veh_h: float
    delay_with_veh_h: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """A proposal under way."""

    situation: Situation
    limit: Limit
    compliance: float
    passing: Passing
    model: FlowModel

    def course(self, turn_veh_h: Floats | None = None) -> Course:
        """Return the limit as the flow model takes it."""
        return Course(self.limit.capacity_left, self.lasts_s, self.compliance, turn_veh_h)

    def usual(self) -> Foreseen:
        """Return what would be without the limit."""
        return self.model.run(Course(1.0, self.lasts_s))

    @property
    def lasts_s(self) -> float:
        """How long of the limit is foreseen. [s]"""
        return min(self.limit.lasts_s, LONGEST_FORESEEN_S)


def propose(situation: Situation, limit: Limit, compliance: float = COMPLIANCE) -> Proposal:
    """Return the diversion for a limit; without ways where none helps.

    Raises: InvalidInputError if the network has no such road, or the situation does not fit it.
    """
    work = _work(situation, limit, compliance)
    usual, without = work.usual(), work.model.run(work.course())
    chosen = _pruned(work, _chosen(work))
    advices = advices_of(situation.network, chosen)
    best = work.model.run(work.course(), advices) if chosen else without
    notes = [] if chosen else ["no sign upstream, or no way round that takes less than waiting: nothing to order"]
    if work.lasts_s < limit.lasts_s:
        notes.append(f"delays are those of the first {work.lasts_s / 3600:g} h and the half hour after")
    signals = _with_signals(work, chosen, best) if chosen and situation.signals else _Signals()
    best = signals.foreseen or best
    return Proposal(
        chosen,
        tuple(_way(one, flow) for one, flow in zip(chosen, best.way_veh_h, strict=True)),
        _effects(work, usual, without, best),
        signals.gates,
        signals.plans,
        signals.open_plans,
        signals.recovery_plans,
        signals.area,
        signals.best_veh,
        float(work.passing.turning.road_veh_h[work.passing.road]),
        without.total_veh_h - usual.total_veh_h,
        best.total_veh_h - usual.total_veh_h,
        tuple(notes),
    )


def _work(situation: Situation, limit: Limit, compliance: float) -> _Work:
    network = situation.network
    turning = turning_of(network, situation.flow_veh_h)
    passing = passing_of(network, turning, limit.road)
    flows = _by_turn(network, turning.flow_veh_h)
    known: dict[Turn, float] = {}
    for signal in situation.signals:
        known |= turn_capacities(signal, signal.plan, flows)
    model = FlowModel(network, passing, _as_array(network, known) if known else None)
    return _Work(situation, limit, compliance, passing, model)


def _chosen(work: _Work) -> tuple[Chosen, ...]:
    situation, limit = work.situation, work.limit
    found = decisions(situation.network, work.passing, situation.guidance.signs, situation.time_s, work.compliance)
    road = situation.network.of(limit.road)
    waiting = Waiting(limit.lasts_s, limit.capacity_left, road.capacity_veh_h)
    return choose(situation.network, work.passing, found, work.model.turn_veh_h, waiting)


def _pruned(work: _Work, chosen: tuple[Chosen, ...]) -> tuple[Chosen, ...]:
    """Return the advice without signs that do more harm than good in the flow model, the weakest looked at first."""
    network = work.situation.network

    def total(some: Sequence[Chosen]) -> float:
        return work.model.run(work.course(), advices_of(network, some)).total_veh_h

    weight: dict[str, float] = defaultdict(float)
    for one in chosen:
        weight[one.decision.sign.sign_id] += one.decision.flow_veh_h
    kept, least = list(chosen), total(chosen)
    for sign in sorted(weight, key=lambda name: weight[name]):
        rest = [one for one in kept if one.decision.sign.sign_id != sign]
        if (found := total(rest)) < least:
            kept, least = rest, found
    return tuple(kept)


@dataclass(frozen=True, slots=True, eq=False)
class _Signals:
    """What signals do for a diversion, and what is foreseen with it."""

    plans: tuple[SignalPlan, ...] = ()
    open_plans: tuple[SignalPlan, ...] = ()
    recovery_plans: tuple[SignalPlan, ...] = ()
    gates: tuple[Gate, ...] = ()
    area: tuple[str, ...] = ()
    best_veh: float = 0.0
    foreseen: Foreseen | None = None


def _with_signals(work: _Work, chosen: Sequence[Chosen], foreseen: Foreseen) -> _Signals:
    """Return plans for what signals will have to let through, the gates, and what is foreseen with them."""
    network, signals = work.situation.network, work.situation.signals
    before, after = _by_turn(network, work.passing.turning.flow_veh_h), _wanted(work, foreseen)
    moved = [signal for signal in signals if is_worth(signal, before, after)]
    gates = gates_of(work.model, work.passing, foreseen, signals) if work.situation.gated else ()
    held = {gate.road: gate.to_veh_h for gate in gates}
    gated = [signal for signal in signals if signal.signal_id in {gate.signal for gate in gates}]
    plans = {signal.signal_id: with_splits(signal, after, held) for signal in {*moved, *gated}}
    main = _wave_way(work, chosen, foreseen) if work.situation.wave else ()
    if main:
        standing = {signal.signal_id: signal.plan for signal in signals}
        plans |= with_wave(network, signals, standing | plans, main)
    plans = {name: plans[name] for name in sorted(plans) if plans[name] != _standing(work, name)}
    if not plans:
        return _Signals()
    opened = {s.signal_id: with_splits(s, after) for s in gated if s.signal_id in plans}
    opened = {name: replace(plan, offset_ds=plans[name].offset_ds) for name, plan in opened.items()}
    opened = {name: plan for name, plan in opened.items() if plan != plans[name]}
    gates = tuple(gate for gate in gates if gate.signal in opened)
    full = np.flatnonzero(overloaded(work.model, work.passing, foreseen)) if gates else np.array([], dtype=np.int64)
    return _Signals(
        tuple(plans.values()),
        tuple(opened.values()),
        _recovery(work, foreseen, before),
        gates,
        tuple(network.roads[int(k)].road for k in full),
        FULL * float(work.model.room_veh[full].sum()),
        _foreseen_with(work, plans, after, advices_of(network, chosen)),
    )


def _recovery(work: _Work, foreseen: Foreseen, usual: Mapping[Turn, float]) -> tuple[SignalPlan, ...]:
    """Return plans for the time after the limit: what comes on a usual day, and the queues that stand, in that time."""
    passing, t = work.passing, work.passing.turning
    queue = np.where(foreseen.queue_veh >= _LEAST_QUEUE_VEH, foreseen.queue_veh, 0.0)
    share = np.where(passing.chance[t.tail] > 0, passing.before, t.share)
    wanted = _by_turn(work.situation.network, t.flow_veh_h + queue[t.tail] * share * 3600.0 / RECOVERS_S)
    moved = [signal for signal in work.situation.signals if is_worth(signal, usual, wanted)]
    found = [with_splits(signal, wanted) for signal in moved]
    return tuple(plan for plan, signal in zip(found, moved, strict=True) if plan != signal.plan)


def _wave_way(work: _Work, chosen: Sequence[Chosen], foreseen: Foreseen) -> tuple[str, ...]:
    """Return the way that gets a green wave: the greatest one, if the diverted are most of the traffic on its roads.

    Elsewhere offsets stay: they suit the traffic that is there on every other day, and is still the greater part.
    """
    flows: dict[tuple[str, ...], float] = defaultdict(float)
    for one, flow in zip(chosen, foreseen.way_veh_h, strict=True):
        for other in chosen:
            flows[other.way.roads] += float(flow) * (other.way.roads[1:] == one.way.roads[-len(other.way.roads) + 1 :])
    main = max(flows, key=lambda roads: flows[roads])
    on_it = [float(foreseen.flow_veh_h[work.situation.network.index[road]]) for road in main[1:]]
    return main if flows[main] >= WAVE_SHARE * sum(on_it) / len(on_it) else ()


def _standing(work: _Work, name: str) -> SignalPlan:
    return next(signal.plan for signal in work.situation.signals if signal.signal_id == name)


def _foreseen_with(
    work: _Work, plans: Mapping[str, SignalPlan], flows: Mapping[Turn, float], advices: Sequence[Advice]
) -> Foreseen:
    known: dict[Turn, float] = {}
    for signal in work.situation.signals:
        if signal.signal_id in plans:
            known |= turn_capacities(signal, plans[signal.signal_id], flows)
    return work.model.run(work.course(_as_array(work.situation.network, known)), advices)


def _wanted(work: _Work, foreseen: Foreseen) -> dict[Turn, float]:
    """Return what turns will have to let through: what is foreseen, but never less than those who have nothing to do
    with the limited road; into it, what it takes.
    """
    passing, t = work.passing, work.passing.turning
    own = t.flow_veh_h * (1.0 - passing.chance[t.head]) * (1.0 - passing.behind[t.tail])
    wanted = np.maximum(foreseen.turn_veh_h, own)
    into = t.head == passing.road
    wanted = np.where(into, np.minimum(wanted, t.flow_veh_h * work.limit.capacity_left), wanted)
    return _by_turn(work.situation.network, wanted)


def _by_turn(network: RoadNetwork, values: Floats) -> dict[Turn, float]:
    pairs = zip(network.turns, values, strict=True)
    return {(turn.from_road, turn.to_road): float(value) for turn, value in pairs}


def _as_array(network: RoadNetwork, known: Mapping[Turn, float]) -> Floats:
    return np.array([known.get((turn.from_road, turn.to_road), np.nan) for turn in network.turns])


def _way(one: Chosen, flow_veh_h: float) -> Way:
    return Way(one.decision.sign.sign_id, one.way.roads, float(flow_veh_h), one.way.time_s, one.decision.usual_s)


def _effects(work: _Work, usual: Foreseen, without: Foreseen, best: Foreseen) -> tuple[RoadEffect, ...]:
    found = []
    for k, road in enumerate(work.situation.network.roads):
        delays = (
            float(without.spent_veh_h[k] - usual.spent_veh_h[k]),
            float(best.spent_veh_h[k] - usual.spent_veh_h[k]),
        )
        if max(abs(delays[0]), abs(delays[1])) >= _WORTH_VEH_H:
            flows = (float(without.flow_veh_h[k]), float(best.flow_veh_h[k]))
            found.append(RoadEffect(road.road, road.capacity_veh_h, *flows, *delays))
    return tuple(sorted(found, key=lambda e: e.delay_with_veh_h - e.delay_without_veh_h))


def texts_of(situation: Situation, limit: Limit, proposal: Proposal, source: str) -> tuple[SignText, ...]:
    """Return what the signs say, one text a sign."""
    by_sign: dict[str, list[Chosen]] = {}
    for one in proposal.chosen:
        by_sign.setdefault(one.decision.sign.sign_id, []).append(one)
    times = (limit.from_utc_ms, limit.until_utc_ms)
    return tuple(
        diversion_text(
            situation.network,
            some[0].decision.sign,
            [(one.decision.destination, one.way.roads) for one in some],
            limit.road,
            limit.capacity_left <= 0,
            times,
            source,
        )
        for some in by_sign.values()
    )
