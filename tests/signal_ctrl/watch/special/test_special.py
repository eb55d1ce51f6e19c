"""Corridors of the centre: what cabinets get, when it ends, who may, and what is written down."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from signal_ctrl.centre.ports import Importance
from signal_ctrl.centre.preemptions import LONGEST_MS, PREEMPTIONS
from signal_ctrl.domain.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    StorageError,
    StorageFullError,
    StorageLostError,
)
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.dispatch.missions import MissionState
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.observations import Position, TagRead, VehicleKind
from signal_ctrl.watch.special.corridor import VehicleClass
from signal_ctrl.watch.special.corridor_desk import GONE_S
from signal_ctrl.watch.special.limits import REQUESTS_H, VEHICLE_JUNCTION_H
from signal_ctrl.watch.special.ports import RoadNow
from signal_ctrl.watch.special.special import DevicePosition, RoadsNow
from signal_ctrl.watch.special.values import CORRIDORS, SPECIAL_VEHICLES, SpecialVehicle
from tests.signal_ctrl.watch.dispatch.streets import place
from tests.signal_ctrl.watch.special.special_worlds import EAST, SpecialWorld


def driven(
    world: SpecialWorld, name: str = "fire1", upto: float = 4.0, held: dict[str, list[float]] | None = None
) -> None:
    """Drive east at 10 m/s, 290 m a step of the grid, with a report each second; note where each cabinet was held."""
    x = 0.0
    while x <= upto:
        world.at(name, x)
        world.passes(1_000)
        for cabinet in world.cabinets:
            if held is not None and world.held(cabinet):
                held.setdefault(cabinet, []).append(x)
        if world.special.corridors.underway(name) is None:
            return
        x += 10 / 290


def test_each_cabinet_gets_its_hold_ahead_of_the_vehicle_and_loses_it_behind(world: SpecialWorld) -> None:
    world.asked()
    held: dict[str, list[float]] = {}
    driven(world, held=held)
    assert list(held) == ["c0", "c1", "c2"]
    for k, cabinet in enumerate(world.cabinets):
        assert held[cabinet][0] < k + 1 and k + 1.05 <= held[cabinet][-1] <= k + 1.25, cabinet
    assert not any(world.held(cabinet) for cabinet in world.cabinets)
    assert world.special.corridors.live() == ()
    (over,) = world.store.read(lambda r: r.shelf(CORRIDORS).find())
    assert (over.why, over.ended_by) == ("the vehicle is there", "centre")


def test_what_a_cabinet_gets_is_row_3_and_ends_by_itself(world: SpecialWorld) -> None:
    world.asked()
    world.at("fire1", 0.5)
    world.passes(1_000)
    (order,) = world.held("c0")
    assert (order.kind, order.stage) == (OverrideKind.HOLD_STAGE, "main")
    assert 0 < order.lasts_ms <= LONGEST_MS and order.end_utc_ms - order.start_utc_ms <= LONGEST_MS
    for _ in range(190):
        world.at("fire1", 0.9)  # it stands
        world.passes(1_000)
    assert not world.held("c0")
    ended = world.store.read(lambda r: r.shelf(PREEMPTIONS).find({"corridor": order_corridor(world)}))
    assert {one.why for one in ended if one.cabinet == "c0"} == {"time-out"}


def order_corridor(world: SpecialWorld) -> str:
    (live,) = world.special.corridors.live()
    return live.corridor


def test_every_step_is_written_down(world: SpecialWorld) -> None:
    world.asked()
    driven(world)
    acts = world.acts()
    assert acts.count(("vehicle:fire1", "keep junction")) == 3
    assert acts.count(("vehicle:fire1", "give junction back")) == 3
    assert acts.count(("vehicle:fire1", "enter road")) == 4
    assert ("olga", "request corridor") in acts and ("centre", "end corridor") in acts
    assert ("root", "register vehicle") in acts


def test_every_metre_that_it_drove_can_be_read_off_the_audit(world: SpecialWorld) -> None:
    """Where it came onto each road and how far along its way, where it left that way, and where the corridor ended."""
    world.asked()
    for x in (0.5, 1.0):
        world.at("fire1", x)
        world.passes(1_000)
    world.special.report_by_device("special.fire1", DevicePosition(place(1.0, 0.3), 0.0))  # it turned left
    world.passes(1_000)
    world.special.end(world.actor("olga"), "fire1")
    told = {action: result for _, action, result in world.audit()}
    entered = [result for _, action, result in world.audit() if action == "enter road"]
    assert [text.split(" at ")[0] for text in entered] == ["r00-10", "r10-20", "r10-11"]
    assert told["change way"].startswith("from r10-11 to ")
    assert told["change way"].endswith(", on r10-20 at 300 m")
    assert told["end corridor"] == "ended by hand, on r10-11 at 90 m"


def test_the_fire_engine_goes_before_the_police(world: SpecialWorld) -> None:
    world.asked("pol1")
    world.at("pol1", 0.5)
    world.passes(1_000)
    (first,) = world.held("c0")
    world.asked("fire1")
    world.at("fire1", 0.4)
    world.passes(1_000)
    (second,) = world.held("c0")
    assert second.override_id != first.override_id
    kept = world.store.read(lambda r: r.shelf(PREEMPTIONS).several([first.override_id, second.override_id]))
    assert kept[first.override_id].why.startswith("followed by") and kept[second.override_id].vehicle == "fire1"
    world.special.end(world.actor("olga"), "fire1")
    world.passes(1_000)
    (third,) = world.held("c0")
    assert world.store.read(lambda r: r.shelf(PREEMPTIONS).get(third.override_id)).vehicle == "pol1"


def test_a_unit_on_a_mission_gets_its_corridor_until_it_is_there(world: SpecialWorld) -> None:
    mission = world.mission(place=place(3.4, 0.0)).mission_id
    world.dispatch.missions.assign(world.actor("olga"), mission, "p1")
    corridor = world.special.request(world.actor("olga"), mission=mission)
    assert (corridor.vehicle, corridor.mission) == ("fire1", mission)
    assert corridor.departs_utc_ms - corridor.asked_utc_ms == 60_000  # it leaves home
    world.passes(70_000)
    assert world.held("c0")
    world.dispatch.missions.status(world.actor("olga"), mission, MissionState.ON_SCENE)
    world.passes(2_000)
    assert not world.held("c0") and world.special.corridors.live() == ()


def test_a_vehicle_asks_itself_and_is_followed_off_its_way(world: SpecialWorld) -> None:
    corridor = world.special.request_by_device("special.fire1", DevicePosition(place(0.2, 0.0), EAST))
    assert corridor.predicted and corridor.roads[:2] == ("r00-10", "r10-20")
    world.passes(1_000)
    world.special.report_by_device("special.fire1", DevicePosition(place(1.0, 0.3), 0.0))  # it turned left
    (live,) = world.special.corridors.live()
    assert live.roads[0] == "r10-11"
    assert ("vehicle:fire1", "change way") in world.acts()


def test_nobody_flies_onto_another_way(world: SpecialWorld) -> None:
    world.asked()
    world.at("fire1", 0.5)
    world.passes(1_000)
    world.special.report_by_device("special.fire1", DevicePosition(place(3.0, 3.0), EAST))
    (live,) = world.special.corridors.live()
    assert live.roads[0] == "r00-10" and not live.predicted
    assert ("vehicle:fire1", "change way") not in world.acts()


def test_positions_of_feeds_and_reads_of_e_plates_move_it_on(world: SpecialWorld) -> None:
    world.asked("fire1")
    world.asked("pol1")
    world.passes(40_000)
    now_ms = world.clock.utc_ms()
    lon, lat = place(0.5, 0.0)
    seen = Position("taxis/p", now_ms, lon, lat, 10.0, EAST, VehicleKind.SPECIAL)
    forged = Position("others/p", now_ms, *place(3.0, 0.0), 10.0, EAST)
    world.special.taken([TagRead("gate", "T1", now_ms), TagRead("gate", "T2", now_ms), seen, forged])
    for name, along_m in (("fire1", 400.0), ("pol1", 150.0)):
        underway = world.special.corridors.underway(name)
        assert underway is not None and underway.report.along_m == pytest.approx(along_m, abs=3)


def test_a_position_far_from_every_road_costs_no_other_report(world: SpecialWorld) -> None:
    world.asked("fire1")
    world.asked("pol1")
    world.passes(40_000)
    now_ms = world.clock.utc_ms()
    astray = Position("taxis/p", now_ms, 0.0, 0.0, 10.0, EAST, VehicleKind.SPECIAL)
    world.special.taken([astray, TagRead("gate", "T1", now_ms)])
    underway = world.special.corridors.underway("fire1")
    assert underway is not None and underway.report.along_m == pytest.approx(400.0, abs=3)


def test_who_gives_way_to_one_that_is_refused_keeps_nothing_behind(world: SpecialWorld) -> None:
    world.asked("pol1")
    world.at("pol1", 0.5)
    world.passes(1_000)
    assert world.held("c0")
    for _ in range(VEHICLE_JUNCTION_H):
        world.special.corridors._limits.junction("fire1", "c0", world.clock.mono_ms() / 1000)
    world.asked("fire1")
    world.at("fire1", 0.4)
    world.passes(1_000)  # it goes first, and is refused
    world.special.end(world.actor("olga"), "pol1")
    world.passes(1_000)
    assert not world.held("c0") and not [one for one in world.special.corridors.kept() if one.cabinet == "c0"]


def test_of_a_road_that_is_gone_from_the_network_nothing_is_known(world: SpecialWorld) -> None:
    network = world.roads.given
    assert network is not None
    floats, flags = np.zeros(len(network.roads)), np.zeros(len(network.roads), np.uint8)
    world.roads.minute = CityMinute(0, *[floats] * 7, flags, flags)
    assert RoadsNow(world.roads).state_of("torn down") == RoadNow()


def test_who_asks_too_often_or_was_revoked_is_refused(world: SpecialWorld) -> None:
    for _ in range(REQUESTS_H):
        world.asked()
        world.special.end(world.actor("olga"), "fire1")
    with pytest.raises(RefusedError, match="E/vehicle-rate"):
        world.asked()
    world.asked("pol1")
    world.special.revoke("root", "pol1")
    assert world.special.corridors.live() == ()
    with pytest.raises(ForbiddenError, match="was revoked"):
        world.asked("pol1")
    with pytest.raises(ForbiddenError):
        world.special.request_by_device("special.pol1", DevicePosition(place(0.2, 0.0), EAST))
    refused = [result for _, action, result in world.audit() if action == "request corridor" and "refused" in result]
    assert len(refused) == 1


def test_one_corridor_a_vehicle_and_no_vehicle_twice(world: SpecialWorld) -> None:
    world.asked()
    with pytest.raises(ConflictError, match="has corridor"):
        world.asked()
    with pytest.raises(ConflictError, match="registered before"):
        world.register("fire1", VehicleClass.FIRE)
    with pytest.raises(ConflictError, match="belongs to another vehicle"):
        world.special.vehicles.register("root", SpecialVehicle("fire2", VehicleClass.FIRE, 0, "root", tag="T1"))
    with pytest.raises(NotFoundError):
        world.special.request(world.actor("olga"), "nobody", roads=("r00-10",))
    with pytest.raises(ForbiddenError):
        world.special.request(world.actor("eve"), "fire1", roads=("r00-10",))


def test_who_is_not_heard_of_loses_all(world: SpecialWorld) -> None:
    world.asked()
    world.at("fire1", 0.5)
    world.passes(2_000)
    assert world.held("c0")
    world.passes(32_000)
    assert not world.held("c0")
    world.passes(round(1000 * GONE_S))
    assert world.special.corridors.live() == ()


def test_after_a_restart_nothing_is_kept(world: SpecialWorld) -> None:
    world.asked()
    world.at("fire1", 0.5)
    world.passes(1_000)
    before = world.orders("c0").version
    again = SpecialWorld.__new__(SpecialWorld)
    again.__dict__.update(world.__dict__)
    world.special = type(world.special)(world.centre, world.roads, world.dispatch, world.feeds, lambda: None)
    world.special.load()
    assert not world.held("c0") and world.orders("c0").version > before
    (over,) = world.store.read(lambda r: r.shelf(CORRIDORS).find())
    assert "started anew" in over.why


def test_the_register_keeps_who_was_revoked(world: SpecialWorld) -> None:
    world.special.revoke("root", "fire1")
    kept = world.store.read(lambda r: r.shelf(SPECIAL_VEHICLES).get("fire1"))
    assert kept is not None and kept.revoked
    feed = world.feeds.get("special.fire1")
    assert feed is not None and feed.revoked_utc_ms is not None


def _killed_at(world: SpecialWorld, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Carry out an act whose process is killed after its first transaction."""
    write, many = world.store.write, count()

    def once(*arguments: Any, **more: Any) -> Any:
        if next(many):
            raise StorageError("the process is gone")
        return write(*arguments, **more)

    monkeypatch.setattr(world.store, "write", once)
    with suppress(StorageError):
        act()
    monkeypatch.undo()
    world.feeds.load()


