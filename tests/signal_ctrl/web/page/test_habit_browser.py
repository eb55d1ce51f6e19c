"""How the page is used: by keys alone, at night and in Chinese, on paper, and without anything that jumps."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.incidents.values import IncidentKind
from signal_ctrl.watch.incidents.wishes import IncidentReport
from tests.patience import until
from tests.signal_ctrl.watch.streets import network
from tests.signal_ctrl.web.page.living_town import PASSWORD, Town, quick_town, site_text_of
from tests.signal_ctrl.web.page.test_page_browser import CLIPPED, TOO_WIDE, VIEWS, _serious, browser, window

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
MOST_KEYS: Final = 120
"""So many times somebody presses the tabulator at most until something has the focus: it is the length of the page."""
SHIFTS: Final = """() => new Promise(done => {
    const found = [];
    new PerformanceObserver(list => {
        for (const each of list.getEntries()) if (!each.hadRecentInput) found.push({
            value: each.value,
            what: each.sources.map(one => (one.node?.outerHTML ?? one.node?.data ?? '?').slice(0, 100)),
        });
    }).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(found), 50);
})"""
"""All that moved since the page came without anybody's doing, with what it was."""
GOOD_SHIFT: Final = 0.1
"""What Core Web Vitals call good for the whole life of a page."""
CUT_ON_PAPER: Final = """() => [...document.querySelectorAll('#page, main, main *')]
    .filter(each => ['auto', 'scroll', 'hidden'].includes(getComputedStyle(each).overflowY))
    .filter(each => !each.closest('.map-frame, svg, select, textarea') && each.scrollHeight > each.clientHeight + 2)
    .map(each => each.outerHTML.slice(0, 120))"""
OUT_OF_SIGHT: Final = """() => {
    const at = document.activeElement.getBoundingClientRect();
    return at.width === 0 || at.right < 0 || at.left > innerWidth;
}"""
PAPER_PX: Final = 718
"""A4 less its margins, at 96 pixels an inch."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with quick_town(tmp_path_factory.mktemp("town"), "olga", "sam") as made:
        furnish(made)
        yield made


def furnish(town: Town) -> None:
    """Three junctions on roads, an alarm, and an incident that somebody reported."""
    centre, now_ms = town.world.centre, town.world.clock.utc_ms()
    for k, name in enumerate(("k1", "k2", "k3")):
        centre.registry.enrol("test", name, site_text_of(name), Place("d0", "main", "", 11.402 + k / 250, 48.76))
    engineer = Actor("engineer", Role.ENGINEER, second_factor_utc_ms=now_ms)
    town.world.watch.roads.import_(engineer, roads_to_json(network()))
    centre.store.write(lambda t: centre.alarms.raise_(t, "x", "k1", Severity.CRITICAL, "a lamp is out"))


def tab_to(page: Any, selector: str, key: str = "Tab") -> None:
    """Press the tabulator until something that fits has the focus; all that has it on the way can be seen."""
    for _ in range(MOST_KEYS):
        page.keyboard.press(key)
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            assert not page.evaluate(OUT_OF_SIGHT), f"{selector} has the focus and cannot be seen"
            return
    raise AssertionError(f"the keyboard does not come to {selector}")


def type_into(page: Any, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)


def test_a_junction_is_taken_over_and_released_by_keys_alone(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        page = screen.page
        type_into(page, "input[name=login]", "sam")
        type_into(page, "input[name=password]", PASSWORD)
        type_into(page, "input[name=code]", town.code("sam"))
        page.keyboard.press("Enter")
        page.wait_for_selector(".junctions a:has-text('k2')")
        type_into(page, "input[name=search]", "k2")
        page.wait_for_function("() => document.querySelectorAll('.junctions a').length === 1")
        page.keyboard.press("Enter")
        page.wait_for_selector(".takeover")
        _is_held_by_keys(page)
        _is_released_by_keys(page)


def _is_held_by_keys(page: Any) -> None:
    tab_to(page, "select[name=kind]")
    page.keyboard.press("ArrowDown")
    assert page.input_value("select[name=kind]") == "hold_stage"
    type_into(page, "input[name=minutes]", "2")
    tab_to(page, "select[name=reason]")
    page.keyboard.press("ArrowDown")
    type_into(page, "input[name=case]", "2026-119")
    page.keyboard.press("Enter")
    page.wait_for_selector(".price")
    tab_to(page, ".price button.danger")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-override] .countdown")


def _is_released_by_keys(page: Any) -> None:
    """Escape is no; the question's other button is yes."""
    tab_to(page, "[data-override] button", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    assert page.query_selector("[data-override]") is not None
    tab_to(page, "[data-override] button")
    page.keyboard.press("Enter")
    tab_to(page, "dialog button.main")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-override]", state="detached")


