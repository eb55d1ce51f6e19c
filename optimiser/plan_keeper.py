"""The controller that keeps plans which change: at a cycle boundary, and by a transition into step with the new one.

It also finds out that it is out of step, as after an override, goes on from the stage that is lit, and comes into step
by the same transition. In step it wishes for what `FixedPlanController` wishes for.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate
from math import floor
from operator import add
from typing import Final

from optimiser.controller import Decision, Situation
from optimiser.cycle_split import least_split_s
from optimiser.fixed_plan import stage_indices
from optimiser.stage_tables import StageTables
from optimiser.transition import RELEASED_CYCLES, Entering, Method, Transition, TransitionSettings, deal, transition
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.timing import DS_PER_S, to_ds, to_s
from signal_ctrl.domain.view import JunctionView

SLACK_DS: Final = 100
"""So late may a change begin before the signal counts as out of step. [ds]"""
_FORGOTTEN: Final = 10
_WEAKER: Final = (1.0, 0.5, 0.25)

Keeps = Callable[[int, tuple[tuple[int, int], ...]], bool]
"""Says whether the kernel can go from a stage through (stage, split [ds]) one after the other, everybody calling."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """The cycle that a signal is in: its plan, when it began, its splits, and those of the cycles that follow. [ds]

    `before` is the stage (index) before its first, None if it is the plan's last; `adjusted`, whether the splits are
    others than the plan's.
    """

    plan: SignalPlan
    begin_ds: int
    splits_ds: tuple[int, ...]
    following: tuple[tuple[int, ...], ...] = ()
    before: int | None = None
    adjusted: bool = False

    @property
    def end_ds(self) -> int:
        """When the next cycle begins. [ds]"""
        return self.begin_ds + sum(self.splits_ds)

    def place(self, now_ds: int) -> tuple[int, int]:
        """Return whose turn it is, as an index of the plan's stages, and for how long. [ds]"""
        starts_ds, since_ds = (0, *accumulate(self.splits_ds[:-1])), max(now_ds - self.begin_ds, 0)
        index = bisect_right(starts_ds, since_ds) - 1
        return index, since_ds - starts_ds[index]


