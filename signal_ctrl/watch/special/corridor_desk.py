"""Corridors of the centre: asked for, followed, ended; each junction kept and given back by the orders of its cabinet.

Every step has its audit record in the same transaction: the request, each junction kept, each road the vehicle came
onto, each junction given back and why, the end. What is given back is given back even where nothing can be written.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import RLock
from typing import Final

from signal_ctrl.centre.cabinets import Cabinet, cabinet_of, every_cabinet, site_of
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.convoy import QUEUE_S, ahead_of
from signal_ctrl.centre.desk import CENTRE
from signal_ctrl.centre.late_writes import LateWrites
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.plans import by_signal
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.preemptions import LIVE, LONGEST_MS, PREEMPTIONS, Preemption
from signal_ctrl.domain.errors import ConflictError, NotFoundError, RefusedError, StorageError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.special.corridor import (
    MARGIN_S,
    Arrival,
    Corridors,
    Hold,
    Need,
    Outcome,
    Release,
    Report,
    Underway,
)
from signal_ctrl.watch.special.flushing import FLOW_VEH_S, flush_s, queue_veh
from signal_ctrl.watch.special.kept_limits import restored
from signal_ctrl.watch.special.limits import Limits
from signal_ctrl.watch.special.ports import RoadState
from signal_ctrl.watch.special.values import CORRIDORS, Corridor, CorridorState, SpecialVehicle
from signal_ctrl.watch.special.vehicle_desk import unrevoked, vehicle_of
from signal_ctrl.watch.special.way import Passage, Way, way_of

POLL_S: Final = 6.0
"""A cabinet has new orders so long after they were made: it polls every 1 to 5 s (SAFETY part B). [s]"""
RED_S: Final = 90.0
"""So long a lane was red before its stage comes, where nobody says. [s] [P]"""
VEHICLE_M: Final = 7.5
GONE_S: Final = 120.0
"""A corridor ends so long after the vehicle was heard of last. [s] [P]"""
ARRIVED_M: Final = 20.0
RUNS_OUT_M: Final = 700.0
"""A likely way is looked for anew when so much of it is left. [m] [P]"""
_MOST: Final = 1_000
_S_MS: Final = 1000


@dataclass(slots=True)
class _Live:
    """A corridor that lasts, with the cabinets on its way, and the road on which the vehicle was last."""

    corridor: Corridor
    way: Way
    cabinets: Mapping[str, Cabinet]
    road: int = -1


class CorridorDesk:
    """All corridors that last, and the junctions that are kept for them."""

    def __init__(
        self,
        centre: Centre,
        roads: RoadState,
        guidance: Callable[[], Guidance | None],
        stages: Callable[[], Mapping[tuple[str, str], str]],
    ) -> None:
        """Args: stages, by turn, what the document of units knows."""
        self._centre, self._desk = centre, centre.desk
        self._roads, self._guidance, self._stages = roads, guidance, stages
        self._corridors = Corridors()
        self._live: dict[str, _Live] = {}
        self._kept: dict[str, Preemption] = {}
        self._late = LateWrites(centre.store)
        self._limits = Limits()
        self._lock = RLock()

    def load(self) -> None:
        """End what lasted when the centre stopped: nobody followed the vehicles meanwhile. What they had counts on."""
        with self._lock:
            self._limits = restored(self._desk.store.read, self._desk.now_ms(), self._now_s())
        live, kept = self._desk.store.read(
            lambda r: (
                r.shelf(CORRIDORS).find({"state": CorridorState.LIVE.value}, limit=_MOST),
                r.shelf(PREEMPTIONS).find({"state": LIVE}, limit=_MOST),
            )
        )
        for preemption in kept:
            self._give_back(preemption, "the centre was started anew")
        for corridor in live:
            self._write_end(corridor, CENTRE, "the centre was started anew; ask again")

    def live(self) -> tuple[Corridor, ...]:
        """Return the corridors that last."""
        with self._lock:
            return tuple(live.corridor for live in self._live.values())

    def kept(self) -> tuple[Preemption, ...]:
        """Return the junctions that are kept now."""
        with self._lock:
            return tuple(self._kept.values())

    def underway(self, vehicle: str) -> Underway | None:
        """Return where a vehicle with a corridor is on its way."""
        return self._corridors.vehicles.get(vehicle)

    def arrivals(self, vehicle: str) -> tuple[tuple[str, Arrival], ...]:
        """Return when a vehicle comes to each signal that is still ahead of it. [s]"""
        with self._lock:
            known, now_s = self._corridors.vehicles.get(vehicle), self._now_s()
            if known is None:
                return ()
            ahead = (one for one in known.way.passages if one.stop_m >= known.report.along_m)
            return tuple((one.signal, known.arrival(one.stop_m, now_s)) for one in ahead)

    def cabinets(self, vehicle: str) -> dict[str, str]:
        """Return the cabinet of each signal on the way of a vehicle, nothing for one without a corridor."""
        with self._lock:
            live = self._live.get(vehicle)
            return {} if live is None else {signal: each.cabinet for signal, each in live.cabinets.items()}

    def begin(self, who: str, vehicle: SpecialVehicle, wish: Corridor) -> Corridor:
        """Give a vehicle a corridor. Who calls has looked at the right of whoever asks.

        Raises: ForbiddenError for one that was revoked; ConflictError if it has one; RefusedError `E/vehicle-rate`;
            NotFoundError without a road network; InvalidInputError for roads without a way or a stage.
        """
        network, now_s = self._network(), self._now_s()
        name = vehicle.vehicle

        def work(t: Transaction) -> _Live:
            unrevoked(vehicle_of(t, name))
            if name in self._live:
                raise ConflictError(f"vehicle {name} has corridor {self._live[name].corridor.corridor}; end it first")
            live = self._planned(t, network, wish)
            self._limits.may_request(name, now_s)
            t.shelf(CORRIDORS).add(wish)
            words = f"{name} ({wish.kind.value}) over {len(wish.roads)} roads, {len(live.way.passages)} signals"
            t.record(who, "request corridor", f"corridor {wish.corridor}", words, wish.asked_utc_ms)
            return live

        with self._lock:
            live = self._desk.act(who, "request corridor", f"vehicle {name}", work)
            self._limits.request(name, now_s)
            self._live[name] = live
            departs_s = now_s + max(wish.departs_utc_ms - self._desk.now_ms(), 0) / _S_MS
            somewhere = Report(now_s - 1.0, 0.0, live.way.lengths_m[0])  # on its first road, until it says where
            self._corridors.begin(Underway(name, wish.kind, live.way, now_s, departs_s, somewhere))
        return wish

    def way_on(self, vehicle: str, roads: tuple[str, ...], report: Report) -> None:
        """Give a vehicle another way on from where it is: it has left the one before, or comes to its end.

        Args: report, where it is on the new way; `at_s` is how old that is. [s]
        Raises: ConflictError if it has no corridor.
        """
        network, now_ms, now_s = self._network(), self._desk.now_ms(), self._now_s()
        with self._lock:
            live, known = self._live.get(vehicle), self._corridors.vehicles.get(vehicle)
            if live is None or known is None:
                raise ConflictError(f"vehicle {vehicle} has no corridor")
            corridor = replace(live.corridor, roads=roads, predicted=True)

            def work(t: Transaction) -> _Live:
                planned = self._planned(t, network, corridor)
                t.shelf(CORRIDORS).put(corridor)
                words = f"from {roads[0]} to {roads[-1]}, on {_place(known)}"
                t.record(f"vehicle:{vehicle}", "change way", f"corridor {corridor.corridor}", words, now_ms)
                return planned

            self._live[vehicle] = planned = self._desk.act(CENTRE, "change way", f"vehicle {vehicle}", work)
            at = replace(report, at_s=now_s - report.at_s)
            self._corridors.begin(known.turned_onto(planned.way, now_s, at))

    def runs_out(self, vehicle: str, along_m: float) -> bool:
        """Tell whether a likely way comes to its end, so that it has to be looked for anew. [m]"""
        with self._lock:
            live = self._live.get(vehicle)
            return live is not None and live.corridor.predicted and live.way.length_m - along_m < RUNS_OUT_M

    def report(self, vehicle: str, along_m: float, spread_m: float, age_s: float) -> None:
        """Take where a vehicle is on its way. [m] [s] Raises: ConflictError if it has no corridor."""
        with self._lock:
            if vehicle not in self._live:
                raise ConflictError(f"vehicle {vehicle} has no corridor")
            self._corridors.report(vehicle, Report(self._now_s() - age_s, along_m, spread_m))

    def check_rate(self, vehicle: str) -> None:
        """Count a report. Raises: RefusedError if it comes too soon."""
        with self._lock:
            self._limits.report(vehicle, self._now_s())

    def end(self, who: str, vehicle: str, why: str) -> Corridor:
        """End the corridor of a vehicle: what is kept for it is given back at once. Raises: NotFoundError."""
        with self._lock:
            live = self._live.pop(vehicle, None)
            if live is None:
                raise NotFoundError(f"vehicle {vehicle} has no corridor")
            known = self._corridors.vehicles.get(vehicle)
            self._release(self._corridors.end(vehicle))
            return self._write_end(live.corridor, who, why, "" if known is None else f", on {_place(known)}")

    def tick(self) -> None:
        """Ask for junctions and give them back; called once a second. What is given back needs no store.

        Raises: StorageError if a junction could not be kept, once everything else is done.
        """
        with self._lock:
            self._late.settle()
            now_s = self._now_s()
            self._release(self._corridors.step(now_s, self._need))
            for vehicle, live in list(self._live.items()):
                self._follow(vehicle, live, now_s)
            try:
                failed = [error for error in map(self._tried, list(self._corridors.holds)) if error is not None]
            finally:
                self._release_unwanted()
        if failed:
            raise failed[0]

    def _tried(self, hold: Hold) -> StorageError | None:
        """Keep a junction; one that is refused, or whose cabinet is gone, is asked for once: it will be so again."""
        try:
            self._keep(hold)
        except (RefusedError, NotFoundError, ConflictError):
            self._corridors.give_up(hold)
        except StorageError as error:
            return error
        return None

    def _follow(self, vehicle: str, live: _Live, now_s: float) -> None:
        """Write down where a vehicle came, and end what has come to its end."""
        known = self._corridors.vehicles[vehicle]
        road = live.way.road_at(known.report.along_m)
        if road != live.road and now_s >= known.departs_s:
            live.road = road
            self._note(vehicle, "enter road", live.corridor, _place(known))
        if not live.corridor.predicted and known.report.along_m >= live.way.length_m - ARRIVED_M:
            self.end(CENTRE, vehicle, "the vehicle is there")
        elif now_s - max(known.report.at_s, known.departs_s) > GONE_S:
            self.end(CENTRE, vehicle, "the vehicle is not heard of")

    def _note(self, who: str, action: str, corridor: Corridor, words: str) -> None:
        now_ms = self._desk.now_ms()
        self._late.write(
            lambda t, late: _recorded(t, f"vehicle:{who}", action, f"corridor {corridor.corridor}", words, now_ms, late)
        )

    def _keep(self, hold: Hold) -> None:
        """Keep a junction, if it is not kept for this already. Raises: what it is refused for; StorageError."""
        live = self._live[hold.vehicle]
        cabinet = live.cabinets[hold.signal]
        known = self._kept.get(hold.signal)
        if known is not None and (known.corridor, known.stage) == (live.corridor.corridor, hold.stage):
            return
        now_ms, now_s = self._desk.now_ms(), self._now_s()
        end_ms = now_ms + LONGEST_MS - min(round((now_s - hold.since_s) * _S_MS), LONGEST_MS - 1)
        new = Preemption(
            self._desk.new_id("pe"), live.corridor.corridor, hold.vehicle, cabinet.cabinet, hold.stage, now_ms, end_ms
        )

        def work(t: Transaction) -> list[Delivery]:
            self._limits.may_keep(hold.vehicle, cabinet.cabinet, now_s)
            if known is not None:
                t.shelf(PREEMPTIONS).put(replace(known, ended_utc_ms=now_ms, why=f"followed by {new.preemption_id}"))
            t.shelf(PREEMPTIONS).add(new)
            words = f"stage {new.stage} for corridor {new.corridor}, until {hold.until_s - now_s:.0f} s from now"
            t.record(f"vehicle:{hold.vehicle}", "keep junction", f"cabinet {cabinet.cabinet}", words, now_ms)
            return self._centre.orders.make_all(
                t, [cabinet_of(t, cabinet.cabinet)], f"pre-emption {new.preemption_id}", now_ms
            )

        made = self._desk.act(f"vehicle:{hold.vehicle}", "keep junction", f"cabinet {cabinet.cabinet}", work)
        self._limits.junction(hold.vehicle, cabinet.cabinet, now_s)
        self._centre.orders.serve(made)
        self._kept[hold.signal] = new

    def _release(self, releases: Iterable[Release]) -> None:
        """Give back what is kept for nobody any more; what somebody else has now is given to them by `_keep`."""
        for release in releases:
            kept = self._kept.get(release.hold.signal)
            if kept is not None and kept.vehicle == release.hold.vehicle and release.outcome is not Outcome.GAVE_WAY:
                del self._kept[release.hold.signal]
                self._give_back(kept, release.outcome.value)

    def _release_unwanted(self) -> None:
        """Give back what gave way to somebody who did not get it."""
        wanted = {(hold.signal, hold.vehicle) for hold in self._corridors.holds}
        for signal, kept in list(self._kept.items()):
            if (signal, kept.vehicle) not in wanted:
                del self._kept[signal]
                self._give_back(kept, Outcome.GAVE_WAY.value)

    def _give_back(self, preemption: Preemption, why: str) -> None:
        """Give a junction back, whether that can be written or not."""
        now_ms = self._desk.now_ms()
        over = replace(preemption, ended_utc_ms=now_ms, why=why)
        made: list[Delivery] = []
        if self._late.write(partial(self._write_back, over, made)):
            self._centre.orders.serve(made)
        else:
            self._centre.orders.without_store(frozenset({over.preemption_id}), now_ms)

    def _write_back(self, over: Preemption, made: list[Delivery], t: Transaction, late: bool) -> None:
        t.shelf(PREEMPTIONS).put(over)
        who, obj = f"vehicle:{over.vehicle}", f"cabinet {over.cabinet}"
        _recorded(t, who, "give junction back", obj, over.why, over.ended_utc_ms or 0, late)
        made[:] = self._centre.orders.make_all(
            t, [cabinet_of(t, over.cabinet)], f"pre-emption {over.preemption_id} is over", self._desk.now_ms()
        )

    def _write_end(self, corridor: Corridor, who: str, why: str, where: str = "") -> Corridor:
        over = replace(corridor, ended_utc_ms=self._desk.now_ms(), ended_by=who, why=why)

        def work(t: Transaction, late: bool) -> None:
            t.shelf(CORRIDORS).put(over)
            _recorded(
                t, who, "end corridor", f"corridor {over.corridor}", f"{why}{where}", over.ended_utc_ms or 0, late
            )

        self._late.write(work)
        return over

    def _need(self, passage: Passage, arrival: Arrival, before_s: float) -> Need:
        """Return what a junction needs by what the roads show; of its lamps the worst change is taken."""
        cabinet = next(live.cabinets[passage.signal] for live in self._live.values() if passage.signal in live.cabinets)
        state = self._roads.state_of(passage.from_road)
        flow_veh_s = FLOW_VEH_S if state.flow_veh_s is None else state.flow_veh_s
        flushed_s = flush_s(queue_veh(state.queue_m / VEHICLE_M, RED_S, flow_veh_s), before_s)
        return Need(
            passage.stage, ahead_of(cabinet.site, passage.stage) - QUEUE_S + flushed_s + MARGIN_S + POLL_S, flushed_s
        )

    def _planned(self, reading: Reading, network: RoadNetwork, corridor: Corridor) -> _Live:
        cabinets = by_signal(every_cabinet(reading))
        sites = {signal: site_of(cabinet.site) for signal, cabinet in cabinets.items()}
        way = way_of(network, corridor.roads, sites, self._guidance(), self._stages())
        return _Live(corridor, way, {one.signal: cabinets[one.signal] for one in way.passages})

    def _network(self) -> RoadNetwork:
        network = self._roads.network()
        if network is None:
            raise NotFoundError("there is no road network yet; import one first")
        return network

    def _now_s(self) -> float:
        return self._desk.clock.mono_ms() / _S_MS


def _place(known: Underway) -> str:
    """Return where a vehicle was last: the road, and how far along its way. [m]"""
    at = known.report
    return f"{known.way.roads[known.way.road_at(at.along_m)]} at {at.along_m:.0f} m"


def _recorded(t: Transaction, who: str, action: str, obj: str, words: str, at_ms: int, late: bool) -> None:
    t.record(who, action, obj, words, at_ms, late)
