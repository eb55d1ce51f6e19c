"""The parking service over HTTP: who is let in, what the public is told, what machines post, what signs are told."""

import itertools
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from bench.local_client import LocalClient
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.centre.throttle import Rate
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.credential import credential_from_json
from signal_ctrl.domain.roads import Road, RoadClass, RoadNetwork, RoadTurn
from signal_ctrl.domain.roads_json import roads_document
from signal_ctrl.domain.storing import Condition
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.facilities import Entrance, Facilities
from signal_ctrl.parking.facilities_json import facilities_document
from signal_ctrl.parking.machines import Act, MachineKind
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.parking.signs.rules import LineRule, SignRule, signs_to_json
from signal_ctrl.web.parking.app import ROUTERS, make_app, with_signatures
from signal_ctrl.web.parking.context import Anybody, ParkingSettings, Signs, Unlimited, new_context
from signal_ctrl.web.routing import StrictRoute
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS, facility, memory, numbers, service

BOOT = "0" * 32
NUMBERS = numbers("A", 40)
OFTEN = Rate(1000, 1000)


def roads() -> RoadNetwork:
    def road(name: str, a: str, b: str, shape: tuple[tuple[float, float], ...]) -> Road:
        return Road(name, a, b, 960.0, 2, 13.9, 1800.0, RoadClass.ARTERIAL, shape, name=f"{name}路")

    west, middle, east = (120.09, 30.2), (120.1, 30.2), (120.11, 30.2)
    back = [(lon, 30.2002) for lon, _ in (west, middle, east)]
    return RoadNetwork(
        (
            road("E1", "a", "b", (west, middle)),
            road("E2", "b", "c", (middle, east)),
            road("W2", "c", "b", (back[2], back[1])),
            road("W1", "b", "a", (back[1], back[0])),
        ),
        (RoadTurn("E1", "E2"), RoadTurn("E2", "W2"), RoadTurn("W2", "W1"), RoadTurn("W1", "E1")),
    )