class PlanKeeper:
    """Keeps the plan in force of one signal."""

    def __init__(
        self,
        plan_at: Callable[[int], SignalPlan],
        site: Site,
        tables: StageTables,
        settings: TransitionSettings,
        keeps: Keeps = lambda _before, _turns: True,
        joins: bool = False,
    ) -> None:
        """Args: plan_at, the plan in force at a time [ds]; keeps, what the kernel says of a transition; joins, whether
        it begins by the clock, whatever is lit, as `FixedPlanController` does.
        """
        self._plan_at = plan_at
        self._site = site
        self._tables = tables
        self._settings = settings
        self._keeps = keeps
        self._joins = joins
        self._cycle: Cycle | None = None
        self._limits = settings

    @property
    def cycle(self) -> Cycle | None:
        """The cycle under way, None before the first question."""
        return self._cycle

    def due(self, now_ds: int) -> int:
        """Return the site's stage whose turn it is. [ds]"""
        cycle = self._advance(now_ds)
        return self._stages(cycle.plan)[cycle.place(now_ds)[0]]

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the stage whose turn it is; the view does not matter, the stage that is lit does."""
        now_ds = to_ds(situation.now_s)
        cycle = self._advance(now_ds)
        lost = self._is_lost(cycle, situation.stage, now_ds)
        self._joins = self._joins and lost
        if lost and not self._joins:
            cycle = self._taken_up(cycle.plan, situation.stage, now_ds)
        index, since_ds = cycle.place(now_ds)
        return Decision(self._stages(cycle.plan)[index], (), _reason(cycle, index, since_ds))

    def _advance(self, now_ds: int) -> Cycle:
        """Return the cycle of a time; it begins by the clock of the plan where nothing is known of before."""
        cycle = self._cycle
        if cycle is None or not -DS_PER_S < now_ds - cycle.begin_ds < _FORGOTTEN * cycle.plan.cycle_ds:
            plan = self._plan_at(now_ds)
            cycle = Cycle(plan, now_ds - (now_ds - plan.offset_ds) % plan.cycle_ds, plan.splits_ds)
        while now_ds >= cycle.end_ds:
            cycle = self._next(cycle)
        self._cycle = cycle
        return cycle

    def _next(self, cycle: Cycle) -> Cycle:
        """Return the cycle that follows: the next of the transition, or the first of a new one, or the plan's own."""
        if cycle.following:
            splits_ds, *rest = cycle.following
            return Cycle(cycle.plan, cycle.end_ds, splits_ds, tuple(rest), adjusted=True)
        limits, self._limits = self._limits, self._settings
        plan = self._plan_at(cycle.end_ds)
        before = None if plan == cycle.plan else self._stages(cycle.plan)[-1]
        return self._entered(plan, cycle.end_ds, before, limits)

    def _entered(self, plan: SignalPlan, begin_ds: int, before: int | None, limits: TransitionSettings) -> Cycle:
        found = self._way(plan, begin_ds, before, limits).cycles_s
        if not found:
            return Cycle(plan, begin_ds, plan.splits_ds, before=before)
        cycles_ds = tuple(tuple(DS_PER_S * split_s for split_s in splits_s) for splits_s in found)
        return Cycle(plan, begin_ds, cycles_ds[0], cycles_ds[1:], before, adjusted=True)

    def _way(self, plan: SignalPlan, begin_ds: int, before: int | None, limits: TransitionSettings) -> Transition:
        """Return the transition into a plan, with smaller steps where the kernel cannot keep the larger ones.

        Where it keeps none of the method asked for, shortway is tried, which is over soonest; and where not even that,
        its smallest steps are taken all the same: rehearsed is with everybody calling, and the kernel is the judge.
        """
        stages = self._stages(plan)
        entering = entering_of(plan, self._site, self._tables, before, (begin_ds - plan.offset_ds) % plan.cycle_ds)
        found = Transition(())
        for method in dict.fromkeys((limits.method, Method.SHORTWAY)):
            for weaker in _WEAKER:
                found = transition(entering, replace(limits, method=method, lengthen=limits.lengthen * weaker))
                turns = [
                    (s, DS_PER_S * t) for splits_s in found.cycles_s for s, t in zip(stages, splits_s, strict=True)
                ]
                if not turns or self._keeps(stages[-1] if before is None else before, tuple(turns)):
                    return found
        return found

    def _is_lost(self, cycle: Cycle, lit: int, now_ds: int) -> bool:
        """Return whether the lit stage is neither that whose turn it is nor the one before, about to be left."""
        stages = self._stages(cycle.plan)
        index, since_ds = cycle.place(now_ds)
        if lit == stages[index]:
            return False
        before = cycle.before if index == 0 and cycle.before is not None else stages[index - 1]
        return lit != before or since_ds > SLACK_DS

    def _taken_up(self, plan: SignalPlan, lit: int, now_ds: int) -> Cycle:
        """Return the cycle that goes on from the lit stage, whose turn ends now: at the place nearest to the clock.

        The way back into step keeps the limits of a release (SAFETY C).
        """
        limits = self._settings.released()
        now_ds = -(-now_ds // DS_PER_S) * DS_PER_S
        stages, clock_ds = self._stages(plan), (now_ds - plan.offset_ds) % plan.cycle_ds
        ends_ds = tuple(accumulate(plan.splits_ds))
        places = [place for place, stage in enumerate(stages) if stage == lit]
        last = min(places, key=lambda place: _apart(ends_ds[place], clock_ds, plan.cycle_ds), default=len(stages) - 1)
        if last == len(stages) - 1:
            self._cycle = self._entered(plan, now_ds, None if places else lit, limits)
        else:
            self._limits = replace(limits, most_cycles=max(limits.most_cycles - 1, 1))
            splits_ds = (*plan.splits_ds[: last + 1], *self._rest(plan, last + 1, now_ds))
            self._cycle = Cycle(plan, now_ds - ends_ds[last], splits_ds, adjusted=True)
        return self._advance(now_ds)

    def _rest(self, plan: SignalPlan, place: int, now_ds: int) -> tuple[int, ...]:
        """Return the splits from a place on, where a cycle is taken up there: the plan's, or longer ones. [ds]

        They are longer by what the cycles that may follow cannot make up for, as far as one cycle may be.
        """
        rest_s = tuple(split_ds // DS_PER_S for split_ds in plan.splits_ds[place:])
        end_ds = now_ds + DS_PER_S * sum(rest_s)
        following = self._way(plan, end_ds, None, self._limits).cycles_s
        if len(following) < RELEASED_CYCLES:
            return plan.splits_ds[place:]
        cycle_s = plan.cycle_ds // DS_PER_S
        late_s, step_s = (end_ds - plan.offset_ds) // DS_PER_S % cycle_s, floor(self._limits.lengthen * cycle_s + 1e-9)
        more_s = min(max(cycle_s - late_s - (RELEASED_CYCLES - 1) * step_s, 0), step_s)
        longer = tuple(map(add, rest_s, deal(more_s, rest_s, [more_s] * len(rest_s))))
        stages = self._stages(plan)
        turns = tuple((s, DS_PER_S * t) for s, t in zip(stages[place:], longer, strict=True))
        return tuple(t for _, t in turns) if self._keeps(stages[place - 1], turns) else plan.splits_ds[place:]

    def _stages(self, plan: SignalPlan) -> tuple[int, ...]:
        return stage_indices(plan, self._site)


def entering_of(plan: SignalPlan, site: Site, tables: StageTables, before: int | None, late_ds: int) -> Entering:
    """Return a plan as it is entered from a stage (index; None: its own last one).

    Args: late_ds, how long ago its clock began the cycle, whole seconds [ds].
    Raises: InvalidInputError if that is no whole second or the site cannot hold the splits.
    """
    if late_ds % DS_PER_S:
        raise InvalidInputError(f"signal {site.signal_id}: a plan is entered at whole seconds, not {to_s(late_ds):g} s")
    stages = stage_indices(plan, site)
    splits_s = tuple(split_ds // DS_PER_S for split_ds in plan.splits_ds)
    shortest_s = (_least_s(site, tables, stages[k - 1], stages[k]) for k in range(len(stages)))
    least_s = tuple(map(min, shortest_s, splits_s))  # what the acceptance lets a plan have it may keep
    first_s = least_s if before is None else (_least_s(site, tables, before, stages[0]), *least_s[1:])
    return Entering(splits_s, least_s, first_s, late_ds // DS_PER_S)


def _least_s(site: Site, tables: StageTables, before: int, stage: int) -> int:
    return 1 if before == stage else int(least_split_s(site, tables, before, stage))


def _apart(a_ds: int, b_ds: int, cycle_ds: int) -> int:
    apart_ds = (a_ds - b_ds) % cycle_ds
    return min(apart_ds, cycle_ds - apart_ds)


def _reason(cycle: Cycle, index: int, since_ds: int) -> str:
    at_s = to_s(sum(cycle.splits_ds[:index]) + since_ds)
    length_s, plan_s = to_s(sum(cycle.splits_ds)), to_s(cycle.plan.cycle_ds)
    reason = f"stage {cycle.plan.stages[index]}, {at_s:g} s into the cycle of {length_s:g} s"
    return f"{reason}, on the way into step with a cycle of {plan_s:g} s" if cycle.adjusted else reason
