"""Junctions, network, detectors, audit, health: what is read, by whom."""

import json

import pytest

from bench.centre_app import World, bearer
from bench.link.site import trial_site
from bench.local_client import LocalClient
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.ports import Condition
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.web import audit_routes
from tests.signal_ctrl.web.conftest import NOW_MS

LINE = {
    "type": "Feature",
    "geometry": {"type": "LineString", "coordinates": [[6.9, 50.9], [6.91, 50.9]]},
    "properties": {"name": "Ring"},
}


@pytest.fixture
def town(world: World) -> World:
    for name, district in (("c1", "north"), ("c2", "south")):
        world.links.enrol(
            "root", name, site_to_json(trial_site(name)), Place(district, "", f"{name} street", 6.9, 50.9)
        )
    return world


def test_junctions_are_listed_by_district_and_shown_with_their_site(client: LocalClient, town: World) -> None:
    viewer = bearer(town.person(Role.VIEWER))
    listed = client.get("/v1/junctions", headers=viewer).json()["junctions"]
    assert [(each["junction"], each["district"], each["link"]) for each in listed] == [
        ("c1", "north", "never heard"),
        ("c2", "south", "never heard"),
    ]
    south = client.get("/v1/junctions", params={"district": "south"}, headers=viewer).json()["junctions"]
    assert [each["junction"] for each in south] == ["c2"]
    one = client.get("/v1/junctions/c1", headers=viewer).json()
    assert one["site"] == json.loads(site_to_json(trial_site("c1"))) and one["runs"] is None
    assert client.get("/v1/junctions/nowhere", headers=viewer).status_code == 404


def test_a_network_is_imported_drawn_and_cached(client: LocalClient, town: World) -> None:
    engineer, viewer = bearer(town.person(Role.ENGINEER)), bearer(town.person(Role.VIEWER))
    empty = client.get("/v1/network.geojson", headers=viewer)
    assert [each["properties"]["junction"] for each in empty.json()["features"]] == ["c1", "c2"]
    body = json.dumps({"type": "FeatureCollection", "features": [LINE]}).encode()
    assert client.post("/v1/network", content=body, headers=engineer).status_code == 201
    drawn = client.get("/v1/network.geojson", headers=viewer)
    assert [each["geometry"]["type"] for each in drawn.json()["features"]] == ["LineString", "Point", "Point"]
    same = client.get("/v1/network.geojson", headers={**viewer, "If-None-Match": drawn.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"") and drawn.headers["etag"] != empty.headers["etag"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "begins with"),
        ('{"type":"FeatureCollection","features":[', "feature 1"),
        ('{"type":"FeatureCollection","features":[{}]}', "feature 1"),
        ('{"type":"FeatureCollection","features":[]} x', "more than the end"),
        ('{"type":"FeatureCollection","features":[],"x":1}', "more than the end"),
        (json.dumps({"type": "FeatureCollection", "features": [LINE]})[:-1] + ",1]}", "more than the end"),
        (
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [{**LINE, "geometry": {"type": "Circle", "coordinates": [0, 0]}}],
                }
            ),
            "geometry",
        ),
        (
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [{**LINE, "geometry": {"type": "Point", "coordinates": [200, 0]}}],
                }
            ),
            "longitude",
        ),
        (
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [{**LINE, "geometry": {"type": "Point", "coordinates": [True, 0]}}],
                }
            ),
            "position",
        ),
        (
            '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[NaN,0]},"properties":{}}]}',
            "NaN",
        ),
        (
            json.dumps({"type": "FeatureCollection", "features": [{**LINE, "properties": {"a": {"b": 1}}}]}),
            "neither text nor number",
        ),
        (
            json.dumps({"type": "FeatureCollection", "features": [{**LINE, "properties": {"a": "x" * 201}}]}),
            "plain text",
        ),
        (
            json.dumps({"type": "FeatureCollection", "features": [{**LINE, "properties": {"a": "\u0000"}}]}),
            "plain text",
        ),
        (
            json.dumps(
                {"type": "FeatureCollection", "features": [{**LINE, "properties": {str(k): 1 for k in range(17)}}]}
            ),
            "more than 16",
        ),
        (
            '{"type":"FeatureCollection","features":[{"type":"Feature","type":"Feature","geometry":null,"properties":null}]}',
            "twice",
        ),
        ('{"type":"FeatureCollection","features":[' + "[" * 3_000 + "]}", "feature 1"),
    ],
    ids=lambda text: text[:30],
)
def test_a_network_that_is_none_is_refused_and_named(text: str, why: str, client: LocalClient, town: World) -> None:
    engineer = bearer(town.person(Role.ENGINEER))
    answer = client.post("/v1/network", content=text.encode(), headers=engineer)
    assert answer.status_code == 422 and why in answer.json()["detail"]
    assert len(client.get("/v1/network.geojson", headers=engineer).json()["features"]) == 2


