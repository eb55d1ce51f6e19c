"""SAFETY part B, rows Poll, Version, Activation, Acknowledgement, Heartbeat."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.centre_app import contents
from bench.link.site import trial_plan, trial_site
from bench.link.world import Cabin, LinkWorld
from signal_ctrl.cabinet.desk import FORKED, Desk, Verdict
from signal_ctrl.cabinet.held import Held
from signal_ctrl.cabinet.ports import Answer, Ask, MemoryShelf
from signal_ctrl.centre.alarms import ALARMS
from signal_ctrl.centre.order_values import DELIVERIES
from signal_ctrl.centre.presence import Link
from signal_ctrl.domain.link.acknowledgement import AckState
from signal_ctrl.domain.link.orders import ADAPTIVE_VALID_MS, AHEAD_MS, Orders, Version, etag_of, orders_to_bytes
from tests.signal_ctrl.link.judging import answers, breaches, runs, splits

NOW = 1_800_000_000_000
SITE = trial_site("cab-1")
PLAN = trial_plan(SITE)


def signed(data: bytes) -> str:
    return etag_of(b"centre" + data)


class Told(list[tuple[str, str]]):
    def __call__(self, held: Held, state: AckState, reasons: tuple[str, ...]) -> None:
        self.append((str(held.orders.version), state.value))


def new_desk(shelf: MemoryShelf | None = None, told: Told | None = None) -> Desk:
    kept = shelf if shelf is not None else MemoryShelf()
    return Desk("cab-1", PLAN.site, kept, lambda data, code: code == signed(data), told if told is not None else Told())


def orders(
    epoch: int, revision: int, split: int = 30, begin: int = NOW, lasts: int = 3_600_000, **more: object
) -> bytes:
    plan = trial_plan(SITE, (split, 14, 60 - 14 - split))
    return orders_to_bytes(Orders("cab-1", Version(epoch, revision), PLAN.site, plan, begin, begin + lasts, **more))  # type: ignore[arg-type]


def take(desk: Desk, data: bytes, now: int = NOW) -> Verdict:
    found = desk.receive(data, signed(data)).verdict
    if desk.unreviewed is not None:
        desk.reviewed(desk.unreviewed, desk.hasty_reasons(desk.unreviewed, now))
    return found


# Poll


def test_a_poll_gets_the_very_bytes_then_304_without_a_body(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    delivery = world.order(cabin, PLAN)
    world.run(10_000)
    polls = [(ask, answer) for _, _, ask, answer in world.seen if ask.path.endswith("/plan")]
    whole = [answer for _, answer in polls if answer.status == 200]
    assert [answer.body for answer in whole] == [delivery.document.encode()]
    assert whole[0].header("etag") == f'"{etag_of(delivery.document.encode())}"'
    later = [(ask, answer) for ask, answer in polls if answer.status != 200]
    assert len(later) >= 7
    for ask, answer in later:
        assert ask.headers["If-None-Match"] == whole[0].header("etag")
        assert (answer.status, answer.body) == (304, b"")


def test_ten_to_the_five_polls_leave_the_database_as_it_was(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(70_000)
    before = contents(world.world.store, but=())
    signer = cabin.agent.link._signer
    link, clock = world.world.link, world.clock
    etag = cabin.agent.desk.etag
    writes = 0
    for number in range(100_000):
        clock.pass_ms(1)
        if number % 500 == 0:  # the whole way once in a while, the heart of it each time
            ask = signer.ask("GET", "/v1/cabinets/cab-1/plan", etag=etag)
            writes += world.wire.carry(ask).status != 304
        world.world.centre.registry.heard("cab-1")
        entered = link.gate._used.use(f"{number} cab-1", clock.mono_ms())
        assert entered
        assert world.world.centre.orders.book.answer("cab-1", etag, clock.mono_ms()) is None
    assert not writes
    assert contents(world.world.store, but=()) == before


def test_a_poll_reads_no_database(world: LinkWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(30_000)

    def touched(*_: object, **__: object) -> None:
        raise AssertionError("a poll has touched the store")

    for verb in ("read", "write", "awrite"):
        monkeypatch.setattr(type(world.world.store), verb, touched)
    answer = world.wire.carry(
        cabin.agent.link._signer.ask("GET", "/v1/cabinets/cab-1/plan", etag=cabin.agent.desk.etag)
    )
    assert answer.status == 304


# Version


@given(st.permutations([(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]), st.data())
@settings(max_examples=60)
def test_reordered_and_repeated_histories_only_go_forward(order: list[tuple[int, int]], data: st.DataObject) -> None:
    desk, highest = new_desk(), (0, 0)
    repeated = [v for v in order for _ in range(data.draw(st.integers(1, 3)))]
    for version in repeated:
        verdict = take(desk, orders(*version))
        wanted = Verdict.TAKEN if version > highest else Verdict.SAME if version == highest else Verdict.DROPPED
        assert verdict is wanted
        highest = max(highest, version)
        assert desk.newest is not None
        assert tuple(desk.newest.orders.version) == highest


def test_every_order_of_three_versions_ends_with_the_greatest() -> None:
    for order in permutations([(1, 5), (2, 1), (2, 9)]):
        desk = new_desk()
        for version in order:
            take(desk, orders(*version))
        assert desk.newest is not None
        assert tuple(desk.newest.orders.version) == (2, 9)


def test_a_forked_version_is_rejected_and_told_of(world: LinkWorld) -> None:
    desk = new_desk()
    take(desk, orders(1, 4, split=30))
    forked = orders(1, 4, split=31)
    received = desk.receive(forked, signed(forked))
    assert (received.verdict, received.rule) == (Verdict.DROPPED, FORKED)
    assert desk.staged is not None
    assert desk.staged.data == orders(1, 4, split=30)

    cabin = world.add("cab-1")
    first = world.order(cabin, PLAN)
    world.run(5_000)
    world.world.centre.orders.book._deliveries.pop(cabin.name)  # a centre that has lost what it said
    world.order(cabin, trial_plan(SITE, (26, 16, 18)), version=first.version)
    world.run(15_000)
    live = world.world.store.read(lambda t: [a.kind for a in t.shelf(ALARMS).find({"subject": cabin.name})])
    assert any("B-forked" in kind for kind in live)
    assert cabin.agent.desk.newest is not None
    assert cabin.agent.desk.newest.data == first.document.encode()


def test_what_was_seen_outlives_a_restart() -> None:
    shelf = MemoryShelf()
    take(new_desk(shelf), orders(2, 5))
    again = new_desk(shelf)
    assert take(again, orders(2, 4)) is Verdict.DROPPED
    assert take(again, orders(2, 5)) is Verdict.SAME
    assert take(again, orders(2, 6)) is Verdict.TAKEN


def test_orders_for_a_site_that_was_changed_since_are_not_followed_after_the_restart() -> None:
    shelf = MemoryShelf()
    desk = new_desk(shelf)
    take(desk, orders(1, 1))
    assert desk.plan_at(NOW) is not None
    desk.settle(NOW)
    changed = Desk("cab-1", "ef" * 32, shelf, lambda data, code: code == signed(data), Told())
    assert changed.plan_at(NOW) is None
    assert changed.unreviewed is None
    assert take(changed, orders(1, 1)) is Verdict.SAME


# Activation


@pytest.mark.parametrize(("at", "follows"), [(-1, False), (0, True), (1, True)])
def test_a_plan_begins_at_its_time_to_the_millisecond(at: int, follows: bool) -> None:
    desk = new_desk()
    take(desk, orders(1, 1, begin=NOW + 5_000))
    assert (desk.plan_at(NOW + 5_000 + at) is not None) is follows


@pytest.mark.parametrize(("at", "follows"), [(-1, True), (0, False), (1, False)])
def test_a_plan_ends_at_its_time_to_the_millisecond(at: int, follows: bool) -> None:
    desk = new_desk()
    take(desk, orders(1, 1, lasts=60_000))
    assert desk.plan_at(NOW) is not None
    assert (desk.plan_at(NOW + 60_000 + at) is not None) is follows


@pytest.mark.parametrize(("ahead", "staged"), [(AHEAD_MS - 1, True), (AHEAD_MS, True), (AHEAD_MS + 1, False)])
def test_a_plan_begins_24_h_ahead_at_most(ahead: int, staged: bool) -> None:
    told = Told()
    desk = new_desk(told=told)
    take(desk, orders(1, 1, begin=NOW + ahead))
    assert (desk.staged is not None) is staged
    assert told[-1] == ("1.1", "staged" if staged else "rejected")


@pytest.mark.parametrize(("late", "staged"), [(-1, True), (0, False), (1, False), (10**9, False)])
def test_a_plan_of_the_past_is_rejected(late: int, staged: bool) -> None:
    desk = new_desk()
    take(desk, orders(1, 1, lasts=60_000), NOW + 60_000 + late)
    assert (desk.staged is not None) is staged


def test_an_adaptive_plan_goes_stale_after_two_cycles() -> None:
    desk = new_desk()
    take(desk, orders(1, 1, lasts=ADAPTIVE_VALID_MS, adaptive=True))
    assert desk.plan_at(NOW + 119_999) is not None  # the cycle is 60 s
    assert desk.plan_at(NOW + 120_000) is None


def test_the_switch_waits_for_the_end_of_the_cycle(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(200_000)
    assert (runs(cabin), splits(cabin)) == ("1.2", (30, 14, 16))
    keeper = cabin.agent.street.control.control._keeper
    assert keeper is not None
    while keeper.cycle is None or keeper.cycle.end_ds - cabin.agent.clock.utc_ms() // 100 < 400:
        world.run(1_000)
    end_ds = keeper.cycle.end_ds
    world.order(cabin, trial_plan(SITE, (26, 16, 18)))
    while cabin.agent.clock.utc_ms() // 100 < end_ds - 10:
        world.run(1_000)
        assert splits(cabin) == (30, 14, 16)
    world.run(3_000)
    assert (runs(cabin), splits(cabin)) == ("1.3", (26, 16, 18))
    assert breaches(cabin) == []


# Acknowledgement


@pytest.mark.parametrize("dropped", ["received", "staged", "active"])
@pytest.mark.parametrize("way", ["request", "answer"])
def test_each_acknowledgement_that_is_lost_comes_again(world: LinkWorld, dropped: str, way: str) -> None:
    cabin = world.add("cab-1")
    lost = []

    def watch(_: Cabin, ask: Ask, answer: Answer | None) -> Answer | None:
        if f'"state":"{dropped}"'.encode() in ask.body and len(lost) < 3:
            lost.append(ask)
            return None
        return answer

    delivery = world.order(cabin, PLAN)
    if way == "answer":
        world.watch = watch
    else:
        carry = world.wire.carry
        world.wire.carry = lambda ask: carry(ask) if watch(cabin, ask, Answer(0)) else Answer(502)  # type: ignore[method-assign]
    world.run(200_000)
    assert len(lost) == 3
    assert answers(world, cabin)[str(delivery.version)] == "active"
    assert runs(cabin) == str(delivery.version)


def test_silence_of_30_s_is_shown_and_the_orders_are_offered_again(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(5_000)
    delivery = world.order(cabin, PLAN)
    registry = world.world.centre.registry

    def shown() -> str | None:
        found = world.world.store.read(registry.statuses)[0].acknowledged
        return found.value if found is not None else None

    carry = world.wire.carry
    world.wire.carry = lambda ask: Answer(502) if ask.path.endswith("acknowledgements") else carry(ask)  # type: ignore[method-assign]
    world.run(29_000)
    assert shown() == "waiting"
    world.run(5_000)
    assert shown() == "unacknowledged"
    before = len(world.seen)
    world.run(200_000)
    offered = [a for _, _, ask, a in world.seen[before:] if ask.path.endswith("/plan") and a.status == 200]
    assert offered
    assert all(answer.body == delivery.document.encode() for answer in offered)
    assert answers(world, cabin)[str(delivery.version)] == "offered"  # never assumed, though the cabinet may run it
    world.wire.carry = carry  # type: ignore[method-assign]
    world.run(400_000)
    assert answers(world, cabin)[str(delivery.version)] == "active"


def test_the_status_shows_what_the_cabinet_says(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(5_000)
    delivery = world.order(cabin, PLAN, begin_ms=3_000_000)
    world.run(10_000)
    status = world.world.store.read(world.world.centre.registry.statuses)[0]
    assert (status.sent, status.acknowledged and status.acknowledged.value) == (delivery.version, "staged")
    assert status.runs != delivery.version


def test_a_plan_that_fails_k9_is_rejected_with_its_reasons(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, trial_plan(SITE, (56, 2, 2)))
    world.run(10_000)
    found = world.world.store.read(lambda t: t.shelf(DELIVERIES).find({"cabinet": cabin.name}))
    rejected = [d for d in found if d.answer.value == "rejected"]
    assert rejected
    assert all(reason.startswith("K") for reason in rejected[0].reasons)
    assert cabin.agent.desk.staged is None


# Heartbeat


@pytest.mark.parametrize("silent_s", [1, 14, 15, 16, 120])
def test_a_cabinet_is_offline_after_15_s_of_silence(world: LinkWorld, silent_s: int) -> None:
    cabin = world.add("cab-1")
    world.run(20_000)
    registry = world.world.centre.registry
    assert registry.link(cabin.name) is Link.ONLINE
    last = registry._presence.last(cabin.name)
    assert last is not None
    world.blocked.add(cabin.name)
    while world.clock.mono_ms() < last.mono_ms + 1000 * silent_s:
        world.step()
    assert (registry.link(cabin.name) is Link.OFFLINE) == (silent_s > 15)
    world.blocked.clear()
    while not cabin.agent.link.answers:
        world.step()
    assert registry.link(cabin.name) is Link.ONLINE


def test_a_summary_comes_once_a_minute_and_when_the_mode_changes(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(10 * 60_000 + 25_000)
    batches = world.world.store.read(lambda t: t.links.batches(cabin.name, limit=1000))
    beats = sum(batch.body.count(b'"kind":"heartbeat"') for batch in batches)
    starting = 2  # from flashing to all red, and to running
    assert beats in (10 + starting, 11 + starting)
