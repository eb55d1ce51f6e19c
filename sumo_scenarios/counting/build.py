"""From counts to a scenario that reproduces them, and how well it does."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.geh import GehTable, geh_table, table_to_csv
from signal_ctrl.domain.place_counts import PlaceCounts, place_name
from signal_ctrl.gateways.whole_file import new_folder
from sumo_scenarios.counting.candidates import Candidate, candidate_routes, check_reached
from sumo_scenarios.counting.departures import fitted_departures
from sumo_scenarios.counting.passages import Clock, Departure, count_departures
from sumo_scenarios.counting.places import Contradiction, CountedPlaces, contradictions, find_places
from sumo_scenarios.counting.scenario_files import Model, read_model, write_scenario
from sumo_scenarios.counting.simulated import Passed, simulate
from sumo_scenarios.counting.streets import read_streets
from sumo_scenarios.net_reader import read_net

SHOWN: Final = 10
LOUD: Final = 0.05
"""Contradictions above this share of what was counted there are told. 0-1"""

Draw = Callable[[GehTable, GehTable | None], str]
"""Returns the picture of counted and reproduced volumes as SVG."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemandOrder:
    """A demand to be made. `source` is a network file, a `.sumocfg` or a catalogue name; `runs` verify it (0: none)."""

    source: str
    counts: PlaceCounts
    seed: int = 1
    mid_block: bool = False
    runs: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**31:
            raise InvalidInputError(f"--seed needs 0 to {2**31 - 1}, got {self.seed}")
        if not 0 <= self.runs <= 100:
            raise InvalidInputError(f"--verify needs 0 to 100 runs, got {self.runs}")
        if not self.counts.total_veh() > 0:
            raise InvalidInputError("the counts hold no vehicle: there is no demand to be made")


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand that stands. `routes` compares counts with free passages of the routes, `simulated` with runs."""

    config: Path
    vehicles: int
    candidates: int
    routes: GehTable
    simulated: GehTable | None
    never_departed: float | None
    contradictions: tuple[Contradiction, ...]
    notices: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the summary, as `demand.json` holds it."""
        return {
            "config": self.config.name,
            "vehicles": self.vehicles,
            "candidates": self.candidates,
            "routes": _figures(self.routes),
            "simulated": None if self.simulated is None else _figures(self.simulated),
            "never_departed_veh": self.never_departed,
            "contradictions": [
                {"where": each.where, "enters_veh": each.enters_veh, "leaves_veh": each.leaves_veh}
                for each in self.contradictions
            ],
            "notices": list(self.notices),
        }


def _figures(table: GehTable) -> dict[str, Any]:
    worst = [
        {
            "place": place_name(row.place), "begin_s": row.begin_s, "end_s": row.end_s,
            "counted_veh": row.counted_veh, "modelled_veh": round(row.modelled_veh, 2), "geh": round(row.geh, 2),
        }
        for row in table.worst(SHOWN)
    ]  # fmt: skip
    return {
        "rows": len(table.rows),
        "share_geh_below_5": table.share_good,
        "largest_geh": worst[0]["geh"],
        "counted_veh": table.counted_veh,
        "modelled_veh": table.modelled_veh,
        "total_error": table.total_error,
        "r_squared": table.r_squared,
        "worst": worst,
    }


def build_demand(order: DemandOrder, out: Path, draw: Draw, say: Say) -> Demand:
    """Write a runnable scenario whose demand reproduces counts into a new folder, all or nothing.

    Raises: InvalidInputError for a folder that exists, counts that the network cannot have, a network without streets;
    BackendError if SUMO fails in the verification.
    """
    if out.exists():
        raise InvalidInputError(f"{out} exists; name a folder that does not")
    model = read_model(order.source)
    streets = read_streets(read_net(model.net))
    places, notices = find_places(streets, order.counts)
    clashes = contradictions(places, order.counts)
    say("candidate routes")
    candidates = candidate_routes(places, order.mid_block, np.random.default_rng((order.seed, 0)))
    check_reached(places, candidates, _wanted(places, order.counts))
    with new_folder(out) as folder:
        maker = _Maker(order, model, places, candidates, folder, out.name, say)
        departures, passed = maker.best()
        table = maker.of_routes(departures)
        simulated = geh_table(maker.known, passed.vehicles) if passed is not None else None
        config = write_scenario(model, folder, out.name, departures, maker.end_s, maker.dice(2))
        demand = Demand(
            config=out / config.name,
            vehicles=len(departures),
            candidates=len(candidates),
            routes=table,
            simulated=simulated,
            never_departed=passed.never_departed if passed is not None else None,
            contradictions=clashes,
            notices=(*notices, *_notices(table, clashes, order.mid_block)),
        )
        _write_reports(demand, folder, draw)
    return demand


