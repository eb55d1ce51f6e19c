"""Dispatch over every store: missions from opening to close, each act with its audit record or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.override_checks import override_of
from signal_ctrl.centre.override_values import OverrideState
from signal_ctrl.centre.ticket_desk import ticket_of
from signal_ctrl.centre.tickets import TicketState
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from signal_ctrl.stores.opening import open_folder, open_memory, open_postgres
from signal_ctrl.watch.dispatch.dispatch import Dispatch
from signal_ctrl.watch.dispatch.mission_desk import mission_of, missions
from signal_ctrl.watch.dispatch.missions import MissionState, Need
from signal_ctrl.watch.dispatch.units import UnitKind, UnitPosition, UnitState
from signal_ctrl.watch.observations import Position, TagRead
from tests.signal_ctrl.watch.dispatch.streets import UNITS, grid, minute, place
from tests.signal_ctrl.watch.dispatch.watch_worlds import WatchWorld


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WatchWorld]:
    if request.param == "postgresql":
        store = open_postgres(tmp_path / "data", request.getfixturevalue("new_database")(), ballast_bytes=4096)
    else:
        store = open_memory() if request.param == "memory" else open_folder(tmp_path / "data", ballast_bytes=4096)
    yield WatchWorld(store)
    store.close()


def test_a_mission_from_opening_to_close(world: WatchWorld) -> None:
    desk, olga, vera = world.dispatch.missions, world.actor("olga"), world.actor("vera")
    ticket = world.centre.tickets.open(olga, Facility.CABINET, "c1", "", "door open")
    mission = world.mission(ticket=ticket.ticket_id, priority=2)
    sent = desk.assign(olga, mission.mission_id)
    assert (sent.unit, sent.state, world.unit("p1").state) == ("p1", MissionState.ASSIGNED, UnitState.ASSIGNED)
    assert sent.arrival is not None and sent.arrival.low_s <= sent.arrival.travel_s <= sent.arrival.high_s
    assert world.store.read(lambda r: ticket_of(r, ticket.ticket_id)).assigned_to == "p1"
    desk.status(vera, mission.mission_id, MissionState.EN_ROUTE)  # the crew of p1 itself
    world.clock.pass_ms(60_000)
    there = desk.status(vera, mission.mission_id, MissionState.ON_SCENE)
    assert there.arrived_utc_ms == world.clock.utc_ms()
    with pytest.raises(ForbiddenError, match="keep tickets"):
        desk.close(vera, mission.mission_id, "door shut", ticket_too=True)
    closed = desk.close(world.actor("olga"), mission.mission_id, "door shut", ticket_too=True)
    assert [step.state.value for step in closed.history] == ["open", "assigned", "en route", "on scene", "closed"]
    assert (world.unit("p1").state, world.unit("p1").mission) == (UnitState.RETURNING, "")
    assert world.store.read(lambda r: ticket_of(r, ticket.ticket_id)).state is TicketState.CLOSED
    assert world.dispatch.units.set_state(vera, "p1", UnitState.FREE).state is UnitState.FREE
    said = [(who, what) for who, what, _ in world.audit()]
    for each in ("import units", "open mission", "assign mission", "close mission", "close ticket"):
        assert ("olga", each) in said
    assert ("vera", "status of mission") in said and ("vera", "set unit") in said


def test_what_is_refused_changes_nothing_and_is_written_down(world: WatchWorld) -> None:
    desk, mission = world.dispatch.missions, world.mission()
    desk.assign(world.actor("olga"), mission.mission_id, "p1")
    before = world.store.read(lambda r: mission_of(r, mission.mission_id))
    with pytest.raises(ConflictError, match="is assigned; from there"):
        desk.assign(world.actor("olga"), mission.mission_id, "p2")
    with pytest.raises(ConflictError):
        desk.close(world.actor("olga"), mission.mission_id, "done")
    assert world.store.read(lambda r: mission_of(r, mission.mission_id)) == before
    assert world.unit("p2").state is UnitState.FREE
    assert [r for _, a, r in world.audit() if a == "assign mission" and r.startswith("refused")]
    other = world.mission()
    with pytest.raises(ConflictError, match="cannot go: another kind"):
        desk.assign(world.actor("olga"), other.mission_id, "t1")
    with pytest.raises(ConflictError, match="cannot go: assigned"):
        desk.assign(world.actor("olga"), other.mission_id, "p1")
    with pytest.raises(NotFoundError):
        desk.assign(world.actor("olga"), other.mission_id, "nobody")
    assert desk.assign(world.actor("olga"), other.mission_id).unit == "p2"
    with pytest.raises(ConflictError, match="nobody is suitable"):
        desk.assign(world.actor("olga"), world.mission().mission_id)


def test_links_have_to_be_there(world: WatchWorld) -> None:
    with pytest.raises(NotFoundError, match="there is no incident"):
        world.mission(incident="in-1")
    with pytest.raises(NotFoundError, match="there is no ticket"):
        world.mission(ticket="ti-1")
    with pytest.raises(InvalidInputError, match="no road"):
        world.mission(road="nowhere")
    with pytest.raises(InvalidInputError, match="no road is near"):
        world.mission(place=(0.0, 0.0))
    assert world.store.read(lambda r: missions(r, "all")) == ()
    with pytest.raises(InvalidInputError, match="who closes it"):
        world.dispatch.missions.close(world.actor("olga"), world.mission().mission_id, "  ")


def test_who_is_taken_off_is_free_for_another_one(world: WatchWorld) -> None:
    desk, olga = world.dispatch.missions, world.actor("olga")
    mission = desk.assign(olga, world.mission().mission_id, "p1")
    opened = desk.status(olga, mission.mission_id, MissionState.OPEN, "broke down")
    assert (opened.unit, opened.state, world.unit("p1").state) == ("", MissionState.OPEN, UnitState.RETURNING)
    world.dispatch.units.set_state(olga, "p1", UnitState.OUT_OF_SERVICE, "flat tyre")
    assert desk.assign(olga, mission.mission_id).unit == "p2"
    cancelled = desk.cancel(olga, mission.mission_id, "gone by itself")
    assert (cancelled.state, world.unit("p2").state) == (MissionState.CANCELLED, UnitState.RETURNING)
    with pytest.raises(ConflictError):
        desk.status(olga, mission.mission_id, MissionState.OPEN)


def test_all_open_missions_at_once_and_all_or_none(world: WatchWorld) -> None:
    desk, olga = world.dispatch.missions, world.actor("olga")
    low = world.mission(priority=4)
    tow = world.mission(need=Need((UnitKind.TOW,)))
    deal = desk.deal()
    assert {(p.mission, p.unit) for p in deal.pairs} == {(low.mission_id, "p1"), (tow.mission_id, "t1")}
    both = world.mission(priority=4)
    deal = desk.deal()  # one patrol stays in the district, for priority 4
    assert len(deal.pairs) == 2 and len(deal.waiting) == 1 and deal.uncovered == ()
    urgent = world.mission(priority=1)
    deal = desk.deal()
    assert urgent.mission_id in [p.mission for p in deal.pairs]
    pairs = [(p.mission, p.unit) for p in deal.pairs]
    with pytest.raises(ConflictError):
        desk.assign_all(olga, [*pairs, (both.mission_id, "m1")])
    assert all(m.state is MissionState.OPEN for m in world.store.read(missions))
    with pytest.raises(InvalidInputError):
        desk.assign_all(olga, [(low.mission_id, "p1"), (urgent.mission_id, "p1")])
    assert len(desk.assign_all(olga, pairs)) == len(pairs)


def test_a_green_route_lasts_until_the_unit_is_there(world: WatchWorld) -> None:
    desk, olga = world.dispatch.missions, world.actor("olga")
    mission = world.mission(road="r20-30")
    with pytest.raises(ConflictError, match="no unit is under way"):
        world.dispatch.green_route(olga, mission.mission_id, {})
    desk.assign(olga, mission.mission_id, "p1")
    prepared = world.dispatch.green_route(olga, mission.mission_id, {})
    assert prepared.cabinets == ("c0", "c1")
    override = world.centre.overrides.issue(olga, prepared.document, prepared.nonce)
    assert override.state is OverrideState.ACTIVE and override.document.case == mission.mission_id
    assert [leg.stage for leg in override.document.legs] == ["main", "main"]
    assert override.document.legs[0].end_utc_ms < override.document.legs[1].end_utc_ms
    desk.status(olga, mission.mission_id, MissionState.EN_ROUTE)
    assert world.store.read(lambda r: override_of(r, override.override_id)).state is OverrideState.ACTIVE
    desk.status(olga, mission.mission_id, MissionState.ON_SCENE)
    assert world.store.read(lambda r: override_of(r, override.override_id)).state is OverrideState.RELEASED
    assert world.orders("c0").overrides == () and world.centre.overrides.live() == ()


def test_a_turn_without_a_stage_is_named(world: WatchWorld) -> None:
    olga, mission = world.actor("olga"), world.mission(road="r30-40", place=place(3.5, 0.0))
    world.dispatch.missions.assign(olga, mission.mission_id, "p1")
    with pytest.raises(InvalidInputError, match=r"no stage is known for c2 \(r20-30 to r30-40\)"):
        world.dispatch.green_route(olga, mission.mission_id, {})
    assert world.dispatch.green_route(olga, mission.mission_id, {"c2": "side"}).cabinets == ("c0", "c1", "c2")


def test_positions_come_from_devices_and_feeds_and_late_ones_change_nothing(world: WatchWorld) -> None:
    units, now_ms = world.dispatch.units, world.clock.utc_ms()
    units.report(world.actor("vera"), UnitPosition("p1", *place(1.0, 0.0), now_ms, "device"))
    with pytest.raises(NotFoundError):
        units.report(world.actor("vera"), UnitPosition("p2", *place(1.0, 0.0), now_ms, "device"))
    with pytest.raises(ForbiddenError):
        units.report(world.actor("eve"), UnitPosition("p1", *place(1.0, 0.0), now_ms, "device"))
    with pytest.raises(InvalidInputError):
        units.report(world.actor("vera"), UnitPosition("p1", *place(1.0, 0.0), now_ms + 60_000, "device"))
    seen = [
        Position("v1", now_ms - 1, *place(3.0, 0.0)),
        Position("v1", now_ms + 3_600_000, *place(3.0, 0.0)),
        Position("stranger", now_ms + 5, *place(3.0, 0.0)),
        TagRead("reader", "v1", now_ms),
    ]
    assert world.dispatch.taken(seen) == 0
    assert world.dispatch.taken([Position("v1", now_ms + 5, *place(2.0, 0.0), 8.0, 90.0)] * 2) == 1
    again = Dispatch(world.centre, world.roads)
    again.load()
    assert again.units.positions == units.positions
    assert units.positions["p1"] == UnitPosition("p1", *place(2.0, 0.0), now_ms + 5, "feed", 90.0)


def test_an_import_keeps_who_is_on_a_mission(world: WatchWorld) -> None:
    olga, mission = world.actor("olga"), world.mission()
    world.dispatch.missions.assign(olga, mission.mission_id, "p1")
    alone = UNITS[: UNITS.index('[[unit]]\nname = "p2"')]
    world.dispatch.units.import_(olga, alone)
    assert (world.unit("p1").mission, world.unit("p2").state) == (mission.mission_id, UnitState.OUT_OF_SERVICE)
    with pytest.raises(ConflictError, match="not in the document"):
        world.dispatch.units.import_(olga, alone.replace('"p1"', '"p9"'))
    world.dispatch.units.import_(olga, UNITS)
    assert world.unit("p2").state is UnitState.FREE
    for other in (world.actor("eve"), world.actor("vera"), world.actor("olga", district="d0")):
        with pytest.raises(ForbiddenError):
            world.dispatch.units.import_(other, UNITS)


def test_travel_times_are_those_of_now(world: WatchWorld) -> None:
    desk, mission = world.dispatch.missions, world.mission(road="r20-30")
    assert desk.propose(mission.mission_id).times == "free flow"
    free = desk.propose(mission.mission_id).arrivals
    now_ms = world.clock.utc_ms() // 60_000 * 60_000
    jam = {"r10-20": 400.0, "r11-21": 400.0, "r12-22": 400.0, "r13-23": 400.0}
    world.roads.minute = minute(grid(), now_ms, jam)
    jammed = desk.propose(mission.mission_id)
    assert jammed.times.startswith("minute") and {a.unit: a for a in jammed.arrivals}["p1"].travel_s > 400
    assert free[0].unit == "p1" and jammed.arrivals[0].unit == "p2"
    world.clock.pass_ms(11 * 60_000)
    assert desk.propose(mission.mission_id).times == "free flow"
    world.roads.given = None
    with pytest.raises(NotFoundError, match="no road network"):
        desk.propose(mission.mission_id)


def test_a_district_of_somebody_else_is_left_alone(world: WatchWorld) -> None:
    mission = world.mission()
    away = world.actor("olga", district="elsewhere")
    for act in (
        lambda: world.dispatch.missions.assign(away, mission.mission_id),
        lambda: world.dispatch.missions.cancel(away, mission.mission_id, "no"),
        lambda: world.dispatch.units.set_state(away, "p1", UnitState.OUT_OF_SERVICE),
    ):
        with pytest.raises(ForbiddenError):
            act()
    assert world.unit("p1").state is UnitState.FREE
    assert replace(world.unit("p1"), note="x").note == "x"
