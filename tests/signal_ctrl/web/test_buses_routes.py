"""Buses over HTTP: registered by an engineer, reported by their own feed alone, shown to whoever reads the status."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.centre_app import World, bearer
from bench.local_client import LocalClient
from signal_ctrl.domain.bus_lines import BusRun
from signal_ctrl.domain.bus_lines_json import buses_to_json
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.feeds.values import FeedKind
from tests.detectors.buses.streets import service, street
from tests.signal_ctrl.watch.buses.test_fleet import drive
from tests.signal_ctrl.web.centre_town import Town
from tests.signal_ctrl.web.test_dispatch_routes import town_actor

BUSES = buses_to_json(service(BusRun("bus/b1", "9"), BusRun("bus/b2", "9")))


@pytest.fixture
def town(world: World, client: LocalClient, clock: ManualClock, tmp_path: Path) -> Iterator[Town]:
    yield Town(world, client, clock)


def imported(town: Town, login: str, text: str = BUSES) -> httpx.Response:
    headers = {**bearer(town.world.session(login)), "content-type": "application/json"}
    return town.client.request("POST", "/v1/buses", headers=headers, content=text.encode())


def with_roads(town: Town) -> Town:
    town.world.watch.roads.import_(town_actor(town, "eve"), roads_to_json(street()))
    town.world.watch.tick()
    return town


def test_buses_are_registered_by_an_engineer_alone(town: Town) -> None:
    assert imported(town, "eve").status_code == 404  # no roads yet
    with_roads(town)
    assert imported(town, "olga").status_code == 403
    assert imported(town, "eve", BUSES.replace('"r2"', '"r9"')).status_code == 422
    assert imported(town, "eve", "{").status_code == 422
    assert imported(town, "eve").json() == {"lines": 1, "runs": 2, "vehicles": 2}
    assert town.ask("vera", "GET", "/v1/buses").json() == []


def test_a_bus_is_shown_with_its_headway_and_bunching_raises_an_alarm(town: Town) -> None:
    with_roads(town)
    imported(town, "eve")
    watch, now_ms = town.world.watch, town.clock.utc_ms()
    assert watch.buses.fleet is not None
    start_s = watch.buses.fleet.time_s(now_ms) - 120.0
    for name, from_s in (("bus/b1", 0.0), ("bus/b2", 60.0)):
        watch.buses.taken(list(drive(name, start_s + from_s, start_s + 100.0)))
    foremost, second = town.ask("vera", "GET", "/v1/buses").json()
    assert (foremost["vehicle"], second["vehicle"], second["ahead"]) == ("bus/b1", "bus/b2", "bus/b1")
    assert second["before_s"] == pytest.approx(60.0, abs=6.0)
    assert second["hold_s"] == 60.0
    (line,) = town.ask("vera", "GET", "/v1/bus-lines").json()
    assert (line["line"], line["buses"], line["bunched"]) == ("9", 2, ["bus/b2"])
    town.clock.pass_ms(11_000)
    watch.tick()
    (alarm,) = [each for each in town.ask("vera", "GET", "/v1/alarms").json() if each["kind"] == "bunching"]
    assert alarm["subject"] == "bus bus/b2"
    town.clock.pass_ms(400_000)  # not heard for long: no longer on the road
    watch.tick()
    assert not [each for each in town.ask("vera", "GET", "/v1/alarms").json() if each["kind"] == "bunching"]


def test_no_feed_speaks_for_the_buses_of_another(town: Town) -> None:
    """The intake puts the name of the feed before that of the vehicle, so the same name of another feed is nobody."""
    with_roads(town)
    imported(town, "eve")
    watch, now_ms = town.world.watch, town.clock.utc_ms()
    for feed in ("bus", "forger"):
        watch.feeds.enrol("eve", feed, FeedKind.POSITIONS)
    admission = watch.intake._admission
    assert admission is not None
    lon, lat = street().roads[0].shape[0]
    item = {"vehicle": "b1", "utc_ms": now_ms, "lon": lon, "lat": lat, "kind": "bus", "load": 12}
    taken = {
        feed: watch.buses.taken(admission.judge(watch.feeds.of(feed), [item], now_ms).accepted)
        for feed in ("forger", "bus")
    }
    assert taken == {"forger": 0, "bus": 1}
    assert watch.buses.buses()[0].load == 12
