"""The audit in the browser: older records, those of one district alone, the past; and refusals in Chinese."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from signal_ctrl.centre.identity import Role
from signal_ctrl.web import audit_routes
from tests.signal_ctrl.web.page.living_town import PASSWORD, Town, quick_town
from tests.signal_ctrl.web.page.mishaps import an_act, answers
from tests.signal_ctrl.web.page.test_page_browser import Screen, browser, window

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
NUMBERS: Final = "all => all.map(each => Number(each.innerText))"
MADE: Final = "Failed to load resource"
"""What the console says of an answer that a test makes fail."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with quick_town(tmp_path_factory.mktemp("town"), "sam") as made:
        yield made


@pytest.fixture(scope="module")
def screen(browser: Any, town: Town) -> Iterator[Screen]:
    with window(browser, town) as made:
        made.log_in("sam")
        yield made
        made.complaints[:] = [each for each in made.complaints if MADE not in each]


def test_older_records_stay_when_younger_ones_come(screen: Screen, town: Town) -> None:
    newest = [500]

    def told(route: Any) -> None:
        query = route.request.url
        before = re.search(r"before_n=(\d+)", query)
        end = int(before[1]) if before else newest[0] + 1
        numbers = range(end - 200, end)
        rows = [{"n": n, "time_utc_ms": n, "actor": "a", "action": "b", "object": "c", "result": "d"} for n in numbers]
        route.fulfill(json={"records": rows, "next_n": None, "earlier_n": numbers[0]})

    screen.page.route("**/v1/audit?*", told)
    screen.open("map")
    screen.open("audit")
    screen.page.wait_for_selector("td:text-is('301')")
    screen.page.click("text=Older records")
    screen.page.wait_for_selector("td:text-is('101')")
    newest[0] = 520
    an_act(town)
    screen.page.wait_for_selector("td:text-is('520')")
    numbers = screen.page.eval_on_selector_all("tbody td:first-child", NUMBERS)
    assert numbers == list(range(520, 100, -1))
    screen.page.unroute("**/v1/audit?*")


def test_who_filters_finds_what_is_far_back(screen: Screen, town: Town) -> None:
    """The button goes back until something fits; nothing is said to be nowhere before that was looked at."""
    town.world.store.write(lambda t: [t.record("ann", "note", "needle", "done", 1_000)])
    town.world.store.write(lambda t: [t.record("ann", "note", f"thing {k}", "done", 1_000) for k in range(700)])
    screen.open("map")
    screen.open("audit")
    screen.page.wait_for_selector("td:has-text('thing 699')")
    screen.page.fill("input[type=search]", "needle")
    screen.page.wait_for_selector("main .empty:has-text('fits'), main td:has-text('fits')")
    screen.page.click("text=Older records")
    screen.page.wait_for_selector("td:has-text('needle')")
    screen.page.fill("input[type=search]", "")
    numbers = screen.page.eval_on_selector_all("tbody td:first-child", NUMBERS)
    assert numbers == list(range(numbers[0], numbers[0] - len(numbers), -1)), "there is a gap"


def test_a_supervisor_of_a_district_sees_it_below_many_records_of_others(
    browser: Any, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_routes, "_SCANNED", 100)
    accounts, store = town.world.identity.accounts, town.world.store
    accounts.take_invitation("nora", accounts.add("nora", Role.SUPERVISOR, "north", "test"), PASSWORD)
    town.world.set_factor("nora")
    with window(browser, town) as boss:
        boss.log_in("nora")
        store.write(lambda t: [t.record("somebody", "note", f"other {k}", "done", 1_000) for k in range(450)])
        boss.open("audit")
        boss.page.wait_for_selector("td:has-text('nora')")
        assert "other" not in boss.page.inner_text("main table")


def test_a_refusal_of_several_reasons_is_chinese_on_the_chinese_page(screen: Screen) -> None:
    page = screen.page
    told = (
        "K9/plan: k1 K9/split: stage main has 5 s, but north needs 7 s of green after its change; give it 7 s; "
        "k2 K9/site: the plan is made for another site; make it anew (and 3 more)"
    )
    problem = {"type": "/problems/refused", "status": 409, "detail": told}
    answers(screen, "**/v1/audit/verify", lambda: {"status": 409, "json": problem})
    screen.open("audit")
    page.click("text=Verify the chain")
    page.wait_for_selector("main .wrong:has-text('make it anew')")
    page.click("button:has-text('中文')")
    shown = page.inner_text("main .wrong")
    assert set(re.findall("[a-z]+", shown)) == {"k", "plan", "split", "site", "main", "north"}, (
        "names alone are English"
    )
    assert "方案是为其他站点制作的" in shown and "另有 3 项" in shown
    answers(screen, "**/v1/audit/verify", lambda: {"status": 502, "body": "", "content_type": "text/html"})
    page.click("text=校验")
    page.wait_for_selector("main .wrong:has-text('网关错误')")
    page.click("button:has-text('English')")
