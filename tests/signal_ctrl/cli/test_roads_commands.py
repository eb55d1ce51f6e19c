"""Commands for roads, feeds, weather and events over the routes of a centre, without a network between."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.cli import centre_session, feed_sending
from signal_ctrl.cli.main import call
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, Streets, count, network, streets
from tests.signal_ctrl.web.centre_town import LocalTransport

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        yield made


class LocalWire:
    """The sender's wire into the application in this process."""

    def __init__(self, town: Streets) -> None:
        self._town = town

    def carry(self, ask: Ask) -> Answer:
        answer = self._town.client.request(ask.method, ask.target, headers=dict(ask.headers), content=ask.body)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    def close(self) -> None:
        pass


@pytest.fixture
def run(town: Streets, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    tokens: dict[str, str] = {}

    def as_(login: str, *arguments: str) -> tuple[int, str]:
        tokens["now"] = town.world.session(login)
        capsys.readouterr()
        code = call(arguments)
        found = capsys.readouterr()
        text = found.out + found.err
        return code, "\n".join(line for line in text.splitlines() if "route=" not in line)

    def connected() -> CentreClient:
        return CentreClient(CentreAddress("http://localhost:1"), tokens["now"], LocalTransport(town.client))

    monkeypatch.setattr(centre_session, "connected", connected)
    monkeypatch.setattr(feed_sending, "CabinetWire", lambda *_: LocalWire(town))
    monkeypatch.setattr(feed_sending, "SystemClock", lambda: town.clock)
    return as_


def test_the_network_is_imported_and_shown(run: Run, town: Streets, tmp_path: Path) -> None:
    roads = tmp_path / "roads.json"
    roads.write_text(roads_to_json(network()))
    code, text = run("eve", "roads", "import", str(roads))
    assert (code, "6 roads, 5 turns, 6 loops, 2 readers" in text) == (0, True)
    assert run("olga", "roads", "import", str(roads))[0] == 1
    code, text = run("vera", "roads", "show")
    assert code == 0 and "arterial" in text
    assert json.loads(run("vera", "roads", "show", "--json")[1]) == json.loads(roads_to_json(network()))


def test_a_feed_from_its_credential_to_the_minute_and_its_end(run: Run, town: Streets, tmp_path: Path) -> None:
    town.import_roads()
    credential = tmp_path / "loops.json"
    assert run("root", "feed", "enrol", "loops", "--kind", "counts", "--out", str(credential))[0] == 0
    assert credential.stat().st_mode & 0o77 == 0
    town.until(BEGIN_MS + 62_000)
    csv = tmp_path / "counts.csv"
    rows = [count(k, BEGIN_MS) for k in range(6)] + [count(0, BEGIN_MS, detector="nowhere")]
    csv.write_text("\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]) + "\n")
    send = ("feed", "send", str(csv), "--centre", "http://localhost:1", "--credential", str(credential))
    code, text = run("vera", *send)
    assert (code, text) == (1, "6 taken in 1 batches (1 tries); left out: unknown 1; 0 given up")
    assert json.loads(run("vera", *send, "--json")[1])["left_out"] == {"duplicate": 6, "unknown": 1}
    code, text = run("vera", "feed", "list")
    assert "loops" in text and "counts" in text
    town.until(BEGIN_MS + 66_000)
    code, text = run("vera", "roads", "congestion")
    assert code == 0 and "trunk roads" in text and "west" in text
    assert run("root", "feed", "revoke", "loops")[0] == 0
    code, text = run("vera", *send)
    assert (code, "no feed with this key" in text) == (2, True)


def test_standard_input_is_sent_as_it_comes(
    run: Run, town: Streets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.import_roads()
    credential = tmp_path / "loops.json"
    run("root", "feed", "enrol", "loops", "--kind", "counts", "--out", str(credential))
    town.until(BEGIN_MS + 62_000)
    lines = [json.dumps(count(k, BEGIN_MS)) + "\n" for k in range(6)]
    monkeypatch.setattr("sys.stdin", iter(lines))
    send = ("feed", "send", "-", "--centre", "http://localhost:1", "--credential", str(credential), "--every-s", "0.2")
    code, text = run("vera", *send, "--json")
    assert (code, json.loads(text)["taken"]) == (0, 6)


def test_a_centre_that_is_not_there_is_given_up(
    run: Run, tmp_path: Path, town: Streets, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential, rows = tmp_path / "loops.json", tmp_path / "rows"
    run("root", "feed", "enrol", "loops", "--kind", "counts", "--out", str(credential))
    rows.write_text(json.dumps(count(0, BEGIN_MS)))
    send = ("feed", "send", str(rows), "--centre", "http://localhost:1", "--credential", str(credential))
    code, text = run("vera", *send, "--give-up-s", "0.2")  # there is no network in force: it is to be sent again
    assert (code, "receipted nothing for 0.2 s" in text) == (3, True)


def test_weather_and_events(run: Run, town: Streets, tmp_path: Path) -> None:
    import datetime as dt

    def at(hours: int) -> str:
        moment = dt.datetime.fromtimestamp(town.clock.utc_ms() / 1000, dt.UTC) + dt.timedelta(hours=hours)
        return moment.strftime("%Y-%m-%dT%H:%MZ")

    code, text = run("olga", "weather", "set", "--from", at(0), "--until", at(2), "--rain", "6")
    assert (code, "saturation flow x 0.908, free speed x 0.83" in text) == (0, True)
    assert run("vera", "weather", "set", "--from", at(0), "--until", at(2))[0] == 1
    town.clock.pass_ms(5 * MINUTE_MS)
    assert "saturation flow x 0.908" in run("vera", "weather", "show")[1]
    add = ("events", "add", "match", "--title", "Match", "--from", at(3), "--until", at(5), "--persons", "22000")
    assert run("olga", *add)[0] == 2  # neither district nor roads
    code, text = run("olga", *add, "--district", "west")
    assert text == "match: 4000 vehicles come at 2667 veh/h, leave at 4000 veh/h"
    rows = {"event": "fair", "title": "Fair", "from_utc_ms": BEGIN_MS + 10 * 3_600_000,
            "to_utc_ms": BEGIN_MS + 12 * 3_600_000, "persons": 10, "roads": ["r0"]}  # fmt: skip
    (tmp_path / "events").write_text(json.dumps(rows))
    assert run("olga", "events", "import", str(tmp_path / "events")) == (0, "1 events entered")
    found: dict[str, Any] = json.loads(run("vera", "events", "list", "--json")[1])
    assert [each["event_id"] for each in found["events"]] == ["match", "fair"]
    assert run("olga", "events", "remove", "match")[0] == 0
    assert "match" not in run("vera", "events", "list")[1]