def test_a_supervisor_reads_the_audit_of_their_district_alone(client: LocalClient, town: World) -> None:
    town.person(Role.OPERATOR, "north-op", "north")
    town.person(Role.OPERATOR, "south-op", "south")
    for who in ("north-op", "south-op"):
        town.store.write(lambda t, who=who: t.record(who, "note", "something", "done", NOW_MS))
    supervisor, auditor = (
        bearer(town.person(Role.SUPERVISOR, "boss", "north")),
        bearer(town.person(Role.AUDITOR, "aud")),
    )
    everything = client.get("/v1/audit", headers=auditor).json()["records"]
    mine = client.get("/v1/audit", headers=supervisor).json()["records"]
    assert {(each["actor"], each["object"]) for each in mine} == {("root", "cabinet c1"), ("north-op", "something")}
    assert len(everything) > len(mine)
    assert "south-op" not in client.get("/v1/audit.csv", headers=supervisor).text


def test_a_supervisor_reads_how_the_overrides_of_their_district_ended(client: LocalClient, town: World) -> None:
    for district in ("north", "south"):
        town.person(Role.OPERATOR, f"{district}-op", district)
        name = f"override ov-{district}"
        town.store.write(lambda t, d=district, name=name: t.record(f"{d}-op", "issue override", name, "", NOW_MS))
        town.store.write(lambda t, name=name: t.record("centre", "end override", name, "expired", NOW_MS))
    boss = bearer(town.person(Role.SUPERVISOR, "boss", "north"))
    found = client.get("/v1/audit", headers=boss).json()["records"]
    assert [each["object"] for each in found if each["actor"] == "centre"] == ["override ov-north"]