def test_every_view_is_reached_by_keys_and_an_alarm_is_acknowledged_after_a_question(browser: Any, town: Town) -> None:
    with window(browser, town, 360) as screen:
        page = screen.page
        screen.log_in("olga")
        names = page.eval_on_selector_all(".head nav a", "all => all.map(each => each.getAttribute('href'))")
        assert len(names) >= 14
        for name in names:
            tab_to(page, f".head nav a[href='{name}']")
        page.keyboard.press("Enter")
        screen.open("alarms")
        page.wait_for_selector("td:has-text('a lamp is out')")
        page.click("tr:has-text('a lamp is out') button")
        assert "a lamp is out" in page.inner_text("dialog[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
        page.click("tr:has-text('a lamp is out') button")
        page.click("dialog button.main")
        page.wait_for_selector("td:has-text('olga')")


def test_an_incident_is_on_the_map_until_it_is_over(browser: Any, town: Town) -> None:
    incidents = town.world.watch.incidents
    sam = Actor("sam", Role.SUPERVISOR, second_factor_utc_ms=town.world.clock.utc_ms())
    made = incidents.report(sam, IncidentReport(IncidentKind.BREAKDOWN, "r2", position_m=40.0)).incident_id
    with window(browser, town) as screen:
        screen.log_in("sam")
        screen.page.wait_for_selector(".map .incident-sign span.confirmed:has-text('⬣ breakdown')")
        screen.page.hover(".map .incident-sign span")
        screen.page.wait_for_selector(".leaflet-tooltip:has-text('r2')")
        screen.open("incidents")
        screen.page.click(f"[data-incident={made}] >> text=It is over")
        screen.page.click("dialog button.main")
        screen.page.wait_for_selector(f"[data-incident={made}]", state="detached")
        screen.open("map")
        screen.page.wait_for_selector(".map .leaflet-marker-pane", state="attached")
        screen.page.wait_for_selector(".map .incident-sign", state="detached")


def test_at_night_and_in_chinese_nothing_stands_in_anybodys_way(browser: Any, town: Town) -> None:
    with window(browser, town, 360, color_scheme="dark") as screen:
        screen.log_in("olga")
        screen.page.click("button:has-text('中文')")
        screen.page.wait_for_selector("nav a:has-text('地图')")
        assert screen.page.evaluate("document.documentElement.dataset.scheme") == "night"
        findings = []
        for view in (*VIEWS[:1], "map/k1", *VIEWS[2:]):
            screen.open(view)
            screen.page.wait_for_selector("main *")
            screen.page.wait_for_timeout(250)
            findings += [f"{view}: {each}" for each in _serious(screen)]
            findings += [f"{view} is cut: {each}" for each in screen.page.evaluate(CLIPPED)]
            wide = screen.page.evaluate(TOO_WIDE)
            findings += [f"{view} is {wide} px too wide"] if wide > 0 else []
        assert findings == []


def test_in_chinese_what_the_centre_told_is_said_in_chinese_and_kept_as_it_was(browser: Any, town: Town) -> None:
    centre, text = town.world.centre, "cabinet k2 is silent; it runs its own plan after its time without the centre"
    centre.store.write(lambda t: centre.alarms.raise_(t, "told", "k2", Severity.WARNING, text))
    with window(browser, town) as screen:
        screen.log_in("sam")
        screen.page.click("button[lang=zh]")
        screen.open("alarms")
        screen.page.wait_for_selector(f"td [title='{text}']:has-text('信号机 k2 无通信')")
        screen.page.wait_for_selector("td:has-text('a lamp is out')")  # what the catalogue lacks stands as it was told
        screen.open("audit")
        for wanted in ("登录", "login"):
            screen.page.fill("input[type=search]", wanted)
            screen.page.wait_for_selector("td [title=login]:text-is('登录')")
    centre.store.write(lambda t: centre.alarms.clear(t, "told", "k2", "over"))


def test_nothing_jumps(browser: Any, town: Town) -> None:
    with window(browser, town, 1440) as screen:
        screen.log_in("olga")
        screen.page.wait_for_selector(".junctions a")
        screen.page.wait_for_timeout(2_500)
        jumps = screen.page.evaluate(SHIFTS)
        assert _moved_by(jumps) <= GOOD_SHIFT, jumps
        for view in ("map/k1", "wall", "overrides", "alarms"):
            screen.open(view)
            screen.page.wait_for_timeout(800)
            there = _once_all_is_there(screen)
            screen.page.wait_for_timeout(4_000)  # values come anew meanwhile
            jumps = screen.page.evaluate(SHIFTS)[there:]
            assert _moved_by(jumps) <= GOOD_SHIFT / 4, (view, jumps)


def _moved_by(jumps: list[dict[str, Any]]) -> float:
    return sum(each["value"] for each in jumps)


def _once_all_is_there(screen: Any) -> int:
    """Return how often the page has moved once its first answers are in: it has not moved for two seconds then."""
    moved: list[int] = []

    def is_still() -> bool:
        moved.append(len(screen.page.evaluate(SHIFTS)))
        return len(moved) > 4 and moved[-1] == moved[-5]

    until(is_still, "a page that stands still", every_s=0.5)
    return moved[-1]


def test_what_is_printed_is_whole(browser: Any, town: Town) -> None:
    with window(browser, town, PAPER_PX) as screen:
        screen.log_in("sam")
        for view in ("map/k1", "wall", "cockpit", "alarms", "audit", "incidents"):
            screen.open(view)
            screen.page.wait_for_timeout(500)
            screen.page.emulate_media(media="print")
            assert not screen.page.is_visible(".head")
            assert screen.page.evaluate(CUT_ON_PAPER) == [], view
            assert screen.page.evaluate(TOO_WIDE) <= 0, view
            assert len(screen.page.pdf(format="A4")) > 5_000
            screen.page.emulate_media(media="screen")
