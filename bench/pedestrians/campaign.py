"""The runs of the campaign, each once, paired by seed, and what adaptive control has against the plan."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.folder import engine_hash
from bench.ledger import append_lines, by_run
from bench.referees import crossing_faults
from bench.statistics import mean_interval
from bench.tuning.store import tuned_plan
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.profile import profile_by_name
from signal_ctrl.domain.site import GroupKind
from sumo_scenarios import catalogue
from sumo_scenarios.measures.evidence import WALKERS
from sumo_scenarios.measures.walkers import pedestrian_figures, pedestrian_waits_s, read_walks
from sumo_scenarios.net_reader import read_net
from sumo_scenarios.run import Order, RunResult, execute_all
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings, parse_setting
from sumo_scenarios.world import build_world

ARMS: Final[Mapping[str, tuple[str, str]]] = {
    "fixed": ("fixed", "recall"),
    "adaptive": ("adaptive", "recall"),
    "adaptive+buttons": ("adaptive", "buttons"),
    "adaptive+sensors": ("adaptive", "sensors"),
}
"""Controller of each arm, and how it hears of people. `fixed` keeps the tuned plan where there is one."""
BASE: Final = "fixed"
FIGURES: Final = ("pedestrian_wait_s", "delay_s_per_vehicle")
Line = dict[str, Any]
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A network with a demand, for `last_s` from its begin [s]; settings of adaptive control."""

    scenario: str = "newtown"
    profile: str = "street"
    scale: float = 1.0
    last_s: float | None = None
    options: tuple[str, ...] = ()

    def settings(self, arm: str, seed: int) -> RunSettings:
        """Return the settings of a run; its seed draws the demand too."""
        controller, crossings = ARMS[arm]
        profile = profile_by_name(self.profile)
        begin_s, end_s = times_of(catalogue.resolve(self.scenario), RunSettings(self.scenario))
        return RunSettings(
            self.scenario,
            controller,
            seed,
            seed,
            profile=profile,
            begin_s=begin_s,
            end_s=end_s if self.last_s is None else min(begin_s + self.last_s, end_s),
            scale=self.scale,
            options=tuple(map(parse_setting, self.options)) if controller == "adaptive" else (),
            plan=tuned_plan(self.scenario, profile) if controller == "fixed" else None,
            crossings=crossings,
        )

    def key(self, arm: str, seed: int) -> str:
        """Return the name of a run in the ledger."""
        parts = [self.scenario, self.profile, f"x{self.scale:g}"]
        parts += [] if self.last_s is None else [f"{self.last_s:g}s"]
        parts += self.options if ARMS[arm][0] == "adaptive" else ()
        return "/".join([*parts, arm, f"s{seed}"])

    def longest_red_s(self) -> float:
        """Return the longest maximum red of a crossing of the network. [s]"""
        world = build_world(catalogue.resolve(self.scenario), profile_by_name(self.profile), None, None)
        reds = [g.max_red_ds for unit in world.units for g in unit.site.groups if g.kind is GroupKind.CROSSING]
        if not reds:
            raise InvalidInputError(f"{self.scenario} has no crossing with a signal")
        return max(reds) / 10


class Campaign:
    """Runs that the ledger does not hold of this engine are made and appended; it goes on where it was interrupted."""

    def __init__(self, ledger: Path, told: Told = lambda _: None) -> None:
        self._ledger, self._told = ledger, told
        self._engine = engine_hash()
        self._known = by_run(ledger, self._engine)

    def run(self, case: Case, arm: str, seed: int) -> Line:
        """Return the line of a run, made now if it is not there. Raises: BackendError if it fails."""
        key = case.key(arm, seed)
        if key not in self._known:
            self._told(key)
            line = {"key": key, "engine": self._engine, "arm": arm, "seed": seed, "max_red_s": case.longest_red_s()}
            self._known[key] = {**line, **_made(case.settings(arm, seed), profile_by_name(case.profile).ped_speed_mps)}
            append_lines(self._ledger, [self._known[key]])
        return self._known[key]


def _made(settings: RunSettings, walking_mps: float) -> Line:
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-on-foot-") as folder:
        order = Order(settings, Path(folder) / "run", evidence=Path(folder) / "evidence")
        result = execute_all([order], lambda _, _progress: None)[0]
        if result.status != "complete" or result.outcome is None or result.score is None:
            raise BackendError(f"the run is {result.status}: {result.error}")
        return figures_of(result, Path(folder) / "evidence", walking_mps)


def figures_of(result: RunResult, evidence: Path, walking_mps: float) -> Line:
    """Return the figures of a run; `cut_clearances` is what the referee finds in SUMO's record of the lamps."""
    score, outcome = result.score, result.outcome
    if score is None or outcome is None:
        raise BackendError("the run has no figures")
    waits_s = pedestrian_waits_s(read_walks(evidence / WALKERS, read_net(result.folder / "net.xml")))
    return {
        **pedestrian_figures(waits_s),
        "delay_s_per_vehicle": score.delay_s_per_vehicle,
        "vehicles": score.vehicles.total,
        "unfinished": score.vehicles.unfinished,
        "plan": "own" if result.document.get("plan") is None else "plan",
        "cut_clearances": crossing_faults(result.folder, walking_mps),
        "violations": outcome.violations,
        "wall_s": round(outcome.wall_total_s, 1),
    }


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure of an arm differs from that of the plan, seed by seed, in percent."""

    arm: str
    figure: str
    changes: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean change. [%]"""
        return sum(self.changes) / len(self.changes)

    def told(self) -> str:
        """Return it in words.

        >>> Change("a", "pedestrian_wait_s", (-40.0, -30.0)).told()
        'a against fixed: pedestrian_wait_s -35.0 % (95 % interval -98.5 to 28.5), 2 seeds'
        """
        found = mean_interval(self.changes)
        spread = "" if found is None else f" (95 % interval {found.low:.1f} to {found.high:.1f})"
        return f"{self.arm} against {BASE}: {self.figure} {self.mean:.1f} %{spread}, {len(self.changes)} seeds"


def changes_of(lines: Mapping[str, Mapping[int, Line]]) -> list[Change]:
    """Return how each arm differs from the plan on the seeds that both have."""
    found = []
    for arm in (arm for arm in lines if arm != BASE):
        seeds = sorted(lines[arm].keys() & lines.get(BASE, {}).keys())
        for figure in FIGURES:
            pairs = [(lines[arm][seed][figure], lines[BASE][seed][figure]) for seed in seeds]
            changes = tuple(100 * (own / base - 1) for own, base in pairs if own is not None and base)
            found += [Change(arm, figure, changes)] if changes else []
    return found


def faults_of(lines: Mapping[str, Mapping[int, Line]]) -> list[str]:
    """Return what no run may have: a clearance cut, a kernel's violation, a wait above the maximum red."""
    found = []
    for line in (line for by_seed in lines.values() for line in by_seed.values()):
        if line["cut_clearances"] or line["violations"]:
            found.append(f"{line['key']}: {line['cut_clearances']} clearances cut, {line['violations']} violations")
        longest_s = line["pedestrian_wait_max_s"] or 0.0
        if longest_s > line["max_red_s"]:
            found.append(f"{line['key']}: somebody waited {longest_s:g} s, above {line['max_red_s']:g} s")
    return found
