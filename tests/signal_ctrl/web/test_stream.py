"""The stream: what is told, resumed, cut off; and who may listen."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from bench.centre_app import World, bearer
from bench.link.site import trial_site
from bench.local_client import LocalClient
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import StorageError
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.web.alarm_news import AlarmNews
from signal_ctrl.web.stream_hub import MOST_MISSED, MOST_WAITING, RECHECK_MS, Listener, StreamHub
from tests.signal_ctrl.web.conftest import NOW_MS, ending_streams


def told(listener: Listener) -> list[tuple[str, Any, int]]:
    found = [(news.kind, json.loads(news.data), news.number) for news in listener.waiting]
    listener.waiting.clear()
    return found


def hub_of(world: World) -> StreamHub:
    return world.context.hub


def actor_of(world: World, login: str = "ann", role: Role = Role.VIEWER) -> Actor:
    return world.identity.sessions.who(world.person(role, login), "127.0.0.1")


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def enrol(world: World, name: str) -> None:
    world.links.enrol("test", name, site_to_json(trial_site(name)), Place("north"))


def test_acts_and_junctions_are_told_and_private_acts_are_not(world: World, clock: ManualClock) -> None:
    async def scene() -> None:
        enrol(world, "cabinet-1")
        listener = hub_of(world).join(actor_of(world), asyncio.get_running_loop(), None)
        await settled()
        first = told(listener)
        assert [kind for kind, _, _ in first] == ["here", "junctions"]
        assert [each["junction"] for each in first[1][1]] == ["cabinet-1"]
        world.person(Role.VIEWER, "secret-account")
        enrol(world, "cabinet-2")
        hub_of(world).tick()
        await settled()
        kinds = told(listener)
        assert [kind for kind, _, _ in kinds] == ["act", "junctions"]
        assert (
            kinds[0][1].keys() == {"n", "time_utc_ms", "action", "object"}
            and kinds[0][1]["object"] == "cabinet cabinet-2"
        )
        assert "secret-account" not in str(kinds)
        assert [each["junction"] for each in kinds[1][1]] == ["cabinet-2"]
        hub_of(world).tick()
        await settled()
        assert told(listener) == [], "nothing happened, nothing is told"

    asyncio.run(scene())


def test_who_comes_back_gets_what_they_missed_once(world: World) -> None:
    async def scene() -> None:
        listener = hub_of(world).join(actor_of(world), asyncio.get_running_loop(), None)
        enrol(world, "cabinet-1")
        hub_of(world).tick()
        await settled()
        last = max(number for _, _, number in told(listener))
        hub_of(world).leave(listener)
        enrol(world, "cabinet-2")
        enrol(world, "cabinet-3")
        again = hub_of(world).join(listener.actor, asyncio.get_running_loop(), last)
        hub_of(world).tick()
        await settled()
        acts = [data["object"] for kind, data, _ in told(again) if kind == "act"]
        assert acts == ["cabinet cabinet-2", "cabinet cabinet-3"]

    asyncio.run(scene())


@pytest.mark.parametrize("last", [0, 10**9])
def test_who_missed_too_much_begins_anew(last: int, world: World) -> None:
    def many(transaction: Any) -> None:
        for n in range(MOST_MISSED + 1):
            transaction.record("ann", "note", str(n), "done", NOW_MS)

    async def scene() -> None:
        world.store.write(many)
        listener = hub_of(world).join(actor_of(world), asyncio.get_running_loop(), last)
        await settled()
        assert told(listener)[0][0] == "reset"

    asyncio.run(scene())


def test_who_takes_nothing_is_cut_off(world: World) -> None:
    async def scene() -> None:
        listener = hub_of(world).join(actor_of(world), asyncio.get_running_loop(), None)
        for n in range(MOST_WAITING + 1):
            world.store.write(lambda t, n=n: t.record("ann", "note", str(n), "done", NOW_MS))
            hub_of(world).tick()
        await settled()
        assert listener.closed == "too slow" and len(listener.waiting) <= MOST_WAITING + 3

    asyncio.run(scene())


def test_a_login_that_ends_ends_its_stream(world: World, clock: ManualClock) -> None:
    async def scene() -> None:
        ann, bob = actor_of(world, "ann"), actor_of(world, "bob")
        listeners = [hub_of(world).join(who, asyncio.get_running_loop(), None) for who in (ann, bob)]
        world.identity.sessions.log_out(ann)
        hub_of(world).tick()
        await settled()
        assert [bool(each.closed) for each in listeners] == [True, False]
        clock.pass_ms(16 * 60_000)
        hub_of(world).tick()
        await settled()
        assert listeners[1].closed, "its token has ended; looked at once a minute"

    asyncio.run(scene())


def test_it_is_looked_once_a_minute_whether_a_listener_still_may(world: World, clock: ManualClock) -> None:
    looked = []

    async def scene() -> None:
        hub = StreamHub(world.store, clock, lambda _: {}, lambda who: looked.append(who) or who)
        hub.join(Actor("ann", Role.VIEWER), asyncio.get_running_loop(), None)
        for _ in range(3 * RECHECK_MS // 1_000):
            clock.pass_ms(1_000)
            hub.tick()
        await settled()

    asyncio.run(scene())
    assert len(looked) == 3


def test_who_asks_for_differences_gets_what_changed_alone(world: World) -> None:
    async def scene() -> None:
        enrol(world, "cabinet-1")
        enrol(world, "cabinet-2")
        loop, registry = asyncio.get_running_loop(), world.centre.registry
        registry.says("cabinet-1", {"rung": "0", "mode": "2", "waiting": "1"})
        whole = hub_of(world).join(actor_of(world), loop, None)
        brief = hub_of(world).join(actor_of(world, "bob"), loop, None, True)
        await settled()
        assert told(whole)[-1] == told(brief)[-1]
        registry.says("cabinet-1", {"rung": "2", "mode": "2"})
        hub_of(world).tick()
        await settled()
        (kind, changes, _), *more = told(brief)
        assert (kind, changes, more) == ("changes", {"cabinet-1": {"says": {"rung": "2", "waiting": None}}}, [])
        (kind, junctions, _), *_ = told(whole)
        assert (kind, [each["says"] for each in junctions]) == ("junctions", [{"rung": "2", "mode": "2"}])
        enrol(world, "cabinet-3")
        hub_of(world).tick()
        await settled()
        assert [kind for kind, _, _ in told(brief)] == ["act", "junctions"], "one that is new is told whole"
        late = hub_of(world).join(actor_of(world, "cat"), loop, None, True)
        await settled()
        seen = {each["junction"]: each["says"] for each in told(late)[-1][1]}
        assert seen == {"cabinet-1": {"rung": "2", "mode": "2"}, "cabinet-2": {}, "cabinet-3": {}}

    asyncio.run(scene())


def test_the_stream_is_packed_for_who_takes_it_so(client: LocalClient, world: World) -> None:
    for accepted, encoding in (("gzip, deflate", "gzip"), ("identity", None)):
        headers = {**bearer(world.person(Role.VIEWER)), "Accept-Encoding": accepted}
        with ending_streams(world):
            answer = client.get("/v1/stream?differences=1", headers=headers)
        assert answer.headers.get("content-encoding") == encoding
        assert answer.text.startswith("retry: 3000\n\n")
        assert answer.text.rstrip().endswith('event: end\ndata: "stopping"')


def test_the_stream_over_http(client: LocalClient, world: World) -> None:
    token = world.person(Role.VIEWER)
    with ending_streams(world):
        answer = client.get("/v1/stream", headers=bearer(token))
    assert (
        answer.headers["content-type"].startswith("text/event-stream") and answer.headers["cache-control"] == "no-store"
    )
    assert answer.text.startswith("retry: 3000\n\n") and answer.text.rstrip().endswith('event: end\ndata: "stopping"')
    assert len(hub_of(world)) == 0, "who is gone is no listener"
    for wrong in ("x", "-1", "9" * 30):
        assert client.get("/v1/stream", headers={**bearer(token), "Last-Event-ID": wrong}).status_code == 422


def test_a_stream_that_is_sent_a_huge_body_ends(client: LocalClient, world: World) -> None:
    """Found by the fuzz campaign: the limit was passed when half an answer was out."""

    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    answer = client.request("GET", "/v1/stream", headers=bearer(world.person(Role.VIEWER)), content=endless())
    assert answer.status_code == 200 and len(hub_of(world)) == 0


def test_alarms_that_nobody_raised_by_an_act_are_told(world: World) -> None:
    tell = AlarmNews(world.store)
    assert tell() == ()
    alarms = world.centre.alarms
    changes: list[Callable[[Transaction], object]] = [
        lambda t: alarms.raise_(t, "x", "c0", Severity.WARNING, "one"),
        lambda t: alarms.raise_(t, "y", "c0", Severity.WARNING, "two"),
        lambda t: alarms.clear_all(t, "x", ["c0"], "over"),
        lambda t: (alarms.clear_all(t, "y", ["c0"], "over"), alarms.raise_(t, "z", "c1", Severity.WARNING, "three")),
    ]
    for change in changes:
        world.store.write(change)
        assert [each.kind for each in tell()] == ["alarms"]
        assert tell() == ()


def test_a_login_that_cannot_be_looked_at_costs_nobody_what_is_new(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        hub, loop = hub_of(world), asyncio.get_running_loop()
        listeners = [hub.join(actor_of(world, login), loop, None) for login in ("ann", "bea")]
        enrol(world, "cabinet-1")
        clock.pass_ms(RECHECK_MS)
        asked: list[Actor] = []

        def refused(actor: Actor) -> Actor:
            asked.append(actor)
            raise StorageError("the database does not answer")

        monkeypatch.setattr(hub, "_recheck", refused)
        hub.tick()
        await settled()
        for listener in listeners:
            assert "cabinet cabinet-1" in [data.get("object") for kind, data, _ in told(listener) if kind == "act"]
        hub.tick()
        assert len(asked) == 4, "each is looked at again with the next tick"

    asyncio.run(scene())
