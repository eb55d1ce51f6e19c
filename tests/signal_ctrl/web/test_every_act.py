"""What is done over HTTP stands in the audit, with who did it; a stolen token and a hostile body do nothing (E, C)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from bench.centre_app import World, bearer, contents, memory_world
from bench.local_client import LocalClient
from signal_ctrl.centre.alarms import ALARMS
from signal_ctrl.centre.identity import MATRIX, PEOPLE, Grant, Right, Role
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.plan import plan_document, plan_hash
from signal_ctrl.domain.schedule import DayType, Entry, PlanRef, Schedule
from signal_ctrl.domain.schedule_json import schedule_document
from tests.signal_ctrl.centre.worlds import plan, site_text
from tests.signal_ctrl.web import test_matrix
from tests.signal_ctrl.web.centre_town import Town
from tests.signal_ctrl.web.conftest import NOW_MS
from tests.signal_ctrl.web.test_centre_routes import WISH, issued

SCHEDULE = Schedule(
    "week",
    "UTC",
    (PlanRef("day", plan_hash(plan("c0", "c1", "c2"))),),
    (DayType("every", ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (Entry(0, "day"),)),),
)


@pytest.fixture
def town(world: World, client: LocalClient, clock: ManualClock) -> Iterator[Town]:
    yield Town(world, client, clock)


class Acts:
    """Does something and says what of it stands in the audit."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def records(self, login: str, method: str, path: str, body: object = None) -> list[tuple[str, str, bool]]:
        """Return the new records: who, what, whether it was refused."""
        before = self.town.world.store.read(lambda r: r.audit.head()).n
        self.town.clock.pass_ms(1_000)
        answer = self.town.ask(login, method, path, body)
        self.last = answer.json() if answer.content else {}
        return self.since(before)

    def since(self, before: int) -> list[tuple[str, str, bool]]:
        found = self.town.world.store.read(lambda r: r.audit.records(before + 1))
        return [(one.record.actor, one.record.action, one.record.result.startswith("refused")) for one in found]


def test_each_act_is_one_record_with_who_did_it(town: Town) -> None:
    acts, centre = Acts(town), town.world.centre
    day = {"document": plan_document(plan("c0", "c1", "c2"))}
    place = {"district": "d0", "words": "Market Street", "lon": 8.5, "lat": 47.4}
    enrol = {"cabinet": "c7", "district": "d0", "corridor": "ring", "site": json.loads(site_text("c7"))}
    ticket = {"facility": "sign", "cabinet": "c1", "device": "s4", "text": "bent"}
    plain: list[tuple[str, str, str, object, str]] = [
        ("eve", "POST", "/v1/plans", day, "upload plan"),
        ("eve", "POST", "/v1/plans/day/issue", {"cabinets": ["c2"]}, "issue plan"),
        ("eve", "POST", "/v1/schedules", {"document": schedule_document(SCHEDULE)}, "upload schedule"),
        ("eve", "POST", "/v1/schedules/week/follow", {"cabinets": ["c1"]}, "follow schedule"),
        ("eve", "POST", "/v1/shadow/switch", {"cabinets": ["c0"], "mode": "shadow"}, "switch control"),
        ("root", "PUT", "/v1/cabinets/c0/place", place, "move cabinet"),
        ("root", "POST", "/v1/cabinets", enrol, "enrol cabinet"),
        ("root", "POST", "/v1/cabinets/c7/credential", {}, "rotate credential"),
        ("root", "DELETE", "/v1/cabinets/c7/credential", None, "revoke credential"),
        ("root", "POST", "/v1/users", {"login": "bob", "role": "viewer"}, "user/add"),
        ("root", "PUT", "/v1/users/bob", {"role": "operator"}, "user/change"),
        ("root", "POST", "/v1/users/bob/reset", None, "user/reset"),
        ("olga", "POST", "/v1/tickets", ticket, "open ticket"),
    ]
    for login, method, path, body, action in plain:
        found = acts.records(login, method, path, body)
        assert (login, action, False) in found, (path, found, acts.last)
        assert [who for who, _, _ in found].count(login) == 1, (path, found)
    refused = acts.records("vera", "POST", "/v1/plans", day)
    assert refused == [("vera", "request", True)]
    before = town.world.store.read(lambda r: r.audit.head()).n
    override = issued(town, kind="flash", stage="")
    assert ("olga", "issue override", False) in acts.since(before)
    path = f"/v1/overrides/{override['override_id']}"
    assert acts.records("olga", "POST", f"{path}/approve", {"sha256": override["sha256"]})[-1][2]
    found = acts.records("sam", "POST", f"{path}/approve", {"sha256": override["sha256"]})
    assert ("sam", "approve override", False) in found
    assert acts.records("olga", "DELETE", path) == [("olga", "end override", False)]
    centre.tick()
    assert town.client.get("/v1/audit/verify", headers=bearer(town.world.person(Role.AUDITOR))).json()["sound"]


