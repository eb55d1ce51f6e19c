"""Commands that talk to the centre, over its routes, without a network between."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import memory_world
from bench.local_client import LocalClient
from signal_ctrl.centre.fault_desk import FaultReport
from signal_ctrl.centre.faults import Facility
from signal_ctrl.centre.link_shadow import apply_shadow
from signal_ctrl.cli import centre_session
from signal_ctrl.cli.main import call
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.credential import credential_from_json
from signal_ctrl.domain.link.reports import SHADOW_ADVICE, SHADOW_TOTAL, Report, ReportKind
from signal_ctrl.domain.plan import plan_hash, plan_to_json
from signal_ctrl.domain.schedule import DayType, Entry, PlanRef, Schedule
from signal_ctrl.domain.schedule_json import schedule_to_json
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient
from tests.signal_ctrl.centre.worlds import plan, site_text
from tests.signal_ctrl.web.centre_town import LocalTransport, Town

NOW_MS = 1_790_000_000_000
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock = ManualClock(NOW_MS, 5_000)
    world = memory_world(clock, tmp_path)
    with LocalClient(world.app) as client:
        yield Town(world, client, clock)
    world.store.close()


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    tokens: dict[str, str] = {}

    def as_(login: str, *arguments: str) -> tuple[int, str]:
        token = town.world.session(login)
        tokens["now"] = token
        capsys.readouterr()
        code = call(arguments)
        found = capsys.readouterr()
        return code, found.out + found.err

    def connected() -> CentreClient:
        return CentreClient(CentreAddress("http://localhost:1"), tokens["now"], LocalTransport(town.client))

    monkeypatch.setattr(centre_session, "connected", connected)
    return as_


ISSUE = ("override", "issue", "call_stage", "--at", "c0", "--stage", "side", "--reason", "accident", "--case", "17")


def found(text: str) -> Any:
    return json.loads("\n".join(line for line in text.splitlines() if not line.startswith("2026-")))


def test_an_override_from_issue_to_price(run: Run, town: Town) -> None:
    code, text = run("olga", *ISSUE, "--minutes", "10", "--yes")
    assert code == 0
    assert "call_stage at 1 cabinets (c0) for 10 min" in text
    assert "estimate: unknown" in text
    assert "is active" in text
    code, text = run("vera", "override", "list", "--json")
    override_id = found(text)[0]["override_id"]
    code, text = run("vera", "override", "list")
    assert override_id in text
    assert run("vera", "override", "release", override_id)[0] == 1
    code, text = run("olga", "override", "release", override_id)
    assert (code, "is released" in text) == (0, True)
    town.passes(60_000, 10_000)
    code, text = run("vera", "override", "price", override_id)
    assert "measured: unknown" in text
    assert found(run("vera", "override", "list", "--all", "--json")[1])[0]["state"] == "released"


def test_credentials_of_cabinets_over_the_routes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(centre_session.VARIABLE, str(tmp_path / "session.json"))
    centre_session.keep_session(centre_session.TerminalSession("http://localhost:1", "", "root", "token", NOW_MS))
    site, out = tmp_path / "site.json", tmp_path / "c7.json"
    site.write_text(site_text("c7"))
    enrol = ("cabinet", "enrol", "c7", "--site", str(site), "--district", "d0", "--out", str(out))
    at = ("--centre", "http://localhost:1")
    assert run("eve", *enrol, *at)[0] != 0
    assert not out.exists()
    assert run("root", *enrol)[0] == 2  # neither a centre nor a folder
    assert run("root", *enrol, *at, "--data", str(tmp_path / "data"))[0] == 2
    code, text = run("root", *enrol, "--centre", "http://elsewhere:1")
    assert (code, "first: signal-ctrl login" in text) == (2, True)
    code, text = run("root", *enrol, *at, "--json")
    assert (code, found(text)["cabinet"]) == (0, "c7")
    assert out.stat().st_mode & 0o777 == 0o600
    new = tmp_path / "new.json"
    assert run("root", "cabinet", "rotate", "c7", *at, "--out", str(new), "--overlap-s", "60")[0] == 0
    keys = [credential_from_json(path.read_text()).key for path in (out, new)]
    assert keys[0] != keys[1]
    assert run("root", "cabinet", "revoke", "c7", *at)[0] == 0
    assert run("root", "cabinet", "revoke", "c8", *at)[0] == 2


def test_two_persons(run: Run) -> None:
    issue = ("override", "issue", "flash", "--at", "c0", "--reason", "power", "--case", "18", "--minutes", "5")
    code, text = run("olga", *issue, "--yes")
    assert (code, "waits for a second person: flash" in text) == (0, True)
    override_id = found(run("sam", "override", "list", "--json")[1])[0]["override_id"]
    assert run("olga", "override", "approve", override_id, "--yes")[0] == 1
    code, text = run("sam", "override", "approve", override_id, "--yes", "--json")
    assert found(text)["state"] == "active"


def test_only_the_price(run: Run) -> None:
    code, text = run("olga", *ISSUE, "--minutes", "10", "--only-price", "--json")
    assert (code, found(text)["estimate"]["added_veh_h"]) == (0, None)
    assert found(run("vera", "override", "list", "--json")[1]) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*ISSUE, "--minutes", "0.5", "--yes"), "1 to 120 min"),
        ((*ISSUE, "--minutes", "10", "--json"), "say --yes"),
        ((*ISSUE, "--minutes", "10", "--corridor", "ring", "--yes"), "name the places"),
        ((*ISSUE, "--minutes", "10", "--yes", "--start", "tomorrow"), "no instant"),
        ((*ISSUE, "--minutes", "10", "--yes", "--start", "2026-03-29T01:00"), "no offset"),
        (
            (
                "override",
                "issue",
                "green_route",
                "--stop",
                "c0@3",
                "--reason",
                "escort",
                "--case",
                "1",
                "--minutes",
                "9",
            ),
            "no stop",
        ),
        (("override", "issue", "call_stage", "--at", "c0", "--reason", "accident", "--case", "1"), "minutes"),
        (("plan", "upload", "/nowhere.json"), "cannot be read"),
        (("override", "release", "ov-1"), "there is no override"),
    ],
)
def test_bad_input_is_one_line(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, text = run("olga", *arguments)
    assert (code, words in text) == (2, True), text


def test_a_green_route(run: Run) -> None:
    stops = [part for k in range(3) for part in ("--stop", f"c{k}=side@{60 + 60 * k}")]
    code, text = run(
        "olga",
        "override",
        "issue",
        "green_route",
        *stops,
        "--reason",
        "escort",
        "--case",
        "1",
        "--minutes",
        "9",
        "--yes",
    )
    assert (code, "green_route at 3 cabinets" in text) == (0, True), text


def test_plans_from_upload_to_status(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(plan_to_json(plan("c0", "c1", "c2")))
    code, text = run("eve", "plan", "upload", str(path))
    assert (code, "day number 1 is in the library" in text) == (0, True)
    code, text = run("eve", "plan", "issue", "day", "--corridor", "ring", "--together")
    assert (code, "offered to 3 cabinets" in text) == (0, True)
    assert "staging" in run("vera", "plan", "changes")[1]
    change = found(run("vera", "plan", "changes", "--json")[1])[0]["change_id"]
    assert "abandoned" in run("eve", "plan", "abandon", change)[1]
    code, text = run("vera", "plan", "status")
    assert (code, "never heard" in text) == (0, True)
    assert "day" in run("vera", "plan", "library")[1]
    ref = PlanRef("day", plan_hash(plan("c0", "c1", "c2")))
    kind = DayType("every", ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (Entry(0, "day"),))
    path.write_text(schedule_to_json(Schedule("week", "UTC", (ref,), (kind,))))
    assert "week number 1" in run("eve", "plan", "upload", str(path))[1]
    code, text = run("eve", "plan", "follow", "week", "--corridor", "ring", "--json")
    assert run("eve", "plan", "unfollow", found(text)["use_id"])[0] == 0


def test_a_plan_that_is_refused_shows_every_reason(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(plan_to_json(plan("c0", "c8", "c9")))
    code, text = run("eve", "plan", "upload", str(path))
    assert code == 1
    assert "c8" in text and "c9" in text and "K9/signal" in text


def test_alarms_faults_tickets(run: Run, town: Town) -> None:
    told = FaultReport("c0", Facility.LAMP, "h1", "dark", "lamp out", NOW_MS)
    town.world.store.write(lambda t: town.world.centre.faults.began(t, told))
    assert "lamp out" in run("vera", "alarms")[1]
    alarm_id = found(run("vera", "alarms", "--json")[1])[0]["alarm_id"]
    assert "is acknowledged" in run("olga", "alarms", "acknowledge", alarm_id)[1]
    assert "is cleared" in run("olga", "alarms", "clear", alarm_id, "--note", "seen")[1]
    assert "dark" in run("vera", "faults", "--cabinet", "c0", "--live")[1]
    ticket_id = found(run("vera", "tickets", "--json")[1])[0]["ticket_id"]
    assert "is assigned" in run("olga", "tickets", "assign", ticket_id, "--to", "crew 3")[1]
    assert "is closed" in run("olga", "tickets", "close", ticket_id, "--note", "replaced")[1]
    assert "is open" in run("olga", "tickets", "open", "sign", "c1", "--text", "bent")[1]
    assert "bent" in run("vera", "tickets", "--state", "open")[1]
    assert "lamp" in run("vera", "tickets", "repairs")[1]


def test_shadow(run: Run, town: Town) -> None:
    assert "shadow at c0" in run("eve", "shadow", "switch", "shadow", "--at", "c0")[1]
    assert "shadow" in run("vera", "shadow", "list")[1]
    times = ("--since", "2026-09-01T00:00Z", "--until", "2026-10-01T00:00Z")
    code, text = run("vera", "shadow", "report", "c0", *times)
    assert (code, "0 decisions" in text) == (0, True)
    values = [
        ("advised", 2),
        ("advised_in_ms", 1000),
        ("advised_milli_veh_s", 40_000),
        ("differs", 1),
        ("horizon_s", 60),
    ]
    values += [("plan_milli_veh_s", 42_500), ("plan_next", 2), ("plan_next_in_ms", 6000), ("ran", 0), ("window", 1)]
    totals = [("comparable", 140), ("decisions", 150), ("differing", 20), ("gain_milli_veh_s", 90_500), ("missed", 2)]
    totals += [("seconds", 300), ("vehicles", 100)]
    for code_, said in ((SHADOW_ADVICE, values), (SHADOW_TOTAL, totals)):
        report = Report(ReportKind.EVENT, town.clock.utc_ms() + 400_000, code_, "", tuple(said))
        town.world.store.write(lambda t, r=report: apply_shadow(town.world.centre.shadow, t, "c0", r))
    code, text = run("vera", "shadow", "report", "c0", *times)
    assert (code, "150 decisions, 20 differ from the plan, 2 came too late" in text) == (0, True)
    assert "0.905 s for each vehicle" in text or "0.91 s for each vehicle" in text or "0.9 s for each vehicle" in text
    code, text = run("vera", "shadow", "differences", "c0")
    assert (code, "side in 6 s" in text, "side in 1 s" in text, "2.5" in text) == (0, True, True, True)
    assert found(run("vera", "shadow", "differences", "c0", "--json")[1])[0]["advised"] == "side"