def test_a_vehicle_and_the_key_of_its_device_are_kept_together(
    world: SpecialWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _killed_at(world, monkeypatch, lambda: world.register("fire2", VehicleClass.FIRE))
    assert world.store.read(lambda r: r.shelf(SPECIAL_VEHICLES).get("fire2")) is not None
    feed = world.feeds.get("special.fire2")
    assert feed is not None and feed.kind is FeedKind.SPECIAL


def test_a_vehicle_and_the_key_of_its_device_are_taken_back_together(
    world: SpecialWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _killed_at(world, monkeypatch, lambda: world.special.vehicles.revoke("root", "fire1"))
    kept = world.store.read(lambda r: r.shelf(SPECIAL_VEHICLES).get("fire1"))
    assert kept is not None and kept.revoked
    feed = world.feeds.get("special.fire1")
    assert feed is not None and feed.revoked_utc_ms is not None


def test_a_store_that_refuses_for_a_while_uses_up_no_limit(
    world: SpecialWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.asked()
    world.at("fire1", 0.5)
    world.clock.pass_ms(1_000)
    write = world.store.write

    def uncommitted(work: Callable[[Any], object], importance: Importance = Importance.NORMAL) -> object:
        def refused(t: Any) -> None:
            work(t)
            raise StorageFullError("the disk is full")

        return write(refused, importance)

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "write", uncommitted)
        for _ in range(VEHICLE_JUNCTION_H + 1):
            with pytest.raises(StorageFullError):
                world.special.corridors.tick()
            with pytest.raises(StorageFullError):
                world.asked("pol1")
    world.passes(1_000)
    assert world.held("c0")
    assert ("vehicle:fire1", "enter road") in world.acts()  # it was followed meanwhile
    for _ in range(REQUESTS_H):
        world.asked("pol1")
        world.special.end(world.actor("olga"), "pol1")


def test_junctions_are_given_back_where_nothing_can_be_read(
    world: SpecialWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = world.mission(place=place(3.4, 0.0)).mission_id
    world.dispatch.missions.assign(world.actor("olga"), mission, "p1")
    world.special.request(world.actor("olga"), mission=mission)
    world.passes(70_000)
    assert world.special.corridors.kept()
    lost = StorageLostError("the server is gone")
    with monkeypatch.context() as patched:
        for name in ("read", "write"):
            patched.setattr(world.store, name, lambda *_arguments, **_more: (_ for _ in ()).throw(lost))
        world.clock.pass_ms(round(1000 * GONE_S))
        with suppress(StorageLostError):
            world.special.tick()
    assert world.special.corridors.kept() == ()


def test_another_network_does_not_keep_junctions_from_being_given_back(
    world: SpecialWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_m = np.zeros(len(world.roads.given.roads if world.roads.given else ()))
    minute = SimpleNamespace(queue_m=queue_m, flow_veh_h=queue_m)
    monkeypatch.setattr(world.roads, "latest", lambda: minute)
    world.asked()
    world.at("fire1", 0.5)
    world.passes(1_000)
    assert world.held("c0")
    network = world.roads.given
    assert network is not None
    roads = tuple(replace(road, road=f"new-{road.road}") for road in network.roads)
    turns = tuple(
        replace(turn, from_road=f"new-{turn.from_road}", to_road=f"new-{turn.to_road}") for turn in network.turns
    )
    world.roads.given = RoadNetwork(roads, turns)
    world.passes(32_000)
    assert not world.held("c0")


def test_a_position_off_all_roads_keeps_no_other_from_being_taken(world: SpecialWorld) -> None:
    world.asked("fire1")
    world.asked("pol1")
    world.passes(40_000)
    now_ms = world.clock.utc_ms()
    far = Position("taxis/p", now_ms, 0.0, 0.0, 10.0, EAST)
    world.special.taken([far, TagRead("gate", "T1", now_ms)])
    underway = world.special.corridors.underway("fire1")
    assert underway is not None and underway.report.along_m == pytest.approx(400.0, abs=3)
