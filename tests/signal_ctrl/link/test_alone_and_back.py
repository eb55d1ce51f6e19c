"""SAFETY part B, rows Loss of centre, Reconnect, Clock drift; K10 and K11 at a cabinet."""

import random
from itertools import pairwise

import pytest

from bench.link.site import trial_plan, trial_site
from bench.link.storm import storm
from bench.link.world import LinkWorld
from signal_ctrl.cabinet.link_client import LOST_AFTER_S, LinkSettings
from signal_ctrl.cabinet.outbox import Outbox
from signal_ctrl.cabinet.ports import Answer, MemoryShelf
from signal_ctrl.cabinet.reconnect import FIRST_MS, LONGEST_MS, Reconnect
from signal_ctrl.cabinet.timekeeping import CabinetClock
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.reports import Batch, Report, ReportKind, batch_from_bytes
from signal_ctrl.domain.plan import SignalPlan
from tests.signal_ctrl.link.judging import breaches, rung, runs, splits

SITE = trial_site("cab-1")
PLAN = trial_plan(SITE)
DAY = trial_plan(SITE, (20, 18, 22))
NIGHT = trial_plan(SITE, (22, 20, 18))
HOUR_DS = 36_000


def by_hour(common_ds: int) -> SignalPlan:
    """Another plan every hour of the common clock."""
    return DAY if common_ds // HOUR_DS % 2 == 0 else NIGHT


# Loss of centre


@pytest.mark.parametrize("after_s", [10, 60])
def test_the_centre_is_lost_after_n_seconds_and_the_local_schedule_takes_over_at_the_cycle(
    world: LinkWorld, after_s: int
) -> None:
    cabin = world.add("cab-1", LinkSettings(lost_after_s=after_s), schedule=by_hour)
    world.order(cabin, PLAN)
    world.run(200_000)
    assert (rung(cabin), splits(cabin)) == ("ADAPTIVE", (30, 14, 16))
    heard_ms = cabin.agent.link.heard_mono_ms
    assert heard_ms is not None
    world.blocked.add(cabin.name)
    while cabin.agent.clock.mono_ms() < heard_ms + 1000 * after_s:
        world.step()
        assert rung(cabin) == "ADAPTIVE"
    world.run(1_100)
    assert rung(cabin) == "SCHEDULE"
    keeper = cabin.agent.street.control.control._keeper
    assert keeper is not None
    assert keeper.cycle is not None
    end_ds = keeper.cycle.end_ds
    while cabin.agent.clock.utc_ms() // 100 < end_ds - 10:
        assert splits(cabin) == (30, 14, 16)
        world.step()
    world.run(3_000)
    assert splits(cabin) in ((20, 18, 22), (22, 20, 18))
    assert breaches(cabin) == []


def test_up_again_only_after_60_s_of_health(world: LinkWorld) -> None:
    cabin = world.add("cab-1", LinkSettings(lost_after_s=10), schedule=by_hour)
    world.order(cabin, PLAN)
    world.run(150_000)
    world.blocked.add(cabin.name)
    world.run(20_000)
    assert rung(cabin) == "SCHEDULE"
    world.blocked.clear()
    while not cabin.agent.link.answers:
        world.step()
    world.run(59_000)
    assert rung(cabin) == "SCHEDULE"
    world.run(180_000)
    assert (rung(cabin), splits(cabin)) == ("ADAPTIVE", (30, 14, 16))
    assert breaches(cabin) == []


@pytest.mark.parametrize("wrong", [0, 9, 65_536, -1])
def test_n_has_limits_and_nought_is_refused(wrong: int) -> None:
    assert LOST_AFTER_S == (10, 65_535)
    with pytest.raises(InvalidInputError):
        LinkSettings(lost_after_s=wrong)
    assert LinkSettings(lost_after_s=10).lost_after_s == 10
    assert LinkSettings(lost_after_s=65_535).lost_after_s == 65_535


