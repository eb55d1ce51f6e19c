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
from signal_ctrl.domain.view import FloatArray, JunctionView

FRESH_S: Final = 2.5
"""What was put off for a bus is forgotten if no bus was weighed for longer. [s]"""
EXTENSION_S: Final = 10.0
"""A stage is kept for buses for so long at most; whoever keeps that limit is told in `Decision.plain`. [s]"""
LEAST_GAIN_S: Final = 4.0
"""Nothing is done for less than so much of the time of the bus that counts most, and no stage begins early for less
than the change that this puts in. [s] [P]"""

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
        self._settled_s = tables.settled_s
        self._weighed_s: float | None = None
        self.near: tuple[ComingBus, ...] = ()
        self._kept = _Kept()

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the cheapest first step, and in `plain` the stage of the one without priority."""
        plain = self._plain.decide(view, situation)
        left_s = self._kept.left_s(situation)
        near = [bus for bus in self._coming(situation.now_s) if self._reach.helps(bus, situation.stage, view)]
        seen = with_buses(view, near)
        self.near = () if seen is view else tuple(near)
        if seen is view:
            return plain
        if self._weighed_s is None or situation.now_s - self._weighed_s > FRESH_S:
            self._weighing.forget()
        self._weighed_s = situation.now_s
        found = self._weighing.decide(seen, situation)
        if found.stage != plain.stage and found.candidates:
            found = self._worth_it(found, plain.stage, situation.stage, left_s, max(bus.cars for bus in near))
        if found.stage == situation.stage != plain.stage:
            self._kept.since(situation.now_s)
        return replace(found, plain=plain.stage)

    def _worth_it(self, found: Decision, plain: int, lit: int, left_s: float, cars: float) -> Decision:
        """Return the decision where it gains enough of a bus that counts as so many cars: else that without buses."""
        found = worth_it(found, plain, lit, left_s, LEAST_GAIN_S * cars)
        if found.stage in (plain, lit):
            return found
        least_s = max(added_change_s(self._settled_s, lit, plain, found.stage), LEAST_GAIN_S)
        return worth_it(found, plain, lit, left_s, least_s * cars)


class _Kept:
    """Since when the lit stage has been kept for buses: what is left of the time for which it may be."""

    def __init__(self) -> None:
        self._stage, self._shown_s = -1, 0.0
        self._since_s: float | None = None

    def left_s(self, situation: Situation) -> float:
        """Return for how long the stage may still be kept. [s] Once a second."""
        if situation.stage != self._stage or situation.shown_s < self._shown_s:
            self._since_s = None
        self._stage, self._shown_s = situation.stage, situation.shown_s
        return EXTENSION_S if self._since_s is None else EXTENSION_S - (situation.now_s - self._since_s)

    def since(self, now_s: float) -> None:
        """Note that it is kept. [s]"""
        self._since_s = now_s if self._since_s is None else self._since_s


def worth_it(found: Decision, plain: int, lit: int, left_s: float, least: float) -> Decision:
    """Return the decision with buses, or the one without where that costs hardly more. [veh s]

    A stage that would be left without buses is kept only for a change that may still be waited for: `left_s` [s].
    Where it would be kept, a change now is held against the best one later, were it a second: a green is cut short for
    a bus that is about to miss something, not for one that waits anyway.
    Args: found, differs from `plain`; least, what has to be gained [veh s].
    """
    if plain == lit:
        other = min((cost for stage, after_s, cost in found.candidates if after_s > 0.0 or stage == lit), default=None)
        stage, own = found.stage, _cost_now(found, found.stage)
    else:
        other = _cost_now(found, plain)
        ways = [(cost, after_s, to) for to, after_s, cost in found.candidates if to != lit and after_s <= left_s]
        own, after_s, to = min(ways, default=(None, 0.0, plain))
        stage = to if after_s == 0.0 else lit
    if own is None or other is None or other - own >= least:
        return replace(found, stage=stage)
    return replace(found, stage=plain, reason=f"a bus would gain too little: {found.reason}")


def added_change_s(settled_s: FloatArray, lit: int, plain: int, to: int) -> float:
    """Return how much longer the changes take if a stage comes before the one that would have been next. [s]

    What a change that is put in costs those who come later lies beyond the horizon of the rollout.
    Args: settled_s, from stage to stage (n_stages, n_stages) [s]; plain, what would have been next, or the lit one.
    """
    there_s = float(settled_s[lit, to])
    return there_s if plain == lit else there_s + float(settled_s[to, plain] - settled_s[lit, plain])


def _cost_now(found: Decision, stage: int) -> float | None:
    """Return what it costs to begin a stage now, None if that was not weighed. [veh s]"""
    return next((cost for to, after_s, cost in found.candidates if to == stage and after_s == 0.0), None)


class Reach:
    """Whom priority can help now. What is done for a bus that comes later than that may as well be done later."""

    def __init__(self, layout: JunctionLayout, tables: StageTables) -> None:
        self._groups = [movement.group for movement in layout.movements]
        self._tables = tables
        self._green = tables.right >= PERMISSIVE
        stays_s = tables.settled_s + tables.min_green_s
        self._back_s = stays_s[:, :, None] + tables.settled_s[None, :, :]
        """From a stage over another one to a third: when the third can be on at the earliest. [s]"""

    def helps(self, bus: ComingBus, stage: int, view: JunctionView) -> bool:
        """Return whether a bus is likely to come before what is chosen now has had its time; `stage` is lit.

        If it has green: before the end of that green, kept for as long as may be. Else, or if the stage is left before
        it comes: before its own stage could be on again with another one in between, and had its shortest green. A
        queue before it takes its time.
        """
        groups = sorted({self._groups[movement] for _, movement, _ in bus.lanes})
        if not groups or groups[0] < 0 or not bus.times_s:
            return False
        own = np.flatnonzero(self._green[:, groups].any(axis=1))
        others = np.array([s for s in range(len(self._green)) if s != stage], dtype=np.int64)
        if not len(own) or not len(others):
            return False
        lasts_s = float((self._tables.settled_s[stage, own] + self._tables.min_green_s[own]).min()) + EXTENSION_S
        if self._green[stage, groups].any():
            ends_s = self._tables.end_s[stage][np.ix_(others, np.array(groups, dtype=np.int64))]
            lasts_s = float(ends_s[np.isfinite(ends_s)].max(initial=0.0)) + EXTENSION_S
        again_s = float(self._back_s[stage][np.ix_(others, own)].max())
        lanes = [lane for lane, _, _ in bus.lanes]
        queue_s = float((view.standing[lanes] * view.headway_s[lanes]).max())
        return bus.times_s[len(bus.times_s) // 2] <= max(lasts_s, again_s) + queue_s
