"""One junction on its ladder: a broken optimiser costs delay, never an interval, and the records repeat the lamps."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.controller import Beside, Decision, Situation
from optimiser.fixed_plan import FixedPlanController
from optimiser.transition import TransitionSettings
from signal_ctrl.domain.detection import WHOLE, Detection
from signal_ctrl.domain.errors import BackendTimeoutError
from signal_ctrl.domain.plan import SignalPlan
from signal_ctrl.domain.site_json import site_hash, site_to_json
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.fallback import CROWDED, NO_LONGER_CROWDED, Fallback
from signal_ctrl.engine.junction import JunctionEngine, Record
from signal_ctrl.engine.ladder import Rung
from signal_ctrl.engine.schedule_rung import ScheduleRung
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import Mode, Request, Source, Wish
from tests.oracles.trace import Frame, judge
from tests.signal_ctrl.engine.test_junction import LAYOUT, STAGES, view_of
from tests.signal_ctrl.engine.test_watch import Answering
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, crossroads

SITE = crossroads()
KERNEL = Kernel(SITE)
PLAN = SignalPlan("crossroads", site_hash(SITE), 500, 0, ("main", "left", "side"), (200, 150, 150))
SOUND = Decision(SIDE_STAGE, (), "sound")
HALF = Detection(frozenset({0, 1}), frozenset({0, 1}), 0.5)

Answer = Callable[[Situation], object]


class Street:
    """An engine with a ladder, driven once a second; every frame is kept for the referee."""

    def __init__(self, answer: Answer, plan: SignalPlan | None = PLAN, scheduled: ScheduleRung | None = None) -> None:
        self.fetched = 0
        self.fallback = Fallback(Answering(answer), KERNEL, lambda: self._fetch(plan), scheduled=scheduled)
        self.engine = JunctionEngine(KERNEL, LAYOUT, None, KERNEL.in_service(0), self.fallback)
        self.records: list[Record] = []
        self.frames: list[Frame] = []
        self.lamps: list[str] = []
        self.second = 0

    def _fetch(self, plan: SignalPlan | None) -> SignalPlan | None:
        self.fetched += 1
        return plan

    def drive(
        self,
        seconds: int,
        detection: Detection = WHOLE,
        waiting: frozenset[int] = frozenset({0, 1, 2}),
        crowded: float | None = None,
    ) -> None:
        view = view_of(set(waiting))
        if crowded is not None:
            view = replace(view, crowded=np.array([0.0, crowded, 0.0]))
        for _ in range(seconds):
            self.second += 1
            for frame_ds in range(10 * self.second - 9, 10 * self.second + 1):
                self.engine.run_to(frame_ds)
                if frame_ds == 10 * self.second:
                    record = self.engine.decide(view, STAGES, frame_ds, detection)
                    self.records += [record] if record is not None else []
                self._keep(frame_ds)

    def _keep(self, frame_ds: int) -> None:
        core = self.engine.core
        shown = tuple((group.aspect.value, int(group.right)) for group in core.groups)
        self.frames.append(Frame(frame_ds, shown, core.calls, core.mode.value == "running"))
        self.lamps.append(self.engine.lamps)

    @property
    def changes(self) -> list[tuple[int, str, str]]:
        return [(r.at_ds // 10, r.rung, r.why) for r in self.records if r.rung]

    def check(self) -> None:
        assert judge(site_to_json(SITE), self.frames, cold=False) == []
        assert self.engine.violations == 0


def broken(_: Situation) -> object:
    raise ValueError("boom")


def answers(*rows: tuple[int, Answer]) -> Answer:
    """Return what answers by the last row whose time [s] has come."""

    def answer(situation: Situation) -> object:
        return [each for from_s, each in rows if situation.now_s >= from_s][-1](situation)

    return answer


def keeps(situation: Situation) -> Decision:
    return Decision(situation.stage, (), "keep")


def test_a_sound_controller_is_followed_and_no_plan_is_fetched() -> None:
    street = Street(lambda _: SOUND)
    street.drive(60)
    assert (street.changes, street.fetched) == ([], 0)
    assert street.fallback.rung is Rung.ADAPTIVE
    street.check()


def test_a_broken_one_leaves_for_the_plan_in_the_same_second_and_the_plan_is_kept() -> None:
    street = Street(broken)
    street.drive(300)
    assert street.changes == [(7, "plan", "adaptive: it failed (ValueError)")], "7 s: the first time it is asked"
    alone = JunctionEngine(KERNEL, LAYOUT, FixedPlanController(PLAN, SITE), KERNEL.in_service(0))
    shown = []
    for frame_ds in range(1, 3001):
        alone.run_to(frame_ds)
        if frame_ds % 10 == 0:
            alone.decide(view_of({0, 1, 2}), STAGES, frame_ds)
        shown.append(alone.lamps)
    assert street.lamps[1000:] == shown[1000:], "by the common clock it falls into step"
    street.check()


def test_it_comes_back_after_sixty_seconds_of_health() -> None:
    street = Street(answers((0, broken), (100, keeps)))
    street.drive(200)
    assert [(rung, why) for _, rung, why in street.changes][1:] == [("adaptive", "adaptive sound for 60 s")]
    assert 160 <= street.changes[1][0] <= 175
    assert street.records[-1].decision is not None
    assert street.records[-1].decision.reason == "keep"
    street.check()


def test_three_missed_deadlines() -> None:
    def late(_: Situation) -> object:
        raise BackendTimeoutError("late")

    street = Street(late)
    street.drive(20)
    assert street.changes == [(9, "plan", "adaptive: it missed its deadline 3 times")]


def test_a_little_lost_detection_leaves_only_where_a_queue_reaches_out_of_sight_and_until_it_seldom_does() -> None:
    little = Detection(frozenset({0}), frozenset(), 0.15)
    street = Street(keeps)
    street.drive(20, little)
    street.drive(20, little, crowded=CROWDED - 0.01)
    street.drive(20, WHOLE, crowded=1.0)
    assert street.changes == []
    street.drive(20, little, crowded=CROWDED)
    street.drive(100, little, crowded=NO_LONGER_CROWDED)
    street.drive(100, little, crowded=NO_LONGER_CROWDED - 0.01)
    assert [(rung, why) for _, rung, why in street.changes] == [
        ("plan", "adaptive: 15 % of the detection is lost and a queue reaches out of sight"),
        ("adaptive", "adaptive sound for 60 s"),
    ]
    assert street.changes[1][0] > 180 + 60
    street.check()


def test_of_a_coupled_signal_a_full_street_says_nothing_of_demand() -> None:
    little = Detection(frozenset({0}), frozenset(), 0.15)
    street = Street(keeps)
    beside = Beside(view_of(set()), MAIN_STAGE, STAGES, 0.0)
    view = replace(view_of({0, 1, 2}), crowded=np.ones(3))
    for second in range(1, 61):
        street.engine.run_to(10 * second)
        record = street.engine.decide(view, STAGES, 10 * second, little, beside)
        assert record is None or not record.rung


def test_lost_detection_leaves_for_the_plan_and_comes_back() -> None:
    street = Street(keeps)
    street.drive(20)
    street.drive(30, HALF)
    street.drive(100)
    assert street.changes == [
        (21, "plan", "adaptive: 50 % of the detection is lost"),
        (111, "adaptive", "adaptive sound for 60 s"),
    ]
    fault, cured = (r for r in street.records if r.failed or r.restored)
    assert (fault.failed, fault.restored) == ((1, 2), ())
    assert (cured.failed, cured.restored) == ((), (1, 2))


def test_lanes_that_nobody_sees_call_all_the_time() -> None:
    street = Street(keeps)
    street.drive(10, Detection(frozenset({1}), frozenset({1}), 0.3), frozenset())
    assert street.engine.core.calls & 0b010
    street.drive(10, WHOLE, frozenset())
    assert not street.engine.core.calls & 0b111
    street.check()


@pytest.mark.parametrize("plan", [None, replace(PLAN, site="0" * 64), replace(PLAN, splits_ds=(250, 100, 150))])
def test_without_a_plan_that_can_be_kept_it_flashes_by_amber_and_all_red(plan: SignalPlan | None) -> None:
    street = Street(answers((0, keeps), (30, broken), (60, keeps)), plan)
    street.drive(200)
    (down, _, why), (up, rung, _) = street.changes
    assert (down, rung) == (30, "adaptive")
    assert why.startswith("adaptive: it failed (ValueError); plan: ")
    assert [r.wish for r in street.records if r.wish] == ["flash", "resume"]
    assert 120 <= up <= 125
    assert street.fetched == 1
    assert "oooo"[:3] == street.lamps[1000][:3], "flash"
    assert any("G" in lamps for lamps in street.lamps[-200:]), "in service again"
    street.check()


def test_the_records_repeat_the_lamps_flash_and_all() -> None:
    live = Street(answers((0, lambda _: SOUND), (30, broken), (60, keeps)), None)
    live.drive(200)
    again = JunctionEngine(KERNEL, LAYOUT, None, KERNEL.in_service(0))
    by_time = {record.at_ds: record for record in live.records}
    calls, lamps = 0, []
    for frame_ds in range(1, 2001):
        again.run_to(frame_ds)
        if frame_ds % 10 == 0:
            record = by_time.get(frame_ds)
            if record is None:
                again.repeat(calls, -1, 0, frame_ds)
            else:
                calls = record.calls
                again.repeat(calls, record.stage, record.sequence, frame_ds, record.wish)
        lamps.append(again.lamps)
    assert lamps == live.lamps


GARBAGE: tuple[Answer, ...] = (
    broken,
    keeps,
    lambda _: None,
    lambda _: SOUND,
    lambda s: Decision(MAIN_STAGE, ((0, 0.0, float("nan")),), ""),
    lambda s: Decision(99, (), ""),
    lambda s: Decision(LEFT_STAGE, (), "", "another"),
    lambda s: Decision(LEFT_STAGE, (), "", "", s.now_s - 500.0),
)


@given(st.lists(st.tuples(st.sampled_from(GARBAGE), st.integers(1, 90), st.booleans()), min_size=1, max_size=8))
@settings(max_examples=30)
def test_whatever_it_answers_the_lamps_stay_legal(rows: list[tuple[Answer, int, bool]]) -> None:
    now: list[Answer] = [keeps]

    def answer_of_now(situation: Situation) -> object:
        return now[0](situation)

    street = Street(answer_of_now)
    for answer, seconds, lost in rows:
        now[0] = answer
        street.drive(seconds, HALF if lost else WHOLE)
    street.check()
    downs = [at_s for at_s, rung, _ in street.changes if rung == "plan"]
    ups = [at_s for at_s, rung, _ in street.changes if rung == "adaptive"]
    assert all(up - max(d for d in downs if d < up) >= 60 for up in ups)


def by_time_of_day(*plans: tuple[int, SignalPlan | None]) -> ScheduleRung:
    """Return the rung of plans with the time from which each is in force. [ds]"""

    def plan_at(now_ds: int) -> SignalPlan | None:
        return next(plan for from_ds, plan in reversed(plans) if now_ds >= from_ds)

    return ScheduleRung(KERNEL, plan_at, TransitionSettings())


def test_with_a_schedule_its_plan_comes_first_and_changes_with_the_time() -> None:
    other = replace(PLAN, offset_ds=80)
    street = Street(lambda _: None, PLAN, by_time_of_day((0, PLAN), (3000, other)))
    street.drive(600)
    assert street.changes[0][1] == "schedule"
    assert len(street.changes) == 1
    begins = [r.at_ds for r in street.records if r.stage == MAIN_STAGE]
    assert {at_ds % 500 for at_ds in begins if 1000 <= at_ds < 3000} == {0}
    assert {at_ds % 500 for at_ds in begins if at_ds >= 4500} == {80}
    assert street.fetched <= 1
    street.check()


def test_a_plan_of_the_schedule_that_cannot_be_kept_leaves_the_local_one() -> None:
    strange = replace(PLAN, site="0" * 64)
    street = Street(lambda _: None, PLAN, by_time_of_day((0, PLAN), (1000, strange), (2000, None), (3000, PLAN)))
    street.drive(400)
    names = [rung for _, rung, _ in street.changes]
    assert names == ["schedule", "plan", "schedule"]
    (_, _, why), (at_s, _, _) = street.changes[1], street.changes[2]
    assert "schedule: signal crossroads: the plan is made for another site" in why
    assert 360 <= at_s <= 362, "sixty seconds of health after 300 s"
    street.check()


def test_a_bad_plan_of_the_schedule_between_two_sound_ones_is_never_kept() -> None:
    """Neither one of another site, whose stages are not there, nor one that K9 refuses for its length."""
    foreign = replace(PLAN, site="0" * 64, stages=("x1", "x2", "x3"))
    long = replace(PLAN, cycle_ds=3000, splits_ds=(2700, 150, 150))
    assert refusals(long, KERNEL)
    for bad in (foreign, long):
        street = Street(lambda _: None, PLAN, by_time_of_day((0, PLAN), (2000, bad), (2600, PLAN)))
        street.drive(500)
        assert [rung for _, rung, _ in street.changes] == ["schedule", "plan", "schedule"]
        begins = [r.at_ds for r in street.records if r.stage == MAIN_STAGE and r.at_ds > 4000]
        assert len(begins) > 1
        assert {at_ds % 500 for at_ds in begins} == {0}
        street.check()


def test_who_breaks_while_keeping_a_plan_costs_a_rung_and_not_the_run() -> None:
    class Breaks(ScheduleRung):
        def decide(self, view: JunctionView, situation: Situation) -> Decision | None:
            raise ZeroDivisionError("broken")

    rung = Breaks(KERNEL, lambda _: PLAN, TransitionSettings())
    street = Street(lambda _: None, PLAN, rung)
    street.drive(200)
    assert [rung for _, rung, _ in street.changes] == ["schedule", "plan"]
    assert "its keeper broke: ZeroDivisionError broken" in street.changes[1][2]
    street.check()


def test_a_flash_waits_under_a_hold_and_is_taken_back_in_time() -> None:
    """The police hold a stage while the ladder comes to its end: it is asked for once, and forgotten when all is well."""
    street = Street(answers((0, keeps), (30, broken), (60, keeps)), None)
    street.drive(2)
    engine = street.engine
    hold = Request(Source.POLICE, 1, 20, 20, Wish.HOLD, SIDE_STAGE, 1520)
    engine._state = KERNEL.submit(engine._state, hold, 20)
    street.drive(148)
    assert [r.wish for r in street.records if r.wish] == ["flash", "resume"]
    assert engine.core.mode is Mode.RUNNING
    street.drive(40)
    assert engine.core.mode is Mode.RUNNING
    assert engine.violations == 0
