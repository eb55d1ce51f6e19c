"""Adaptive control: each second, simulate what every choice of stage would bring, and take the cheapest first step."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from optimiser import rollout_core
from optimiser.controller import Decision, Situation
from optimiser.coupling import Coupled, Neighbour
from optimiser.ring_guard import RingGuard
from optimiser.rollout_model import Rules, geometry_of, holds_turners, seen_of, stages_of, work_of
from optimiser.rollout_settings import RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import FloatArray, JunctionView

LONG_CHANGE_S: Final = 20.0
"""Changes between vehicles alone are shorter."""
LONGEST_S: Final = 300
SOON_S: Final = 5.0
FAR_DEARER: Final = 2.0
PRICE_OF_HASTE: Final = 1.25
DELAYS_S: Final = (0, 1, 2, 3, 4, 5, 7, 9, 12, 16, 20, 26)


class _Model:
    """One simulated junction: arrays made once, filled for each decision."""

    def __init__(
        self, layout: JunctionLayout, tables: StageTables, settings: RolloutSettings, delays_s: tuple[int, ...],
        n_lanes: tuple[int, ...], n_stages: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        settings = settings_at(settings, tables)
        self.geometry = geometry_of(layout, n_lanes)
        self.stages = stages_of(tables, n_lanes, n_stages)
        self._settings = settings
        self._cars = np.array([[lane.cars] for lane in layout.lanes])
        self._work = work_of(self.geometry, self.stages, len(layout.exits))
        self._rules = rules_of(settings)
        self._delays = np.array(delays_s, dtype=np.int64)
        self._first_cost = np.zeros(self.stages.right.shape[0])
        self._level = np.zeros((2, settings.draws))
        self._out = np.zeros((1 + self.stages.right.shape[0] * len(delays_s), 3))

    def evaluate(self, view: JunctionView, stage: int, allowed: Sequence[int], offered: Sequence[int]) -> FloatArray:
        """Return rows of stage, delay [s] and cost [veh s]: one for each offered stage and delay that was tried."""
        self.stages.allowed[:] = self.stages.offered[:] = False
        self.stages.allowed[list(allowed)] = True
        self.stages.offered[list(offered)] = True
        seen = seen_of(self._by_persons(view), self._settings)
        n = rollout_core.evaluate(
            self.geometry, self.stages, seen, self._rules, self._work, stage, self._delays,
            self._settings.late_stages, self._level, self._first_cost, self._out,
        )  # fmt: skip
        return self._out[:n]

    def _by_persons(self, view: JunctionView) -> JunctionView:
        """Return the view with less weight on those of whom a lane's vehicles hold fewer than a car does."""
        if (self._cars == 1.0).all():
            return view
        weight = view.weight if view.weight.size else np.ones_like(view.eta_s)
        return replace(view, weight=weight * self._cars)


