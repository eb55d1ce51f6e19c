"""The runs of the campaign, each once, paired by seed, and what their arms have against each other."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.bus_priority.judging import figures_of
from bench.folder import engine_hash
from bench.ledger import append_lines, by_run
from bench.statistics import mean_interval
from bench.tuning.store import tuned_plan
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.profile import profile_by_name
from sumo_scenarios import catalogue
from sumo_scenarios.bus_options import BusOptions
from sumo_scenarios.measures.measure import measure_run
from sumo_scenarios.run import Order, execute_all
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings

ARMS: Final[Mapping[str, tuple[str, bool]]] = {
    "adaptive": ("adaptive", False),
    "adaptive+buses": ("adaptive", True),
    "fixed": ("fixed", False),
    "bus_extension": ("fixed", True),
}
"""Controller of each arm, and whether it hears of buses; `bus_extension` is the plan bent by the classic rule."""
COMPARED: Final = (("adaptive+buses", "adaptive"), ("bus_extension", "fixed"), ("adaptive+buses", "bus_extension"))
MEASURED: Final = ("bus_signal_delay_s", "bus_headway_cv", "pedestrian_wait_s")
"""Figures of the measures (docs/measures.md) beside those of `judging`."""
FIGURES: Final = (
    "bus_signal_delay_s", "car_delay_s", "person_delay_s", "bus_headway_cv", "bus_delay_s", "cycle_delay_s",
    "pedestrian_wait_s", "headway_irregularity",
)  # fmt: skip
Line = dict[str, Any]
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A network with a demand, for `last_s` from its begin; how buses report. [s]"""

    scenario: str = "newtown"
    scale: float = 1.0
    profile: str = "street"
    sensing: str = "loops"
    last_s: float | None = None
    buses: BusOptions = field(default_factory=BusOptions)
    label: str = ""

    def settings(self, arm: str, seed: int) -> RunSettings:
        """Return the settings of a run; its seed draws the demand too."""
        controller, hears = ARMS[arm]
        profile = profile_by_name(self.profile)
        plain = RunSettings(self.scenario)
        begin_s, end_s = times_of(catalogue.resolve(self.scenario), plain)
        return RunSettings(
            self.scenario, controller, seed, seed, self.sensing if controller == "adaptive" else "loops", profile,
            begin_s=begin_s, end_s=end_s if self.last_s is None else min(begin_s + self.last_s, end_s),
            scale=self.scale, plan=tuned_plan(self.scenario, profile) if controller == "fixed" else None,
            buses=self.buses if hears else None,
        )  # fmt: skip

    def key(self, arm: str, seed: int) -> str:
        """Return the name of a run in the ledger."""
        parts = [self.scenario, self.profile, self.sensing, f"x{self.scale:g}"]
        parts += [] if self.last_s is None else [f"{self.last_s:g}s"]
        parts += [self.label] if self.label and ARMS[arm][1] else []
        return "/".join([*parts, arm, f"s{seed}"])


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
            self._known[key] = {"key": key, "engine": self._engine, **_made(case.settings(arm, seed))}
            append_lines(self._ledger, [self._known[key]])
        return self._known[key]


def _made(settings: RunSettings) -> Line:
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-buses-") as folder:
        evidence = Path(folder) / "evidence"
        (result,) = execute_all([Order(settings, Path(folder) / "run", evidence=evidence)], lambda *_: None)
        if result.status != "complete" or result.outcome is None or result.score is None:
            raise BackendError(f"the run is {result.status}: {result.error}")
        measured = measure_run(result.folder, evidence)
        return {
            **figures_of(result.folder, result.outcome.end_s),
            **{name: measured[name] for name in MEASURED},
            "vehicles": result.score.vehicles.total,
            "unfinished": result.score.vehicles.unfinished,
            "never_departed": result.score.vehicles.never_departed,
            "violations": result.outcome.violations,
            "refusals": result.outcome.refusals,
            "wall_s": round(result.outcome.wall_total_s, 1),
            "decision_ms": round(sum(result.outcome.decision_ms) / max(len(result.outcome.decision_ms), 1), 3),
        }


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure of one arm differs from that of another, seed by seed, in percent."""

    arm: str
    other: str
    figure: str
    changes: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean change. [%]"""
        return sum(self.changes) / len(self.changes)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean; None for one seed. [%]"""
        found = mean_interval(self.changes)
        return None if found is None else (found.low, found.high)


def changes_of(lines: Mapping[str, Mapping[int, Line]]) -> list[Change]:
    """Return the changes of every pair of arms that were run on the same seeds."""
    found = []
    for arm, other in COMPARED:
        seeds = sorted(lines.get(arm, {}).keys() & lines.get(other, {}).keys())
        for figure in FIGURES if seeds else ():
            pairs = [(lines[arm][seed].get(figure), lines[other][seed].get(figure)) for seed in seeds]
            changes = tuple(100 * (own / base - 1) for own, base in pairs if own is not None and base)
            if changes:
                found.append(Change(arm, other, figure, changes))
    return found
