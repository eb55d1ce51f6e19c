"""The search for a tuned plan: starts by model, then moves tried in simulation, at many signals at a time.

A move at one signal shows in the waiting before it and its neighbours. So signals that are no neighbours are moved in
one simulation, each is judged by its own surroundings, and a second simulation keeps only the moves that were good
there. What counts in the end is the mean delay over all vehicles, or what else the evaluator is asked to make small.
"""

import contextlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from bench.tuning.evaluation import BudgetSpentError, Candidate, Evaluator, Scored, best_of
from optimiser.cycle_split import rounded_s
from optimiser.network_plan import Timing
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from sumo_scenarios.demand_model import DemandModel
from sumo_scenarios.first_plan import CYCLE_S, best_timings, cycles_s, plan_of, planner_of, plans
from sumo_scenarios.net_plan import net_timing
from sumo_scenarios.world import World

FACTORS: Final = (0.6, 0.75, 0.87, 1.0, 1.15, 1.33, 1.6)
STRETCHES: Final = (1.1, 0.9, 1.05, 0.95)
STRETCH_EVERY: Final = 8
FINALISTS: Final = 3
_SEED: Final = 20260101
_TRIES: Final = 12
_IDLE: Final = 30

Timings = tuple[Timing, ...]


class PlanSearch:
    """The search over the plans of one network; `starts` and `notes` tell how it went.

    With plans given it starts from them alone, else from those that it computes and from the network's own.
    """

    def __init__(
        self,
        world: World,
        model: DemandModel,
        evaluator: Evaluator,
        seeds: tuple[int, ...],
        given: Sequence[tuple[str, Timings]] = (),
    ) -> None:
        self.notes: list[str] = []
        self.starts: list[Scored] = []
        self._world = world
        self._model = model
        self._evaluator = evaluator
        self._seeds = seeds
        self._given = tuple(given)
        self._planner = planner_of(model)
        self._known: dict[Plan, Timings] = {}
        self._random = np.random.Generator(np.random.PCG64(_SEED))
        self._near = model.links.neighbours()
        self._again: dict[int, tuple[str, int, int, int]] = {}
        self._dead: set[tuple[int, Timing]] = set()

    def run(self) -> None:
        """Search until the budget is spent, all but its reserve.

        Raises: InvalidInputError if there is no plan to start from.
        """
        with contextlib.suppress(BudgetSpentError):
            self._begin()
            self._climb()
        if not self.starts:
            raise InvalidInputError(f"no plan serves every signal of {self._world.scenario.name}")

    @property
    def start(self) -> Scored:
        """The plan that is computed at once, without a search."""
        return self.starts[0]

    def best(self, number: int) -> list[Scored]:
        """Return the best plans found, the best first."""
        order: dict[Timings, Scored] = {}
        for one in sorted(self._evaluator.tried, key=lambda scored: scored.cost_s):
            if one.candidate.plan in self._known:
                order.setdefault(self._timings_of(one), one)
        return list(order.values())[:number]

    def _begin(self) -> None:
        """Score the starts: those given, else by model, that of a run without a tuned plan first, and the network's."""
        starts = self._given or (*self._from_model(), *self._from_net())
        for what, timings in starts:
            self.starts += self._score([(what, timings)])

    def _from_net(self) -> list[tuple[str, Timings]]:
        units = {unit.site.signal_id: unit for unit in self._world.units}
        try:
            timings = tuple(net_timing(units[signal.site.signal_id]) for signal in self._model.signals)
        except InvalidInputError as error:
            self.notes.append(f"the network's own programme is no start: {error}")
            return []
        for index, timing in enumerate(timings):
            if not 30 <= timing.cycle_s <= 300 or not self._keeps(index, timing):
                name = self._model.signals[index].site.signal_id
                self.notes.append(f"the network's own programme is no start: signal {name} cannot keep it")
                return []
        return [("the network's own programme", timings)]

    def _from_model(self) -> list[tuple[str, Timings]]:
        middle_s = cycles_s(self._model)[len(cycles_s(self._model)) // 2]
        low_s, high_s = CYCLE_S
        cycles = sorted({min(max(round(middle_s * factor), low_s), high_s) for factor in FACTORS})
        by_cycle = plans(self._planner, cycles)
        found = [(f"computed, cycle {cycle_s} s", timings) for cycle_s, timings in by_cycle.items()]
        alone = self._alone(cycles)
        return [*self._at_once(), *found, *([("computed, each signal for itself", alone)] if alone is not None else [])]

    def _at_once(self) -> list[tuple[str, Timings]]:
        """Return what a run without a tuned plan would keep."""
        timings = best_timings(self._model, self._planner)
        return [] if timings is None else [("computed at once", timings)]

    def _alone(self, cycles: Sequence[int]) -> Timings | None:
        """Return each signal's own best cycle; None for one signal, which has no other to be tied to."""
        if len(self._model.signals) == 1:
            return None
        chosen = []
        for index in range(len(self._model.signals)):
            best = self._planner.best_alone(index, cycles)
            if best is None:
                return None
            chosen.append(best)
        return tuple(chosen)

    def _climb(self) -> None:
        """Move the best plan until the budget is spent, or nothing new is found for a while."""
        best, idle, step = best_of(self.starts), 0, 0
        while idle < _IDLE:
            step += 1
            before, spent = best, self._evaluator.spent
            if step % STRETCH_EVERY == 0:
                best = self._stretched(best, STRETCHES[step // STRETCH_EVERY % len(STRETCHES)])
            else:
                best = self._moved(best)
            idle = idle + 1 if self._evaluator.spent == spent else 0
            if best is not before:
                self._dead.clear()

    def _stretched(self, best: Scored, factor: float) -> Scored:
        timings = self._timings_of(best)
        longer = tuple(self._scaled(index, timing, factor) for index, timing in enumerate(timings))
        if longer == timings or not all(self._keeps(i, timing) for i, timing in enumerate(longer)):
            return best
        return best_of([best, *self._score([(f"cycle times {factor:g}", longer)])])

    def _scaled(self, index: int, timing: Timing, factor: float) -> Timing:
        low_s, high_s = CYCLE_S
        cycle_s = min(max(round(timing.cycle_s * factor), low_s), high_s)
        least_s = self._planner.least_s(index, timing.stages)
        if least_s.sum() > cycle_s:
            return timing
        wanted_s = np.array(timing.splits_s) * cycle_s / timing.cycle_s
        splits_s = rounded_s(wanted_s, least_s, cycle_s)
        offset_s = round(timing.offset_s * cycle_s / timing.cycle_s) % cycle_s
        return Timing(timing.stages, tuple(int(s) for s in splits_s), offset_s)

    def _moved(self, best: Scored) -> Scored:
        """Move signals that are no neighbours; keep all moves if the delay falls, else those that were good there."""
        timings = self._timings_of(best)
        moves = {index: move for index in self._independent(best) if (move := self._move(index, timings)) is not None}
        if not moves:
            return best
        trial = self._score([(f"moves at {len(moves)} signals", self._with(timings, moves))])[0]
        good = {index for index in moves if self._gain(best, trial, index) > 0}
        self._remember(timings, moves, good)
        if 0 < len(good) < len(moves):
            kept = {index: moves[index] for index in good}
            second = self._score([(f"good moves at {len(kept)} signals", self._with(timings, kept))])[0]
            return best_of([best, trial, second])
        return best_of([best, trial])

    def _gain(self, before: Scored, after: Scored, index: int) -> float:
        """Return how much less waiting there is around a signal. [veh h]"""
        around = [self._model.signals[i].site.signal_id for i in {index, *self._near[index]}]
        return sum(before.waiting_veh_h[s] - after.waiting_veh_h[s] for s in around)

    def _independent(self, best: Scored) -> list[int]:
        """Return signals of which no two are neighbours, those with much waiting more often."""
        waiting = best.waiting_veh_h
        weights = np.array([waiting[signal.site.signal_id] + 0.01 for signal in self._model.signals])
        order = np.argsort(-np.log(self._random.random(len(weights))) / weights)
        chosen: list[int] = []
        for index in (int(i) for i in order):
            if not self._near[index] & set(chosen):
                chosen.append(index)
        return chosen

    def _move(self, index: int, timings: Timings) -> Timing | None:
        """Return another timing of a signal that its kernel keeps; what was good last time is tried again."""
        for attempt in range(_TRIES):
            if attempt == 0 and index in self._again:
                wanted = self._again.pop(index)
            else:
                wanted = self._drawn(index, timings[index])
            trial = self._applied(index, timings[index], wanted)
            if trial != timings[index] and (index, trial) not in self._dead and self._keeps(index, trial):
                self._dead.add((index, trial))
                return trial
        return None

    def _drawn(self, index: int, timing: Timing) -> tuple[str, int, int, int]:
        """Draw a move: (kind, from, to, seconds)."""
        n, draw = len(timing.stages), self._random.random()
        if len(self._model.signals) > 1 and draw < 0.45:
            shift_s = round(timing.cycle_s * float(self._random.choice([0.03, 0.06, 0.1, 0.2])))
            return "offset", 0, 0, shift_s * int(self._random.choice([-1, 1]))
        if draw > 0.93:
            return "order", int(self._random.integers(1 << 30)), 0, 0
        if n == 1:
            return "offset", 0, 0, 1
        a, b = (int(i) for i in self._random.choice(n, 2, replace=False))
        return "split", a, b, int(self._random.choice([1, 2, 3, 5]))

    def _applied(self, index: int, timing: Timing, move: tuple[str, int, int, int]) -> Timing:
        kind, a, b, seconds = move
        if kind == "offset":
            return timing._replace(offset_s=(timing.offset_s + seconds) % timing.cycle_s)
        if kind == "order":
            others = self._planner.orders(index, timing.cycle_s)
            return others[a % len(others)]._replace(offset_s=timing.offset_s) if others else timing
        splits_s = list(timing.splits_s)
        if max(a, b) >= len(splits_s) or splits_s[a] <= seconds:
            return timing
        splits_s[a] -= seconds
        splits_s[b] += seconds
        return timing._replace(splits_s=tuple(splits_s))

    def _remember(self, timings: Timings, moves: dict[int, Timing], good: set[int]) -> None:
        """Keep the direction of good moves, and turn that of bad shifts of an offset round."""
        for index, timing in moves.items():
            before = timings[index]
            if timing.stages != before.stages:
                continue
            if timing.splits_s == before.splits_s:
                half = before.cycle_s // 2
                shift_s = (timing.offset_s - before.offset_s + half) % before.cycle_s - half
                self._again[index] = ("offset", 0, 0, shift_s if index in good else -shift_s)
            elif index in good:
                change = np.array(timing.splits_s) - np.array(before.splits_s)
                self._again[index] = ("split", int(change.argmin()), int(change.argmax()), int(change.max()))

    def _with(self, timings: Timings, moves: dict[int, Timing]) -> Timings:
        return tuple(moves.get(index, timing) for index, timing in enumerate(timings))

    def _keeps(self, index: int, timing: Timing) -> bool:
        return self._planner.keeps(index, timing)

    def _score(self, named: Sequence[tuple[str, Timings]]) -> list[Scored]:
        candidates = []
        for what, timings in named:
            plan = plan_of(what, self._model, timings)
            candidate = Candidate(what, "fixed", plan=plan)
            self._known[plan] = timings
            candidates.append(candidate)
        return self._evaluator.score(candidates, self._seeds)

    def _timings_of(self, scored: Scored) -> Timings:
        assert scored.candidate.plan is not None
        return self._known[scored.candidate.plan]
