"""Responses over every store: one act of two persons, all parts or none, and nothing left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from signal_ctrl.centre.issuing import IssueWish, assignment_of
from signal_ctrl.centre.override_checks import override_of
from signal_ctrl.centre.override_values import APPROVAL_MS, NONCE_MS, OverrideState
from signal_ctrl.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
    StorageFailedError,
)
from signal_ctrl.domain.link.acknowledgement import AckState
from signal_ctrl.stores.opening import open_folder, open_memory, open_postgres
from signal_ctrl.watch.dispatch.mission_desk import mission_of, missions
from signal_ctrl.watch.dispatch.missions import MissionState
from signal_ctrl.watch.responses.order_desk import ResponseWish
from signal_ctrl.watch.responses.order_values import OrderState, PartState
from signal_ctrl.watch.responses.order_views import ledger, order_by_id, response_orders
from signal_ctrl.watch.responses.responses import Responses
from tests.signal_ctrl.watch.responses.response_worlds import RESPONSE, ResponseWorld

MINUTE_MS = 60_000


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ResponseWorld]:
    if request.param == "postgresql":
        store = open_postgres(tmp_path / "data", request.getfixturevalue("new_database")(), ballast_bytes=4096)
    else:
        store = open_memory() if request.param == "memory" else open_folder(tmp_path / "data", ballast_bytes=4096)
    made = ResponseWorld(store)
    made.imported()
    yield made
    store.close()


def test_a_response_from_order_to_end(world: ResponseWorld) -> None:
    order = world.ordered()
    assert (order.state, world.centre.overrides.live(), world.plan_of("c1")) == (OrderState.WAITING, (), 0)
    begun = world.responses.desk.approve(world.actor("sam"), order.order_id, order.sha256)
    assert begun.state is OrderState.ACTIVE and all(part.state is PartState.DONE for part in begun.parts)
    (live,) = world.centre.overrides.live()
    assert (live.state, live.issuer, live.approver) == (OverrideState.ACTIVE, "olga", "sam")
    assert [o.stage for o in world.orders("c0").overrides] == ["side"]
    assert [world.plan_of(name) for name in ("c0", "c1", "c2")] == [0, 100, 100]
    (mission,) = world.store.read(lambda r: missions(r, response=order.order_id))
    assert (mission.state, mission.priority) == (MissionState.OPEN, 2)
    (text,) = world.responses.desk.texts(world.clock.utc_ms())
    assert (text.sign_id, text.en) == ("s1", "STADIUM RD CLOSED")
    world.responses.desk.tick_off(world.actor("otto"), order.order_id, 1, "by telephone")
    world.passes(5 * MINUTE_MS, 60_000)
    ended = world.responses.desk.end(world.actor("olga"), order.order_id)
    assert ended.state is OrderState.ENDED and all(part.state is PartState.ENDED for part in ended.parts)
    assert ended.checklist[0].done_by == "otto" and ended.checklist[1].done_by == ""
    left_nothing(world)
    assert world.store.read(lambda r: mission_of(r, mission.mission_id)).state is MissionState.CANCELLED
    check_what_it_brought(world)


def check_what_it_brought(world: ResponseWorld) -> None:
    said = {(who, what) for who, what, _ in world.audit()}
    assert {("olga", "order response"), ("sam", "approve response"), ("olga", "end response")} <= said
    assert {("eve", "import response"), ("otto", "do task")} <= said
    world.passes(2 * MINUTE_MS, 10_000)
    (brought,) = world.store.read(ledger)
    assert (brought.lasted_s, brought.missions, brought.tasks_done) == (300.0, 1, 1)
    assert (brought.overrides_unpriced, brought.measured.kind) == (0, "measured")


def left_nothing(world: ResponseWorld) -> None:
    assert world.centre.overrides.live() == ()
    assert world.responses.desk.live() == () and world.responses.desk.texts(world.clock.utc_ms()) == ()
    for name in ("c0", "c1", "c2"):
        assert world.orders(name).overrides == ()
        assert world.plan_of(name) == 0
        held = world.store.read(lambda r, name=name: assignment_of(r, name))
        assert held.standing is not None and held.standing.name == "day"
        assert held.coming is None and held.standing.valid_until_utc_ms is None


def test_it_ends_by_itself(world: ResponseWorld) -> None:
    order = world.begun()
    world.passes(60 * MINUTE_MS + 60_000, 60_000)
    over = world.store.read(lambda r: order_by_id(r, order.order_id))
    assert (over.state, over.ended_utc_ms, over.ended_by) == (OrderState.EXPIRED, order.end_utc_ms, "centre")
    left_nothing(world)


def test_one_begun_later_does_everything_at_its_time(world: ResponseWorld) -> None:
    start_ms = world.clock.utc_ms() + 10 * MINUTE_MS
    order = world.begun(start_utc_ms=start_ms)
    assert [o.state for o in world.centre.overrides.live()] == [OverrideState.SCHEDULED]
    assert world.responses.desk.texts(world.clock.utc_ms()) == ()
    assert world.store.read(missions) == ()
    world.passes(10 * MINUTE_MS + 2000, 10_000)
    assert [o.state for o in world.centre.overrides.live()] == [OverrideState.ACTIVE]
    assert len(world.store.read(lambda r: missions(r, response=order.order_id))) == 1
    assert len(world.responses.desk.texts(world.clock.utc_ms())) == 1
    assert world.orders("c1").not_before_utc_ms <= world.clock.utc_ms() and world.plan_of("c1") == 100
    world.responses.desk.end(world.actor("sue"), order.order_id)
    left_nothing(world)


def test_ended_before_its_time_nothing_of_it_comes(world: ResponseWorld) -> None:
    order = world.begun(start_utc_ms=world.clock.utc_ms() + 10 * MINUTE_MS)
    world.responses.desk.end(world.actor("olga"), order.order_id)
    left_nothing(world)
    world.passes(12 * MINUTE_MS, 60_000)
    left_nothing(world)


def test_two_persons_a_nonce_and_a_second_factor(world: ResponseWorld) -> None:
    desk = world.responses.desk
    order = world.ordered()
    for login, sha256, age_ms, rule in (
        ("sam", "0" * 64, 0, "C/hash"),
        ("sam", order.sha256, 5 * MINUTE_MS, "C/second-factor"),
    ):
        with pytest.raises(RefusedError) as refused:
            desk.approve(world.actor(login, age_ms), order.order_id, sha256)
        assert refused.value.rule == rule
    with pytest.raises(ForbiddenError):
        desk.approve(world.actor("otto"), order.order_id, order.sha256)
    own = world.ordered("sam")
    with pytest.raises(RefusedError, match="nobody approves their own"):
        desk.approve(world.actor("sam"), own.order_id, own.sha256)
    world.passes(APPROVAL_MS + 60_000, 60_000)
    with pytest.raises(ConflictError, match="lapsed"):
        desk.approve(world.actor("sam"), order.order_id, order.sha256)
    assert [o.state for o in world.store.read(lambda r: response_orders(r, "all"))] == [OrderState.LAPSED] * 2
    assert [r for _, a, r in world.audit() if a == "approve response" and r.startswith("refused")]
    left_nothing(world)


def test_a_confirmation_is_for_one_document_one_login_and_a_minute(world: ResponseWorld) -> None:
    desk, wish = world.responses.desk, ResponseWish("stadium", "M-7")
    prepared = desk.prepare(world.actor("olga"), wish)
    with pytest.raises(RefusedError, match="another login"):
        desk.order(world.actor("otto"), prepared.document, prepared.nonce)
    with pytest.raises(RefusedError, match="unknown, used"):
        desk.order(world.actor("olga"), prepared.document, prepared.nonce)
    prepared = desk.prepare(world.actor("olga"), wish)
    with pytest.raises(RefusedError, match="not the one"):
        desk.order(world.actor("olga"), prepared.document | {"case": "M-8"}, prepared.nonce)
    prepared = desk.prepare(world.actor("olga"), wish)
    world.clock.pass_ms(NONCE_MS + 1)
    with pytest.raises(RefusedError, match="older than 60 s"):
        desk.order(world.actor("olga"), prepared.document, prepared.nonce)
    prepared = desk.prepare(world.actor("olga"), wish)
    with pytest.raises(RefusedError) as stale:
        desk.order(world.actor("olga", 5 * MINUTE_MS), prepared.document, prepared.nonce)
    assert stale.value.rule == "C/second-factor"
    for login in ("eve", "vera"):
        with pytest.raises(ForbiddenError):
            desk.prepare(world.actor(login), wish)
    with pytest.raises(ForbiddenError):
        desk.prepare(world.actor("olga", district="d9"), wish)


def test_one_part_that_fails_undoes_all_and_is_told(world: ResponseWorld) -> None:
    order = world.ordered()
    world.clock.pass_ms(1000)  # meanwhile a change of the corridor is being staged at c1 and c2
    world.centre.issuing.issue(world.actor("eve"), IssueWish("day", cabinets=("c1", "c2"), together=True))
    failed = world.responses.desk.approve(world.actor("sam"), order.order_id, order.sha256)
    assert failed.state is OrderState.FAILED
    states = {part.name: (part.state, "change" in part.text) for part in failed.parts}
    assert states.pop("match-plan") == (PartState.FAILED, True)
    assert set(states.values()) == {(PartState.UNDONE, False)}
    assert world.centre.overrides.live() == () and world.orders("c0").overrides == ()
    assert world.store.read(lambda r: missions(r, "all")) == ()
    assert any(what == "fail response" for _, what, _ in world.audit())


def test_a_cabinet_that_rejects_its_orders_undoes_all(world: ResponseWorld) -> None:
    order = world.begun()
    world.acknowledge("c1", AckState.REJECTED, ("K9/site-hash",))
    world.passes(1000)
    over = world.store.read(lambda r: order_by_id(r, order.order_id))
    assert (over.state, over.ended_by) == (OrderState.FAILED, "centre")
    told = {part.name: (part.state, part.text) for part in over.parts}
    assert told["match-plan"][0] is PartState.FAILED and "c1 rejected" in told["match-plan"][1]
    assert told["side-street"][0] is PartState.UNDONE
    left_nothing(world)


def test_orders_that_carry_nothing_of_it_may_be_rejected(world: ResponseWorld) -> None:
    order = world.begun()
    world.centre.issuing.issue(world.actor("eve"), IssueWish("day", cabinets=("c1",)))
    world.acknowledge("c1", AckState.REJECTED, ("K9/transition",))
    world.passes(1000)
    assert [o.order_id for o in world.responses.desk.live()] == [order.order_id]


def test_who_decided_meanwhile_is_left_alone(world: ResponseWorld) -> None:
    order = world.begun()
    part = next(part for part in order.parts if part.name == "side-street")
    world.centre.overrides.release(world.actor("sam"), part.ref)
    world.centre.issuing.issue(world.actor("eve"), IssueWish("match", cabinets=("c1",)))
    world.passes(2000)
    world.responses.desk.end(world.actor("olga"), order.order_id)
    assert [world.plan_of(name) for name in ("c1", "c2")] == [100, 0]
    assert world.store.read(lambda r: override_of(r, part.ref)).ended_by == "sam"


def test_who_may_end_it(world: ResponseWorld) -> None:
    order = world.begun()
    with pytest.raises(ForbiddenError):
        world.responses.desk.end(world.actor("otto"), order.order_id)
    with pytest.raises(ForbiddenError):
        world.responses.desk.end(world.actor("sue", district="d9"), order.order_id)
    world.responses.desk.end(world.actor("sue"), order.order_id)
    with pytest.raises(ConflictError, match="ended already"):
        world.responses.desk.end(world.actor("olga"), order.order_id)
    waiting = world.ordered()
    assert world.responses.desk.end(world.actor("olga"), waiting.order_id).state is OrderState.WITHDRAWN


def test_a_restart_keeps_it_and_its_end(world: ResponseWorld) -> None:
    order = world.begun()
    world.responses = Responses(world.centre, world.dispatch, lambda: world.signs)
    world.responses.load()
    assert [o.order_id for o in world.responses.desk.live()] == [order.order_id]
    world.passes(60 * MINUTE_MS + 60_000, 60_000)
    left_nothing(world)


def test_every_reason_is_told_before_it_is_taken_in(world: ResponseWorld) -> None:
    bad = (
        RESPONSE.replace('cabinets = ["c0"]', 'cabinets = ["c0", "c8", "c9"]')
        .replace('plan = "match"', 'plan = "none"')
        .replace('sign = "s1"', 'sign = "s9"')
        .replace("at = [8.006, 50.0]", "at = [0.0, 0.0]")
        .replace('kinds = ["patrol"]', 'kinds = ["fire"]')
    )
    with pytest.raises(RefusedError) as refused:
        world.imported(bad)
    for words in ("no cabinet c8", "no cabinet c9", "no plan none", "no sign s9", "no road is near", "no unit in"):
        assert words in str(refused.value), words
    with pytest.raises(RefusedError, match="has no stage crossroads; it has main"):
        world.imported(RESPONSE.replace('stage = "side"', 'stage = "crossroads"'))
    with pytest.raises(RefusedError, match="shows 60 characters in English"):
        world.imported(RESPONSE.replace("STADIUM RD CLOSED", "STADIUM ROAD CLOSED " * 4))
    twice = (
        RESPONSE + '[[override]]\nname = "again"\nkind = "all_red"\nreason = "event"\ncorridor = "ring"\nlasts_s = 60\n'
    )
    with pytest.raises(RefusedError, match="c0 is held by part side-street at the same time"):
        world.imported(twice)
    plans = RESPONSE + '[[plan]]\nname = "again"\nplan = "day"\ncabinets = ["c1"]\n'
    with pytest.raises(RefusedError, match="c1 has a plan of part match-plan already"):
        world.imported(plans)
    with pytest.raises(ForbiddenError):
        world.responses.library.import_(world.actor("sam"), RESPONSE)
    world.signs = None
    with pytest.raises(RefusedError, match="none was imported"):
        world.ordered()
    with pytest.raises(NotFoundError):
        world.ordered(response="nothing")
    with pytest.raises(RefusedError, match="within 24 h"):
        world.ordered(start_utc_ms=world.clock.utc_ms() + 25 * 3_600_000)


def test_the_checklist_says_who_did_what(world: ResponseWorld) -> None:
    order = world.begun()
    done = world.responses.desk.tick_off(world.actor("otto"), order.order_id, 2)
    assert [task.done_by for task in done.checklist] == ["", "otto"]
    with pytest.raises(ConflictError, match="done by otto"):
        world.responses.desk.tick_off(world.actor("olga"), order.order_id, 2)
    for task in (0, 3):
        with pytest.raises(NotFoundError):
            world.responses.desk.tick_off(world.actor("olga"), order.order_id, task)
    with pytest.raises(ForbiddenError):
        world.responses.desk.tick_off(world.actor("eve"), order.order_id, 1)


def test_the_library_numbers_and_keeps(world: ResponseWorld) -> None:
    library, eve = world.responses.library, world.actor("eve")
    first = library.import_(eve, RESPONSE)
    assert (first.number, library.import_(eve, first.document).sha256) == (1, first.sha256)
    assert library.import_(eve, RESPONSE.replace("closed for", "shut for")).number == 2
    with pytest.raises(InvalidInputError):
        library.import_(eve, "format = 1")


def test_it_ends_even_where_nothing_can_be_written(world: ResponseWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    order = world.begun()
    write = world.store.write

    def fails(*_: object, **__: object) -> None:
        raise StorageFailedError("no disk")

    monkeypatch.setattr(world.store, "write", fails)
    over = world.responses.desk.end(world.actor("olga"), order.order_id)
    assert (over.state, over.late) == (OrderState.ENDED, True)
    assert world.orders("c0").overrides == ()
    monkeypatch.setattr(world.store, "write", write)
    world.passes(2000)
    left_nothing(world)
    kept = world.store.read(lambda r: order_by_id(r, order.order_id))
    assert (kept.state, kept.late) == (OrderState.ENDED, True)
