"""Adaptive control at the centre: cabinets say what they see, and are told which stage to wish for.

The answer is a wish of the lowest rank but the schedule's: the cabinet's kernel, ladder and watch judge it as they
would one of its own, and an answer that does not come costs delay alone (K11).
"""

from dataclasses import dataclass, field

from optimiser.controller import Controller
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.engine.exchange import answer_to_bytes, question_from_bytes


@dataclass(slots=True)
class Adaptive:
    """The controllers of cabinets whose optimiser runs here."""

    controllers: dict[str, Controller] = field(default_factory=dict)

    def decide(self, cabinet: str, question: bytes) -> bytes:
        """Return the controller's answer to what a cabinet sees.

        Raises: NotFoundError if it has no controller here; InvalidInputError if the question is none.
        """
        controller = self.controllers.get(cabinet)
        if controller is None:
            raise NotFoundError(f"no optimiser of cabinet {cabinet} runs here")
        view, situation = question_from_bytes(question)
        return answer_to_bytes(controller.decide(view, situation))
