"""`signal-ctrl special` over the routes of a centre, without a network between."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.centre_app import World
from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.cli import centre_session, special_device
from signal_ctrl.cli.main import call
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient
from tests.signal_ctrl.watch.dispatch.streets import place
from tests.signal_ctrl.watch.special.test_way import ROADS
from tests.signal_ctrl.web.centre_town import LocalTransport, Town
from tests.signal_ctrl.web.test_special_routes import passes
from tests.signal_ctrl.web.test_special_routes import town as _town

Run = Callable[..., tuple[int, str]]
WAY = [word for road in ROADS for word in ("--road", road)]


class LocalWire:
    """The wire of a device into the application in this process."""

    def __init__(self, town: Town) -> None:
        self._town = town

    def carry(self, ask: Ask) -> Answer:
        answer = self._town.client.request(ask.method, ask.target, headers=dict(ask.headers), content=ask.body)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    def close(self) -> None:
        pass


@pytest.fixture
def world(tmp_path: Path, clock: ManualClock) -> Iterator[World]:
    from bench.centre_app import memory_world

    made = memory_world(clock, tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_750_000_000_000, 5_000)


town = _town


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    tokens: dict[str, str] = {}

    def as_(login: str, *arguments: str) -> tuple[int, str]:
        tokens["now"] = town.world.session(login)
        capsys.readouterr()
        code = call(("special", *arguments))
        found = capsys.readouterr()
        return code, "\n".join(line for line in (found.out + found.err).splitlines() if "route=" not in line)

    def connected() -> CentreClient:
        return CentreClient(CentreAddress("http://localhost:1"), tokens["now"], LocalTransport(town.client))

    monkeypatch.setattr(centre_session, "connected", connected)
    monkeypatch.setattr(special_device, "CabinetWire", lambda *_: LocalWire(town))
    monkeypatch.setattr(special_device, "SystemClock", lambda: town.clock)
    return as_


def test_from_the_register_to_the_end_of_a_corridor(run: Run, town: Town, tmp_path: Path) -> None:
    key = tmp_path / "fire1.json"
    code, text = run("root", "register", "fire1", "--kind", "fire", "--out", str(key))
    assert (code, text) == (0, f"vehicle fire1 (fire), credential: {key}")
    assert key.stat().st_mode & 0o77 == 0
    code, text = run("olga", "request", "fire1", *WAY)
    assert code == 0 and "signals: c0, c1, c2" in text
    at = ",".join(map(str, place(0.5, 0.0)))
    assert run("vera", "report", "--credential", str(key), "--at", at, "--heading-deg", "90")[0] == 0
    passes(town, 2)
    code, text = run("vera", "watch")
    assert code == 0 and "c0 main" in text and "150 of 1,200" in text, text
    (shown,) = json.loads(run("vera", "watch", "--json")[1])
    name = shown["corridor"]["corridor"]
    assert run("vera", "end", name)[0] == 1
    assert run("olga", "end", name) == (0, f"corridor {name} is over: ended by hand")
    code, text = run("vera", "call", "--credential", str(key), "--at", at, "--heading-deg", "90")
    assert code == 0 and "by the likely way ahead" in text
    assert run("root", "revoke", "fire1") == (0, "vehicle fire1 is revoked")
    assert "revoked" in run("vera", "list")[1]
    assert run("vera", "report", "--credential", str(key), "--at", at)[0] == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("simulate", "cologne3"), "by --trips FILE, or let some be drawn by --random N"),
        (("simulate", "cologne3", "--random", "1", "--controller", "net"), "engines that look and decide"),
        (("simulate", "cologne3", "--trips", "nowhere.json"), "cannot read the special vehicles"),
        (("report", "--credential", "nowhere.json", "--at", "8,50"), "nowhere.json"),
    ],
)
def test_bad_input_is_one_line_that_names_the_fix(
    words: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(("special", *words)) == 2
    assert text in capsys.readouterr().err
