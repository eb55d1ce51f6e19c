"""One attack, or several, for each row of the threat table of SAFETY part E that is the application's."""

import json
import re
import time
import tracemalloc
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bench.centre_app import World, bearer, contents, memory_world
from bench.local_client import LocalClient
from signal_ctrl.centre.alarms import ALARMS
from signal_ctrl.centre.geojson import checked_network
from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.throttle import FAILURES_LOCK
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import TooManyError
from signal_ctrl.web.app import ROUTERS
from signal_ctrl.web.body_limit import MAX_BYTES, NETWORK_MAX_BYTES, NETWORK_PATH
from signal_ctrl.web.outer import HEADERS
from signal_ctrl.web.settings import Settings
from tests.signal_ctrl.web.conftest import NOW_MS
from tests.signal_ctrl.web.test_session_routes import PASSWORD, enrolled, log_in

GUESS = {"login": "ann", "password": "wrong horse 41 battery", "code": "000000"}
JSON = {"Content-Type": "application/json"}


def guess(client: LocalClient, login: str) -> tuple[int, dict]:
    answer = client.post("/v1/login", json={**GUESS, "login": login})
    document = answer.json()
    document.pop("error_id", None)
    return answer.status_code, {**document, "retry": answer.headers.get("retry-after")}


# Password guessing


def test_guessing_is_slowed_then_locked_and_looks_the_same_for_nobody(
    client: LocalClient, world: World, clock: ManualClock
) -> None:
    secret = enrolled(client, world, clock)
    answers: dict[str, list[tuple[int, dict]]] = {"ann": [], "nobody": []}
    tried = 0
    while tried < FAILURES_LOCK + 2:
        clock.pass_ms(16 * 60_000)
        tried += 1
        for login, found in answers.items():
            found.append(guess(client, login))
    assert answers["ann"] == answers["nobody"], "nobody can tell who has an account"
    statuses = [status for status, _ in answers["ann"]]
    assert statuses == [401] * FAILURES_LOCK + [429] * 2
    clock.pass_ms(24 * 3_600_000)
    body = {"login": "ann", "password": PASSWORD, "code": "123456"}
    assert client.post("/v1/login", json=body).status_code == 429, "locked, whatever is right"
    texts = [alarm.text for alarm in world.store.read(lambda reading: reading.shelf(ALARMS).find())]
    assert sum("locked" in text for text in texts) >= 1
    world.identity.accounts.reset("ann", "root")
    assert guess(client, "ann")[0] == 401, "an administrator unlocks it"
    assert secret


def test_delays_grow_with_each_failure(client: LocalClient, world: World, clock: ManualClock) -> None:
    enrolled(client, world, clock)
    waits = []
    for _ in range(9):
        assert guess(client, "ann")[0] == 401
        clock.pass_ms(20_000)
        status, document = guess(client, "ann")
        waits.append(int(document["retry"] or 0) if status == 429 else 0)
        clock.pass_ms(15 * 60_000)
    grown = [wait for wait in waits if wait]
    assert grown == sorted(grown) and len(set(grown)) >= 3


def test_a_right_password_with_a_wrong_code_says_no_more(client: LocalClient, world: World, clock: ManualClock) -> None:
    enrolled(client, world, clock)
    wrong = guess(client, "ann")
    half = client.post("/v1/login", json={"login": "ann", "password": PASSWORD, "code": "000000"})
    assert (half.status_code, half.json()["detail"]) == (wrong[0], wrong[1]["detail"])


def test_a_success_forgets_failures(client: LocalClient, world: World, clock: ManualClock) -> None:
    secret = enrolled(client, world, clock)
    for _ in range(4):
        assert guess(client, "ann")[0] == 401
    clock.pass_ms(60_000)
    log_in(client, secret, clock)
    for _ in range(4):
        assert guess(client, "ann")[0] == 401


def test_an_account_and_an_address_have_their_rates(client: LocalClient, world: World, clock: ManualClock) -> None:
    statuses = [guess(client, "bob")[0] for _ in range(8)]
    assert statuses[5:] == [429] * 3, "five a minute of one account"
    clock.pass_ms(60_000)
    statuses = [guess(client, f"user-{n}")[0] for n in range(40)]
    assert statuses.count(401) == 30 and statuses[30:] == [429] * 10, "thirty a minute of one address"
    metrics = client.get("/metrics").text
    assert 'signal_ctrl_refused_total{limit="login_address"} 10.0' in metrics
    assert 'signal_ctrl_refused_total{limit="login_account"}' in metrics


