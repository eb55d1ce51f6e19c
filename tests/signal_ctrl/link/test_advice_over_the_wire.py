"""Adaptive control beside a cabinet: it advises, is counted, drives when it is switched on, and can break nothing."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from bench.link.sight import ScriptedAdviser, ScriptedLoops, trial_layout
from bench.link.site import trial_plan, trial_site
from bench.link.world import Cabin, LinkWorld
from detectors.loops.events import LoopEvent
from optimiser.controller import Decision
from signal_ctrl.cabinet.advising import Sight
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.centre.override_document import OverrideWish
from signal_ctrl.centre.override_values import Reason, Scope, ScopeKind
from signal_ctrl.centre.prices import Price
from signal_ctrl.centre.shadow_values import ADVICE, SHADOW_TOTALS
from signal_ctrl.centre.traffic_values import FLOWS
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.link.reports import batch_from_bytes
from signal_ctrl.domain.plan import Plan, plan_to_json
from signal_ctrl.engine.adviser import Advised, Glimpse
from tests.signal_ctrl.link.judging import breaches

PLAN = trial_plan(trial_site("cab-1"), (30, 14, 16))
MAIN, LEFT, SIDE = range(3)
FULL = ("green", 3)
Script = Callable[[Glimpse], Any]


def advised(glimpse: Glimpse, stage: int, costs: tuple[tuple[int, float, float], ...] = ()) -> Advised:
    asked = glimpse.situation
    decision = None if asked is None else Decision(stage, costs, "script", "", glimpse.now_s)
    return Advised(glimpse.now_s, -1 if asked is None else asked.stage, decision, 0b1111, 1000.0, delays=costs)


def wants(stage: int) -> Script:
    """Want one stage at once, at 5 veh s less than anything else."""

    def script(glimpse: Glimpse) -> Advised:
        lit = stage if glimpse.situation is None else glimpse.situation.stage
        others = [(s, 0.0, 25.0) for s in range(3) if s not in (stage, lit)]
        keep = (lit, 0.0, 20.0 if lit == stage else 25.0)
        return advised(glimpse, stage, (keep, *([] if lit == stage else [(stage, 0.0, 20.0)]), *others))

    return script


def seeing(world: LinkWorld, script: Script | None, loops: ScriptedLoops | None = None) -> Cabin:
    """Return a cabinet with loops, and an adviser if there is a script."""
    cabin = world.add("cab-1")
    adviser = None if script is None else ScriptedAdviser(script)
    layout = trial_layout(cabin.kernel.site)
    cabin.sight = Sight(layout, loops if loops is not None else ScriptedLoops(), adviser, horizon_s=60.0)
    world.restart(cabin)
    return cabin


def switch(world: LinkWorld, mode: ControlMode) -> None:
    """Switch at the centre, and give the plan with the orders that follow."""
    engineer = Actor("eve", Role.ENGINEER, second_factor_utc_ms=world.now_ms)
    world.world.centre.shadow.switch(engineer, ["cab-1"], mode)
    world.order("cab-1", PLAN, control=mode)


def lit_stages(cabin: Cabin, since: int = 0) -> set[int]:
    """Return the stages of which a group of vehicles was green, by frames."""
    green = {0: MAIN, 1: SIDE, 2: LEFT}
    return {green[g] for frame in cabin.segments[-1][since:] for g in green if frame.shown[g] == FULL}


def codes(world: LinkWorld, code: str) -> list[str]:
    """Return the words of the reports with a code that have come to the centre."""
    batches = world.world.store.read(  # every batch of every start
        lambda t: [
            t.links.batch("cab-1", s.boot, n)
            for s in t.links.starts()
            for n in t.links.sequences("cab-1", s.boot, 0, 10_000)
        ]
    )
    reports = [r for b in batches if b is not None for r in batch_from_bytes(b.body).reports]
    return [report.text for report in reports if report.code == code]


def test_in_shadow_mode_the_plan_is_kept_to_the_frame_and_the_advice_is_reported(tmp_path: Any) -> None:
    frames = []
    for k, script in enumerate((None, wants(SIDE))):
        folder = tmp_path / str(k)
        folder.mkdir()
        world = LinkWorld(folder)
        cabin = seeing(world, script)
        switch(world, ControlMode.SHADOW)
        world.run(450_000)
        frames.append(cabin.segments[-1])
        if script is not None:
            advice = world.world.store.read(lambda r: r.shelf(ADVICE).find(limit=1000))
            totals = world.world.store.read(lambda r: r.shelf(SHADOW_TOTALS).find(limit=1000))
            report = world.world.centre.shadow.report("cab-1", 0, world.now_ms)
        world.close()
    assert frames[0] == frames[1]
    assert totals
    assert all(a.advised == "side" for a in advice)
    windows = sorted(a.at_utc_ms for a in advice if a.window)
    assert all(b - a >= 60_000 for a, b in pairwise(windows))
    assert any(a.differs for a in advice)
    gains = {a.gain_veh_s for a in advice}
    assert gains <= {None, 0.0, 5.0}
    assert 5.0 in gains
    assert report.decisions == sum(t.decisions for t in totals) > 100
    assert report.gain_veh_h_per_h is not None
    assert report.gain_veh_h_per_h > 0


def test_nothing_is_reported_before_the_switch(world: LinkWorld) -> None:
    cabin = seeing(world, wants(SIDE))
    world.order(cabin, PLAN)
    world.run(620_000)
    assert world.world.store.read(lambda r: r.shelf(ADVICE).count() + r.shelf(SHADOW_TOTALS).count()) == 0
    sight = cabin.sight
    assert sight is not None
    assert isinstance(sight.adviser, ScriptedAdviser)
    assert all(glimpse.situation is None for glimpse in sight.adviser.seen)  # it looks, and is asked nothing


def test_counts_by_group_come_every_five_minutes(world: LinkWorld) -> None:
    loops = ScriptedLoops()
    cabin = seeing(world, None, loops)
    world.order(cabin, PLAN)
    world.run(20_000)
    begin_s = cabin.clock.mono_ms() / 1000
    edges = [(0, 1.0), (0, 40.0), (1, 41.0), (2, 300.0), (0, 310.0), (0, 320.0), (0, 330.0)]
    for loop, at_s in edges:
        loops.coming += [LoopEvent(loop, begin_s + at_s, True), LoopEvent(loop, begin_s + at_s + 0.4, False)]
    world.run(660_000)
    flows = world.world.store.read(lambda r: r.shelf(FLOWS).find(limit=100))
    names = {"main": 5, "side": 1, "left": 1}
    assert {flow.group for flow in flows} == set(names)
    assert {name: sum(f.vehicles for f in flows if f.group == name) for name in names} == names
    spans = sorted({(f.from_utc_ms, f.to_utc_ms) for f in flows})
    assert all(to_ms - from_ms <= 300_000 for from_ms, to_ms in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert len(spans) >= 2


def test_the_price_of_an_override_rests_on_what_the_cabinet_counted(world: LinkWorld) -> None:
    loops = ScriptedLoops()
    cabin = seeing(world, None, loops)
    centre, now_ms = world.world.centre, world.now_ms
    engineer = Actor("eve", Role.ENGINEER, second_factor_utc_ms=now_ms)
    centre.plans.upload(engineer, plan_to_json(Plan("day", (PLAN,))))
    centre.issuing.issue(engineer, IssueWish("day"))
    wish = OverrideWish(
        OverrideKind.CALL_STAGE, Scope(ScopeKind.JUNCTION, ("cab-1",)), Reason.ACCIDENT, "7", lasts_s=600, stage="side"
    )

    def estimate() -> Price:
        centre.issuing.tick()
        operator = Actor("olga", Role.OPERATOR, second_factor_utc_ms=world.now_ms, session="s")
        return centre.overrides.prepare(operator, wish).estimate

    assert estimate().method == "green shares of the plan"
    begin_s = cabin.clock.mono_ms() / 1000
    for k in range(60):
        for loop in range(3):
            at_s = begin_s + 10.0 * k + loop
            loops.coming += [LoopEvent(loop, at_s, True), LoopEvent(loop, at_s + 0.4, False)]
    world.run(620_000)
    found = estimate()
    assert found.method == "counted flows"
    for group in found.groups:
        assert group.flow_veh_h is not None
        assert group.flow_veh_h[1] == pytest.approx(360.0, rel=0.02)  # one every 10 s


def test_a_loop_that_is_not_believed_leaves_its_group_unknown(world: LinkWorld) -> None:
    def script(glimpse: Glimpse) -> Advised:
        return replace(advised(glimpse, MAIN), failed=frozenset({1}))

    cabin = seeing(world, script)
    world.order(cabin, PLAN)
    world.run(620_000)
    assert {f.group for f in world.world.store.read(lambda r: r.shelf(FLOWS).find(limit=100))} == {"main", "left"}


def test_switched_on_it_drives_after_a_minute_and_switched_back_the_plan_does(world: LinkWorld) -> None:
    cabin = seeing(world, wants(SIDE))
    switch(world, ControlMode.ADAPTIVE)
    world.run(30_000)
    assert not cabin.agent.status().adaptive
    world.run(100_000)
    assert cabin.agent.status().adaptive
    assert cabin.agent.status().summary.startswith("running, adaptive control")
    world.run(60_000)
    since = len(cabin.segments[-1])
    world.run(100_000)
    side = [frame.shown[1] == FULL for frame in cabin.segments[-1][since:]]
    assert sum(side) > 700  # of 1,000; the rest is what K4 gives those who have waited too long
    switch(world, ControlMode.PLAN)
    world.run(3_000)
    assert not cabin.agent.status().adaptive
    since = len(cabin.segments[-1])
    world.run(200_000)
    assert lit_stages(cabin, since) == {MAIN, LEFT, SIDE}
    assert codes(world, "control") == ["adaptive control decides", "the plan decides: it is not switched on"]
    assert breaches(cabin) == []


def test_without_the_centre_it_drives_no_longer(world: LinkWorld) -> None:
    cabin = seeing(world, wants(SIDE))
    switch(world, ControlMode.ADAPTIVE)
    world.run(130_000)
    assert cabin.agent.status().adaptive
    world.blocked.add(cabin.name)
    world.run(62_000)
    assert not cabin.agent.status().adaptive
    assert cabin.agent.status().rung.name == "PLAN"
    assert breaches(cabin) == []


def broken(_: Glimpse) -> Any:
    raise BackendError("it fell over")


def silent(_: Glimpse) -> None:
    return None


def rubbish(_: Glimpse) -> Any:
    return "no answer at all"


def stranger(glimpse: Glimpse) -> Advised:
    said = advised(glimpse, SIDE)
    return said if said.decision is None else replace(said, decision=replace(said.decision, signal="another"))


def no_number(glimpse: Glimpse) -> Advised:
    return advised(glimpse, SIDE, ((SIDE, 0.0, math.nan),))


def nowhere(glimpse: Glimpse) -> Advised:
    return advised(glimpse, 77)


def late(glimpse: Glimpse) -> Advised:
    return replace(advised(glimpse, SIDE), now_s=glimpse.now_s - 30.0)


def blind(glimpse: Glimpse) -> Advised:
    return replace(advised(glimpse, SIDE), lost=0.6)


def cold(glimpse: Glimpse) -> Advised:
    return replace(advised(glimpse, SIDE), looked_s=5.0)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the frames of a cabinet without loops and adviser, under the same orders."""
    world = LinkWorld(tmp_path_factory.mktemp("undisturbed"))
    cabin = world.add("cab-1")
    world.restart(cabin)
    switch(world, ControlMode.ADAPTIVE)
    world.run(100_000)
    world.close()
    return cabin.segments[-1]


@pytest.mark.parametrize("script", [broken, silent, rubbish])
def test_an_adviser_that_is_no_good_touches_no_lamp(world: LinkWorld, script: Script, undisturbed: Any) -> None:
    cabin = seeing(world, script)
    switch(world, ControlMode.ADAPTIVE)
    world.run(100_000)
    assert cabin.segments[-1] == undisturbed
    assert not cabin.agent.status().adaptive


@pytest.mark.parametrize("script", [broken, silent, rubbish, stranger, no_number, nowhere, late, blind, cold])
def test_an_adviser_that_goes_bad_while_it_drives_is_left_at_once(world: LinkWorld, script: Script) -> None:
    goes_bad = False

    def until(glimpse: Glimpse) -> Any:
        return script(glimpse) if goes_bad else wants(SIDE)(glimpse)

    cabin = seeing(world, until)
    switch(world, ControlMode.ADAPTIVE)
    world.run(100_000)
    assert cabin.agent.status().adaptive
    goes_bad = True
    world.run(5_000)
    assert not cabin.agent.status().adaptive
    since = len(cabin.segments[-1])
    world.run(80_000)
    assert lit_stages(cabin, since) == {MAIN, LEFT, SIDE}
    assert breaches(cabin) == []
