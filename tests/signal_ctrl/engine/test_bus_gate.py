"""Bus priority's limits at the engine, by the record of stages and lamps alone: the optimiser may wish what it likes."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.controller import Decision, Situation
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.bus_gate import EARLY, EXTENSION_DS, HOLD, RELEASE
from signal_ctrl.engine.junction import JunctionEngine, Record
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.engine.test_junction import LAYOUT, STAGES, view_of
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, crossroads


@dataclass
class Weighing:
    """Wishes by a script: for each second the stage with buses and the one without (None: no bus)."""

    script: dict[int, tuple[int, int | None]]
    candidates: tuple[tuple[int, float, float], ...] = ()
    seen: list[JunctionView] = field(default_factory=list)

    def decide(self, view: JunctionView, situation: Situation) -> Decision:
        self.seen.append(view)
        wanted, plain = self.script.get(round(situation.now_s), (situation.stage, None))
        return Decision(wanted, self.candidates, "test", plain=plain)


def run(
    script: dict[int, tuple[int, int | None]],
    until_s: int = 120,
    candidates: tuple[tuple[int, float, float], ...] = (),
) -> tuple[list[Record], list[str], JunctionEngine]:
    kernel = Kernel(crossroads())
    engine = JunctionEngine(kernel, LAYOUT, Weighing(script, candidates), kernel.in_service(0))
    records, lamps = [], []
    for second in range(1, until_s + 1):
        engine.run_to(10 * second)
        record = engine.decide(view_of({0, 1, 2}), STAGES, 10 * second)
        records += [record] if record is not None else []
        lamps.append(engine.lamps)
    return records, lamps, engine


def words(records: list[Record]) -> list[tuple[int, str]]:
    return [(r.at_ds // 10, r.priority) for r in records if r.priority]


def test_a_stage_is_kept_for_ten_seconds_and_then_left() -> None:
    script = {s: (MAIN_STAGE, SIDE_STAGE) for s in range(10, 60)}
    records, lamps, _ = run(script, 30)
    assert words(records)[0] == (10, HOLD)
    assert [r.at_ds for r in records if r.stage == SIDE_STAGE] == [100 + EXTENSION_DS]
    without, _, _ = run({s: (SIDE_STAGE, None) for s in range(10, 60)}, 40)
    assert [r.at_ds for r in without if r.stage == SIDE_STAGE] == [100]
    assert lamps[18].startswith("G")


@pytest.mark.parametrize(("plain", "cheapest"), [(SIDE_STAGE, LEFT_STAGE), (LEFT_STAGE, SIDE_STAGE)])
def test_what_follows_a_stage_that_was_kept_is_the_cheapest_that_may_begin(plain: int, cheapest: int) -> None:
    """After 10 s another stage than without buses, as an early start; not one that lengthens a green that is running."""
    greens = [{g for g, r in enumerate(s.rights) if r.is_green} for s in crossroads().stages]
    may = not (greens[MAIN_STAGE] & greens[cheapest]) - greens[plain]
    script = {s: (MAIN_STAGE, plain) for s in range(10, 60)}
    ways = ((MAIN_STAGE, 0.0, 1.0), (plain, 0.0, 30.0), (cheapest, 0.0, 20.0), (cheapest, 5.0, 10.0))
    records, _, _ = run(script, 30, ways)
    assert [(r.at_ds, r.stage) for r in records if r.stage >= 0][:1] == [(200, cheapest if may else plain)]
    assert (words(records)[-1] == (20, EARLY)) is may


def test_a_bus_that_has_passed_lets_go_at_once() -> None:
    script: dict[int, tuple[int, int | None]] = {s: (MAIN_STAGE, SIDE_STAGE) for s in range(10, 14)}
    script[14] = (SIDE_STAGE, SIDE_STAGE)
    records, _, _ = run(script, 20)
    assert words(records) == [(10, HOLD), (14, RELEASE)]
    assert [r.at_ds for r in records if r.stage == SIDE_STAGE] == [140]


def test_no_bus_any_longer_means_no_hold() -> None:
    script: dict[int, tuple[int, int | None]] = {s: (MAIN_STAGE, SIDE_STAGE) for s in range(10, 14)}
    script |= {14: (SIDE_STAGE, None)}
    records, _, _ = run(script, 20)
    assert words(records)[-1] == (14, RELEASE)
    assert [r.at_ds for r in records if r.stage == SIDE_STAGE] == [140]


def test_a_stage_begins_early_once_until_who_lost_had_green() -> None:
    """The side road is begun early; main, which lost, has not had green since when another early start is wished."""
    script: dict[int, tuple[int, int | None]] = {10: (SIDE_STAGE, MAIN_STAGE)}
    script |= {s: (LEFT_STAGE, SIDE_STAGE) for s in range(20, 60)}
    records, _, _ = run(script, 60)
    assert words(records)[0] == (10, EARLY)
    assert all(word != EARLY for _, word in words(records)[1:])
    script |= {s: (MAIN_STAGE, None) for s in range(30, 60)} | {s: (SIDE_STAGE, MAIN_STAGE) for s in range(60, 90)}
    assert sum(word == EARLY for _, word in words(run(script, 90)[0])) == 2


def test_who_lost_counts_more_until_it_had_as_much_green() -> None:
    script: dict[int, tuple[int, int | None]] = {s: (MAIN_STAGE, SIDE_STAGE) for s in range(10, 20)}
    controller = Weighing(script)
    kernel = Kernel(crossroads())
    engine = JunctionEngine(kernel, LAYOUT, controller, kernel.in_service(0))
    for second in range(1, 22):
        engine.run_to(10 * second)
        engine.decide(view_of({0, 1, 2}), STAGES, 10 * second)
    lanes = [k for k in range(3) if LAYOUT.movements[k].group in _lost()]
    weight = controller.seen[-1].weight
    assert weight.size
    assert weight[lanes].min() > 1.3
    assert weight[[k for k in range(3) if k not in lanes]].max() == 1.0


def _lost() -> set[int]:
    greens = [{g for g, r in enumerate(s.rights) if r.is_green} for s in crossroads().stages]
    return greens[SIDE_STAGE] - greens[MAIN_STAGE]


def test_without_buses_nothing_is_kept_in_mind() -> None:
    view = view_of({0})
    kernel = Kernel(crossroads())
    controller = Weighing({})
    engine = JunctionEngine(kernel, LAYOUT, controller, kernel.in_service(0))
    engine.run_to(100)
    engine.decide(view, STAGES, 100)
    assert controller.seen[0] is view
    assert not controller.seen[0].weight.size


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 2))), min_size=40, max_size=90))
def test_whatever_is_wished_no_stage_is_kept_longer(wishes: list[tuple[int, int | None]]) -> None:
    """Oracle: the record alone. Also: a record repeats to the same lamps, and the monitor sees nothing."""
    script = dict(enumerate(wishes, start=1))
    records, lamps, engine = run(script, len(wishes))
    assert engine.violations == 0
    kept_from: int | None = None
    lit = -1
    for record in records:
        decision = record.decision
        if record.stage >= 0:
            kept_from = None
        if decision is None or decision.plain is None:
            continue
        if record.lit != lit or decision.stage != record.lit:
            kept_from, lit = None, record.lit
        if decision.stage == record.lit != decision.plain:
            kept_from = record.at_ds if kept_from is None else kept_from
            assert record.at_ds - kept_from < EXTENSION_DS
    _check_holds(records, lamps)
    assert repeated(records, len(wishes)) == lamps


def _check_holds(records: list[Record], lamps: list[str]) -> None:
    """Between two holds something that was green at the first has gone out."""
    holds = [record.at_ds // 10 for record in records if record.priority == HOLD]
    for first, second in pairwise(holds):
        green = {k for k, lamp in enumerate(lamps[first - 1]) if lamp in "Gg"}
        between = lamps[first - 1 : second]
        assert any(frame[k] not in "Gg" for frame in between for k in green), (first, second)


def repeated(records: list[Record], until_s: int) -> list[str]:
    kernel = Kernel(crossroads())
    engine = JunctionEngine(kernel, LAYOUT, None, kernel.in_service(0))
    by_time = {record.at_ds: record for record in records}
    lamps, calls = [], 0
    for second in range(1, until_s + 1):
        engine.run_to(10 * second)
        record = by_time.get(10 * second)
        if record is None:
            engine.repeat(calls, -1, 0, 10 * second)
        else:
            calls = record.calls
            engine.repeat(calls, record.stage, record.sequence, 10 * second, record.wish, record.priority)
        lamps.append(engine.lamps)
    return lamps


def test_compensation_leaves_other_weights_alone() -> None:
    view = replace(view_of({0}), weight=np.full_like(view_of({0}).eta_s, 2.0))
    kernel = Kernel(crossroads())
    engine = JunctionEngine(kernel, LAYOUT, None, kernel.in_service(0))
    assert engine.decide(view, STAGES, 10) is not None
    assert (view.weight == 2.0).all()