def _wanted(places: CountedPlaces, counts: PlaceCounts) -> list[tuple[str, ...]]:
    known = {*places.turns.values(), *places.links.values()}
    return [p for p in counts.places() if p in known and any(own.get(p, 0.0) > 0 for own in counts.vehicles)]


def _write_reports(demand: Demand, folder: Path, draw: Draw) -> None:
    (folder / "geh.csv").write_text(table_to_csv(demand.routes, demand.simulated), encoding="utf-8")
    (folder / "scatter.svg").write_text(draw(demand.routes, demand.simulated), encoding="utf-8")
    text = json.dumps(demand.document(), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "demand.json").write_text(text + "\n", encoding="utf-8")


def _notices(table: GehTable, clashes: Sequence[Contradiction], mid_block: bool) -> list[str]:
    loud = [each for each in clashes if abs(each.difference_veh) > LOUD * max(each.enters_veh, each.leaves_veh)]
    found = []
    if loud:
        fix = "" if mid_block else "; if vehicles really begin or end there, add --mid-block"
        found.append(
            f"{len(loud)} stretches or junctions without another way have counts that differ by over {LOUD:.0%}: the "
            f"demand is the least-squares compromise{fix}"
        )
    if table.short:
        found.append(f"{table.short} counts cover less than a quarter of an hour: chance decides their GEH")
    return found


class _Maker:
    """Makes the vehicles of one order, with free driving times and, where it is simulated, with measured ones."""

    def __init__(
        self,
        order: DemandOrder,
        model: Model,
        places: CountedPlaces,
        candidates: Sequence[Candidate],
        folder: Path,
        name: str,
        say: Say,
    ) -> None:
        self._order, self._model, self._places, self._candidates = order, model, places, candidates
        self._folder, self._name, self._say = folder, name, say
        known = {*places.turns.values(), *places.links.values()}
        kept = tuple({p: veh for p, veh in own.items() if p in known} for own in order.counts.vehicles)
        self.known = PlaceCounts(order.counts.periods, kept)
        self.end_s = order.counts.periods[-1][1]
        self._clock = Clock(places.streets)

    def dice(self, purpose: int) -> np.random.Generator:
        """Return a generator of random numbers for one purpose."""
        return np.random.default_rng((self._order.seed, purpose))

    def best(self) -> tuple[tuple[Departure, ...], Passed | None]:
        """Return the vehicles, those made with measured driving times if a simulation shows that they are better."""
        departures = self._fit(self._clock)
        if not self._order.runs:
            return departures, None
        passed = self._simulated(departures)
        measured = Clock(self._places.streets, {e: t for e, t in passed.edges_s.items() if e >= 0})
        again = self._fit(measured)
        passed_again = self._simulated(again)
        if self._quality(passed_again) > self._quality(passed):
            self._clock = measured
            return again, passed_again
        return departures, passed

    def of_routes(self, departures: Sequence[Departure]) -> GehTable:
        """Return the comparison of the counts with what the routes pass, by the driving times they were made with."""
        found = count_departures(self._places, self._clock, self.known.periods, departures)
        return geh_table(self.known, found)

    def _fit(self, clock: Clock) -> tuple[Departure, ...]:
        self._say("vehicles that reproduce the counts")
        return fitted_departures(self._places, clock, self._candidates, self.known, self.dice(1))

    def _simulated(self, departures: Sequence[Departure]) -> Passed:
        config = write_scenario(self._model, self._folder, self._name, departures, self.end_s, self.dice(2))
        self._say(f"{self._order.runs} runs to verify")
        return simulate(config, self._places, self.known.periods, range(1, self._order.runs + 1))

    def _quality(self, passed: Passed) -> tuple[float, float]:
        table = geh_table(self.known, passed.vehicles)
        return table.share_good, -sum(row.geh for row in table.rows)
