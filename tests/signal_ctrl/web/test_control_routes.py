"""Who controls a junction and why, lamps of a corridor over the last minutes, arrivals, pictures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.centre_app import World, memory_world
from bench.local_client import LocalClient
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.arrivals import ARRIVALS
from signal_ctrl.domain.link.reports import Batch, Report, ReportKind
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.web.settings import Settings
from tests.signal_ctrl.centre.worlds import plan
from tests.signal_ctrl.web.centre_town import Town

JPEG = b"\xff\xd8\xff picture"


@pytest.fixture
def town(tmp_path: Path, clock: ManualClock) -> Iterator[Town]:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    made: World = memory_world(clock, tmp_path, Settings(production=False, secure=False, pictures=pictures))
    with LocalClient(made.app) as client:
        yield Town(made, client, clock)
    made.store.close()


def issue(town: Town, *cabinets: str) -> None:
    engineer = Actor("eve", Role.ENGINEER, second_factor_utc_ms=town.clock.utc_ms())
    town.world.centre.plans.upload(engineer, plan_to_json(plan(*cabinets)))
    town.world.centre.issuing.issue(engineer, IssueWish("day"))


def test_who_controls_and_why_with_the_plan(town: Town) -> None:
    centre, now_ms = town.world.centre, town.clock.utc_ms()
    issue(town, "c0")
    centre.registry.says("c0", {"rung": "0", "mode": "2"})
    word = Report(ReportKind.EVENT, now_ms, "rung", "centre -> local plan: it is late")
    centre.recent.hear(Batch("c0", "0" * 32, 1, (word,)))
    found = town.ask("vera", "GET", "/v1/junctions/c0/control").json()
    assert found["says"] == {"rung": "0", "mode": "2"}
    assert found["words"] == [{"code": "rung", "utc_ms": now_ms, "text": "centre -> local plan: it is late"}]
    offered = found["coming"] or found["plan"]
    assert (offered["name"], offered["number"], offered["cycle_ds"]) == ("day", 1, 800)
    assert offered["stages"] == ["main", "left", "side"]
    assert found["delays"] == []
    assert town.ask("vera", "GET", "/v1/junctions/c1/control").json()["plan"] is None
    assert town.ask("vera", "GET", "/v1/junctions/c9/control").status_code == 404


def test_greens_of_a_corridor_in_its_order(town: Town) -> None:
    issue(town, "c0", "c1")
    town.passes(1000)
    trail, now_ms = town.world.centre.lamps.trail, town.clock.utc_ms()
    for second, letters in enumerate(("Grr", "Grr", "yrr", "rrr", "rGr")):
        trail.hear("c1", f"lamps=0.1.{letters}", now_ms + 1000 * second)
    found = town.ask("vera", "GET", f"/v1/greens?junction=c1&junction=c0&since_utc_ms={now_ms + 2500}").json()
    first, second = found["junctions"]
    assert [first["junction"], second["junction"]] == ["c1", "c0"]
    assert first["changes"] == [[now_ms + 2000, "yrr"], [now_ms + 3000, "rrr"], [now_ms + 4000, "rGr"]]
    assert first["heard_utc_ms"] == now_ms + 4000
    assert first["plan"]["splits_ds"] == [300, 200, 300]
    assert [stage["name"] for stage in first["stages"]] == ["main", "left", "side"]
    assert all(group["name"] and group["links"] for group in first["groups"])
    assert second["changes"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/greens",
        "/v1/greens?junction=a%2Fb",
        "/v1/greens?" + "&".join(f"junction=c{k}" for k in range(21)),
        "/v1/greens?junction=c0&since_utc_ms=-1",
        "/v1/arrivals",
        "/v1/arrivals?junction=..",
        "/v1/detector-list?limit=501",
        "/v1/detector-list?health=ill",
        "/v1/reports?limit=0",
        "/v1/reports/..%2F..%2Fetc%2Fpasswd",
    ],
)
def test_bad_questions_are_refused(town: Town, path: str) -> None:
    assert town.ask("vera", "GET", path).status_code in (404, 422)
    assert town.client.request("GET", path).status_code in (401, 404, 422)


def test_greens_of_a_junction_that_is_not_there(town: Town) -> None:
    assert town.ask("vera", "GET", "/v1/greens?junction=c9").status_code == 404


def test_arrivals_since_a_time(town: Town) -> None:
    now_ms = town.clock.utc_ms()
    report = Report(ReportKind.DETECTOR, now_ms, ARRIVALS, "2:-10,0,15")
    town.world.centre.recent.hear(Batch("c0", "0" * 32, 1, (report,)))
    found = town.ask("vera", "GET", f"/v1/arrivals?junction=c0&since_utc_ms={now_ms}").json()
    assert found == {"now_utc_ms": now_ms, "arrivals": [[now_ms, 2], [now_ms + 1500, 2]]}
    assert town.ask("vera", "GET", "/v1/arrivals?junction=c9").status_code == 404


def test_a_picture_is_that_of_its_junction_alone(town: Town, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    assert town.ask("vera", "GET", "/v1/junctions/c0/picture").status_code == 404
    (folder / "c0.jpg").write_bytes(JPEG)
    (folder / "stranger.jpg").write_bytes(JPEG)
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (folder / "c1.jpg").symlink_to(tmp_path / "secret.jpg")
    answer = town.ask("vera", "GET", "/v1/junctions/c0/picture")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, JPEG, "image/jpeg")
    assert town.ask("vera", "GET", "/v1/junctions/c0/control").json()["picture_utc_ms"] > 0
    for name in ("c1", "stranger", "..%2Fsecret", "c2"):
        assert town.ask("vera", "GET", f"/v1/junctions/{name}/picture").status_code in (404, 422)
    assert town.ask("vera", "GET", "/v1/junctions/c1/control").json()["picture_utc_ms"] is None
