"""What every controller of ours answers: which stage now, and why."""

import hashlib
from dataclasses import dataclass
from typing import Final, Protocol

from signal_ctrl.domain.view import JunctionView

FRESH_S: Final = 2.0
"""What a coupled signal saw counts for so long. [s]"""


@dataclass(frozen=True, slots=True)
class Beside:
    """The signal that this one is coupled with, as it was when it looked last: what it saw and when [s], the stage that
    it was in or on the way to, and the stages that it may choose: none while it does not choose for itself.
    """

    view: JunctionView
    stage: int
    stages: tuple[int, ...]
    at_s: float

    def is_fresh(self, now_s: float) -> bool:
        """Return whether it still counts. [s]"""
        return now_s - self.at_s <= FRESH_S


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the signal stands when a decision is due. [s]

    `stage` is lit and settled; `stages` may be chosen; `shown_s` tells how long it is settled; `now_s` the time;
    `beside` is the signal that it is coupled with, if any. `offered` are those of `stages` that may begin just now;
    None: all.
    """

    now_s: float
    stage: int
    stages: tuple[int, ...]
    shown_s: float
    beside: Beside | None = None
    offered: tuple[int, ...] | None = None

    @property
    def may_begin(self) -> tuple[int, ...]:
        """The stages that may begin just now."""
        return self.stages if self.offered is None else self.offered


@dataclass(frozen=True, slots=True)
class Decision:
    """A wish for a stage: the candidates as (stage, start from now [s], predicted cost), and the reason in words.

    Where the controller says so, `signal` names whom it is for, and `at_s` is the time of the view it was made on. [s]
    `plain` is the stage that would be wished for if no bus counted for more than a car; None: no bus was weighed.
    """

    stage: int
    candidates: tuple[tuple[int, float, float], ...]
    reason: str
    signal: str = ""
    at_s: float | None = None
    plain: int | None = None


def inputs_hash(view: JunctionView, beside: Beside | None) -> str:
    """Return a hash of all that a decision is made on: what is seen, and what the coupled signal saw and may do."""
    if beside is None:
        return view.digest()
    words = (view.digest(), beside.view.digest(), beside.stage, beside.stages, beside.at_s)
    return hashlib.blake2b(repr(words).encode(), digest_size=8).hexdigest()


class Controller(Protocol):
    """Chooses a stage from what is seen; keeps no clock and no random generator of its own."""

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the wish for this moment."""
        ...
