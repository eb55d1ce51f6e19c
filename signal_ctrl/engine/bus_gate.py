"""Bus priority between optimiser and kernel: what it may do (SAFETY C, row 5), and what it owes to those who lost.

The optimiser says what it wishes for with buses weighed, and what it would wish for without. Where both are the same
nothing is done for a bus. Else:

- *extension*: without buses the stage would be left now, with them it is kept. A hold of the stage is asked for at the
  kernel's gate in the name of bus priority, 10 s long; the gate takes one until the stage has been left and has come
  again, and refuses any other. Where there is no hold in force, the wish without buses is obeyed. So a stage is kept
  for buses for at most 10 s from the first second at which it would have been left without them. What follows it then
  is the stage that is cheapest with buses weighed, within the rule for early starts.
- *early start*: another stage is begun than without buses. Once only, until whoever would have had green has had it,
  and never in a way that lengthens a green that is running: that is what the hold is for.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from optimiser.controller import Decision
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.precedence import CYCLE_DS, claim_of
from signal_ctrl.kernel.state import Core, Request, Source, Wish

EXTENSION_DS: Final = 100
"""Longest time that a stage is kept for buses. [ds]"""
COMPENSATED_S: Final = 30.0
"""Whose green was shortened by so much counts as two cars until it has had as much again. [s]"""
MOST_OWED_S: Final = 30.0
_SECOND_DS: Final = 10
HOLD, EARLY, RELEASE = "hold", "early", "release"
WORDS: Final = (HOLD, EARLY, RELEASE)
WITHHELD: Final = "no bus priority: "
"""So begins the reason of a decision whose priority the limits did not allow."""
NOT_KEPT: Final = "no longer kept for a bus: "
"""So begins the reason of one that leaves a stage for the cheapest other one, as it may be kept no longer."""


class Gate(Protocol):
    """The kernel's gate, as the engine has it."""

    @property
    def core(self) -> Core:
        """The kernel's core as it is now."""
        ...

    def ask(self, request: Request, now_ds: int) -> str:
        """Bring a wish in; return the rule that refused it. [ds]"""
        ...

    def release(self, source: Source, sequence: int, now_ds: int) -> str:
        """Take a claim back; return the rule that refused it. [ds]"""
        ...


