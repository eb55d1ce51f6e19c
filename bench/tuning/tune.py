"""Tuning of the baselines of one scenario: searched on training seeds, kept with the budget and what was tried."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bench.tuning.evaluation import Candidate, Evaluator, Scored
from bench.tuning.inputs import OF, combined, inputs_of
from bench.tuning.ledger import Ledger
from bench.tuning.option_search import AXES, search_options
from bench.tuning.plan_search import FINALISTS, PlanSearch
from bench.tuning.store import TUNED, ledger_file, read_tuned, tuned_file, write_tuned
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import plan_document, plan_hash
from signal_ctrl.domain.profile import SafetyProfile
from sumo_scenarios import catalogue
from sumo_scenarios.demand_model import demand_model
from sumo_scenarios.run_times import times_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.volumes import count_volumes
from sumo_scenarios.world import build_world

FIRST_TRAINING_SEED: Final = 1001
SEEDS: Final = (1001,)
SELECTION: Final = (1101, 1102)
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
        key = f"{combined(inputs, controller)}/{base.sensing}/{wanted.end_s}"

        def tell(spent: int, budget: int, one: Scored, name: str = controller) -> None:
            told(name, spent, budget, one)

        evaluator = Evaluator(base, key, ledger, wanted.budget, tell, wanted.at_once)
        search = _tuned_plan if controller == "fixed" else _tuned_options
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
    settings = RunSettings(wanted.scenario, controller, profile=wanted.profile, end_s=wanted.end_s)
    scenario = catalogue.resolve(wanted.scenario)
    times_s = times_of(scenario, settings)
    world = build_world(scenario, wanted.profile, *times_s)
    model = demand_model(world, count_volumes(world.config, world.net, times_s))
    if not model.signals:
        raise InvalidInputError(f"no signal of {scenario.name} has a choice of stages; there is nothing to tune")
    evaluator.reserve = _reserve(len(wanted.seeds))
    search = PlanSearch(world, model, evaluator, wanted.seeds)
    search.run()
    evaluator.reserve = 0
    every = (*wanted.seeds, *SELECTION)
    final = evaluator.score([one.candidate for one in search.best(FINALISTS)], every)
    start = evaluator.score([search.start.candidate], every)[0]
    net = evaluator.score([Candidate("net, by SUMO", "net")], every)[0]
    best = min([*final, start], key=lambda one: one.delay_s)
    plan = best.candidate.plan
    assert plan is not None
    return {
        "best": _figures(best),
        "untuned": _figures(start),
        "net": _figures(net),
        "finalists": [_figures(one) for one in final],
        "starts": [{"what": one.candidate.what, "delay_s": _delay_s(one)} for one in search.starts],
        "notes": [*search.notes, *_worse_than_net(best, net)],
        "options": [],
        "plan_sha256": plan_hash(plan),
        "plan": plan_document(plan),
    }


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
    best = min([start, *final], key=lambda one: one.delay_s)
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
    return {"what": one.candidate.what, "delay_s": _delay_s(one), "by_seed": by_seed}


def _delay_s(one: Scored) -> float | None:
    """Return the delay, None where a run was not valid. [s/veh]"""
    invalid = any(result.invalid for result in one.by_seed.values())
    return None if invalid else round(one.delay_s, 3)
