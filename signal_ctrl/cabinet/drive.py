"""Whether adaptive control drives a cabinet, over its plans: a rung above those of `control` (K11).

It drives only where the orders say so, the centre answers, and the adviser has been sound for 60 s; it is left at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from optimiser.controller import Decision, Situation
from signal_ctrl.cabinet.advising import Advising
from signal_ctrl.cabinet.control import CabinetControl
from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.timing import to_s
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.ladder import Ladder, Rung, Step
from signal_ctrl.engine.watch import Watch

NOT_ON: Final = "it is not switched on"


@dataclass(slots=True)
class AdaptiveDrive:
    """Adaptive control over the plans of one cabinet.

    `mode` is what the orders say; `link_fault` says why the centre cannot be heard, empty if it can; `tell` is told of
    each change: a code, and words.
    """

    control: CabinetControl
    advising: Advising
    mode: Callable[[], ControlMode]
    link_fault: Callable[[], str]
    tell: Callable[[str, str], None]
    _ladder: Ladder = field(default_factory=lambda: Ladder((Rung.ADAPTIVE, Rung.PLAN)))
    _watch: Watch = field(init=False)
    _used_s: float | None = None

    def __post_init__(self) -> None:
        self._ladder.step({Rung.ADAPTIVE: NOT_ON}, 0)
        site = self.advising.site
        self._watch = Watch(self.advising, site.signal_id, len(site.stages))

    @property
    def adaptive(self) -> bool:
        """Whether adaptive control decides now."""
        return self._ladder.rung is Rung.ADAPTIVE

    @property
    def rung(self) -> Rung:
        """Who decides now: that of the plans while adaptive control does not."""
        return Rung.ADAPTIVE if self.adaptive else self.control.rung

    @property
    def running(self) -> SignalPlan | None:
        """The plan that is kept, or would be."""
        return self.control.running

    def has_news(self, now_s: float) -> bool:
        """Return whether adaptive control decides and has an answer that was not looked at. [s]"""
        answer = self.advising.fresh(now_s) if self.adaptive else None
        return answer is not None and answer.now_s != self._used_s

    def calls(self, now_s: float) -> int | None:
        """Return who waits, as the adviser sees it; None where everybody is taken to wait. [s]"""
        answer = self.advising.fresh(now_s) if self.adaptive else None
        return None if answer is None else answer.calls

    def decide(
        self, view: JunctionView, situation: Situation | None, detection: Detection, now_ds: int
    ) -> tuple[Decision | None, Step | None]:
        """Return the wish of whoever decides, if there is a choice, and the step of the plans' ladder before it."""
        on = self.mode() is ControlMode.ADAPTIVE
        answer = self._watch.ask(view, situation) if on and situation is not None else None
        fault = (self.link_fault() or self._watch.fault or self.advising.fault(to_s(now_ds))) if on else NOT_ON
        step = self._ladder.step({Rung.ADAPTIVE: fault} if fault else {}, now_ds)
        if step is not None:
            self.tell("control", "adaptive control decides" if self.adaptive else f"the plan decides: {fault}")
        if not self.adaptive:
            return self.control.decide(view, situation, detection, now_ds)
        self.control.adopt()
        newest = self.advising.answer
        self._used_s = None if newest is None else newest.now_s
        return answer, self.control.decide(view, None, detection, now_ds)[1]
