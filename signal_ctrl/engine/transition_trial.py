"""A transition tried out: one signal, its kernel and the keeper of its plans, second by second, everybody calling."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detectors.view_builder import empty_view
from optimiser.fixed_plan import stage_indices
from optimiser.plan_keeper import Cycle, PlanKeeper
from optimiser.transition import TransitionSettings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.timing import DS_PER_S
from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.engine.schedule_rung import plan_keeper
from signal_ctrl.engine.unseen import unseen_junction
from signal_ctrl.kernel.kernel import Kernel

_BEFORE: Final = 2
_AFTER: Final = 8
_OVERRIDES: Final = 1_000_000
"""Requests of somebody else are numbered from here on: above those of any controller before them."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody holds a stage (index) for a time. [ds]"""

    stage: int
    long_ds: int


@dataclass(frozen=True, slots=True)
class TriedCycle:
    """A cycle as it was kept: begin, splits, how far it began behind the clock of its plan (below 0: ahead). [ds]"""

    begin_ds: int
    splits_ds: tuple[int, ...]
    error_ds: int
    adjusted: bool
    stages: tuple[str, ...]
    plan_ds: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a transition: cycles; (when [ds], stage) as the kernel turned to them; what the kernel objected to.

    `disturbed_ds`, when the signal left its plan; `in_step_ds`, when it was in step for good, None if never.
    """

    signal: str
    cycles: tuple[TriedCycle, ...]
    turns: tuple[tuple[int, int], ...]
    disturbed_ds: int
    in_step_ds: int | None
    refusals: int
    violations: int

    @property
    def adjusted(self) -> tuple[TriedCycle, ...]:
        """The cycles on the way into step."""
        return tuple(cycle for cycle in self.cycles if cycle.adjusted)


def try_transition(
    kernel: Kernel,
    plans: tuple[SignalPlan, SignalPlan],
    at_ds: int,
    settings: TransitionSettings,
    hold: Hold | None = None,
) -> Trial:
    """Return how a signal goes from one plan to another that is in force from a time on, or back after a hold.

    Args: plans, before and after, the same for a hold alone; at_ds [ds].
    Raises: InvalidInputError if a plan is not for the site.
    """
    one, two = plans
    if at_ds < 0 or at_ds % DS_PER_S:
        raise InvalidInputError(f"a change of plan comes at a whole second of 0 or more, not {at_ds / DS_PER_S:g} s")
    begin_ds = at_ds - (at_ds - one.offset_ds) % one.cycle_ds - _BEFORE * one.cycle_ds
    keeper = plan_keeper(kernel, lambda now_ds: two if now_ds >= at_ds else one, settings, joins=True)
    state = kernel.in_service(begin_ds, stage_indices(one, kernel.site)[-1])
    engine = JunctionEngine(kernel, unseen_junction(kernel.site), keeper, state)
    held_ds = (at_ds, at_ds + hold.long_ds) if hold is not None else (at_ds, at_ds)
    until_ds = held_ds[1] + _AFTER * max(one.cycle_ds, two.cycle_ds)
    cycles: list[Cycle] = []
    turns: list[tuple[int, int]] = []
    for now_ds in range(begin_ds, until_ds, DS_PER_S):
        engine.run_to(now_ds)
        _act(engine, keeper, now_ds, hold if held_ds[0] <= now_ds < held_ds[1] else None, now_ds == held_ds[0])
        if keeper.cycle is not None and (not cycles or keeper.cycle != cycles[-1]):
            cycles.append(keeper.cycle)
        if not turns or turns[-1][1] != engine.core.stage:
            turns.append((now_ds, engine.core.stage))
    tried = tuple(_tried(cycles))
    return Trial(
        signal=kernel.site.signal_id,
        cycles=tried,
        turns=tuple(turns),
        disturbed_ds=at_ds,
        in_step_ds=_in_step_ds(tried, held_ds[1]),
        refusals=engine.refusals,
        violations=engine.violations,
    )


def _act(engine: JunctionEngine, keeper: PlanKeeper, now_ds: int, hold: Hold | None, first: bool) -> None:
    """Let the controller decide, or whoever holds a stage."""
    everybody, stages = (1 << len(engine.kernel.site.groups)) - 1, tuple(range(len(engine.kernel.site.stages)))
    if hold is not None:
        engine.repeat(everybody, hold.stage if first and hold.stage != engine.core.stage else -1, _OVERRIDES, now_ds)
    else:
        keeper.due(now_ds)
        engine.decide(empty_view(engine.layout), stages, now_ds)


def _tried(cycles: list[Cycle]) -> Iterator[TriedCycle]:
    for cycle in cycles:
        behind_ds = (cycle.begin_ds - cycle.plan.offset_ds) % cycle.plan.cycle_ds
        error_ds = behind_ds - cycle.plan.cycle_ds if behind_ds > cycle.plan.cycle_ds // 2 else behind_ds
        yield TriedCycle(
            cycle.begin_ds, cycle.splits_ds, error_ds, cycle.adjusted, cycle.plan.stages, cycle.plan.cycle_ds
        )


def _in_step_ds(cycles: tuple[TriedCycle, ...], from_ds: int) -> int | None:
    """Return the begin of the first cycle from which on all are the plan's own and begin by its clock."""
    found = None
    for cycle in reversed(cycles):
        if cycle.adjusted or cycle.error_ds:
            break
        found = cycle.begin_ds
    return None if found is None else max(found, from_ds)
