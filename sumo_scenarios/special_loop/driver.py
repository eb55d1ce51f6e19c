"""The driver of a run with special vehicles: reports of their positions, their corridor, and the claims it makes."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.kernel.state import Request, Source, Wish
from signal_ctrl.watch.special.corridor import Corridors, Hold, Need, Release, Report, Underway
from signal_ctrl.watch.special.flushing import flush_s
from signal_ctrl.watch.special.way import Passage, Way, way_of
from sumo_scenarios.diversion_loop.street import guidance_of, roads_of_world
from sumo_scenarios.driver import ControlledJunction, KernelDriver
from sumo_scenarios.logs import EventLog
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.special_loop.order import NOISE_M, REPORT_S, SpecialOrder, SpecialTrip
from sumo_scenarios.world import World

LOG: Final = "special.jsonl"
EVERY_S: Final = 1.0
_LOOKS_AHEAD_DS: Final = 1_000
_UNKNOWN_READY_S: Final = 60.0
_LIFE_DS: Final = 50


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
        self._trips = {trip.vehicle: trip for trip in order.trips} if order.corridor else {}
        self._waiting = sorted(self._trips.values(), key=lambda trip: trip.departs_s - trip.notice_s)
        self._signals = {junction.signal: junction for junction in self.junctions}
        self._corridors = Corridors()
        self._places: dict[str, int] = {}
        self._claims: dict[str, tuple[Hold, int]] = {}
        self._needs: dict[str, Need] = {}
        self._noise = np.random.default_rng(settings.seed)
        self._sequence = 0
        self._next_s, self._next_report_s = begin_s, begin_s
        self._tale = (folder / LOG).open("w", encoding="utf-8")

    def step(self, time_s: float) -> None:
        """Act for signals; hear vehicles, and ask and give back what is due. [s]"""
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

    def finish(self) -> None:
        """Close the logs."""
        super().finish()
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
        self._write(time_s, "report", vehicle=vehicle, along_m=round(along_m, 1))

    def _need(self, passage: Passage, before_s: float) -> Need:
        junction = self._signals[passage.signal]
        layout, site = junction.unit.layout, junction.unit.site
        stage = [one.name for one in site.stages].index(passage.stage)
        moves = turn_of(junction, passage)
        groups = frozenset(layout.movements[m].group for m in moves if layout.movements[m].group >= 0)
        seen = junction.engine.foresee(stage, groups, _LOOKS_AHEAD_DS)
        lanes = sorted({layout.movements[m].lane for m in moves})
        waiting = [0.0] if junction.view is None else [float(junction.view.n_vehicles[lane]) for lane in lanes]
        ready_s = _UNKNOWN_READY_S if seen.lit_ds is None else seen.lit_ds / 10
        kept_s = math.inf if seen.lost_ds is None else seen.lost_ds / 10
        self._needs[passage.signal] = need = Need(ready_s, flush_s(max(waiting), before_s), kept_s)
        return need

    def _ask_for(self, hold: Hold, time_s: float) -> None:
        """Bring a hold to the kernel where it is new, or lasts longer than what was asked for."""
        known = self._claims.get(hold.signal)
        if known is not None and known[0].vehicle == hold.vehicle and known[0].since_s == hold.since_s:
            return
        junction, now_ds = self._signals[hold.signal], int(time_s * 10 + 1e-6)
        stage = [one.name for one in junction.unit.site.stages].index(hold.stage)
        self._sequence += 1
        request = Request(Source.PREEMPTION, self._sequence, now_ds, now_ds + _LIFE_DS, Wish.HOLD, stage)
        refused = junction.engine.ask(request, now_ds)
        need = self._needs[hold.signal]
        self._write(
            time_s, "hold", vehicle=hold.vehicle, signal=hold.signal, stage=hold.stage, refused=refused,
            ready_s=need.ready_s, flush_s=need.flush_s, kept_s=None if math.isinf(need.kept_s) else need.kept_s,
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


def turn_of(junction: ControlledJunction, passage: Passage) -> tuple[int, ...]:
    """Return the movements of a signal that make the turn of a passage."""
    layout = junction.unit.layout
    return tuple(
        m
        for m, movement in enumerate(layout.movements)
        if layout.lanes[movement.lane].edge_id == passage.from_road
        and layout.exits[movement.exit].lane_id.rpartition("_")[0] == passage.to_road
    )


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
    return found
