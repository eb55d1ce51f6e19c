"""The runs of the campaign, each once: the same trips with their corridor and without it, by the same seeds."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench.lamps import longest_red_s
from bench.ledger import append_lines, by_run
from bench.referees import wrong_lamps
from signal_ctrl.domain.profile import STREET
from sumo_scenarios.arguments import TLS_STATES
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.special_loop.order import Others, SpecialOrder
from sumo_scenarios.special_loop.run import SpecialRun, run_special
from sumo_scenarios.special_loop.trips import Spacing, free_times_s, random_trips, world_of

Line = dict[str, Any]
Told = Callable[[str], None]
BIN_S: Final = 60
"""Delay of everybody is kept by minutes. [s]"""


@dataclass(frozen=True, slots=True)
class Case:
    """A network in its peak under a controller. Trips of one run set out one after the other. [s]

    `after_s`, the run goes on for so long after the last one has set out; None: for `apart_s`.
    """

    scenario: str = "newtown"
    controller: str = "adaptive"
    begin_s: float = 25_200.0
    first_s: float = 25_800.0
    apart_s: float = 420.0
    trips: int = 5
    others: Others = Others.NOBODY
    after_s: float | None = None

    def order(self, seed: int) -> SpecialOrder:
        """Return the run of a seed, with its corridors. The seed draws the trips and SUMO's drivers."""
        settings = RunSettings(
            self.scenario, self.controller, seed, profile=STREET, begin_s=self.begin_s, end_s=self.end_s
        )
        trips = random_trips(world_of(settings), Spacing(self.first_s, self.apart_s, self.trips), seed)
        return SpecialOrder(settings, trips, others=self.others)

    @property
    def end_s(self) -> float:
        """End of a run. [s]"""
        last_s = self.first_s + (self.trips - 1) * self.apart_s
        return last_s + (self.apart_s if self.after_s is None else self.after_s)

    @property
    def name(self) -> str:
        """What the case is called in the ledger."""
        others = "" if self.others is Others.NOBODY else f"/{self.others.value}"
        when = f"{self.trips} trips from {self.first_s:g} every {self.apart_s:g} s"
        when += "" if self.after_s is None else f" and {self.after_s:g} s"
        return f"{self.scenario}/{self.controller}/{when}{others}"

    def key(self, seed: int, corridor: bool) -> str:
        """Return the name of a run in the ledger."""
        return f"{self.name}/{'corridor' if corridor else 'none'}/s{seed}"


class Campaign:
    """Runs that the ledger does not hold are made and appended; it goes on where it was interrupted."""

    def __init__(self, ledger: Path, told: Told = lambda _: None) -> None:
        self._ledger, self._told = ledger, told
        self._known = by_run(ledger)

    def run(self, case: Case, seed: int, corridor: bool) -> Line:
        """Return the line of a run, made now if it is not there."""
        key = case.key(seed, corridor)
        if key not in self._known:
            self._told(key)
            order = replace(case.order(seed), corridor=corridor)
            with tempfile.TemporaryDirectory(prefix="signal-ctrl-special-") as scratch:
                folder = Path(scratch) / "run"
                line = {"key": key, **line_of(order, run_special(order, folder=folder), free_times_s(order))}
                line |= lamps_of(folder, order.trips[0].departs_s - order.trips[0].notice_s)
            append_lines(self._ledger, [line])
            self._known[key] = line
        return self._known[key]


def lamps_of(folder: Path, asked_s: float) -> Line:
    """Return what SUMO's record of the lamps shows: wrong ones by rule as the independent referee finds them, the
    longest red, and the longest one that ended after somebody had first asked for a corridor. [s]

    Raises: BackendError if the record is damaged or the referee breaks off.
    """
    return {
        "wrong_lamps": wrong_lamps(folder, STREET.ped_speed_mps),
        "longest_red_s": longest_red_s(folder / TLS_STATES),
        "longest_red_asked_s": longest_red_s(folder / TLS_STATES, asked_s),
    }


def line_of(order: SpecialOrder, run: SpecialRun, free_s: Sequence[float]) -> Line:
    """Return a run as a line of the ledger. [s] [m] [veh s]"""
    rows = [
        {
            "vehicle": drive.vehicle,
            "kind": trip.kind.value,
            "departs_s": trip.departs_s,
            "signals": signals_of(run.log, drive.vehicle),
            "length_m": round(drive.length_m, 1),
            "took_s": drive.took_s,
            "free_s": free,
            "waited_s": drive.waited_s,
            "stops": drive.stops,
            **driven_of(run.log, drive.vehicle),
        }
        for trip, drive, free in zip(order.trips, run.drives, free_s, strict=True)
    ]
    minutes = [round(sum(run.lost_s[k : k + BIN_S]), 1) for k in range(0, len(run.lost_s), BIN_S)]
    return {
        "trips": rows,
        "begin_s": run.begin_s,
        "lost_veh_s_by_minute": minutes,
        "holds": sum(row["what"] == "hold" for row in run.log),
        "releases": releases_of(run.log),
        "vehicles": run.vehicles,
        "unfinished": run.unfinished,
        "teleports": run.teleports,
        "collisions": run.collisions,
        "lamp_violations": run.violations,
        "wall_s": round(run.wall_s, 1),
    }


def signals_of(log: Sequence[Mapping[str, Any]], vehicle: str) -> int | None:
    """Return how many signals a vehicle passes, None where it asked for nothing."""
    found = (len(row["signals"]) for row in log if row["what"] == "request" and row["vehicle"] == vehicle)
    return next(found, None)


def driven_of(log: Sequence[Mapping[str, Any]], vehicle: str) -> Line:
    """Return what held a vehicle up, by cause and by signal, and the lamps that it passed. [s]"""
    found = next((row for row in log if row["what"] == "drive" and row["vehicle"] == vehicle), None)
    return {} if found is None else {name: found[name] for name in ("lost_s", "by_signal", "passed")}


def releases_of(log: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many junctions were given back, by why."""
    why = [str(row["why"]) for row in log if row["what"] == "release"]
    return {each: why.count(each) for each in sorted(set(why))}
