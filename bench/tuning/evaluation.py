"""Candidates of a tuning, simulated within a budget; what the ledger holds is not simulated again."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bench.tuning.ledger import Ledger, key_of
from bench.tuning.trial import TrialResult, run_trials
from signal_ctrl.domain.plan import Plan, plan_hash
from sumo_scenarios.settings import RunSettings

HOPELESS_S: Final = 1e9


class BudgetSpentError(Exception):
    """The budget does not hold the simulations that were asked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to be tried: a controller's options or plan, and where it comes from."""

    what: str
    controller: str
    options: tuple[tuple[str, str], ...] = ()
    plan: Plan | None = field(default=None, compare=False)

    @property
    def fingerprint(self) -> Any:
        """What tells it from others; the names of plans do not."""
        plan = None if self.plan is None else plan_hash(replace(self.plan, name="-"))
        return [self.controller, sorted(self.options), plan]

    def settings(self, base: RunSettings, seed: int) -> RunSettings:
        """Return what a simulation of it is asked to do."""
        return replace(base, controller=self.controller, seed=seed, options=self.options, plan=self.plan)


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with what its simulations gave, by seed.

    `artery_weight`: what a second on the arterial costs beside a second of delay, which it is in part already.
    """

    candidate: Candidate
    by_seed: dict[int, TrialResult]
    artery_weight: float = 0.0

    @property
    def delay_s(self) -> float:
        """Mean over the seeds; out of the question if a run is not valid. [s/veh]"""
        if any(result.invalid for result in self.by_seed.values()):
            return HOPELESS_S
        return statistics.fmean(result.delay_s for result in self.by_seed.values())

    @property
    def artery_s(self) -> float:
        """Time on the arterial over all vehicles, mean over the seeds. [s/veh]"""
        return statistics.fmean(result.artery_s for result in self.by_seed.values())

    @property
    def cost_s(self) -> float:
        """What a search makes small. [s/veh]"""
        return self.delay_s + self.artery_weight * self.artery_s

    @property
    def waiting_veh_h(self) -> dict[str, float]:
        """Waiting before each signal, mean over the seeds. [veh h]"""
        found = [result.waiting_veh_h for result in self.by_seed.values()]
        return {signal: statistics.fmean(one[signal] for one in found) for signal in found[0]}


Told = Callable[[int, int, Scored], None]
"""Called with each candidate: simulations so far, the budget, and what it gave."""


class Evaluator:
    """Simulates candidates on training seeds and counts them; simulations of the ledger count as made."""

    def __init__(
        self,
        base: RunSettings,
        inputs: str,
        ledger: Ledger,
        budget: int,
        told: Told,
        at_once: int = 1,
        artery_weight: float = 0.0,
    ) -> None:
        self.spent = 0
        self.reserve = 0
        self.made = 0
        self.tried: list[Scored] = []
        self._base = base
        self._inputs = inputs
        self._ledger = ledger
        self._budget = budget
        self._told = told
        self._at_once = at_once
        self._artery_weight = artery_weight
        self._seen: dict[str, TrialResult] = {}

    @property
    def left(self) -> int:
        """Simulations that may still be asked for."""
        return self._budget - self.reserve - self.spent

    def score(self, candidates: Sequence[Candidate], seeds: Sequence[int]) -> list[Scored]:
        """Return what candidates give. Raises: BudgetSpentError if the budget does not hold their simulations."""
        wanted = {(i, seed): self._key(candidate, seed) for i, candidate in enumerate(candidates) for seed in seeds}
        fresh = {key: place for place, key in wanted.items() if key not in self._seen}
        if len(fresh) > self.left:
            raise BudgetSpentError
        self.spent += len(fresh)
        missing = {key: place for key, place in fresh.items() if self._ledger.get(key) is None}
        self._simulate(candidates, missing)
        self._seen |= {key: found for key in fresh if (found := self._ledger.get(key)) is not None}
        scored = [
            Scored(candidate, {seed: self._seen[wanted[i, seed]] for seed in seeds}, self._artery_weight)
            for i, candidate in enumerate(candidates)
        ]
        for one in scored:
            self.tried.append(one)
            self._told(self.spent, self._budget, one)
        return scored

    def _simulate(self, candidates: Sequence[Candidate], missing: dict[str, tuple[int, int]]) -> None:
        """Simulate what is missing, as many at a time as may run, and note each portion: a break loses little."""
        keys = list(missing)
        for start in range(0, len(keys), self._at_once):
            portion = keys[start : start + self._at_once]
            places = [missing[key] for key in portion]
            settings = [candidates[i].settings(self._base, seed) for i, seed in places]
            results = run_trials(settings, self._at_once, self._artery_weight > 0)
            for key, (i, seed), result in zip(portion, places, results, strict=True):
                what = {"controller": candidates[i].controller, "what": candidates[i].what, "seed": seed}
                self._ledger.add(key, what, result)
            self.made += len(portion)

    def _key(self, candidate: Candidate, seed: int) -> str:
        return key_of(self._inputs, candidate.controller, candidate.fingerprint, seed)


def best_of(scored: Sequence[Scored]) -> Scored:
    """Return the candidate with the least cost, the first of several alike."""
    return min(scored, key=lambda one: one.cost_s)
