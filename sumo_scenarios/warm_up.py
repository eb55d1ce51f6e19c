"""Compile the rollout before it is needed: numba keeps the result beside the code, so that this happens once."""

import numpy as np

from optimiser.controller import Situation
from optimiser.foresight import Foresight
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Movement
from signal_ctrl.domain.view import JunctionView


def compile_rollout() -> None:
    """Make one decision on the smallest junction there is, and look ahead once."""
    layout, tables, settings = _layout(), _tables(), RolloutSettings()
    RolloutController(layout, tables, settings).decide(_view(), Situation(0.0, 0, (0, 1), 10.0))
    Foresight(layout, tables, settings).waiting_veh_s(_view(), 0, 10)


def _layout() -> JunctionLayout:
    lanes = tuple(ApproachLane(f"in{i}", f"in{i}", 100.0, 13.9, (i,), (), False) for i in range(2))
    movements = tuple(Movement(i, i, i, i, 15.0, "s", (1 - i,)) for i in range(2))
    exits = tuple(Exit(f"out{i}", 100.0, 13.9, "", NONE, 100.0) for i in range(2))
    return JunctionLayout("warm-up", lanes, movements, exits, (), ())


def _tables() -> StageTables:
    shape = (2, 2, 2)
    return StageTables(
        right=np.array([[3, 0], [0, 3]], dtype=np.int64),
        end_s=np.zeros(shape),
        start_s=np.full(shape, 3.0),
        settled_s=np.full((2, 2), 3.0),
        min_green_s=np.full(2, 5.0),
    )


def _view() -> JunctionView:
    shape = (2, 3)
    return JunctionView(
        n_vehicles=np.array([2, 1], dtype=np.int64),
        eta_s=np.array([[0.0, 4.0, 0.0], [0.0, 0.0, 0.0]]),
        movement=np.full(shape, -1, dtype=np.int64),
        presence=np.ones(shape),
        key=np.arange(6, dtype=np.int64).reshape(shape),
        barred=np.zeros(2, dtype=np.int64),
        ratio=np.ones(2),
        room_veh=np.full(2, 1e6),
        standing=np.ones(2),
        beyond_veh=np.zeros(2),
        headway_s=np.full(2, 1.92),
        stuck=np.zeros(2, dtype=np.bool_),
    )


if __name__ == "__main__":
    compile_rollout()
