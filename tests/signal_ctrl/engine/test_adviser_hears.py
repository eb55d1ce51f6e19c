"""An adviser hears of people and buses: it says what the chain of a run in one process says, made here step by step."""

from dataclasses import replace

import pytest

from bench.link.sight import trial_layout
from bench.link.site import trial_site
from detectors.buses.joining import ComingBus
from detectors.crossings.approaches import with_crossings
from detectors.crossings.people_view import with_people
from detectors.crossings.waiting import CrossingSense, CrossingWatch
from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from optimiser.bus_priority import PriorityController
from optimiser.controller import Situation
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.link.foretold import Foretold, ForetoldKind
from signal_ctrl.engine.adviser import Advised, Glimpse, JunctionAdviser
from signal_ctrl.engine.bus_gate import compensated
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel

SITE = trial_site("cab-1")
_BARE = trial_layout(SITE)
ROADS = replace(_BARE, exits=tuple(replace(out, edge_id=out.lane_id) for out in _BARE.exits))
WHOLE = with_crossings(ROADS, SITE)
TABLES = stage_tables(Kernel(SITE))
SETTINGS = RolloutSettings(horizon_s=30, draws=2)
MAIN, SIDE, LEFT, WALK = range(4)
BUTTON = len(ROADS.loops)
SIDE_RED, WALKS = "rGrr", "GrrG"
"""The lamps of the stage of the side road, and of that of the main one, where people walk."""
BUS_KEY = 99


def a_bus(eta_s: float, cars: float = 60.0) -> Foretold:
    times_s = tuple(eta_s + more for more in (0.0, 1.0, 2.0, 4.0))
    return Foretold(ForetoldKind.BUS, BUS_KEY, "in1", "out1", times_s, 300.0, 9.0, cars)


def seconds(bus_from: int = 90, owed_s: tuple[float, ...] = ()) -> list[Glimpse]:
    """Return two minutes: somebody presses and is served, then presses again.

    Cars come from the side road, then from the main one while one waits at the side, to which a bus comes.
    """
    found = []
    for k in range(120):
        now_s, events = float(k), []
        if k in (12, 40, 47):
            events += [LoopEvent(BUTTON, now_s - 0.3, True), LoopEvent(BUTTON, now_s, False)]
        if k % 9 == 4 and k < 60:
            events.append(LoopEvent(SIDE, now_s, True))
        if k % 9 == 6 and k < 60:
            events.append(LoopEvent(SIDE, now_s, False))
        if k >= 60 and k % 5 == 0:
            events += [LoopEvent(MAIN, now_s - 0.6, True), LoopEvent(MAIN, now_s - 0.1, False)]
        walks = 20 <= k < 30 or k >= 60
        coming = (a_bus(max(114.0 - k, 0.0)),) if k >= bus_from else ()
        asked = Situation(now_s, 0 if walks else 2, (0, 1, 2), 12.0)
        found.append(Glimpse(now_s, tuple(events), WALKS if walks else SIDE_RED, asked, False, coming, owed_s))
    return found


def in_one_process(glimpses: list[Glimpse]) -> list[Advised]:
    """Return what a run in one process makes of the same seconds, step by step."""
    estimator, watch = LoopEstimator(ROADS), CrossingWatch((WALK,), BUTTON, CrossingSense.BUTTONS)
    estimator.join({"cab-1": estimator})
    near: list[ComingBus] = []
    plain, weighing = (RolloutController(WHOLE, TABLES, SETTINGS) for _ in range(2))
    controller = PriorityController(plain, weighing, lambda _: near, WHOLE, TABLES)
    found = []
    for glimpse in glimpses:
        for event in glimpse.events:
            if event.loop == BUTTON:
                watch.take(event)
            else:
                estimator.take(event, glimpse.now_s)
        near[:] = [
            ComingBus(one.key, ((SIDE, SIDE, 1.0),), one.times_s, one.to_stop_m, one.speed_mps, one.cars)
            for one in glimpse.coming
        ]
        view = estimator.view(glimpse.now_s, glimpse.lamps)
        watch.look(glimpse.lamps, glimpse.now_s)
        view = with_people(view, watch.waiting(glimpse.now_s), SETTINGS.walker_weight, glimpse.now_s)
        view = compensated(view, WHOLE, glimpse.owed_s)
        assert glimpse.situation is not None
        decision = controller.decide(view, glimpse.situation)
        found.append(Advised(glimpse.now_s, glimpse.situation.stage, decision, 0, glimpse.now_s))
    return found


@pytest.mark.parametrize("owed_s", [(), (0.0, 12.0, 0.0, 0.0)])
def test_it_says_what_a_run_in_one_process_says(owed_s: tuple[float, ...]) -> None:
    adviser = JunctionAdviser(SITE, ROADS, SETTINGS, CrossingSense.BUTTONS)
    glimpses = seconds(owed_s=owed_s)
    said = [adviser.look(glimpse) for glimpse in glimpses]
    assert [one.decision for one in said] == [one.decision for one in in_one_process(glimpses)]
    decisions = [one.decision for one in said if one.decision is not None]
    assert any(one.plain is not None for one in decisions)  # the bus was weighed
    assert any(one.plain not in (None, one.stage) for one in decisions)  # and changed what is wished for
    assert {one.stage for one in decisions} >= {0, 2}


