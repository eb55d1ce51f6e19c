"""Adaptive control: each second, simulate what every choice of stage would bring, and take the cheapest first step."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from optimiser import rollout_core
from optimiser.controller import Decision, Situation
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import JunctionView

_MAX_CANDIDATES: Final = 512


@dataclass(frozen=True, slots=True)
class RolloutSettings:
    """Settings of the rollout. [s], [veh/s]

    `eagerness`: how many times better another stage has to be before the base policy changes to it; `late_stages`: how
    many of the best stages are also tried after each delay; `leftover_s`: cost of a vehicle still waiting at the horizon.
    """

    horizon_s: int = 60
    draws: int = 8
    permissive_headway_s: float = 2.4
    startup_s: float = 1.0
    gap_s: float = 3.5
    room_refill_veh_s: float = 0.12
    eagerness: float = 1.4
    leftover_s: float = 10.0
    look_s: float = 6.0
    late_stages: int = 3
    switch_cost_veh_s: float = 0.0
    patience_s: float = 4.0

    def __post_init__(self) -> None:
        if not (10 <= self.horizon_s <= 300 and 1 <= self.draws <= 64 and 0 <= self.late_stages <= 16):
            raise InvalidInputError("need horizon_s 10-300, draws 1-64, late_stages 0-16")
        values = [getattr(self, f.name) for f in fields(self)]
        if not all(0 <= value < 1000 for value in values):
            raise InvalidInputError("settings of adaptive need to be 0 to 1000")


class RolloutController:
    """The rollout of one junction. Deterministic: the same view and situation give the same decision."""

    def __init__(
        self, layout: JunctionLayout, tables: StageTables, settings: RolloutSettings, delays_s: tuple[float, ...] = ()
    ) -> None:
        self.settings = settings
        self.tables = _with_uncontrolled(tables)
        self._delays_s = np.array(delays_s or (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 9.0, 12.0, 16.0, 20.0, 26.0))
        self._lane_moves, self._n_lane_moves = _ragged([lane.movements for lane in layout.lanes])
        self._yields, self._n_yields = _ragged([m.yields_to for m in layout.movements])
        self._move_lane = np.array([m.lane for m in layout.movements], dtype=np.int64)
        self._move_group = np.array([m.group for m in layout.movements], dtype=np.int64)
        self._move_exit = np.array([m.exit for m in layout.movements], dtype=np.int64)
        self._two_step = np.array([m.length_m > 12.0 for m in layout.movements])
        self._ready = np.zeros(len(layout.lanes))
        self._planned = (-1, 0.0)
        self._shown_s = 0.0
        self._stage = np.zeros(_MAX_CANDIDATES, dtype=np.int64)
        self._delay = np.zeros(_MAX_CANDIDATES)
        self._cost = np.zeros(_MAX_CANDIDATES)

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the cheapest first step."""
        if not view.n_vehicles.any():
            return Decision(situation.stage, (), "nobody is coming")
        n = self._evaluate(view, situation)
        best = int(np.argmin(self._cost[:n]))
        now = best > 0 and (self._delay[best] == 0.0 or self._put_off(best, situation))
        stage = int(self._stage[best]) if now else situation.stage
        candidates = tuple(
            (int(s), float(d), round(float(c), 3))
            for s, d, c in zip(self._stage[:n], self._delay[:n], self._cost[:n], strict=True)
        )
        if best == 0:
            self._planned = (-1, 0.0)
            reason = "keeping the stage is cheapest"
        else:
            reason = f"stage {int(self._stage[best]) + 1} after {self._delay[best]:g} s is cheapest"
        return Decision(stage, candidates, reason)

    def _put_off(self, best: int, situation: Situation) -> bool:
        """Return whether this change has been put off for too long.

        A change that always looks best in a few seconds never comes: each second's newcomers, or a model of a blocked exit
        that clears by itself, win it another delay.
        """
        due_s = situation.now_s + float(self._delay[best])
        stage, first_due_s = self._planned
        if best == 0 or stage != self._stage[best] or situation.shown_s < self._shown_s:
            first_due_s = due_s
        self._planned = (int(self._stage[best]), first_due_s)
        self._shown_s = situation.shown_s
        return situation.now_s >= first_due_s + self.settings.patience_s

    def _evaluate(self, view: JunctionView, situation: Situation) -> int:
        s, t = self.settings, self.tables
        allowed = np.zeros(t.right.shape[0], dtype=np.bool_)
        allowed[list(situation.stages)] = True
        return int(
            rollout_core.evaluate(
                view.n_vehicles, view.eta_s, view.movement, view.presence, view.key, view.barred, view.ratio,
                view.room_veh, self._ready,
                self._lane_moves, self._n_lane_moves, self._move_lane, self._move_group, self._move_exit,
                self._yields, self._n_yields, self._two_step,
                t.right, t.end_s, t.start_s, t.settled_s, t.min_green_s, allowed, situation.stage, 0.0,
                self._delays_s, s.draws, s.horizon_s, view.headway_s, s.permissive_headway_s, s.startup_s,
                s.room_refill_veh_s, s.gap_s, s.eagerness, s.leftover_s, s.look_s, s.late_stages, s.switch_cost_veh_s,
                self._stage, self._delay, self._cost,
            )
        )  # fmt: skip


def _with_uncontrolled(tables: StageTables) -> StageTables:
    """Return the tables with a last group that is always green: movements without a lamp point to it by index -1."""
    wide = ((0, 0), (0, 0), (0, 1))
    return StageTables(
        right=np.pad(tables.right, wide[1:], constant_values=rollout_core.PROTECTED),
        end_s=np.pad(tables.end_s, wide, constant_values=np.inf),
        start_s=np.pad(tables.start_s, wide),
        settled_s=tables.settled_s,
        min_green_s=tables.min_green_s,
    )


def _ragged(rows: "list[tuple[int, ...]]") -> tuple[np.ndarray, np.ndarray]:
    """Return rows of different length as a matrix, and their lengths."""
    longest = max((len(row) for row in rows), default=0)
    matrix = np.zeros((len(rows), max(longest, 1)), dtype=np.int64)
    for i, row in enumerate(rows):
        matrix[i, : len(row)] = row
    return matrix, np.array([len(row) for row in rows], dtype=np.int64)
