"""The classic rule of bus priority over a fixed plan: extension, early green, or nothing; every bus, whenever it comes.

It is there to be compared with: it knows no load, no timetable and nobody else. Source of the rule: check-in, time of
arrival, extension if the bus comes within the extension after the end of green, else early green by cutting the stages
before its own to their minimum (as in the Transit Signal Priority Handbook, ITS America 2005, in its own words).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from optimiser.controller import Decision, Situation
from optimiser.fixed_plan import FixedPlanController
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.timing import to_ds
from signal_ctrl.domain.view import JunctionView

EXTENSION_S: Final = 10.0
EARLY_S: Final = 30.0
"""A bus that comes within this time has green early. [s]"""


@dataclass(frozen=True, slots=True)
class BusCall:
    """A bus that comes: signal groups that let it go, and when it is likely to be at the stop line. [s]"""

    groups: frozenset[int]
    arrives_s: float


class BusExtensionController:
    """A fixed plan that is bent for buses. A stage that began early lasts until the plan has caught up with it."""

    def __init__(self, plan: SignalPlan, site: Site, calls: Callable[[float], Sequence[BusCall]]) -> None:
        """Args: calls, tells who comes at a time [s]."""
        self._fixed = FixedPlanController(plan, site)
        self._greens = [frozenset(g for g, r in enumerate(s.rights) if r.is_green) for s in site.stages]
        self._order = self._fixed.stages
        self._calls = calls
        self._ahead: int | None = None
        self._asked: int | None = None

    def due(self, now_ds: int) -> int:
        """Return the site's stage whose turn it is by the plan. [ds]"""
        return self._fixed.due(now_ds)

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the wish with the rule, and in `plain` the one without."""
        lit = situation.stage
        base = replace(self._fixed.decide(view, situation), stage=self._base(lit, to_ds(situation.now_s)))
        calls = self._calls(situation.now_s)
        if not calls:
            return base
        if base.stage != lit:
            kept = any(c.arrives_s <= EXTENSION_S and self._only(c, lit, base.stage) for c in calls)
            return replace(base, stage=lit if kept else base.stage, plain=base.stage, reason=_why(base, kept, "kept"))
        behind = self._order[(self._order.index(lit) + 1) % len(self._order)] if lit in self._order else lit
        waits = any(c.arrives_s <= EARLY_S and not c.groups & self._greens[lit] for c in calls)
        held = any(c.arrives_s <= EARLY_S and self._only(c, lit, behind) for c in calls)
        early = waits and not held and behind != lit
        self._asked = behind if early else None
        return replace(base, stage=behind if early else lit, plain=lit, reason=_why(base, early, "early"))

    def _base(self, lit: int, now_ds: int) -> int:
        """Return the stage whose turn it is: by the plan, or the one that began early until the plan is there."""
        due = self._fixed.due(now_ds)
        if self._asked is not None and lit == self._asked and due != lit:
            self._ahead = lit
        self._asked = None
        if self._ahead is not None and (due == self._ahead or lit != self._ahead):
            self._ahead = None
        return due if self._ahead is None else self._ahead

    def _only(self, call: BusCall, lit: int, other: int) -> bool:
        """Return whether a bus has green in the stage that is lit and not in the other one."""
        return bool(call.groups & self._greens[lit]) and not call.groups & self._greens[other]


def _why(base: Decision, done: bool, what: str) -> str:
    return f"{what} for a bus" if done else base.reason
