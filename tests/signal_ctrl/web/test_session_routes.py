"""Logging in over HTTP: tokens, cookies, second factors, invitations."""

import pyotp
import pytest

from bench.centre_app import World, bearer
from bench.local_client import LocalClient
from signal_ctrl.centre.alarms import ALARMS
from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.people import GRACE_MS, TOKEN_LASTS_MS
from signal_ctrl.centre.second_factor import STEP_MS
from signal_ctrl.domain.clock import ManualClock

PASSWORD = "plain horse 41 battery"


def code_of(secret: str, clock: ManualClock, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(clock.utc_ms() // STEP_MS + steps)


def enrolled(
    client: LocalClient, world: World, clock: ManualClock, role: Role = Role.OPERATOR, login: str = "ann"
) -> str:
    """Go the whole way of a new account over HTTP, and return its second factor."""
    invitation = world.identity.accounts.add(login, role, None, "test")
    body = {"login": login, "invitation": invitation, "password": PASSWORD}
    assert client.post("/v1/password/first", json=body).status_code == 204
    session = client.post("/v1/login", json={"login": login, "password": PASSWORD}).json()
    assert session["needs_enrolment"]
    offer = client.post("/v1/second-factor/offer", headers=bearer(session["token"])).json()
    code = code_of(offer["secret"], clock)
    done = client.post("/v1/second-factor/enrol", json={"code": code}, headers=bearer(session["token"]))
    assert done.status_code == 200 and not done.json()["needs_enrolment"]
    clock.pass_ms(60_000)
    return str(offer["secret"])


def log_in(client: LocalClient, secret: str, clock: ManualClock, login: str = "ann", **more: object) -> dict:
    body = {"login": login, "password": PASSWORD, "code": code_of(secret, clock), **more}
    answer = client.post("/v1/login", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def alarms(world: World) -> list[str]:
    return [alarm.text for alarm in world.store.read(lambda reading: reading.shelf(ALARMS).find())]


def actions(world: World) -> list[tuple[str, str, str]]:
    found = world.store.read(lambda reading: reading.audit.records())
    return [(stored.record.actor, stored.record.action, stored.record.result) for stored in found]


def test_the_way_of_a_new_account(client: LocalClient, world: World, clock: ManualClock) -> None:
    secret = enrolled(client, world, clock)
    session = log_in(client, secret, clock)
    me = client.get("/v1/me", headers=bearer(session["token"])).json()
    assert (me["login"], me["role"], me["rights"]["issue_override"]) == ("ann", "operator", "yes")
    assert "manage_users" not in me["rights"]
    assert client.post("/v1/logout", headers=bearer(session["token"])).status_code == 204
    assert client.get("/v1/me", headers=bearer(session["token"])).status_code == 401
    assert [action for _, action, _ in actions(world)] == [
        "user/add", "password/first", "login", "second-factor/offer", "second-factor/enrol", "login", "logout",
    ]  # fmt: skip


def test_without_a_second_factor_nothing_but_enrolment_is_open(client: LocalClient, world: World) -> None:
    token = world.person(Role.OPERATOR, "ann", second_factor=False)
    assert client.get("/v1/me", headers=bearer(token)).status_code == 200
    admin = world.person(Role.ADMIN, "root", second_factor=False)
    refused = client.get("/v1/users", headers=bearer(admin))
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "show your second factor first; without one, enrol it",
    )
    assert actions(world)[-1][:2] == ("root", "request")


def test_a_token_ends_after_fifteen_minutes(client: LocalClient, world: World, clock: ManualClock) -> None:
    token = world.person(Role.VIEWER)
    clock.pass_ms(TOKEN_LASTS_MS - 1)
    assert client.get("/v1/me", headers=bearer(token)).status_code == 200
    clock.pass_ms(1)
    assert client.get("/v1/me", headers=bearer(token)).status_code == 401


def test_an_exchanged_token_that_comes_back_ends_the_session(
    client: LocalClient, world: World, clock: ManualClock
) -> None:
    old = world.person(Role.VIEWER, "ann")
    new = client.post("/v1/token", headers=bearer(old)).json()["token"]
    assert client.get("/v1/me", headers=bearer(old)).status_code == 200, "what was under way is served"
    clock.pass_ms(GRACE_MS)
    assert client.get("/v1/me", headers=bearer(new)).status_code == 200
    assert client.get("/v1/me", headers=bearer(old)).status_code == 401
    assert client.get("/v1/me", headers=bearer(new)).status_code == 401, "two held it: nobody does now"
    assert any("had been exchanged" in text for text in alarms(world))


def test_a_token_used_from_another_address_raises_an_alarm_and_loses_its_factor(
    client: LocalClient, world: World
) -> None:
    token = world.person(Role.ADMIN, "ann")
    assert client.get("/v1/users", headers=bearer(token)).status_code == 200
    with LocalClient(world.app, "198.51.100.7") as thief:
        assert thief.get("/v1/users", headers=bearer(token)).status_code == 403
        assert thief.post("/v1/users", json={"login": "bob", "role": "admin"}, headers=bearer(token)).status_code == 403
    assert client.get("/v1/users", headers=bearer(token)).status_code == 403, "the owner shows it again"
    assert len(alarms(world)) == 1 and "198.51.100.7" in alarms(world)[0]
    assert len(world.identity.accounts.all()) == 1


def test_a_code_is_taken_once(client: LocalClient, world: World, clock: ManualClock) -> None:
    secret = enrolled(client, world, clock)
    code = code_of(secret, clock)
    body = {"login": "ann", "password": PASSWORD, "code": code}
    first = client.post("/v1/login", json=body)
    again = client.post("/v1/login", json=body)
    assert (first.status_code, again.status_code) == (200, 401)
    shown = client.post("/v1/second-factor", json={"code": code}, headers=bearer(first.json()["token"]))
    assert shown.status_code == 401
    older = client.post("/v1/login", json={**body, "code": code_of(secret, clock, -1)})
    assert older.status_code == 401, "a code of the step before, after a newer one"


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_clocks_of_telephones_may_differ_by_a_step(
    steps: int, status: int, client: LocalClient, world: World, clock: ManualClock
) -> None:
    secret = enrolled(client, world, clock)
    clock.pass_ms(5 * STEP_MS)
    body = {"login": "ann", "password": PASSWORD, "code": code_of(secret, clock, steps)}
    assert client.post("/v1/login", json=body).status_code == status


def test_the_second_factor_grows_young_again(client: LocalClient, world: World, clock: ManualClock) -> None:
    secret = enrolled(client, world, clock, Role.ADMIN)
    token = log_in(client, secret, clock)["token"]
    for _ in range(2):
        clock.pass_ms(8 * 60_000)
        token = client.post("/v1/token", headers=bearer(token)).json()["token"]
    assert client.get("/v1/users", headers=bearer(token)).status_code == 403, "16 minutes old"
    shown = client.post("/v1/second-factor", json={"code": code_of(secret, clock)}, headers=bearer(token))
    assert client.get("/v1/users", headers=bearer(shown.json()["token"])).status_code == 200


def test_a_shift_ends_whatever_is_exchanged(client: LocalClient, world: World, clock: ManualClock) -> None:
    token = world.person(Role.VIEWER)
    for minute in range(0, 12 * 60, 10):
        answer = client.post("/v1/token", headers=bearer(token))
        assert answer.status_code == 200, f"after {minute} minutes"
        token = answer.json()["token"]
        clock.pass_ms(600_000)
    assert client.post("/v1/token", headers=bearer(token)).status_code == 401


def test_a_cookie_is_for_pages_of_this_centre_alone(client: LocalClient, world: World, clock: ManualClock) -> None:
    secret = enrolled(client, world, clock)
    own = {"Origin": "http://centre.test"}
    body = {"login": "ann", "password": PASSWORD, "code": code_of(secret, clock), "cookie": True}
    assert client.post("/v1/login", json=body).status_code == 403, "no origin"
    assert client.post("/v1/login", json=body, headers={"Origin": "http://evil.test"}).status_code == 403
    answer = client.post("/v1/login", json=body, headers=own)
    cookie = answer.headers["set-cookie"].lower()
    assert "samesite=strict" in cookie and "httponly" in cookie and "path=/" in cookie
    assert answer.json()["token"] == "", "no script sees it"
    csrf = client.get("/v1/me").json()["csrf"]
    assert csrf == answer.json()["csrf"]
    for headers in (
        {},
        own,
        {"X-CSRF-Token": csrf},
        {**own, "X-CSRF-Token": "wrong"},
        {"Origin": "http://evil.test", "X-CSRF-Token": csrf},
        {"Origin": "null", "X-CSRF-Token": csrf},
        {"Origin": "http://centre.test.evil.test", "X-CSRF-Token": csrf},
        {**own, "X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"},
    ):
        assert client.post("/v1/token", headers=headers).status_code == 403, headers
    assert client.post("/v1/token", headers={**own, "X-CSRF-Token": csrf}).status_code == 200


def test_a_login_ends_the_session_whose_cookie_it_takes_the_place_of(
    client: LocalClient, world: World, clock: ManualClock
) -> None:
    """The browser has that cookie no longer, so nobody could end the session any more."""
    secret = enrolled(client, world, clock)
    own = {"Origin": "http://centre.test"}

    def enter(browser: LocalClient) -> str:
        clock.pass_ms(60_000)
        body = {"login": "ann", "password": PASSWORD, "code": code_of(secret, clock), "cookie": True}
        return str(browser.post("/v1/login", json=body, headers=own).json()["session"])

    def ended() -> list[str]:
        found = world.store.read(lambda reading: reading.audit.records())
        return [each.record.object for each in found if each.record.action == "logout"]

    with LocalClient(world.app) as other:
        first, elsewhere = enter(client), enter(other)
        second = enter(client)
        assert ended() == [first]
        assert client.get("/v1/me").json()["session"] == second
        assert other.get("/v1/me").json()["session"] == elsewhere, "another browser has its own"
    assert client.post("/v1/login", json={"login": "ann", "password": "wrong", "cookie": True}, headers=own).is_error
    assert client.get("/v1/me").json()["session"] == second, "who is not let in ends nothing"
    clock.pass_ms(60_000)
    log_in(client, secret, clock)
    assert ended() == [first], "a program's login takes no cookie's place"


def test_an_invitation_is_for_one_use_and_one_day(client: LocalClient, world: World, clock: ManualClock) -> None:
    invitation = world.identity.accounts.first_admin()
    assert invitation is not None and world.identity.accounts.first_admin() is None
    body = {"login": "admin", "invitation": invitation, "password": PASSWORD}
    assert client.post("/v1/password/first", json={**body, "invitation": invitation[:-1] + "x"}).status_code == 401
    assert client.post("/v1/password/first", json={**body, "password": "short"}).status_code == 422
    assert client.post("/v1/password/first", json=body).status_code == 204
    assert client.post("/v1/password/first", json=body).status_code == 401
    late = world.identity.accounts.add("bob", Role.VIEWER, None, "admin")
    clock.pass_ms(24 * 3_600_000)
    assert client.post("/v1/password/first", json={**body, "login": "bob", "invitation": late}).status_code == 401


def test_another_password_needs_a_fresh_code_and_ends_other_sessions(
    client: LocalClient, world: World, clock: ManualClock
) -> None:
    secret = enrolled(client, world, clock)
    first, second = (log_in(client, secret, clock)["token"], None)
    clock.pass_ms(3 * 60_000)
    second = log_in(client, secret, clock)["token"]
    body = {"password": "another horse 42 battery"}
    assert client.post("/v1/password", json=body, headers=bearer(first)).status_code == 403
    assert client.post("/v1/password", json=body, headers=bearer(second)).status_code == 204
    assert client.get("/v1/me", headers=bearer(first)).status_code == 401
    assert client.get("/v1/me", headers=bearer(second)).status_code == 200


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer ", "bearer nonsense", "Token x", "Bearer \x7f"])
def test_other_ways_to_say_who_one_is_are_refused(header: str, client: LocalClient) -> None:
    answer = client.get("/v1/me", headers={"Authorization": header})
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
