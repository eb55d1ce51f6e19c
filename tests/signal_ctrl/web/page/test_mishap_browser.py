"""What the page does when something goes wrong: slow, lost and cut answers, a second tab, a sleep, a clock that is moved."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.cabinets import Place
from tests.patience import settled, until
from tests.signal_ctrl.web.page.living_town import Town, quick_town, site_text_of
from tests.signal_ctrl.web.page.mishaps import (
    DOWN,
    alarm,
    an_act,
    answers,
    held,
    incident,
    now_ms,
    override,
    prepared,
    waits_for,
)
from tests.signal_ctrl.web.page.test_page_browser import Screen, browser, window

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAMES: Final = ("k1", "k2", "k3")
HOUR_MS: Final = 3_600_000
A_MOMENT_MS: Final = 400
"""Enough for what has been answered to be on the screen. [ms]"""
UNIT: Final = {
    "unit": "patrol-1",
    "kind": "patrol",
    "state": "free",
    "district": "",
    "mission": "",
    "home": [11.41, 48.76],
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with quick_town(tmp_path_factory.mktemp("town"), "sam", "eve") as made:
        for k, name in enumerate(NAMES):
            made.world.centre.registry.enrol(
                "test", name, site_text_of(name), Place("d0", "main", "", 11.402 + k / 250, 48.76)
            )
        yield made


@pytest.fixture(scope="module")
def opened(browser: Any, town: Town) -> Iterator[Screen]:
    with window(browser, town) as made:
        made.log_in("sam")
        yield made


@pytest.fixture
def screen(opened: Screen) -> Iterator[Screen]:
    """The one window, with the centre as it is again behind each test. Only mishaps that were made may be complained of."""
    opened.complaints.clear()
    yield opened
    opened.page.unroute_all(behavior="ignoreErrors")
    opened.open("audit")
    opened.page.reload()
    opened.page.wait_for_selector("nav a")
    made = ("Failed to load resource", "ERR_FAILED")
    opened.complaints[:] = [each for each in opened.complaints if not any(part in each for part in made)]
    assert opened.complaints == []


def test_a_price_that_comes_late_is_not_that_of_another_wish(screen: Screen) -> None:
    page = screen.page
    screen.open("map/k1")
    with held(screen, "**/v1/override-preparations") as asked:
        screen.wish("call_stage", "left", 2)
        page.click("text=Show the price")
        waits_for(screen, asked)
        page.select_option("select[name=stage]", "side")
        asked[0].fulfill(json=prepared({"stage": "left"}))
        page.wait_for_selector(".takeover button:has-text('Show the price'):enabled")
        page.wait_for_timeout(A_MOMENT_MS)
        assert page.query_selector(".price") is None, "the price of what stood there before can be confirmed"
        page.click("text=Show the price")
        waits_for(screen, asked, 2)
        asked[1].fulfill(json=prepared({"stage": "side"}))
        page.wait_for_selector(".price button.danger")


def test_a_route_that_is_changed_has_no_price_any_more(screen: Screen) -> None:
    page = screen.page
    screen.open("route")
    for name in NAMES[:2]:
        page.select_option("select[name=add]", name)
        page.wait_for_selector(f".stops li:has-text('{name}')")
    answers(screen, "**/v1/override-preparations", lambda: {"json": prepared({})})
    page.fill("input[name=minutes]", "3")
    page.fill("input[name=case]", "2026-118")
    screen.show_price()
    page.select_option("select[aria-label='Stage k2']", "left")
    page.wait_for_selector(".price", state="detached", timeout=5_000)
    screen.show_price()
    page.select_option("select[name=add]", "k3")
    page.wait_for_selector(".stops li:has-text('k3')")
    assert page.query_selector(".price") is None


def test_junctions_of_a_route_stand_as_they_were_picked_however_slowly_they_are_answered(screen: Screen) -> None:
    page = screen.page
    screen.open("route")
    with held(screen, re.compile("/v1/junctions/k1$")) as asked:
        page.select_option("select[name=add]", "k1")
        waits_for(screen, asked)
        page.select_option("select[name=add]", "k2")
        page.wait_for_selector(".stops li:has-text('k2')")
        asked[0].continue_()
        page.wait_for_selector(".stops li:has-text('k1') option:has-text('side')", state="attached")
        stops = page.eval_on_selector_all(".stops li strong", "all => all.map(each => each.innerText)")
        assert stops == ["k1", "k2"]
    page.route(re.compile("/v1/junctions/k3$"), lambda each: each.abort())
    page.select_option("select[name=add]", "k3")
    page.wait_for_selector("main .wrong:has-text('does not answer')", timeout=5_000)
    assert page.query_selector(".stops li:has-text('k3')") is None


def test_who_has_two_tabs_may_act_in_both(screen: Screen, town: Town) -> None:
    """Each tab renews the token that both of them have."""
    other = screen.page.context.new_page()
    other.goto(town.address)
    other.wait_for_selector("nav a")
    other.wait_for_timeout(2_000)  # both have asked for much at once, and the centre counts it for one account
    renewed = other.evaluate(
        "fetch('/v1/me').then(answer => answer.json()).then(me => fetch('/v1/token',"
        " {method: 'POST', headers: {'x-csrf-token': me.csrf}})).then(answer => answer.text())"
    )
    other.close()
    assert "token_ends" in renewed, renewed
    centre = town.world.centre
    centre.store.write(lambda t: centre.alarms.raise_(t, "x", "k2", Severity.WARNING, "a door is open"))
    screen.open("alarms")
    screen.page.click("tr:has-text('a door is open') button")
    screen.page.click("dialog button.main")
    screen.page.wait_for_selector("tr:has-text('a door is open') td:has-text('sam')", timeout=5_000)


def test_lamps_that_are_no_longer_heard_are_not_green_for_a_convoy(screen: Screen) -> None:
    lamps = {"stage": 1, "stage_began_utc_ms": now_ms(), "aspects": [], "remaining_ds": []}
    told = {"k1": {**lamps, "at_utc_ms": now_ms() - 4_000, "age_ms": 4_000}}
    stages = {"json": {"site": {"stages": [{"name": "main"}, {"name": "side"}]}}}
    answers(screen, re.compile("/v1/junctions/k1$"), lambda: stages)
    answers(screen, "**/v1/overrides", lambda: {"json": [override("green_route")]})
    first = iter([{"json": {"lamps": told}}])
    answers(screen, "**/v1/lamps?*", lambda: next(first, DOWN))
    screen.page.reload()
    screen.open("overrides")
    screen.page.wait_for_selector("[data-leg=k1][data-state=green]")
    screen.page.wait_for_selector("[data-leg=k1][data-state=dark]", timeout=15_000)


def test_a_fault_is_one_also_where_an_override_is_in_force_and_a_long_list_says_that_it_goes_on(screen: Screen) -> None:
    none = {"sent": None, "sent_why": "", "acknowledged": None, "reasons": [], "runs": None}
    place = {"district": "d0", "corridor": "", "place": "", "lon": 11.41, "lat": 48.76, "link": "online"}
    says = {"mode": "6", "rung": "0"}
    rows = [{"junction": f"k{n}", **place, **none, "says": says} for n in range(1, 251)]
    news = f"id: 1\nevent: junctions\ndata: {json.dumps(rows)}\n\n"
    answers(screen, "**/v1/overrides", lambda: {"json": [override("hold_stage")]})
    answers(screen, "**/v1/stream?*", lambda: {"content_type": "text/event-stream", "body": news})
    screen.page.reload()
    screen.open("map")
    screen.page.wait_for_selector(".junctions a:has-text('fault')")
    assert "fault" in screen.page.inner_text(".junctions a >> nth=0")
    screen.page.wait_for_selector(".panel .empty:has-text('50')", timeout=5_000)


def test_after_a_sleep_the_link_is_dead_at_once_and_the_clock_is_the_centres(screen: Screen) -> None:
    """A machine that slept, or whose clock was moved: timers have not run, and an hour has gone by."""
    page = screen.page
    screen.open("wall")
    page.wait_for_selector(".link.live")
    page.evaluate(f"(real => {{ Date.now = () => real() + {HOUR_MS}; }})(Date.now.bind(Date))")
    page.wait_for_selector("p.dead", timeout=8_000)
    page.wait_for_selector(".link.live")

    def is_right() -> bool:
        shown = page.inner_text(".figures div:has(dt:text-is('Time')) dd")
        wall = page.evaluate(f"new Date(Date.now() - {HOUR_MS}).toLocaleTimeString('en-GB')")
        return abs(_seconds(shown) - _seconds(wall)) <= 3

    assert settled(is_right, True, most_s=10)


def _seconds(clock: str) -> int:
    hours, minutes, seconds = (int(each) for each in clock.split(":"))
    return 3600 * hours + 60 * minutes + seconds


def test_a_lost_link_is_said_once_and_not_every_second(screen: Screen) -> None:
    screen.page.route("**/v1/stream?*", lambda each: each.abort())
    screen.page.reload()
    screen.page.wait_for_selector("p.dead [role=alert], p.dead[role=alert]")
    loud = "document.querySelector('p.dead[role=alert], p.dead [role=alert]').innerText"
    assert not re.search(r"\d", screen.page.evaluate(loud)), "what is read aloud has an age that grows"
    assert "old" in screen.page.inner_text("p.dead")


def test_an_answer_that_is_cut_is_none_and_what_fails_is_said_until_it_comes(screen: Screen, town: Town) -> None:
    answers(
        screen, "**/v1/alarms", lambda: {"status": 200, "content_type": "application/json", "body": '[{"alarm_id":'}
    )
    screen.page.reload()
    screen.open("wall")
    screen.page.wait_for_selector("#page > .wrong:has-text('does not answer')", timeout=8_000)
    screen.page.wait_for_timeout(1_500)  # what else was asked for has come meanwhile
    assert screen.page.is_visible("#page > .wrong")
    screen.page.wait_for_selector(".link.live")  # what is told before anybody listens is not heard
    screen.page.unroute("**/v1/alarms")
    centre = town.world.centre
    centre.store.write(lambda t: centre.alarms.raise_(t, "x", "k3", Severity.WARNING, "a second door is open"))
    screen.page.wait_for_selector("#page > .wrong", state="detached")
    screen.page.wait_for_selector("td:has-text('a second door is open')")


def test_alarms_are_asked_for_one_after_the_other(screen: Screen, town: Town) -> None:
    """Two at once may be answered in either order, and the older answer would stay."""
    centre = town.world.centre
    screen.open("alarms")
    screen.page.wait_for_selector(".link.live")
    with held(screen, "**/v1/alarms") as asked:
        for text in ("one", "two", "three"):
            centre.store.write(lambda t, text=text: centre.alarms.raise_(t, text, "k3", Severity.NOTICE, text))
            waits_for(screen, asked)
            screen.page.wait_for_timeout(700)
        assert len(asked) == 1
        asked[0].fulfill(json=[])
        waits_for(screen, asked, 2)
        asked[1].continue_()
        screen.page.wait_for_selector("td:has-text('three')")


def test_where_the_centre_does_not_answer_the_page_does_not_say_that_there_is_nothing(screen: Screen) -> None:
    for path in ("incidents", "missions", "response-orders", "diversions"):
        answers(screen, f"**/v1/{path}", lambda: DOWN)
    for view in ("wall", "incidents", "dispatch", "responses"):
        screen.open(view)
        screen.page.wait_for_selector("main .wrong:has-text('the centre is busy')", timeout=8_000)
        for words in ("No incident lasts", "No mission is open", "No emergency plan is in force"):
            assert words not in screen.page.inner_text("main"), view


def test_who_chooses_quickly_sees_the_difference_that_was_chosen_last(screen: Screen) -> None:
    page = screen.page
    item = {"name": "day", "sha256": "0" * 64, "uploaded_by": "eve", "uploaded_utc_ms": 0, "note": ""}
    answers(screen, "**/v1/plans?limit=500", lambda: {"json": [{**item, "number": n} for n in (3, 2, 1)]})
    answers(screen, re.compile(r"/v1/plans/day\?"), lambda: {"json": {"document": {"signals": []}}})
    with held(screen, "**/v1/plans/day/difference?*") as asked:
        screen.open("engineer/plans")
        waits_for(screen, asked)
        page.select_option("select[name=plans-after]", "day/2")
        page.wait_for_timeout(A_MOMENT_MS)
        asked[0].fulfill(json=[{"signal_id": "late", "what": [["cycle_ds", "600", "900"]]}])
        waits_for(screen, asked, 2)
        asked[1].fulfill(json=[{"signal_id": "asked for", "what": [["cycle_ds", "600", "800"]]}])
        page.wait_for_selector("td:has-text('asked for')", timeout=5_000)
        assert page.query_selector("td:has-text('late')") is None


def test_a_plan_that_is_changed_while_it_is_checked_is_not_accepted(screen: Screen) -> None:
    page = screen.page

    def as_engineer(route: Any) -> None:
        told = route.fetch().json()
        route.fulfill(json={**told, "rights": {**told["rights"], "manage_plans": "all"}})

    page.route("**/v1/me", as_engineer)
    page.reload()
    screen.open("engineer/plans")
    plan = {"format": "signal-ctrl plan 1", "name": "day"}
    page.fill("textarea[name=document]", json.dumps(plan))
    with held(screen, "**/v1/plan-checks") as asked:
        page.click("text=Check it")
        waits_for(screen, asked)
        page.fill("textarea[name=document]", json.dumps({**plan, "name": "night"}))
        asked[0].fulfill(json={"reasons": []})
        page.wait_for_selector(".upload button:has-text('Check it'):enabled")
        page.wait_for_timeout(A_MOMENT_MS)
        assert page.query_selector(".upload .done") is None
        assert page.is_disabled(".upload button.main")


def test_an_address_that_no_browser_wrote_opens_the_map(screen: Screen, town: Town) -> None:
    screen.page.goto("about:blank")
    screen.page.goto(f"{town.address}/#/map/%E0%A4%A")
    screen.page.wait_for_selector("nav a", timeout=8_000)


def test_the_age_of_a_position_grows_while_nothing_is_heard(screen: Screen) -> None:
    place = {"lon": 11.41, "lat": 48.76, "source": "device"}
    row = {"unit": UNIT, "manned": True, "position": place, "position_age_s": 5.0, "position_old": False}
    first = iter([{"json": [row]}])
    answers(screen, "**/v1/units", lambda: next(first, DOWN))
    screen.open("dispatch")
    cell = "tr:has-text('patrol-1') td:last-child"
    screen.page.wait_for_selector(cell)
    shown = until(lambda: re.match(r"([89]|\d\d) s", screen.page.inner_text(cell)), "an age that grows", most_s=10)
    assert shown


def test_a_question_goes_away_when_it_is_another_one(screen: Screen, town: Town) -> None:
    state = ["suspected"]
    answers(screen, "**/v1/incidents", lambda: {"json": [incident(state[0])]})
    screen.open("map")
    screen.open("incidents")
    screen.page.click("[data-incident] >> text=False alarm")
    screen.page.wait_for_selector("dialog[open]:has-text('False alarm')")
    state[0] = "confirmed"
    an_act(town)
    screen.page.wait_for_selector("[data-incident].confirmed")
    assert screen.page.query_selector("dialog[open]") is None


def test_nothing_of_the_past_is_shown_as_if_it_were_now(screen: Screen) -> None:
    """Back from the past, and the centre does not answer."""
    page, begin = screen.page, now_ms() - 600_000
    extent = {"first_utc_ms": begin, "last_utc_ms": now_ms(), "lamp_words": {}}
    answers(screen, re.compile("/v1/past$"), lambda: {"json": extent})
    picture = {"alarms": {"al-1": alarm("long over")}, "overrides": {"ov-1": override("hold_stage")}}
    answers(screen, "**/v1/past/picture?*", lambda: {"json": {"seen_utc_ms": now_ms() - 300_000, "picture": picture}})
    screen.open("alarms")
    page.click("button:has-text('Replay')")
    page.wait_for_selector("td:has-text('long over')")
    for path in ("alarms", "overrides"):
        answers(screen, f"**/v1/{path}", lambda: DOWN)
    page.click(".replay .live")
    page.wait_for_selector(".replay", state="detached")
    page.wait_for_selector("#page > .wrong:has-text('the centre is busy')")
    assert page.query_selector("td:has-text('long over')") is None
    screen.open("overrides")
    page.wait_for_selector("h1:has-text('Overrides')")
    assert page.query_selector("[data-override]") is None


def test_a_picture_that_does_not_come_leaves_the_time_of_the_one_that_is_shown(screen: Screen) -> None:
    page, at = screen.page, now_ms() - 300_000
    extent = {"first_utc_ms": at - 600_000, "last_utc_ms": at + 300_000, "lamp_words": {}}
    answers(screen, re.compile("/v1/past$"), lambda: {"json": extent})
    first = iter([{"json": {"seen_utc_ms": at, "picture": {}}}])
    answers(screen, "**/v1/past/picture?*", lambda: next(first, DOWN))
    screen.open("map")
    page.click("button:has-text('Replay')")
    page.wait_for_selector(".replay time")
    shown = page.get_attribute(".replay time", "datetime")
    page.click("text=−1 min")
    page.wait_for_selector(".replay .wrong")
    assert page.get_attribute(".replay time", "datetime") == shown
    page.click(".replay .live")
    page.wait_for_selector(".replay", state="detached")
    assert page.query_selector("#page > .wrong:has-text('the centre is busy')") is None
