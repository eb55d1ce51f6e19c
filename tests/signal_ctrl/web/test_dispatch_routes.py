"""Units, missions and responses over HTTP: who may do what, and what comes of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import World, bearer
from bench.local_client import LocalClient
from signal_ctrl.centre.identity import Actor
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.diversion.guidance import guidance_to_json
from signal_ctrl.watch.diversion.values import GUIDANCE, GuidanceDocument
from tests.signal_ctrl.centre.worlds import plan
from tests.signal_ctrl.watch.dispatch.streets import UNITS, grid
from tests.signal_ctrl.watch.responses.response_worlds import RESPONSE, SIGNS
from tests.signal_ctrl.web.centre_town import LOGINS, Town

MISSION = {"kinds": ["patrol"], "lon": 8.0056, "lat": 50.0, "text": "car on its roof", "priority": 2}


MOVES_OF_C1 = {
    "signal_id": "c1",
    "movements": [{"group": "main", "from_road": "r10-20", "lane": 0, "to_road": "r20-30", "saturation_veh_h": 1800.0}],
}


def watched(town: Town) -> Town:
    """Give a town roads, signs, units and the plan that its response needs."""
    watch, now_ms = town.world.watch, town.clock.utc_ms()
    watch.roads.import_(town_actor(town, "eve"), roads_to_json(grid()))
    document = GuidanceDocument("0" * 64, guidance_to_json(SIGNS), now_ms, "eve")
    town.world.store.write(lambda t: t.shelf(GUIDANCE).put(document))
    watch.diversions.guidance.load()
    watch.tick()
    assert town.ask("olga", "POST", "/v1/units", {"document": UNITS}).status_code == 200
    uploaded = plan_to_json(plan("c0", "c1", "c2", title="match", offset_ds=100))
    town.world.centre.plans.upload(town_actor(town, "eve"), uploaded)
    return town


def town_actor(town: Town, login: str) -> Actor:
    return Actor(login, LOGINS[login], None, town.clock.utc_ms(), f"session of {login}")


def in_one_session(town: Town, prepare: str, wish: dict[str, Any], confirm: str) -> dict[str, Any]:
    """Prepare and confirm in one session of olga: a confirmation is good for no other."""
    headers = bearer(town.world.session("olga"))
    prepared = town.client.request("POST", prepare, headers=headers, json=wish)
    assert prepared.status_code == 200, prepared.text
    body = {key: prepared.json()[key] for key in ("document", "nonce")}
    found: dict[str, Any] = town.client.request("POST", confirm, headers=headers, json=body).json()
    return found


@pytest.fixture
def town(world: World, client: LocalClient, clock: ManualClock, tmp_path: Path) -> Iterator[Town]:
    yield watched(Town(world, client, clock))


def test_a_mission_over_http(town: Town) -> None:
    mission = town.ask("olga", "POST", "/v1/missions", MISSION)
    assert mission.status_code == 201, mission.text
    path = f"/v1/missions/{mission.json()['mission_id']}"
    found = town.ask("vera", "GET", f"{path}/proposal").json()
    assert [a["unit"] for a in found["arrivals"]] == ["p1", "p2"] and found["times"].startswith("minute")
    assert town.ask("olga", "POST", f"{path}/assign", {}).json()["unit"] == "p1"
    confirmed = in_one_session(town, f"{path}/green-route-preparation", {"stages": {}}, "/v1/overrides")
    assert confirmed["state"] == "active"
    assert len(town.ask("vera", "GET", path).json()["green_routes"]) == 1
    assert town.ask("vera", "POST", f"{path}/status", {"state": "en route"}).status_code == 200
    assert town.ask("vera", "POST", f"{path}/status", {"state": "on scene"}).json()["state"] == "on scene"
    assert town.ask("vera", "GET", path).json()["green_routes"] == []
    assert town.ask("vera", "POST", f"{path}/close", {"note": "towed"}).json()["state"] == "closed"
    units = {each["unit"]["unit"]: each["unit"]["state"] for each in town.ask("vera", "GET", "/v1/units").json()}
    assert units == {"p1": "returning", "p2": "free", "t1": "free", "m1": "free"}
    assert town.ask("vera", "GET", "/v1/missions").json() == []
    assert len(town.ask("vera", "GET", "/v1/missions?state=all&unit=p1").json()) == 1


def test_who_may_not(town: Town) -> None:
    path = f"/v1/missions/{town.ask('olga', 'POST', '/v1/missions', MISSION).json()['mission_id']}"
    for login, method, where, body, status in (
        ("vera", "POST", "/v1/missions", MISSION, 403),
        ("eve", "POST", f"{path}/assign", {}, 403),
        ("vera", "POST", f"{path}/cancel", {"why": "no"}, 403),
        ("vera", "POST", f"{path}/close", {"note": "no"}, 404),
        ("vera", "POST", "/v1/units/p2/position", {"lon": 8.0, "lat": 50.0}, 404),
        ("vera", "POST", "/v1/units/p2/state", {"state": "out of service"}, 404),
        ("root", "POST", "/v1/units/p1/position", {"lon": 8.0, "lat": 50.0}, 403),
        ("eve", "POST", "/v1/units", {"document": UNITS}, 403),
        ("sam", "POST", "/v1/responses", {"document": RESPONSE}, 403),
        ("eve", "POST", "/v1/response-preparations", {"response": "stadium", "case": "1"}, 403),
        ("olga", "POST", "/v1/response-orders/re-1/approve", {"sha256": "0" * 64}, 403),
        ("vera", "DELETE", "/v1/response-orders/re-1", None, 403),
        ("vera", "POST", "/v1/response-orders/re-1/tasks/1", {}, 403),
    ):
        answer = town.ask(login, method, where, body)
        assert answer.status_code == status, (login, where, answer.text)


def test_bad_bodies_are_told(town: Town) -> None:
    for body in (
        MISSION | {"kinds": ["boat"]},
        MISSION | {"priority": 0},
        MISSION | {"lon": 400.0},
        MISSION | {"incident": "in-1"},
        MISSION | {"more": 1},
    ):
        assert town.ask("olga", "POST", "/v1/missions", body).status_code in (404, 422), body
    assert town.ask("olga", "POST", "/v1/units/p1/position", {"lon": 8.0, "lat": 50.0, "utc_ms": 5}).status_code == 422


def test_the_fleet_of_a_big_city_is_imported_at_once(town: Town) -> None:
    many = "".join(f'[[unit]]\nname = "u{k}"\nkind = "tow"\nhome = [8.016, 50.0]\n' for k in range(2_000))
    answer = town.ask("olga", "POST", "/v1/units", {"document": f"{UNITS}\n{many}"})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()) == 2_000 + UNITS.count("[[unit]]")
    assert town.ask("eve", "POST", "/v1/units", {"document": many}).status_code == 403
    assert town.ask("olga", "POST", "/v1/units", {"document": " " * (5 << 20)}).status_code == 413


def test_a_body_that_is_read_late_is_refused_like_any(town: Town) -> None:
    for body, where in (({"text": UNITS}, "body.document"), ({"document": 5}, "body.document"), ([], "body")):
        answer = town.ask("olga", "POST", "/v1/units", body)
        assert answer.status_code == 422 and where in [each["where"] for each in answer.json()["errors"]], answer.text
    described = town.ask("vera", "GET", "/openapi.json").json()["paths"]["/v1/units"]["post"]["requestBody"]
    assert described["content"]["application/json"]["schema"]["required"] == ["document"]


def test_positions_are_shown_with_their_age(town: Town) -> None:
    for login, source in (("vera", "device"), ("olga", "by hand")):
        town.clock.pass_ms(1000)
        answer = town.ask(login, "POST", "/v1/units/p1/position", {"lon": 8.001, "lat": 50.0, "heading_deg": 90.0})
        assert answer.json()["source"] == source
    town.clock.pass_ms(121_000)
    shown = town.ask("vera", "GET", "/v1/units/p1").json()
    assert (shown["position_age_s"], shown["position_old"]) == (121.0, True)


def test_a_response_over_http(town: Town) -> None:
    checked = town.ask("vera", "POST", "/v1/response-checks", {"document": RESPONSE.replace('"s1"', '"s9"')}).json()
    assert (checked["accepted"], [r["rule"] for r in checked["reasons"]]) == (False, ["S/sign"])
    assert town.ask("eve", "POST", "/v1/responses", {"document": RESPONSE}).status_code == 201
    assert town.ask("vera", "GET", "/v1/responses/stadium/check").json()["accepted"]
    wish = {"response": "stadium", "case": "M-7"}
    order = in_one_session(town, "/v1/response-preparations", wish, "/v1/response-orders")
    assert order["state"] == "waiting for approval"
    path = f"/v1/response-orders/{order['order_id']}"
    begun = town.ask("sam", "POST", f"{path}/approve", {"sha256": order["sha256"]}).json()
    assert begun["state"] == "active", begun
    shown = town.ask("vera", "GET", path).json()
    assert [o["state"] for o in shown["overrides"]] == ["active"] and len(shown["missions"]) == 1
    assert town.ask("otto", "POST", f"{path}/tasks/1", {"note": "done"}).json()["checklist"][0]["done_by"] == "otto"
    assert town.ask("otto", "POST", f"{path}/tasks/9", {}).status_code == 404
    assert [o["order_id"] for o in town.ask("vera", "GET", "/v1/response-orders").json()] == [order["order_id"]]
    assert town.ask("olga", "DELETE", path).json()["state"] == "ended"
    assert town.ask("vera", "GET", "/v1/response-ledger").json()[0]["tasks_done"] == 1
    assert town.ask("vera", "GET", "/v1/responses").json()[0]["number"] == 1


ESCORT = """
format = "signal-ctrl response 1"
name = "escort"
title = "Escort to the stadium"
kind = "vip route"
lasts_s = 900

