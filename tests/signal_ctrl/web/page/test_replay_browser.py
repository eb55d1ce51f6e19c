"""Replay, wall, cockpit and forecast in a real browser: what the page showed at a time is what it shows of it later."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest

from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.foresight.values import AHEAD_MIN, CityForecast, JamForecast
from signal_ctrl.watch.past import recorder
from tests.patience import settled, until
from tests.signal_ctrl.centre.worlds import site_text
from tests.signal_ctrl.watch.streets import network
from tests.signal_ctrl.web.page.living_town import Town, quick_town
from tests.signal_ctrl.web.page.test_page_browser import Screen, _serious, browser, window

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
T = TypeVar("T")
STAGE_MS = 10_000
STEP_MS = 10_000
ROADS = 6


def roads() -> RoadNetwork:
    made = network(ROADS)
    return replace(made, roads=tuple(replace(road, signal=f"c{k % 2}") for k, road in enumerate(made.roads)))


def minute(utc_ms: int) -> CityMinute:
    """Roads of one minute: each of another level, with queues."""
    speed = np.array([13, 9, 6, 4, 2, np.nan], np.float32)
    level = np.array([1, 2, 3, 4, 5, 0], np.uint8)
    queue = np.array([0, 0, 20, 40, 80, np.nan], np.float32)
    ones = np.ones(ROADS, np.float32)
    return CityMinute(
        utc_ms - utc_ms % 60_000, 600 * ones, speed, 40 * ones, 146 / speed, ones, queue, ones, level, level
    )


def foreseen(at_ms: int) -> CityForecast:
    """A forecast in which the first road will be jammed."""
    whole = np.ones((len(AHEAD_MIN), ROADS), np.float32)
    jam = JamForecast("r0", False, 0.83, at_ms + 900_000, None, 60.0, 50.0, 70.0)
    return CityForecast(
        at_ms, AHEAD_MIN, 2 * whole, 60 * whole, 50 * whole, 70 * whole, 0.83 * whole, np.zeros(ROADS, bool), (jam,), (), 0
    )  # fmt: skip


@contextmanager
def cabinets(town: Town) -> Iterator[None]:
    """Two cabinets that poll twice a second and change their stage every ten seconds."""
    over = threading.Event()

    def poll() -> None:
        centre = town.world.centre
        while not over.wait(0.25):
            now_ms, mono_ms = town.world.clock.utc_ms(), town.world.clock.mono_ms()
            half_ms = now_ms + STAGE_MS // 2
            stage, since_ms = half_ms // STAGE_MS % 2, half_ms % STAGE_MS
            for name in ("c0", "c1"):
                centre.registry.heard(name)
                centre.lamps.hear(name, f"lamps={stage}.{since_ms // 100}.{'Gr' if stage else 'rG'}", now_ms, mono_ms)

    thread = threading.Thread(target=poll)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recorder, "PIECE_MS", 1_000)
        with quick_town(tmp_path_factory.mktemp("town"), "sam") as made, cabinets(made):
            for k, name in enumerate(("c0", "c1", "c2")):
                made.world.centre.registry.enrol(
                    "test", name, site_text(name), Place("d0", "", "", 11.402 + k / 250, 48.76)
                )
            now_ms = made.world.clock.utc_ms()
            engineer = Actor("engineer", Role.ENGINEER, second_factor_utc_ms=now_ms)
            made.world.watch.roads.import_(engineer, roads_to_json(roads()))
            seen = minute(now_ms)
            patched.setattr(made.world.watch, "shown", lambda: seen)
            made.world.watch.foresight.latest = foreseen(now_ms)
            patched.setattr(made.world.watch.foresight, "tick", lambda _network: None)
            yield made


def panel(screen: Screen) -> Any:
    """What the panel of a junction shows, alarms and countdowns aside: the past has none of these."""
    return screen.page.evaluate(
        "() => ({state: document.querySelector('.panel .state').innerText,"
        " lamps: [...document.querySelectorAll('.panel .groups li')]."
        "map(each => each.innerText.replace(/\\s*⏱ \\d+ s/, ''))})"
    )


def open_alarms(screen: Screen) -> None:
    screen.open("alarms")
    screen.page.wait_for_selector("h1:has-text('Alarms')")


def alarms(screen: Screen) -> list[str]:
    """The rows of the alarms, what may be done about them aside."""
    rows = screen.page.evaluate("[...document.querySelectorAll('tbody tr')].map(row => row.innerText)")
    return [row.replace("Acknowledge", "").strip() for row in rows]


def at_a_step(look: Callable[[], T]) -> tuple[int, T]:
    """Look just after whole ten seconds, which lie in the middle of a stage; return them and what was seen.

    Where the machine held the look up into the next stage, it is taken again.
    """
    while True:
        until(lambda: 300 < utc_ms() % STEP_MS < 1_500, "ten seconds", every_s=0.05)
        at_ms = utc_ms() // STEP_MS * STEP_MS
        seen = look()
        if utc_ms() - at_ms < STAGE_MS // 2 - 1_000:
            return at_ms, seen


def utc_ms() -> int:
    return time.time_ns() // 1_000_000


def slide(screen: Screen, at_ms: int) -> None:
    """Move the slider as a person does, to a time of the hour that it shows."""
    screen.page.evaluate(
        "at => { const slider = document.querySelector('.replay input[type=range]');"
        " slider.value = at; slider.dispatchEvent(new Event('input', {bubbles: true})); }",
        at_ms,
    )


def is_at(screen: Screen, at_ms: int) -> None:
    """Wait until the bar says that it shows a time."""
    script = "at => document.querySelector('.replay time').dateTime === new Date(at).toISOString()"
    screen.page.wait_for_function(script, arg=at_ms)


def into_the_past(screen: Screen, at_ms: int) -> None:
    until(lambda: kept_until_ms(screen) > at_ms + 1_000, "the last pieces of the past", every_s=0.5)
    screen.page.click("button:has-text('Replay')")
    screen.page.wait_for_selector(".replay strong:has-text('THIS IS THE PAST')")
    choose_hour(screen, at_ms)
    slide(screen, at_ms)
    is_at(screen, at_ms)


def choose_hour(screen: Screen, at_ms: int) -> None:
    """Choose day and hour of a time where the slider shows another hour, as it does soon after one has begun."""
    screen.page.evaluate(
        """at => {
            const when = new Date(at), two = number => String(number).padStart(2, '0');
            const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
            for (const [name, value] of [['day', day], ['hour', String(when.getHours())]]) {
                const field = document.querySelector(`[name=replay-${name}]`);
                if (field.value === value) continue;
                field.value = value;
                field.dispatchEvent(new Event('change', {bubbles: true}));
            }
        }""",
        at_ms,
    )
    slider = "document.querySelector('.replay input[type=range]')"
    screen.page.wait_for_function(f"at => at >= Number({slider}.min) && at < Number({slider}.min) + 3600000", arg=at_ms)


def kept_until_ms(screen: Screen) -> int:
    """Until when the centre has the past. [UTC, ms]"""
    return int(screen.page.evaluate("fetch('/v1/past').then(answer => answer.json())")["last_utc_ms"] or 0)


def test_what_was_shown_is_shown_again(browser: Any, town: Town) -> None:
    centre = town.world.centre
    centre.store.write(lambda t: centre.alarms.raise_(t, "x", "c0", Severity.CRITICAL, "a lamp is out"))
    with window(browser, town) as screen:
        screen.log_in("sam")
        screen.open("map/c0")
        screen.page.wait_for_selector(".panel .groups li")
        at_ms, live = at_a_step(lambda: panel(screen))
        open_alarms(screen)
        screen.page.wait_for_selector("tbody tr:has-text('a lamp is out')")
        live_alarms = alarms(screen)
        centre.store.write(lambda t: centre.alarms.clear_all(t, "x", ["c0"], "repaired"))
        screen.open("map/c0")
        screen.page.wait_for_function("lit => document.querySelector('.panel .groups')?.innerText !== lit", arg="")
        into_the_past(screen, at_ms)
        assert settled(lambda: panel(screen), live) == live
        open_alarms(screen)
        assert settled(lambda: alarms(screen), live_alarms) == live_alarms
        screen.page.click(".replay .live")
        screen.page.wait_for_selector(".replay", state="detached")
        assert settled(lambda: alarms(screen), []) == []


def test_in_the_past_nothing_acts_and_time_goes_by_keys(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        page, sent = screen.page, []
        screen.log_in("sam")
        screen.open("map/c0")
        page.wait_for_selector(".panel .takeover")
        page.on("request", lambda request: sent.append(request) if request.method != "GET" else None)
        begin_ms, _ = at_a_step(lambda: None)
        into_the_past(screen, begin_ms)
        page.wait_for_selector(".panel:has-text('nothing can be done here')")
        assert page.query_selector(".takeover, nav a:has-text('Green route')") is None
        screen.open("route")
        page.wait_for_selector("text=This view knows no past")
        page.focus(".replay input[type=range]")
        page.keyboard.press("ArrowLeft")
        is_at(screen, begin_ms - STEP_MS)
        page.focus(".replay .play")
        page.keyboard.press("Space")
        page.wait_for_function("at => Date.parse(document.querySelector('.replay time').dateTime) > at", arg=begin_ms)
        assert sent == []
        page.focus(".replay .live")
        page.keyboard.press("Enter")
        screen.open("map/c0")
        page.wait_for_selector(".panel .takeover")


DEEP = pytest.mark.deep


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=DEEP), pytest.param(3840, marks=DEEP)])
def test_wall_cockpit_and_replay_stand_in_nobodys_way(width: int, browser: Any, town: Town) -> None:
    with window(browser, town, width) as screen:
        screen.log_in("sam")
        findings: list[str] = []
        for view in ("wall", "cockpit", "map"):
            screen.open(view)
            screen.page.wait_for_selector("main *")
            screen.page.wait_for_timeout(400)
            findings += _looked_at(screen, view)
        screen.page.click("button:has-text('Replay')")
        screen.page.wait_for_selector(".replay strong")
        for view in ("wall", "map/c0"):
            screen.open(view)
            screen.page.wait_for_timeout(400)
            findings += _looked_at(screen, f"past {view}")
        assert findings == []


def test_wall_has_the_figures_and_the_map_what_is_foreseen(browser: Any, town: Town) -> None:
    with window(browser, town) as screen:
        page = screen.page
        screen.log_in("sam")
        screen.open("wall")
        page.wait_for_selector("h2:has-text('Worst junctions')")
        page.wait_for_selector(".figures dd:has-text('35')")
        worst = page.inner_text("section:has(h2:has-text('Worst junctions')) tbody tr")
        assert worst.startswith("c0") and "80 m" in worst
        assert "83 %" in page.inner_text("section:has(h2:has-text('Jams that are foreseen')) tbody")
        page.check("input[name=ahead] >> nth=2")
        page.wait_for_selector(".ahead [role=status]:has-text('Foreseen for')")
        assert "nothing learned yet" in page.inner_text(".ahead [role=status]")
        page.click("text=中文")
        page.wait_for_selector("h2:has-text('最拥堵路口')")
        page.click("text=English")


def _looked_at(screen: Screen, view: str) -> list[str]:
    wide = screen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{view}: {each}" for each in _serious(screen)] + ([f"{view} is {wide} px too wide"] if wide > 0 else [])
