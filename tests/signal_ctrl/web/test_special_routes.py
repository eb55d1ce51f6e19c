"""Special vehicles over HTTP: who may register and ask, and what a forged, copied or changed call comes to."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bench.centre_app import World
from bench.local_client import LocalClient
from signal_ctrl.cabinet.ports import Ask
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.credential import credential_from_json
from signal_ctrl.domain.link.mac import CABINET, WINDOW_MS
from signal_ctrl.domain.link.orders import orders_from_bytes
from signal_ctrl.domain.link.overrides import OrderSource, OverrideOrder
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.diversion.guidance import guidance_to_json
from signal_ctrl.watch.diversion.values import GUIDANCE, GuidanceDocument
from signal_ctrl.watch.special.limits import REPORTS_S
from tests.signal_ctrl.watch.dispatch.streets import grid, place
from tests.signal_ctrl.watch.special.test_way import MOVES, ROADS
from tests.signal_ctrl.web.centre_town import Town
from tests.signal_ctrl.web.test_dispatch_routes import town_actor

FIRE = {"vehicle": "fire1", "kind": "fire", "owner": "station 1"}


class Device:
    """What signs in the vehicle; it keeps what it sent."""

    def __init__(self, town: Town, credential: str) -> None:
        found, numbers = credential_from_json(credential), itertools.count(1)
        self._town = town
        self.signer = Signer(found.cabinet, found.key, "0" * 32, town.clock, lambda n: next(numbers).to_bytes(n, "big"))

    def ask(self, method: str, path: str, body: dict[str, Any]) -> Ask:
        return self.signer.ask(method, path, body=json.dumps(body).encode())

    def send(self, ask: Ask, body: bytes | None = None, path: str = "") -> Any:
        headers = {"Signal-Ctrl-Feed" if name == CABINET else name: value for name, value in ask.headers.items()}
        content = ask.body if body is None else body
        return self._town.client.request(ask.method, path or ask.path, headers=headers, content=content)

    def post(self, what: str, x: float, vehicle: str = "fire1", **more: Any) -> Any:
        lon, lat = place(x, 0.0)
        body = {"lon": lon, "lat": lat, "heading_deg": 90.0, **more}
        return self.send(self.ask("POST", f"/v1/special-vehicles/{vehicle}/{what}", body))


@pytest.fixture
def town(world: World, clock: ManualClock) -> Iterator[Town]:
    with LocalClient(world.front) as client:
        made = Town(world, client, clock)
        watch, now_ms = made.world.watch, clock.utc_ms()
        watch.roads.import_(town_actor(made, "eve"), roads_to_json(grid()))
        document = GuidanceDocument("0" * 64, guidance_to_json(MOVES), now_ms, "eve")
        world.store.write(lambda t: t.shelf(GUIDANCE).put(document))
        watch.diversions.guidance.load()
        watch.tick()
        yield made


@pytest.fixture
def device(town: Town) -> Device:
    answer = town.ask("root", "POST", "/v1/special-vehicles", FIRE)
    assert answer.status_code == 201, answer.text
    return Device(town, answer.json()["credential"])


def held(town: Town, cabinet: str) -> list[OverrideOrder]:
    served = town.world.centre.orders.book.answer(cabinet, "", town.clock.mono_ms())
    assert served is not None
    return [o for o in orders_from_bytes(served.body).overrides if o.source is OrderSource.PREEMPTION]


def passes(town: Town, seconds: int) -> None:
    for _ in range(seconds):
        town.clock.pass_ms(1_000)
        town.world.centre.tick()
        town.world.watch.tick()


def test_a_vehicle_asks_reports_and_ends_itself(town: Town, device: Device) -> None:
    asked = device.post("corridor", 0.5, roads=list(ROADS))
    assert asked.status_code == 201, asked.text
    assert asked.json()["signals"] == ["c0", "c1", "c2"]
    passes(town, 2)
    assert held(town, "c0")
    shown = town.ask("vera", "GET", "/v1/corridors").json()
    arrivals = shown[0]["arrivals"]
    assert [at["signal"] for at in arrivals] == ["c0", "c1", "c2"]
    assert all(at["early_s"] < at["expected_s"] < at["late_s"] for at in arrivals)
    assert [at["cabinet"] for at in arrivals] == ["c0", "c1", "c2"]
    assert 0.0 <= shown[0]["heard_s"] <= 5.0
    assert shown[0]["live"] and [kept["cabinet"] for kept in shown[0]["kept"]] == ["c0"]
    passes(town, 20)
    assert device.post("position", 1.2).status_code == 200
    passes(town, 1)
    assert not held(town, "c0")
    name = shown[0]["corridor"]["corridor"]
    ended = device.send(device.ask("DELETE", "/v1/special-vehicles/fire1/corridor", {}), b"")
    assert ended.status_code == 401  # a body that was taken away is another request
    ended = device.send(device.signer.ask("DELETE", "/v1/special-vehicles/fire1/corridor"))
    assert ended.status_code == 200 and not ended.json()["live"]
    assert town.ask("vera", "GET", "/v1/corridors").json() == []
    assert town.ask("vera", "GET", f"/v1/corridors/{name}").json()["corridor"]["why"] == "the vehicle needs it no more"
    assert len(town.ask("vera", "GET", "/v1/corridors?over=true").json()) == 1


def test_whoever_dispatches_asks_and_ends(town: Town, device: Device) -> None:
    wish = {"vehicle": "fire1", "roads": list(ROADS), "notice_s": 60}
    asked = town.ask("olga", "POST", "/v1/corridors", wish)
    assert asked.status_code == 201, asked.text
    name = asked.json()["corridor"]["corridor"]
    assert town.ask("sam", "DELETE", f"/v1/corridors/{name}").status_code == 200
    assert town.ask("sam", "DELETE", f"/v1/corridors/{name}").status_code == 404


def test_the_price_ahead_shrinks_as_the_vehicle_goes_on(town: Town, device: Device) -> None:
    name = device.post("corridor", 0.5, roads=list(ROADS)).json()["corridor"]["corridor"]
    passes(town, 2)
    path = f"/v1/corridors/{name}/price"
    ahead = town.ask("vera", "GET", path).json()["ahead"]
    assert ahead["kind"] == "estimate"
    assert [text.split(":")[0] for text in ahead["inputs"]] == ["c0", "c1", "c2"]
    held_s = [float(text.split("held ")[1].split(" s")[0]) for text in ahead["inputs"]]
    assert all(1.0 <= each <= 180.0 for each in held_s)
    passes(town, 20)
    assert device.post("position", 1.2).status_code == 200
    passes(town, 1)
    ahead = town.ask("vera", "GET", path).json()["ahead"]
    assert [text.split(":")[0] for text in ahead["inputs"]] == ["c1", "c2"]
    assert town.ask("olga", "DELETE", f"/v1/corridors/{name}").status_code == 200
    assert town.ask("vera", "GET", path).json() == {"ahead": None}
    assert town.ask("vera", "GET", "/v1/corridors/co-none/price").status_code == 404


def test_a_forged_copied_or_changed_call_asks_for_nothing(town: Town, device: Device) -> None:
    before = town.world.centre.orders.book.delivery("c0")
    ask = device.ask("POST", "/v1/special-vehicles/fire1/corridor", {"lon": 8.0, "lat": 50.0, "roads": list(ROADS)})
    unsigned = town.client.request("POST", ask.path, json=json.loads(ask.body))
    changed = device.send(ask, ask.body.replace(b"8.0", b"8.1"))
    elsewhere = device.send(ask, path="/v1/special-vehicles/pol1/corridor")
    other = Signer("special.fire1", bytes(32), "0" * 32, town.clock, bytes)
    forged = device.send(other.ask("POST", ask.path, body=ask.body))
    assert [a.status_code for a in (unsigned, changed, elsewhere, forged)] == [401, 401, 401, 401]
    late = device.ask("POST", ask.path, json.loads(ask.body))
    town.clock.pass_ms(WINDOW_MS + 1_000)
    assert device.send(late).status_code == 401
    assert town.ask("vera", "GET", "/v1/corridors").json() == []
    assert town.world.centre.orders.book.delivery("c0") == before


def test_a_copy_of_a_taken_call_is_refused(town: Town, device: Device) -> None:
    ask = device.ask("POST", "/v1/special-vehicles/fire1/corridor", {"lon": 8.0, "lat": 50.0, "roads": list(ROADS)})
    assert device.send(ask).status_code == 201
    assert town.ask("olga", "DELETE", f"/v1/corridors/{live(town)}").status_code == 200
    assert device.send(ask).status_code in (401, 409)
    assert town.ask("vera", "GET", "/v1/corridors").json() == []


def live(town: Town) -> str:
    return str(town.ask("vera", "GET", "/v1/corridors").json()[0]["corridor"]["corridor"])


def test_a_device_speaks_for_its_own_vehicle_alone_and_not_too_often(town: Town, device: Device) -> None:
    assert town.ask("root", "POST", "/v1/special-vehicles", {**FIRE, "vehicle": "fire2"}).status_code == 201
    assert device.post("corridor", 0.0, "fire2").status_code == 404
    assert device.post("corridor", 0.0, "nobody").status_code == 404
    assert device.post("position", 0.1).status_code == 409  # it has no corridor
    device.post("corridor", 0.0, roads=list(ROADS))
    codes = [device.post("position", 0.1).status_code for _ in range(round(10 * REPORTS_S) + 5)]
    assert set(codes) <= {200, 409, 429} and codes[-1] in (409, 429)


def test_who_may_not(town: Town, device: Device) -> None:
    for login, method, path, body in (
        ("olga", "POST", "/v1/special-vehicles", {**FIRE, "vehicle": "x"}),
        ("sam", "DELETE", "/v1/special-vehicles/fire1", None),
        ("eve", "POST", "/v1/corridors", {"vehicle": "fire1", "roads": list(ROADS)}),
        ("vera", "POST", "/v1/corridors", {"vehicle": "fire1", "roads": list(ROADS)}),
        ("root", "POST", "/v1/special-vehicles/fire1/position", {"lon": 8.0, "lat": 50.0}),
    ):
        assert town.ask(login, method, path, body).status_code == 403, (login, path)
    assert device.send(device.signer.ask("GET", "/v1/corridors")).status_code == 403


def test_a_revoked_vehicle_is_heard_no_more(town: Town, device: Device) -> None:
    device.post("corridor", 0.5, roads=list(ROADS))
    passes(town, 2)
    assert held(town, "c0")
    assert town.ask("root", "DELETE", "/v1/special-vehicles/fire1").status_code == 200
    assert not held(town, "c0")
    assert device.post("position", 0.6).status_code == 401
    assert town.ask("vera", "GET", "/v1/special-vehicles").json()[0]["revoked_utc_ms"] is not None