def test_a_person_has_ten_requests_a_second_and_twenty_at_once(
    client: LocalClient, world: World, clock: ManualClock
) -> None:
    token = world.person(Role.VIEWER)
    statuses = [client.get("/v1/me", headers=bearer(token)).status_code for _ in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    clock.pass_ms(100)
    assert client.get("/v1/me", headers=bearer(token)).status_code == 200


def test_names_with_failures_are_forgotten_beyond_a_bound(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from signal_ctrl.centre.people import Failures
    from signal_ctrl.stores import people

    monkeypatch.setattr(people, "MOST_NAMES", 100)

    def many(transaction) -> None:
        for n in range(500):
            transaction.people.put_failures(f"name-{n}", Failures(1, NOW_MS + n))

    world.store.write(many)
    assert len(contents(world.store)["login_failures"]) <= 100


# Stolen tokens: test_session_routes has addresses, exchange and codes


def test_no_token_or_secret_is_kept_or_logged_in_clear(
    client: LocalClient, world: World, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = enrolled(client, world, clock)
    session = log_in(client, secret, clock)
    invitation = world.identity.accounts.reset("ann", "root")
    everything = str(contents(world.store, but=())) + capsys.readouterr().out + client.get("/metrics").text
    for hidden in (session["token"], secret, PASSWORD, invitation):
        assert hidden not in everything


# SQL injection

HOSTILE = [
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    '" OR 1=1 --',
    "1; SELECT pg_sleep(10)",
    "%27%20OR%201=1",
    "a' UNION SELECT * FROM users --",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_never_sql(text: str, client: LocalClient, world: World, clock: ManualClock) -> None:
    auditor, admin = bearer(world.person(Role.AUDITOR)), bearer(world.person(Role.ADMIN))
    before = contents(world.store, but=("audit", "sessions", "login_failures"))
    assert client.post("/v1/login", json={**GUESS, "login": text}).status_code == 401
    assert client.get("/v1/audit", params={"who": text, "object": text}, headers=auditor).json()["records"] == []
    assert client.get("/v1/junctions", params={"district": text}, headers=admin).json()["junctions"] == []
    assert client.put(f"/v1/users/{text}", json={"role": "viewer"}, headers=admin).status_code in {404, 405, 422}
    assert client.get("/v1/me", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    assert contents(world.store, but=("audit", "sessions", "login_failures")) == before


def test_no_sql_is_put_together_from_texts() -> None:
    """Every statement of the stores is SQLAlchemy's own, or a fixed text: nothing of a stranger is formatted into SQL.

    What may stand in braces are names of constants, and the parts of a pragma, which takes no parameters.
    """
    for path in sorted(Path("signal_ctrl/stores").rglob("*.py")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            assert not is_formatted_sql(line), f"{path}:{number}: {line.strip()}"


FORMATTED = re.compile(r"""(?:text|execute|exec_driver_sql)\(\s*(?:f["']|["'][^"']*["']\s*(?:%|\.format|\+))""")


def is_formatted_sql(line: str) -> bool:
    fields = re.findall(r"{([^}]*)}", line)
    harmless = "PRAGMA" in line or (fields and all(re.fullmatch(r"_?[A-Z][A-Z_]*", field) for field in fields))
    return bool(FORMATTED.search(line)) and not harmless


def test_formatted_sql_is_found() -> None:
    assert is_formatted_sql('connection.execute(f"SELECT {name}")')
    assert is_formatted_sql('text("SELECT %s" % name)')
    assert not is_formatted_sql('connection.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")')


# JSON bombs and huge bodies: test_strict_json has the bounds one by one


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"[" + b"9" * 60_000 + b"]",
        b'{"login":"a","login":"b"}',
        b"NaN",
        b"\xff",
        b"null",
        b"[]",
        b'"x"',
        b"",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_bombs_are_refused_on_every_route_with_a_body(body: bytes, client: LocalClient, world: World) -> None:
    for path in ("/v1/login", "/v1/password/first"):
        client.post(path, content=b"{}", headers=JSON)  # whoever asks first waits for modules to be loaded
        begun_s = time.process_time()
        assert client.post(path, content=body, headers=JSON).status_code == 422
        assert time.process_time() - begun_s < 1


def test_a_body_is_counted_while_it_comes(client: LocalClient, world: World) -> None:
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 4096
            yield b" " * 4096

    answer = client.post("/v1/login", content=endless(), headers=JSON)
    assert answer.status_code == 413 and sent <= MAX_BYTES + 2 * 4096
    assert client.post("/v1/login", content=b" " * (MAX_BYTES + 1), headers=JSON).status_code == 413
    assert client.post("/v1/login", content=b" " * MAX_BYTES, headers=JSON).status_code == 422
    assert answer.headers["connection"] == "close"


def test_a_packed_body_is_not_unpacked(client: LocalClient) -> None:
    for coding in ("gzip", "deflate", "br"):
        assert (
            client.post("/v1/login", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": coding}).status_code
            == 422
        )


def large_network(size: int) -> bytes:
    feature = {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [[6.95 + k * 1e-5, 50.93] for k in range(40)]},
        "properties": {"name": "street"},
    }
    one = json.dumps(feature)
    many = ",".join([one] * (size // (len(one) + 1)))
    return b'{"type":"FeatureCollection","features":[' + many.encode() + b"]}"


def test_only_an_engineer_sends_a_network_and_it_has_a_bound(client: LocalClient, world: World) -> None:
    engineer, operator = bearer(world.person(Role.ENGINEER)), bearer(world.person(Role.OPERATOR))
    body = large_network(NETWORK_MAX_BYTES - 1000)
    assert client.post(NETWORK_PATH, content=body, headers=operator).status_code == 403
    assert client.post(NETWORK_PATH, content=b" " * (NETWORK_MAX_BYTES + 1), headers=engineer).status_code == 413
    assert client.post(NETWORK_PATH, content=body, headers=engineer).status_code == 201


def test_a_place_that_no_number_holds_is_refused(client: LocalClient, world: World) -> None:
    body = large_network(4_000).replace(b"50.93", b"1" + b"0" * 400)
    answer = client.post(NETWORK_PATH, content=body, headers=bearer(world.person(Role.ENGINEER)))
    assert answer.status_code == 422, answer.text


def test_a_network_takes_little_memory() -> None:
    text = large_network(1 << 20).decode()
    tracemalloc.start()
    checked_network(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(text), "with the 8 MiB that came, 32 MiB for the largest"


# Path traversal


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/v1/%2e%2e/%2e%2e/etc/passwd",
        "/v1/users/..%2f..%2fetc%2fpasswd",
        "/v1/junctions/..%5c..%5cwin.ini",
        "/v1/junctions/%00",
        "/v1/detectors?junction=%00",
        "/v1/junctions/%0d%0aSet-Cookie:x=1",
        "/v1/junctions/%ff%fe",
        "//v1//me",
        "/" + "a" * 3000,
        "/v1/me;x=1",
        "/.git/config",
        "/static/../../centre.db",
    ],
)
def test_paths_lead_nowhere(path: str, client: LocalClient, world: World) -> None:
    admin = bearer(world.person(Role.ADMIN))
    answer = client.get(path, headers=admin)
    assert answer.status_code in {404, 422} and "root:" not in answer.text
    assert "set-cookie" not in answer.headers


# XSS


def test_names_are_data_everywhere(client: LocalClient, world: World) -> None:
    evil = "<script>alert(1)</script>"
    world.store.write(lambda t: t.record("=cmd|' /C calc'!A0", "+1+1", f"@SUM(A1) {evil}", "-2+3", NOW_MS))
    auditor = bearer(world.person(Role.AUDITOR))
    table = client.get("/v1/audit.csv", headers=auditor)
    assert table.headers["content-type"].startswith("text/csv") and "attachment" in table.headers["content-disposition"]
    row = next(line for line in table.text.splitlines() if "calc" in line)
    assert all(not cell.strip('"').startswith(("=", "+", "-", "@")) for cell in row.split(",")[2:6])
    listed = client.get("/v1/audit", headers=auditor)
    assert (
        listed.headers["content-type"] == "application/json" and listed.headers["x-content-type-options"] == "nosniff"
    )
    page = client.get(f"/v1/{evil}", headers=auditor)
    assert page.headers["content-type"] == "application/problem+json" and evil not in page.text


# Headers, debug surface


def test_every_answer_carries_the_headers(client: LocalClient, world: World) -> None:
    engineer = bearer(world.person(Role.ENGINEER))
    client.post(NETWORK_PATH, content=large_network(2000), headers=engineer)
    answers = [
        client.get("/healthz"),
        client.get("/nothing"),
        client.get("/v1/me"),
        client.post("/v1/login", content=b"{", headers=JSON),
        client.post("/v1/login", content=b" " * 70_000, headers=JSON),
        client.get("/v1/network.geojson", headers=engineer),
    ]
    assert {answer.status_code for answer in answers} == {200, 404, 401, 422, 413}
    for answer in answers:
        for name, value in HEADERS:
            assert answer.headers[name] == value
        assert answer.headers["cache-control"] in {"no-store", "private, no-cache"}
    assert answers[-1].headers["cache-control"] == "private, no-cache"


def test_production_shows_no_description_and_no_page(clock: ManualClock, tmp_path: Path) -> None:
    world = memory_world(clock, tmp_path, Settings(production=True, secure=True))
    try:
        with LocalClient(world.app) as client:
            for path in ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect", "/debug", "/console", "/v1"):
                assert client.get(path).status_code == 404, path
        with LocalClient(world.app, "203.0.113.9") as stranger:
            assert stranger.get("/metrics").status_code == 404
    finally:
        world.store.close()


def test_a_cookie_of_production_is_bound_to_https_and_host(clock: ManualClock, tmp_path: Path) -> None:
    world = memory_world(clock, tmp_path, Settings(production=True, secure=True))
    try:
        with LocalClient(world.app, base_url="https://centre.test") as client:
            secret = enrolled(client, world, clock)
            body = {
                "login": "ann",
                "password": PASSWORD,
                "code": __import__("pyotp").TOTP(secret).generate_otp(clock.utc_ms() // 30_000),
                "cookie": True,
            }
            answer = client.post("/v1/login", json=body, headers={"Origin": "https://centre.test"})
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-signal-ctrl=") and "Secure" in cookie and "Path=/" in cookie
            assert "Domain" not in cookie
    finally:
        world.store.close()


def test_a_fault_shows_an_id_and_no_stack(world: World) -> None:
    def broken() -> None:
        raise RuntimeError("secret place /etc/shadow")

    world.app.add_api_route("/broken", broken)
    with LocalClient(world.app) as client, capture_logs() as lines:
        answer = client.get("/broken")
    assert answer.status_code == 500 and answer.headers["content-type"] == "application/problem+json"
    assert "shadow" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    fault = next(line for line in lines if line["event"] == "fault")
    assert answer.json()["error_id"] == fault["request"] and fault["log_level"] == "error"


def test_addresses_of_others_are_not_taken_from_headers(client: LocalClient, world: World) -> None:
    token = world.person(Role.VIEWER, "ann")
    client.get("/v1/me", headers={**bearer(token), "X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"})
    assert world.store.read(lambda reading: reading.shelf(ALARMS).find()) == ()


# Insider


def test_no_role_may_both_order_and_read_who_ordered() -> None:
    from signal_ctrl.centre.identity import MATRIX, Grant, Right

    writes = {Right.ISSUE_OVERRIDE, Right.APPROVE_OVERRIDE, Right.MANAGE_PLANS, Right.MANAGE_USERS}
    for role in (Role.AUDITOR, Role.VIEWER):
        assert all(MATRIX[right][role] is Grant.NO for right in writes)
    assert MATRIX[Right.ISSUE_OVERRIDE][Role.ADMIN] is Grant.NO
    assert MATRIX[Right.MANAGE_USERS][Role.SUPERVISOR] is Grant.NO


def test_every_refusal_of_a_known_person_is_recorded(client: LocalClient, world: World) -> None:
    token = world.person(Role.VIEWER, "ann")
    assert client.get("/v1/users", headers=bearer(token)).status_code == 403
    record = world.store.read(lambda reading: reading.audit.last(1))[0].record
    assert (record.actor, record.action, record.object) == ("ann", "request", "GET /v1/users")


def test_the_description_names_every_problem(world: World) -> None:
    described = world.app.openapi()["paths"]
    every = {route.path for router in ROUTERS for route in router.routes if getattr(route, "include_in_schema", False)}
    assert described.keys() == every
    for path, methods in described.items():
        for method, operation in methods.items():
            assert {"401", "403", "422", "429"} <= operation["responses"].keys(), f"{method} {path}"


def test_logins_wait_in_a_short_queue_and_take_two_threads(world: World) -> None:
    import asyncio
    import threading

    gate, names = threading.Event(), set()

    def work() -> int:
        names.add(threading.current_thread().name)
        gate.wait(10)
        return 1

    async def scene() -> list[object]:
        tasks = [asyncio.create_task(world.context.slow_work.run(work)) for _ in range(30)]
        await asyncio.sleep(0.05)
        gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(scene())
    assert found[:22] == [1] * 22 and all(isinstance(each, TooManyError) for each in found[22:])
    assert len(names) <= 2
