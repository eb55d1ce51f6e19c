"""What every controller of ours answers: which stage now, and why."""

from dataclasses import dataclass
from typing import Protocol

from signal_ctrl.domain.view import JunctionView


@dataclass(frozen=True, slots=True)
class Beside:
    """The signal that this one is coupled with, as it was when it looked last: what it saw, its stage, its choices."""

    view: JunctionView
    stage: int
    stages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the signal stands when a decision is due. [s]

    `stage` is lit and settled; `stages` may be chosen; `shown_s` tells how long it is settled; `now_s` the time;
    `beside` is the signal that it is coupled with, if any.
    """

    now_s: float
    stage: int
    stages: tuple[int, ...]
    shown_s: float
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A wish for a stage: the candidates as (stage, start from now [s], predicted cost), and the reason in words.

    Where the controller says so, `signal` names whom it is for, and `at_s` is the time of the view it was made on. [s]
    """

    stage: int
    candidates: tuple[tuple[int, float, float], ...]
    reason: str
    signal: str = ""
    at_s: float | None = None


class Controller(Protocol):
    """Chooses a stage from what is seen; keeps no clock and no random generator of its own."""

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the wish for this moment."""
        ...
