"""The fuzz campaign in its shortened form, and that it notices what it is there for."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bench.fuzz_requests import FuzzRequest
from bench.fuzz_routes import Campaign, Sender, one_part, run
from signal_ctrl.centre.identity import Role
from signal_ctrl.web.outer import HEADERS


@pytest.mark.slow
def test_some_hundred_requests_find_nothing(tmp_path: Path) -> None:
    ledger = tmp_path / "fuzz.jsonl"
    lines = run(400, 20_261_127, ledger, part=200)
    assert [line["requests"] for line in lines] == [200, 200]
    for line in lines:
        assert line["wrong"] == [] and line["server_errors"] == 0
    assert run(400, 20_261_127, ledger, part=200) == [], "what is in the ledger is not done again"


def test_parts_of_other_code_are_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.fuzz_routes.one_part", lambda seed, count: {"seed": seed, "requests": count})
    ledger = tmp_path / "fuzz.jsonl"
    assert len(run(20, 1, ledger, part=10)) == 2
    assert run(20, 1, ledger, part=10) == []
    monkeypatch.setattr("bench.fuzz_routes.code_hash", lambda _parts: "other code")
    assert [line["engine"] for line in run(20, 1, ledger, part=10)] == ["other code"] * 2
    assert len(ledger.read_text().splitlines()) == 4


def test_requests_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    drawn = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        campaign = Campaign(tmp_path / folder, 5)
        drawn.append([campaign.drawing.request() for _ in range(200)])
        campaign.close()
    assert drawn[0] == drawn[1] and len({request.route for request in drawn[0]}) > 20


def test_a_route_that_fails_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from signal_ctrl.web import audit_routes

    def broken(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(audit_routes, "younger", broken)
    monkeypatch.setattr(audit_routes, "older", broken)
    campaign = Campaign(tmp_path, 1)
    try:
        sender, request = Sender(Role.AUDITOR), FuzzRequest("GET", "/v1/audit", "/v1/audit", "", b"", ())
        with capture_logs():
            asyncio.run(campaign._send(request, campaign._token(sender), sender))
    finally:
        campaign.close()
    assert any("is a failure" in why for why in campaign.findings.wrong)


def test_a_change_by_who_may_not_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from signal_ctrl.web import guard

    def lets_everybody(*_: object) -> None:
        return None

    monkeypatch.setattr(guard, "require", lets_everybody)
    campaign = Campaign(tmp_path, 3)
    try:
        asyncio.run(campaign.part(1500))
    finally:
        campaign.close()
    text = "\n".join(campaign.findings.wrong)
    assert "was not refused" in text and "changed something" in text


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (500, {}, "is a failure"),
        (404, {"content-type": "text/html"}, "has no problem document"),
        (200, {"content-type": "application/json"}, "lacks"),
        (200, {**dict(HEADERS)}, "was not refused"),
        (403, {**dict(HEADERS), "content-type": "application/problem+json"}, ""),
    ],
)
def test_each_kind_of_wrong_has_its_word(status: int, headers: dict, why: str, tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, 1)
    try:
        request = FuzzRequest("GET", "/v1/users", "/v1/users", "", b"", ())
        found = campaign._wrong(request, Sender(Role.VIEWER), status, headers)
    finally:
        campaign.close()
    assert found.startswith(why) if why else found == ""


def test_a_part_tells_of_memory_that_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter((100.0, 400.0))
    monkeypatch.setattr("bench.fuzz_routes.resident_mib", lambda: next(sizes))
    assert one_part(1, 5)["wrong"] == ["memory grew by 300 MiB"]
