"""The routes of the centre's services: what goes in, what comes out, who may, and what is refused how."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bench.centre_app import World, bearer
from bench.local_client import LocalClient
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.fault_desk import FaultReport
from signal_ctrl.centre.faults import Facility
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.credential import credential_from_json
from signal_ctrl.domain.plan import plan_document
from tests.signal_ctrl.centre.worlds import plan, site_text
from tests.signal_ctrl.web.centre_town import Town

WISH = {
    "kind": "call_stage",
    "scope": {"kind": "junction", "names": ["c0"]},
    "reason": "accident",
    "case": "2026-17",
    "stage": "side",
    "lasts_s": 600,
}


@pytest.fixture
def town(world: World, client: LocalClient, clock: ManualClock) -> Iterator[Town]:
    yield Town(world, client, clock)


def issued(town: Town, login: str = "olga", **changes: Any) -> dict[str, Any]:
    """Prepare and issue with one session, as a person does."""
    headers = bearer(town.world.session(login))
    prepared = town.client.post("/v1/override-preparations", json=WISH | changes, headers=headers)
    assert prepared.status_code == 200, prepared.text
    body = {"document": prepared.json()["document"], "nonce": prepared.json()["nonce"]}
    answer = town.client.post("/v1/overrides", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


class TestOverrides:
    def test_from_the_preparation_to_the_price(self, town: Town) -> None:
        override = issued(town)
        assert (override["state"], override["issuer"]) == ("active", "olga")
        listed = town.ask("vera", "GET", "/v1/overrides").json()
        assert [each["override_id"] for each in listed] == [override["override_id"]]
        path = f"/v1/overrides/{override['override_id']}"
        assert town.ask("otto", "DELETE", path).status_code == 403
        assert town.ask("olga", "DELETE", path).json()["state"] == "released"
        assert town.ask("olga", "DELETE", path).status_code == 409
        town.passes(60_000, 10_000)
        price = town.ask("vera", "GET", f"{path}/price").json()
        assert price["estimate"]["added_veh_h"] is None  # no plan: unknown, and never 0
        assert price["measured"]["kind"] == "measured"
        assert town.ask("vera", "GET", "/v1/overrides").json() == []
        assert len(town.ask("vera", "GET", "/v1/overrides?state=all").json()) == 1

    def test_a_route_is_given_back_behind_its_convoy(self, town: Town) -> None:
        stops = [{"cabinet": f"c{k}", "stage": "main", "arrival_s": 60 * (k + 1)} for k in range(2)]
        override = issued(town, kind="green_route", scope=None, stage="", lasts_s=600, route=stops)
        assert all(leg["arrives_utc_ms"] for leg in override["document"]["legs"])
        path = f"/v1/overrides/{override['override_id']}/give-back"
        assert town.ask("otto", "POST", path, {"cabinets": ["c0"]}).status_code == 403
        assert town.ask("vera", "POST", path, {"cabinets": ["c0"]}).status_code == 403
        assert town.ask("olga", "POST", path, {"cabinets": []}).status_code == 422
        assert town.ask("olga", "POST", path, {"cabinets": ["c9"]}).status_code == 404
        given = town.ask("olga", "POST", path, {"cabinets": ["c0"]}).json()
        assert given["state"] == "active" and [one["cabinet"] for one in given["given_back"]] == ["c0"]
        assert town.ask("olga", "POST", path, {"cabinets": ["c1"]}).json()["state"] == "released"

    def test_two_persons(self, town: Town) -> None:
        override = issued(town, kind="flash", stage="")
        assert override["state"] == "waiting for approval"
        path = f"/v1/overrides/{override['override_id']}/approve"
        assert town.ask("olga", "POST", path, {"sha256": override["sha256"]}).status_code == 403
        wrong = town.ask("sam", "POST", path, {"sha256": "0" * 64})
        assert (wrong.status_code, wrong.json()["rule"]) == (409, "C/hash")
        assert town.ask("sam", "POST", path, {"sha256": override["sha256"]}).json()["state"] == "active"

    @pytest.mark.parametrize(
        "changes",
        [
            {"lasts_s": None},
            {"lasts_s": 59},
            {"lasts_s": 7201},
            {"kind": "green"},
            {"case": ""},
            {"more": 1},
            {"lasts_s": "600"},
            {"scope": {"kind": "junction", "names": []}},
            {"scope": {"kind": "junction", "names": ["../etc"]}},
            {"stage": "north"},
            {"route": [{"cabinet": "c0", "stage": "side", "arrival_s": 1}]},
        ],
    )
    def test_what_cannot_be_asked_for(self, town: Town, changes: dict[str, Any]) -> None:
        answer = town.ask("olga", "POST", "/v1/override-preparations", WISH | changes)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_nonce_of_another_session_is_refused(self, town: Town) -> None:
        prepared = town.ask("olga", "POST", "/v1/override-preparations", WISH).json()
        answer = town.ask(
            "olga", "POST", "/v1/overrides", {"document": prepared["document"], "nonce": prepared["nonce"]}
        )
        assert (answer.status_code, answer.json()["rule"]) == (409, "C/nonce")

    def test_a_green_route(self, town: Town) -> None:
        route = [{"cabinet": f"c{k}", "stage": "side", "arrival_s": 90 * k + 60} for k in range(3)]
        override = issued(town, kind="green_route", scope=None, stage="", route=route)
        assert [leg["cabinet"] for leg in override["document"]["legs"]] == ["c0", "c1", "c2"]


class TestPlans:
    def test_upload_compare_issue(self, town: Town) -> None:
        body = {"document": plan_document(plan("c0", "c1", "c2"))}
        assert town.ask("olga", "POST", "/v1/plans", body).status_code == 403
        first = town.ask("eve", "POST", "/v1/plans", body)
        assert (first.status_code, first.json()["number"]) == (201, 1)
        second = {"document": plan_document(plan("c0", "c1", "c2", offset_ds=100)), "note": "fair"}
        assert town.ask("eve", "POST", "/v1/plans", second).json()["number"] == 2
        found = town.ask("vera", "GET", "/v1/plans/day/difference?before=1&after=2").json()
        assert {each["signal_id"]: each["what"] for each in found}["c0"] == [["offset_ds", "0", "100"]]
        shown = town.ask("vera", "GET", "/v1/plans/day?number=1").json()
        assert shown["document"] == body["document"]
        issue = town.ask("eve", "POST", "/v1/plans/day/issue", {"corridor": "ring", "together": True}).json()
        assert issue["cabinets"] == ["c0", "c1", "c2"]
        (change,) = town.ask("vera", "GET", "/v1/changes").json()
        assert (change["change_id"], change["state"]) == (issue["change"], "staging")
        assert town.ask("eve", "DELETE", f"/v1/changes/{issue['change']}").json()["state"] == "abandoned"

    def test_every_reason_is_shown(self, town: Town) -> None:
        document = plan_document(plan("c0", "c9"))
        document["signals"][0]["splits_ds"] = [300, 200, 200]
        checked = town.ask("eve", "POST", "/v1/plan-checks", {"document": document}).json()
        assert not checked["accepted"]
        assert {(each["signal"], each["rule"]) for each in checked["reasons"]} >= {
            ("c0", "K9/splits"),
            ("c9", "K9/signal"),
        }
        refused = town.ask("eve", "POST", "/v1/plans", {"document": document})
        assert (refused.status_code, refused.json()["rule"]) == (409, "K9/plan")
        assert town.ask("vera", "GET", "/v1/plans").json() == []

    @pytest.mark.parametrize(
        "document", [{}, {"format": "x"}, {"format": "signal-ctrl plan 1", "name": "", "signals": 3}]
    )
    def test_what_is_no_plan(self, town: Town, document: dict[str, Any]) -> None:
        assert town.ask("eve", "POST", "/v1/plans", {"document": document}).status_code == 422
        assert town.ask("eve", "POST", "/v1/schedules", {"document": document}).status_code == 422

    def test_what_is_not_there(self, town: Town) -> None:
        for path in ("/v1/plans/night", "/v1/schedules/night", "/v1/plans/night/difference?before=1"):
            assert town.ask("vera", "GET", path).status_code == 404
        assert town.ask("eve", "POST", "/v1/schedules/night/follow", {"corridor": "ring"}).status_code == 404
        assert town.ask("eve", "DELETE", "/v1/schedule-uses/su-1").status_code == 404
        assert town.ask("vera", "GET", "/v1/schedule-uses").json() == []


class TestEquipment:
    def test_alarms_and_faults_and_tickets(self, town: Town) -> None:
        centre = town.world.centre
        told = FaultReport("c0", Facility.LAMP, "h1", "dark", "lamp out", town.clock.utc_ms(), Severity.CRITICAL)
        town.world.store.write(lambda t: centre.faults.began(t, told))
        (alarm,) = town.ask("vera", "GET", "/v1/alarms").json()
        assert (alarm["severity"], alarm["state"]) == ("critical", "raised")
        path = f"/v1/alarms/{alarm['alarm_id']}"
        assert town.ask("vera", "POST", f"{path}/acknowledge").status_code == 403
        assert town.ask("olga", "POST", f"{path}/acknowledge").json()["acknowledged_by"] == "olga"
        assert town.ask("olga", "POST", f"{path}/clear", {"note": "seen"}).json()["state"] == "cleared"
        assert town.ask("vera", "GET", path).json()["cleared_why"] == "olga: seen"
        (fault,) = town.ask("vera", "GET", "/v1/faults?cabinet=c0&facility=lamp&live=true").json()
        assert fault["ticket"]
        path = f"/v1/tickets/{fault['ticket']}"
        assert town.ask("eve", "POST", f"{path}/assign", {"to": "crew 3"}).json()["state"] == "assigned"
        town.clock.pass_ms(1_800_000)
        assert town.ask("eve", "POST", f"{path}/close", {"note": ""}).status_code == 422
        assert town.ask("eve", "POST", f"{path}/close", {"note": "replaced"}).json()["state"] == "closed"
        repairs = {each["facility"]: each for each in town.ask("vera", "GET", "/v1/repairs").json()}
        assert repairs["lamp"] == {"facility": "lamp", "open": 0, "closed": 1, "mean_time_to_repair_s": 1800.0}
        assert repairs["sign"]["mean_time_to_repair_s"] is None

    def test_a_ticket_by_hand(self, town: Town) -> None:
        body = {"facility": "sign", "cabinet": "c1", "device": "s4", "text": "bent"}
        assert town.ask("vera", "POST", "/v1/tickets", body).status_code == 403
        ticket = town.ask("olga", "POST", "/v1/tickets", body).json()
        assert town.ask("vera", "GET", f"/v1/tickets/{ticket['ticket_id']}").json() == ticket
        assert town.ask("olga", "POST", "/v1/tickets", body | {"cabinet": "c9"}).status_code == 404
        assert town.ask("olga", "POST", "/v1/tickets", body | {"facility": "bridge"}).status_code == 422


class TestCabinets:
    def test_what_is_known_of_them(self, town: Town) -> None:
        found = town.ask("vera", "GET", "/v1/cabinets").json()
        assert [each["cabinet"] for each in found] == ["c0", "c1", "c2"]
        assert (found[0]["link"], found[0]["runs"], found[0]["acknowledged"]) == ("never heard", None, "waiting")
        assert town.ask("vera", "GET", "/v1/cabinets/c0").json() == found[0]
        assert town.ask("vera", "GET", "/v1/cabinets/c9").status_code == 404
        assert town.ask("vera", "GET", "/v1/cabinets/c0/site").json() == json.loads(site_text("c0"))
        (orders,) = town.ask("vera", "GET", "/v1/cabinets/c0/orders").json()
        assert (orders["version"], orders["answer"], orders["why"]) == ([1, 1], "offered", "enrolled")

    def test_only_an_administrator_moves_one(self, town: Town) -> None:
        body = {"district": "d7", "words": "Market Street", "lon": 8.5, "lat": 47.4}
        assert town.ask("eve", "PUT", "/v1/cabinets/c0/place", body).status_code == 403
        assert town.ask("root", "PUT", "/v1/cabinets/c0/place", body).json()["district"] == "d7"
        assert town.ask("root", "PUT", "/v1/cabinets/c0/place", {"district": "d7", "lon": 8.5}).status_code == 422

    def test_an_administrator_takes_one_in_and_its_credential_is_shown_once(self, town: Town) -> None:
        body = {"cabinet": "c7", "district": "d0", "corridor": "ring", "site": json.loads(site_text("c7"))}
        for login in ("vera", "olga", "sam", "eve"):
            assert town.ask(login, "POST", "/v1/cabinets", body).status_code == 403
        old = bearer(town.world.session("root", second_factor=False))
        assert town.client.request("POST", "/v1/cabinets", headers=old, json=body).status_code == 403
        made = town.ask("root", "POST", "/v1/cabinets", body)
        assert made.status_code == 201
        credential = credential_from_json(made.json()["credential"])
        assert (credential.cabinet, len(credential.key)) == ("c7", 32)
        assert town.ask("root", "POST", "/v1/cabinets", body).status_code == 409
        shown = town.ask("vera", "GET", "/v1/cabinets/c7").json()
        assert shown["district"] == "d0"
        assert credential.key.hex() not in json.dumps(shown)
        assert town.ask("vera", "GET", "/v1/cabinets/c7/site").json() == body["site"]
        audit = town.world.store.read(lambda r: r.audit.last(actor="root", action="enrol cabinet"))
        assert sorted(each.record.result.startswith("refused") for each in audit) == [False, True]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"site": {}},
            {"site": {"format": "signal-ctrl site 1"}},
            {"cabinet": "../c7"},
            {"district": ""},
            {"lon": 8.5},
            {"key": "0" * 64},
        ],
    )
    def test_what_cannot_be_enrolled_is_refused(self, town: Town, wrong: dict[str, object]) -> None:
        body = {"cabinet": "c7", "district": "d0", "site": json.loads(site_text("c7")), **wrong}
        assert town.ask("root", "POST", "/v1/cabinets", body).status_code == 422
        assert town.ask("vera", "GET", "/v1/cabinets/c7").status_code == 404

    def test_no_route_writes_a_site(self, town: Town) -> None:
        for method in ("PUT", "POST", "PATCH", "DELETE"):
            assert town.ask("root", method, "/v1/cabinets/c0/site", {}).status_code == 405


class TestShadow:
    def test_the_switch_and_the_report(self, town: Town) -> None:
        body = {"cabinets": ["c0", "c1"], "mode": "shadow"}
        assert town.ask("sam", "POST", "/v1/shadow/switch", body).status_code == 403
        assert len(town.ask("eve", "POST", "/v1/shadow/switch", body).json()) == 2
        assert {each["mode"] for each in town.ask("vera", "GET", "/v1/shadow").json()} == {"shadow"}
        report = town.ask("vera", "GET", "/v1/shadow/c0/report?since=0&until=1").json()
        assert (report["decisions"], report["gain_veh_s_per_window"]) == (0, None)
        assert "no measurement" in report["method"]
        assert town.ask("vera", "GET", "/v1/shadow/c9/report?since=0&until=1").status_code == 404
        assert town.ask("vera", "GET", "/v1/shadow/c0/advice").json() == []
        assert town.ask("eve", "POST", "/v1/shadow/switch", {"cabinets": [], "mode": "plan"}).status_code == 422