def test_a_token_alone_that_was_stolen_issues_nothing(town: Town) -> None:
    """From another address the session loses its factor; a document and a nonce overheard are worth nothing either."""
    headers = bearer(town.world.session("olga"))
    prepared = town.client.post("/v1/override-preparations", json=WISH, headers=headers).json()
    body = {"document": prepared["document"], "nonce": prepared["nonce"]}
    before = contents(town.world.store, but=("audit", "sessions", "alarms"))
    with LocalClient(town.world.app, "198.51.100.7") as thief:
        assert thief.post("/v1/overrides", json=body, headers=headers).status_code == 403
        assert thief.post("/v1/override-preparations", json=WISH, headers=headers).status_code == 403
        other = bearer(town.world.session("otto", address="198.51.100.7"))
        copied = thief.post("/v1/overrides", json=body, headers=other)
        assert (copied.status_code, copied.json()["rule"]) == (409, "C/nonce")
    assert town.client.post("/v1/overrides", json=body, headers=headers).status_code == 403, "the owner shows a code"
    assert contents(town.world.store, but=("audit", "sessions", "alarms")) == before
    assert any("198.51.100.7" in one.text for one in town.world.store.read(lambda r: r.shelf(ALARMS).find()))


BOMBS = (
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"a":1,"a":2}',
    b'{"a":' + b"9" * 60_000 + b"}",
    b"{" + b",".join(b'"k%d":0' % k for k in range(10_001))[:60_000] + b"}",
    b'{"a":NaN}',
    b"\xff\xfe",
    b"",
)


def written() -> list[Any]:
    """Return the routes with a document that people may send, each with the first role that may."""
    found = []
    for route in test_matrix.routes():
        right = test_matrix.needs_of(route)[0]
        role = next((role for role in PEOPLE if MATRIX[right][role] is not Grant.NO), None)
        if route.body_field is not None and role is not None and right is not Right.OPEN:
            found.append(pytest.param(route, role, id=f"{'-'.join(sorted(route.methods))}-{route.path}"))
    return found


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[test_matrix.Town]:
    clock = ManualClock(NOW_MS, 5_000)
    world = memory_world(clock, tmp_path_factory.mktemp("bombs"))
    with LocalClient(world.app) as client:
        yield test_matrix.Town(world, client, clock)
    world.store.close()


@pytest.mark.parametrize(("route", "role"), written())
def test_bombs_are_refused_on_every_route_with_a_document(route: APIRoute, role: Role, cells: test_matrix.Town) -> None:
    headers = cells.session(role) | {"Content-Type": "application/json"}
    path, before = route.path.replace("{", "").replace("}", ""), cells.contents()
    (method,) = route.methods
    statuses = [cells.client.request(method, path, content=bomb, headers=headers).status_code for bomb in BOMBS]
    assert set(statuses) <= {404, 413, 422}, statuses
    assert cells.contents() == before


def test_there_are_many_such_routes() -> None:
    assert len(written()) > 30
