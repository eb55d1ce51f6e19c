"""Shadow mode: adaptive control advises a live junction while its present plan runs.

What comes in is a decision as adaptive control makes it (candidates with predicted costs, see docs/adaptive.md) and
what the plan does at that moment. What is written is whether they differ, and by how much the advice was predicted to
be cheaper than the candidate that is like the plan. Both figures are the model's own: nobody drove the advice.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, stdev
from typing import Final

from scipy.special import stdtrit

from signal_ctrl.centre.cabinets import cabinet_of
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.shadow_values import ADVICE, MODES, Advice, ControlMode, ModeOf
from signal_ctrl.domain.errors import ForbiddenError, InvalidInputError, RefusedError

NEAR_S: Final = 2.5
"""A candidate is like the plan if it begins the plan's next stage within so long of it. [s] [P]"""
DIFFERS_S: Final = 2.5
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Running:
    """What the plan does at a moment: the stage that is lit, the next one, and when its change begins. [s]"""

    stage: str
    next_stage: str
    next_in_s: float


@dataclass(frozen=True, slots=True)
class ShadowDecision:
    """A decision of adaptive control: its choice, and (stage, start from now [s], predicted cost [veh s]) of each."""

    cabinet: str
    at_utc_ms: int
    stage: str
    candidates: tuple[tuple[str, float, float], ...]
    horizon_s: float


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What adaptive control would have done at a junction in a time, as its own model predicts it. [ms]

    Windows are decisions at least one horizon apart, so that no second is counted twice. `gain_veh_s_per_window` is the
    mean predicted saving of a window, `ci95` its interval over hours (None: fewer than 3 hours with windows).
    """

    cabinet: str
    since_utc_ms: int
    until_utc_ms: int
    mode: ControlMode
    decisions: int
    differing: int
    comparable: int
    windows: int
    gain_veh_s_per_window: float | None
    gain_veh_h_per_h: float | None
    ci95_veh_s_per_window: tuple[float, float] | None
    method: str


METHOD: Final = (
    "predicted by adaptive control's own model: at each decision the cost of the candidate that does what the plan did "
    "(its next stage, begun within 2.5 s of the plan's time; staying counts as such while the plan stays longer than "
    "the latest candidate) less the cost of the chosen one, both over the horizon and going on by the model's base "
    "policy. One decision per horizon counts. It is no measurement: the cheapest of several guesses looks cheaper than "
    "it is, and later cycles of plan and advice are not compared."
)


class ShadowDesk:
    """Who decides at each junction, and the log of what adaptive control would have done."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def switch(self, actor: Actor, cabinets: Sequence[str], mode: ControlMode) -> tuple[ModeOf, ...]:
        """Let the plan, the plan with advice, or adaptive control decide at some junctions: one audited act.

        Raises: ForbiddenError; NotFoundError; InvalidInputError without a cabinet.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.MANAGE_PLANS, now_ms)
        if not cabinets or len(set(cabinets)) != len(cabinets):
            raise InvalidInputError("name the cabinets whose control is to be switched, each once")
        obj = f"control of {', '.join(cabinets[:50])} ({len(cabinets)})"

        def work(t: Transaction) -> tuple[ModeOf, ...]:
            for name in cabinets:
                if not actor.reaches(cabinet_of(t, name).district):
                    raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone, not at {name}")
            before = sorted({mode_of(t, name).value for name in cabinets})
            modes = tuple(ModeOf(name, mode, now_ms, actor.login) for name in cabinets)
            for one in modes:
                t.shelf(MODES).put(one)
            t.record(actor.login, "switch control", obj, f"from {', '.join(before)} to {mode.value}", now_ms)
            return modes

        return self._desk.act(actor.login, "switch control", obj, work)

    def advised(self, t: Transaction, decision: ShadowDecision, running: Running) -> Advice:
        """Write down what adaptive control advises at a junction in shadow mode.

        Raises: RefusedError if the junction is in no such mode.
        """
        if mode_of(t, decision.cabinet) is not ControlMode.SHADOW:
            raise RefusedError("C/shadow", f"cabinet {decision.cabinet} is not in shadow mode; switch it on first")
        advice = advice_of(decision, running)
        t.shelf(ADVICE).put(advice)
        return advice

    def report(self, cabinet: str, since_utc_ms: int, until_utc_ms: int) -> ShadowReport:
        """Return what adaptive control would have done in a time. [ms] Raises: NotFoundError."""

        def work(reading: Reading) -> ShadowReport:
            cabinet_of(reading, cabinet)
            found = reading.shelf(ADVICE).find({"cabinet": cabinet}, since_utc_ms, until_utc_ms, limit=3_000_000)
            return report_of(cabinet, mode_of(reading, cabinet), found, (since_utc_ms, until_utc_ms))

        return self._desk.store.read(work)


def mode_of(reading: Reading, cabinet: str) -> ControlMode:
    """Return who decides at a junction."""
    found = reading.shelf(MODES).get(cabinet)
    return ControlMode.PLAN if found is None else found.mode


def advice_of(decision: ShadowDecision, running: Running) -> Advice:
    """Return a decision beside what the plan does.

    Raises: InvalidInputError if the choice is not among the candidates or a cost is no number.
    """
    costs = decision.candidates
    if not costs or not all(math.isfinite(number) for _, start_s, cost in costs for number in (start_s, cost)):
        raise InvalidInputError("a decision has candidates, whose starts and costs are numbers")
    chosen = min((c for c in costs if c[0] == decision.stage), key=lambda c: c[2], default=None)
    if chosen is None:
        raise InvalidInputError(f"stage {decision.stage} is not among the candidates")
    like_plan = _like_plan(costs, running)
    return Advice(
        cabinet=decision.cabinet,
        at_utc_ms=decision.at_utc_ms,
        ran=running.stage,
        plan_next=running.next_stage,
        plan_next_in_s=running.next_in_s,
        advised=chosen[0],
        advised_in_s=chosen[1],
        costs=costs,
        horizon_s=decision.horizon_s,
        plan_cost_veh_s=None if like_plan is None else like_plan[2],
        gain_veh_s=None if like_plan is None else like_plan[2] - chosen[2],
        differs=_differs(chosen, running),
    )


def _like_plan(costs: Iterable[tuple[str, float, float]], running: Running) -> tuple[str, float, float] | None:
    """Return the candidate that does what the plan does, None if there is none."""
    known = list(costs)
    changes = [c for c in known if c[0] == running.next_stage != running.stage]
    near = min(changes, key=lambda c: abs(c[1] - running.next_in_s), default=None)
    if near is not None and abs(near[1] - running.next_in_s) <= NEAR_S:
        return near
    latest_s = max((c[1] for c in known), default=0.0)
    stays = running.next_in_s > latest_s + NEAR_S or running.next_stage == running.stage
    return next((c for c in known if c[0] == running.stage), None) if stays else None


def _differs(chosen: tuple[str, float, float], running: Running) -> bool:
    """Tell whether the advice is to light another stage now, or to stay where the plan goes."""
    changes_now = chosen[0] != running.stage and chosen[1] <= DIFFERS_S
    plan_changes_now = running.next_stage != running.stage and running.next_in_s <= DIFFERS_S
    return changes_now != plan_changes_now or (changes_now and chosen[0] != running.next_stage)


def report_of(cabinet: str, mode: ControlMode, advice: Iterable[Advice], times_ms: tuple[int, int]) -> ShadowReport:
    """Return the report over advice, in any order. [ms]"""
    found = sorted(advice, key=lambda a: a.at_utc_ms)
    windows = _windows([a for a in found if a.gain_veh_s is not None])
    gains = [a.gain_veh_s for a in windows if a.gain_veh_s is not None]
    mean = fmean(gains) if gains else None
    seconds = sum(a.horizon_s for a in windows)
    return ShadowReport(
        cabinet=cabinet,
        since_utc_ms=times_ms[0],
        until_utc_ms=times_ms[1],
        mode=mode,
        decisions=len(found),
        differing=sum(a.differs for a in found),
        comparable=sum(a.gain_veh_s is not None for a in found),
        windows=len(windows),
        gain_veh_s_per_window=mean,
        gain_veh_h_per_h=sum(gains) / seconds if seconds else None,
        ci95_veh_s_per_window=_interval(windows),
        method=METHOD,
    )


def _windows(advice: Iterable[Advice]) -> list[Advice]:
    """Return the first decision, then each that lies a horizon behind the one before."""
    found: list[Advice] = []
    for one in advice:
        if not found or one.at_utc_ms - found[-1].at_utc_ms >= found[-1].horizon_s * 1000:
            found.append(one)
    return found


def _interval(windows: Sequence[Advice]) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean over hours, which depend on each other less than windows do."""
    hours = groupby(windows, key=lambda a: a.at_utc_ms // _HOUR_MS)
    means = [fmean([a.gain_veh_s for a in those if a.gain_veh_s is not None]) for _, those in hours]
    if len(means) < 3:
        return None
    half = float(stdtrit(len(means) - 1, 0.975)) * stdev(means) / math.sqrt(len(means))
    return fmean(means) - half, fmean(means) + half
