"""Parking on the centre's page, from a parking service that answers, contradicts itself and falls silent."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import BackendError, BackendLostError
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.overview import overview
from signal_ctrl.parking.readings import SpaceReading
from signal_ctrl.web.parking_view import EVERY_MS, ParkingView
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS, facility, memory, numbers, service
from tests.signal_ctrl.web.page.living_town import Town, quick_town
from tests.signal_ctrl.web.page.test_page_browser import AXE, browser, window  # noqa: F401  # a fixture

TAB_IN_SIGHT = """() => {
    const bar = document.querySelector(".head nav").getBoundingClientRect();
    const tab = document.querySelector(".head nav [aria-current]").getBoundingClientRect();
    return tab.left >= bar.left && tab.right <= bar.right;
}"""
"""On a phone the bar of views scrolls sideways: the view that is open has to be seen in it."""
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with quick_town(tmp_path, "olga") as made:
        yield made


class Beside:
    """The parking service's own code without its process; `is_up` takes it away."""

    def __init__(self) -> None:
        self.clock, self.store, self.is_up = ManualClock(BEGIN_MS, 1_000_000), memory(), True
        section = facility().sections[0]
        limited = replace(section, longest_stay_min=30)
        self.parking = service(
            self.store, self.clock, facility(sections=(limited,)), facility("P2", place=(120.12, 30.21))
        )
        self.view = ParkingView(self.ask, self.clock, lambda _now: (), dict)
        self._say(0, 40)
        for k in range(1, 12):
            self.clock.pass_ms(4 * MINUTE_MS)
            self._say(k, 33)

    def _say(self, sequence: int, free: int) -> None:
        machine = self.parking.machines.get("s1")
        assert machine is not None
        at_ms = self.clock.utc_ms()
        readings = [SpaceReading("P1", n, at_ms, k >= free) for k, n in enumerate(numbers("A", 40))]
        body = FORM.to_bytes("s1", "0" * 32, sequence + 1, [reading_document(each) for each in readings])
        self.parking.intake.take(machine, body)

    def ask(self, _method: str, path: str, _document: Any) -> Any:
        if not self.is_up:
            raise BackendLostError("the service does not answer")
        return overview(self.parking) if path.endswith("overview") else {"signs": []}

    def fall_silent(self) -> None:
        self.is_up = False
        for _ in range(3):
            self.clock.pass_ms(EVERY_MS)
            try:
                self.view.poll()
            except BackendError:
                return


def serious(page: Any) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('.parking', {runOnly: ['wcag2a', 'wcag2aa']})")
    return [each["id"] for each in found["violations"] if each["impact"] in ("serious", "critical")]


def test_an_operator_sees_parking_and_that_it_is_silent(browser: Any, town: Town) -> None:  # noqa: F811
    beside = Beside()
    beside.view.poll()
    with window(browser, town) as screen:
        screen.log_in("olga")
        screen.page.set_viewport_size({"width": 360, "height": 740})
        screen.open("parking")
        screen.page.wait_for_selector(".empty:has-text('No parking service is named here')")
        screen.page.wait_for_function(TAB_IN_SIGHT)
        town.world.app.state.context = replace(town.world.app.state.context, parking=beside.view)
        screen.open("map")
        screen.page.wait_for_selector(".parking-sign >> text=P 33")
        assert sorted(screen.page.locator(".parking-sign").all_inner_texts()) == ["P 33", "P ?"]
        screen.open("parking")
        screen.page.wait_for_selector("text=33 of 40 spaces free where that is known; 80 spaces in all")
        table = screen.page.inner_text(".parking table >> nth=0")
        assert "33 / 40" in table and "? / 40" in table and "stale" in table
        assert screen.page.locator(".occupancy circle").count() == 2
        assert screen.page.text_content(".occupancy text >> nth=1") == "?"
        assert "Staying too long: 7" in screen.page.inner_text(".parking")
        assert serious(screen.page) == []
        beside.fall_silent()
        screen.page.wait_for_selector("text=The parking service does not answer")
        assert "33 / 40" in screen.page.inner_text(".parking table >> nth=0")
    beside.store.close()
