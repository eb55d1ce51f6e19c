"""The page asks no faster than the centre answers its account, also where the line lets everything through at once."""

from typing import Any

import pytest

from tests.signal_ctrl.web.page.living_town import Town
from tests.signal_ctrl.web.page.test_page_browser import browser, lamps, town, window  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VIEWS = ("map/x1", "wall", "cockpit", "incidents", "dispatch", "buses", "responses", "special", "parking", "alarms")
STALL_MS = 4_000


def test_questions_held_up_on_the_way_are_not_too_many_when_they_arrive(
    browser: Any,  # noqa: F811
    town: Town,  # noqa: F811
) -> None:
    """More than ten at once of an account are refused; a refusal is an error of the console, which `window` forbids."""
    with window(browser, town) as screen:
        screen.log_in("olga")
        screen.page.wait_for_selector("canvas, svg")
        held: list[Any] = []
        answered: list[int] = []
        screen.page.route("**/v1/**", lambda each: held.append(each))  # noqa: PLW0108 (playwright marks it)
        for view in VIEWS:
            screen.open(view)
            screen.page.wait_for_timeout(STALL_MS / len(VIEWS))
        assert 5 <= len(held) < 10
        screen.page.on("response", lambda answer: answered.append(answer.status))
        screen.page.unroute("**/v1/**")  # lets go whom it held
        screen.page.wait_for_timeout(STALL_MS)
        assert len(answered) > 2 * len(held)
        screen.page.reload()
        screen.page.wait_for_selector("nav a")
        screen.page.wait_for_timeout(STALL_MS)
        assert 429 not in answered
