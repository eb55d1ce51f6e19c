"""What the rollout's own model says of the next seconds once it is known what the lamps did in them.

A prediction that is compared with what happened must not be spoiled by a later change of mind. So the choice itself is
left out: the vehicles are those that were seen at the decision, the stages those that were shown afterwards, and what
is left over is the error of sensing and model alone.
"""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from optimiser import rollout_core
from optimiser.rollout import rules_of
from optimiser.rollout_draws import draw_all
from optimiser.rollout_model import geometry_of, seen_of, stages_of, work_of
from optimiser.rollout_settings import RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.view import JunctionView

_NO_BOUND: Final = 1e18


class Change(NamedTuple):
    """A change to another stage, and how long after the decision it began. [s]"""

    stage: int
    after_s: int


class Foresight:
    """The model of one junction. Deterministic, and apart from the controller: asking it changes nothing there."""

    def __init__(self, layout: JunctionLayout, tables: StageTables, settings: RolloutSettings) -> None:
        self._settings = settings
        n_lanes = [len(layout.lanes)]
        self._geometry = geometry_of(layout, n_lanes)
        self._stages = stages_of(tables, n_lanes)  # none is allowed: the base policy changes nothing by itself
        self._work = work_of(self._geometry, self._stages, len(layout.exits))
        self._rules = rules_of(replace(settings, leftover_s=0.0, clear_factor=0.0))

    def waiting_veh_s(self, view: JunctionView, stage: int, ahead_s: int, change: Change | None = None) -> float:
        """Return the waiting of the seen vehicles in the time ahead, mean over the draws. [veh s]

        A vehicle waits from the time at which it could be at the stop line until it has left it.
        Args: stage, lit and complete; ahead_s, how far to look [s]; change, the one that begins in that time.
        """
        seen, moves = seen_of(view, self._settings), self._geometry
        seen.weight[:] = 1.0
        draw_all(
            seen.n_vehicles, seen.movement, seen.presence, seen.share_from, seen.key, seen.barred, seen.ratio,
            moves.lane_moves, moves.n_lane_moves, moves.fed, seen.drawn,
        )  # fmt: skip
        n_draws = len(seen.drawn)
        target, after_s = (stage, 0) if change is None else change
        rules = self._rules._replace(horizon_s=ahead_s)
        start = np.array((stage, target, after_s), dtype=np.int64)
        total = sum(
            rollout_core.simulate(self._geometry, self._stages, seen, rules, self._work, draw, start, _NO_BOUND)
            for draw in range(n_draws)
        )
        return total / n_draws
