"""The driver of a run with special vehicles: reports of their positions, their corridor, and the claims it makes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.engine.foreseen import Wanted, is_lit
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.state import Request, Source, Wish
from signal_ctrl.watch.special.corridor import (
    LONGEST_S,
    MARGIN_S,
    Arrival,
    Corridors,
    Hold,
    Need,
    Release,
    Report,
    Underway,
)
from signal_ctrl.watch.special.flushing import flush_s, queue_veh
from signal_ctrl.watch.special.way import Passage, Way, way_of
from sumo_scenarios.diversion_loop.street import guidance_of, roads_of_world
from sumo_scenarios.driver import ControlledJunction, KernelDriver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.net_reader import Net
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.special_loop.order import NOISE_M, REPORT_S, Others, SpecialOrder, SpecialTrip
from sumo_scenarios.special_loop.witness import Held, Witness, drive_row
from sumo_scenarios.world import World

LOG: Final = "special.jsonl"
EVERY_S: Final = 1.0
_LOOK_DS: Final = 40
_LIFE_DS: Final = 50
_SERVED_DS: Final = 200
NEAR_S: Final = 6.0
"""Nothing else is asked for any more when the vehicle is so near. [s] [P]"""


class _Turn(NamedTuple):
    """What a turn is made by: groups and lanes; `away_s`, its stage may take so long to come. [s]"""

    groups: frozenset[int]
    lanes: tuple[int, ...]
    away_s: float


class _Look(NamedTuple):
    """What was foreseen for a passage: when [ds], and what to serve first."""

    at_ds: int
    first: str


class SpecialDriver(KernelDriver):
    """Signals that look and decide, and special vehicles that ask for their corridor."""

    def __init__(
        self,
        order: SpecialOrder,
        world: World,
        settings: RunSettings,
        simulation: Simulation,
        folder: Path,
        begin_s: float,
        events: EventLog,
    ) -> None:
        super().__init__(world, settings, simulation, folder, begin_s, events)
        self._ways = ways_of(world, begin_s, order.trips)
        self._witness = Witness(order.trips, simulation, begin_s)
        self._keeps_to_lamps = order.others is Others.RESCUE_LANE
        self._told: set[str] = set()
        self._trips = {trip.vehicle: trip for trip in order.trips} if order.corridor else {}
        self._waiting = sorted(self._trips.values(), key=lambda trip: trip.departs_s - trip.notice_s)
        self._signals = {junction.signal: junction for junction in self.junctions}
        self._corridors = Corridors()
        self._places: dict[str, int] = {}
        self._claims: dict[str, tuple[Hold, int]] = {}
        self._net = world.net
        self._looked: dict[Passage, _Look] = {}
        self._turns: dict[tuple[str, str, str], _Turn] = {}
        self._noise = np.random.default_rng(settings.seed)
        self._sequence = 0
        self._next_s, self._next_report_s = begin_s, begin_s
        self._tale = (folder / LOG).open("w", encoding="utf-8")

    def step(self, time_s: float) -> None:
        """Act for signals; hear vehicles, and ask and give back what is due. [s]"""
        self._watch(time_s)
        super().step(time_s)
        if time_s < self._next_s or not self._trips:
            return
        self._next_s = time_s + EVERY_S
        while self._waiting and self._waiting[0].departs_s - self._waiting[0].notice_s <= time_s:
            self._begin(self._waiting.pop(0), time_s)
        if time_s >= self._next_report_s:
            self._next_report_s = time_s + REPORT_S
            for vehicle in list(self._corridors.vehicles):
                self._hear(vehicle, time_s)
        for release in self._corridors.step(time_s, self._need):
            self._give_back(release, time_s)
        for hold in self._corridors.holds:
            self._ask_for(hold, time_s)

    def _watch(self, time_s: float) -> None:
        """Look at the vehicles under the lamps of the last step; who has just set out is told to keep to them."""
        driving = self._witness.step(time_s, self._held)
        for vehicle in driving.keys() - self._told if self._keeps_to_lamps else ():
            self._simulation.keep_to_lamps(vehicle)
            self._told.add(vehicle)

    def _held(self, signal: str) -> Held | None:
        """Return what is asked of a signal for a special vehicle."""
        claim = self._claims.get(signal)
        if claim is None:
            return None
        hold = claim[0]
        own = {p.stage for p in self._ways[hold.vehicle].passages if p.signal == signal}
        return Held(hold.vehicle, hold.stage in own)

    def finish(self) -> None:
        """Close the logs."""
        super().finish()
        for vehicle, seen in self._witness.seen.items():
            self._tale.write(json.dumps(drive_row(vehicle, seen), ensure_ascii=False) + "\n")
        self._tale.close()

    def _begin(self, trip: SpecialTrip, time_s: float) -> None:
        way = self._ways[trip.vehicle]
        self._corridors.begin(
            Underway(trip.vehicle, trip.kind, way, time_s, trip.departs_s, Report(time_s, 0.0, NOISE_M))
        )
        self._write(time_s, "request", vehicle=trip.vehicle, signals=[p.signal for p in way.passages])

    def _hear(self, vehicle: str, time_s: float) -> None:
        """Take the report of a vehicle on the road; who has arrived needs its corridor no more."""
        trip, place = self._trips[vehicle], self._simulation.place_of(vehicle)
        if place is None:
            if vehicle in self._places or time_s > trip.departs_s + self._ways[vehicle].free_s[-1] * 10:
                for release in self._corridors.end(vehicle):
                    self._give_back(release, time_s)
                self._write(time_s, "end", vehicle=vehicle)
            elif time_s > trip.departs_s:
                self._corridors.report(vehicle, Report(time_s, 0.0, NOISE_M))
            return
        edge, on_edge_m = place
        way, seen = self._ways[vehicle], self._places.get(vehicle, 0)
        inside = edge.startswith(":")
        k = seen if inside else way.roads.index(edge, seen) if edge in way.roads[seen:] else seen
        self._places[vehicle] = k
        along_m = way.begins_m[k] + (way.lengths_m[k] if inside else 0.0) + on_edge_m
        along_m += float(self._noise.normal(0.0, NOISE_M))
        self._corridors.report(vehicle, Report(time_s, max(along_m, 0.0), NOISE_M))
        self._write(time_s, "report", vehicle=vehicle, along_m=round(along_m, 1), lamps=self._lamps(way, along_m))

    def _lamps(self, way: Way, along_m: float) -> str:
        """Return the next signal and the lamps of the turn that is made there."""
        passage = next((one for one in way.passages if one.stop_m > along_m - 10), None)
        if passage is None:
            return ""
        junction, turn = self._signals[passage.signal], self._turn(passage)
        site, lamps = junction.unit.site, junction.engine.lamps
        return f"{passage.signal} " + "".join(lamps[k] for g in sorted(turn.groups) for k in site.groups[g].links)

    def _need(self, passage: Passage, arrival: Arrival, before_s: float) -> Need:
        junction, turn = self._signals[passage.signal], self._turn(passage)
        waiting = [0.0] if junction.view is None else [float(junction.view.n_vehicles[lane]) for lane in turn.lanes]
        red_s = max((_red_s(junction, g) for g in turn.groups), default=0.0)
        flushed_s = flush_s(queue_veh(max(waiting), red_s + turn.away_s if red_s else 0.0), before_s)
        need = Need(passage.stage, turn.away_s + flushed_s + MARGIN_S, flushed_s)
        if NEAR_S < arrival.early_s <= need.lead_s + turn.away_s:
            need = self._before(passage, arrival, need)
        return need

    def _before(self, passage: Passage, arrival: Arrival, need: Need) -> Need:
        """Return what to ask for before the stage of the passage, if anything.

        The lanes beside that of a turn go first; and so do those whom the limits of K4 would serve in the middle of the
        arrival. That is looked at every few seconds until the vehicle is near: a green that was asked for early, so
        that a queue may leave, is opposed all the while and may reach its maximum just then. Others are served between.
        """
        if passage.beside and arrival.early_s > need.lead_s:
            return Need(passage.beside, arrival.early_s, need.flush_s)
        junction = self._signals[passage.signal]
        now_ds, looked = junction.engine.frame_ds, self._looked.get(passage)
        if looked is None or (now_ds - looked.at_ds >= _LOOK_DS and not self._serves(junction, looked, passage)):
            self._looked[passage] = looked = self._look(junction, passage, arrival, need.flush_s)
        if looked.first == passage.stage:
            return need
        return Need(looked.first, max(need.lead_s, arrival.early_s), need.flush_s)

    def _look(self, junction: ControlledJunction, passage: Passage, arrival: Arrival, flush_s: float) -> _Look:
        now_ds, names = junction.engine.frame_ds, [one.name for one in junction.unit.site.stages]
        early_ds, late_ds = round(10 * arrival.early_s), round(10 * arrival.late_s)
        stage, groups = names.index(passage.stage), self._turn(passage).groups
        wanted = Wanted(stage, groups, early_ds, late_ds, round(10 * flush_s))
        best, _ = junction.engine.foresee(wanted, junction.stages(now_ds / 10))
        return _Look(now_ds, names[best.first])

    def _serves(self, junction: ControlledJunction, looked: _Look, passage: Passage) -> bool:
        """Tell whether another stage was asked for first and is not lit yet: it is not given up half-way."""
        if looked.first == passage.stage or junction.engine.frame_ds - looked.at_ds >= _SERVED_DS:
            return False
        stage = [one.name for one in junction.unit.site.stages].index(looked.first)
        return not is_lit(junction.engine.kernel, junction.engine.core, stage)

    def _turn(self, passage: Passage) -> _Turn:
        """Return what a turn is made by, worked out once."""
        key = passage.signal, passage.from_road, passage.to_road
        if key not in self._turns:
            self._turns[key] = turn_of(self._signals[passage.signal], passage, self._net)
        return self._turns[key]

    def _ask_for(self, hold: Hold, time_s: float) -> None:
        """Bring a hold to the kernel where it is new, or asks for another stage than before."""
        known = self._claims.get(hold.signal)
        if known is not None and (known[0].vehicle, known[0].since_s, known[0].stage) == (
            hold.vehicle, hold.since_s, hold.stage,
        ):  # fmt: skip
            return
        junction, now_ds = self._signals[hold.signal], int(time_s * 10 + 1e-6)
        stage = [one.name for one in junction.unit.site.stages].index(hold.stage)
        self._sequence += 1
        ends_ds = int((hold.since_s + LONGEST_S) * 10)
        request = Request(Source.PREEMPTION, self._sequence, now_ds, now_ds + _LIFE_DS, Wish.HOLD, stage, ends_ds)
        refused = junction.engine.ask(request, now_ds)
        self._write(
            time_s, "hold", vehicle=hold.vehicle, signal=hold.signal, stage=hold.stage, refused=refused,
            until_s=round(hold.until_s, 1),
        )  # fmt: skip
        if not refused:
            self._claims[hold.signal] = hold, self._sequence

    def _give_back(self, release: Release, time_s: float) -> None:
        hold = release.hold
        known = self._claims.pop(hold.signal, None)
        if known is not None:
            self._signals[hold.signal].engine.release(Source.PREEMPTION, known[1], int(time_s * 10 + 1e-6))
        self._write(time_s, "release", vehicle=hold.vehicle, signal=hold.signal, why=release.outcome.value)

    def _write(self, time_s: float, what: str, **row: Any) -> None:
        self._tale.write(json.dumps({"time_s": round(time_s, 1), "what": what, **row}, ensure_ascii=False) + "\n")


def _red_s(junction: ControlledJunction, group: int) -> float:
    """Return since when a group is red, 0 if it is green. [s]"""
    state = junction.engine.core.groups[group]
    return 0.0 if state.right.is_green else max(junction.engine.frame_ds - state.ended_ds, 0) / 10


def turn_of(junction: ControlledJunction, passage: Passage, net: Net) -> _Turn:
    """Return the lanes and groups of the turn of a passage, and how long its stage may take to come."""
    layout, site = junction.unit.layout, junction.unit.site
    moves = [
        movement
        for movement in layout.movements
        if layout.lanes[movement.lane].edge_id == passage.from_road
        and net.lanes[layout.exits[movement.exit].lane_id].edge_id == passage.to_road
        and net.lanes[layout.lanes[movement.lane].lane_id].motorised
    ]
    stage = [one.name for one in site.stages].index(passage.stage)
    others = [k for k in range(len(site.stages)) if k != stage]
    tables = stage_tables(junction.engine.kernel, {(k, stage) for k in others})
    away_s = max((float(tables.min_green_s[k] + tables.settled_s[k, stage]) for k in others), default=0.0)
    groups = frozenset(movement.group for movement in moves if movement.group >= 0)
    return _Turn(groups, tuple(sorted({movement.lane for movement in moves})), away_s)


def ways_of(world: World, begin_s: float, trips: tuple[SpecialTrip, ...]) -> Mapping[str, Way]:
    """Return the ways of special vehicles through a world. [s]

    Raises: InvalidInputError for edges that are not there or do not follow one another.
    """
    network = roads_of_world(world, begin_s)
    guidance, sites = guidance_of(world, network, {}), {unit.site.signal_id: unit.site for unit in world.units}
    found = {}
    for trip in trips:
        try:
            found[trip.vehicle] = way_of(network, trip.edges, sites, guidance)
        except InvalidInputError as error:
            raise InvalidInputError(f"special vehicle {trip.vehicle}: {error}") from error
        last_m = found[trip.vehicle].lengths_m[-1]
        if trip.arrives_m is not None and trip.arrives_m > last_m:
            raise InvalidInputError(
                f"special vehicle {trip.vehicle}: 'arrives_m' is {trip.arrives_m:g}, its last edge has {last_m:.1f} m"
            )
    return found
