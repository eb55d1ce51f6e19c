"""A parking service that hangs: the centre gives up within seconds, in the thread that asks, and nowhere else."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import memory_world
from bench.link.site import trial_site
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.cli.aside import Aside
from signal_ctrl.cli.parking_link import TIMEOUT_S, ParkingAt, parking_at, parking_inflow, parking_view, told
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.credential import Credential, credential_to_json
from signal_ctrl.domain.link.foretold import ForetoldKind, foretelling_from_bytes
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.gateways.parking_client import ParkingClient
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.stores.key_files import write_secret
from signal_ctrl.web.parking_view import ParkingView
from tests.lag import timed
from tests.patience import until
from tests.signal_ctrl.centre.test_guided import BEGIN_MS, crossing, inflow

KNOWN = Credential("centre", bytes(32), bytes(32))


@pytest.fixture
def hanging() -> Iterator[str]:
    """Something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_hanging_service_holds_up_nobody(hanging: str) -> None:
    client = ParkingClient(hanging, KNOWN, None, 2.0)
    view = ParkingView(client.ask, SystemClock(), lambda _now: (), dict)
    chore = Aside(told(view))
    with timed() as took:
        chore.look()
        assert view.shown()["overview"] is None
    assert took.own_s < 0.2  # nobody waited: the thread does
    until(lambda: view.shown()["why"] != "it was not asked yet", "an end of the waiting")
    assert "does not answer" in view.shown()["why"]
    client.close()


def test_the_limit_is_short_and_the_credential_is_needed(tmp_path: Path) -> None:
    assert TIMEOUT_S <= 1.0
    assert parking_at("", None, None) is None
    with pytest.raises(InvalidInputError, match="--parking-credential"):
        parking_at("https://parking:8090", None, None)
    write_secret(tmp_path / "c.json", credential_to_json(KNOWN).encode())
    found = parking_at("https://parking:8090", tmp_path / "c.json", None)
    assert found is not None and found.credential == KNOWN


def test_what_the_service_says_of_guided_drivers_is_foretold_to_cabinets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []

    def ask(_client: ParkingClient, method: str, path: str, document: Any = None, query: str = "") -> Any:
        asked.append((method, path, query))
        return inflow(300)

    monkeypatch.setattr(ParkingClient, "ask", ask)
    clock, at = ManualClock(BEGIN_MS, 1_000_000), ParkingAt("http://127.0.0.1:1", KNOWN, None)
    world = memory_world(clock, tmp_path)
    monkeypatch.setattr(world.watch, "network", crossing)
    world.links.enrol("trial", "cab-1", site_to_json(trial_site("cab-1")), Place("north"))
    view = parking_view(at, world.watch, clock)
    assert view.shown()["inflow"] is None
    told(parking_inflow(at, world.watch, clock, view))()
    assert asked == [("GET", "/v1/parking/inflow", "ahead_s=120")]
    (driver,) = foretelling_from_bytes(world.centre.foretelling.answer("cab-1")).coming
    assert (driver.kind, driver.road, driver.next_road) == (ForetoldKind.GUIDED, "in1", "out1")
    assert driver.times_s == (30.0,)
    assert view.shown()["inflow"] == {"used": True, "turns": 1, "age_s": 0, "why": ""}
    world.store.close()
