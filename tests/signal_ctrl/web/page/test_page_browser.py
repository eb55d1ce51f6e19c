"""The page in a real browser against a served centre with cabinets that run as processes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from signal_ctrl.centre.accounts import end_sessions
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.override_values import OVERRIDES
from signal_ctrl.web import page_routes
from tests.bench.browser import CHROMIUM
from tests.patience import until
from tests.signal_ctrl.web.page.living_town import PASSWORD, Town, quick_town, site_text_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE: Final = Path(page_routes.__file__).with_name("page") / "node_modules/axe-core/axe.min.js"
HOSTILE: Final = '<img src=x onerror="window.__hit=1"><script>window.__hit=2</script>'
WIDTHS: Final = (360, 1440, 3840)
VIEWS: Final = (
    *("map", "map/x1", "wall", "cockpit", "incidents", "dispatch", "buses", "responses", "route", "special"),
    *("parking", "overrides", "alarms", "tickets"),
)
SMALLEST_PX: Final = {360: 12, 1440: 12, 3840: 18}
TOO_SMALL: Final = """least => [...document.querySelectorAll('main *')]
    .filter(each => [...each.childNodes].some(one => one.nodeType === 3 && one.data.trim()) && each.getClientRects().length)
    .filter(each => !each.closest('svg') && parseFloat(getComputedStyle(each).fontSize) < least)
    .map(each => each.outerHTML.slice(0, 120))"""
CLIPPED: Final = """() => [...document.querySelectorAll('main td, main th, main button, main h1, main h2, main dd')]
    .filter(each => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline')
    .map(each => each.outerHTML.slice(0, 120))"""
HIDDEN_ASIDE: Final = """() => [...document.querySelectorAll('.wall-side .scrolls, .briefs .scrolls')]
    .filter(each => each.scrollWidth > each.clientWidth + 1)
    .map(each => `${each.ariaLabel} ${each.scrollWidth} in ${each.clientWidth}`)"""
"""Tables of the wall and of the cockpit of which a part is out of sight: nobody moves them sideways there."""
TOO_WIDE: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PATIENCE_MS: Final = 60_000
START_MS: Final = 90_000
"""A cabinet starts with flashing and all-red; on a busy machine its process takes its time too. [ms]"""


@dataclass
class Screen:
    """One browser window of one person."""

    page: Any
    town: Town
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def log_in(self, login: str) -> None:
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.fill("input[name=code]", self.town.code(login))
        self.page.click("form.login button.main")
        self.page.wait_for_selector("nav a")

    def open(self, place: str) -> None:
        self.page.evaluate(f"location.hash = '#/{place}'")

    def wish(self, kind: str, stage: str, minutes: int) -> None:
        self.page.wait_for_selector(".takeover")
        self.page.select_option("select[name=kind]", kind)
        if stage:
            self.page.select_option("select[name=stage]", stage)
        self.page.fill("input[name=minutes]", str(minutes))
        self.page.select_option("select[name=reason]", "accident")
        self.page.fill("input[name=case]", "2026-117")

    def show_price(self) -> str:
        self.page.click("text=Show the price")
        self.page.wait_for_selector(".price")
        return str(self.page.inner_text(".price"))

    def issue(self) -> str:
        self.page.click(".price button.danger")
        self.page.wait_for_selector(".done")
        found = re.search(r"ov-[0-9a-f]+", self.page.inner_text(".done"))
        assert found is not None
        return found.group()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with quick_town(tmp_path_factory.mktemp("town"), "olga", "otto", "sam", "sue", "tina", "tom") as made:
        made.world.centre.registry.enrol("test", "x1", site_text_of("x1"), Place("d0", "", HOSTILE, 11.43, 48.76))
        yield made


@pytest.fixture(scope="module")
def lamps(town: Town) -> Iterator[dict[str, Path]]:
    with town.street("j1", 11.41, 48.76) as first, town.street("j2", 11.42, 48.76) as second:
        yield {"j1": first, "j2": second}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@contextmanager
def window(browser: Any, town: Town, width: int = 1280, **options: Any) -> Iterator[Screen]:
    """A window of its own; at its end nothing was asked of another host and the console is silent."""
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="en-GB", **options)
    context.set_default_timeout(PATIENCE_MS)
    screen = Screen(context.new_page(), town)
    screen.page.on("console", lambda said: screen.complaints.append(told(said)) if said.type == "error" else None)
    screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
    screen.page.on("request", lambda request: screen.hosts.add(urlsplit(request.url).netloc))
    screen.page.goto(town.address)
    screen.page.wait_for_selector("form.login")
    yield screen
    context.close()
    assert screen.hosts == {urlsplit(town.address).netloc}
    assert screen.complaints == [], refusals(town)


def told(said: Any) -> str:
    """What a line of the console says, and of which address."""
    return f"{said.text} {said.location.get('url', '')}"


def refusals(town: Town) -> dict[str, float]:
    """How often a limit refused somebody, by limit."""
    samples = [sample for metric in town.world.context.metrics.refused.collect() for sample in metric.samples]
    return {f"{sample.name} {sample.labels}": sample.value for sample in samples}


def test_first_login_sets_up_the_second_factor(browser: Any, town: Town) -> None:
    town.world.identity.accounts.take_invitation("vera", town.invite("vera"), PASSWORD)
    with window(browser, town) as screen:
        screen.page.fill("input[name=login]", "vera")
        screen.page.fill("input[name=password]", PASSWORD)
        screen.page.click("form.login button.main")
        screen.page.wait_for_selector(".secret code:text-matches('^[A-Z2-7]{16,}$')")
        screen.page.fill("input[name=code]", town.code("vera", screen.page.inner_text(".secret code")))
        screen.page.click("form.login button.main")
        screen.page.wait_for_selector(".junctions a")
        screen.open("map/x1")
        screen.page.wait_for_selector("text=Your account may not take a junction over")


@dataclass
class Held:
    """An override of two minutes that was issued on the page, and when it ends. [UTC, ms]"""

    override: str
    end_utc_ms: int


@pytest.fixture(scope="module")
def held(browser: Any, town: Town, lamps: dict[str, Path]) -> Held:
    """Find a junction by its name, hold a stage for two minutes, and see the lamps follow."""
    with window(browser, town) as screen:
        screen.log_in("sam")
        screen.page.fill("input[name=search]", "j1")
        screen.page.wait_for_selector(".junctions a:has-text('j1')")
        screen.page.press("input[name=search]", "Enter")
        screen.page.wait_for_selector(".panel .state:has-text('own plan or fallback')", timeout=START_MS)
        screen.wish("hold_stage", "side", 2)
        assert "delay" in screen.show_price()
        before = lamps["j1"].read_text(encoding="ascii")
        override = screen.issue()
        found = town.world.store.read(lambda reading: reading.shelf(OVERRIDES).get(override))
        assert found is not None
        (leg,) = found.document.legs
        assert leg.end_utc_ms - leg.start_utc_ms == 120_000
        until(lambda: lamps["j1"].read_text(encoding="ascii") != before, "lamps that follow")
        screen.page.wait_for_selector(f"[data-override={override}] .countdown")
        screen.page.wait_for_selector(".panel .state:has-text('override')")
        screen.page.wait_for_selector("[data-group=side][data-aspect=green]")
        screen.page.wait_for_selector(".panel .ring [aria-current]:has-text('side')")
        return Held(override, leg.end_utc_ms)


def test_a_junction_is_found_and_taken_over_and_its_lamps_follow(held: Held, town: Town) -> None:
    found = town.world.store.read(lambda reading: reading.shelf(OVERRIDES).get(held.override))
    assert found is not None
    assert (found.issuer, found.document.legs[0].cabinet) == ("sam", "j1")


def test_two_persons_in_two_browsers(browser: Any, town: Town, lamps: dict[str, Path]) -> None:
    with window(browser, town) as issuer, window(browser, town) as approver:
        issuer.log_in("olga")
        issuer.open("map/j2")
        issuer.page.wait_for_selector(".panel .state:has-text('own plan or fallback')", timeout=START_MS)
        issuer.wish("flash", "", 2)
        assert "second person" in issuer.show_price()
        override = issuer.issue()
        approver.log_in("tom")
        approver.open("overrides")
        card = f"[data-override={override}]"
        approver.page.wait_for_selector(card)
        issuer.page.wait_for_selector(f"{card} >> text=waits for a second person")
        approver.page.click(f"{card} >> text=Approve")
        approver.page.click("dialog button.main")
        issuer.page.wait_for_selector(f"{card}.active")
        issuer.page.click(f"{card} >> text=Release")
        issuer.page.click("dialog button.main")
        issuer.page.wait_for_selector(card, state="detached")


def test_a_dead_link_is_said_loudly_and_comes_back(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        screen.log_in("sue")
        screen.page.wait_for_selector(".link.live")
        screen.page.context.set_offline(True)
        town.world.context.hub.close()
        screen.page.wait_for_selector(".dead >> text=NO CONNECTION")
        screen.page.context.set_offline(False)
        screen.page.wait_for_selector(".link.live")
        screen.page.wait_for_selector(".dead", state="detached")
        screen.complaints[:] = [each for each in screen.complaints if "ERR_INTERNET_DISCONNECTED" not in each]


def test_a_stream_that_ends_and_comes_back_is_no_alarm(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        screen.log_in("sue")
        screen.page.wait_for_selector(".link.live")
        screen.page.evaluate("""() => {
            window.barsSeen = 0;
            const look = () => { window.barsSeen += document.querySelectorAll('p.dead').length; };
            new MutationObserver(look).observe(document.getElementById('page'), { childList: true, subtree: true });
        }""")
        with screen.page.expect_request("**/v1/stream?*"):
            town.world.context.hub.close()
            screen.page.wait_for_selector(".link.waiting")
        screen.page.wait_for_selector(".link.live")
        assert screen.page.evaluate("window.barsSeen") == 0


def test_a_dead_link_moves_nothing_that_somebody_may_be_about_to_press(browser: Any, town: Town) -> None:
    where = """() => [...document.querySelectorAll('header *, main button, main a, main h2')]
        .map(each => each.getBoundingClientRect().top).filter(top => top < innerHeight * 0.8)"""
    with window(browser, town) as screen:
        screen.log_in("sue")
        screen.open("wall")
        screen.page.wait_for_selector(".link.live")
        screen.page.wait_for_timeout(1_000)
        before = screen.page.evaluate(where)
        screen.page.context.set_offline(True)
        town.world.context.hub.close()
        screen.page.wait_for_selector(".dead >> text=NO CONNECTION")
        assert screen.page.evaluate(where) == before
        screen.page.context.set_offline(False)
        screen.page.wait_for_selector(".link.live")
        screen.complaints[:] = [each for each in screen.complaints if "ERR_INTERNET_DISCONNECTED" not in each]


def test_a_session_that_ends_in_the_middle_keeps_what_was_entered(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        screen.log_in("tina")
        screen.open("map/x1")
        screen.wish("call_stage", "left", 7)
        town.world.store.write(lambda t: end_sessions(t, "tina", town.world.clock.utc_ms()))
        screen.page.wait_for_selector("text=Your session has ended")
        screen.log_in("tina")
        screen.page.wait_for_selector(".takeover")
        assert screen.page.input_value("input[name=minutes]") == "7"
        assert screen.page.input_value("select[name=stage]") == "left"
        screen.complaints[:] = [each for each in screen.complaints if "401" not in each]


def test_words_from_outside_are_words_and_nothing_stands_in_anybodys_way(browser: Any, town: Town) -> None:
    """One window for both: hostile words on every view, axe-core on each of them, no view wider than its screen."""
    with window(browser, town) as screen:
        findings = _serious(screen)
        screen.log_in("otto")
        screen.open("map/x1")
        screen.page.wait_for_selector(".panel dl:has-text('onerror')")
        for width in WIDTHS:
            screen.page.set_viewport_size({"width": width, "height": 800})
            for view in VIEWS:
                screen.open(view)
                screen.page.wait_for_selector("main *")
                screen.page.wait_for_timeout(200)
                if width != WIDTHS[-1]:
                    findings += [f"{view} at {width}: {each}" for each in _serious(screen)]
                wide = screen.page.evaluate(TOO_WIDE)
                assert wide <= 0, f"{view} is {wide} px wider than a screen of {width}"
                assert screen.page.evaluate(TOO_SMALL, SMALLEST_PX[width]) == [], f"{view} at {width}"
                assert screen.page.evaluate(CLIPPED) == [], f"{view} at {width}"
                assert screen.page.evaluate(HIDDEN_ASIDE) == [], f"{view} at {width}"
        assert findings == []
        assert screen.page.evaluate("window.__hit") is None


def test_the_page_speaks_chinese_to_who_prefers_it(browser: Any, town: Town) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(town.address)
    page.wait_for_selector("text=登录")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.click("text=English")
    page.wait_for_selector("h1 >> text=Log in")
    context.close()


def test_the_override_has_ended_by_itself_and_stands_in_the_audit(browser: Any, town: Town, held: Held) -> None:
    """The last one, so that its minutes go by meanwhile."""
    with window(browser, town) as screen:
        screen.log_in("sue")
        screen.open("map/j1")
        card, now_ms = f"[data-override={held.override}]", town.world.clock.utc_ms
        if now_ms() < held.end_utc_ms - 20_000:  # the tests before were quick: it lasts, and has to be seen first
            screen.page.wait_for_selector(card)
        screen.page.wait_for_selector(card, state="detached", timeout=150_000)
        assert now_ms() >= held.end_utc_ms - 1_000
        screen.open("audit")
        screen.page.wait_for_selector("main td")
        for width in WIDTHS[1:]:  # a table has the room that there is
            screen.page.set_viewport_size({"width": width, "height": 1200})
            taken = screen.page.eval_on_selector("main table", "table => table.offsetWidth / innerWidth")
            assert taken > 0.9, f"the table of the audit takes {taken:.0%} of a screen of {width}"
        screen.page.fill("input[type=search]", held.override)
        screen.page.wait_for_selector("td:text-matches('expire')")
        screen.page.wait_for_selector("td:has-text('sam')")
        screen.page.click("text=Verify the chain")
        screen.page.wait_for_selector("text=The chain is sound")


def _serious(screen: Screen) -> list[str]:
    screen.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = screen.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    return [
        f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
