"""Reports of the bench: listed by page, opened with a policy that lets them do nothing, none from outside the folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.centre_app import memory_world
from bench.local_client import LocalClient
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.web.settings import Settings
from signal_ctrl.web.shown_files import ShownFiles
from tests.signal_ctrl.web.centre_town import Town

HOSTILE = "<script>fetch('/v1/overrides',{method:'POST'})</script>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    (made / "deep" / "run-1").mkdir(parents=True)
    for age_s, name in enumerate(("report.html", "deep/run-1/report.html", "deep/old.HTM", "notes.txt", "page.svg")):
        (made / name).write_text(f"{name} {HOSTILE}", encoding="utf-8")
        os.utime(made / name, (1_700_000_000 - age_s, 1_700_000_000 - age_s))
    (tmp_path / "outside.html").write_text("secret", encoding="utf-8")
    (made / "link.html").symlink_to(tmp_path / "outside.html")
    (made / "folder.html").mkdir()
    return made


@pytest.fixture
def town(tmp_path: Path, clock: ManualClock, folder: Path) -> Iterator[Town]:
    made = memory_world(clock, tmp_path, Settings(production=False, secure=False, reports=folder))
    with LocalClient(made.app) as client:
        yield Town(made, client, clock)
    made.store.close()


def test_reports_are_listed_by_page_the_youngest_first(town: Town) -> None:
    found = town.ask("vera", "GET", "/v1/reports?limit=2").json()
    assert found["total"] == 3
    assert [each["name"] for each in found["reports"]] == ["report.html", "deep/run-1/report.html"]
    rest = town.ask("vera", "GET", "/v1/reports?first=2&limit=2").json()
    assert [each["name"] for each in rest["reports"]] == ["deep/old.HTM"]


def test_a_report_is_shown_and_may_do_nothing(town: Town) -> None:
    listed = town.ask("vera", "GET", "/v1/reports").json()["reports"]
    answer = town.ask("vera", "GET", f"/v1/reports/{listed[0]['report']}")
    assert answer.text == f"report.html {HOSTILE}"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "allow" not in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_everything_else_keeps_the_usual_policy(town: Town) -> None:
    for path in ("/v1/reports", "/v1/reports/" + "0" * 24, "/v1/junctions"):
        assert town.ask("vera", "GET", path).headers["content-security-policy"].startswith("default-src 'self'")


@pytest.mark.parametrize("name", ["0" * 24, "report.html", "..%2Foutside.html", "%2e%2e%2foutside.html", "f" * 23])
def test_what_the_list_does_not_name_is_not_there(name: str, town: Town) -> None:
    assert town.ask("vera", "GET", f"/v1/reports/{name}").status_code in (404, 422)


def test_a_report_that_is_too_large_is_not_read(folder: Path) -> None:
    files = ShownFiles(folder, frozenset({".html"}), 10)
    with pytest.raises(Exception, match="larger than 10 bytes"):
        files.read(files.listed()[0].file_id)


def test_nobody_without_a_login_sees_reports(town: Town) -> None:
    assert town.client.request("GET", "/v1/reports").status_code == 401


def test_where_no_folder_is_served_there_are_none(world: object, client: LocalClient, clock: ManualClock) -> None:
    town = Town(world, client, clock)  # type: ignore[arg-type]  # the fixture of all tests of routes
    assert town.ask("vera", "GET", "/v1/reports").json() == {"reports": [], "first": 0, "total": 0}
    assert town.ask("vera", "GET", "/v1/reports/" + "0" * 24).status_code == 404
