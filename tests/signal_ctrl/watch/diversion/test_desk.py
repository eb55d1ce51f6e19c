"""The desk of diversions: proposed with their effect, ordered by one act, back by themselves, measured, audited."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.centre.plan_values import PLANS
from signal_ctrl.centre.plans import items
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, RefusedError
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.watch.diversion.board import VALID_MS
from signal_ctrl.watch.diversion.desk import LAPSES_MS, DiversionDesk
from signal_ctrl.watch.diversion.plan_dealer import GRACE_MS, RECOVERS_MS
from signal_ctrl.watch.diversion.values import DIVERSIONS, Diversion, DiversionState, Gate, Limit
from signal_ctrl.watch.incidents.values import (
    INCIDENTS,
    ClosingReason,
    Incident,
    IncidentKind,
    IncidentSeverity,
    IncidentState,
)
from tests.signal_ctrl.centre.worlds import plan
from tests.signal_ctrl.watch.diversion.small_town import Town, guidance, minute, small_town

MINUTE_MS = 60_000
HALF_HOUR_MS = 30 * MINUTE_MS


@pytest.fixture
def there() -> Iterator[Town]:
    with small_town() as made:
        yield made


def limit(there: Town, minutes: int = 30, left: float = 0.0, road: str = "b", incident: str = "") -> Limit:
    return Limit(road, left, there.now(), there.now() + minutes * MINUTE_MS, incident)


def proposed(there: Town, **more: object) -> Diversion:
    return there.desk.propose(there.here.actor("olga"), limit(there, **more))  # type: ignore[arg-type]


def ordered(there: Town, **more: object) -> Diversion:
    found = proposed(there, **more)
    return there.desk.order(there.here.actor("olga"), found.diversion_id)


def acts(there: Town) -> list[tuple[str, str]]:
    return [(who, action) for who, action, _ in there.here.audit()]


def incident(there: Town, state: IncidentState = IncidentState.CONFIRMED) -> Incident:
    confirmed_ms = there.now() if state is IncidentState.CONFIRMED else None
    kinds = (IncidentKind.BLOCKED_LANE, state, "b", IncidentSeverity.SEVERE)
    found = Incident("in-1", *kinds, 0.0, there.now(), there.now(), confirmed_utc_ms=confirmed_ms)
    there.here.store.write(lambda t: t.shelf(INCIDENTS).put(found))
    return found


def test_a_proposal_says_who_passes_which_way_is_left_and_what_it_would_bring(there: Town) -> None:
    found = proposed(there)
    assert found.state is DiversionState.PROPOSED
    assert found.plan.affected_veh_h == pytest.approx(500.0, rel=0.02)
    assert [way.roads for way in found.plan.ways] == [("a", "up", "over", "down", "c")]
    assert found.plan.ways[0].flow_veh_h == pytest.approx(0.4 * 500, rel=0.2)
    assert found.plan.delay_with_veh_h < found.plan.delay_without_veh_h
    assert {effect.road for effect in found.plan.effects} >= {"b", "a"}
    assert found.plan.texts[0].kind is MessageKind.DIVERSION


def test_a_proposal_acts_on_nothing(there: Town) -> None:
    proposed(there)
    assert there.desk.texts(there.now()) == ()
    assert there.plan_names() == ["day", "day"]
    assert acts(there)[-1] == ("olga", "propose diversion")


def test_an_order_puts_texts_on_signs_and_plans_to_the_signals_of_the_way(there: Town) -> None:
    found = ordered(there)
    (text,) = there.desk.texts(there.now())
    assert text.sign_id == "vms-1"
    assert text.zh == "Long Street封闭 请绕行Hill"
    assert text.en == "Long Street closed: Station use Hill"
    assert found.plan.cabinets == ("c0", "c1")
    there.passes(2_000)
    assert there.plan_names() == [found.issued_plan] * 2 == [found.diversion_id] * 2
    assert ("olga", "order diversion") in acts(there)


def test_the_plan_gives_the_way_more_and_the_closed_road_less_and_keeps_the_cycle(there: Town) -> None:
    found = ordered(there)
    there.passes(2_000)
    plan = there.here.orders("c0").plan
    assert plan is not None
    assert plan.cycle_ds == 800
    standing = {"main": 300, "left": 200, "side": 300}
    splits = dict(zip(plan.stages, plan.splits_ds, strict=True))
    assert splits["left"] > standing["left"]
    assert splits["main"] < standing["main"]
    other = there.here.orders("c1").plan
    assert other is not None
    assert dict(zip(other.stages, other.splits_ds, strict=True))["side"] > 300
    assert found.limit.until_utc_ms + GRACE_MS >= there.here.orders("c0").valid_until_utc_ms


def test_at_its_end_everything_goes_back_by_itself(there: Town) -> None:
    found = ordered(there)
    there.passes(HALF_HOUR_MS + 20_000, 20_000)
    done = there.desk.one(found.diversion_id)
    assert done.state is DiversionState.ENDED
    assert done.why == "its time is over"
    assert there.desk.texts(there.now()) == ()
    assert set(there.plan_names()) <= {"day", f"{found.diversion_id}-after"}
    there.passes(RECOVERS_MS + 20_000, 20_000)
    assert there.plan_names() == ["day", "day"]
    assert there.here.orders("c0").plan is not None
    assert ("centre", "end diversion") in acts(there)


def test_after_the_end_signals_let_the_queues_go_before_the_usual_plan_comes_back(there: Town) -> None:
    found = ordered(there)
    assert found.plan.recovery_cabinets
    there.passes(2_000)
    there.desk.end(there.here.actor("olga"), found.diversion_id, "")
    there.passes(2_000)
    after = f"{found.diversion_id}-after"
    names = dict(zip(("c0", "c1"), there.plan_names(), strict=True))
    assert {name for name, plan_ in names.items() if plan_ == after} == set(found.plan.recovery_cabinets)
    main = there.here.orders("c1").plan
    assert main is not None
    assert dict(zip(main.stages, main.splits_ds, strict=True))["main"] > 300
    again = DiversionDesk(there.here.centre, there.city)
    again.load()  # a centre that starts anew meanwhile brings the usual plans back, too
    there.here.clock.pass_ms(RECOVERS_MS)
    again.tick()
    there.here.centre.tick()
    assert there.plan_names() == ["day", "day"]


def test_it_ends_by_hand_and_once_only(there: Town) -> None:
    found = ordered(there)
    there.passes(2_000)
    done = there.desk.end(there.here.actor("sam"), found.diversion_id, "road is free")
    assert (done.state, done.why) == (DiversionState.ENDED, "road is free")
    there.passes(RECOVERS_MS + 20_000, 20_000)
    assert there.plan_names() == ["day", "day"]
    with pytest.raises(ConflictError, match="only an ordered one ends"):
        there.desk.end(there.here.actor("sam"), found.diversion_id, "again")


def test_it_ends_when_its_incident_is_cleared(there: Town) -> None:
    one = incident(there)
    own = there.desk.limit_of("in-1")
    found = there.desk.propose(there.here.actor("olga"), own)
    there.desk.order(there.here.actor("olga"), found.diversion_id)
    there.passes(5_000)
    assert there.desk.one(found.diversion_id).state is DiversionState.ORDERED
    over = replace(one, state=IncidentState.CLEARED, cleared_utc_ms=there.now(), closed_as=ClosingReason.OVER)
    there.here.store.write(lambda t: t.shelf(INCIDENTS).put(over))
    there.passes(2_000)
    assert there.desk.one(found.diversion_id).why == "incident in-1 is cleared"
    there.passes(RECOVERS_MS + 20_000, 20_000)
    assert there.plan_names() == ["day", "day"]


def test_cleared_ends_what_was_ordered_for_the_incident_at_once(there: Town) -> None:
    incident(there)
    found = there.desk.propose(there.here.actor("olga"), there.desk.limit_of("in-1"))
    there.desk.order(there.here.actor("olga"), found.diversion_id)
    assert there.desk.cleared("another") == ()
    assert [d.diversion_id for d in there.desk.cleared("in-1")] == [found.diversion_id]


def test_what_is_only_suspected_is_not_diverted(there: Town) -> None:
    incident(there, IncidentState.SUSPECTED)
    with pytest.raises(ConflictError, match="only a confirmed one"):
        there.desk.limit_of("in-1")
    with pytest.raises(NotFoundError):
        there.desk.limit_of("in-2")


def test_a_cabinet_that_got_another_plan_meanwhile_keeps_it(there: Town) -> None:
    found = ordered(there)
    there.passes(2_000)
    held = there.desk.one(found.diversion_id)
    there.here.centre.issuing.issue(there.here.actor("eve"), IssueWish("day", cabinets=("c0",)))
    there.passes(2_000)
    there.here.store.write(
        lambda t: t.shelf(DIVERSIONS).put(
            replace(held, plan=replace(held.plan, recovery_plan="", recovery_cabinets=()))
        )
    )
    there.desk.load()
    there.desk.end(there.here.actor("olga"), held.diversion_id, "")
    there.passes(2_000)
    assert there.plan_names() == ["day", "day"]
    reissued = [one for one in there.here.audit() if one[1] == "issue plan" and one[0] == "centre"]
    assert len(reissued) == 2  # the diversion's, and its way back for c1 alone


def test_it_survives_a_restart_of_the_centre(there: Town) -> None:
    found = ordered(there)
    again = DiversionDesk(there.here.centre, there.city)
    assert again.texts(there.now()) == ()
    again.load()
    assert [text.source for text in again.texts(there.now())] == [found.diversion_id]
    assert again.guidance.guidance == guidance()
    assert again.board.one("vms-1", there.now()).text is not None


@pytest.mark.parametrize("login", ["eve", "vera", "anna"])
def test_only_operators_and_supervisors_divert(there: Town, login: str) -> None:
    found = proposed(there)
    actor = there.here.actor(login)
    for act in (
        lambda: there.desk.propose(actor, limit(there)),
        lambda: there.desk.order(actor, found.diversion_id),
        lambda: there.desk.end(actor, found.diversion_id, ""),
    ):
        with pytest.raises(ForbiddenError):
            act()
    assert there.desk.one(found.diversion_id) == found


def test_without_a_second_factor_nobody_diverts(there: Town) -> None:
    with pytest.raises(ForbiddenError, match="second factor"):
        there.desk.propose(there.here.actor("olga", None), limit(there))


def test_a_road_is_diverted_once_and_an_old_proposal_lapses(there: Town) -> None:
    first, second, third = proposed(there), proposed(there), proposed(there)
    there.desk.order(there.here.actor("olga"), first.diversion_id)
    with pytest.raises(ConflictError, match="diverted already"):
        there.desk.order(there.here.actor("olga"), second.diversion_id)
    with pytest.raises(ConflictError, match="is ordered or too old"):
        there.desk.order(there.here.actor("olga"), first.diversion_id)
    there.passes(LAPSES_MS + 2 * MINUTE_MS, 30_000)
    assert there.desk.one(third.diversion_id).state is DiversionState.LAPSED
    with pytest.raises(ConflictError, match="propose it anew"):
        there.desk.order(there.here.actor("olga"), third.diversion_id)


def test_where_there_is_no_way_round_nothing_can_be_ordered(there: Town) -> None:
    found = proposed(there, road="a")
    assert found.plan.ways == ()
    with pytest.raises(ConflictError, match="nothing to order"):
        there.desk.order(there.here.actor("olga"), found.diversion_id)


def test_a_plan_that_a_site_cannot_keep_stops_the_order_and_changes_nothing(
    there: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = proposed(there)

    def refuse(*_: object) -> None:
        raise RefusedError("K9/change", "no")

    monkeypatch.setattr(there.here.centre.issuing, "follow", refuse)
    with pytest.raises(RefusedError):
        there.desk.order(there.here.actor("olga"), found.diversion_id)
    assert there.desk.one(found.diversion_id).state is DiversionState.PROPOSED
    assert there.desk.texts(there.now()) == ()
    assert there.plan_names() == ["day", "day"]


def test_unknown_roads_times_and_shares_are_refused(there: Town) -> None:
    olga = there.here.actor("olga")
    with pytest.raises(InvalidInputError, match="no road 'x'"):
        there.desk.propose(olga, limit(there, road="x"))
    for compliance in (0.0, 1.1, float("nan")):
        with pytest.raises(InvalidInputError, match="compliance"):
            there.desk.propose(olga, limit(there), compliance)
    with pytest.raises(InvalidInputError):
        Limit("b", 1.0, 0, HALF_HOUR_MS)
    with pytest.raises(InvalidInputError):
        Limit("b", 0.0, 0, 60_000)
    there.city.known.clear()
    with pytest.raises(ConflictError, match="first minute"):
        there.desk.propose(olga, limit(there))
    there.city.roads = None
    with pytest.raises(ConflictError, match="roads import"):
        there.desk.propose(olga, limit(there))


def test_the_ledger_counts_vehicles_beyond_the_usual_minute_by_minute(there: Town) -> None:
    found = ordered(there)
    assert found.brought is not None
    n = len(found.plan.effects)
    assert found.brought.usual_veh == pytest.approx(5.0 * n)
    there.minutes_pass(10, vehicles=11.0)
    there.passes(MINUTE_MS + 2_000, 2_000)
    row = there.desk.one(found.diversion_id).brought
    assert row is not None
    assert row.minutes in (10, 11)
    assert row.measured_veh_h == pytest.approx(6.0 * n * 10 / 60, rel=0.12)
    assert row.predicted_with_veh_h == found.plan.delay_with_veh_h


def test_a_sign_shows_what_goes_first_and_goes_blank_when_nobody_confirms(there: Town) -> None:
    ordered(there)
    now = there.now()
    board = there.desk.board
    parking = SignText("vms-1", MessageKind.PARKING, "停车场 空 12", "Car park 12 free", now, now + 60_000, "p")
    board.add(lambda _: (parking,))
    shown = board.one("vms-1", now)
    assert shown.text is not None
    assert shown.text.kind is MessageKind.DIVERSION
    assert shown.waiting == (parking,)
    assert shown.valid_until_utc_ms == now + VALID_MS
    closed = SignText("vms-1", MessageKind.SAFETY, "前方封闭", "Closed ahead", now, now + 30_000, "police")
    board.add(lambda _: (closed,))
    first = board.one("vms-1", now)
    assert (first.text, first.valid_until_utc_ms) == (closed, now + 30_000)
    assert board.one("vms-2", now).text is None
    assert [one.sign_id for one in board.all(now)] == ["vms-1", "vms-2"]
    with pytest.raises(NotFoundError, match="signs import"):
        board.one("vms-9", now)


def test_every_diversion_is_on_the_shelf(there: Town) -> None:
    found = ordered(there)
    kept = there.here.store.read(lambda r: r.shelf(DIVERSIONS).get(found.diversion_id))
    assert kept == found
    assert there.desk.listed("ordered") == (found,)
    assert [item.name for item in there.here.store.read(lambda r: items(r, PLANS, found.issued_plan))] == [
        found.issued_plan
    ]


def gated(there: Town) -> Diversion:
    """A diversion with a gate at c0 that protects `over`, ordered."""
    found = proposed(there)
    opened = plan_to_json(plan("c0", title=f"{found.diversion_id}-open", offset_ds=100))
    gates = (Gate("a", "c0", 300.0, 180.0),)
    own = replace(found.plan, open_plan=opened, gate_cabinets=("c0",), gates=gates, area=("over",), best_veh=10.0)
    there.here.store.write(lambda t: t.shelf(DIVERSIONS).put(replace(found, plan=own)))
    return there.desk.order(there.here.actor("olga"), found.diversion_id)


def test_gates_hold_back_first_open_when_their_area_is_free_and_close_when_it_fills(there: Town) -> None:
    found = gated(there)
    name = found.diversion_id
    there.passes(2_000)
    assert there.plan_names() == [name, name]
    there.minutes_pass(3, vehicles=4.0)
    assert there.plan_names() == [f"{name}-open", name]
    there.minutes_pass(4, vehicles=40.0)
    assert there.plan_names() == [name, name]
    there.minutes_pass(3, vehicles=4.0)
    there.desk.end(there.here.actor("olga"), name, "")
    there.passes(RECOVERS_MS + 20_000, 20_000)
    assert there.plan_names() == ["day", "day"]


def test_a_gate_that_cannot_be_switched_stays_and_is_written_down(there: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gated(there)
    there.passes(2_000)

    def refuse(*_: object) -> None:
        raise RefusedError("K9/change", "no")

    monkeypatch.setattr(there.here.centre.issuing, "follow", refuse)
    there.minutes_pass(3, vehicles=4.0)
    assert there.plan_names() == [found.diversion_id] * 2
    assert any(act == "switch gates" and "K9/change" in result for _, act, result in there.here.audit())


def test_gates_that_stood_open_when_the_centre_was_started_anew_close_when_their_area_fills(there: Town) -> None:
    found = gated(there)
    name = found.diversion_id
    there.passes(2_000)
    there.minutes_pass(3, vehicles=4.0)
    assert there.plan_names() == [f"{name}-open", name]
    assert there.city.roads is not None
    there.city.known.append(minute(there.city.roads, there.now() - there.now() % MINUTE_MS, 40.0))
    there.desk = DiversionDesk(there.here.centre, there.city)
    there.desk.load()
    there.minutes_pass(4, vehicles=40.0)
    assert there.plan_names() == [name, name]