def test_without_a_bus_it_is_as_if_nobody_knew_of_buses() -> None:
    adviser = JunctionAdviser(SITE, ROADS, SETTINGS, CrossingSense.BUTTONS)
    said = [adviser.look(glimpse) for glimpse in seconds(bus_from=1000)]
    assert all(one.decision is not None and one.decision.plain is None for one in said)


@pytest.mark.parametrize("change", [{"road": "nowhere"}, {"next_road": "in1"}, {"road": "in0"}])
def test_a_bus_by_a_turn_that_is_not_here_is_not_there(change: dict[str, str]) -> None:
    adviser, plain = (JunctionAdviser(SITE, ROADS, SETTINGS, CrossingSense.BUTTONS) for _ in range(2))
    for glimpse in seconds():
        strange = tuple(replace(bus, **change) for bus in glimpse.coming)  # type: ignore[arg-type]
        said, without = adviser.look(replace(glimpse, coming=strange)), plain.look(replace(glimpse, coming=()))
        assert said == without


def test_a_push_calls_until_walk_and_is_weighed() -> None:
    adviser = JunctionAdviser(SITE, ROADS, SETTINGS, CrossingSense.BUTTONS)
    said = [adviser.look(glimpse) for glimpse in seconds()]
    calls = [bool(one.calls >> WALK & 1) for one in said]
    assert all(calls[:12])  # nobody was ever heard: on recall
    assert all(calls[12:20])  # pressed, and held until it is served
    assert not any(calls[20:40])
    assert all(calls[40:60])
    assert not any(calls[60:])


def test_a_stuck_button_has_failed_and_is_on_recall() -> None:
    adviser = JunctionAdviser(SITE, ROADS, SETTINGS, CrossingSense.BUTTONS)
    first = adviser.look(Glimpse(0.0, (LoopEvent(BUTTON, 0.0, True), LoopEvent(BUTTON, 0.0, False)), WALKS))
    assert not first.calls >> WALK & 1
    said = [
        adviser.look(Glimpse(float(k), (LoopEvent(BUTTON, 1.0, True),) if k == 1 else (), WALKS)) for k in range(1, 90)
    ]
    assert [one.failed for one in said[:60]] == [frozenset()] * 60
    assert said[-1].failed == {BUTTON}
    assert said[-1].calls >> WALK & 1


def test_without_buttons_crossings_are_on_recall_and_the_channel_is_nobodys() -> None:
    adviser = JunctionAdviser(SITE, ROADS, SETTINGS)
    said = [adviser.look(replace(glimpse, events=())) for glimpse in seconds()[:40]]
    assert all(one.calls >> WALK & 1 for one in said)


def test_guided_drivers_are_expected_until_the_loops_see_them() -> None:
    guest = Foretold(ForetoldKind.GUIDED, 5, "in1", "out1", (40.0,), 600.0, 0.0, 1.0, 0.8)
    stays = Situation(10.0, 0, (0, 1, 2), 30.0)

    def wish(coming: tuple[Foretold, ...]) -> object:
        adviser = JunctionAdviser(SITE, ROADS, SETTINGS, CrossingSense.BUTTONS)
        said = [
            adviser.look(Glimpse(float(k), (), WALKS, replace(stays, now_s=float(k)), False, coming)) for k in range(3)
        ]
        return said[-1].decision

    soon = replace(guest, times_s=(8.0,))
    assert wish((soon,)) != wish(())
    assert wish((replace(guest, times_s=(61.0,)),)) == wish(())  # too far ahead to change anything
    assert wish((replace(soon, next_road="out0"),)) == wish(())


def test_guided_drivers_count_in_the_wish_and_call_for_nothing() -> None:
    """Twelve come to the main road, which is lit: to leave it costs them. Nobody waits, so no group is called."""
    guests = tuple(
        Foretold(ForetoldKind.GUIDED, k, "in0", "out0", (4.0 + 2.0 * k,), 0.0, 0.0, 1.0, 0.8) for k in range(12)
    )
    costs, calls = [], []
    for coming in ((), guests):
        adviser = JunctionAdviser(SITE, ROADS, SETTINGS, CrossingSense.BUTTONS)
        said = None
        for glimpse in seconds(bus_from=1000)[:70]:
            told = coming if glimpse.now_s == 69.0 else ()
            said = adviser.look(replace(glimpse, weigh=True, coming=told))
        assert said is not None and said.decision is not None
        costs.append({(stage, in_s): cost for stage, in_s, cost in said.delays})
        calls.append(said.calls)
    assert calls[0] == calls[1]
    assert costs[0].keys() == costs[1].keys()
    assert max(costs[1][choice] - costs[0][choice] for choice in costs[0]) > 1.0
