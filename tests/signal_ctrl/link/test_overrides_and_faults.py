"""Overrides and faults at a cabinet: parts C and A (K6) of SAFETY, where the link and the disk are in it."""

from itertools import pairwise
from typing import Any

import pytest

from bench.link.site import trial_plan, trial_site
from bench.link.world import Cabin, LinkWorld
from signal_ctrl.centre.alarms import ALARMS
from signal_ctrl.centre.faults import FAULTS
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.link.overrides import OverrideKind, OverrideOrder
from signal_ctrl.domain.link.reports import batch_from_bytes
from signal_ctrl.kernel.monitor import GREEN, RED
from tests.signal_ctrl.link.judging import breaches

SITE = trial_site("cab-1")
MAIN, SIDE = 0, 1


def hold(world: LinkWorld, lasts_ms: int = 180_000, stage: str = "side", **more: Any) -> OverrideOrder:
    now = world.now_ms
    kind = more.pop("kind", OverrideKind.HOLD_STAGE)
    return OverrideOrder("ov-1", kind, stage, now, now + lasts_ms, lasts_ms, **more)


def side_is_green(cabin: Cabin) -> bool:
    return cabin.agent.street.engine.core.groups[SIDE].aspect.value == "green"


def held(cabin: Cabin) -> bool:
    engine = cabin.agent.street.engine
    return any(c.source.name == "POLICE" and engine.frame_ds < c.ends_ds for c in engine.core.claims.standing)


def held_for(world: LinkWorld, held_s: int) -> tuple[Cabin, OverrideOrder]:
    """Return a cabinet that has held a stage for so long, and its order; it sees the order 2 s after it is given."""
    cabin = world.add("cab-1")
    world.run(30_000)
    order = hold(world)
    world.order(cabin, overrides=[order])
    world.run(2_000)
    assert held(cabin)
    world.run(max(1000 * held_s - 2_000, 0))
    return cabin, order


def is_held_to_the_end(world: LinkWorld, cabin: Cabin, order: OverrideOrder) -> None:
    while world.now_ms < order.end_utc_ms - 100:
        world.step()
        assert held(cabin)
    world.run(1_100)
    assert not held(cabin)


