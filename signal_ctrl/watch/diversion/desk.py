"""Diversions: proposed with what they would bring, ordered by one act, ended by themselves, and measured."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from signal_ctrl.centre.cabinets import every_cabinet, kernel_of
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.desk import CENTRE
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.issuing import assignments_of
from signal_ctrl.centre.plans import by_signal
from signal_ctrl.centre.ports import Importance, Reading, Transaction
from signal_ctrl.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    SignalCtrlError,
)
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_to_json
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.signs import SignText
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.diversion.board import SignBoard
from signal_ctrl.watch.diversion.extent import around, guidance_within
from signal_ctrl.watch.diversion.gate_keeper import GateKeeper
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.diversion.guidance_desk import GuidanceDesk
from signal_ctrl.watch.diversion.measuring import BEFORE_MS, MEASURED_MS, began, mean_of, measured
from signal_ctrl.watch.diversion.plan_dealer import PlanDealer, after_name, open_name
from signal_ctrl.watch.diversion.ports import CityState, TravelTimes
from signal_ctrl.watch.diversion.proposal import COMPLIANCE, Proposal, Situation, propose, texts_of
from signal_ctrl.watch.diversion.signal_plans import RouteSignal, route_signal
from signal_ctrl.watch.diversion.values import (
    DIVERSIONS,
    Brought,
    Diversion,
    DiversionPlan,
    DiversionState,
    Limit,
)
from signal_ctrl.watch.incidents.book import incident_of
from signal_ctrl.watch.incidents.values import INCIDENTS, IncidentState

LAPSES_MS: Final = 15 * 60_000
"""A proposal may be ordered for so long: then the roads are others. [ms] [P]"""
USUAL_MS: Final = 60 * 60_000
"""How long an incident lasts whose end nobody knows. [ms] [P]"""
_MOST: Final = 200


class DiversionDesk:
    """The diversions of the city."""

    def __init__(self, centre: Centre, city: CityState, times: TravelTimes | None = None) -> None:
        """Args: times, predicted travel times; without them the last minute's are taken."""
        self._centre, self._desk, self._city, self._times = centre, centre.desk, city, times
        self.guidance = GuidanceDesk(self._desk)
        self.board = SignBoard(lambda: self.guidance.guidance.signs, [self.texts])
        self._gates, self._dealer = GateKeeper(centre, city), PlanDealer(centre)
        self._recovering: tuple[Diversion, ...] = ()
        self._ordered: tuple[Diversion, ...] = ()
        self._measured_ms = 0
        self._changing = threading.Lock()

    def load(self) -> None:
        """Serve what was ordered before the start."""
        self.guidance.load()
        self._refresh()

    def limit_of(self, incident_id: str) -> Limit:
        """Return the limit that an incident is. Raises: NotFoundError; ConflictError if it is not confirmed."""
        incident = self._desk.store.read(lambda r: incident_of(r, incident_id))
        if incident.state is not IncidentState.CONFIRMED:
            raise ConflictError(f"incident {incident_id} is {incident.state.value}; only a confirmed one is diverted")
        now_ms = self._desk.now_ms()
        known = incident.expected_end.at_utc_ms if incident.expected_end is not None else now_ms + USUAL_MS
        until_ms = max(known, now_ms + LAPSES_MS)
        return Limit(incident.road, min(incident.capacity_left, 0.99), now_ms, until_ms, incident_id)

    def propose(self, actor: Actor, limit: Limit, compliance: float = COMPLIANCE) -> Diversion:
        """Work out a diversion and keep it as a proposal. Nothing acts yet.

        Raises: ForbiddenError; InvalidInputError for a road that is not there; ConflictError while nothing is known.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.ORDER_DIVERSION, now_ms)
        if not 0 < compliance <= 1:
            raise InvalidInputError(f"compliance is a share above 0 and up to 1, got {compliance}")
        network = self._network()
        self._reaches(actor, network.of(limit.road).district)
        situation = self._situation(network, limit)
        proposal = propose(situation, limit, compliance)
        name = self._desk.new_id("dv")
        plan = self._plan(situation, limit, proposal, (name, compliance))
        diversion = Diversion(name, DiversionState.PROPOSED, limit, plan, actor.login, now_ms)

        def work(t: Transaction) -> Diversion:
            return self._kept(t, diversion, actor.login, "propose diversion", f"road {limit.road}")

        return self._desk.act(actor.login, "propose diversion", f"diversion {name}", work)

    def order(self, actor: Actor, diversion_id: str) -> Diversion:
        """Let a proposal act: texts on signs, plans to cabinets; it ends by itself.

        Raises: ForbiddenError; NotFoundError; ConflictError if it is no proposal any more, the road is diverted already
            or it has nothing to order; RefusedError with the reasons of K9.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.ORDER_DIVERSION, now_ms)
        with self._changing:
            found = self.one(diversion_id)
            self._check_order(actor, found, now_ms)
            issued, before = self._dealer.issue(actor, found)
            ordered = replace(
                found,
                state=DiversionState.ORDERED,
                ordered_by=actor.login,
                ordered_utc_ms=now_ms,
                until_utc_ms=found.limit.until_utc_ms,
                issued_plan=issued[0],
                issued_number=issued[1],
                before=before,
                brought=self._began(found, now_ms),
            )

            def work(t: Transaction) -> Diversion:
                return self._kept(t, ordered, actor.login, "order diversion", f"until {ordered.until_utc_ms}")

            obj = f"diversion {diversion_id}"
            try:
                done = self._desk.act(actor.login, "order diversion", obj, work, Importance.ESSENTIAL)
            except SignalCtrlError:
                self._dealer.back(ordered)
                raise
            self._refresh()
        return done

    def end(self, actor: Actor, diversion_id: str, why: str) -> Diversion:
        """End it before its time. Raises: ForbiddenError; NotFoundError; ConflictError if it is not ordered."""
        require(actor, Right.ORDER_DIVERSION, self._desk.now_ms())
        found = self.one(diversion_id)
        network = self._city.network()
        if network is not None and found.limit.road in network.index:
            self._reaches(actor, network.of(found.limit.road).district)
        return self._ended(diversion_id, actor.login, why or "ended by hand")

    def cleared(self, incident_id: str) -> tuple[Diversion, ...]:
        """End what was ordered for an incident, because it is cleared."""
        own = [d for d in self._ordered if incident_id and d.limit.incident_id == incident_id]
        return tuple(self._ended(d.diversion_id, CENTRE, f"incident {incident_id} is cleared") for d in own)

    def one(self, diversion_id: str) -> Diversion:
        """Return a diversion. Raises: NotFoundError."""
        return self._desk.store.read(lambda r: diversion_of(r, diversion_id))

    def listed(self, state: str = "", limit: int = 100) -> tuple[Diversion, ...]:
        """Return diversions, the youngest first."""
        return self._desk.store.read(
            lambda r: r.shelf(DIVERSIONS).find({"state": state} if state else None, limit=limit)
        )

    def texts(self, now_utc_ms: int) -> tuple[SignText, ...]:
        """Return what diversions want on signs now. [ms]"""
        return tuple(t for d in self._ordered for t in d.plan.texts if now_utc_ms < (d.until_utc_ms or 0))

    def tick(self) -> None:
        """End what is over or whose incident is cleared, let old proposals lapse, measure; called once a second."""
        now_ms = self._desk.now_ms()
        self.guidance.tick()
        for diversion in self._ordered:
            why = self._over(diversion, now_ms)
            if why:
                with suppress(ConflictError):  # somebody has ended it meanwhile
                    self._ended(diversion.diversion_id, CENTRE, why)
        self._recovered(now_ms)
        if now_ms - self._measured_ms >= MINUTE_MS or now_ms < self._measured_ms:
            self._measured_ms = now_ms
            self._refresh()
            self._lapse(now_ms)
            self._measure(now_ms)
            for diversion in self._ordered:
                self._gates.tick(diversion)

    def _network(self) -> RoadNetwork:
        network = self._city.network()
        if network is None:
            raise ConflictError("no roads are known yet; 'signal-ctrl roads import' brings them in")
        return network

    def _situation(self, network: RoadNetwork, limit: Limit) -> Situation:
        """Return what is known now: flows of before the limit, travel times as predicted or as of the last minute."""
        latest, n = self._city.latest(), len(network.roads)
        if latest is None or latest.speed_mps.shape != (n,):
            raise ConflictError("nothing is known of the roads yet; wait for the first minute")
        begin_ms = limit.from_utc_ms
        if limit.incident_id:
            incident_id = limit.incident_id
            begin_ms = min(begin_ms, self._desk.store.read(lambda r: incident_of(r, incident_id)).began_utc_ms)
        minutes = [m for m in self._city.minutes(begin_ms - BEFORE_MS) if m.minute_utc_ms < begin_ms] or [latest]
        told = dict(self._times.travel_times_s(limit.from_utc_ms)) if self._times is not None else {}
        near = around(network, limit.road)
        at = [network.index[road.road] for road in near.roads]
        now_s = np.asarray(latest.travel_time_s, dtype=np.float64)[at]
        time_s = {
            road.road: max(told.get(road.road, float(s) if np.isfinite(s) else road.free_time_s), 0.1)
            for road, s in zip(near.roads, now_s, strict=True)
        }
        guidance = guidance_within(self.guidance.guidance, near)
        flows = mean_of(minutes, "flow_veh_h", n)[at]
        return Situation(near, guidance, flows, time_s, self._signals(guidance))

    def _signals(self, guidance: Guidance) -> tuple[RouteSignal, ...]:
        """Return the signals whose movements are known and that have a plan from here."""
        movements = guidance.by_signal
        cabinets = {s: c for s, c in by_signal(self._desk.store.read(every_cabinet)).items() if s in movements}
        assigned = self._desk.store.read(lambda r: assignments_of(r, [c.cabinet for c in cabinets.values()]))
        found = []
        for signal, cabinet in cabinets.items():
            held = assigned[cabinet.cabinet]
            if held.standing is not None and not held.standing.adaptive and held.coming is None:
                found.append(route_signal(kernel_of(cabinet.site), movements[signal], held.standing.plan))
        return tuple(found)

    def _plan(self, situation: Situation, limit: Limit, proposal: Proposal, named: tuple[str, float]) -> DiversionPlan:
        name, compliance = named
        known = by_signal(self._desk.store.read(every_cabinet))

        def part(title: str, plans: tuple[SignalPlan, ...]) -> tuple[str, tuple[str, ...]]:
            return (plan_to_json(Plan(title, plans)) if plans else "", tuple(known[p.signal_id].cabinet for p in plans))

        return DiversionPlan(
            proposal.ways,
            texts_of(situation, limit, proposal, name),
            proposal.effects,
            proposal.gates,
            compliance,
            proposal.affected_veh_h,
            proposal.delay_without_veh_h,
            proposal.delay_with_veh_h,
            *part(name, proposal.plans),
            *part(open_name(name), proposal.open_plans),
            proposal.area,
            proposal.best_veh,
            *part(after_name(name), proposal.recovery_plans),
            proposal.notes,
        )

    def _check_order(self, actor: Actor, found: Diversion, now_ms: int) -> None:
        name = found.diversion_id
        network = self._network()
        self._reaches(actor, network.of(found.limit.road).district)
        if found.state is not DiversionState.PROPOSED or now_ms - found.proposed_utc_ms > LAPSES_MS:
            raise ConflictError(f"diversion {name} is {found.state.value} or too old; propose it anew")
        if not found.plan.texts:
            raise ConflictError(f"diversion {name} has nothing to order: {'; '.join(found.plan.notes)}")
        if now_ms >= found.limit.until_utc_ms:
            raise ConflictError(f"diversion {name} was for a time that is over; propose it anew")
        if any(d.limit.road == found.limit.road for d in self._ordered):
            raise ConflictError(f"road {found.limit.road} is diverted already; end that diversion first")

    def _ended(self, diversion_id: str, who: str, why: str) -> Diversion:
        now_ms, obj = self._desk.now_ms(), f"diversion {diversion_id}"
        with self._changing:
            found = self.one(diversion_id)
            if found.state is not DiversionState.ORDERED:
                raise ConflictError(f"diversion {diversion_id} is {found.state.value}; only an ordered one ends")
            recovers = self._dealer.recover(found, now_ms)
            if recovers is None:
                self._dealer.back(found)
            done = replace(found, state=DiversionState.ENDED, ended_utc_ms=now_ms, why=why[:500])
            done = replace(done, recovers_until_utc_ms=recovers)

            def work(t: Transaction) -> Diversion:
                return self._kept(t, done, who, "end diversion", why[:500])

            try:
                return self._desk.act(who, "end diversion", obj, work, Importance.ESSENTIAL)
            finally:
                self._refresh()

    def _recovered(self, now_ms: int) -> None:
        """Give cabinets their usual plans back once queues had their time to go."""
        for diversion in self._recovering:
            if now_ms >= (diversion.recovers_until_utc_ms or 0):
                self._dealer.back(diversion)
                self._put(diversion.diversion_id, lambda held: replace(held, recovers_until_utc_ms=None))

    def _over(self, diversion: Diversion, now_ms: int) -> str:
        """Return why a diversion is over, empty if it is not."""
        if now_ms >= (diversion.until_utc_ms or 0):
            return "its time is over"
        incident_id = diversion.limit.incident_id
        incident = self._desk.store.read(lambda r: r.shelf(INCIDENTS).get(incident_id)) if incident_id else None
        cleared = incident is not None and incident.state is IncidentState.CLEARED
        return f"incident {incident_id} is cleared" if cleared else ""

    def _lapse(self, now_ms: int) -> None:
        def lapsed(held: Diversion) -> Diversion:
            if held.state is not DiversionState.PROPOSED:
                return held
            return replace(held, state=DiversionState.LAPSED, ended_utc_ms=now_ms, why="never ordered")

        for diversion in self.listed(DiversionState.PROPOSED.value, _MOST):
            if now_ms - diversion.proposed_utc_ms > LAPSES_MS:
                self._put(diversion.diversion_id, lapsed)

    def _began(self, found: Diversion, now_ms: int) -> Brought:
        network = self._network()
        before = [m for m in self._city.minutes(now_ms - BEFORE_MS) if m.minute_utc_ms < now_ms]
        from_ms = now_ms - now_ms % MINUTE_MS
        return began(found, network, before, from_ms)

    def _measure(self, now_ms: int) -> None:
        """Add the minutes that are new to the ledger of what lasts, or ended a short while ago."""
        network = self._city.network()
        if network is None:
            return
        ended = [
            d
            for d in self.listed(DiversionState.ENDED.value, _MOST)
            if now_ms <= (d.ended_utc_ms or 0) + MEASURED_MS + 2 * MINUTE_MS
        ]
        for diversion in (*self._ordered, *ended):
            if diversion.brought is not None:
                row = measured(diversion, network, self._city.minutes(diversion.brought.until_utc_ms))
                if row is not None:
                    self._put(diversion.diversion_id, partial(replace, brought=row))

    def _put(self, diversion_id: str, change: Callable[[Diversion], Diversion]) -> None:
        """Change what is kept of a diversion, whatever became of it meanwhile."""

        def work(t: Transaction) -> None:
            held = t.shelf(DIVERSIONS).get(diversion_id)
            if held is not None:
                t.shelf(DIVERSIONS).put(change(held))

        with self._changing:
            self._desk.store.write(work)
            self._refresh()

    def _kept(self, t: Transaction, diversion: Diversion, who: str, action: str, detail: str) -> Diversion:
        t.shelf(DIVERSIONS).put(diversion)
        t.record(who, action, f"diversion {diversion.diversion_id}", detail, self._desk.now_ms())
        return diversion

    def _refresh(self) -> None:
        self._ordered = self.listed(DiversionState.ORDERED.value, _MOST)
        ended = self.listed(DiversionState.ENDED.value, _MOST)
        self._recovering = tuple(d for d in ended if d.recovers_until_utc_ms is not None)

    def _reaches(self, actor: Actor, district: str) -> None:
        if not actor.reaches(district or None):
            raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone")


def diversion_of(reading: Reading, diversion_id: str) -> Diversion:
    """Return a diversion. Raises: NotFoundError."""
    found = reading.shelf(DIVERSIONS).get(diversion_id)
    if found is None:
        raise NotFoundError(f"there is no diversion {diversion_id}")
    return found
