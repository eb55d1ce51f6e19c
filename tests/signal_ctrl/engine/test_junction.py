"""One junction's loop: when it asks, what the gate answers, and that a record repeats it."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from detectors.view_builder import Expected, build_view
from optimiser.controller import Decision, Situation
from signal_ctrl.domain.network import ApproachLane, Exit, JunctionLayout, Loop, LoopRole, Movement
from signal_ctrl.domain.view import UNKNOWN, JunctionView
from signal_ctrl.engine.junction import JunctionEngine, Record
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import KernelState
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, crossroads

STAGES = (MAIN_STAGE, LEFT_STAGE, SIDE_STAGE)
LAYOUT = JunctionLayout(
    "crossroads",
    tuple(ApproachLane(f"in{k}", f"in{k}", 100.0, 13.9, (k,), (k,), False) for k in range(3)),
    tuple(Movement(k, k, k, k, 15.0, "s", ()) for k in range(3)),
    tuple(Exit(f"out{k}", 100.0, 13.9, "", -1, 100.0) for k in range(3)),
    (),
    tuple(Loop(f"stop{k}", f"in{k}", 90.0, 6.0, LoopRole.STOP, (k,), 0.5, 1 + k) for k in range(3)),
)


def view_of(waiting: set[int]) -> JunctionView:
    rows = [[Expected(0.0, UNKNOWN, 1.0, k)] if k in waiting else [] for k in range(3)]
    free = np.full(3, 1e6)
    return build_view(rows, [0] * 3, np.ones(3), free, [0.0] * 3, [0.0] * 3, [2.0] * 3, [False] * 3)


@dataclass
class Wishing:
    """A controller that wants one stage and remembers when it was asked."""

    stage: int
    asked: list[Situation] = field(default_factory=list)

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        self.asked.append(situation)
        return Decision(self.stage, (), "test")


def engine_of(controller: Wishing | None, state: KernelState | None = None) -> JunctionEngine:
    kernel = Kernel(crossroads())
    return JunctionEngine(kernel, LAYOUT, controller, kernel.in_service(0) if state is None else state)


def drive(engine: JunctionEngine, until_s: int, waiting: set[int], from_s: int = 1) -> tuple[list[Record], list[str]]:
    """Decide once a second; return the records, and the lamps of each second."""
    records, lamps = [], []
    for second in range(from_s, until_s + 1):
        engine.run_to(10 * second)
        record = engine.decide(view_of(waiting), STAGES, 10 * second)
        records += [record] if record is not None else []
        lamps.append(engine.lamps)
    return records, lamps


def test_it_asks_only_past_the_minimum_green_of_every_group() -> None:
    controller = Wishing(MAIN_STAGE)
    drive(engine_of(controller), 12, {0})
    assert [s.now_s for s in controller.asked] == [7.0, 8.0, 9.0, 10.0, 11.0, 12.0]
    assert [s.shown_s for s in controller.asked] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert {(s.stage, s.stages) for s in controller.asked} == {(MAIN_STAGE, STAGES)}


def test_it_asks_nobody_during_a_change() -> None:
    """Wished at 7 s; walkers clear for 11 s, cars end 4 s before the side road begins; its 5 s of green end at 23 s."""
    controller = Wishing(SIDE_STAGE)
    records, lamps = drive(engine_of(controller), 24, {1})
    assert [(s.now_s, s.stage, s.shown_s) for s in controller.asked] == [
        (7.0, MAIN_STAGE, 0.0), (23.0, SIDE_STAGE, 0.0), (24.0, SIDE_STAGE, 1.0),
    ]  # fmt: skip
    assert [r.stage for r in records if r.stage >= 0] == [SIDE_STAGE]
    shown = {second: lamps[second - 1] for second in (6, 7, 13, 14, 17, 18)}
    assert shown == {6: "GrgG", 7: "Grgr", 13: "Grgr", 14: "yryr", 17: "rrrr", 18: "rGrr"}


def test_a_refused_wish_is_counted_and_changes_no_lamp() -> None:
    controller, still = Wishing(99), Wishing(MAIN_STAGE)
    wishing, keeping = engine_of(controller), engine_of(still)
    records, lamps = drive(wishing, 15, {0})
    _, expected = drive(keeping, 15, {0})
    refused = [r.refused for r in records if r.stage >= 0]
    assert refused == ["K8/unknown-stage"] * 9
    assert (wishing.refusals, keeping.refusals) == (9, 0)
    assert lamps == expected


def test_sequence_numbers_rise() -> None:
    records, _ = drive(engine_of(Wishing(99)), 12, {0})
    assert [r.sequence for r in records if r.stage >= 0] == [1, 2, 3, 4, 5, 6]


def test_it_asks_nobody_before_the_start_up_is_over() -> None:
    controller = Wishing(SIDE_STAGE)
    engine = engine_of(controller, Kernel(crossroads()).power_on(0))
    _, lamps = drive(engine, 20, {1})
    assert lamps[0] == "rrrr"
    assert controller.asked[0].now_s >= 11.0 + 7.0  # walkers may have been under way


@pytest.mark.parametrize("calls", [{1}, {0, 1, 2}, set()])
def test_repeating_the_records_repeats_the_lamps(calls: set[int]) -> None:
    live = engine_of(Wishing(SIDE_STAGE))
    records, lamps = drive(live, 40, calls)
    by_time = {r.at_ds: r for r in records}
    again = engine_of(None)
    repeated, latest = [], 0
    for second in range(1, 41):
        again.run_to(10 * second)
        record = by_time.get(10 * second)
        latest = latest if record is None else record.calls
        stage, sequence = (-1, 0) if record is None else (record.stage, record.sequence)
        again.repeat(latest, stage, sequence, 10 * second)
        repeated.append(again.lamps)
    assert repeated == lamps
    assert (again.frames, again.violations) == (live.frames, 0)


def test_changed_calls_are_recorded_without_a_controller() -> None:
    engine = engine_of(None)
    first, _ = drive(engine, 3, {0})
    second, _ = drive(engine, 6, {1}, from_s=4)
    assert len(first) == len(second) == 1
    assert first[0].calls & 0b011 == 0b001
    assert second[0].calls & 0b011 == 0b010
    assert first[0].decision is None


def test_an_hour_of_longer_clearance_reaches_the_kernel() -> None:
    engine = engine_of(Wishing(99))
    engine.longer(True)
    engine.run_to(10)
    assert engine.core.longer
    engine.longer(False)
    engine.run_to(20)
    assert not engine.core.longer
