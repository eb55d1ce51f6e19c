"""Buses over HTTP: registered by an engineer, reported by their own feed alone, shown to whoever reads the status."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.centre_app import World, bearer
from bench.link.site import trial_site
from bench.local_client import LocalClient
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.foretelling import AGAIN_S, BUS_AGAIN_S
from signal_ctrl.domain.bus_lines import BusRun
from signal_ctrl.domain.bus_lines_json import buses_to_json
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.foretold import ForetoldKind, foretelling_from_bytes
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.domain.site_json import site_to_json
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


def test_a_cabinet_is_told_of_the_buses_that_come_to_its_signal_and_of_no_other(town: Town) -> None:
    with_roads(town)
    imported(town, "eve")
    signal = next(road.signal for road in street().roads if road.signal)
    for cabinet, of in (("cab-a", signal), ("cab-b", "elsewhere")):
        town.world.links.enrol("eve", cabinet, site_to_json(trial_site(of)), Place("north"))
    watch, foretelling, now_ms = town.world.watch, town.world.centre.foretelling, town.clock.utc_ms()
    assert watch.buses.fleet is not None
    start_s = watch.buses.fleet.time_s(now_ms) - 20.0
    watch.buses.taken(list(drive("bus/b1", start_s, start_s + 20.0)))
    told = foretelling_from_bytes(foretelling.answer("cab-a"))
    (bus,) = told.coming
    (own,) = watch.buses.fleet.coming_to(signal, told.at_utc_ms)
    assert told.at_utc_ms == town.clock.utc_ms() // 1000 * 1000 and told.again_s == BUS_AGAIN_S
    assert (bus.kind, bus.key, bus.times_s, bus.cars) == (ForetoldKind.BUS, own.key, own.arrival.times_s, own.cars)
    assert (bus.road, bus.next_road) == (own.arrival.line.road, own.arrival.line.next_road)
    for other in ("cab-b", "cab-c"):
        nobody = foretelling_from_bytes(foretelling.answer(other))
        assert (nobody.cabinet, nobody.coming, nobody.again_s) == (other, (), AGAIN_S)
    assert town.client.request("GET", "/v1/cabinets/cab-a/foretold").status_code == 401
    town.clock.pass_ms(61_000)  # it was not heard for so long: it asks for nothing
    assert foretelling_from_bytes(foretelling.answer("cab-a")).coming == ()


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
