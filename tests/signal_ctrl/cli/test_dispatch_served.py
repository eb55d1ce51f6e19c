"""Commands of dispatch and responses against a centre that is served as a process, on a socket."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.centre_app import ADDRESS
from signal_ctrl.centre.accounts import new_token
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.people import TOKEN_LASTS_MS, Session, sha256_of
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.cli.centre_parts import CentreParts, opened_centre
from signal_ctrl.cli.centre_session import TerminalSession, keep_session
from signal_ctrl.cli.main import call
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.diversion.guidance import guidance_to_json
from signal_ctrl.watch.diversion.values import GUIDANCE, GuidanceDocument
from tests.signal_ctrl.centre.worlds import plan, site_text
from tests.signal_ctrl.cli.test_serve import Service
from tests.signal_ctrl.watch.dispatch.streets import UNITS, grid
from tests.signal_ctrl.watch.responses.response_worlds import RESPONSE, SIGNS

PEOPLE = {"olga": Role.OPERATOR, "sam": Role.SUPERVISOR, "eve": Role.ENGINEER, "vera": Role.VIEWER}


def prepared(data: Path) -> dict[str, str]:
    """Fill the data folder of a centre, and return the tokens of its people."""
    with opened_centre(data) as parts:
        now_ms = parts.clock.utc_ms()
        for name in ("c0", "c1", "c2"):
            parts.centre.registry.enrol("test", name, site_text(name), Place("d0", "ring"))
        eve = Actor("eve", Role.ENGINEER, None, now_ms, "test")
        parts.watch.roads.import_(eve, roads_to_json(grid()))
        parts.centre.plans.upload(eve, plan_to_json(plan("c0", "c1", "c2", title="match", offset_ds=100)))
        document = GuidanceDocument("0" * 64, guidance_to_json(SIGNS), now_ms, "eve")
        parts.store.write(lambda t: t.shelf(GUIDANCE).put(document))
        return {login: _logged_in(parts, login, role) for login, role in PEOPLE.items()}


def _logged_in(parts: CentreParts, login: str, role: Role) -> str:
    now_ms, token = parts.clock.utc_ms(), new_token(secrets.token_bytes)
    parts.identity.accounts.add(login, role, None, "test")
    session = Session(
        session_id=secrets.token_hex(8),
        login=login,
        token_sha256=sha256_of(token),
        token_ends_utc_ms=now_ms + TOKEN_LASTS_MS,
        begun_utc_ms=now_ms,
        address=ADDRESS,
        browser=False,
        second_factor_utc_ms=now_ms,
    )

    def enrol(t: Transaction) -> None:
        user = t.people.user(login)
        assert user is not None
        t.people.put_user(replace(user, totp=b"sealed", invitation_sha256=""))
        t.people.add_session(session)

    parts.store.write(enrol)
    return token


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str]]]:
    tokens = prepared(tmp_path / "data")
    service = Service(tmp_path / "data")

    def as_(login: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setenv("SIGNAL_CTRL_SESSION", str(tmp_path / "session.json"))
        keep_session(TerminalSession(service.url, "", login, tokens[login], 1 << 42))
        capsys.readouterr()
        code = call(arguments)
        found = capsys.readouterr()
        return code, found.out + found.err

    yield as_
    service.stop()
    if service.process.stdout is not None:
        service.process.stdout.close()


@pytest.mark.slow
def test_a_mission_and_a_response_at_a_served_centre(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    (tmp_path / "units.toml").write_text(UNITS)
    (tmp_path / "stadium.toml").write_text(RESPONSE)
    assert run("olga", "units", "import", str(tmp_path / "units.toml")) == (0, "4 units\n")
    opened = ("dispatch", "open", "car on its roof", "--kind", "patrol", "--at", "8.0056,50.0", "--json")
    mission = json.loads(run("olga", *opened)[1])["mission_id"]
    assert "p1" in run("vera", "dispatch", "propose", mission)[1]
    assert "unit p1" in run("olga", "dispatch", "assign", mission)[1]
    assert "is active" in run("olga", "dispatch", "green-route", mission, "--yes")[1]
    assert "on scene" in run("olga", "dispatch", "status", mission, "on scene")[1]
    assert run("vera", "override", "list", "--json")[1].strip() == "[]"
    assert "number 1" in run("eve", "response", "import", str(tmp_path / "stadium.toml"))[1]
    ordered = run("olga", "response", "order", "stadium", "--case", "M-7", "--yes", "--json")
    order = json.loads(ordered[1])["order_id"]
    assert run("olga", "response", "approve", order, "--yes")[0] == 1
    assert "is active" in run("sam", "response", "approve", order, "--yes")[1]
    assert len(json.loads(run("vera", "override", "list", "--json")[1])) == 1
    assert "is ended" in run("sam", "response", "end", order)[1]
    assert run("vera", "override", "list", "--json")[1].strip() == "[]"
    assert "ended" in run("vera", "response", "ledger")[1]
