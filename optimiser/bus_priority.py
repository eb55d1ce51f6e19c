"""Bus priority in the rollout: the same decision made twice, with buses as so many persons and as if there were none.

Where both are the same, nothing is done for a bus. Where they differ, the decision says what would have been done
without: whoever keeps the limits of priority needs to know by how much a green was lengthened.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from detectors.buses.joining import ComingBus, with_buses
from optimiser.controller import Controller, Decision, Situation
from optimiser.rollout import RolloutController
from optimiser.rollout_model import PERMISSIVE
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import JunctionView

FRESH_S: Final = 2.5
"""What was put off for a bus is forgotten if no bus was weighed for longer. [s]"""
EXTENSION_S: Final = 10.0
"""A stage is kept for buses for so long at most; whoever keeps that limit is told in `Decision.plain`. [s]"""

Coming = Callable[[float], Sequence[ComingBus]]
"""Tells the buses that come at a time. [s]"""


class PriorityController:
    """Adaptive control of one junction that weighs buses. Without a bus it decides as the controller without priority.

    Two controllers, because each remembers what it has put off. `near`, the buses that were weighed last.
    """

    def __init__(
        self,
        plain: Controller,
        weighing: RolloutController,
        coming: Coming,
        layout: JunctionLayout,
        tables: StageTables,
    ) -> None:
        """Args: plain, decides as if there were no bus; weighing, with buses by their persons."""
        self._plain = plain
        self._weighing = weighing
        self._coming = coming
        self._reach = Reach(layout, tables)
        self._weighed_s: float | None = None
        self.near: tuple[ComingBus, ...] = ()

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the cheapest first step, and in `plain` the stage of the one without priority."""
        plain = self._plain.decide(view, situation)
        near = [bus for bus in self._coming(situation.now_s) if self._reach.helps(bus, situation.stage, view)]
        seen = with_buses(view, near)
        self.near = () if seen is view else tuple(near)
        if seen is view:
            return plain
        if self._weighed_s is None or situation.now_s - self._weighed_s > FRESH_S:
            self._weighing.forget()
        self._weighed_s = situation.now_s
        return replace(self._weighing.decide(seen, situation), plain=plain.stage)


class Reach:
    """Whom priority can help now: what is done earlier ends by its limits before the bus is there, in vain."""

    def __init__(self, layout: JunctionLayout, tables: StageTables) -> None:
        self._groups = [movement.group for movement in layout.movements]
        self._tables = tables

    def helps(self, bus: ComingBus, stage: int, view: JunctionView) -> bool:
        """Return whether a bus is likely to come while what is done for it lasts; `stage` is lit.

        A queue before it takes its time of a green, and keeps that green by itself.
        """
        groups = sorted({self._groups[movement] for _, movement, _ in bus.lanes})
        if not groups or groups[0] < 0 or not bus.times_s:
            return False
        likely_s = bus.times_s[len(bus.times_s) // 2]
        lit = self._tables.right[:, groups] >= PERMISSIVE
        if lit[stage].any():
            return bool(likely_s <= EXTENSION_S)
        begins = np.flatnonzero(lit.any(axis=1))
        if not len(begins):
            return False
        lasts_s = self._tables.settled_s[stage, begins] + self._tables.min_green_s[begins] + EXTENSION_S
        lanes = [lane for lane, _, _ in bus.lanes]
        queue_s = float((view.standing[lanes] * view.headway_s[lanes]).max())
        return bool(likely_s <= float(lasts_s.min()) + queue_s)
