"""Tuning of the baselines of one scenario: searched on training seeds, kept with the budget and what was tried."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bench.tuning.evaluation import Candidate, Evaluator, Scored, best_of
from bench.tuning.inputs import OF, combined, inputs_of
from bench.tuning.ledger import Ledger
from bench.tuning.option_search import AXES, search_options
from bench.tuning.plan_search import FINALISTS, PlanSearch, Timings
from bench.tuning.store import TUNED, ledger_file, read_tuned, tuned_file, tuned_plan, write_tuned
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import plan_document, plan_hash
from signal_ctrl.domain.profile import SafetyProfile
from sumo_scenarios import catalogue
from sumo_scenarios.demand_model import DemandModel, demand_model
from sumo_scenarios.green_wave.run_wave import with_wave
from sumo_scenarios.network_plans import timings_of
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import World, build_world

FIRST_TRAINING_SEED: Final = 1001
SEEDS: Final = (1001,)
SELECTION: Final = (1101, 1102)
PLANS: Final = ("fixed", "green_wave")
"""What is tuned of these is a plan; of the others, settings."""
ARTERY_WEIGHT: Final = {"green_wave": 1.0}
"""A wave is made for its arterial: a second spent there costs twice. On `corridor` that is about the time that people
in buses and platoons are worth beside those who wait at its sides; 0 would tune the plan that `fixed` has."""
SENSING: Final = {"max_pressure": "positions"}
"""Sensing in the tuning: the best case of max-pressure; the others see nothing of ours."""

Told = Callable[[str, int, int, Scored], None]
"""Called with controller, simulations so far, the budget and what a candidate gave."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be tuned: a scenario's controllers, each with a budget of simulations, on training seeds."""

    scenario: str
    profile: SafetyProfile
    controllers: tuple[str, ...] = ("fixed", "actuated", "max_pressure")
    budget: int = 60
    seeds: tuple[int, ...] = SEEDS
    at_once: int = 1
    end_s: float | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in self.controllers if name not in TUNED]
        if unknown or not self.controllers:
            raise InvalidInputError(f"cannot tune '{', '.join(unknown)}'; choose of {', '.join(TUNED)}")
        if not self.seeds or min(self.seeds) < FIRST_TRAINING_SEED or set(self.seeds) & set(SELECTION):
            raise InvalidInputError(
                f"training seeds are {FIRST_TRAINING_SEED} and above, without {SELECTION[0]} and {SELECTION[1]}: "
                "seeds below are for comparisons"
            )
        least = least_budget(len(self.seeds))
        if self.budget < least:
            raise InvalidInputError(f"--budget needs {least} simulations or more on {len(self.seeds)} seeds")
        if self.at_once < 1:
            raise InvalidInputError(f"--workers needs 1 or more, got {self.at_once}")


def least_budget(n_seeds: int) -> int:
    """Return the fewest simulations with which a tuning makes sense: reference, starts, finalists."""
    return _reserve(n_seeds) + 10 * n_seeds


def _reserve(n_seeds: int) -> int:
    """Simulations kept for the finalists, the untuned start and the network's own programme, on all seeds."""
    return (FINALISTS + 1) * len(SELECTION) + n_seeds + len(SELECTION)


def tune(wanted: Wanted, told: Told) -> dict[str, Any]:
    """Tune, write the document and return it; each controller is written as soon as it is done.

    Raises: InvalidInputError for what cannot be tuned; KeyboardInterrupt if the user stops it, the ledger then holds
    what was simulated.
    """
    inputs = inputs_of(wanted.scenario, wanted.profile)
    path = tuned_file(wanted.scenario, wanted.profile)
    ledger = Ledger(ledger_file(wanted.scenario, wanted.profile))
    for controller in wanted.controllers:
        base = RunSettings(
            wanted.scenario, controller, profile=wanted.profile, end_s=wanted.end_s,
            sensing=SENSING.get(controller, "loops"),
        )  # fmt: skip
        weight = ARTERY_WEIGHT.get(controller, 0.0)
        key = f"{combined(inputs, controller)}/{base.sensing}/{wanted.end_s}{'/artery' if weight else ''}"

        def tell(spent: int, budget: int, one: Scored, name: str = controller) -> None:
            told(name, spent, budget, one)

        evaluator = Evaluator(base, key, ledger, wanted.budget, tell, wanted.at_once, weight)
        search = _tuned_plan if controller in PLANS else _tuned_options
        row = {
            "inputs": {name: inputs[name] for name in OF[controller]},
            "budget": wanted.budget,
            "training_seeds": list(wanted.seeds),
            "selection_seeds": list(SELECTION),
            **search(wanted, controller, evaluator),
            "simulations": evaluator.spent,
        }
        document = read_tuned(path) or {"controllers": {}}
        document["controllers"][controller] = row
        write_tuned(path, _document(wanted, document))
    return _document(wanted, read_tuned(path) or {})


