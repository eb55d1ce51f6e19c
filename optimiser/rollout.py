"""Adaptive control: each second, simulate what every choice of stage would bring, and take the cheapest first step."""

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from optimiser import rollout_core
from optimiser.controller import Decision, Situation
from optimiser.rollout_model import Rules, geometry_of, holds_turners, seen_of, stages_of, work_of
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import JunctionView

DELAYS_S: Final = (0, 1, 2, 3, 4, 5, 7, 9, 12, 16, 20, 26)


@dataclass(frozen=True, slots=True)
class RolloutSettings:
    """Settings of the rollout. [s], [veh/s], [veh s]

    `eagerness`: how many times better another stage has to be before the base policy changes to it; `late_stages`: how
    many of the best stages are also tried after each delay; `leftover_s`: cost of a vehicle left at the horizon;
    `clear_factor`: how many times longer than it discharges a queue left at the horizon takes to clear;
    `patience_s`: how long a change may be put off beyond its first due time; `settle_s`: how long a stage stays beyond
    its minimum greens if turners may wait inside for those who wait for them.
    """

    horizon_s: int = 60
    draws: int = 8
    permissive_headway_s: float = 2.4
    startup_s: float = 1.0
    gap_s: float = 3.5
    room_refill_veh_s: float = 0.12
    eagerness: float = 1.4
    leftover_s: float = 10.0
    clear_factor: float = 10.0
    look_s: float = 6.0
    late_stages: int = 3
    patience_s: float = 4.0
    settle_s: float = 2.0

    def __post_init__(self) -> None:
        if not (10 <= self.horizon_s <= 300 and 1 <= self.draws <= 64 and 0 <= self.late_stages <= 16):
            raise InvalidInputError("need horizon_s 10-300, draws 1-64, late_stages 0-16")
        if not all(0 <= getattr(self, field.name) < 1000 for field in fields(self)):
            raise InvalidInputError("settings of adaptive need to be 0 to 1000")


class RolloutController:
    """The rollout of one junction. Deterministic: the same views and situations give the same decisions."""

    def __init__(
        self,
        layout: JunctionLayout,
        tables: StageTables,
        settings: RolloutSettings,
        delays_s: tuple[int, ...] = DELAYS_S,
    ) -> None:
        self.settings = settings
        self._signal = layout.signal_id
        self._geometry = geometry_of(layout)
        self._stages = stages_of(tables)
        self._holds_turners = holds_turners(self._geometry, self._stages)
        self._work = work_of(self._geometry, self._stages, len(layout.exits))
        self._rules = rules_of(settings)
        self._delays = np.array(delays_s, dtype=np.int64)
        self._first_cost = np.zeros(self._stages.right.shape[0])
        self._level = np.zeros((2, settings.draws))
        self._out = np.zeros((1 + self._stages.right.shape[0] * len(delays_s), 3))
        self._planned = (-1, 0.0)
        self._shown_s = 0.0

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the cheapest first step."""
        return replace(self._decided(view, situation), signal=self._signal, at_s=situation.now_s)

    def _decided(self, view: JunctionView, situation: Situation) -> Decision:
        if not view.n_vehicles.any():
            return Decision(situation.stage, (), "nobody is coming")
        if self._holds_turners[situation.stage] and situation.shown_s < self.settings.settle_s:
            return Decision(situation.stage, (), "the stage is not old enough to be changed")
        candidates = self._evaluate(view, situation)
        best = min(range(len(candidates)), key=lambda i: candidates[i][2])
        stage, delay_s, _ = candidates[best]
        if best == 0:
            self._planned = (-1, 0.0)
            return Decision(situation.stage, candidates, "keeping the stage is cheapest")
        overdue = self._put_off(stage, delay_s, situation)
        if delay_s == 0.0 or overdue:
            why = "is cheapest" if delay_s == 0.0 else "was put off long enough"
            return Decision(stage, candidates, f"stage {stage + 1} now {why}")
        return Decision(situation.stage, candidates, f"stage {stage + 1} after {delay_s:g} s is cheapest")

    def _put_off(self, stage: int, delay_s: float, situation: Situation) -> bool:
        """Return whether this change has been put off for too long.

        A change that always looks best in a few seconds never comes: each second's newcomers, or a model of a blocked
        exit that clears by itself, win it another delay.
        """
        due_s = situation.now_s + delay_s
        planned, first_due_s = self._planned
        if planned != stage or situation.shown_s < self._shown_s:
            first_due_s = due_s
        self._planned = (stage, first_due_s)
        self._shown_s = situation.shown_s
        return situation.now_s >= first_due_s + self.settings.patience_s

    def _evaluate(self, view: JunctionView, situation: Situation) -> tuple[tuple[int, float, float], ...]:
        self._stages.allowed[:] = False
        self._stages.allowed[list(situation.stages)] = True
        seen = seen_of(view, self.settings.draws)
        n = rollout_core.evaluate(
            self._geometry, self._stages, seen, self._rules, self._work, situation.stage, self._delays,
            self.settings.late_stages, self._level, self._first_cost, self._out,
        )  # fmt: skip
        return tuple((int(s), d, round(c, 3)) for s, d, c in self._out[:n].tolist())


def rules_of(settings: RolloutSettings) -> Rules:
    """Return the numbers of the model that the settings stand for."""
    return Rules(
        horizon_s=settings.horizon_s,
        permissive_headway_s=settings.permissive_headway_s,
        startup_s=settings.startup_s,
        gap_s=settings.gap_s,
        refill_veh_s=settings.room_refill_veh_s,
        eagerness=settings.eagerness,
        leftover_s=settings.leftover_s,
        clear_factor=settings.clear_factor,
        look_s=settings.look_s,
    )
