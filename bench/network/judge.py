"""A plan's delay by the network model against the same plan in simulation, turn by turn and seed by seed."""

import math
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from optimiser.network_index import ModelSettings
from signal_ctrl.domain.counts import Turn
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.plan import Plan, plan_hash
from signal_ctrl.engine.acceptance import check_plan
from sumo_scenarios.measures.approaches import Approach, find_approaches
from sumo_scenarios.measures.control_delay import TurnDelay, turn_delays
from sumo_scenarios.measures.passages import SHORTEST_M
from sumo_scenarios.measures.sources import read_sources
from sumo_scenarios.model_delay import ModelDelay, Period, model_delays, periods_of
from sumo_scenarios.network_model import Dispersions
from sumo_scenarios.network_plans import Asked, world_of
from sumo_scenarios.run import Order, RunResult, Watch, execute_all
from sumo_scenarios.world import World

FEWEST_VEH: Final = 10
"""Approaches with fewer vehicles over a run are in the totals, not in the figures of single approaches."""
Run = Callable[[Order, Watch], RunResult]


def _make(order: Order, watch: Watch) -> RunResult:
    return execute_all([order], watch)[0]


@dataclass(frozen=True, slots=True)
class ApproachRow:
    """One approach: vehicles a run; by the model, simulated control delay, time lost [s/veh]; degree of saturation."""

    signal: str
    from_edge: str
    vehicles: float
    model_s: float
    control_s: float
    lost_s: float
    saturation: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An approach that is in no figure: vehicles a run, as the model or the simulation has them, and why."""

    signal: str
    from_edge: str
    vehicles: float
    reason: str


@dataclass(frozen=True, slots=True)
class SeedTotal:
    """One run: vehicles over stop lines, mean delay by the model, simulated control delay and time lost. [s/veh]"""

    seed: int
    passages: int
    model_s: float
    control_s: float
    lost_s: float
    delay_s_per_vehicle: float

    @property
    def error(self) -> float:
        """How far the model is off, as a part of the simulated control delay."""
        return self.model_s / self.control_s - 1.0 if self.control_s > 0 else math.nan


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement of a plan: approaches by vehicles, totals by seed, variants of the model by name, what it lacks."""

    scenario: str
    scale: float
    plan_sha256: str
    approaches: tuple[ApproachRow, ...]
    totals: tuple[SeedTotal, ...]
    highest_saturation: float
    variants: Mapping[str, float]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def error(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(total.error for total in self.totals)

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "scenario": self.scenario,
            "scale": self.scale,
            "plan_sha256": self.plan_sha256,
            "error": _rounded(self.error, 4),
            "highest_saturation": _rounded(self.highest_saturation, 3),
            "totals": [
                {
                    "seed": t.seed,
                    "passages": t.passages,
                    "model_s": _rounded(t.model_s),
                    "control_s": _rounded(t.control_s),
                    "lost_s": _rounded(t.lost_s),
                    "error": _rounded(t.error, 4),
                    "delay_s_per_vehicle": _rounded(t.delay_s_per_vehicle),
                }
                for t in self.totals
            ],
            "approaches": [
                {
                    "signal": a.signal,
                    "from_edge": a.from_edge,
                    "vehicles": _rounded(a.vehicles, 1),
                    "model_s": _rounded(a.model_s),
                    "control_s": _rounded(a.control_s),
                    "lost_s": _rounded(a.lost_s),
                    "saturation": _rounded(a.saturation, 3),
                }
                for a in self.approaches
            ],
            "left_out": [
                {"signal": a.signal, "from_edge": a.from_edge, "vehicles": round(a.vehicles, 1), "reason": a.reason}
                for a in self.left_out
            ],
            "variants": {name: _rounded(error, 4) for name, error in self.variants.items()},
        }


def _rounded(value: float, digits: int = 2) -> float | None:
    return round(value, digits) if math.isfinite(value) else None


VARIANTS: Final[Mapping[str, ModelSettings]] = {
    "random delay: d2 of the HCM": ModelSettings(random="hcm"),
    "random delay: none": ModelSettings(random="none"),
    "saturation flow as assumed, 1800 veh/h": ModelSettings(saturation=1.0),
    "lost time 2 s, no use of the amber": ModelSettings(start_s=2.0, gain_s=0.0),
    "a stop costs nothing behind the line": ModelSettings(stop_loss_s=0.0),
}
"""Other ways to count, whose errors are told beside the model's own."""


OWN: Final = ModelSettings()


@dataclass(frozen=True, slots=True)
class Judging:
    """How a plan is judged: on which seeds, by which model, with which periods [s], and whether variants are told."""

    seeds: tuple[int, ...] = (1, 2, 3)
    settings: ModelSettings = OWN
    period_s: float = 900.0
    variants: bool = False
    fitted: Dispersions | None = None

    def __post_init__(self) -> None:
        if not self.seeds:
            raise InvalidInputError("--seeds needs a seed or more")


