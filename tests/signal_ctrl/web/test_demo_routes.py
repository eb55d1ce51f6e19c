"""A demo: a session for this machine's visitors where it is served, and for nobody else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.centre_app import World, memory_world
from bench.local_client import LocalClient
from signal_ctrl.centre.identity import Role
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.web.settings import Settings

HERE = {"Host": "127.0.0.1:8080"}


@pytest.fixture
def demo(clock: ManualClock, tmp_path: Path) -> Iterator[tuple[World, LocalClient]]:
    made = memory_world(clock, tmp_path, Settings(secure=False, demo_speed=2.0))
    with LocalClient(made.app) as client:
        yield made, client
    made.store.close()


def begin(client: LocalClient, body: Any = None, **headers: str) -> httpx.Response:
    return client.request("POST", "/v1/demo-session", headers=HERE | headers, json=body or {})


@pytest.mark.parametrize("role", ["operator", "supervisor", "engineer"])
def test_a_visitor_gets_a_session_that_may_act_and_the_audit_says_how(
    role: str, demo: tuple[World, LocalClient]
) -> None:
    world, client = demo
    answer = begin(client, {"role": role})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["login"], answer.json()["token"]) == (f"demo-{role}", "")
    cookie = {"Cookie": answer.headers["set-cookie"].split(";")[0]}
    me = client.request("GET", "/v1/me", headers=HERE | cookie).json()
    assert (me["login"], me["role"]) == (f"demo-{role}", role)
    assert client.request("GET", "/v1/junctions", headers=HERE | cookie).status_code == 200
    records = world.store.read(lambda reading: reading.audit.records(1, 100))
    said = [stored.record.result for stored in records if stored.record.action == "login"]
    assert said == ["done from 127.0.0.1: demo, no password and no code asked for"]


def test_who_comes_again_goes_on_with_a_young_second_factor(
    demo: tuple[World, LocalClient], clock: ManualClock
) -> None:
    _, client = demo
    first = begin(client)
    clock.pass_ms(10 * 60_000)
    cookie = first.headers["set-cookie"].split(";")[0]
    again = begin(client, None, Cookie=cookie)
    assert again.json()["session"] == first.json()["session"]
    assert again.json()["second_factor_utc_ms"] == clock.utc_ms()
    newest = again.headers["set-cookie"].split(";")[0]
    other = begin(client, {"role": "operator"}, Cookie=newest)
    assert other.json()["session"] != first.json()["session"]
    clock.pass_ms(16 * 60_000)
    assert begin(client, None, Cookie=newest).json()["session"] != first.json()["session"]


def test_a_session_of_another_account_is_not_taken_over(demo: tuple[World, LocalClient]) -> None:
    world, client = demo
    token = world.person(Role.ADMIN, "root")
    answer = begin(client, None, Cookie=f"signal-ctrl={token}")
    assert answer.json()["login"] == "demo-supervisor"


def test_nobody_can_log_in_to_its_accounts(demo: tuple[World, LocalClient]) -> None:
    _, client = demo
    begin(client)
    body = {"login": "demo-supervisor", "password": "", "cookie": False}
    for password in ("", "demo", "demo-supervisor"):
        answer = client.request("POST", "/v1/login", headers=HERE, json=body | {"password": password})
        assert answer.status_code in (401, 422, 429)


@pytest.mark.parametrize("role", ["admin", "auditor", "", "cabinet"])
def test_no_other_role_is_given(role: str, demo: tuple[World, LocalClient]) -> None:
    assert begin(demo[1], {"role": role}).status_code == 422


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "centre.example"},
        {"Host": "192.168.1.7:8080"},
        {"X-Forwarded-For": "10.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_others_get_none(headers: dict[str, str], demo: tuple[World, LocalClient]) -> None:
    answer = begin(demo[1], None, **headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_who_comes_from_elsewhere_gets_none(demo: tuple[World, LocalClient]) -> None:
    world, _ = demo
    with LocalClient(world.app, "192.168.1.9") as stranger:
        assert begin(stranger).status_code == 403


def test_the_clock_is_told(demo: tuple[World, LocalClient], clock: ManualClock) -> None:
    answer = demo[1].request("GET", "/v1/demo", headers=HERE)
    assert answer.json() == {"utc_ms": clock.utc_ms(), "speed": 2.0}


def test_the_page_of_a_demo_says_so_and_no_other(demo: tuple[World, LocalClient], client: LocalClient) -> None:
    assert 'data-demo="yes"' in demo[1].request("GET", "/").text
    assert "data-demo" not in client.request("GET", "/").text


def test_where_no_demo_is_served_there_is_nothing(client: LocalClient) -> None:
    assert begin(client).status_code == 404
    assert client.request("GET", "/v1/demo", headers=HERE).status_code == 404
