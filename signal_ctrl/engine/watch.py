"""Whether a controller still does its work: every answer is looked at before it counts."""

import math
from typing import Final

from optimiser.controller import Controller, Decision, Situation
from signal_ctrl.domain.errors import BackendTimeoutError
from signal_ctrl.domain.view import JunctionView

STALE_S: Final = 180.0
STALE_CYCLES: Final = 2
MISSES: Final = 3


class Watch:
    """A controller under watch. It may raise anything and answer anything; nothing of it goes further than this.

    Where a controller runs outside, whoever asks it keeps the time and raises BackendTimeoutError; here is no clock.
    """

    def __init__(self, controller: Controller, signal: str, n_stages: int, cycle_s: float | None = None) -> None:
        """Args: cycle_s, of the plan to fall back to, where there is one [s]."""
        self.fault = ""
        self._controller = controller
        self._signal = signal
        self._n_stages = n_stages
        self._stale_s = STALE_S if cycle_s is None else min(STALE_CYCLES * cycle_s, STALE_S)
        self._missed = 0
        self._sound_s: float | None = None

    def ask(self, view: JunctionView, situation: Situation) -> Decision | None:
        """Return the controller's answer, None if there is none that can be used; `fault` says why it is not sound."""
        if self._sound_s is None:
            self._sound_s = situation.now_s
        try:
            decision = self._controller.decide(view, situation)
        except BackendTimeoutError:
            self._miss(situation.now_s)
            return None
        except Exception as error:  # whatever an optimiser does wrong costs delay, never the street
            self.fault = f"it failed ({type(error).__name__})"
            return None
        self.fault = self._flaw(decision, situation)
        if self.fault:
            return None
        self._missed, self._sound_s = 0, situation.now_s
        return decision

    def _miss(self, now_s: float) -> None:
        self._missed += 1
        if self._missed >= MISSES:
            self.fault = f"it missed its deadline {MISSES} times"
        elif self._sound_s is not None and now_s - self._sound_s > self._stale_s:
            self.fault = f"no answer for {self._stale_s:g} s"

    def _flaw(self, decision: object, situation: Situation) -> str:
        if type(decision) is not Decision:
            return f"it answered {type(decision).__name__}"
        if decision.signal not in ("", self._signal):
            return f"it answered for signal {decision.signal!r}"[:80]
        named = (decision.stage,) if decision.plain is None else (decision.stage, decision.plain)
        if any(type(stage) is not int or stage not in (situation.stage, *situation.stages) for stage in named):
            return "it named a stage that is not to be had"
        if decision.at_s is not None and not -1.0 <= situation.now_s - decision.at_s <= self._stale_s:
            return f"its answer is older than {self._stale_s:g} s, or of the future"
        return "" if self._weighed(decision) else "its costs are no numbers"

    def _weighed(self, decision: Decision) -> bool:
        try:
            return all(
                0 <= stage < self._n_stages and math.isfinite(delay_s) and math.isfinite(cost)
                for stage, delay_s, cost in decision.candidates
            )
        except (TypeError, ValueError):
            return False