def test_an_override_reaches_the_lamp_within_a_poll_and_a_second_of_what_the_change_takes(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(60_000)
    while side_is_green(cabin):
        world.run(1_000)
    world.run(15_000)  # main is past its minimum green
    world.order(cabin, overrides=[hold(world)])
    begun = world.now_ms
    while not held(cabin):
        world.step()
    assert world.now_ms - begun <= 1_100 + 1_000
    world.run(20_000)
    assert side_is_green(cabin)
    assert breaches(cabin, k4=False) == []


@pytest.mark.parametrize("dead_at_s", [0, 1, 60, 120, 178, 179])
def test_an_override_ends_in_time_whenever_the_centre_dies(world: LinkWorld, dead_at_s: int) -> None:
    cabin, order = held_for(world, dead_at_s)
    world.centre_up = False
    is_held_to_the_end(world, cabin, order)


@pytest.mark.parametrize("behind_ms", [0, 1_900, 25_000])
def test_the_earlier_of_end_and_duration_counts(world: LinkWorld, behind_ms: int) -> None:
    """A clock that is behind would let the end come late: the duration does not."""
    cabin = world.add("cab-1")
    world.run(30_000)
    world.clock.set_wall_ms(world.clock.utc_ms() + behind_ms)
    order = hold(world, 90_000)
    world.order(cabin, overrides=[replace_start(order, order.start_utc_ms - behind_ms, order.end_utc_ms)])
    world.run(2_500)
    assert held(cabin)
    began_ms = world.clock.mono_ms()
    while held(cabin):
        world.step()
    assert world.clock.mono_ms() - began_ms <= 90_000


def replace_start(order: OverrideOrder, start: int, end: int) -> OverrideOrder:
    return OverrideOrder(order.override_id, order.kind, order.stage, start, end, order.lasts_ms, order.source)


def test_an_override_is_released_and_the_signal_comes_back_into_step(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    plan = trial_plan(SITE)
    world.order(cabin, plan)
    world.run(150_000)
    world.order(cabin, plan, overrides=[hold(world)])
    world.run(60_000)
    assert cabin.agent.status().overrides == ("ov-1",)
    world.order(cabin, plan)
    world.run(2_500)
    assert not held(cabin)
    world.run(6 * 60_000)
    keeper = cabin.agent.street.control.control._keeper
    assert keeper is not None
    assert keeper.cycle is not None
    assert not keeper.cycle.adjusted
    assert (keeper.cycle.begin_ds - plan.offset_ds) % plan.cycle_ds == 0
    assert breaches(cabin, k4=False) == []


def test_after_a_reboot_an_override_is_dropped_not_resumed(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    world.order(cabin, overrides=[hold(world, 600_000)])
    world.run(5_000)
    assert held(cabin)
    world.restart(cabin)
    world.run(30_000)
    assert not held(cabin)
    world.order(cabin, overrides=[hold(world, 600_000)])  # the same again, in newer orders
    world.run(10_000)
    assert not held(cabin)


@pytest.mark.parametrize("kind", [OverrideKind.ALL_RED, OverrideKind.FLASH, OverrideKind.DARK, OverrideKind.CALL_STAGE])
def test_every_kind_ends_and_the_signal_is_back_in_service(world: LinkWorld, kind: OverrideKind) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    world.order(cabin, overrides=[hold(world, 90_000, "side" if kind.names_stage else "", kind=kind)])
    world.run(60_000)
    mode = cabin.agent.street.engine.core.mode.value
    assert mode == {"flash": "planned flash", "dark": "planned dark"}.get(kind.value, "running")
    world.run(60_000)
    assert cabin.agent.street.engine.core.mode.value == "running"
    assert breaches(cabin, k4=False) == []


def starving(world: LinkWorld) -> list[tuple[str, bool, int]]:
    """Return text, whether it lasts, and how often it was raised, of each alarm."""
    found = world.world.store.read(lambda reading: reading.shelf(ALARMS).find({"kind": "starving"}))
    return [(alarm.text, alarm.live, alarm.times) for alarm in found]


def events(cabin: Cabin, world: LinkWorld, code: str) -> list[tuple[int, str]]:
    batches = world.world.store.read(lambda t: t.links.batches(cabin.name, limit=10_000))
    reports = (report for batch in batches for report in batch_from_bytes(batch.body).reports)
    return sorted((report.at_utc_ms, report.text) for report in reports if report.code == code)


def test_a_hold_that_lets_others_wait_too_long_names_them_every_minute_until_it_ends(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    world.order(cabin, overrides=[hold(world, 600_000)])
    limit_ms = 100 * max(group.max_red_ds for group in SITE.groups)
    world.run(limit_ms + 200_000)
    told = events(cabin, world, "starving")
    assert len(told) >= 3 and all("main" in text and "side" not in text for _, text in told)
    assert all(abs(after - before - 60_000) <= 1_000 for (before, _), (after, _) in pairwise(told))
    ((text, lasts, times),) = starving(world)
    assert lasts and times == len(told) and text == f"cab-1: {told[-1][1]}"
    world.order(cabin)
    world.run(30_000)
    assert [lasts for _, lasts, _ in starving(world)] == [False]
    assert len(events(cabin, world, "starving-over")) == 1


def test_a_start_of_the_cabinet_ends_the_alarm_for_it_resumes_no_hold(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    world.order(cabin, overrides=[hold(world, 600_000)])
    world.run(100 * max(group.max_red_ds for group in SITE.groups) + 80_000)
    assert [lasts for _, lasts, _ in starving(world)] == [True]
    world.restart(cabin)
    world.run(30_000)
    assert [lasts for _, lasts, _ in starving(world)] == [False]


# K6


def fault(cabin: Cabin) -> str:
    latch = cabin.agent.street.engine.latch()
    return "" if latch is None else latch.reason


@pytest.mark.parametrize(("frames", "trips"), [(1, False), (2, False), (3, True), (4, True)])
def test_conflicting_lamps_trip_at_the_third_frame_and_flash_in_the_next(
    world: LinkWorld, frames: int, trips: bool
) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    cabin.board.forced = {MAIN: GREEN, SIDE: GREEN}
    world.run(100 * frames)
    cabin.board.forced = {}
    world.run(100)
    assert bool(fault(cabin)) is trips
    assert (cabin.agent.street.engine.core.groups[MAIN].aspect.value == "flashing amber") is trips


def test_a_latch_outlives_reboots_and_wrong_clocks(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    cabin.board.forced = {SIDE: RED | GREEN}
    world.run(2_000)
    why = fault(cabin)
    assert "side" in why
    for _ in range(3):
        world.restart(cabin, ahead_ms=-(10**8))
        world.run(5_000)
        assert fault(cabin) == why
    world.order(cabin, overrides=[hold(world)])
    world.run(5_000)
    assert fault(cabin)
    assert not held(cabin)


def test_a_reset_clears_the_latch_once_the_cause_is_gone(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    cabin.board.forced = {SIDE: RED | GREEN}
    world.run(5_000)
    cabin.agent.street.ask_reset()
    world.run(2_000)
    assert fault(cabin)  # the cause is still there
    cabin.board.forced = {}
    world.run(10_000)
    cabin.agent.street.ask_reset()
    world.run(60_000)
    assert not fault(cabin)
    world.restart(cabin)
    world.run(20_000)
    assert not fault(cabin)
    assert cabin.agent.street.engine.core.mode.value == "running"
    found = world.world.store.read(lambda t: t.shelf(FAULTS).find({"cabinet": cabin.name}))
    assert [(f.code, f.live) for f in found if f.code == "K6-latched"] == [("K6-latched", False)]


# The disk


def test_a_shelf_that_refuses_stops_no_frame_and_nothing_is_acknowledged(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(20_000)
    put, broken = cabin.shelf.put, True

    def refusing(name: str, data: bytes) -> None:
        if broken:
            raise BackendError(f"cannot write {name}: No space left on device")
        put(name, data)

    cabin.shelf.put = refusing  # type: ignore[method-assign]
    delivery = world.order(cabin, trial_plan(SITE))
    frames = len(cabin.segments[-1])
    world.run(60_000)
    assert len(cabin.segments[-1]) == frames + 600
    from tests.signal_ctrl.link.judging import answers

    assert answers(world, cabin)[str(delivery.version)] == "offered"
    broken = False
    world.run(120_000)
    assert answers(world, cabin)[str(delivery.version)] in ("staged", "active")
    assert breaches(cabin) == []


def test_a_flash_ends_when_it_is_released_though_a_newer_order_was_refused_under_it(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    now = world.now_ms
    flash = OverrideOrder("ov-1", OverrideKind.FLASH, "", now, now + 900_000, 900_000)
    call = OverrideOrder("ov-2", OverrideKind.CALL_STAGE, "side", now + 30_000, now + 930_000, 900_000)
    world.order(cabin, overrides=[flash])
    world.run(30_000)
    engine = cabin.agent.street.engine
    assert engine.core.mode.value == "planned flash"
    world.order(cabin, overrides=[flash, call])
    world.run(10_000)
    assert "ov-1" in cabin.agent.status().overrides
    world.order(cabin)
    world.run(120_000)
    assert engine.core.mode.value == "running"
    assert breaches(cabin, k4=False) == []


def test_a_damaged_report_that_a_full_disk_lets_nobody_note_stops_no_cabinet(
    world: LinkWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    cabin = world.add("cab-1")
    world.blocked.add(cabin.name)
    world.run(15_000)
    (name,) = cabin.shelf.names("report-")[:1]
    cabin.shelf.put(name, b"{")
    put = cabin.shelf.put

    def full(name: str, data: bytes) -> None:
        raise BackendError(f"cannot write {name}: No space left on device")

    monkeypatch.setattr(cabin.shelf, "put", full)
    world.blocked.clear()
    world.run(120_000)
    assert cabin.agent.link.answers
    assert cabin.agent.street.engine.core.mode.value == "running"
    monkeypatch.setattr(cabin.shelf, "put", put)
    world.run(60_000)
    assert cabin.agent.outbox.given_up == 0
    assert cabin.agent.outbox.waiting == cabin.agent.outbox.gathered
