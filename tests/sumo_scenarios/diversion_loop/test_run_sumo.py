"""Short runs of the closed loop with a closure: the road is shut, signs divert, the same drivers follow every time."""

import pytest

from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.diversion_loop.order import Arm, DiversionOrder
from sumo_scenarios.diversion_loop.run import DiversionRun, run_diversion
from sumo_scenarios.first_plan import first_plan
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import build_world

pytestmark = [pytest.mark.sumo, pytest.mark.slow]

ROAD = "-42925825#2"


def run(arm: Arm) -> DiversionRun:
    world = build_world(resolve("cologne8"), PUBLISHED, 25200.0, 26400.0)
    plan = first_plan(world, (25200.0, 26400.0))
    settings = RunSettings("cologne8", "fixed", 3, 3, end_s=26400.0, plan=plan)
    return run_diversion(DiversionOrder(settings, arm, ROAD if arm.closed else "", 25500.0, 600.0, 0.8))


def test_a_closed_road_lets_nobody_through_and_signs_send_some_round() -> None:
    usual, nothing, signals = run(Arm.USUAL), run(Arm.NOTHING), run(Arm.SIGNALS)
    assert nothing.spent_veh_h > usual.spent_veh_h
    assert nothing.drivers == {"read": 0, "diverted": 0, "own_way": 0, "not_sent": 0}
    assert nothing.proposed is None
    assert signals.proposed is not None
    assert signals.vehicles == usual.vehicles
    assert signals.violations == nothing.violations == 0
    assert usual.counts[ROAD] > 0