def _document(wanted: Wanted, document: dict[str, Any]) -> dict[str, Any]:
    rows = document["controllers"]
    return {
        "scenario": catalogue.resolve(wanted.scenario).name,
        "profile": wanted.profile.name,
        "controllers": {name: rows[name] for name in TUNED if name in rows},
    }


def _tuned_plan(wanted: Wanted, controller: str, evaluator: Evaluator) -> dict[str, Any]:
    settings = RunSettings(wanted.scenario, "fixed", profile=wanted.profile, end_s=wanted.end_s)
    scenario = catalogue.resolve(wanted.scenario)
    times_s = times_of(scenario, settings)
    world = build_world(scenario, wanted.profile, *times_s)
    model = demand_model(world, count_volumes(world.config, world.net, times_s))
    if not model.signals:
        raise InvalidInputError(f"no signal of {scenario.name} has a choice of stages; there is nothing to tune")
    evaluator.reserve = _reserve(len(wanted.seeds))
    given = _waves(wanted, world, model, times_s) if controller == "green_wave" else ()
    search = PlanSearch(world, model, evaluator, wanted.seeds, given)
    search.run()
    evaluator.reserve = 0
    every = (*wanted.seeds, *SELECTION)
    final = evaluator.score([one.candidate for one in search.best(FINALISTS)], every)
    start = evaluator.score([search.start.candidate], every)[0]
    net = evaluator.score([Candidate("net, by SUMO", "net")], every)[0]
    best = best_of([*final, start])
    plan = best.candidate.plan
    assert plan is not None
    return {
        "best": _figures(best),
        "untuned": _figures(start),
        "net": _figures(net),
        "finalists": [_figures(one) for one in final],
        "starts": [{"what": one.candidate.what, "delay_s": _delay_s(one)} for one in search.starts],
        "notes": [*search.notes, *_worse_than_net(best, net)],
        "times_s": [times_s[0], times_s[1] if math.isfinite(times_s[1]) else None],
        "options": [],
        "plan_sha256": plan_hash(plan),
        "plan": plan_document(plan),
    }


def _waves(wanted: Wanted, world: World, model: DemandModel, times_s: tuple[float, float]) -> list[tuple[str, Timings]]:
    """Return the waves to start from: that of a run without a tuned one, on computed splits and on tuned ones.

    Raises: InvalidInputError if there is no wave.
    """
    bases = [("computed", None), ("tuned", tuned_plan(wanted.scenario, wanted.profile))]
    found = []
    for name, base in bases:
        if name == "computed" or base is not None:
            kept, _ = with_wave(RunSettings(wanted.scenario, "green_wave", base=base), world, times_s)
            assert kept.plan is not None
            found.append((f"wave on the {name} splits", timings_of(kept.plan, model)))
    return found


def _worse_than_net(best: Scored, net: Scored) -> list[str]:
    if best.delay_s <= net.delay_s:
        return []
    return [f"the network's own programme is better on the training seeds: {net.delay_s:.1f} s/veh"]


def _tuned_options(wanted: Wanted, controller: str, evaluator: Evaluator) -> dict[str, Any]:
    evaluator.reserve = (FINALISTS + 1) * len(SELECTION)
    tried, start, notes = search_options(controller, evaluator, wanted.seeds)
    evaluator.reserve = 0
    every = (*wanted.seeds, *SELECTION)
    final = evaluator.score([one.candidate for one in tried[:FINALISTS]], every)
    start = evaluator.score([start.candidate], every)[0]
    best = best_of([start, *final])
    return {
        "best": _figures(best),
        "untuned": _figures(start),
        "finalists": [_figures(one) for one in final],
        "set": {key: list(values) for key, values in AXES[controller]},
        "sensing": SENSING.get(controller, "loops"),
        "notes": notes,
        "options": [list(pair) for pair in best.candidate.options],
    }


def _figures(one: Scored) -> dict[str, Any]:
    by_seed = {str(seed): result.delay_s for seed, result in one.by_seed.items()}
    artery = {"artery_s": round(one.artery_s, 3)} if one.artery_weight else {}
    return {"what": one.candidate.what, "delay_s": _delay_s(one), **artery, "by_seed": by_seed}


def _delay_s(one: Scored) -> float | None:
    """Return the delay, None where a run was not valid. [s/veh]"""
    invalid = any(result.invalid for result in one.by_seed.values())
    return None if invalid else round(one.delay_s, 3)