class Town:
    """A service with two facilities and a sign, and those who talk to it."""

    def __init__(self, public: Rate = OFTEN) -> None:
        self.clock = ManualClock(BEGIN_MS, 1_000_000)
        self.store = memory()
        self.parking = service(self.store, self.clock)
        self.context = new_context(self.clock, self.parking, ParkingSettings(public=public), lambda: Condition.OPEN)
        self.app = with_signatures(make_app(self.context), self.context)
        self._signers: dict[str, Signer] = {}
        self._random = itertools.count(1)
        self.sequence = 0
        for kind in MachineKind:
            self.enrol(kind.value, kind, ("V1",) if kind is MachineKind.SIGN else ())
        self.clock.pass_ms(1)

    def enrol(self, name: str, kind: MachineKind, only: tuple[str, ...] = ()) -> None:
        self.known(name, self.parking.machines.enrol("office", name, kind, only))

    def known(self, name: str, key: bytes) -> None:
        self._signers[name] = Signer(name, key, BOOT, self.clock, lambda n: next(self._random).to_bytes(n, "big"))

    def ask(self, client: LocalClient, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        self.clock.pass_ms(120)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        ask = self._signers[who].ask(method, path, body=data)
        sent = {**ask.headers, **headers}
        sent["Signal-Ctrl-Feed"] = sent.pop("Signal-Ctrl-Cabinet")
        return client.request(method, path, headers=sent, content=data)

    def fill(self, client: LocalClient) -> None:
        documents = {
            "roads": roads_document(roads()),
            "facilities": facilities_document(
                Facilities(
                    (
                        facility("P1", place=(120.0985, 30.2)),
                        facility("P2", place=(120.1085, 30.2), entrances=(Entrance("E2", 800.0),)),
                    )
                )
            ),
            "signs": json.loads(signs_to_json((SignRule("V1", "E1", 0.0, (LineRule("中", "C", ("P1",)),)),))),
        }
        for name, document in documents.items():
            answer = self.ask(client, "office", "PUT", f"/v1/parking/documents/{name}", document)
            assert answer.status_code == 200, answer.text

    def say(self, client: LocalClient, facility_name: str, free: int) -> Any:
        self.sequence += 1
        at_ms = self.clock.utc_ms()
        readings = [SpaceReading(facility_name, n, at_ms, k >= free) for k, n in enumerate(NUMBERS)]
        body = FORM.to_bytes("sensors", BOOT, self.sequence, [reading_document(each) for each in readings])
        return self.ask(client, "sensors", "POST", "/v1/parking/readings", body)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    made = Town()
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def client(town: Town) -> Iterator[LocalClient]:
    with LocalClient(town.app) as made:
        town.fill(made)
        yield made


def routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def needs_of(route: APIRoute) -> list[Any]:
    calls = [each.call for each in route.dependant.dependencies]
    return [each for each in calls if isinstance(each, Signs | Anybody | Unlimited)]


def name_of(route: APIRoute) -> str:
    return f"{'-'.join(sorted(route.methods))}-{route.path}"


@pytest.mark.parametrize("route", routes(), ids=name_of)
def test_every_route_says_who_may_ask_once(route: APIRoute) -> None:
    assert len(needs_of(route)) == 1
    assert isinstance(route, StrictRoute)


SIGNED = [route for route in routes() if isinstance(needs_of(route)[0], Signs)]
MAY = {
    Act.POST_READINGS: {"sensors"},
    Act.READ_SIGN: {"sign", "office", "centre"},
    Act.ADMIT: {"gate", "office"},
    Act.LOOK: {"centre", "office"},
    Act.TELL: {"centre", "office"},
    Act.KEEP: {"office"},
}


@pytest.mark.parametrize("route", SIGNED, ids=name_of)
def test_who_may_and_who_may_not(route: APIRoute, town: Town, client: LocalClient) -> None:
    path = route.path.format(sign="V1", name="x", pass_id="x", facility="P1", guidance_id="0" * 32)
    act = needs_of(route)[0].act
    for method in route.methods:
        assert client.request(method, path).status_code == 401
        for kind in MachineKind:
            status = town.ask(client, kind.value, method, path, {} if method in ("POST", "PUT") else None).status_code
            assert (status == 403) is (kind.value not in MAY[act]), (method, path, kind, status)


def test_a_revoked_or_replayed_or_foreign_signature_is_refused(town: Town, client: LocalClient) -> None:
    town.enrol("gone", MachineKind.OFFICE)
    town.clock.pass_ms(1)
    assert town.ask(client, "gone", "GET", "/v1/parking/overview").status_code == 200
    assert town.ask(client, "office", "DELETE", "/v1/parking/credentials/gone").status_code == 200
    assert town.ask(client, "gone", "GET", "/v1/parking/overview").status_code == 401
    town.known("centre2", bytes(32))
    assert town.ask(client, "centre2", "GET", "/v1/parking/overview").status_code == 401
    ask = town._signers["office"].ask("GET", "/v1/parking/overview")
    sent = {"Signal-Ctrl-Feed" if k == "Signal-Ctrl-Cabinet" else k: v for k, v in ask.headers.items()}
    answers = [client.get("/v1/parking/overview", headers=sent).status_code for _ in range(2)]
    assert answers == [200, 401]


def test_readings_become_free_spaces_in_every_feed(town: Town, client: LocalClient) -> None:
    answer = town.say(client, "P1", 12)
    assert answer.json() == {"sequence": town.sequence, "taken": 40, "left_out": {}}
    town.clock.pass_ms(2_000)
    listed = client.get("/v1/parking/facilities").json()["facilities"]
    assert [(each["facility"], each["occupancy"]["free"], each["occupancy"]["trust"]) for each in listed] == [
        ("P1", 12, "good"),
        ("P2", None, "stale"),
    ]
    assert client.get("/v1/parking/facilities/P1/occupancy").json()["kinds"]["general"]["at_least"] == 12
    rows = client.get("/v1/parking/facilities/P1/spaces?offset=10&limit=4").json()["spaces"]
    assert [(each["space"], each["state"]) for each in rows] == [
        ("A011", "free"), ("A012", "free"), ("A013", "occupied"), ("A014", "occupied"),
    ]  # fmt: skip
    feed = client.get("/v1/parking/occupancy")
    assert feed.json()["facilities"][1]["free"] is None
    again = client.get("/v1/parking/occupancy", headers={"If-None-Match": feed.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/v1/parking/facilities/P9").status_code == 404


def test_datex_has_numbers_for_what_is_known_alone(town: Town, client: LocalClient) -> None:
    town.clock.pass_ms(400_000)
    town.say(client, "P1", 9)
    town.clock.pass_ms(2_000)
    space = "{http://datex2.eu/schema/2/2_0}"
    status = ET.fromstring(client.get("/v1/parking/datex2/status").text)
    found = {}
    for record in status.iter(f"{space}parkingRecordStatus"):
        name = record.find(f"{space}parkingRecordReference")
        vacant = record.find(f"{space}parkingOccupancy/{space}parkingNumberOfVacantSpaces")
        word = record.find(f"{space}parkingSiteStatus")
        assert name is not None and word is not None
        found[name.get("id")] = (None if vacant is None else vacant.text, word.text)
    assert found == {"P1": ("9", "spacesAvailable"), "P2": (None, "unknown")}
    table = ET.fromstring(client.get("/v1/parking/datex2/table").text)
    assert [each.get("id") for each in table.iter(f"{space}parkingRecord")] == ["P1", "P2"]


def test_a_sign_is_told_to_its_own_controller(town: Town, client: LocalClient) -> None:
    town.say(client, "P1", 12)
    town.clock.pass_ms(60_000)
    town.say(client, "P1", 12)
    told = town.ask(client, "sign", "GET", "/v1/parking/signs/V1")
    assert told.json()["lines"][0]["en"] == "P C 12"
    again = town.ask(client, "sign", "GET", "/v1/parking/signs/V1", **{"If-None-Match": told.headers["etag"]})
    assert again.status_code == 304
    assert town.ask(client, "sign", "GET", "/v1/parking/signs/V2").status_code == 404
    assert "<svg" in client.get("/v1/parking/signs/V1/picture").text


def test_a_diversion_goes_before_parking_on_a_shared_sign(town: Town, client: LocalClient) -> None:
    now_ms = town.clock.utc_ms()
    text = {"kind": "diversion", "zh": "请绕行", "en": "Divert", "from_utc_ms": now_ms, "until_utc_ms": now_ms + 60_000}
    path = "/v1/parking/signs/V1/texts"
    answer = town.ask(client, "centre", "PUT", path, {"texts": [{**text, "source": "centre"}]})
    assert answer.status_code == 204, answer.text
    told = town.ask(client, "sign", "GET", "/v1/parking/signs/V1").json()
    assert (told["text"]["en"], told["lines"]) == ("Divert", [])
    for bad in ({"kind": "parking"}, {"kind": "song"}, {"until_utc_ms": now_ms + 25 * 3_600_000}):
        body = {"texts": [{**text, "source": "centre", **bad}]}
        assert town.ask(client, "centre", "PUT", path, body).status_code == 422
    town.clock.pass_ms(61_000)
    assert town.ask(client, "sign", "GET", "/v1/parking/signs/V1").json()["text"] is None


def test_a_driver_is_guided_to_a_space_and_forgotten(town: Town, client: LocalClient) -> None:
    town.say(client, "P1", 5)
    town.parking.guidance.tick()
    asked = {"position": [120.092, 30.2], "destination": [120.099, 30.2], "stay_s": 3600.0}
    told = client.post("/v1/parking/guidance", json=asked)
    assert told.status_code == 201, told.text
    first = told.json()
    assert first["choices"][0]["facility"] == "P1" and first["space"]["space"] == "A001"
    second = client.post("/v1/parking/guidance", json=asked).json()
    assert second["space"]["space"] == "A002"
    again = client.post(f"/v1/parking/guidance/{first['guidance']}", json={"position": [120.096, 30.2]}).json()
    assert (again["guidance"], again["space"]["space"]) == (first["guidance"], "A001")
    inflow = town.ask(client, "centre", "GET", "/v1/parking/inflow").json()
    assert inflow["under_way"] >= 2
    assert client.delete(f"/v1/parking/guidance/{first['guidance']}").status_code == 204
    assert client.delete(f"/v1/parking/guidance/{first['guidance']}").status_code == 404
    town.clock.pass_ms(40 * MINUTE_MS)
    town.parking.guidance.tick()
    assert town.parking.guidance.under_way == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"position": [120.1, 30.2]},
        {"position": [500, 30.2], "destination": [120.1, 30.2]},
        {"position": [0, 0], "destination": [120.1, 30.2]},
        {"position": [120.1, 30.2], "destination": [120.1, 30.2], "kind": "boat"},
        {"position": [120.1, 30.2], "destination": [120.1, 30.2], "name": "Ann"},
        {"position": [120.1, 30.2], "destination": [120.1, 30.2], "stay_s": -1},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(body: dict[str, Any], client: LocalClient) -> None:
    assert client.post("/v1/parking/guidance", json=body).status_code == 422


def test_travel_times_are_taken_where_no_roads_are_in_force() -> None:
    """They count for no road; a centre that was refused would think that the service does not answer."""
    town = Town()
    with LocalClient(town.app) as client:
        body = {"source": "centre 10:04", "seconds": {"E2": 3000.0}}
        answer = town.ask(client, "centre", "PUT", "/v1/parking/travel-times", body)
    town.store.close()
    assert (answer.status_code, answer.json()) == (200, {"roads": 0})


def test_travel_times_of_the_centre_change_the_way(town: Town, client: LocalClient) -> None:
    asked = {"position": [120.0901, 30.2], "destination": [120.108, 30.2]}
    town.say(client, "P1", 20)
    town.say(client, "P2", 20)
    town.clock.pass_ms(11_000)
    town.parking.guidance.tick()
    assert client.post("/v1/parking/guidance", json=asked).json()["choices"][0]["facility"] == "P2"
    body = {"source": "centre 10:04", "seconds": {"E2": 3000.0, "nowhere": 1.0}}
    assert town.ask(client, "centre", "PUT", "/v1/parking/travel-times", body).json() == {"roads": 1}
    jammed = client.post("/v1/parking/guidance", json=asked).json()
    assert (jammed["choices"][0]["facility"], jammed["travel_times"]) == ("P1", "centre 10:04")
    town.clock.pass_ms(301_000)
    town.parking.guidance.tick()
    assert client.post("/v1/parking/guidance", json=asked).json()["travel_times"] == "free flow"


def test_permits_over_http_tell_no_plate(town: Town, client: LocalClient) -> None:
    now_ms = town.clock.utc_ms()
    body = {
        "kind": "reservation",
        "facility": "P2",
        "plate": "浙A777",
        "from_utc_ms": now_ms,
        "until_utc_ms": now_ms + 3_600_000,
    }
    given = town.ask(client, "office", "POST", "/v1/parking/passes", body)
    assert given.status_code == 201 and "777" not in given.text
    came = town.ask(client, "gate", "POST", "/v1/parking/admissions", {"facility": "P2", "plate": "浙A 777"}).json()
    assert came["admitted"] and came["pass"]["pass"] == given.json()["pass"]
    other = town.ask(client, "gate", "POST", "/v1/parking/admissions", {"facility": "P2", "plate": "浙B777"}).json()
    assert other == {"admitted": False, "pass": None}
    assert "777" not in town.ask(client, "office", "GET", "/v1/parking/passes").text
    path = f"/v1/parking/passes/{given.json()['pass']}"
    assert [town.ask(client, "office", "DELETE", path).status_code for _ in range(2)] == [204, 404]


def test_a_credential_that_was_made_over_http_works(town: Town, client: LocalClient) -> None:
    body = {"name": "new-sensors", "kind": "sensors", "only": ["P2"]}
    made = town.ask(client, "office", "POST", "/v1/parking/credentials", body)
    town.known("new-sensors", credential_from_json(made.json()["credential"]).key)
    items = [reading_document(SpaceReading(name, "A001", town.clock.utc_ms(), True)) for name in ("P1", "P2")]
    batch = FORM.to_bytes("new-sensors", BOOT, 1, items)
    found = town.ask(client, "new-sensors", "POST", "/v1/parking/readings", batch).json()
    assert found["left_out"] == {"foreign": 1}
    assert town.ask(client, "office", "POST", "/v1/parking/credentials", body).status_code == 409
    assert made.json()["credential"] not in town.ask(client, "office", "GET", "/v1/parking/credentials").text


def test_documents_that_contradict_each_other_are_refused(town: Town, client: LocalClient) -> None:
    lonely = facilities_document(Facilities((facility("P2"),)))
    answer = town.ask(client, "office", "PUT", "/v1/parking/documents/facilities", lonely)
    assert answer.status_code == 422 and "no facility P1" in answer.json()["detail"]
    nowhere = facilities_document(Facilities((facility("P1", entrances=(Entrance("Z9"),)), facility("P2"))))
    answer = town.ask(client, "office", "PUT", "/v1/parking/documents/facilities", nowhere)
    assert answer.status_code == 422 and "no road 'Z9'" in answer.json()["detail"]
    assert town.ask(client, "office", "PUT", "/v1/parking/documents/poems", {}).status_code == 404
    kept = town.ask(client, "centre", "GET", "/v1/parking/documents/facilities").json()
    assert [each["facility"] for each in kept["facilities"]] == ["P1", "P2"]


def test_the_public_has_limits_and_machines_have_their_own() -> None:
    town = Town(Rate(1, 3))
    with LocalClient(town.app) as client:
        town.fill(client)
        codes = [client.get("/v1/parking/facilities").status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        assert town.ask(client, "office", "GET", "/v1/parking/overview").status_code == 200
        assert client.get("/healthz").status_code == 200
    town.store.close()


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/v1/parking/readings", (1 << 20) + 1, 413), ("/v1/parking/guidance", (64 << 10) + 1, 413)],
)
def test_a_body_that_is_too_long_is_refused(path: str, size: int, status: int, client: LocalClient) -> None:
    assert client.post(path, content=b"x" * size, headers={"Content-Type": "application/json"}).status_code == status


def test_headers_of_safety_are_on_every_answer_and_metrics_for_watchers(client: LocalClient) -> None:
    for path in ("/healthz", "/v1/parking/facilities", "/v1/nothing"):
        assert "default-src 'self'" in client.get(path).headers["content-security-policy"]
    assert b"signal_ctrl_requests" in client.get("/metrics").content
    assert client.get("/readyz").json() == {"ready": True, "store": "open"}
    assert client.get("/openapi.json").status_code == 404
