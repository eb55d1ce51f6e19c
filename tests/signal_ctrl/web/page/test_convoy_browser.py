"""Convoys and special vehicles on the page, against cabinets that run as processes: armed, watched, given back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.override_values import OVERRIDES
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.dispatch.units import UnitPosition
from signal_ctrl.watch.diversion.guidance import guidance_to_json
from signal_ctrl.watch.diversion.values import GUIDANCE, GuidanceDocument
from signal_ctrl.watch.past import recorder
from signal_ctrl.watch.special.corridor import VehicleClass
from signal_ctrl.watch.special.values import SpecialVehicle
from tests.lag import timed
from tests.patience import until
from tests.signal_ctrl.watch.dispatch.streets import grid, place
from tests.signal_ctrl.watch.special.test_way import MOVES, ROADS
from tests.signal_ctrl.web.page.living_town import Town, quick_town
from tests.signal_ctrl.web.page.test_page_browser import START_MS, Screen, _serious, browser, window  # noqa: F401
from tests.signal_ctrl.web.page.test_replay_browser import at_a_step, into_the_past

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ESCORT: Final = """
format = "signal-ctrl response 1"
name = "escort"
title = "Escort along Main Street"
kind = "vip route"
lasts_s = 600

[[override]]
name = "way"
kind = "green_route"
reason = "escort"
convoy_s = 60
lasts_s = 300
route = [
  { cabinet = "j1", stage = "side", arrival_s = 5 },
  { cabinet = "j2", stage = "side", arrival_s = 15 },
]
"""
UNITS: Final = """
format = "signal-ctrl units 1"
[[unit]]
name = "patrol-1"
kind = "patrol"
home = [11.409, 48.7605]
"""


def actor(login: str, role: Role, town: Town) -> Actor:
    return Actor(login, role, second_factor_utc_ms=town.world.clock.utc_ms())


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recorder, "PIECE_MS", 1_000)
        with quick_town(tmp_path_factory.mktemp("town"), "olga", "sam", "vera") as made:
            yield made


@pytest.fixture(scope="module")
def lamps(town: Town) -> Iterator[dict[str, Path]]:
    with town.street("j1", 11.41, 48.76) as first, town.street("j2", 11.42, 48.76) as second:
        yield {"j1": first, "j2": second}


def arm(screen: Screen) -> str:
    """Choose the stored route, name who leads, and arm it."""
    page = screen.page
    page.select_option("select[name=stored]", "escort/way")
    page.wait_for_selector(".stops li:has-text('j2')")
    page.wait_for_selector("text=by the times of the stored route")
    page.select_option("select[name=leader]", "patrol-1")
    page.fill("input[name=minutes]", "3")
    page.fill("input[name=case]", "2026-118")
    screen.show_price()
    return screen.issue()


def test_a_convoy_is_armed_watched_and_given_back_behind(
    browser: Any,  # noqa: F811
    town: Town,
    lamps: dict[str, Path],
) -> None:
    town.world.watch.responses.library.import_(actor("eve", Role.ENGINEER, town), ESCORT)
    town.world.watch.dispatch.units.import_(actor("sam", Role.SUPERVISOR, town), UNITS)
    with window(browser, town) as screen:
        screen.log_in("olga")
        for name in lamps:
            screen.open(f"map/{name}")
            screen.page.wait_for_selector(".panel .state:has-text('own plan or fallback')", timeout=START_MS)
        screen.open("route")
        override = arm(screen)
        _is_watched(screen, f"[data-override={override}]")
        _is_given_back_behind(screen, town, override)


def _is_watched(screen: Screen, card: str) -> None:
    """The unit that leads reports where it is; both junctions turn green for the convoy; the map shows it all."""
    screen.page.wait_for_selector(f"{card} >> text=patrol-1 leads, and does not report where it is")
    at = UnitPosition("patrol-1", 11.4095, 48.76, screen.town.world.clock.utc_ms(), "device")
    screen.town.world.watch.dispatch.units.report(actor("sam", Role.SUPERVISOR, screen.town), at)
    screen.page.wait_for_selector(f"{card} [data-leader=patrol-1]:has-text('from j1')")
    screen.page.wait_for_selector(f"{card} [data-leg=j1][data-state=green]")
    screen.page.wait_for_selector(f"{card} [data-leg=j2][data-state=green]")
    for layer in (".convoy-sign span.green", ".unit-sign", ".base-sign"):
        screen.page.wait_for_selector(f".map {layer}")
    assert _serious(screen) == []


def _is_given_back_behind(screen: Screen, town: Town, override: str) -> None:
    """The first junction by hand, the second one by itself on its time, the rest by a release of the whole."""
    card, page = f"[data-override={override}]", screen.page
    page.click(f"{card} [data-leg=j1] button")
    page.click("dialog button.main")
    page.wait_for_selector(f"{card} [data-leg=j1][data-state=released]")
    assert page.get_attribute(f"{card} [data-leg=j2]", "data-state") == "green"
    found = town.world.store.read(lambda r: r.shelf(OVERRIDES).get(override))
    assert found is not None
    assert [(one.cabinet, one.by) for one in found.given_back] == [("j1", "olga")]
    behind_ms = found.document.legs[1].end_utc_ms
    with timed() as took:
        page.wait_for_selector(f"{card} [data-leg=j2][data-state=released]", timeout=120_000)
        late_ms = town.world.clock.utc_ms() - behind_ms
    assert -1_500 <= late_ms <= 6_000 + 1_000 * took.lag_s, "it goes back by itself, on its time"
    page.wait_for_selector(f"{card} >> text=past the last junction")
    page.click(f"{card} > .buttons button")
    page.click("dialog button.main")
    page.wait_for_selector(card, state="detached")


@pytest.fixture
def corridor(town: Town) -> str:
    """Give a fire engine a corridor over three junctions of streets that the centre knows."""
    world, eve, sam = town.world, actor("eve", Role.ENGINEER, town), actor("sam", Role.SUPERVISOR, town)
    for k in range(3):
        town.cabinet(f"c{k}", *place(k + 1, 0))
    world.watch.roads.import_(eve, roads_to_json(grid()))
    moves = GuidanceDocument("0" * 64, guidance_to_json(MOVES), world.clock.utc_ms(), "eve")
    world.store.write(lambda t: t.shelf(GUIDANCE).put(moves))
    world.watch.diversions.guidance.load()
    world.watch.special.vehicles.register("root", SpecialVehicle("fire1", VehicleClass.FIRE, 0, "root", "station 1"))
    until(lambda: world.watch.network() is not None, "a network")
    return world.watch.special.request(sam, "fire1", roads=ROADS).corridor


def test_a_corridor_is_seen_with_what_it_costs_and_released(
    browser: Any,  # noqa: F811
    town: Town,
    corridor: str,
) -> None:
    card = f"[data-corridor={corridor}]"
    with window(browser, town) as looker, window(browser, town) as screen:
        looker.log_in("vera")
        looker.open("special")
        looker.page.wait_for_selector(card)
        assert looker.page.query_selector(f"{card} button") is None
        screen.log_in("sam")
        screen.page.wait_for_selector(".head nav a:has-text('Special vehicles') .count:has-text('1')")
        screen.open("special")
        _is_shown(screen, card)
        screen.page.wait_for_timeout(2_500)  # the record looks every two seconds
        seen_ms, _ = at_a_step(lambda: None)
        screen.open("wall")
        screen.page.wait_for_selector(f".wall {card}")
        screen.open("special")
        screen.page.click(f"{card} >> text=Release")
        screen.page.click("dialog button.main")
        screen.page.wait_for_selector(card, state="detached")
        looker.page.wait_for_selector(card, state="detached")
        assert not town.world.watch.special.corridors.live()
        _is_seen_again(looker, card, seen_ms)


def _is_shown(screen: Screen, card: str) -> None:
    """Vehicle, junctions ahead, price and register, and the signs on the map."""
    screen.page.wait_for_selector(f"{card} >> text=precedence 1 of 3")
    screen.page.wait_for_selector(f"{card} [data-ahead=c0]:has-text('kept for it')")
    ahead = screen.page.eval_on_selector_all(f"{card} [data-ahead]", "all => all.map(one => one.dataset.ahead)")
    assert ahead == ["c0", "c1", "c2"]
    screen.page.wait_for_selector(f"{card} .price-list li")
    for layer in (".special-sign:has-text('fire1')", ".kept-sign"):
        screen.page.wait_for_selector(f".map {layer}", state="attached")
    screen.page.wait_for_selector("td:has-text('station 1')")
    assert _serious(screen) == []


def _is_seen_again(screen: Screen, card: str, at_ms: int) -> None:
    """In the past the corridor is on the map and in its view as it was, and nobody can end it."""
    screen.page.wait_for_timeout(3_000)
    into_the_past(screen, at_ms)
    screen.open("special")
    screen.page.wait_for_selector(f"{card} [data-ahead=c0]:has-text('kept for it')")
    ahead = screen.page.eval_on_selector_all(f"{card} [data-ahead]", "all => all.map(one => one.dataset.ahead)")
    assert ahead == ["c0", "c1", "c2"]
    for layer in (".special-sign:has-text('fire1')", ".kept-sign", ".unit-sign:has-text('patrol-1')"):
        screen.page.wait_for_selector(f".map {layer}", state="attached")
    assert screen.page.query_selector(f"{card} button") is None
    assert "Price" not in screen.page.inner_text(card)
    screen.page.click(".replay .live")
    screen.page.wait_for_selector(card, state="detached")