def test_without_a_schedule_and_without_a_local_plan_the_ladder_ends_in_flash(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    cabin.local = None  # type: ignore[assignment]  # a cabinet whose plan was taken away
    world.restart(cabin)
    world.blocked.add(cabin.name)
    world.run(60_000)
    assert rung(cabin) == "FLASH"
    assert cabin.agent.street.engine.core.mode.value == "planned flash"
    assert breaches(cabin) == []


@pytest.mark.slow
def test_an_hour_alone_stands_for_two_days(world: LinkWorld) -> None:
    """The right plan every minute, reports kept in order and marked old. `bench.link.outage` runs the 48 h."""
    from bench.link.outage import outage

    found = outage(world, hours=1)
    assert found.wrong_minutes == 0
    assert found.in_order
    assert found.lost == 0
    assert found.old > 0
    assert found.override_over_ms <= 1_000
    assert breaches(found.cabin, k4=False) == []  # the police may pass the limits of K4


def report(at: int, kind: ReportKind = ReportKind.EVENT) -> Report:
    return Report(kind, 1_800_000_000_000 + at, "trial", values=(("n", at),))


def delivered(outbox: Outbox) -> list[Batch]:
    found = []
    while (pending := outbox.first()) is not None:
        found.append(batch_from_bytes(pending.data))
        outbox.done(pending.sealed)
    return found


def numbers(batches: list[Batch]) -> list[int]:
    return [dict(r.values)["n"] for batch in batches for r in batch.reports]


def test_ten_thousand_reports_outlive_a_loss_of_power_in_order() -> None:
    shelf = MemoryShelf()
    first = Outbox("cab-1", "a" * 32, 1, shelf)
    for at in range(6_000):
        first.add(report(at))
    first.seal()
    second = Outbox("cab-1", "b" * 32, 2, shelf)
    for at in range(6_000, 10_000):
        second.add(report(at))
    second.seal()
    third = Outbox("cab-1", "c" * 32, 3, shelf)
    assert third.waiting == 10_000
    batches = delivered(third)
    assert numbers(batches) == list(range(10_000))
    assert [b.sequence for b in batches if b.boot == "a" * 32] == list(range(1, 31))
    assert not any(batch.gaps for batch in batches)


def test_what_does_not_fit_goes_the_oldest_first_but_never_a_fault_and_is_counted() -> None:
    shelf = MemoryShelf()
    outbox = Outbox("cab-1", "a" * 32, 1, shelf, capacity=1_000)
    for at in range(3_000):
        outbox.add(report(at, ReportKind.FAULT if at in (5, 700, 1_400) else ReportKind.EVENT))
    outbox.seal()
    assert outbox.waiting <= 1_000
    lost = outbox.given_up
    again = Outbox("cab-1", "b" * 32, 2, shelf, capacity=1_000)
    assert again.given_up == lost
    again.seal(tell_gaps=True)
    batches = delivered(again)
    left = numbers(batches)
    assert {5, 700, 1_400} <= set(left)
    assert left == sorted(left)
    assert lost + len(left) == 3_000
    assert sum(gap.reports for batch in batches for gap in batch.gaps) == lost
    assert again.given_up == 0


def test_a_batch_about_to_go_when_the_power_went_goes_with_the_next_start() -> None:
    class Stubborn(MemoryShelf):
        drops = True

        def drop(self, name: str) -> None:
            if self.drops:
                super().drop(name)

    shelf = Stubborn()
    outbox = Outbox("cab-1", "a" * 32, 1, shelf, capacity=400)
    for at in range(600):
        outbox.add(report(at))
    shelf.drops = False
    for at in range(600, 800):
        outbox.add(report(at))
    shelf.drops = True
    again = Outbox("cab-1", "b" * 32, 2, shelf, capacity=400)
    left = numbers(delivered(again))
    assert again.given_up + len(left) == 800


def test_a_damaged_batch_is_told_of_as_lost() -> None:
    shelf = MemoryShelf()
    outbox = Outbox("cab-1", "a" * 32, 1, shelf)
    for at in range(600):
        outbox.add(report(at))
    name = shelf.names("report-")[1]
    shelf.put(name, b"{" + (shelf.get(name) or b"")[1:-1])
    again = Outbox("cab-1", "b" * 32, 2, shelf)
    assert numbers(delivered(again)) == [*range(200), *range(400, 600)]
    assert again.given_up == 200


# Reconnect


def test_waits_are_drawn_from_nought_to_a_span_that_doubles() -> None:
    rng = random.Random(3)
    spans = [10_000, 20_000, 40_000, *[LONGEST_MS] * 5]
    assert FIRST_MS == 10_000
    assert LONGEST_MS <= 300_000
    waits = []
    for _ in range(2_000):
        reconnect = Reconnect(rng.randbytes)
        waits.append([reconnect.wait_ms() for _ in spans])
    for k, span in enumerate(spans):
        drawn = [one[k] for one in waits]
        assert 0 <= min(drawn) <= span * 0.05
        assert span * 0.95 <= max(drawn) < span
        assert 0.47 * span < sum(drawn) / len(drawn) < 0.53 * span
    reconnect.reached()
    assert reconnect.wait_ms() < FIRST_MS


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(world: LinkWorld, status: int) -> None:
    cabin = world.add("cab-1")
    world.run(10_000)
    carry = world.wire.carry
    asked: list[int] = []

    def busy(ask: object) -> Answer:
        asked.append(world.clock.mono_ms())
        return Answer(status, {"retry-after": "90"})

    world.wire.carry = busy  # type: ignore[method-assign,assignment]
    world.run(400_000)
    waits = [b - a for a, b in pairwise(asked)]
    assert waits
    assert all(90_000 <= wait <= 181_000 for wait in waits)
    world.wire.carry = carry  # type: ignore[method-assign]
    world.run(200_000)
    assert cabin.agent.link.answers


@pytest.mark.parametrize("outage_s", [3, 30])
@pytest.mark.slow
def test_a_storm_of_cabinets_stays_below_twice_the_steady_load(outage_s: int) -> None:
    """`python -m bench.link.storm` does it with 13,000."""
    found = storm(500, outage_s, seed=outage_s, watch_s=60)
    assert found.steady_per_s == pytest.approx(150, rel=0.1)
    assert found.ratio <= 2


# Clock drift


@pytest.mark.parametrize("ppm", [-200, 0, 200])
def test_a_drift_of_200_ppm_is_held_for_30_days_by_slewing_alone(ppm: int) -> None:
    true = ManualClock(1_800_000_000_000, 0)
    from bench.link.clocks import DriftClock

    own = CabinetClock(DriftClock(true, ahead_ms=1_500, ppm=ppm))
    last_utc, last_mono, worst = own.utc_ms(), own.mono_ms(), 0
    for minute in range(30 * 24 * 60):
        true.pass_ms(60_000)
        own.observe(own.mono_ms(), own.mono_ms(), true.utc_ms())
        utc, mono = own.utc_ms(), own.mono_ms()
        slewed = (utc - last_utc) - (mono - last_mono)
        assert abs(slewed) <= 60_000 * 500 / 10**6 + 1
        last_utc, last_mono = utc, mono
        if minute > 240:
            worst = max(worst, abs(utc - true.utc_ms()))
    assert worst <= 500


@pytest.mark.parametrize(
    ("ahead", "word", "where"), [(400, "good", "ADAPTIVE"), (900, "warn", "ADAPTIVE"), (5_000, "isolated", "PLAN")]
)
def test_an_offset_is_warned_of_and_beyond_2_s_the_plan_is_isolated(
    world: LinkWorld, ahead: int, word: str, where: str
) -> None:
    cabin = world.add("cab-1", schedule=by_hour)
    world.order(cabin, PLAN)
    world.run(150_000)
    assert rung(cabin) == "ADAPTIVE"
    world.clock.set_wall_ms(
        world.clock.utc_ms() + ahead
    )  # the centre's clock is moved; the cabinet's may not follow at once
    world.run(20_000)
    assert cabin.agent.status().clock == word
    assert rung(cabin) == where
    assert breaches(cabin) == []


@pytest.mark.parametrize("ahead_s", [30.6, 300])
def test_beyond_30_s_nothing_but_the_time_is_answered_until_the_clock_is_back(world: LinkWorld, ahead_s: float) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(100_000)
    world.clock.set_wall_ms(world.clock.utc_ms() + round(1000 * ahead_s))
    before = len(world.seen)
    world.run(300_000)
    later = world.seen[before:]
    refused = [a for _, _, ask, a in later if ask.path != "/v1/time"]
    assert refused
    assert {a.status for a in refused} == {401}
    assert all(b"server_utc_ms" in a.body for a in refused)
    assert {a.status for _, _, ask, a in later if ask.path == "/v1/time"} == {200}
    assert rung(cabin) == "PLAN"
    if ahead_s == 30.6:  # 0.6 s at 500 ppm is 1,200 s
        world.run(1_200_000)
        assert {a.status for _, _, ask, a in world.seen[-20:] if ask.path.endswith("/plan")} <= {200, 304}


def test_a_wrong_clock_is_set_in_one_step_before_lamps_are_on_the_street(world: LinkWorld) -> None:
    cabin = world.add("cab-1", ahead_ms=-7_200_000)
    world.run(3_000)
    assert abs(cabin.agent.clock.utc_ms() - world.now_ms) <= 2
    assert breaches(cabin) == []


@pytest.mark.parametrize("step_ms", [-(10**11), -1_000, 3_600_000])
def test_steps_of_the_machines_wall_clock_leave_the_lamps_byte_identical(tmp_path, step_ms: int) -> None:  # type: ignore[no-untyped-def]
    shown = []
    for stepping in (False, True):
        folder = tmp_path / str(stepping)
        folder.mkdir()
        world = LinkWorld(folder, seed=5)
        cabin = world.add("cab-1", schedule=by_hour)
        world.order(cabin, PLAN)
        for k in range(1_800):
            world.step()
            if stepping and k % 7 == 0:
                cabin.clock.step_wall(step_ms)
        shown.append(cabin.segments)
        world.close()
    assert shown[0] == shown[1]


def test_a_monotonic_clock_that_stops_for_more_than_2_s_leads_through_all_red(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(30_000)
    cabin.powered = False  # no frame is made, as in a machine that hangs
    world.run(2_500)
    cabin.powered = True
    world.run(200)
    assert cabin.agent.street.engine.core.reason == "clock"
    world.run(60_000)
    assert breaches(cabin) == []
    assert runs(cabin)