def test_a_supervisor_finds_records_however_many_of_others_have_come_since(
    client: LocalClient, town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question looks at so many records and no more, and says where to go on."""
    monkeypatch.setattr(audit_routes, "_SCANNED", 50)
    town.person(Role.OPERATOR, "north-op", "north")
    supervisor = bearer(town.person(Role.SUPERVISOR, "boss", "north"))
    many = (("north-op", "first"), *(("somebody", f"thing {k}") for k in range(180)))
    town.store.write(lambda t: [t.record(who, "note", what, "done", NOW_MS) for who, what in many])
    page = client.get("/v1/audit?newest=20", headers=supervisor).json()
    assert page["records"] == [] and page["earlier_n"] is not None
    asked, found = 1, []
    while page["earlier_n"] is not None:
        page = client.get(f"/v1/audit?limit=20&before_n={page['earlier_n']}", headers=supervisor).json()
        found, asked = page["records"] + found, asked + 1
    assert [each["object"] for each in found] == ["cabinet c1", "first"]
    assert asked <= 5
    numbers = [each["n"] for each in client.get("/v1/audit?limit=1000", headers=supervisor).json()["records"]]
    assert numbers == [each["n"] for each in found][: len(numbers)], "forwards it is the same"


def test_the_audit_of_a_time_ends_there_and_goes_back(client: LocalClient, town: World) -> None:
    auditor = bearer(town.person(Role.AUDITOR, "aud"))
    for k in range(10):
        town.store.write(lambda t, k=k: t.record("ann", "note", f"thing {k}", "done", NOW_MS + 1_000 * k))
    asked = {"until_utc_ms": NOW_MS + 6_500, "limit": 3, "who": "ann"}
    page = client.get("/v1/audit", params=asked, headers=auditor).json()
    assert [each["object"] for each in page["records"]] == ["thing 4", "thing 5", "thing 6"]
    page = client.get("/v1/audit", params={**asked, "before_n": page["earlier_n"]}, headers=auditor).json()
    assert [each["object"] for each in page["records"]] == ["thing 1", "thing 2", "thing 3"]
    page = client.get("/v1/audit", params={**asked, "before_n": page["earlier_n"]}, headers=auditor).json()
    assert ([each["object"] for each in page["records"]], page["earlier_n"]) == (["thing 0"], None)
    assert client.get("/v1/audit?before_n=0", headers=auditor).status_code == 422


def test_the_youngest_records_of_the_audit_can_be_asked_for(client: LocalClient, town: World) -> None:
    auditor = bearer(town.person(Role.AUDITOR, "aud"))
    for k in range(5):
        town.store.write(lambda t, k=k: t.record("somebody", "note", f"thing {k}", "done", NOW_MS))
    youngest = client.get("/v1/audit?newest=2", headers=auditor).json()["records"]
    assert [each["object"] for each in youngest] == ["thing 3", "thing 4"]
    assert client.get("/v1/audit?newest=1001", headers=auditor).status_code == 422


def test_the_audit_is_read_page_by_page_and_filtered(client: LocalClient, town: World) -> None:
    auditor = bearer(town.person(Role.AUDITOR))
    for n in range(25):
        town.store.write(lambda t, n=n: t.record("ann", "note", str(n), "done", NOW_MS))
    found, first_n = [], 1
    while first_n is not None:
        page = client.get("/v1/audit", params={"first_n": first_n, "limit": 10, "who": "ann"}, headers=auditor).json()
        found += [each["object"] for each in page["records"]]
        first_n = page["next_n"]
    assert found == [str(n) for n in range(25)]
    assert client.get("/v1/audit", params={"limit": 1001}, headers=auditor).status_code == 422


def test_the_audit_is_verified_over_http(client: LocalClient, town: World) -> None:
    auditor = bearer(town.person(Role.AUDITOR))
    verdict = client.get("/v1/audit/verify", headers=auditor).json()
    assert verdict["sound"] and verdict["records"] == verdict["last"] > 0

    def forge(transaction) -> None:
        from sqlalchemy import update

        from signal_ctrl.stores.tables.audit import AUDIT

        transaction.audit._connection.execute(update(AUDIT).where(AUDIT.c.n == 2).values(actor="nobody"))

    town.store.write(forge)
    verdict = client.get("/v1/audit/verify", headers=auditor).json()
    assert not verdict["sound"] and verdict["findings"][0]["n"] == 2


def test_detectors_say_what_is_broken_and_what_was_counted(client: LocalClient, town: World) -> None:
    from signal_ctrl.centre.fault_desk import FaultReport
    from signal_ctrl.centre.faults import Facility
    from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow

    report = FaultReport("c1", Facility.DETECTOR, "loop-3", "stuck-on", "always occupied", NOW_MS)

    def write(transaction) -> None:
        town.centre.faults.began(transaction, report)
        transaction.shelf(FLOWS).put(GroupFlow("c2", "g1", NOW_MS - 300_000, NOW_MS, 41, 3))

    town.store.write(write)
    viewer = bearer(town.person(Role.VIEWER))
    found = client.get("/v1/detectors", headers=viewer).json()
    assert [(each["junction"], each["detector"], each["code"]) for each in found["faults"]] == [
        ("c1", "loop-3", "stuck-on")
    ]
    assert [(each["junction"], each["vehicles"]) for each in found["counts"]] == [("c2", 41)]
    one = client.get("/v1/detectors", params={"junction": "c1"}, headers=viewer).json()
    assert len(one["faults"]) == 1 and one["counts"] == []


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (Condition.OPEN, 200),
        (Condition.SPACE_LOW, 200),
        (Condition.SHEDDING, 200),
        (Condition.READ_ONLY, 503),
        (Condition.FAILED, 503),
    ],
)
def test_readiness_follows_the_store(
    condition: Condition, status: int, client: LocalClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(world.store), "condition", property(lambda _: condition))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["store"]) == (status, condition.value)
    assert client.get("/healthz").status_code == 200


def test_what_happens_is_counted_without_names(client: LocalClient, world: World, clock: ManualClock) -> None:
    client.get("/v1/me", headers=bearer(world.person(Role.VIEWER, "ann")))
    client.get("/v1/nothing-here-12345")
    text = client.get("/metrics").text
    assert 'signal_ctrl_requests_total{method="GET",route="/v1/me",status="200"} 1.0' in text
    assert "ann" not in text and "12345" not in text
