"""Max-pressure and greedy control: once a slot, the stage with the most pressure or the most vehicles."""

from dataclasses import dataclass

import numpy as np

from optimiser.controller import Decision, Situation
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Right
from signal_ctrl.domain.view import FloatArray, JunctionView


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """A choice each `slot_s` [s], counted from the time 0 of the simulation."""

    slot_s: float = 10.0

    def __post_init__(self) -> None:
        if not 1.0 <= self.slot_s <= 120.0:
            raise InvalidInputError(f"need 1 <= slot_s <= 120, got {self.slot_s}")


class _SlotController:
    """What both have in common: the slot, and the weight of each stage."""

    def __init__(self, layout: JunctionLayout, tables: StageTables, settings: SlotSettings) -> None:
        self._layout = layout
        self._slot_s = settings.slot_s
        groups = [m.group for m in layout.movements]
        green = np.pad(tables.right, ((0, 0), (0, 1)), constant_values=int(Right.PROTECTED))
        self._serves = green[:, groups] >= int(Right.PERMISSIVE)

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the stage of the next slot; between slots, the one that is lit."""
        if situation.now_s % self._slot_s > 1e-6:
            return Decision(situation.stage, (), "between slots")
        weights = self._serves @ self._weights(view)
        best = max(situation.stages, key=lambda s: (weights[s], s == situation.stage, -s))
        candidates = tuple((s, 0.0, -float(weights[s])) for s in situation.stages)
        return Decision(best, candidates, f"stage {best + 1} has the most weight, {weights[best]:.1f} veh")

    def _weights(self, view: JunctionView) -> FloatArray:
        raise NotImplementedError

    def _incoming(self, view: JunctionView) -> FloatArray:
        """Return the vehicles of each movement: those known, and the lane's others by its shares. (n_movements,)"""
        found = np.zeros(len(self._layout.movements))
        for index, lane in enumerate(self._layout.lanes):
            n = int(view.n_vehicles[index])
            known = view.movement[index, :n]
            there = view.presence[index, :n]
            for movement in lane.movements:
                found[movement] += there[known == movement].sum()
                found[movement] += there[known < 0].sum() * view.ratio[movement]
        return found


class GreedyController(_SlotController):
    """The stage that serves the most vehicles within reach. Source: the greedy baseline of RESCO (2021)."""

    def _weights(self, view: JunctionView) -> FloatArray:
        return self._incoming(view)


class MaxPressureController(_SlotController):
    """The stage with the most pressure: vehicles before a movement less those behind it, per lane of its exit.

    Source: Varaiya 2013, w(m, o) = x(m, o) - sum over p of r(o, p) x(o, p), with all saturation flows equal. Negative
    pressures stay.
    """

    def _weights(self, view: JunctionView) -> FloatArray:
        exits = [m.exit for m in self._layout.movements]
        return np.asarray(self._incoming(view) - view.beyond_veh[exits])
