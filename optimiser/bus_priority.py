"""Bus priority in the rollout: the same decision made twice, with buses as so many persons and as if there were none.

Where both are the same, nothing is done for a bus. Where they differ, the decision says what would have been done
without: whoever keeps the limits of priority needs to know by how much a green was lengthened.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from optimiser.controller import Controller, Decision, Situation
from optimiser.rollout import RolloutController
from signal_ctrl.domain.view import JunctionView

FRESH_S: Final = 2.5
"""What was put off for a bus is forgotten if no bus was weighed for longer. [s]"""

WithBuses = Callable[[JunctionView, float], JunctionView]
"""Returns a view with the buses that are known of at a time in it; the same view where there is none. [s]"""


class PriorityController:
    """Adaptive control of one junction that weighs buses. Without a bus it decides as the controller without priority.

    Two controllers, because each remembers what it has put off.
    """

    def __init__(self, plain: Controller, weighing: RolloutController, with_buses: WithBuses) -> None:
        """Args: plain, decides as if there were no bus; weighing, with buses by their persons."""
        self._plain = plain
        self._weighing = weighing
        self._with_buses = with_buses
        self._weighed_s: float | None = None

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the cheapest first step, and in `plain` the stage of the one without priority."""
        plain = self._plain.decide(view, situation)
        seen = self._with_buses(view, situation.now_s)
        if seen is view:
            return plain
        if self._weighed_s is None or situation.now_s - self._weighed_s > FRESH_S:
            self._weighing.forget()
        self._weighed_s = situation.now_s
        return replace(self._weighing.decide(seen, situation), plain=plain.stage)
