"""`demo --city` as a process, and its page in a real browser: no login, live lamps, roads, an override that is lit."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from bench.load.service import PROGRAM
from bench.page_pictures.__main__ import browser, take
from bench.page_pictures.city import Hand, enliven
from bench.page_pictures.views import SCREENS, chosen
from tests.bench.browser import CHROMIUM
from tests.patience import PATIENCE_S, until
from tests.signal_ctrl.web.page.test_page_browser import AXE, HIDDEN_ASIDE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.sumo]
COMMAND: Final = (
    *PROGRAM,
    *("demo", "--city", "--scenario", "cologne1", "--port", "0", "--warm-up", "150", "--minutes", "20", "--json"),
)
ASPECTS: Final = (
    "Object.fromEntries([...document.querySelectorAll('[data-group]')]"
    ".map(each => [each.dataset.group, each.dataset.aspect]))"
)
GREEN_PIXELS: Final = """() => {
    const canvas = document.querySelector('.leaflet-overlay-pane canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) found += data[at] === 0 && data[at + 1] === 168 && data[at + 2] === 120;
    return found;
}"""
LIT: Final = f"groups => {{ const now = {ASPECTS}; return groups.every(g => ['green', 'walk'].includes(now[g])) }}"


@dataclass
class Seen:
    """What a browser complained of, and whom it asked."""

    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


@pytest.fixture
def city() -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            lines = (json.loads(line) for line in process.stdout)
            yield process, next(line["address"] for line in lines if "address" in line)
        finally:
            process.kill()


@contextmanager
def page_of(address: str) -> Iterator[tuple[Any, Seen]]:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        page, seen = browser.new_page(locale="en-GB"), Seen()
        page.set_default_timeout(60_000)
        page.on("console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).netloc))
        page.goto(address)
        yield page, seen
        browser.close()


def test_a_city_without_an_account(city: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    """What the test asks by itself it asks as somebody else: the page uses what one account may ask."""
    process, address = city
    with page_of(address) as (page, seen), closing(Hand(address, "engineer")) as asking:
        page.wait_for_selector(".demo >> text=DEMO")
        page.wait_for_selector(".junctions a:has-text('plan of the centre')")
        assert page.query_selector("form.login") is None
        _roads_have_levels(page, asking)
        page.click(".legend summary")
        page.click(".junctions a")
        _lamps_change(page)
        assert _serious(page) == []
        _lanes_are_lit_close_by(page)
        _the_held_stage_is_lit(page, asking)
        _arrivals_are_drawn_over_the_cycle(page, asking)
        _the_wall_leads_to_junctions(page)
        assert seen.complaints == []
        assert seen.hosts == {urlsplit(address).netloc}
    _a_picture_is_taken(address, tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    last = json.loads(process.stdout.read().splitlines()[-1])
    assert last["message"].endswith("wrong lamps: 0")
    assert process.wait(PATIENCE_S) == 0


def _roads_have_levels(page: Any, asking: Hand) -> None:
    page.wait_for_selector(".legend:has-text('smooth')", state="attached")

    def known() -> bool:
        links = asking.get("/v1/links")["links"]
        return any(link["level"] != "unknown" and link["speed_mps"] is not None for link in links)

    until(known, "a road with a level and a speed", every_s=1.0)


def _lamps_change(page: Any) -> None:
    page.wait_for_selector(".lamps [data-group]")
    before = page.evaluate(ASPECTS)
    page.wait_for_function(f"before => JSON.stringify({ASPECTS}) !== JSON.stringify(before)", arg=before)
    assert page.inner_text(".ring [aria-current]").startswith("▶")


def _lanes_are_lit_close_by(page: Any) -> None:
    """From afar none is; how far away a map begins depends on the room that it had when its streets came."""
    for _ in range(2):
        page.click(".leaflet-control-zoom-out:not(.leaflet-disabled)")
        page.wait_for_timeout(300)
    until(lambda: page.evaluate(GREEN_PIXELS) == 0, "a map without lamps", every_s=0.5)
    for _ in range(6):
        page.click(".leaflet-control-zoom-in:not(.leaflet-disabled)")
        page.wait_for_timeout(300)
    page.wait_for_function(f"() => ({GREEN_PIXELS})() > 200")


def _the_held_stage_is_lit(page: Any, asking: Hand) -> None:
    site = asking.get("/v1/junctions/cab-1")["site"]
    stage = site["stages"][-1]
    groups = [group["name"] for group, right in zip(site["groups"], stage["rights"], strict=True) if right != "r"]
    page.select_option("select[name=kind]", "hold_stage")
    page.select_option("select[name=stage]", stage["name"])
    page.fill("input[name=minutes]", "1")
    page.select_option("select[name=reason]", "accident")
    page.fill("input[name=case]", "2026-117")
    page.click("text=Show the price")
    page.wait_for_selector(".price")
    page.click(".price button.danger")
    page.wait_for_selector(".panel .state:has-text('override')")
    page.wait_for_function(LIT, arg=groups)
    page.wait_for_selector(f".ring [aria-current]:has-text('{stage['name']}')")
    page.evaluate("location.hash = '#/audit'")
    page.wait_for_selector("td:has-text('demo-supervisor')")


def _arrivals_are_drawn_over_the_cycle(page: Any, asking: Hand) -> None:
    """What the loops of the city's cabinet tell comes to the centre and is drawn, with why it decided so."""

    def told() -> Any:
        found = asking.get("/v1/arrivals?junction=cab-1")
        return found if len(found["arrivals"]) > 20 else None

    found = until(told, "more than twenty arrivals", every_s=1.0)
    times_ms = [at for at, _ in found["arrivals"]]
    assert times_ms == sorted(times_ms)
    assert all(-600_000 < at - found["now_utc_ms"] < 30_000 for at in times_ms)
    page.evaluate("location.hash = '#/engineer/purdue'")
    page.wait_for_selector(".purdue .came")
    words = asking.get("/v1/junctions/cab-1/control")["words"]
    assert "into the cycle of" in next(word["text"] for word in words if word["code"] == "decided")


def _the_wall_leads_to_junctions(page: Any) -> None:
    """The worst junctions have names by which their panels open, and no table of the wall is cut."""
    page.evaluate("location.hash = '#/wall'")
    page.click("section:has(h2:has-text('Worst junctions')) td a")
    page.wait_for_selector(".panel .ring")
    for width in (1280, 3840):
        page.set_viewport_size({"width": width, "height": 2160})
        page.evaluate("location.hash = '#/wall'")
        page.wait_for_selector(".wall-side td")
        page.wait_for_timeout(500)
        assert page.evaluate(HIDDEN_ASIDE) == [], f"wall at {width}"


def _a_picture_is_taken(address: str, folder: Path) -> None:
    enliven(address)
    with browser() as started:
        assert take(started, address, chosen("detectors")[0], SCREENS["phone"], folder) < 100_000
    assert [path.name for path in folder.iterdir()] == ["detectors-phone.webp"]


def _serious(page: Any) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    serious = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}" for each in serious for node in each["nodes"]
    ]
