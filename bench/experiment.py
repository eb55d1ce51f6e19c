"""One run of an experiment as a value: what is asked, the name it has on disk, and what SUMO's side is told."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.tuning.store import BASE_KEY, PLAN_KEY, fallback_plan, plan_named, without_plan
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.domain.profile import profile_by_name
from sumo_scenarios.loop_faults import MIX
from sumo_scenarios.settings import ROLLOUTS, RunSettings, parse_closure

VERSION: Final = 1
"""Of `experiment.json`."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run. Times are absolute simulation seconds; `closures` are as `--close` takes them, `options` as `--set`."""

    scenario: str
    controller: str
    seed: int
    demand_seed: int = 0
    scale: float = 1.0
    sensing: str = "loops"
    failure_rate: float = 0.0
    profile: str = "published"
    closures: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    begin_s: float | None = None
    end_s: float | None = None
    failure_kind: str = MIX

    @property
    def scenario_name(self) -> str:
        """The scenario's name: of a configuration file its stem."""
        return Path(self.scenario).stem if self.scenario.endswith(".sumocfg") else self.scenario

    @property
    def run_id(self) -> str:
        """Folder of the run below `runs` and `evidence`.

        >>> Task("cologne1", "adaptive", 3, scale=0.6, failure_rate=0.2).run_id
        'cologne1/adaptive-loops-published-s3-d0-x0.6-f0.2'
        """
        parts = (
            *(self.controller, self.sensing, self.profile, f"s{self.seed}", f"d{self.demand_seed}"),
            *(f"x{self.scale:g}", f"f{self.failure_rate:g}", *self._kind(), *self._digest()),
        )
        return f"{self.scenario_name}/{'-'.join(parts)}"

    def _kind(self) -> tuple[str, ...]:
        return () if self.failure_kind == MIX else (self.failure_kind,)

    def _digest(self) -> tuple[str, ...]:
        if not self.options and not self.closures:
            return ()
        text = json.dumps([sorted(self.options), sorted(self.closures)])
        return (hashlib.sha256(text.encode()).hexdigest()[:8],)

    def settings(self) -> RunSettings:
        """Return what the run is asked to do. Raises: InvalidInputError for what no run can be asked."""
        return RunSettings(
            scenario=self.scenario,
            controller=self.controller,
            seed=self.seed,
            demand_seed=self.demand_seed,
            sensing=self.sensing,
            profile=profile_by_name(self.profile),
            begin_s=self.begin_s,
            end_s=self.end_s,
            scale=self.scale,
            closures=tuple(parse_closure(text) for text in self.closures),
            options=without_plan(self.options),
            failure_rate=self.failure_rate,
            failure_kind=self.failure_kind,
            plan=self._plan(PLAN_KEY),
            base=self._plan(BASE_KEY),
            fallback=self._fallback(),
            command=self.command(),
        )

    def _plan(self, key: str) -> Plan | None:
        """Return the plan that an option names. Raises: InvalidInputError if it is not there any more."""
        named = dict(self.options).get(key)
        return None if named is None else plan_named(named, self.scenario, self.profile)

    def _fallback(self) -> Plan | None:
        """Return the plan that adaptive control falls back to, if one was tuned."""
        if self.controller not in ROLLOUTS:
            return None
        return fallback_plan(self.scenario, profile_by_name(self.profile))

    def command(self) -> tuple[str, ...]:
        """Return the command that makes this very run alone."""
        times = {"--begin": self.begin_s, "--end": self.end_s}
        return (
            *("signal-ctrl", "run", self.scenario, "--controller", self.controller, "--seed", str(self.seed)),
            *("--demand-seed", str(self.demand_seed), "--scale", f"{self.scale:g}", "--sensing", self.sensing),
            *("--failures", f"{self.failure_rate:g}", "--profile", self.profile),
            *(word for kind in self._kind() if self.failure_rate for word in ("--failure-kind", kind)),
            *(word for name, time_s in times.items() if time_s is not None for word in (name, f"{time_s:g}")),
            *(word for text in self.closures for word in ("--close", text)),
            *(word for key, value in without_plan(self.options) for word in ("--set", f"{key}={value}")),
            *("--out", self.run_id),
        )

    def as_row(self) -> dict[str, Any]:
        """Return the fields as JSON takes them."""
        return {**asdict(self), "closures": list(self.closures), "options": [list(option) for option in self.options]}


def task_of(row: Mapping[str, Any]) -> Task:
    """Return the task of a row of `experiment.json`. Raises: InvalidInputError if it is damaged."""
    try:
        parts = dict(row)
        parts["closures"] = tuple(str(text) for text in parts["closures"])
        parts["options"] = tuple((str(key), str(value)) for key, value in parts["options"])
        return Task(**parts)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"experiment.json is damaged: {error}") from error


@dataclass(frozen=True, slots=True)
class Experiment:
    """All the runs that were asked for; `asked` holds the axes as they were given."""

    name: str
    tasks: tuple[Task, ...]
    asked: Mapping[str, Any]

    def detailed(self) -> frozenset[str]:
        """Return the runs whose trajectories are kept: one of each scenario, controller and sensing.

        It is the first under the conditions nearest to the usual: nothing closed, no loop failed, demand as counted.
        """
        best: dict[tuple[str, str, str], Task] = {}
        for task in self.tasks:
            name = (task.scenario_name, task.controller, task.sensing)
            if name not in best or _unusual(task) < _unusual(best[name]):
                best[name] = task
        return frozenset(task.run_id for task in best.values())


def _unusual(task: Task) -> tuple[int, float, float]:
    return len(task.closures), task.failure_rate, abs(task.scale - 1.0)
