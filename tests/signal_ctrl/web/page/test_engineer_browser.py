"""The engineer's views in a real browser: the gate and its reasons, differences, diagrams, detectors, reports."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bench.link.site import trial_plan, trial_site
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.domain.link.arrivals import ARRIVALS, Arrival, arrivals_texts
from signal_ctrl.domain.link.reports import Batch, Report, ReportKind
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_to_json
from tests.signal_ctrl.web.page.living_town import Town, quick_town, site_text_of
from tests.signal_ctrl.web.page.test_page_browser import (
    CLIPPED,
    SMALLEST_PX,
    TOO_SMALL,
    TOO_WIDE,
    WIDTHS,
    Screen,
    _serious,
    browser,
    window,
)

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STREET = ("s1", "s2", "s3")
CYCLE_MS = 60_000
CYCLES = 5
OFFSET_S = 20
"""From one junction to the next: 292 m as the crow flies, at 52.6 km/h."""
HOSTILE_FILE = "<img src=x onerror='window.__hit=1'>.html"
SMALL_LETTERS = """() => [...document.querySelectorAll('main svg text')]
    .filter(each => each.getClientRects().length && each.getBoundingClientRect().height < 9)
    .map(each => each.outerHTML.slice(0, 120))"""
"""Words of a drawing, which shrink with it: what is lower than 9 pixels, as letters of 8 are, is read by nobody."""
REPORT = "<h1>Report</h1><script>document.title = 'it acts'</script><img src='/v1/me'>"


def own_plan(name: str, **changes: Any) -> SignalPlan:
    return replace(trial_plan(trial_site(name)), **changes)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    (folder / "reports").mkdir()
    for name in ("report.html", HOSTILE_FILE):
        (folder / "reports" / name).write_text(REPORT, encoding="utf-8")
    with quick_town(folder, "eve", "sam", reports=folder / "reports") as made:
        furnish(made)
        yield made


def furnish(town: Town) -> None:
    """Three junctions of a street under one plan, with the lamps and the arrivals of five cycles that have gone by."""
    centre, now_ms = town.world.centre, town.world.clock.utc_ms()
    for k, name in enumerate(STREET):
        centre.registry.enrol("test", name, site_text_of(name), Place("d0", "main", "", 11.40 + 0.004 * k, 48.76))
    engineer = Actor("test", Role.ENGINEER, second_factor_utc_ms=now_ms)
    centre.plans.upload(engineer, plan_to_json(Plan("day", tuple(own_plan(name) for name in STREET))))
    centre.issuing.issue(engineer, IssueWish("day"))
    centre.tick()
    begin_ms = now_ms - CYCLES * CYCLE_MS - 15_000
    for k, name in enumerate(STREET):
        for second in range((now_ms - begin_ms) // 1000):
            at_s = (second - OFFSET_S * k) % 60
            letters = "Grrd" if at_s < 27 else "yrrd" if at_s < 30 else "rGrd"
            centre.lamps.hear(name, f"lamps=0.{at_s}0.{letters}", begin_ms + 1000 * second, second)
    came = [Arrival(0, begin_ms + cycle * CYCLE_MS + at_s * 1000) for cycle in range(CYCLES) for at_s in (1, 5, 9, 45)]
    texts = arrivals_texts(came, now_ms)
    reports = tuple(Report(ReportKind.DETECTOR, now_ms, ARRIVALS, text) for text in texts)
    centre.recent.hear(Batch("s1", "0" * 32, 1, reports))
    why = Report(ReportKind.EVENT, now_ms, "rung", "centre -> local plan: the centre does not answer")
    centre.recent.hear(Batch("s1", "0" * 32, 2, (why,)))


@pytest.fixture(scope="module")
def screen(browser: Any, town: Town) -> Iterator[Screen]:
    with window(browser, town) as made:
        made.log_in("eve")
        yield made


def table(screen: Screen, label: str) -> list[list[str]]:
    screen.page.wait_for_selector(f"[aria-label='{label}'] tbody tr")
    rows = screen.page.query_selector_all(f"[aria-label='{label}'] tbody tr")
    return [[cell.inner_text() for cell in row.query_selector_all("td")] for row in rows]


def enter(screen: Screen, plan: dict[str, Any]) -> None:
    screen.open("engineer/plans")
    screen.page.wait_for_selector(".upload")
    screen.page.fill("textarea[name=document]", json.dumps(plan))


def test_a_plan_that_a_site_cannot_keep_is_refused_with_every_reason(screen: Screen) -> None:
    document = json.loads(plan_to_json(Plan("day", tuple(own_plan(name) for name in STREET[:2]))))
    document["signals"][0]["stages"][0] = "nowhere"
    document["signals"][1]["splits_ds"][0] += 10
    enter(screen, document)
    assert screen.page.is_disabled(".upload button.main")
    screen.page.click(".upload .buttons button:first-child")
    rows = table(screen, "Reasons")
    assert {(signal, rule) for signal, rule, _ in rows} >= {("s1", "K9/stage"), ("s2", "K9/splits")}
    assert screen.page.is_disabled(".upload button.main")


def test_a_plan_that_is_sound_comes_into_the_library_and_is_compared(screen: Screen, town: Town) -> None:
    changed = [own_plan("s1"), own_plan("s2", offset_ds=100), own_plan("s3")]
    enter(screen, json.loads(plan_to_json(Plan("day", tuple(changed)))))
    screen.page.click(".upload .buttons button:first-child")
    screen.page.wait_for_selector("text=Every site keeps this plan")
    screen.page.click(".upload button.main")
    screen.page.click("dialog button.main")
    screen.page.wait_for_selector("text=day is in the library as number 2")
    found = town.world.store.read(lambda reading: reading.audit.records(1, 10_000))
    assert ("eve", "upload plan", "plan day/000000002") in [
        (one.record.actor, one.record.action, one.record.object) for one in found
    ]
    assert table(screen, "Difference") == [["s2", "offset", "0 s", "10 s"]]
    screen.page.wait_for_selector("svg[aria-label^='s2: № 1: 60 s, Offset 0 s']")
    bars = screen.page.get_attribute("svg.bars", "aria-label")
    assert bars.startswith("s2: № 1: 60 s, Offset 0 s, main 30 s")
    assert "№ 2: 60 s, Offset 10 s" in bars


def test_what_is_no_document_is_said_before_it_is_sent(screen: Screen) -> None:
    screen.open("engineer/plans")
    for text in ("[1]", "{", "1"):
        screen.page.fill("textarea[name=document]", text)
        screen.page.wait_for_selector(".upload .wrong:has-text('no JSON document')")
        assert screen.page.is_disabled(".upload button.main")
    screen.page.fill("textarea[name=document]", "")


def test_the_time_space_diagram_has_greens_windows_and_bands(screen: Screen) -> None:
    screen.open("engineer/space")
    screen.page.select_option("select >> nth=0", "main")
    screen.page.wait_for_selector(".diagram rect.green.way-0")
    greens = screen.page.query_selector_all(".diagram rect.green.way-0")
    assert 3 * (CYCLES - 1) <= len(greens) <= 3 * (CYCLES + 2)
    assert len(screen.page.query_selector_all(".diagram rect.window")) >= 3 * (CYCLES - 1)
    screen.page.fill("input[type=number]", "53")
    screen.page.wait_for_selector(".diagram polygon.band.way-0", state="attached")
    with_wave = len(screen.page.query_selector_all(".diagram polygon.band.way-0"))
    assert CYCLES - 2 <= with_wave <= CYCLES + 1, "a platoon at the speed of the wave meets green at all three"
    rows = table(screen, "The street in numbers")
    assert [row[:2] for row in rows] == [["s1", "0 m"], ["s2", "293 m"], ["s3", "586 m"]]
    assert all(43 <= int(row[2].split("·")[1].strip(" %")) <= 49 for row in rows), "27 of 60 s are green"
    assert rows[0][4:] == ["day № 1", "60 s", "0 s"]


def test_arrivals_over_the_cycle_have_their_share_on_green(screen: Screen) -> None:
    screen.open("engineer/purdue")
    screen.page.select_option("select[name=junction]", "s1")
    screen.page.wait_for_selector(".purdue circle.came")
    words = screen.page.inner_text("[role=status]:has-text('arrivals')")
    rows = table(screen, "Cycles in numbers")
    assert 3 <= len(rows) <= CYCLES
    assert all(row[1:] == ["60 s", "27 s", "4", "75 %"] for row in rows), rows
    assert "75 % on green, with 45 % of the time green; platoon ratio 1.67" in words
    assert len(screen.page.query_selector_all(".purdue circle.came")) == 3 * len(rows)
    assert len(screen.page.query_selector_all(".purdue path.came")) == len(rows)


def test_a_report_opens_and_can_do_nothing(screen: Screen) -> None:
    screen.open("engineer/reports")
    assert {row[0] for row in table(screen, "Bench reports")} == {"report.html", HOSTILE_FILE}
    assert screen.page.evaluate("window.__hit") is None
    with screen.page.context.expect_page() as opened:
        screen.page.click("a:has-text('report.html')")
    report = opened.value
    report.wait_for_selector("h1:has-text('Report')")
    assert report.title() == ""
    assert report.evaluate("window.opener") is None
    assert report.evaluate("self.origin") == "null"
    report.close()


def test_the_panel_says_who_decides_and_why_and_shows_the_street(screen: Screen) -> None:
    screen.open("map/s1")
    screen.page.wait_for_selector(".words:has-text('the centre does not answer')")
    screen.page.wait_for_selector(".panel figure:has-text('day') svg.bars")
    screen.page.wait_for_selector(".panel .diagram rect.green")
    screen.page.wait_for_selector(".panel text.marked:has-text('s1')")


def test_nothing_stands_in_an_engineers_way(screen: Screen) -> None:
    findings = []
    for width in WIDTHS:
        screen.page.set_viewport_size({"width": width, "height": 800})
        for view in ("plans", "space", "purdue", "detectors", "reports"):
            screen.open(f"engineer/{view}")
            screen.page.wait_for_selector(".tabs [aria-current]")
            _fill(screen, view)
            screen.page.wait_for_timeout(300)
            where = f"{view} at {width}"
            findings += [f"{where}: {each}" for each in _serious(screen)] if width == WIDTHS[0] else []
            findings += [f"{where}: cut off: {each}" for each in screen.page.evaluate(CLIPPED)]
            findings += [f"{where}: too small: {each}" for each in screen.page.evaluate(TOO_SMALL, SMALLEST_PX[width])]
            findings += [f"{where}: letters of a drawing: {each}" for each in screen.page.evaluate(SMALL_LETTERS)]
            wide = screen.page.evaluate(TOO_WIDE)
            findings += [f"{where}: {wide} px too wide"] if wide > 0 else []
    assert findings == []


def _fill(screen: Screen, view: str) -> None:
    """Bring what a view can show onto it: a plan that is refused, a street, cycles with arrivals."""
    if view == "plans":
        document = json.loads(plan_to_json(Plan("day", tuple(own_plan(name) for name in STREET[:2]))))
        document["signals"][0]["stages"][0] = "nowhere"
        screen.page.fill("textarea[name=document]", json.dumps(document))
        screen.page.click(".upload .buttons button:first-child")
        screen.page.wait_for_selector(".upload [role=alert] table")
    elif view == "space":
        screen.page.select_option("select >> nth=0", "main")
        screen.page.wait_for_selector(".diagram rect.green.way-0")
    elif view == "purdue":
        screen.page.select_option("select[name=junction]", "s1")
        screen.page.wait_for_selector(".purdue circle.came")
    else:
        screen.page.wait_for_selector("main td, main .empty")


def test_who_is_no_engineer_reads_and_changes_nothing(browser: Any, town: Town) -> None:
    with window(browser, town) as other:
        other.log_in("sam")
        other.open("engineer/plans")
        other.page.wait_for_selector("text=Engineers take plans into the library")
        assert other.page.query_selector("textarea") is None
