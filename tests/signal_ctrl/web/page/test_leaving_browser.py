"""Logging out in the browser, also while the centre is silent: nothing acts any more, and nothing is said to have ended before it has."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from signal_ctrl.centre.people import TOKEN_LASTS_MS
from tests.patience import until
from tests.signal_ctrl.web.page.living_town import Town, quick_town
from tests.signal_ctrl.web.page.mishaps import DOWN, an_act, answers
from tests.signal_ctrl.web.page.test_page_browser import Screen, browser, window
from tests.signal_ctrl.web.page.told_texts import SOURCES

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PARTING: Final = ("**/v1/logout", "**/v1/me")
UNHEARD: Final = ".left .wrong:has-text('Logged out on this page only')"
ENDED: Final = "form.login [role=status]:has-text('has ended the session of')"
WHO: Final = "fetch('/v1/me').then(answer => answer.status)"
OURS: Final = re.compile(r"/v1/(?!logout|me$)")
MADE: Final = ("Failed to load resource", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED")
"""What the console says of answers that a test makes fail."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with quick_town(tmp_path_factory.mktemp("town"), "olga", "otto", "sam", "sue", "tina") as made:
        yield made


def lasting(town: Town, login: str) -> int:
    """Return how many sessions of somebody last at the centre."""
    now_ms = town.world.clock.utc_ms()
    return len(town.world.store.read(lambda reading: reading.people.live_sessions(login, now_ms)))


def log_out(screen: Screen) -> None:
    screen.page.click("header button:has-text('Log out')")
    screen.page.wait_for_selector("form.login")


def forgive(screen: Screen) -> None:
    screen.complaints[:] = [each for each in screen.complaints if not any(part in each for part in MADE)]


def test_who_logs_out_has_logged_out(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        screen.log_in("olga")
        screen.page.wait_for_selector(".link.live")
        log_out(screen)
        assert until(lambda: lasting(town, "olga") == 0, "the end of the session")
        screen.page.wait_for_selector(".left, [role=status]:has-text('Logging out')", state="detached")
        screen.page.reload()
        screen.page.wait_for_selector("form.login")
        assert screen.page.context.cookies() == []


@contextmanager
def silent(screen: Screen) -> Iterator[list[str]]:
    """Let no session be ended while the block lasts; collects what is asked for besides."""
    asked: list[str] = []
    context = screen.page.context
    for path in PARTING:
        context.route(path, lambda each: each.abort())
    context.on("request", lambda request: asked.append(request.url) if OURS.search(request.url) else None)
    yield asked
    for path in PARTING:
        context.unroute(path)


def second_tab(screen: Screen) -> Any:
    other = screen.page.context.new_page()
    other.goto(screen.town.address)
    other.wait_for_selector(".link.live")
    return other


def test_while_the_centre_is_silent_the_page_says_that_the_session_lasts_and_cannot_act(
    browser: Any, town: Town
) -> None:
    with window(browser, town) as screen:
        screen.log_in("sam")
        tabs = (screen.page, second_tab(screen))
        with silent(screen) as asked:
            log_out(screen)
            for each in tabs:  # the other tab has the same session, and leaves it too
                each.wait_for_selector(UNHEARD)
                assert each.query_selector("nav a") is None
            assert re.search(r"sam.* \d\d:\d\d:\d\d at the latest", screen.page.inner_text(UNHEARD))
            assert lasting(town, "sam") == 1, "else this tests nothing"
            asked.clear()
            an_act(town)
            screen.page.wait_for_timeout(3_000)
            screen.page.reload()
            screen.page.wait_for_selector(UNHEARD)  # nobody comes in by the cookie that is still there
            screen.page.wait_for_timeout(1_000)
            assert asked == [], "the page goes on in a session that was left"
        screen.page.click("text=Ask again now")
        for each in tabs:
            each.wait_for_selector(ENDED)
        assert lasting(town, "sam") == 0
        assert screen.page.evaluate(WHO) == 401
        forgive(screen)


def test_a_centre_that_cannot_end_the_session_is_asked_until_it_can(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        screen.log_in("sue")
        answers(screen, "**/v1/logout", lambda: DOWN)
        log_out(screen)
        screen.page.wait_for_selector(UNHEARD)
        assert lasting(town, "sue") == 1
        screen.page.unroute("**/v1/logout")
        screen.page.wait_for_selector(ENDED, timeout=30_000)  # by itself
        assert lasting(town, "sue") == 0
        forgive(screen)


def test_who_comes_in_meanwhile_ends_the_session_that_was_left_and_stays_in(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        screen.log_in("tina")
        screen.page.route("**/v1/logout", lambda each: each.abort())
        log_out(screen)
        screen.page.wait_for_selector(UNHEARD)
        screen.log_in("otto")
        assert lasting(town, "tina") == 0
        screen.page.unroute("**/v1/logout")
        screen.page.wait_for_timeout(3_000)
        assert screen.page.query_selector("nav a") is not None
        assert lasting(town, "otto") == 1, "the one who came is not logged out for the one who left"
        forgive(screen)


def test_the_page_knows_how_long_a_token_lasts() -> None:
    found = re.search(r"TOKEN_LASTS_MS = (\d+) \* 60_000;", (SOURCES / "leaving.ts").read_text("utf-8"))
    assert found is not None and int(found[1]) * 60_000 == TOKEN_LASTS_MS
