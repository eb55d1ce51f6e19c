"""Routes and commands of diversions and signs, over a watched town."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.watch.diversion.board import VALID_MS
from signal_ctrl.watch.diversion.guidance import guidance_to_json
from tests.signal_ctrl.watch.diversion.small_town import guidance, minute, town
from tests.signal_ctrl.watch.streets import Streets, streets


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        made.network = town()
        made.import_roads()
        begin_ms = made.clock.utc_ms() - made.clock.utc_ms() % 60_000
        known = [minute(town(), begin_ms - 60_000 * k) for k in range(20, 0, -1)]
        monkeypatch.setattr(made.watch, "latest", lambda: known[-1])
        monkeypatch.setattr(made.watch, "minutes", lambda since: [one for one in known if one.minute_utc_ms >= since])
        yield made


def imported(there: Streets) -> None:
    document = json.loads(guidance_to_json(guidance()))
    document["signals"] = []
    answer = there.ask("eve", "POST", "/v1/signs", {"document": document})
    assert (answer.status_code, answer.json()["signs"]) == (201, 2)


def propose(there: Streets, login: str = "olga", **body: Any) -> Any:
    return there.ask(login, "POST", "/v1/diversions", {"road": "b", "minutes": 30, **body})


def test_from_the_proposal_to_the_end_by_routes(there: Streets) -> None:
    imported(there)
    answer = propose(there)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found["state"] == "proposed"
    assert found["plan"]["delay_with_veh_h"] < found["plan"]["delay_without_veh_h"]
    name = found["diversion_id"]
    assert {one["kind"] for one in there.get("/v1/signs")} == {""}
    ordered = there.ask("olga", "POST", f"/v1/diversions/{name}/order", {})
    assert (ordered.status_code, ordered.json()["state"]) == (200, "ordered")
    sign = there.get("/v1/signs/vms-1")
    assert (sign["kind"], sign["source"]) == ("diversion", name)
    assert 0 < sign["valid_until_utc_ms"] - there.clock.utc_ms() <= VALID_MS
    assert [one["diversion_id"] for one in there.get("/v1/diversions?state=ordered")] == [name]
    ended = there.ask("olga", "POST", f"/v1/diversions/{name}/end", {"why": "free"})
    assert (ended.json()["state"], ended.json()["why"]) == ("ended", "free")
    assert there.get("/v1/signs/vms-1")["kind"] == ""
    assert there.get(f"/v1/diversions/{name}")["brought"]["minutes"] == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"road": "x"}, 422),
        ({"road": ""}, 422),
        ({"incident": "in-1"}, 422),
        ({"capacity_left": 1.0}, 422),
        ({"minutes": 4}, 422),
        ({"compliance": 0}, 422),
        ({"more": 1}, 422),
        ({"road": "", "incident": "in-1"}, 404),
    ],
)
def test_what_cannot_be_proposed_is_answered_with_its_reason(there: Streets, body: dict[str, Any], status: int) -> None:
    answer = propose(there, **body)
    assert answer.status_code in (status, 400), answer.text
    assert there.get("/v1/diversions") == []


def test_who_may_not_is_refused_and_what_is_not_there_not_found(there: Streets) -> None:
    imported(there)
    for login in ("vera", "eve", "root"):
        assert propose(there, login).status_code == 403
    assert there.ask("olga", "POST", "/v1/signs", {"document": {}}).status_code == 403
    for path in ("/v1/diversions/dv-1", "/v1/signs/vms-9"):
        assert there.ask("vera", "GET", path).status_code == 404
    assert there.ask("olga", "POST", "/v1/diversions/dv-1/order", {}).status_code == 404


def test_guidance_that_does_not_fit_is_refused(there: Streets) -> None:
    document = json.loads(guidance_to_json(guidance()))
    document["signs"][0]["road"] = "nowhere"
    answer = there.ask("eve", "POST", "/v1/signs", {"document": document})
    assert answer.status_code in (400, 422)
    assert "nowhere" in answer.text


def test_the_commands_show_what_the_routes_say(
    there: Streets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from signal_ctrl.cli import centre_session
    from signal_ctrl.cli.main import call

    class Client:
        login = "olga"

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def get(self, path: str, **query: Any) -> Any:
            asked = "&".join(f"{k}={v}" for k, v in query.items())
            return there.get(f"{path}?{asked}" if asked else path)

        def post(self, path: str, body: Any) -> Any:
            answer = there.ask(self.login, "POST", path, body)
            assert answer.status_code < 300, answer.text
            return answer.json()

    client = Client()
    monkeypatch.setattr(centre_session, "connected", lambda: client)
    document = json.loads(guidance_to_json(guidance())) | {"signals": []}
    (tmp_path / "guidance.json").write_text(json.dumps(document), encoding="utf-8")
    client.login = "eve"
    assert call(["signs", "import", str(tmp_path / "guidance.json")]) == 0
    client.login = "olga"
    assert call(["diversion", "propose", "--road", "b", "--minutes", "30"]) == 0
    told = capsys.readouterr().out
    assert "2 signs" in told
    assert "up over down c" in told
    name = there.get("/v1/diversions")[0]["diversion_id"]
    assert call(["diversion", "order", name]) == 0
    assert call(["signs", "show"]) == 0
    assert "Long Street closed" in capsys.readouterr().out
    assert call(["diversion", "list", "--json"]) == 0
    told = capsys.readouterr().out
    assert json.loads(told[f"\n{told}".index("\n[\n") :])[0]["state"] == "ordered"  # behind what the centre logs
    assert call(["diversion", "end", name, "--why", "free"]) == 0
    assert call(["diversion", "show", name]) == 0
    assert "Brought" in capsys.readouterr().out
    assert call(["signs", "import", str(tmp_path / "none.json")]) == 2