[[override]]
name = "way"
kind = "green_route"
reason = "escort"
convoy_s = 20
lasts_s = 600
route = [
  { cabinet = "c0", stage = "main", arrival_s = 90 },
  { cabinet = "c1", stage = "side", arrival_s = 124 },
]
"""


def test_the_green_routes_of_the_library_can_be_chosen(town: Town) -> None:
    assert town.ask("vera", "GET", "/v1/stored-routes").json() == []
    for document in (RESPONSE, ESCORT):  # the first one has no route
        assert town.ask("eve", "POST", "/v1/responses", {"document": document}).status_code == 201
    (route,) = town.ask("vera", "GET", "/v1/stored-routes").json()
    assert (route["route"], route["title"], route["convoy_s"]) == ("escort/way", "Escort to the stadium", 20)
    assert [(s["cabinet"], s["stage"], s["after_s"]) for s in route["stops"]] == [
        ("c0", "main", 90), ("c1", "side", 124),
    ]  # fmt: skip


def test_the_stage_of_a_turn_is_found_by_the_movements_of_its_signal(town: Town) -> None:
    body = MISSION | {"lon": 8.0138, "road": "r30-40"}
    path = f"/v1/missions/{town.ask('olga', 'POST', '/v1/missions', body).json()['mission_id']}"
    town.ask("olga", "POST", f"{path}/assign", {"unit": "p1"})
    prepared = town.ask("olga", "POST", f"{path}/green-route-preparation", {"stages": {}})
    assert prepared.status_code == 200, prepared.text
    assert {leg["cabinet"]: leg["stage"] for leg in prepared.json()["document"]["legs"]}["c2"] == "main"


def test_the_way_of_a_convoy_is_found_over_the_roads(town: Town) -> None:
    found = town.ask("vera", "GET", "/v1/convoy-way?start=c0&end=c2").json()
    assert [each["cabinet"] for each in found] == ["c0", "c1", "c2"]
    assert [each["away_m"] for each in found] == [0.0, 300.0, 600.0]
    after_s = [each["after_s"] for each in found]
    assert after_s[0] == 0.0 and 30.0 <= after_s[1] < after_s[2]
    assert {each["stage"] for each in found} == {""}, "the signs of this town tell no turn on the way"
    document = {"format": "signal-ctrl guidance 1", "signs": [], "signals": [MOVES_OF_C1]}
    assert town.ask("eve", "POST", "/v1/signs", {"document": document}).status_code == 201
    found = town.ask("vera", "GET", "/v1/convoy-way?start=c0&end=c2").json()
    assert [each["stage"] for each in found] == ["", "main", ""]
    for query, status in (("start=c0&end=c0", 422), ("start=c0&end=nowhere", 404)):
        assert town.ask("vera", "GET", f"/v1/convoy-way?{query}").status_code == status
