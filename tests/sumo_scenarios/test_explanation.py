"""The words of the network for the numbers of a view."""

from dataclasses import replace

import numpy as np

from detectors.loops.events import LoopEvent
from detectors.loops.health import LoopHealth
from detectors.view_builder import Expected, build_view
from optimiser.controller import Decision, Situation
from signal_ctrl.domain.view import UNKNOWN
from sumo_scenarios.explanation import candidates_document, inputs_document, lamps_document, loops_document
from tests.detectors.layouts import LINE, NEAR, junction
from tests.signal_ctrl.engine.test_junction import LAYOUT
from tests.signal_ctrl.kernel.small_sites import MAIN_STAGE, SIDE_STAGE, Drive, crossroads


def test_lanes_and_exits_are_told_by_name() -> None:
    rows = [[Expected(0.0, UNKNOWN, 1.0, 1, 12.34), Expected(3.26, 0, 0.5, 2)], [], []]
    room_veh = np.array([1e6, 2.5, 0.0])
    view = build_view(
        rows, [1, 0, 0], np.ones(3), room_veh, [1.04, 0.0, 0.0], [0.0, 4.0, 9.0], [1.9] * 3, [False, True, False]
    )
    view = replace(view, crowded=np.array([0.5, 0.0, 0.0]), permissive_s=np.array([7.25, 2.4, 2.4]))
    found = inputs_document(crossroads(), LAYOUT, view)
    assert found["lanes"][0] == {
        "lane": "in0", "groups": ["main"], "loops": 1, "queue_veh": 1.04, "headway_s": 1.9, "first_is_stuck": False,
        "yielding_headway_s": 7.25, "crowded": 0.5,
        "vehicles": [
            {"in_s": 0.0, "presence": 1.0, "late_s": 12.3},
            {"in_s": 3.3, "presence": 0.5, "late_s": 0.0, "exit": "out0"},
        ],
        "movements": [{"group": "main", "exit": "out0", "share": 1.0, "refused_by_first": True, "waits_inside": False}],
    }  # fmt: skip
    assert (found["lanes"][1]["vehicles"], found["lanes"][1]["first_is_stuck"]) == ([], True)
    assert [each["room_veh"] for each in found["exits"]] == [None, 2.5, 0.0]


def test_loops_that_are_not_fully_believed_are_told_with_what_speaks_against_them() -> None:
    layout = replace(junction(), onward=((NEAR,), (LINE,), ()))
    health = LoopHealth(layout)
    assert loops_document(layout, health) == []
    for n in range(12):
        health.believes(LoopEvent(NEAR, 1.0 + n, True))
        health.believes(LoopEvent(NEAR, 1.1 + n, False))
        health.assess(1.2 + n, "r")
    (found,) = loops_document(layout, health)
    loop = layout.loops[NEAR]
    assert found == {
        "channel": loop.channel, "lanes": [layout.lanes[0].lane_id], "to_stop_m": round(loop.to_stop_m, 1),
        "state": "failed", "why": "pulses that no vehicle makes",
    }  # fmt: skip


def test_who_calls_is_told_with_how_long_it_has_waited() -> None:
    drive = Drive(crossroads(), MAIN_STAGE)
    drive.run(100)
    drive.run(150, calls=0b0010)
    situation = Situation(15.0, MAIN_STAGE, (MAIN_STAGE, SIDE_STAGE), 8.0)
    found = lamps_document(crossroads(), situation, drive.core, 0b0111)
    assert found["calls"] == [{"group": "side", "waits_s": 4.9, "max_red_s": 90.0}]  # main and left have green
    assert (found["stage"], found["complete_s"]) == (MAIN_STAGE, 8.0)
    assert found["stages"][0] == {
        "stage": 0, "may_be_chosen": True, "green": ["main", "walk"], "green_gives_way": ["left"],
    }  # fmt: skip
    assert [each["may_be_chosen"] for each in found["stages"]] == [True, False, True]


def test_the_cheapest_candidate_comes_first() -> None:
    found = candidates_document(Decision(1, ((0, 0.0, 5.0), (1, 2.0, 3.5)), ""))
    assert found[0] == {"stage": 1, "after_s": 2.0, "cost_veh_s": 3.5}
