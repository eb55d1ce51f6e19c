"""Shadow mode: advice beside what the plan does, worked out by hand; the switch is one audited act."""

from collections.abc import Iterator
from typing import Any

import pytest

from optimiser.controller import Decision
from signal_ctrl.centre.shadow import Running, ShadowDecision, advice_of, mode_of, report_of
from signal_ctrl.centre.shadow_feed import running_of, shadow_decision
from signal_ctrl.centre.shadow_values import ADVICE, ControlMode
from signal_ctrl.domain.errors import ForbiddenError, InvalidInputError, NotFoundError, RefusedError
from tests.signal_ctrl.centre.worlds import START_MS, World, signal_plan, site, world

COSTS = (("main", 0.0, 50.0), ("side", 0.0, 42.0), ("side", 5.0, 40.0), ("left", 0.0, 70.0))


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def decision(stage: str = "side", at_ms: int = START_MS, costs: Any = COSTS) -> ShadowDecision:
    return ShadowDecision("c0", at_ms, stage, costs, 60.0)


@pytest.mark.parametrize(
    ("running", "cost", "gain", "differs"),
    [
        (Running("main", "side", 0.0), 42.0, 2.0, True),  # the plan goes now, the advice waits 5 s
        (Running("main", "side", 6.0), 40.0, 0.0, False),  # both go in about 5 s
        (Running("main", "side", 30.0), 50.0, 10.0, False),  # the plan stays beyond all candidates
        (Running("main", "left", 1.0), 70.0, 30.0, True),
        (Running("main", "left", 6.0), None, None, False),  # nobody tried that
        (Running("main", "main", 0.0), 50.0, 10.0, False),  # a plan of one stage stays
    ],
)
def test_the_candidate_that_is_like_the_plan(
    running: Running, cost: float | None, gain: float | None, differs: bool
) -> None:
    advice = advice_of(decision(), running)
    assert (advice.advised, advice.advised_in_s) == ("side", 5.0)
    assert (advice.plan_cost_veh_s, advice.gain_veh_s, advice.differs) == (cost, gain, differs)


@pytest.mark.parametrize(
    "costs", [(), (("main", 0.0, float("nan")),), (("main", float("inf"), 1.0),), (("main", 0.0, 1.0),)]
)
def test_a_decision_that_is_none(costs: Any) -> None:
    with pytest.raises(InvalidInputError):
        advice_of(decision(costs=costs), Running("main", "side", 0.0))


def test_no_second_is_counted_twice() -> None:
    advice = [advice_of(decision(at_ms=START_MS + 1000 * k), Running("main", "side", 0.0)) for k in range(7_200)]
    report = report_of("c0", ControlMode.SHADOW, reversed(advice), (0, 1))
    assert (report.decisions, report.comparable, report.windows) == (7_200, 7_200, 120)
    assert report.gain_veh_s_per_window == pytest.approx(2.0)
    assert report.gain_veh_h_per_h == pytest.approx(120 * 2.0 / (120 * 60.0))
    assert report.differing == 7_200


def test_the_interval_is_over_hours() -> None:
    hour_ms = START_MS // 3_600_000 * 3_600_000
    costs = [(("main", 0.0, 50.0 + k), ("side", 0.0, 50.0)) for k in (1, 2, 6)]
    advice = [
        advice_of(decision(at_ms=hour_ms + 3_600_000 * h + 60_000 * k, costs=costs[h]), Running("main", "side", 99.0))
        for h in range(3)
        for k in range(10)
    ]
    report = report_of("c0", ControlMode.SHADOW, advice, (0, 1))
    assert report.ci95_veh_s_per_window is not None
    low, high = report.ci95_veh_s_per_window
    assert (low + high) / 2 == pytest.approx(3.0)
    assert (high - low) / 2 == pytest.approx(4.302653 * 7**0.5 / 3**0.5, rel=1e-5)  # t of 2 degrees, deviation √7
    assert report_of("c0", ControlMode.SHADOW, advice[:20], (0, 1)).ci95_veh_s_per_window is None


def test_nothing_comparable_has_no_gain() -> None:
    advice = [advice_of(decision(), Running("main", "left", 6.0))]
    report = report_of("c0", ControlMode.SHADOW, advice, (0, 1))
    assert (report.windows, report.gain_veh_s_per_window, report.gain_veh_h_per_h) == (0, None, None)


def test_advice_is_taken_in_shadow_mode_alone(here: World) -> None:
    def advise(t: Any) -> Any:
        return here.centre.shadow.advised(t, decision(), Running("main", "side", 0.0))

    with pytest.raises(RefusedError, match="C/shadow"):
        here.store.write(advise)
    here.centre.shadow.switch(here.actor("eve"), ["c0", "c1"], ControlMode.SHADOW)
    here.store.write(advise)
    assert here.store.read(lambda r: r.shelf(ADVICE).count()) == 1
    report = here.centre.shadow.report("c0", 0, START_MS + 1)
    assert (report.mode, report.decisions, report.gain_veh_s_per_window) == (ControlMode.SHADOW, 1, 2.0)
    assert here.centre.shadow.report("c0", START_MS + 1, START_MS + 2).decisions == 0


def test_there_and_back_is_one_audited_act_each(here: World) -> None:
    before = len(here.audit())
    here.centre.shadow.switch(here.actor("eve"), here.cabinets, ControlMode.ADAPTIVE)
    here.centre.shadow.switch(here.actor("eve"), here.cabinets, ControlMode.PLAN)
    assert here.audit()[before:] == [
        ("eve", "switch control", "from plan to adaptive"),
        ("eve", "switch control", "from adaptive to plan"),
    ]
    assert here.store.read(lambda r: mode_of(r, "c1")) is ControlMode.PLAN


def test_all_or_none_are_switched(here: World) -> None:
    for names, error in (([], InvalidInputError), (["c0", "c0"], InvalidInputError), (["c0", "c9"], NotFoundError)):
        with pytest.raises(error):
            here.centre.shadow.switch(here.actor("eve"), names, ControlMode.ADAPTIVE)
    with pytest.raises(ForbiddenError):
        here.centre.shadow.switch(here.actor("sam"), ["c0"], ControlMode.ADAPTIVE)
    assert here.store.read(lambda r: mode_of(r, "c0")) is ControlMode.PLAN


def test_a_decision_beside_the_plan_at_each_second() -> None:
    """Whose turn it is, who is next and when, against the splits counted out second by second."""
    own = signal_plan("c0", offset_ds=130)
    turns = [k for k, split_ds in enumerate(own.splits_ds) for _ in range(split_ds // 10)]
    for second in range(200):
        place = (second - 13) % len(turns)
        turn = turns[place]
        left_s = next(k for k in range(1, len(turns) + 1) if turns[(place + k) % len(turns)] != turn)
        following = own.stages[(turn + 1) % 3]
        assert running_of(own, 10 * second) == Running(own.stages[turn], following, float(left_s))


def test_a_decision_gets_the_names_of_its_stages() -> None:
    decided = Decision(2, ((0, 0.0, 9.0), (2, 5.0, 7.0)), "cheapest")
    found = shadow_decision("c0", site("c0"), decided, START_MS, 60.0)
    assert (found.stage, found.candidates) == ("side", (("main", 0.0, 9.0), ("side", 5.0, 7.0)))
    for wrong in (Decision(3, (), ""), Decision(-1, (), ""), Decision(0, ((3, 0.0, 1.0),), "")):
        with pytest.raises(InvalidInputError):
            shadow_decision("c0", site("c0"), wrong, START_MS, 60.0)
