"""What limits abuse of corridors outlives a restart of the centre."""

import pytest

from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.watch.special.kept_limits import restored
from signal_ctrl.watch.special.limits import HOUR_S, REQUESTS_H, VEHICLE_JUNCTION_H
from tests.signal_ctrl.watch.special.special_worlds import SpecialWorld
from tests.signal_ctrl.watch.special.test_way import MOVES


def restarted(world: SpecialWorld) -> None:
    """Start the special vehicles of the centre anew, on what is in the store."""
    world.special = type(world.special)(world.centre, world.roads, world.dispatch, world.feeds, lambda: MOVES)
    world.special.load()


def test_a_restart_gives_nobody_more_corridors_than_the_limit(world: SpecialWorld) -> None:
    for _ in range(REQUESTS_H):
        world.asked()
        world.special.end(world.actor("olga"), "fire1")
        world.passes(60_000)
    for _ in range(3):
        restarted(world)
        with pytest.raises(RefusedError, match="E/vehicle-rate"):
            world.asked()
    world.asked("pol1")  # another vehicle has had none
    world.clock.pass_ms(round(1000 * HOUR_S) - 60_000 * REQUESTS_H - 2_000)
    restarted(world)
    with pytest.raises(RefusedError, match="E/vehicle-rate"):
        world.asked()
    world.clock.pass_ms(2_000)  # the first of them is an hour old
    world.asked()
    restarted(world)
    with pytest.raises(RefusedError, match="E/vehicle-rate"):
        world.asked()


def test_a_restart_gives_no_vehicle_a_junction_more_often_than_the_limit(world: SpecialWorld) -> None:
    for k in range(VEHICLE_JUNCTION_H):
        world.asked()
        world.at("fire1", 0.5)
        world.passes(1_000)
        assert world.held("c0"), k
        restarted(world)  # what lasted is given back, and counts
        assert not world.held("c0")
    world.asked()
    world.at("fire1", 0.5)
    world.passes(1_000)
    assert not world.held("c0")
    assert [r for _, action, r in world.audit() if action == "keep junction" and "E/junction-rate" in r]


def test_what_the_store_has_of_later_than_now_counts_for_the_whole_hour(world: SpecialWorld) -> None:
    for _ in range(REQUESTS_H):
        world.asked()
        world.special.end(world.actor("olga"), "fire1")
    now_ms = world.clock.utc_ms()
    limits = restored(world.store.read, now_ms - 7_200_000, 1_000.0)  # the clock was set back by two hours
    with pytest.raises(RefusedError):
        limits.may_request("fire1", 1_000.0 + HOUR_S - 1.0)
    limits.may_request("fire1", 1_000.0 + HOUR_S)
