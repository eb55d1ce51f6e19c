"""Plans: through the gate, into the library, to cabinets alone or together, and what cabinets say of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.centre.audit import MAX_TEXT
from signal_ctrl.centre.cabinets import cabinet_of
from signal_ctrl.centre.issuing import IssueWish, assignment_of
from signal_ctrl.centre.order_values import CHANGES, DELIVERIES, Answer, ChangeState
from signal_ctrl.centre.orders import last_delivery
from signal_ctrl.centre.plan_values import PLANS, LibraryItem, ScheduleUse
from signal_ctrl.centre.plans import difference, item_of, items
from signal_ctrl.centre.registry import Acknowledged
from signal_ctrl.centre.schedules import FAILED, live_uses
from signal_ctrl.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    InvalidTimingError,
    NotFoundError,
    RefusedError,
)
from signal_ctrl.domain.link.acknowledgement import Acknowledgement, AckState
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.orders import AHEAD_MS, Version, orders_from_bytes
from signal_ctrl.domain.plan import plan_hash, plan_to_json
from signal_ctrl.domain.schedule import DayType, Entry, PlanRef, Schedule
from signal_ctrl.domain.schedule_json import schedule_to_json
from signal_ctrl.gateways.signatures import verifier
from signal_ctrl.stores.meta import EPOCH
from signal_ctrl.stores.opening import open_folder
from tests.signal_ctrl.centre.worlds import BOOT, MINUTE_MS, World, plan, signal_plan, world


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        made.centre.plans.upload(made.actor("eve"), plan_to_json(plan("c0", "c1", "c2")))
        yield made


def change(here: World) -> Any:
    return here.store.read(lambda r: r.shelf(CHANGES).find())[0]


class TestLibrary:
    def test_a_document_has_one_number(self, here: World) -> None:
        eve = here.actor("eve")
        again = here.centre.plans.upload(eve, plan_to_json(plan("c0", "c1", "c2")))
        other = here.centre.plans.upload(eve, plan_to_json(plan("c0", "c1", "c2", offset_ds=100)), "for the fair")
        assert (again.number, other.number) == (1, 2)
        assert here.store.read(lambda r: item_of(r, PLANS, "day")).number == 2
        assert here.store.read(lambda r: item_of(r, PLANS, "day", 1)).sha256 == plan_hash(plan("c0", "c1", "c2"))
        assert len(here.store.read(lambda r: items(r, PLANS))) == 2
        with pytest.raises(NotFoundError):
            here.store.read(lambda r: item_of(r, PLANS, "night"))

    def test_every_reason_is_told_and_nothing_is_kept(self, here: World) -> None:
        bad = plan("c0", "c9", title="bad")
        short = replace(signal_plan("c0"), stages=("main", "left"), splits_ds=(500, 300))
        bad = replace(bad, signals=(short, bad.signals[1]))
        with pytest.raises(RefusedError, match="K9/service") as refused:
            here.centre.plans.upload(here.actor("eve"), plan_to_json(bad))
        assert "c9" in str(refused.value)
        assert "side" in str(refused.value)
        assert not here.store.read(lambda r: items(r, PLANS, "bad"))
        assert here.audit()[-1][:2] == ("eve", "upload plan")

    @pytest.mark.parametrize(
        ("login", "age_ms"), [("olga", 0), ("sam", 0), ("adam", 0), ("eve", None), ("eve", 900_001)]
    )
    def test_an_engineer_with_a_second_factor_alone(self, here: World, login: str, age_ms: int | None) -> None:
        with pytest.raises(ForbiddenError):
            here.centre.plans.upload(here.actor(login, age_ms), plan_to_json(plan("c0")))
        with pytest.raises(ForbiddenError):
            here.centre.issuing.issue(here.actor(login, age_ms), IssueWish("day"))

    def test_the_difference_of_two_plans(self) -> None:
        found = difference(
            plan("c0", "c1"), replace(plan("c1", "c2"), signals=(signal_plan("c1", 50), signal_plan("c2")))
        )
        assert {one.signal_id: one.what for one in found} == {
            "c0": (("signal", "there", ""),),
            "c1": (("offset_ds", "0", "50"),),
            "c2": (("signal", "", "there"),),
        }


class TestOrders:
    def test_a_plan_reaches_the_orders(self, here: World) -> None:
        before = here.orders()
        issued = here.centre.issuing.issue(here.actor("eve"), IssueWish("day", cabinets=("c0",)))
        after = here.orders()
        assert (issued.cabinets, issued.change) == (("c0",), "")
        assert after.plan == signal_plan("c0")
        assert after.version == Version(before.version.epoch, before.version.revision + 1)
        assert after.may_activate
        assert here.orders("c1").plan is None

    def test_they_are_signed(self, here: World) -> None:
        served = here.centre.orders.book.answer("c0", "", 0)
        assert served is not None
        verify = verifier(here.centre.key.public)
        assert verify(served.body, served.signature)
        for k in range(0, len(served.body), 7):
            flipped = served.body[:k] + bytes([served.body[k] ^ 1]) + served.body[k + 1 :]
            assert not verify(flipped, served.signature)

    def test_a_poll_with_the_right_etag_gets_nothing(self, here: World) -> None:
        book = here.centre.orders.book
        served = book.answer("c0", "", 0)
        assert served is not None
        assert book.answer("c0", served.etag, 0) is None
        with pytest.raises(NotFoundError):
            book.answer("c9", "", 0)

    def test_polls_change_nothing_in_the_store(self, here: World) -> None:
        commits, head = here.store.commits, here.store.read(lambda r: r.audit.head())
        etag = here.centre.orders.book.answer("c0", "", 0).etag
        for k in range(100_000):
            here.centre.registry.heard("c0")
            here.centre.orders.book.answer("c0", etag if k % 2 else "", 0)
        assert here.store.commits == commits
        assert here.store.read(lambda r: r.audit.head()) == head

    @pytest.mark.parametrize(
        ("ahead_ms", "good"), [(-MINUTE_MS, True), (-MINUTE_MS - 1, False), (AHEAD_MS, True), (AHEAD_MS + 1, False)]
    )
    def test_not_before_is_now_or_within_24_h(self, here: World, ahead_ms: int, good: bool) -> None:
        wish = IssueWish("day", not_before_utc_ms=here.clock.utc_ms() + ahead_ms)
        if good:
            here.centre.issuing.issue(here.actor("eve"), wish)
            return
        with pytest.raises(InvalidTimingError, match="24 h"):
            here.centre.issuing.issue(here.actor("eve"), wish)

    def test_a_plan_that_ends_leaves_the_cabinet_to_its_own(self, here: World) -> None:
        until_ms = here.clock.utc_ms() + 120_000
        here.centre.issuing.issue(here.actor("eve"), IssueWish("day", valid_until_utc_ms=until_ms))
        assert here.orders().valid_until_utc_ms == until_ms
        here.passes(120_000, 10_000)
        assert here.orders().plan is None

    def test_orders_are_renewed_long_before_they_are_too_old(self, here: World) -> None:
        here.centre.issuing.issue(here.actor("eve"), IssueWish("day"))
        for _ in range(50):
            here.passes(3_600_000, 3_600_000)
            assert here.orders().valid_until_utc_ms - here.clock.utc_ms() > 10 * 3_600_000
            assert here.orders().plan == signal_plan("c0")

    def test_who_has_no_part_of_the_plan_gets_none(self, here: World) -> None:
        here.centre.plans.upload(here.actor("eve"), plan_to_json(plan("c1", title="one")))
        with pytest.raises(InvalidInputError, match="no part for cabinet c0"):
            here.centre.issuing.issue(here.actor("eve"), IssueWish("one", corridor="ring"))
        assert here.centre.issuing.issue(here.actor("eve"), IssueWish("one")).cabinets == ("c1",)


class TestAcknowledgements:
    def test_states_go_forward_only(self, here: World) -> None:
        for state in (AckState.RECEIVED, AckState.STAGED, AckState.ACTIVE):
            assert here.acknowledge("c0", state).answer.value == state.value
        assert here.acknowledge("c0", AckState.RECEIVED).answer is Answer.ACTIVE
        status = self.status(here)
        assert (status.acknowledged, status.runs) == (Acknowledged.ACTIVE, here.orders().version)

    def test_silence_has_a_name_and_is_offered_again(self, here: World) -> None:
        book, etag = here.centre.orders.book, here.centre.orders.book.answer("c0", "", 0).etag
        for wait_ms, state, whole in (
            (30_000, Acknowledged.WAITING, False),
            (1, Acknowledged.UNACKNOWLEDGED, True),
            (0, Acknowledged.UNACKNOWLEDGED, False),
            (30_001, Acknowledged.UNACKNOWLEDGED, True),
        ):
            here.clock.pass_ms(wait_ms)
            assert self.status(here).acknowledged is state
            assert (book.answer("c0", etag, here.clock.mono_ms()) is not None) is whole
        here.acknowledge("c0", AckState.RECEIVED)
        here.clock.pass_ms(100_000)
        assert book.answer("c0", etag, here.clock.mono_ms()) is None

    def test_what_was_sent_is_never_taken_for_what_runs(self, here: World) -> None:
        here.centre.issuing.issue(here.actor("eve"), IssueWish("day"))
        here.acknowledge("c0", AckState.STAGED)
        assert self.status(here).runs is None
        here.acknowledge("c0", AckState.ACTIVE)
        ran = here.orders()
        here.issued()
        status = self.status(here)
        assert (status.runs, status.runs_plan_sha256) == (ran.version, ran.plan_sha256)
        assert status.sent == Version(ran.version.epoch, ran.version.revision + 1)

    def test_a_rejection_stays_with_its_reasons(self, here: World) -> None:
        here.acknowledge("c0", AckState.REJECTED, ("K9/site-hash",))
        status = self.status(here)
        assert (status.acknowledged, status.reasons) == (Acknowledged.REJECTED, ("K9/site-hash",))

    def test_a_version_that_is_not_known_here_is_overtaken(self, here: World) -> None:
        ours = here.orders().version
        ack = Acknowledgement("c0", BOOT, Version(ours.epoch + 2, 77), "a" * 64, AckState.ACTIVE, here.clock.utc_ms())
        taken = here.store.write(lambda t: here.centre.orders.acknowledged(t, ack))
        assert taken is not None
        assert taken.version == Version(ours.epoch + 2, 78)
        stale = replace(ack, version=Version(1, 1))
        assert here.store.write(lambda t: here.centre.orders.acknowledged(t, stale)) is None

    @staticmethod
    def status(here: World) -> Any:
        return here.centre.registry.status(here.store.read(lambda r: cabinet_of(r, "c0")))


class TestTogether:
    def issue(self, here: World) -> Any:
        return here.centre.issuing.issue(here.actor("eve"), IssueWish("day", corridor="ring", together=True))

    def test_staged_on_all_then_committed(self, here: World) -> None:
        issued = self.issue(here)
        for name in here.cabinets:
            orders = here.orders(name)
            assert (orders.commit, orders.committed, orders.may_activate) == (issued.change, False, False)
        for k, name in enumerate(here.cabinets):
            here.passes(2_000)
            assert change(here).state is ChangeState.STAGING
            assert len(change(here).staged) == k
            here.acknowledge(name, AckState.STAGED)
        here.passes(1_000)
        assert change(here).state is ChangeState.COMMITTED
        assert all(here.orders(name).committed for name in here.cabinets)
        here.passes(60_000)
        held = here.store.read(lambda r: assignment_of(r, "c0"))
        assert (held.standing.plan, held.coming) == (signal_plan("c0"), None)
        assert here.orders().commit == issued.change

    def test_one_that_does_not_answer_keeps_all_on_what_they_had(self, here: World) -> None:
        self.issue(here)
        for name in ("c0", "c1"):
            here.acknowledge(name, AckState.STAGED)
        here.passes(51_000)
        assert change(here).state is ChangeState.ABANDONED
        assert change(here).why == "not staged in time by c2"
        for name in here.cabinets:
            assert (here.orders(name).plan, here.orders(name).commit) == (None, "")

    def test_one_that_rejects_ends_it_at_once(self, here: World) -> None:
        self.issue(here)
        here.acknowledge("c1", AckState.REJECTED, ("K9/rehearsal",))
        here.passes(1_000)
        assert change(here).state is ChangeState.ABANDONED
        assert "K9/rehearsal" in change(here).why

    def test_one_change_at_a_time(self, here: World) -> None:
        issued = self.issue(here)
        with pytest.raises(ConflictError, match="part of change"):
            here.centre.issuing.issue(here.actor("eve"), IssueWish("day", cabinets=("c0",)))
        here.centre.issuing.abandon(here.actor("eve"), issued.change)
        here.centre.issuing.issue(here.actor("eve"), IssueWish("day", cabinets=("c0",)))
        with pytest.raises(ConflictError):
            here.centre.issuing.abandon(here.actor("eve"), issued.change)

    def test_an_override_in_between_does_not_lose_the_change(self, here: World) -> None:
        issued = self.issue(here)
        for name in here.cabinets:
            here.acknowledge(name, AckState.STAGED)
        override = here.issued()
        here.passes(1_000)
        assert change(here).state is ChangeState.STAGING  # c0 has new orders, which it has not answered
        here.acknowledge("c0", AckState.STAGED)
        here.passes(1_000)
        orders = here.orders()
        assert (orders.commit, orders.committed) == (issued.change, True)
        assert [o.override_id for o in orders.overrides] == [override.override_id]

    def test_time_to_stage_is_needed(self, here: World) -> None:
        wish = IssueWish("day", together=True, not_before_utc_ms=here.clock.utc_ms() + 19_999)
        with pytest.raises(InvalidTimingError, match="20 s"):
            here.centre.issuing.issue(here.actor("eve"), wish)


class TestVersions:
    def test_a_wall_clock_set_back_hides_no_version(self, here: World) -> None:
        here.clock.set_wall_ms(here.clock.utc_ms() - 86_400_000)
        before = here.orders().version
        here.issued()
        newest = here.store.read(lambda r: last_delivery(r, "c0"))
        assert newest is not None
        assert newest.version == Version(before.epoch, before.revision + 1)

    def test_each_version_is_one_greater_and_none_is_made_twice(self, here: World) -> None:
        for k in range(60):
            override = here.issued(lasts_s=60 + k)
            here.centre.overrides.release(here.actor("olga"), override.override_id)
        found = here.store.read(lambda r: r.shelf(DELIVERIES).find({"cabinet": "c0"}))
        revisions = [delivery.version.revision for delivery in found]
        assert revisions == list(range(revisions[0], revisions[0] - len(found), -1))
        assert len(found) <= 250

    def test_after_a_restart_the_same_bytes_are_served(self, here: World) -> None:
        here.issued()
        served = here.centre.orders.book.answer("c0", "", 0)
        again = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
        again.start()
        assert again.orders.book.answer("c0", "", 0) == served


class TestAdaptive:
    def test_only_where_it_is_switched_on_and_for_180_s(self, here: World) -> None:
        eve, issuing = here.actor("eve"), here.centre.issuing
        here.centre.issuing.issue(eve, IssueWish("day"))
        here.passes(1_000)

        def give(lasts_ms: int) -> None:
            def work(t: Any) -> Any:
                until_ms = here.clock.utc_ms() + lasts_ms
                return issuing.issue_adaptive(t, cabinet_of(t, "c0"), signal_plan("c0", 100), until_ms)

            here.centre.orders.serve([here.store.write(work)])

        with pytest.raises(RefusedError, match="C/shadow"):
            give(60_000)
        here.centre.shadow.switch(eve, ["c0"], ControlMode.ADAPTIVE)
        for lasts_ms in (0, 180_001):
            with pytest.raises(InvalidTimingError, match="180 s"):
                give(lasts_ms)
        give(180_000)
        assert here.orders().adaptive
        assert here.orders().plan == signal_plan("c0", 100)
        here.passes(180_000, 10_000)
        assert (here.orders().adaptive, here.orders().plan) == (False, signal_plan("c0"))


def test_a_refusal_with_more_reasons_than_a_record_holds_is_raised_and_written_down(here: World) -> None:
    def refused(_: object) -> None:
        raise RefusedError("K9/change", "; ".join(["c0 K9/green: a stage is shorter than its minimum green"] * 200))

    with pytest.raises(RefusedError):
        here.centre.desk.act("eve", "issue plan", "plan day", refused)
    who, action, result = here.audit()[-1]
    assert (who, action, len(result)) == ("eve", "issue plan", MAX_TEXT)
    assert result.startswith("refused: ")


class TestSchedules:
    def schedule(self) -> Schedule:
        refs = tuple(PlanRef(name, plan_hash(self.named(name))) for name in ("day", "night"))
        kind = DayType(
            "every", ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (Entry(0, "night"), Entry(1020, "day"))
        )
        return Schedule("week", "UTC", refs, (kind,))

    def named(self, name: str) -> Any:
        return plan("c0", "c1", "c2", title=name, offset_ds=0 if name == "day" else 100)

    def test_each_change_of_plan_is_issued_ahead(self, here: World) -> None:
        eve = here.actor("eve")
        with pytest.raises(InvalidInputError, match="not in the library"):
            here.centre.plans.upload_schedule(eve, schedule_to_json(self.schedule()))
        here.centre.plans.upload(eve, plan_to_json(self.named("night")))
        here.centre.plans.upload_schedule(eve, schedule_to_json(self.schedule()))
        use = here.centre.schedules.follow(eve, "week", corridor="ring")
        with pytest.raises(ConflictError, match="follows a schedule already"):
            here.centre.schedules.follow(eve, "week", cabinets=("c1",))
        self.all_staged(here)
        begin_ms = 1_750_006_800_000  # 2025-06-15T17:00Z; the world begins at 15:06:40
        assert here.orders().plan == self.named("night").of("c0")
        while here.clock.utc_ms() < begin_ms - 5 * MINUTE_MS - 1000:
            here.passes(60_000, 60_000)
        self.all_staged(here)
        orders = here.orders()
        assert orders.plan == self.named("day").of("c0")
        assert (orders.not_before_utc_ms, orders.committed) == (begin_ms, True)
        here.centre.schedules.end(here.actor("eve"), use.use_id)
        with pytest.raises(NotFoundError):
            here.centre.schedules.end(here.actor("eve"), use.use_id)

    def following(self, here: World) -> ScheduleUse:
        eve = here.actor("eve")
        here.centre.plans.upload(eve, plan_to_json(self.named("night")))
        here.centre.plans.upload_schedule(eve, schedule_to_json(self.schedule()))
        return here.centre.schedules.follow(eve, "week", corridor="ring")

    def test_a_use_that_is_ended_while_its_plan_is_issued_stays_ended(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use, follow = self.following(here), here.centre.issuing.follow

        def meanwhile(item: LibraryItem, wish: IssueWish) -> Any:
            here.centre.schedules.end(here.actor("eve"), use.use_id)
            return follow(item, wish)

        monkeypatch.setattr(here.centre.issuing, "follow", meanwhile)
        here.centre.schedules.tick()
        assert here.orders().plan is not None
        assert here.store.read(live_uses) == ()
        with pytest.raises(NotFoundError):
            here.centre.schedules.end(here.actor("eve"), use.use_id)

    def test_the_alarm_of_a_plan_that_was_not_issued_is_over_with_the_next_one_that_is(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use = self.following(here)
        with monkeypatch.context() as patched:
            patched.setattr(here.centre.issuing, "follow", self.refuse)
            here.centre.schedules.tick()
        assert [alarm.subject for alarm in here.store.read(alarms) if alarm.kind == FAILED] == [use.use_id]
        here.passes(115 * MINUTE_MS, 60_000)  # the change of 17:00 is ahead
        assert not [alarm for alarm in here.store.read(alarms) if alarm.kind == FAILED]

    def test_the_alarm_of_a_plan_that_was_not_issued_is_over_when_nobody_follows(
        self, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use = self.following(here)
        monkeypatch.setattr(here.centre.issuing, "follow", self.refuse)
        here.centre.schedules.tick()
        here.centre.schedules.end(here.actor("eve"), use.use_id)
        assert not [alarm for alarm in here.store.read(alarms) if alarm.kind == FAILED]

    def refuse(self, item: LibraryItem, wish: IssueWish) -> Any:
        raise RefusedError("K9/change", "; ".join(["c0 K9/green: too short"] * 400))

    def all_staged(self, here: World) -> None:
        here.passes(2_000)
        for name in here.cabinets:
            here.acknowledge(name, AckState.STAGED)
        here.passes(1_000)


def test_after_a_take_over_every_cabinet_gets_greater_orders(tmp_path: Path) -> None:
    store = open_folder(tmp_path, ballast_bytes=4096)
    here = World(store)
    override, before = here.issued(lasts_s=600), [here.orders(name).version for name in here.cabinets]
    store.write(lambda t: t.meta.put(EPOCH, "7"))
    store.close()
    store = open_folder(tmp_path, ballast_bytes=4096)
    here.centre = type(here.centre)(store, here.clock, here.centre.desk.random, here.centre.key)
    here.centre.start()
    after = [here.orders(name).version for name in here.cabinets]
    assert after == [Version(7, version.revision + 1) for version in before]
    assert [o.override_id for o in here.orders().overrides] == [override.override_id]
    store.close()


def test_after_a_restore_no_override_that_is_over_comes_back(here: World) -> None:
    here.issued(lasts_s=60)
    here.clock.pass_ms(3_600_000)
    again = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
    again.start()
    again.tick()
    served = again.orders.book.answer("c0", "", 0)
    assert served is not None
    assert not orders_from_bytes(served.body).overrides


def test_orders_of_a_plan_with_an_end_are_not_made_anew_each_second() -> None:
    with world() as here:
        here.centre.plans.upload(here.actor("eve"), plan_to_json(plan("c0")))
        until_ms = here.clock.utc_ms() + 60 * MINUTE_MS
        here.centre.issuing.issue(here.actor("eve"), IssueWish("day", cabinets=("c0",), valid_until_utc_ms=until_ms))
        here.passes(2_000)
        version = here.orders().version
        here.passes(10 * MINUTE_MS, 60_000)
        assert here.orders().version == version
        here.passes(51 * MINUTE_MS, 60_000)
        assert here.orders().plan is None
