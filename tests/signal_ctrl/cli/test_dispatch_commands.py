"""Commands of units, missions and responses against a centre, over its routes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import memory_world
from bench.local_client import LocalClient
from signal_ctrl.cli import centre_session
from signal_ctrl.cli.main import call
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient
from tests.signal_ctrl.watch.dispatch.streets import UNITS
from tests.signal_ctrl.watch.responses.response_worlds import RESPONSE
from tests.signal_ctrl.web.centre_town import LocalTransport, Town
from tests.signal_ctrl.web.test_dispatch_routes import watched

NOW_MS = 1_790_000_000_000
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    world = memory_world(ManualClock(NOW_MS, 5_000), tmp_path)
    with LocalClient(world.app) as client:
        yield watched(Town(world, client, world.clock))  # type: ignore[arg-type]
    world.store.close()


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    tokens: dict[str, str] = {}

    def as_(login: str, *arguments: str) -> tuple[int, str]:
        tokens["now"] = town.world.session(login)
        capsys.readouterr()
        code = call(arguments)
        found = capsys.readouterr()
        lines = (found.out + found.err).splitlines()
        return code, "\n".join(line for line in lines if not line.startswith("2026-"))

    def connected() -> CentreClient:
        return CentreClient(CentreAddress("http://localhost:1"), tokens["now"], LocalTransport(town.client))

    monkeypatch.setattr(centre_session, "connected", connected)
    return as_


def found(text: str) -> Any:
    return json.loads(text)


OPEN = ("dispatch", "open", "car on its roof", "--kind", "patrol", "--at", "8.0056,50.0", "--priority", "2")


def test_a_mission_from_open_to_close(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "units.toml"
    path.write_text(UNITS)
    assert run("olga", "units", "import", str(path)) == (0, "4 units")
    code, text = run("olga", *OPEN, "--json")
    mission = found(text)["mission_id"]
    code, text = run("vera", "dispatch", "propose", mission)
    assert (code, "p1" in text, "not 2: another kind" in text, "travel times: minute" in text) == (0, True, True, True)
    code, text = run("olga", "dispatch", "assign", mission)
    assert (code, "unit p1" in text, "expected in" in text) == (0, True, True)
    code, text = run("olga", "dispatch", "green-route", mission, "--yes")
    assert (code, "c0: stage main" in text, "is active" in text) == (0, True, True), text
    assert run("vera", "dispatch", "status", mission, "en route")[0] == 0
    assert "on scene" in run("vera", "dispatch", "status", mission, "on scene")[1]
    assert run("vera", "override", "list", "--json")[1] == "[]"
    assert "is closed" in run("olga", "dispatch", "close", mission, "--note", "towed")[1]
    assert mission in run("vera", "dispatch", "list", "--state", "all")[1]
    assert "returning" in run("vera", "units", "list", "--kind", "patrol")[1]
    assert "is free" in run("olga", "units", "set", "p1", "--state", "free", "--at", "8.001,50.0")[1]
    assert "8.00100,50.00000 (by hand)" in run("vera", "units", "list")[1]


def test_all_open_missions_at_once(run: Run) -> None:
    first = found(run("olga", *OPEN, "--json")[1])["mission_id"]
    code, text = run("vera", "dispatch", "propose", "--all")
    assert (code, first in text, "p1" in text) == (0, True, True)
    code, text = run("olga", "dispatch", "assign", "--all", "--yes")
    assert (code, "1 units sent" in text) == (0, True)
    assert "is cancelled" in run("olga", "dispatch", "cancel", first, "--why", "gone")[1]


def test_a_response_from_file_to_ledger(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stadium.toml"
    path.write_text(RESPONSE.replace('"s1"', '"s9"'))
    code, text = run("eve", "response", "check", str(path))
    assert (code, "there is no sign s9" in text) == (1, True)
    code, text = run("eve", "response", "import", str(path))
    assert (code, "west-sign S/sign" in text) == (1, True)
    path.write_text(RESPONSE)
    assert "stadium number 1 is in the library" in run("eve", "response", "import", str(path))[1]
    assert "could be ordered now" in run("vera", "response", "check", "stadium")[1]
    assert "road closed" in run("vera", "response", "list")[1]
    shown = run("vera", "response", "show", "stadium")[1]
    assert "call_stage side at c0 for 60 min" in shown and "task 2: barriers" in shown
    code, text = run("olga", "response", "order", "stadium", "--case", "M-7", "--yes")
    assert (code, "a second person has to approve it" in text, "waiting" in text) == (0, True, True)
    order = found(run("vera", "response", "orders", "--json")[1])[0]["order_id"]
    assert run("olga", "response", "approve", order, "--yes")[0] == 1
    code, text = run("sam", "response", "approve", order, "--yes")
    assert (code, "is active" in text) == (0, True)
    assert "is active" in run("otto", "response", "task", order, "1", "--note", "by telephone")[1]
    text = run("vera", "response", "status", order)[1]
    assert "task 1 (done by otto)" in text and "is open: close Stadium Road" in text
    assert "is ended" in run("olga", "response", "end", order)[1]
    assert order in run("vera", "response", "ledger")[1]
    assert order in run("vera", "response", "orders", "--all")[1]


def test_a_part_that_fails_is_told_and_all_is_undone(run: Run, town: Town, tmp_path: Path) -> None:
    path = tmp_path / "stadium.toml"
    path.write_text(RESPONSE)
    run("eve", "response", "import", str(path))
    run("olga", "response", "order", "stadium", "--case", "M-7", "--yes")
    order = found(run("vera", "response", "orders", "--json")[1])[0]["order_id"]
    assert run("eve", "plan", "issue", "match", "--at", "c1", "--at", "c2", "--together")[0] == 0
    code, text = run("sam", "response", "approve", order, "--yes")
    assert (code, "is failed" in text, "is part of change" in text, "undone" in text) == (1, True, True, True)
    assert town.world.centre.overrides.live() == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dispatch", "open", "x", "--kind", "patrol", "--at", "here"), "LONGITUDE,LATITUDE"),
        (("dispatch", "propose"), "name a mission, or say --all"),
        (("dispatch", "propose", "mi-1"), "there is no mission mi-1"),
        (("dispatch", "assign", "--all", "--json"), "say --yes"),
        (("dispatch", "green-route", "mi-1", "--stage", "c0", "--yes"), "CABINET=STAGE"),
        (("units", "set", "p1"), "say --state or --at"),
        (("units", "import", "/nowhere.toml"), "cannot be read"),
        (("response", "check", "/nowhere.toml"), "cannot be read"),
        (("response", "show", "nothing"), "there is no response nothing"),
        (("response", "order", "nothing", "--case", "1", "--json"), "say --yes"),
        (("response", "rehearse", "/nowhere.toml", "--scenario", "corridor"), "cannot be read"),
    ],
)
def test_bad_input_is_one_line(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, text = run("olga", *arguments)
    assert (code, words in text) == (2, True), text


def test_seeds_are_read() -> None:
    from signal_ctrl.cli.response_rehearse_command import seeds_of
    from signal_ctrl.domain.errors import InvalidInputError

    assert seeds_of("1-3,9") == (1, 2, 3, 9)
    for text in ("", "a", "1-", "3-1", "1-1000"):
        with pytest.raises(InvalidInputError):
            seeds_of(text)