class BusGate:
    """What bus priority does at one junction, and what it owes."""

    def __init__(self, kernel: Kernel, layout: JunctionLayout) -> None:
        self._kernel = kernel
        self._layout = layout
        self._greens = [frozenset(g for g, r in enumerate(s.rights) if r.is_green) for s in kernel.site.stages]
        self._tables: StageTables | None = None
        self._sequence = 0
        self._waiting: frozenset[int] = frozenset()
        self._early_ds = -CYCLE_DS
        self._owed_s = np.zeros(len(kernel.site.groups))
        self._looked_ds = -_SECOND_DS
        self._passed_s = 1.0

    @property
    def owed_s(self) -> tuple[float, ...]:
        """What each group is owed. [s]"""
        return tuple(map(float, self._owed_s))

    def compensated(self, view: JunctionView) -> JunctionView:
        """Return the view with more weight on those whose green was shortened; the same view where nothing is owed."""
        return compensated(view, self._layout, self._owed_s)

    def settle(self, decision: Decision, gate: Gate, now_ds: int) -> tuple[Decision, str]:
        """Return what is to be asked for in the name of adaptive control, and what was done for a bus. [ds]

        Once a second, when the lit stage may be left; or sooner, where an answer came between two seconds.
        """
        self._pay(gate.core, now_ds)
        stage, plain, wanted = gate.core.stage, decision.plain, decision.stage
        if plain is None or wanted == plain:
            return decision, self._let_go(gate, now_ds) if wanted != stage else ""
        if wanted == stage:
            rule, word = self._extended(stage, plain, gate, now_ds)
            if not rule:
                return decision, word
            wanted = cheapest_now(decision, stage)
            if wanted == plain:
                return self._without(decision, gate, now_ds, rule)
            decision = replace(decision, stage=wanted, reason=f"{NOT_KEPT}{rule}")
        if not self._may_begin(stage, plain, wanted, now_ds):
            return self._without(decision, gate, now_ds, "the stage that a bus wants would be early again")
        self._began_early(stage, plain, wanted, now_ds)
        self._let_go(gate, now_ds)
        return decision, EARLY

    def account(self, choice: int, plain: int | None, gate: Gate, now_ds: int) -> None:
        """Keep the accounts of a recorded decision, before it is repeated: who had green is paid, and who lost is owed.

        Args: choice, the stage that was decided for within the limits; plain, the one without buses, None: none was
            weighed.
        """
        self._pay(gate.core, now_ds)
        stage = gate.core.stage
        if plain is None or choice == plain:
            return
        if choice == stage:
            self._owe(self._greens[plain] - self._greens[stage], self._passed_s)
        else:
            self._began_early(stage, plain, choice, now_ds)

    def repeat(self, word: str, stage: int, gate: Gate, now_ds: int) -> None:
        """Do at the gate what was done in a recorded run."""
        if word == HOLD:
            self._hold(stage, gate, now_ds)
        else:
            self._let_go(gate, now_ds)

    def _began_early(self, stage: int, plain: int, wanted: int, now_ds: int) -> None:
        self._early_ds, self._waiting = now_ds, self._greens[plain] - self._greens[wanted]
        self._owe(self._waiting, self._least_s(stage, wanted))

    def _extended(self, stage: int, plain: int, gate: Gate, now_ds: int) -> tuple[str, str]:
        """Return the rule by which the lit stage may not be kept, and what was done at the gate."""
        held = claim_of(gate.core, Source.BUS_PRIORITY, now_ds)
        live = held is not None and held.stage == stage
        rule = "" if live else self._hold_if_new(gate, now_ds)
        if not rule:
            self._owe(self._greens[plain] - self._greens[stage], self._passed_s)
        return rule, "" if live or rule else HOLD

    def _without(self, decision: Decision, gate: Gate, now_ds: int, why: str) -> tuple[Decision, str]:
        """Return the decision without priority; what is held stands in the way of no other stage."""
        assert decision.plain is not None
        done = self._let_go(gate, now_ds) if decision.plain != gate.core.stage else ""
        return replace(decision, stage=decision.plain, reason=f"{WITHHELD}{why}"), done

    def _may_begin(self, stage: int, plain: int, wanted: int, now_ds: int) -> bool:
        longer = (self._greens[stage] & self._greens[wanted]) - self._greens[plain]
        return not longer and (not self._waiting or now_ds - self._early_ds >= CYCLE_DS)

    def _hold_if_new(self, gate: Gate, now_ds: int) -> str:
        """Ask for a hold unless the gate is known to refuse it, once a second for as long as a bus wants it."""
        last = gate.core.claims.extension
        if last is not None and now_ds - last.at_ds < CYCLE_DS:
            return f"stage {last.stage + 1} was kept for a bus in this cycle"
        return self._hold(gate.core.stage, gate, now_ds)

    def _hold(self, stage: int, gate: Gate, now_ds: int) -> str:
        self._sequence += 1
        ends_ds = now_ds + EXTENSION_DS
        return gate.ask(Request(Source.BUS_PRIORITY, self._sequence, now_ds, now_ds, Wish.HOLD, stage, ends_ds), now_ds)

    def _let_go(self, gate: Gate, now_ds: int) -> str:
        """Take back what is held, if anything is."""
        held = claim_of(gate.core, Source.BUS_PRIORITY, now_ds)
        if held is None:
            return ""
        gate.release(Source.BUS_PRIORITY, held.sequence, now_ds)
        return RELEASE

    def _least_s(self, stage: int, wanted: int) -> float:
        """Return what a stage that comes in between takes at least. [s]"""
        if self._tables is None:
            self._tables = stage_tables(self._kernel)
        return float(self._tables.settled_s[stage, wanted] + self._tables.min_green_s[wanted])

    def _owe(self, groups: frozenset[int], more_s: float) -> None:
        for g in groups:
            self._owed_s[g] = min(self._owed_s[g] + more_s, MOST_OWED_S)

    def _pay(self, core: Core, now_ds: int) -> None:
        """Who has green is paid, by the time that has passed."""
        self._passed_s = min(now_ds - self._looked_ds, _SECOND_DS) / _SECOND_DS
        self._looked_ds = now_ds
        lit = _lit(core)
        self._waiting -= lit
        for g in lit:
            self._owed_s[g] = max(self._owed_s[g] - self._passed_s, 0.0)


def compensated(view: JunctionView, layout: JunctionLayout, owed_s: Sequence[float] | NDArray[Any]) -> JunctionView:
    """Return the view with more weight on those whose green was shortened; the same view where nothing is owed.

    Args: owed_s, what each group is owed (n_groups,). [s]
    """
    if not any(owed_s):
        return view
    groups = [[layout.movements[m].group for m in lane.movements] for lane in layout.lanes]
    of_lane = np.array([max((owed_s[g] for g in own if g >= 0), default=0.0) for own in groups])
    weight = view.weight if view.weight.size else np.ones_like(view.eta_s)
    return replace(view, weight=weight * (1.0 + of_lane / COMPENSATED_S)[:, None])


def cheapest_now(decision: Decision, stage: int) -> int:
    """Return the stage that is cheapest to begin now in place of the lit one; without priority if none was weighed."""
    assert decision.plain is not None
    now = [(cost, other) for other, after_s, cost in decision.candidates if after_s == 0.0 and other != stage]
    return min(now)[1] if now else decision.plain


def _lit(core: Core) -> frozenset[int]:
    return frozenset(g for g, state in enumerate(core.groups) if state.right.is_green)
