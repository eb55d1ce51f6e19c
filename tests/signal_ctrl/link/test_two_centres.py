"""SAFETY parts B, C and D where more than one centre has spoken: taken over, restored, cut off."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench.centre_app import contents
from bench.link.site import trial_plan, trial_site
from bench.link.wire import AsgiWire
from bench.link.world import LinkWorld
from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.domain.link.orders import Version
from tests.signal_ctrl.link.judging import breaches, runs, splits
from tests.signal_ctrl.link.test_overrides_and_faults import held, held_for, hold, is_held_to_the_end
from tests.signal_ctrl.link.test_posts_and_replay import Poster, batch

SITE = trial_site("cab-1")
OLD, NEW, NEWER = trial_plan(SITE), trial_plan(SITE, (26, 16, 18)), trial_plan(SITE, (22, 18, 20))


@pytest.fixture
def taken_over(world: LinkWorld) -> Iterator[tuple[LinkWorld, Any]]:
    """A world whose centre was taken over by another one while it goes on answering from its memory."""
    cabin = world.add("cab-1")
    world.order(cabin, OLD, valid_ms=10**7)
    world.run(200_000)
    assert (runs(cabin), splits(cabin)) == ("1.2", (30, 14, 16))
    former = world.world
    world.restart_centre()
    yield world, former


@pytest.mark.slow
def test_no_cabinet_follows_plans_of_two_centres_in_turn(taken_over: tuple[LinkWorld, Any]) -> None:
    """The former centre answers every other poll, with plans of its own that are valid at the same time."""
    world, former = taken_over
    (cabin,), new = world.cabins, world.world
    by_turns = [AsgiWire(former.front), world.wire]
    carry, polls = world.wire.carry, 0

    def either(ask: Ask) -> Answer:
        nonlocal polls
        if not ask.path.endswith("/plan"):
            return carry(ask)
        polls += 1
        return carry(ask) if polls % 2 else by_turns[0].carry(ask)

    world.order(cabin, NEW, version=Version(2, 1), valid_ms=10**7)
    world.wire.carry = either  # type: ignore[method-assign]
    world.world = former
    world.order(cabin, NEWER, version=Version(1, 99), valid_ms=10**7)  # what a centre issues that does not know it yet
    world.world = new
    seen: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(400):
        world.run(1_000)
        if not seen or seen[-1] != (runs(cabin), splits(cabin)):
            seen.append((runs(cabin), splits(cabin)))
    by_turns[0].close()
    assert polls > 300
    versions = [version for version, _ in seen]
    assert versions[-1] == "2.1"
    assert set(versions[versions.index("2.1") :]) == {"2.1"} and "1.99" not in versions
    assert splits(cabin) == (26, 16, 18)
    assert breaches(cabin) == []


def test_a_centre_that_was_taken_over_ends_no_newer_override_and_begins_none(
    taken_over: tuple[LinkWorld, Any],
) -> None:
    world, former = taken_over
    (cabin,), new = world.cabins, world.world
    world.order(cabin, NEW, version=Version(2, 1), overrides=[hold(world)])
    world.run(3_000)
    assert held(cabin)
    other = replace(hold(world, stage="main"), override_id="ov-of-before")
    world.world, world.wire.app = former, former.front
    for revision, overrides in ((98, []), (99, [other])):
        world.order(cabin, OLD, version=Version(1, revision), overrides=overrides)
        world.run(3_000)
        assert cabin.agent.status().overrides == ("ov-1",)
    world.world, world.wire.app = new, new.front
    world.run(3_000)
    assert held(cabin)


@pytest.mark.parametrize("cut_s", [1, 60, 178])
def test_an_override_ends_in_time_though_its_cabinet_is_cut_off(world: LinkWorld, cut_s: int) -> None:
    cabin, order = held_for(world, cut_s)
    world.blocked.add(cabin.name)
    is_held_to_the_end(world, cabin, order)


@pytest.mark.parametrize("restored_s", [10, 200])
def test_a_centre_restored_from_a_backup_ends_the_override_and_brings_none_back(
    world: LinkWorld, restored_s: int
) -> None:
    """Its epoch is that of its restore, and its orders have no override; those of before are too low from then on."""
    cabin = world.add("cab-1")
    world.run(30_000)
    order = hold(world, 120_000)
    before = world.order(cabin, overrides=[order])
    world.run(5_000)
    assert held(cabin)
    world.centre_up = False
    world.run(1000 * restored_s)
    assert held(cabin) is (restored_s == 10)
    world.restart_centre()
    version = world.order(cabin, version=Version(world.now_ms // 1000, 1)).version
    world.centre_up = True
    while cabin.agent.desk.newest is None or cabin.agent.desk.newest.orders.version != version:
        world.step()  # it waits before it asks again
    world.run(1_000)
    assert (world.now_ms < order.end_utc_ms) is (restored_s == 10)
    assert not held(cabin)
    received = cabin.agent.desk.receive(before.document.encode(), before.signature)
    assert received.verdict.value == "dropped"
    world.run(5_000)
    assert not held(cabin)


@pytest.mark.parametrize("after_s", [0, 1, 29])
def test_a_restored_centre_that_knows_no_nonce_takes_no_request_of_before(world: LinkWorld, after_s: int) -> None:
    """A backup has no nonce that was used after it: what was stamped before the start is refused."""
    poster = Poster(world)
    asks = [poster.ask(batch(1)), poster.signer.ask("GET", "/v1/cabinets/cab-1/plan")]
    world.clock.pass_ms(1)
    assert [world.wire.carry(ask).status for ask in asks] == [200, 200]
    world.clock.pass_ms(1000 * after_s)
    world.world.store.write(lambda t: t.links.forget_nonces(1 << 62))
    world.restart_centre()
    stored = contents(world.world.store)
    for ask in asks:
        assert world.wire.carry(ask).status == 401
    assert contents(world.world.store) == stored
    world.clock.pass_ms(1_000)
    assert poster.post(batch(2)).status == 200
