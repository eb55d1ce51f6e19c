"""Part C of SAFETY at the centre: who may, for how long, who has to agree, and how it ends."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from signal_ctrl.centre.cabinets import Place, cabinet_of
from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.known_orders import REMEMBERED
from signal_ctrl.centre.override_checks import override_of
from signal_ctrl.centre.override_document import RouteStop, document_hash, document_json, document_of
from signal_ctrl.centre.override_restore import end_restored_overrides
from signal_ctrl.centre.override_values import OVERRIDES, Override, OverrideState, Scope, ScopeKind
from signal_ctrl.centre.people import User
from signal_ctrl.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    InvalidTimingError,
    NotFoundError,
    RefusedError,
    StorageFullError,
)
from signal_ctrl.domain.link.orders import orders_from_bytes
from signal_ctrl.domain.link.overrides import OverrideKind
from tests.signal_ctrl.centre.worlds import MINUTE_MS, World, site_text, world


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


def refusal(rule: str) -> Any:
    return pytest.raises(RefusedError, match=f"^{rule}: ")


def in_force(here: World, cabinet: str = "c0") -> list[str]:
    return [order.override_id for order in here.orders(cabinet).overrides]


def scope_of(numbers: Iterable[int]) -> Scope:
    return Scope(ScopeKind.LIST, tuple(f"c{k}" for k in numbers))


def test_an_override_reaches_the_orders_at_once(here: World) -> None:
    before = here.orders()
    override = here.issued()
    after = here.orders()
    assert override.state is OverrideState.ACTIVE
    assert after.version.revision == before.version.revision + 1
    (order,) = after.overrides
    assert (order.override_id, order.kind, order.stage) == (override.override_id, OverrideKind.CALL_STAGE, "side")
    assert order.end_utc_ms - order.start_utc_ms == order.lasts_ms == 600_000
    assert not here.orders("c1").overrides
    assert ("olga", "issue override") in [(a, b) for a, b, _ in here.audit()]
    assert ("olga", "activate override") in [(a, b) for a, b, _ in here.audit()]


@pytest.mark.parametrize("minutes", [1, 120])
def test_an_expiry_in_bounds(here: World, minutes: int) -> None:
    override = here.issued(lasts_s=60 * minutes)
    assert override.document.lasts_ms == minutes * MINUTE_MS


@pytest.mark.parametrize("lasts_s", [0, 59, 7201, 121 * 60, -60])
def test_an_expiry_out_of_bounds(here: World, lasts_s: int) -> None:
    with pytest.raises(InvalidTimingError, match="1 to 120 min"):
        here.issued(lasts_s=lasts_s)
    assert not in_force(here)


def test_an_expiry_that_is_missing(here: World) -> None:
    with pytest.raises(InvalidInputError, match="needs its expiry"):
        here.issued(lasts_s=None)
    with pytest.raises(InvalidInputError, match="needs its expiry"):
        here.issued(end_utc_ms=here.clock.utc_ms() + 600_000)


def test_it_ends_by_itself_and_its_price_follows(here: World) -> None:
    override = here.issued(lasts_s=60)
    here.passes(59_000)
    assert in_force(here) == [override.override_id]
    here.passes(1_000)
    assert in_force(here) == []
    ended = here.store.read(lambda r: override_of(r, override.override_id))
    assert ended.state is OverrideState.EXPIRED
    assert ended.ended_utc_ms == override.document.end_utc_ms
    assert ended.measured is None
    here.passes(59_000)
    ended = here.store.read(lambda r: override_of(r, override.override_id))
    assert ended.measured is not None
    assert ended.measured.at_utc_ms - ended.ended_utc_ms <= 60_000
    assert ended.measured.added_veh_h is None  # no plan, no count, no acknowledgement: unknown, and never 0
    assert ended.measured.unknown


def test_a_wall_clock_set_back_makes_no_override_longer(here: World) -> None:
    here.issued(lasts_s=60)
    here.clock.set_wall_ms(here.clock.utc_ms() - 3_600_000)
    here.passes(61_000)
    assert in_force(here) == []


class TestBinding:
    def test_a_nonce_is_good_once(self, here: World) -> None:
        actor = here.actor("olga")
        prepared = here.centre.overrides.prepare(actor, here.wish())
        here.centre.overrides.issue(actor, prepared.document, prepared.nonce)
        with refusal("C/nonce"):
            here.centre.overrides.issue(actor, prepared.document, prepared.nonce)
        assert len(in_force(here)) == 1

    def test_a_nonce_lasts_60_s(self, here: World) -> None:
        actor = here.actor("olga")
        for wait_ms, good in ((60_000, True), (60_001, False)):
            prepared = here.centre.overrides.prepare(actor, here.wish())
            here.clock.pass_ms(wait_ms)
            if good:
                here.centre.overrides.issue(actor, prepared.document, prepared.nonce)
            else:
                with refusal("C/nonce"):
                    here.centre.overrides.issue(actor, prepared.document, prepared.nonce)

    def test_a_nonce_is_of_one_login_and_one_session(self, here: World) -> None:
        olga = here.actor("olga")
        for thief in (here.actor("otto"), replace(olga, session="stolen")):
            prepared = here.centre.overrides.prepare(olga, here.wish())
            with refusal("C/nonce"):
                here.centre.overrides.issue(thief, prepared.document, prepared.nonce)
        assert not in_force(here)

    def test_a_changed_document_fails_on_its_hash_and_uses_the_nonce_up(self, here: World) -> None:
        actor = here.actor("olga")
        prepared = here.centre.overrides.prepare(actor, here.wish())
        longer = prepared.document | {"end_utc_ms": prepared.document["end_utc_ms"] + 60_000}
        longer["legs"] = [leg | {"end_utc_ms": longer["end_utc_ms"]} for leg in longer["legs"]]
        with refusal("C/hash"):
            here.centre.overrides.issue(actor, longer, prepared.nonce)
        with refusal("C/nonce"):
            here.centre.overrides.issue(actor, prepared.document, prepared.nonce)

    def test_nonces_do_not_survive_a_restart(self, here: World) -> None:
        actor = here.actor("olga")
        prepared = here.centre.overrides.prepare(actor, here.wish())
        again = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
        again.start()
        with refusal("C/nonce"):
            again.overrides.issue(actor, prepared.document, prepared.nonce)

    def test_at_most_20_nonces_of_a_login_are_out(self, here: World) -> None:
        actor = here.actor("olga")
        prepared = [here.centre.overrides.prepare(actor, here.wish(note=str(k))) for k in range(21)]
        with refusal("C/nonce"):
            here.centre.overrides.issue(actor, prepared[0].document, prepared[0].nonce)
        here.centre.overrides.issue(actor, prepared[1].document, prepared[1].nonce)

    @pytest.mark.parametrize(("age_ms", "good"), [(15 * MINUTE_MS, True), (15 * MINUTE_MS + 1, False)])
    def test_the_second_factor_is_at_most_15_min_old(self, here: World, age_ms: int, good: bool) -> None:
        actor = here.actor("olga", age_ms)
        prepared = here.centre.overrides.prepare(actor, here.wish())
        if good:
            here.centre.overrides.issue(actor, prepared.document, prepared.nonce)
            return
        with refusal("C/second-factor"):
            here.centre.overrides.issue(actor, prepared.document, prepared.nonce)
        assert not in_force(here)

    def test_without_a_second_factor_nothing_is_prepared(self, here: World) -> None:
        with pytest.raises(ForbiddenError, match="second factor"):
            here.centre.overrides.prepare(here.actor("olga", None), here.wish())

    def test_a_second_factor_of_the_future_is_none(self, here: World) -> None:
        actor = here.actor("olga", -1)
        prepared = here.centre.overrides.prepare(actor, here.wish())
        with refusal("C/second-factor"):
            here.centre.overrides.issue(actor, prepared.document, prepared.nonce)

    def test_it_is_fresh_for_what_two_have_to_agree_on(self, here: World) -> None:
        stale, fresh = here.actor("olga", 120_001), here.actor("olga", 120_000)
        prepared = here.centre.overrides.prepare(stale, here.wish(kind=OverrideKind.FLASH, stage=""))
        with refusal("C/second-factor"):
            here.centre.overrides.issue(stale, prepared.document, prepared.nonce)
        prepared = here.centre.overrides.prepare(fresh, here.wish(kind=OverrideKind.FLASH, stage=""))
        override = here.centre.overrides.issue(fresh, prepared.document, prepared.nonce)
        with refusal("C/second-factor"):
            here.centre.overrides.approve(here.actor("sam", 120_001), override.override_id, override.sha256)

    def test_every_refusal_is_written_down(self, here: World) -> None:
        with refusal("C/nonce"):
            here.centre.overrides.issue(here.actor("olga"), self._document(here), "0" * 32)
        actor, action, result = here.audit()[-1]
        assert (actor, action) == ("olga", "issue override")
        assert result.startswith("refused: C/nonce")

    @staticmethod
    def _document(here: World) -> dict[str, Any]:
        return here.centre.overrides.prepare(here.actor("olga"), here.wish()).document


class TestRoles:
    @pytest.mark.parametrize("login", ["viv", "eve", "adam"])
    def test_who_may_not_issue(self, here: World, login: str) -> None:
        with pytest.raises(ForbiddenError):
            here.centre.overrides.prepare(here.actor(login), here.wish())
        document = here.centre.overrides.prepare(here.actor("olga"), here.wish())
        with pytest.raises(ForbiddenError):
            here.centre.overrides.issue(here.actor(login), document.document, document.nonce)

    def test_an_operator_may_not_approve_and_not_release_what_is_not_theirs(self, here: World) -> None:
        override = here.issued(kind=OverrideKind.DARK, stage="")
        with pytest.raises(ForbiddenError):
            here.centre.overrides.approve(here.actor("otto"), override.override_id, override.sha256)
        with pytest.raises(ForbiddenError):
            here.centre.overrides.release(here.actor("otto"), override.override_id)

    def test_nobody_acts_beyond_their_district(self) -> None:
        with world(districts=2) as here, pytest.raises(ForbiddenError, match="d1"):
            wish = here.wish(scope=Scope(ScopeKind.LIST, ("c0", "c1")))
            here.centre.overrides.prepare(here.actor("olga", district="d0"), wish)

    @pytest.mark.parametrize("login", ["olga", "sam"])
    def test_issuer_and_supervisor_release(self, here: World, login: str) -> None:
        override = here.issued()
        over = here.centre.overrides.release(here.actor(login, 3_600_000), override.override_id)
        assert over.state is OverrideState.RELEASED
        assert in_force(here) == []
        with pytest.raises(ConflictError):
            here.centre.overrides.release(here.actor(login), override.override_id)

    def test_what_is_not_there(self, here: World) -> None:
        with pytest.raises(NotFoundError):
            here.centre.overrides.release(here.actor("sam"), "ov-1")
        with pytest.raises(NotFoundError):
            here.issued(scope=Scope(ScopeKind.DISTRICT, ("nowhere",)))
        with pytest.raises(InvalidInputError, match="no stage north"):
            here.issued(stage="north")


class TestTwoPersons:
    def test_which_overrides_need_two(self) -> None:
        with world(12, 2) as here:
            ten = Scope(ScopeKind.LIST, tuple(f"c{k}" for k in range(0, 12, 2)))
            cases = [
                ({}, False),
                ({"scope": ten}, False),
                ({"scope": Scope(ScopeKind.LIST, ("c0", "c1"))}, True),
                ({"kind": OverrideKind.FLASH, "stage": ""}, True),
                ({"kind": OverrideKind.DARK, "stage": ""}, True),
                ({"kind": OverrideKind.ALL_RED, "stage": "", "lasts_s": 120}, False),
                ({"kind": OverrideKind.ALL_RED, "stage": "", "lasts_s": 121}, True),
                ({"lasts_s": 1800}, False),
                ({"lasts_s": 1801}, True),
            ]
            for changes, two in cases:
                prepared = here.centre.overrides.prepare(here.actor("olga"), here.wish(**changes))
                assert bool(prepared.second) is two, (changes, prepared.second)

    def test_over_ten_cabinets(self) -> None:
        with world(11) as here:
            for n, two in ((10, False), (11, True)):
                scope = Scope(ScopeKind.LIST, tuple(f"c{k}" for k in range(n)))
                prepared = here.centre.overrides.prepare(here.actor("olga"), here.wish(scope=scope))
                assert bool(prepared.second) is two

    @pytest.mark.parametrize(
        ("login", "case", "ended_ms", "two"),
        [
            ("olga", "2025-7", None, True),
            ("olga", "other", None, True),
            ("otto", "2025-7", None, False),
            ("olga", " 2025-7", 3_600_000, True),
            ("olga", "2025-7", 3_600_001, False),
            ("olga", "other", 1, False),
        ],
    )
    def test_six_and_six_cabinets_are_twelve(self, login: str, case: str, ended_ms: int | None, two: bool) -> None:
        with world(12) as here:
            first = here.issued(scope=scope_of(range(6)))
            assert first.state is OverrideState.ACTIVE
            if ended_ms is not None:
                here.centre.overrides.release(here.actor("olga"), first.override_id)
                here.clock.pass_ms(ended_ms)
            four = here.centre.overrides.prepare(here.actor(login), here.wish(scope=scope_of(range(6, 10)), case=case))
            assert not four.second
            six = here.issued(login, scope=scope_of(range(6, 12)), case=case)
            assert six.state is (OverrideState.WAITING if two else OverrideState.ACTIVE)
            assert six.second == (("12 cabinets together with those before it, over 10",) if two else ())
            assert in_force(here, "c11") == ([] if two else [six.override_id])

    def test_what_a_second_person_approved_is_not_counted_again(self) -> None:
        with world(14) as here:
            big = here.issued(scope=scope_of(range(12)))
            here.centre.overrides.approve(here.actor("sam"), big.override_id, big.sha256)
            assert here.issued(scope=scope_of([12, 13])).state is OverrideState.ACTIVE

    def test_parts_that_are_to_begin_later_count_and_the_first_still_begins(self) -> None:
        with world(12) as here:
            at_ms = here.clock.utc_ms() + 400_000
            first = here.issued(scope=scope_of(range(6)), start_utc_ms=at_ms)
            second = here.issued(scope=scope_of(range(6, 12)), start_utc_ms=at_ms)
            assert (first.state, second.state) == (OverrideState.SCHEDULED, OverrideState.WAITING)
            here.centre.overrides.approve(here.actor("sam"), second.override_id, second.sha256)
            here.clock.pass_ms(400_000)
            here.centre.tick()
            assert in_force(here, "c0") == [first.override_id]
            assert in_force(here, "c11") == [second.override_id]

    def test_districts_of_a_case_and_all_red_of_a_cabinet_count_together(self) -> None:
        with world(4, 2) as here:
            here.issued()
            assert here.centre.overrides.prepare(here.actor("olga"), here.wish(scope=scope_of([1]))).second
            assert not here.centre.overrides.prepare(
                here.actor("olga"), here.wish(scope=scope_of([1]), case="o")
            ).second
            red = {"kind": OverrideKind.ALL_RED, "stage": "", "lasts_s": 100, "scope": scope_of([2])}
            here.issued(**red)
            here.clock.pass_ms(60_000)
            found = here.centre.overrides.prepare(here.actor("olga"), here.wish(**red | {"case": "o"}))
            assert found.second == ("all-red for over 120 s",)

    def flash(self, here: World) -> Override:
        override = here.issued(kind=OverrideKind.FLASH, stage="")
        assert override.state is OverrideState.WAITING
        assert in_force(here) == []
        return override

    def test_a_second_person_brings_it_into_force(self, here: World) -> None:
        override = self.flash(here)
        approved = here.centre.overrides.approve(here.actor("sam"), override.override_id, override.sha256)
        assert (approved.state, approved.approver) == (OverrideState.ACTIVE, "sam")
        assert in_force(here) == [override.override_id]
        with pytest.raises(ConflictError):
            here.centre.overrides.approve(here.actor("sue"), override.override_id, override.sha256)

    def test_nobody_approves_their_own(self, here: World) -> None:
        override = here.issued("sam", kind=OverrideKind.FLASH, stage="")
        with refusal("C/self"):
            here.centre.overrides.approve(here.actor("sam"), override.override_id, override.sha256)
        assert in_force(here) == []

    def test_another_hash_is_not_approved(self, here: World) -> None:
        override = self.flash(here)
        for sha256 in ("0" * 64, override.sha256[:-1] + ("0" if override.sha256[-1] != "0" else "1"), ""):
            with refusal("C/hash"):
                here.centre.overrides.approve(here.actor("sam"), override.override_id, sha256)

    @pytest.mark.parametrize(("wait_ms", "good"), [(300_000, True), (300_001, False)])
    def test_within_five_minutes(self, here: World, wait_ms: int, good: bool) -> None:
        override = self.flash(here)
        here.clock.pass_ms(wait_ms)
        if good:
            here.centre.overrides.approve(here.actor("sam"), override.override_id, override.sha256)
            return
        with refusal("C/late"):
            here.centre.overrides.approve(here.actor("sam"), override.override_id, override.sha256)

    def test_what_nobody_approves_lapses(self, here: World) -> None:
        override = self.flash(here)
        here.passes(300_000, 10_000)
        assert here.store.read(lambda r: override_of(r, override.override_id)).state is OverrideState.LAPSED
        with pytest.raises(ConflictError):
            here.centre.overrides.approve(here.actor("sam"), override.override_id, override.sha256)

    @pytest.mark.parametrize(
        ("login", "change"),
        [
            ("olga", {"disabled": True}),
            ("olga", {"role": Role.VIEWER}),
            ("sam", {"disabled": True}),
            ("sam", {"role": Role.OPERATOR}),
        ],
    )
    def test_both_are_looked_at_again_when_it_comes_into_force(
        self, here: World, login: str, change: dict[str, Any]
    ) -> None:
        start_ms = here.clock.utc_ms() + 10 * MINUTE_MS
        override = here.issued(kind=OverrideKind.FLASH, stage="", start_utc_ms=start_ms)
        here.centre.overrides.approve(here.actor("sam"), override.override_id, override.sha256)
        here.store.write(lambda t: t.people.put_user(replace(_user(t, login), **change)))
        here.passes(10 * MINUTE_MS, 10_000)
        over = here.store.read(lambda r: override_of(r, override.override_id))
        assert over.state is OverrideState.REFUSED
        assert over.why.startswith("C/right")
        assert in_force(here) == []

    def test_it_may_be_withdrawn_before(self, here: World) -> None:
        override = self.flash(here)
        over = here.centre.overrides.release(here.actor("olga"), override.override_id)
        assert over.state is OverrideState.WITHDRAWN

    def test_a_change_of_the_scope_after_the_preparation_is_found(self, here: World) -> None:
        actor = here.actor("olga")
        prepared = here.centre.overrides.prepare(actor, here.wish(scope=Scope(ScopeKind.CORRIDOR, ("ring",))))
        here.centre.registry.enrol("root", "c9", site_text("c9"), Place("d0", "ring"))
        with pytest.raises(InvalidInputError, match="other cabinets by now"):
            here.centre.overrides.issue(actor, prepared.document, prepared.nonce)


def _user(t: Any, login: str) -> User:
    user = t.people.user(login)
    assert user is not None
    return user


class TestTotals:
    def test_extensions_within_an_hour_count_together(self, here: World) -> None:
        here.issued(lasts_s=20 * 60)
        here.passes(21 * MINUTE_MS, MINUTE_MS)
        prepared = here.centre.overrides.prepare(here.actor("olga"), here.wish(lasts_s=15 * 60))
        assert prepared.total_ms == 35 * MINUTE_MS
        assert prepared.second == ("together over 30 min",)

    def test_after_an_hour_they_do_not(self, here: World) -> None:
        here.issued(lasts_s=20 * 60)
        here.passes(20 * MINUTE_MS, MINUTE_MS)
        for wait_ms, together in ((60 * MINUTE_MS, True), (1, False)):
            here.clock.pass_ms(wait_ms)
            prepared = here.centre.overrides.prepare(here.actor("olga"), here.wish(lasts_s=15 * 60))
            assert bool(prepared.second) is together

    def test_over_120_min_nobody_may(self, here: World) -> None:
        override = here.issued(lasts_s=110 * 60)
        here.centre.overrides.approve(here.actor("sam"), override.override_id, override.sha256)
        here.passes(111 * MINUTE_MS, MINUTE_MS)
        with refusal("C/total"):
            here.issued(lasts_s=11 * 60)
        assert here.issued(lasts_s=10 * 60).state is OverrideState.WAITING

    def test_what_was_released_counts_as_long_as_it_held(self, here: World) -> None:
        override = here.issued(lasts_s=30 * 60)
        here.passes(5 * MINUTE_MS, MINUTE_MS)
        here.centre.overrides.release(here.actor("olga"), override.override_id)
        prepared = here.centre.overrides.prepare(here.actor("olga"), here.wish(lasts_s=25 * 60))
        assert prepared.total_ms == 30 * MINUTE_MS

    def test_another_cabinet_is_another_total(self, here: World) -> None:
        here.issued(lasts_s=30 * 60)
        other = here.wish(lasts_s=30 * 60, scope=Scope(ScopeKind.JUNCTION, ("c1",)))
        assert not here.centre.overrides.prepare(here.actor("olga"), other).second

    def test_two_that_wait_are_weighed_when_they_come_into_force(self, here: World) -> None:
        first, second = here.issued(lasts_s=70 * 60), here.issued("otto", lasts_s=80 * 60, start_utc_ms=None)
        here.centre.overrides.approve(here.actor("sam"), first.override_id, first.sha256)
        approved = here.centre.overrides.approve(here.actor("sam"), second.override_id, second.sha256)
        assert approved.state is OverrideState.ACTIVE  # they overlap: together 80 min


class TestOrders:
    def test_the_last_one_activated_is_at_the_end_and_the_one_before_comes_back(self, here: World) -> None:
        first = here.issued(stage="side")
        here.clock.pass_ms(1000)
        second = here.issued("otto", stage="left", lasts_s=60)
        assert in_force(here) == [first.override_id, second.override_id]
        here.passes(60_000)
        assert in_force(here) == [first.override_id]

    def test_it_starts_later_and_is_armed_half_a_minute_before(self, here: World) -> None:
        override = here.issued(start_utc_ms=here.clock.utc_ms() + 90_000)
        assert override.state is OverrideState.SCHEDULED
        here.passes(59_000)
        assert in_force(here) == []
        here.passes(1_000)
        (order,) = here.orders().overrides
        assert order.start_utc_ms == override.document.start_utc_ms
        assert order.lasts_ms == 600_000

    def test_what_is_left_shrinks_with_each_version(self, here: World) -> None:
        here.issued(lasts_s=600)
        here.passes(100_000, 10_000)
        here.issued("otto", lasts_s=60)
        assert here.orders().overrides[0].lasts_ms == 500_000

    def test_a_green_route_goes_ahead_of_the_convoy_and_ends_behind_it(self, here: World) -> None:
        route = tuple(RouteStop(f"c{k}", "side", 100 * k + 60) for k in range(3))
        override = here.issued(kind=OverrideKind.GREEN_ROUTE, scope=None, stage="", route=route, convoy_s=20)
        start_ms = override.document.start_utc_ms
        orders = [here.orders(f"c{k}").overrides[0] for k in range(3)]
        for k, order in enumerate(orders):
            arrives_ms = start_ms + 1000 * (100 * k + 60)
            assert order.start_utc_ms <= arrives_ms - 10_000
            assert order.end_utc_ms == arrives_ms + 25_000
        assert [o.start_utc_ms for o in orders] == sorted(o.start_utc_ms for o in orders)
        assert orders[1].start_utc_ms > start_ms

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"ahead_s": 1}, "may need"),
            ({"convoy_s": 601}, "to pass"),
            ({"lasts_s": 60}, "only after the override ends"),
            ({"route": (RouteStop("c0", "side", 90), RouteStop("c1", "side", 60))}, "one after the other"),
        ],
    )
    def test_a_route_that_cannot_be(self, here: World, changes: dict[str, Any], words: str) -> None:
        route = (RouteStop("c0", "side", 60), RouteStop("c1", "side", 90))
        given = {"kind": OverrideKind.GREEN_ROUTE, "scope": None, "stage": "", "route": route}
        with pytest.raises(InvalidTimingError, match=words):
            here.issued(**given | changes)

    def test_all_cabinets_of_a_scope(self) -> None:
        with world(4, 2) as here:
            for scope, names in (
                (Scope(ScopeKind.DISTRICT, ("d1",)), {"c1", "c3"}),
                (Scope(ScopeKind.CORRIDOR, ("ring",)), {"c0", "c1", "c2", "c3"}),
                (Scope(ScopeKind.LIST, ("c2", "c0")), {"c0", "c2"}),
            ):
                prepared = here.centre.overrides.prepare(here.actor("olga"), here.wish(scope=scope))
                assert set(prepared.cabinets) == names

    def test_a_stage_for_each_cabinet(self, here: World) -> None:
        scope = Scope(ScopeKind.LIST, ("c0", "c1"))
        override = here.issued(scope=scope, stage="main", stages=(("c1", "left"),))
        assert [leg.stage for leg in override.document.legs] == ["main", "left"]
        with pytest.raises(InvalidInputError, match="not in the scope"):
            here.issued(stages=(("c2", "left"),))


class TestWithoutTheStore:
    def test_a_release_and_an_expiry_go_on_and_are_written_later(self, here: World, monkeypatch: Any) -> None:
        released, expires = here.issued(), here.issued("otto", lasts_s=60, scope=Scope(ScopeKind.JUNCTION, ("c1",)))

        def full(*_: Any) -> Any:
            raise StorageFullError("no space")

        with monkeypatch.context() as broken:
            broken.setattr(here.store, "write", full)
            over = here.centre.overrides.release(here.actor("olga"), released.override_id)
            assert (over.state, over.late) == (OverrideState.RELEASED, True)
            assert in_force(here) == []
            with pytest.raises(StorageFullError):
                here.issued()
            here.clock.pass_ms(61_000)
            here.centre.overrides.tick()
            assert in_force(here, "c1") == []
            served = here.orders("c1").version
        here.clock.pass_ms(1000)
        here.centre.tick()
        for override, state in ((released, OverrideState.RELEASED), (expires, OverrideState.EXPIRED)):
            kept = here.store.read(lambda r, o=override: override_of(r, o.override_id))
            assert (kept.state, kept.late) == (state, True)
        late = [one.record for one in here.store.read(lambda r: r.audit.records(limit=1000)) if one.record.late]
        assert [(one.actor, one.action) for one in late] == [("olga", "end override"), ("centre", "end override")]
        assert here.orders("c1").version > served

    def test_an_action_fails_with_its_audit_record(self, here: World, monkeypatch: Any) -> None:
        from signal_ctrl.stores.repositories import SqlTransaction

        def fails(*_: Any, **__: Any) -> int:
            raise StorageFullError("no space for the audit")

        monkeypatch.setattr(SqlTransaction, "record", fails)
        with pytest.raises(StorageFullError):
            here.issued()
        assert in_force(here) == []
        assert here.store.read(lambda r: r.shelf(OVERRIDES).count()) == 0


def test_a_centre_that_starts_again_goes_on(here: World) -> None:
    override = here.issued(lasts_s=120)
    here.clock.pass_ms(50_000)
    again = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
    again.start()
    assert [o.override_id for o in again.overrides.live()] == [override.override_id]
    here.clock.pass_ms(70_000)
    again.tick()
    assert not again.overrides.live()


def test_the_centre_is_killed_at_each_second_of_three_minutes(here: World) -> None:
    """What is in memory goes each second; the override ends in time, and the cabinet had its end from the first."""
    override = here.issued(lasts_s=180)
    end_ms = override.document.end_utc_ms
    for _ in range(185):
        here.centre = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
        here.centre.start()
        here.centre.overrides.tick()
        assert bool(in_force(here)) is (here.clock.utc_ms() < end_ms)
        for order in here.orders().overrides:
            assert order.end_utc_ms == end_ms
        here.clock.pass_ms(1000)
    assert here.store.read(lambda r: override_of(r, override.override_id)).ended_utc_ms == end_ms


def test_a_document_comes_back_and_each_change_has_another_hash(here: World) -> None:
    document = here.issued().document
    plain = document_json(document)
    assert document_of(plain) == document
    for change in ({"case": "x"}, {"note": "y"}, {"end_utc_ms": document.end_utc_ms + 1}, {"reason": "flood"}):
        assert document_hash(document_of(plain | change)) != document_hash(document)
    for broken in (
        {"format": "x"},
        {"more": 1},
        {"case": ""},
        {"kind": "green"},
        {"legs": []},
        {"legs": 3},
        {"end_utc_ms": True},
    ):
        with pytest.raises(InvalidInputError):
            document_of(plain | broken)


def test_after_a_restore_no_override_is_in_force(here: World) -> None:
    active, over = here.issued(lasts_s=600), here.issued("otto", lasts_s=60, scope=Scope(ScopeKind.JUNCTION, ("c1",)))
    waiting = here.issued(kind=OverrideKind.FLASH, stage="", scope=Scope(ScopeKind.JUNCTION, ("c2",)))
    here.clock.pass_ms(120_000)
    now_ms = here.clock.utc_ms()
    here.store.write(lambda t: end_restored_overrides(t, now_ms))
    again = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
    again.start()
    assert not again.overrides.live()
    states = {o.override_id: o.state for o in here.store.read(lambda r: r.shelf(OVERRIDES).find())}
    assert states == {
        active.override_id: OverrideState.RELEASED,
        over.override_id: OverrideState.EXPIRED,
        waiting.override_id: OverrideState.LAPSED,
    }
    assert [action for _, action, _ in here.audit()][-3:] == ["end override"] * 3


def test_orders_that_a_crash_took_away_are_overtaken(here: World, monkeypatch: Any) -> None:
    override, other = here.issued(), here.issued("otto", scope=Scope(ScopeKind.JUNCTION, ("c1",)))
    older = here.centre.orders.book.answer("c1", "", 0)

    def full(*_: Any) -> Any:
        raise StorageFullError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(here.store, "write", full)
        here.centre.overrides.release(here.actor("olga"), override.override_id)
    lost = here.centre.orders.book.answer("c0", "", 0)
    assert lost is not None
    here.centre = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
    here.centre.start()  # what was in memory alone is gone
    assert here.orders().version < orders_from_bytes(lost.body).version
    assert here.centre.orders.book.answer("c0", lost.etag, 0) is not None
    here.passes(1_000)
    assert here.orders().version > orders_from_bytes(lost.body).version
    assert in_force(here) == []  # what was released stays so
    version = here.orders().version
    here.centre.orders.book.answer("c0", lost.etag, 0)
    here.passes(2_000)
    assert here.orders().version == version  # it is overtaken once
    here.issued("otto", scope=Scope(ScopeKind.JUNCTION, ("c1",)), lasts_s=60)
    here.centre.orders.book.answer("c1", older.etag, 0)  # who is only behind loses nothing
    here.passes(1_000)
    assert other.override_id in in_force(here, "c1")


def test_who_is_far_behind_loses_nothing(here: World) -> None:
    """Orders that are forgotten in memory are still known to the store."""
    older = here.centre.orders.book.answer("c1", "", 0)
    for _ in range(2 * REMEMBERED):
        here.centre.orders.serve(
            here.store.write(lambda t: [here.centre.orders.make(t, cabinet_of(t, "c1"), "trial", here.clock.utc_ms())])
        )
    other = here.issued("otto", scope=Scope(ScopeKind.JUNCTION, ("c1",)))
    version = here.orders("c1").version
    here.centre.orders.book.answer("c1", older.etag, 0)
    here.passes(1_000)
    assert here.orders("c1").version == version
    assert other.override_id in in_force(here, "c1")


def test_who_is_slower_than_somebody_else_changes_nothing(here: World) -> None:
    """What is in memory is older than what is kept, as between two threads: what is kept counts."""
    override = here.issued(kind=OverrideKind.FLASH, stage="", lasts_s=1200)
    quicker = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
    quicker.start()
    quicker.overrides.approve(here.actor("sam"), override.override_id, override.sha256)
    with pytest.raises(ConflictError, match="is active by now"):
        here.centre.overrides.release(here.actor("olga"), override.override_id)
    here.clock.pass_ms(300_000)
    here.centre.overrides.tick()  # it would have lapsed, had nobody approved it
    kept = here.store.read(lambda r: override_of(r, override.override_id))
    assert (kept.state, kept.approver) == (OverrideState.ACTIVE, "sam")
    assert here.centre.overrides.live()[0].state is OverrideState.ACTIVE
    assert here.centre.overrides.release(here.actor("olga"), override.override_id).state is OverrideState.RELEASED


def test_what_was_withdrawn_meanwhile_is_not_started(here: World) -> None:
    override = here.issued(start_utc_ms=here.clock.utc_ms() + 60_000)
    quicker = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
    quicker.start()
    quicker.overrides.release(here.actor("olga"), override.override_id)
    here.passes(60_000, 10_000)
    assert in_force(here) == []
    assert here.store.read(lambda r: override_of(r, override.override_id)).state is OverrideState.WITHDRAWN
