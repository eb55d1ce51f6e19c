"""The runs of the campaign, each once, and what their arms have against each other."""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench.ledger import append_lines, by_run
from bench.statistics import mean_interval
from bench.tuning.store import tuned_plan
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.diversion.proposal import Proposal, Situation, propose
from signal_ctrl.watch.diversion.turning import Floats
from signal_ctrl.watch.diversion.values import Limit
from sumo_scenarios import catalogue
from sumo_scenarios.diversion_loop.driver import usual_flows
from sumo_scenarios.diversion_loop.main_road import main_road
from sumo_scenarios.diversion_loop.order import CLEARING_S, CLOSED_S, WARM_UP_S, Arm, DiversionOrder
from sumo_scenarios.diversion_loop.run import DiversionRun, run_diversion
from sumo_scenarios.diversion_loop.street import guidance_of, roads_of_world
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import build_world

CHOOSING_SEED: Final = 1000
"""The usual day on which the road is chosen; no run that counts has this seed."""
Line = dict[str, Any]
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A network under a controller and a demand; `road` overrides the rule, `patience_s` how long drivers wait."""

    scenario: str
    controller: str = "fixed"
    scale: float = 1.0
    compliance: float = 0.4
    patience_s: float = math.inf
    wave: bool = True
    road: str = ""

    def settings(self, seed: int) -> RunSettings:
        """Return the settings of a run: its seed draws the demand too."""
        _, end_s = self.times_s()
        plan = tuned_plan(self.scenario, PUBLISHED) if self.controller == "fixed" else None
        if self.controller == "fixed" and plan is None:
            raise InvalidInputError(f"{self.scenario} has no tuned plan; 'signal-ctrl bench tune' makes one")
        return RunSettings(
            self.scenario, self.controller, seed, seed, end_s=end_s + CLEARING_S, scale=self.scale, plan=plan
        )

    def times_s(self) -> tuple[float, float]:
        """Return begin and end of the scenario. [s]"""
        return times_of(catalogue.resolve(self.scenario), RunSettings(self.scenario))

    def order(self, arm: Arm, seed: int, road: str) -> DiversionOrder:
        """Return one run."""
        closed_s = self.times_s()[0] + WARM_UP_S if arm.closed else 0.0
        own = (self.compliance, self.patience_s, self.wave)
        name = road if arm.closed else ""
        compliance, patience_s, wave = own
        return DiversionOrder(
            self.settings(seed),
            arm,
            name,
            closed_s,
            compliance=compliance,
            patience_s=patience_s,
            wave=wave,
        )

    @property
    def own_ways(self) -> bool:
        """Whether drivers look for ways of their own; where none does, arm `nothing` tells what usual routes take."""
        return math.isfinite(self.patience_s)

    @property
    def name(self) -> str:
        """What the case is called in the ledger."""
        parts = [self.scenario, self.controller, f"x{self.scale:g}", f"comply {self.compliance:g}"]
        parts += [f"patience {self.patience_s:g}"] if self.own_ways else []
        parts += [f"road {self.road}"] if self.road else []
        return "/".join(parts)

    def key(self, arm: Arm, seed: int) -> str:
        """Return the name of a run in the ledger."""
        wave = "/no wave" if arm is Arm.SIGNALS and not self.wave else ""
        return f"{self.name}{wave}/{arm.value}/s{seed}"


class Campaign:
    """Runs that the ledger does not hold are made and appended; it goes on where it was interrupted."""

    def __init__(self, ledger: Path, told: Told = lambda _: None) -> None:
        self._ledger, self._told = ledger, told
        self._known = by_run(ledger)

    def road(self, case: Case) -> str:
        """Return the road that is closed: the busiest one of a usual day that has an alternative."""
        if case.road:
            return case.road
        key = _choice_key(case)
        if key not in self._known:
            self._append(key, self._choice(case))
        return str(self._known[key]["road"])

    def _choice(self, case: Case) -> Line:
        self._told(f"{case.name}: a usual day")
        order = case.order(Arm.USUAL, CHOOSING_SEED, "")
        counts = run_diversion(order).counts
        network, guidance, flows = usual_day(case, counts)
        road, looked = main_road(network, guidance, flows)
        rows = [
            {"road": one.road, "veh_h": round(one.volume_veh_h), "reached": round(one.reached, 3)} for one in looked
        ]
        return {
            "road": road,
            "looked_at": rows,
            "signs": len(guidance.signs),
            "roads": len(network.roads),
            "counts": counts,
        }

    def proposed(self, case: Case) -> tuple[RoadNetwork, Proposal, str]:
        """Return what would be proposed on the usual day on which the road was chosen, for signs alone."""
        road = self.road(replace(case, road=""))
        counts = self._known[_choice_key(case)]["counts"]
        network, guidance, flows = usual_day(case, counts)
        situation = Situation(network, guidance, flows, {r.road: r.free_time_s for r in network.roads})
        return network, propose(situation, Limit(road, 0.0, 0, round(1000 * CLOSED_S)), case.compliance), road

    def run(self, case: Case, arm: Arm, seed: int) -> Line:
        """Return the line of a run, made now if it is not there."""
        key = case.key(arm, seed)
        if key not in self._known:
            road = self.road(case)
            self._told(key)
            self._append(key, _line_of(run_diversion(case.order(arm, seed, road)), road))
        return self._known[key]

    def _append(self, key: str, line: Line) -> None:
        self._known[key] = {"key": key, **line}
        append_lines(self._ledger, [self._known[key]])


def _choice_key(case: Case) -> str:
    return f"{case.scenario}/{case.controller}/x{case.scale:g}/choice/s{CHOOSING_SEED}"


def usual_day(case: Case, counts: Mapping[str, int]) -> tuple[RoadNetwork, Guidance, Floats]:
    """Return roads, guidance and flows of a scenario from what its roads counted on a usual day."""
    begin_s, end_s = case.times_s()
    world = build_world(catalogue.resolve(case.scenario), PUBLISHED, begin_s, end_s)
    network = roads_of_world(world, begin_s)
    flows = usual_flows(network, counts, (end_s - begin_s) / 3600)
    guidance = guidance_of(world, network, {r.road: f for r, f in zip(network.roads, flows, strict=True)})
    return network, guidance, flows


def _line_of(run: DiversionRun, road: str) -> Line:
    return {
        "road": road,
        "spent_veh_h": round(run.spent_veh_h, 3),
        "ideal_veh_h": round(run.ideal_veh_h, 3),
        "vehicles": run.vehicles,
        "unfinished": run.unfinished,
        "teleports": run.teleports,
        "collisions": run.collisions,
        "lamp_violations": run.violations,
        "drivers": dict(run.drivers),
        "predicted": None
        if run.proposed is None
        else {
            k: run.proposed[k]
            for k in ("delay_without_veh_h", "delay_with_veh_h", "affected_veh_h", "signals", "recovering")
        },
        "wall_s": round(run.wall_s, 1),
    }


@dataclass(frozen=True, slots=True)
class Against:
    """One arm against another over seeds: changes of the total delay. [%]"""

    arm: str
    other: str
    changes: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean of the changes. [%]"""
        return sum(self.changes) / len(self.changes)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean. [%]"""
        found = mean_interval(self.changes)
        return None if found is None else (found.low, found.high)

    @property
    def worst(self) -> float:
        """The worst seed. [%]"""
        return max(self.changes)


def delay_veh_h(line: Mapping[str, Any], usual: Mapping[str, Any]) -> float:
    """Return the total delay of a run: time spent beyond what the usual routes take when nobody is in the way. [veh h]

    Detours count: what a way round is longer is delay.
    """
    return float(line["spent_veh_h"] - usual["ideal_veh_h"])


def against(lines: Mapping[Arm, Mapping[int, Line]]) -> list[Against]:
    """Return each arm against each before it, in the order of arms.

    The usual day gives the ideal times; without it arm `nothing` does, in which nobody leaves his usual route.
    """
    arms = [arm for arm in Arm if arm.closed and arm in lines]
    ideal = lines[Arm.USUAL] if Arm.USUAL in lines else lines[Arm.NOTHING]
    found = []
    for other, arm in itertools.combinations(arms, 2):
        seeds = sorted(set(lines[arm]) & set(lines[other]) & set(ideal))
        changes = []
        for seed in seeds:
            before, after = (delay_veh_h(lines[a][seed], ideal[seed]) for a in (other, arm))
            changes.append(100.0 * (after / before - 1.0))
        if changes:
            found.append(Against(arm.value, other.value, tuple(changes)))
    return found