class RolloutController:
    """The rollout of one junction. Deterministic: the same views and situations give the same decisions.

    Coupled with a neighbour, both are simulated together as soon as it is known what that one sees.
    """

    def __init__(
        self,
        layout: JunctionLayout,
        tables: StageTables,
        settings: RolloutSettings,
        delays_s: tuple[int, ...] = DELAYS_S,
        neighbour: Neighbour | None = None,
    ) -> None:
        self.settings = settings
        self._signal = layout.signal_id
        self._alone = _Model(layout, tables, settings, delays_s, (len(layout.lanes),))
        self._settle_s = np.where(holds_turners(self._alone.geometry, self._alone.stages), settings.settle_s, 0.0)
        self._pair = Coupled(Neighbour(layout, tables), neighbour) if neighbour is not None else None
        self._guard = RingGuard(Neighbour(layout, tables), neighbour) if neighbour is not None else None
        self._both: _Model | None = None
        if self._pair is not None:
            pair = self._pair
            self._both = _Model(pair.layout, pair.tables, settings, delays_s, pair.n_lanes, pair.n_stages)
        self._planned = (-1, 0.0)
        self._shown_s = 0.0

    def forget(self) -> None:
        """Forget what was put off: the next decision stands for itself."""
        self._planned = (-1, 0.0)

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        """Return the cheapest first step."""
        return replace(self._decided(view, situation), signal=self._signal, at_s=situation.now_s)

    def _decided(self, view: JunctionView, situation: Situation) -> Decision:
        if not view.n_vehicles.any():
            return Decision(situation.stage, (), "nobody is coming")
        if situation.shown_s < self._settle_s[situation.stage]:
            return Decision(situation.stage, (), "the stage is not old enough to be changed")
        candidates = self._evaluate(view, situation)
        unsafe = self._ring_closing({to for to, _, _ in candidates[1:]}, view, situation)
        safe = [i for i, (to, _, _) in enumerate(candidates) if i == 0 or to not in unsafe]
        best = min(safe, key=lambda i: candidates[i][2])
        stage, delay_s, _ = candidates[best]
        if best == 0:
            self._planned = (-1, 0.0)
            return Decision(situation.stage, candidates, "keeping the stage is cheapest")
        overdue = self._put_off(stage, delay_s, situation)
        if delay_s == 0.0:
            why = "is cheapest"
        elif overdue:
            why = "was put off long enough"
        elif situation.beside is not None and is_pressing(candidates, best):
            why = "before it is too late"
        else:
            return Decision(situation.stage, candidates, f"stage {stage + 1} after {delay_s:g} s is cheapest")
        return Decision(stage, candidates, f"stage {stage + 1} now {why}")

    def _ring_closing(self, offered: set[int], view: JunctionView, situation: Situation) -> set[int]:
        """Return the stages whose begin may close a ring with the signal that this one is coupled with."""
        beside = situation.beside
        if self._guard is None or beside is None or not beside.is_fresh(situation.now_s):
            return set()
        return {to for to in offered if self._guard.closes(situation.stage, to, view, beside)}

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
        beside, pair, n = situation.beside, self._pair, 1
        if beside is None or pair is None or self._both is None or not beside.is_fresh(situation.now_s):
            rows = self._alone.evaluate(view, situation.stage, situation.stages, situation.may_begin)
        else:
            n = pair.n_stages[1]
            rows = self._both.evaluate(
                pair.view(view, beside.view),
                situation.stage * n + beside.stage,
                [own * n + other for own in situation.stages for other in {*beside.stages, beside.stage}],
                [own * n + beside.stage for own in situation.may_begin],
            )
        return tuple((int(s) // n, d, round(c, 3)) for s, d, c in rows.tolist())


def is_pressing(candidates: Sequence[tuple[int, float, float]], best: int) -> bool:
    """Return whether a change that is best in a few seconds had better begin now.

    So it is if it costs little more now, and twice as much a few seconds after its best moment. Between two signals a
    few car lengths apart that is what a ring looks like that is about to close, and when the vehicle comes that
    closes it is not known to the second.
    """
    stage, due_s, cost = candidates[best]
    own = {delay_s: c for s, delay_s, c in candidates[1:] if s == stage}
    later = [c for delay_s, c in own.items() if due_s < delay_s <= due_s + SOON_S]
    return own.get(0.0, math.inf) <= PRICE_OF_HASTE * cost and max(later, default=0.0) > FAR_DEARER * cost


def settings_at(settings: RolloutSettings, tables: StageTables) -> RolloutSettings:
    """Return the settings of a junction: other ones where the longest change of stage is a long one.

    People take half a minute to clear a wide crossing. Who looks no farther than that sees the price of a change, and
    nothing of what it is good for; who goes on to the fullest stage each time pays it too often, and comes to some
    stages never; and a red of a minute is nothing unusual. So there it looks as much farther, stays longer, goes
    through the stages in order, and counts those more who have waited long, but not so soon.
    """
    longest_s = float(tables.settled_s.max(initial=0.0))
    if longest_s <= LONG_CHANGE_S:
        return replace(settings, in_order_veh=0.0)
    horizon_s = min(settings.horizon_s + math.ceil(longest_s), LONGEST_S)
    return replace(settings, horizon_s=horizon_s, eagerness=settings.slow_eagerness, ageing_s=settings.slow_ageing_s)


def rules_of(settings: RolloutSettings) -> Rules:
    """Return the numbers of the model that the settings stand for."""
    return Rules(
        horizon_s=settings.horizon_s,
        startup_s=settings.startup_s,
        gap_s=settings.gap_s,
        refill_veh_s=settings.room_refill_veh_s,
        eagerness=settings.eagerness,
        leftover_s=settings.leftover_s,
        clear_factor=settings.clear_factor,
        look_s=settings.look_s,
        in_order_veh=settings.in_order_veh,
    )
