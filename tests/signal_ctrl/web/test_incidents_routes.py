"""The routes and commands of incidents, over a centre with a small road network."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import memory_world
from bench.local_client import LocalClient
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.cli import centre_session
from signal_ctrl.cli.main import call
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient
from tests.signal_ctrl.watch.incidents.places import town as small_town
from tests.signal_ctrl.web.centre_town import LocalTransport, Town
from tests.signal_ctrl.web.conftest import NOW_MS


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = ManualClock(NOW_MS, 5_000)
    world = memory_world(clock, tmp_path_factory.mktemp("town"))
    with LocalClient(world.app) as client:
        made = Town(world, client, clock)
        _import_roads(made)
        yield made
    world.store.close()


@pytest.fixture(autouse=True)
def later(town: Town) -> None:
    """Let some time go by before each test: nobody may ask too often."""
    town.clock.pass_ms(60_000)


def _import_roads(town: Town) -> None:
    actor = Actor("eve", Role.ENGINEER, None, town.clock.utc_ms(), "s")
    town.world.watch.roads.import_(actor, roads_to_json(small_town()))
    town.world.watch.tick()


def told(town: Town, login: str, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = town.ask(login, "POST", path, body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def reported(town: Town, **more: Any) -> dict[str, Any]:
    return told(town, "olga", "/v1/incidents", {"kind": "breakdown", "road": "a"} | more, 201)


def test_an_incident_from_the_report_to_the_end(town: Town) -> None:
    found = reported(town, lanes=[1], position_m=120.5, text="lorry")
    path = f"/v1/incidents/{found['incident_id']}"
    assert town.ask("vera", "GET", path).json() == found
    assert (found["state"], found["lanes"], found["capacity_left"]) == ("confirmed", [1], 0.5)
    assert found["incident_id"] in [each["incident_id"] for each in town.ask("vera", "GET", "/v1/incidents").json()]
    ended = told(town, "olga", f"{path}/end", {"end_utc_ms": town.clock.utc_ms() + 600_000, "note": "tow truck"})
    assert ended["expected_end"]["method"] == "stated by hand"
    assert town.ask("olga", "POST", f"{path}/confirm", {}).status_code == 409
    over = told(town, "olga", f"{path}/clear", {"note": "towed"})
    assert (over["state"], over["closed_as"]) == ("cleared", "over")
    assert town.ask("vera", "GET", "/v1/incidents?road=a&kind=breakdown").json() == []
    assert len(town.ask("vera", "GET", "/v1/incidents?state=cleared&road=a").json()) == 1


def test_a_camera_and_a_person_make_one_incident(town: Town) -> None:
    alarm = {"camera": "cam-1", "alarm": "stopped vehicle", "road": "e", "at_utc_ms": town.clock.utc_ms(), "lane": 0}
    suspected = told(town, "olga", "/v1/camera-alarms", alarm, 201)
    assert suspected["state"] == "suspected"
    other = reported(town, road="b")
    whole = told(town, "olga", f"/v1/incidents/{suspected['incident_id']}/merge", {"into": other["incident_id"]})
    assert {each["source"] for each in whole["evidence"]} == {"video", "person"}
    told(town, "olga", f"/v1/incidents/{other['incident_id']}/clear", {"false_alarm": True})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "breakdown", "road": "z"}, 404),
        ({"kind": "breakdown", "road": "a", "lanes": [7]}, 422),
        ({"kind": "meteor", "road": "a"}, 422),
        ({"kind": "breakdown", "road": "a", "capacity_left": 2}, 422),
        ({"kind": "breakdown", "road": "a", "colour": "red"}, 422),
        ({"kind": "breakdown"}, 422),
    ],
)
def test_a_report_that_cannot_be_is_answered_with_what_is_wrong(town: Town, body: dict[str, Any], status: int) -> None:
    answer = town.ask("olga", "POST", "/v1/incidents", body)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_who_may_only_read_changes_nothing(town: Town) -> None:
    for login in ("vera", "eve", "root"):
        assert town.ask(login, "POST", "/v1/incidents", {"kind": "works", "road": "e"}).status_code == 403
    assert town.ask("vera", "GET", "/v1/incidents?road=e&kind=works").json() == []


def test_listeners_of_the_stream_hear_of_it(town: Town) -> None:
    found = reported(town, road="d")
    record = town.world.store.read(lambda r: r.audit.last(1))[0].record
    assert (record.action, record.object) == ("report incident", f"incident {found['incident_id']}")
    told(town, "olga", f"/v1/incidents/{found['incident_id']}/clear", {})


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    monkeypatch.setattr("signal_ctrl.cli.incidents_command._now_ms", town.clock.utc_ms)

    def run(*arguments: str) -> str:
        town.clock.pass_ms(1000)
        client = CentreClient(
            CentreAddress("http://localhost:1"), town.world.session("olga"), LocalTransport(town.client)
        )
        monkeypatch.setattr(centre_session, "connected", lambda: client)
        capsys.readouterr()
        assert call(("incidents", *arguments)) == 0
        printed = capsys.readouterr().out
        return "\n".join(line for line in printed.splitlines() if "[info" not in line)

    return run


def test_the_commands_of_people(run: Callable[..., str]) -> None:
    made = json.loads(run("report", "breakdown", "a", "--lane", "0", "--lasts-min", "20", "--text", "bus", "--json"))
    name = made["incident_id"]
    assert name in run("list") and "breakdown" in run("list", "--kind", "breakdown")
    shown = run("show", name)
    assert "stated by hand" in shown and "olga" in shown and "capacity left:  50%" in shown
    assert json.loads(run("show", name, "--json"))["text"] == "bus"
    assert f"{name} is confirmed" in run("end", name, "--in-min", "5")
    assert f"{name} is cleared" in run("clear", name, "--note", "gone")


def test_the_command_of_cameras(run: Callable[..., str], town: Town, tmp_path: Path) -> None:
    alarms = tmp_path / "alarms.csv"
    now_s = town.clock.utc_ms() / 1000
    old_s = now_s - 3600
    alarms.write_text(f"time_s,alarm,place,track\n{now_s},wrong way,z1,4\n{old_s},wrong way,z1,3\n{now_s},dark,,\n")
    sent = json.loads(run("camera", str(alarms), "--camera", "cam-2", "--road", "e", "--json"))
    assert [each["kind"] for each in sent] == ["wrong way"]
    name = json.loads(run("report", "breakdown", "a", "--json"))["incident_id"]
    assert "is confirmed" in run("confirm", sent[0]["incident_id"], "--note", "seen")
    assert f"{name} is confirmed" in run("merge", sent[0]["incident_id"], "--into", name)
    assert f"{name} is cleared" in run("clear", name, "--false-alarm")
    alarms.write_text("seconds,what\n1,2\n")
    assert call(("incidents", "camera", str(alarms), "--camera", "c", "--road", "e")) == 2
