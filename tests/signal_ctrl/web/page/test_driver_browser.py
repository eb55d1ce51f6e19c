"""The driver's page on a phone-sized screen against a served parking service: find a space, drive, park, walk back."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from bench.load.service import Service, end, start
from bench.parking.drivers import ASK
from signal_ctrl.cli.parking_session import client_of
from signal_ctrl.domain.roads_json import roads_document
from signal_ctrl.gateways.parking_client import ParkingClient
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.facilities import Entrance, Facilities
from signal_ctrl.parking.facilities_json import facilities_document
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.stores.key_files import write_secret
from signal_ctrl.web.parking.page_routes import BUILT
from tests.bench.browser import CHROMIUM
from tests.signal_ctrl.parking.made import facility, numbers
from tests.signal_ctrl.web.page.test_page_browser import AXE
from tests.signal_ctrl.web.parking.test_parking_routes import roads

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS: Final = 60_000
TURN_MS: Final = 15_000
"""So often the page asks again by itself."""


@dataclass
class City:
    """A served parking service that can be killed and started anew."""

    folder: Path
    service: Service

    @classmethod
    def begun(cls, folder: Path) -> "City":
        city = cls(folder, start(folder / "data", "", folder / "log", what=("parking", "serve")))
        town = Facilities(
            (
                facility("P1", place=(120.0985, 30.2)),
                facility("P2", place=(120.1085, 30.2), entrances=(Entrance("E2", 800.0),)),
            )
        )
        with city.office() as office:
            office.ask("PUT", "/v1/parking/documents/roads", roads_document(roads()))
            office.ask("PUT", "/v1/parking/documents/facilities", facilities_document(town))
            made = office.ask("POST", "/v1/parking/credentials", {"name": "s1", "kind": "sensors", "only": []})
        write_secret(folder / "s1.json", made["credential"].encode())
        return city

    def office(self) -> ParkingClient:
        return client_of(self.service.address, self.folder / "data" / "first-office.json")

    def say(self, sequence: int, free: int, taken: int = 0) -> None:
        """Let sensors say that so many spaces are free, behind the first ones that are taken."""
        at_ms = time.time_ns() // 1_000_000
        is_free = range(taken, taken + free)
        readings = [SpaceReading("P1", n, at_ms, k not in is_free) for k, n in enumerate(numbers("A", 40))]
        body = FORM.to_bytes("s1", "0" * 32, sequence, [reading_document(each) for each in readings])
        with client_of(self.service.address, self.folder / "s1.json") as sensors:
            assert sensors.ask("POST", "/v1/parking/readings", json.loads(body))["taken"] == 40

    def forget(self, guidance: str) -> None:
        """Forget a driver, as the service does by itself when his hold expires."""
        connection = HTTPConnection("127.0.0.1", self.service.port, timeout=30)
        connection.request("DELETE", f"{ASK}/{guidance}")
        assert connection.getresponse().status == 204
        connection.close()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City.begun(tmp_path)
    yield made
    end(made.service.process)


@pytest.fixture
def phone() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        place = {"longitude": 120.0901, "latitude": 30.2}
        screen = {"width": 390, "height": 844}
        yield browser.new_context(viewport=screen, locale="en-GB", geolocation=place, permissions=["geolocation"])
        browser.close()


def test_a_driver_finds_a_space_and_the_way_back(city: City, phone: Any) -> None:
    city.say(1, 12)
    complaints: list[str] = []
    hosts: set[str] = set()
    page = phone.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    page.goto(city.service.address)
    _looks(page)
    _is_accessible(page)
    _drives(page)
    phone.set_geolocation({"longitude": 120.0990, "latitude": 30.2})
    page.wait_for_selector("text=m away, west")
    page.reload()
    page.wait_for_selector("text=My car")
    page.click("text=I have left")
    page.wait_for_selector("text=Tap the map")
    assert page.evaluate("localStorage.getItem('parking.car')") is None
    assert phone.cookies() == []
    assert hosts == {"127.0.0.1"}
    assert [each for each in complaints if "ERR_CONNECTION_REFUSED" not in each and "404" not in each] == []


def test_a_request_that_has_ended_is_asked_anew(city: City, phone: Any) -> None:
    city.say(1, 12)
    page = _opened(city, phone)
    first = _found(page)
    assert page.inner_text(".space").startswith("Space A001")
    city.forget(first)
    city.say(2, 12, taken=5)
    page.clock.fast_forward(TURN_MS)
    page.wait_for_selector("text=Your request had ended; this is a new answer.")
    page.wait_for_selector(".space >> text=Space A006")
    with page.expect_response(re.compile(f"{ASK}/[0-9a-f]+$")) as asked:
        page.click("text=Stop")
    assert asked.value.request.method == "DELETE" and asked.value.status == 204  # it was the new one's number
    assert first not in asked.value.url
    page.wait_for_selector("text=Tap the map")
    assert page.locator("[role=alert]").count() == 0


def test_what_is_old_is_not_shown_as_if_it_held(city: City, phone: Any) -> None:
    city.say(1, 12)
    page = _opened(city, phone)
    page.wait_for_selector(".badge.count")
    first = _found(page)
    page.route("**/v1/**", lambda route: route.abort())
    for _ in range(8):
        page.clock.fast_forward(TURN_MS)
    page.wait_for_selector("text=It does not answer; trying again.")
    page.wait_for_selector("text=Told 2 min ago; that may not hold any more.")
    page.wait_for_function("document.querySelectorAll('.badge.unknown').length == 2")
    assert page.locator(".badge.count").count() == 0
    city.forget(first)
    page.unroute("**/v1/**")
    page.clock.fast_forward(TURN_MS)
    page.wait_for_selector("text=this is a new answer")
    page.wait_for_selector(".badge.count >> text=P 12")
    page.wait_for_function("document.querySelectorAll('[role=alert]').length == 1")  # that it is a new answer


def test_an_answer_that_comes_after_stop_is_none(city: City, phone: Any) -> None:
    city.say(1, 12)
    page = _opened(city, phone)
    _found(page)
    late: list[Any] = []
    page.route(re.compile(f"{ASK}/[0-9a-f]+$"), lambda r: late.append(r) if r.request.method == "POST" else r.abort())
    page.clock.fast_forward(TURN_MS)
    while not late:
        page.wait_for_timeout(50)
    page.click("text=Stop")
    page.wait_for_selector("text=Tap the map")
    with page.expect_response(re.compile(f"{ASK}/[0-9a-f]+$")):
        late[0].continue_()
    page.wait_for_timeout(300)
    assert page.locator(".space").count() == 0 and page.locator("text=Tap the map").count() == 1


def test_who_is_on_no_road_is_told_so(city: City, phone: Any) -> None:
    phone.set_geolocation({"longitude": 121.0, "latitude": 31.0})
    page = _opened(city, phone)
    page.click("text=Use my position")
    page.click(".map", position={"x": 200, "y": 60})
    page.click("text=Find a space")
    page.wait_for_selector("text=No way is known from there. Choose another place.")


def test_a_map_without_roads_stays_where_it_was_moved(city: City, phone: Any) -> None:
    page = phone.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.clock.install()
    page.route("**/v1/parking/roads.geojson", lambda route: route.abort())
    page.goto(city.service.address)
    badge = page.locator(".badge >> nth=0")
    at = badge.bounding_box()
    page.mouse.move(200, 300)
    page.mouse.down()
    page.mouse.move(260, 340, steps=4)
    page.wait_for_timeout(200)
    page.mouse.up()
    moved = badge.bounding_box()
    assert moved["x"] > at["x"] + 40
    with page.expect_response("**/v1/parking/facilities"):
        page.clock.fast_forward(TURN_MS)
    page.wait_for_timeout(300)
    assert abs(badge.bounding_box()["x"] - moved["x"]) < 10


def _opened(city: City, phone: Any) -> Any:
    """Return the page, with its roads, under a clock that a test may turn on."""
    page = phone.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.clock.install()
    with page.expect_response("**/v1/parking/roads.geojson"):
        page.goto(city.service.address)
    page.wait_for_selector(".badge >> nth=1")
    return page


def _found(page: Any) -> str:
    """Find a space near a place on the map, and return the number of the guidance."""
    page.click(".map", position={"x": 200, "y": 60})
    with page.expect_response(re.compile(f"{ASK}$")) as asked:
        page.click("text=Find a space")
    page.wait_for_selector(".space")
    told = asked.value.json()
    # the phone was not asked where it is: it says so, and no way is made up from somewhere else
    assert asked.value.request.post_data_json["position"] is None and told["way"] is None
    assert "min drive" not in page.inner_text(".facts >> nth=0")
    return str(told["guidance"])


def _looks(page: Any) -> None:
    page.wait_for_selector(".badge.count")
    assert page.inner_text(".badge.count") == "P 12"
    assert page.inner_text(".badge.unknown") == "P ?"
    page.click("text=中文")
    page.wait_for_selector("ul:has-text('空位 12')")
    page.click("text=English")


def _drives(page: Any) -> None:
    page.click("text=Use my position")
    page.click(".map", position={"x": 200, "y": 60})
    page.click("text=Find a space")
    page.wait_for_selector(".space")
    assert page.inner_text(".space").startswith("Space A001")
    assert "free on arrival" in page.inner_text(".facts")
    page.click("text=I have parked")
    page.wait_for_selector("text=Only this phone knows")


def _is_accessible(page: Any) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    serious = [each["id"] for each in found["violations"] if each["impact"] in ("serious", "critical")]
    assert serious == []


def test_the_page_is_built() -> None:
    assert (BUILT / "index.html").is_file(), "run 'make page' first"
