"""Predictions of one signal's decisions, asked of the model when it is known what the lamps did afterwards."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from optimiser.foresight import Change, Foresight
from signal_ctrl.domain.view import JunctionView
from sumo_scenarios.measures.predictions import AHEAD_S, Prediction

_LATE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Noted:
    at_s: float
    view: JunctionView
    stage: int


class Hindsight:
    """Keeps what a signal's decisions were made on until the time ahead has passed.

    The model takes one change of stage: the time ahead of a decision ends where a second one begins.
    """

    def __init__(self, signal: str, model: Foresight, ahead_s: int = AHEAD_S) -> None:
        self._signal = signal
        self._model = model
        self._ahead_s = ahead_s
        self._noted: deque[_Noted] = deque()
        self._changes: deque[tuple[float, int]] = deque()
        self._stage = -1

    def note(self, at_s: float, view: JunctionView, stage: int) -> None:
        """Keep what a decision was made on. [s] Args: stage, lit and complete."""
        self._noted.append(_Noted(at_s, view, stage))

    def see(self, now_s: float, stage: int) -> None:
        """See at which stage the kernel is; once a second, after the decision. [s]"""
        if stage != self._stage:
            if self._stage >= 0:
                self._changes.append((now_s, stage))
            self._stage = stage

    def due(self, now_s: float) -> list[Prediction]:
        """Return the predictions whose time ahead has passed. [s]"""
        found = []
        while self._noted and now_s >= self._noted[0].at_s + self._ahead_s - _LATE_S:
            noted = self._noted.popleft()
            while self._changes and self._changes[0][0] < noted.at_s:
                self._changes.popleft()
            found.append(self._predicted(noted))
        return found

    def _predicted(self, noted: _Noted) -> Prediction:
        changes = [Change(stage, round(at_s - noted.at_s)) for at_s, stage in self._changes]
        ahead_s = min(self._ahead_s, changes[1].after_s) if changes[1:] else self._ahead_s
        change = next((each for each in changes if each.after_s < ahead_s), None)
        waiting = self._model.waiting_veh_s(noted.view, noted.stage, ahead_s, change)
        return Prediction(
            *(self._signal, noted.at_s, ahead_s, noted.stage),
            *((change.stage, change.after_s) if change is not None else (-1, 0)),
            round(waiting, 2),
        )