def judge(plan: Plan, asked: Asked, how: Judging, watch: Watch, run: Run = _make) -> Judged:
    """Run a plan on every seed and hold the model against what happened.

    Raises: InvalidInputError if the signals cannot keep the plan; BackendError if SUMO fails.
    """
    world, times_s = world_of(asked)
    check_plan(plan, tuple(unit.site for unit in world.units))
    periods = periods_of(asked, world, times_s, how.period_s)
    model = model_delays(world, periods, plan, how.settings, how.fitted)
    runs = [_simulated(plan, asked, seed, index, (watch, run)) for index, seed in enumerate(how.seeds)]
    totals = tuple(_total(seed, turns, model, delay_s) for seed, (turns, delay_s) in zip(how.seeds, runs, strict=True))
    seen = [turns for turns, _ in runs]
    return Judged(
        scenario=world.scenario.name,
        scale=asked.scale,
        plan_sha256=plan_hash(plan),
        approaches=_approaches(model, seen),
        totals=totals,
        highest_saturation=max((one.saturation for one in model.values()), default=0.0),
        variants=_variants((world, periods, plan, how), seen) if how.variants else {},
        left_out=left_out(find_approaches(world.net), model, seen),
    )


def _simulated(
    plan: Plan, asked: Asked, seed: int, index: int, how: tuple[Watch, Run]
) -> tuple[tuple[TurnDelay, ...], float]:
    """Return the delay of each turn in one run, and that of the whole run. [s/veh]"""
    watch, run = how
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
        folder, evidence = Path(scratch) / "run", Path(scratch) / "evidence"
        order = Order(replace(asked.settings(seed), plan=plan), folder, evidence=evidence)
        result = run(order, lambda _, progress: watch(index, progress))
        if result.status == "interrupted":
            raise KeyboardInterrupt
        if result.score is None or result.status != "complete":
            raise BackendError(f"the run with seed {seed} failed: {result.error}")
        return turn_delays(read_sources(folder, evidence).passages), result.score.delay_s_per_vehicle


def _total(seed: int, turns: Sequence[TurnDelay], model: Mapping[Turn, ModelDelay], delay_s: float) -> SeedTotal:
    """Return the totals over the turns that both know, weighted by the vehicles that were simulated."""
    known = [t for t in turns if (t.signal, t.from_edge, t.to_edge) in model]
    passages = sum(t.vehicles for t in known)
    if not passages:
        raise InvalidInputError("no vehicle passed a signal of the plan in simulation; there is nothing to judge")
    said_s = sum(t.vehicles * model[t.signal, t.from_edge, t.to_edge].delay_s for t in known) / passages
    control_s = sum(t.vehicles * t.control_s for t in known) / passages
    lost_s = sum(t.vehicles * t.lost_s for t in known) / passages
    return SeedTotal(seed, passages, said_s, control_s, lost_s, delay_s)


def _approaches(model: Mapping[Turn, ModelDelay], runs: Sequence[Sequence[TurnDelay]]) -> tuple[ApproachRow, ...]:
    rows: dict[tuple[str, str], list[tuple[float, float, float, float, float]]] = {}
    for turns in runs:
        for turn in turns:
            said = model.get((turn.signal, turn.from_edge, turn.to_edge))
            if said is not None:
                row = (float(turn.vehicles), said.delay_s, turn.control_s, turn.lost_s, said.saturation)
                rows.setdefault((turn.signal, turn.from_edge), []).append(row)
    found = []
    for (signal, edge), own in rows.items():
        vehicles = sum(row[0] for row in own)
        model_s, control_s, lost_s = (sum(row[0] * row[k] for row in own) / vehicles for k in (1, 2, 3))
        highest = max(row[4] for row in own)
        found.append(ApproachRow(signal, edge, vehicles / len(runs), model_s, control_s, lost_s, highest))
    return tuple(sorted(found, key=lambda row: -row.vehicles))


def left_out(
    approaches: Sequence[Approach], model: Mapping[Turn, ModelDelay], runs: Sequence[Sequence[TurnDelay]]
) -> tuple[LeftOut, ...]:
    """Return the approaches with traffic that are in no figure, those with the most vehicles first."""
    lengths_m = {(a.signal, a.edge_id): a.length_m for a in approaches}
    modelled: dict[tuple[str, str], float] = {}
    for (signal, edge, _), said in model.items():
        modelled[signal, edge] = modelled.get((signal, edge), 0.0) + said.vehicles
    seen: dict[tuple[str, str], float] = {}
    for turn in (turn for turns in runs for turn in turns):
        key = turn.signal, turn.from_edge
        seen[key] = seen.get(key, 0.0) + turn.vehicles / len(runs)
    found = []
    for key in modelled.keys() ^ seen.keys():
        if key in seen:
            reason = "the model knows no demand there"
        elif lengths_m.get(key, SHORTEST_M) < SHORTEST_M:
            reason = f"{lengths_m[key]:.1f} m long; below {SHORTEST_M:g} m no delay is measured"
        else:
            reason = "nobody passed its stop line in simulation"
        found.append(LeftOut(*key, modelled.get(key, seen.get(key, 0.0)), reason))
    return tuple(sorted(found, key=lambda one: (-one.vehicles, one.signal, one.from_edge)))


def _variants(of: tuple[World, list[Period], Plan, Judging], runs: Sequence[Sequence[TurnDelay]]) -> dict[str, float]:
    """Return the mean error of other ways to count on the same runs."""
    world, periods, plan, how = of
    found = {}
    for name, settings in VARIANTS.items():
        model = model_delays(world, periods, plan, settings, how.fitted)
        found[name] = statistics.fmean(_total(0, turns, model, 0.0).error for turns in runs)
    return found
