"""The views that are pictured: a new one is one more line of `VIEWS`."""

import itertools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.page_pictures.city import call_out
from signal_ctrl.web import page_routes

HOLD_MIN: Final = 10
CORRIDOR_MS: Final = 20_000
CORRIDOR_TRIES: Final = 6
LABELS: Final = Path(page_routes.__file__).with_name("page") / "src" / "labels.json"
WORDS: Final = tuple(json.loads(LABELS.read_text(encoding="utf-8"))["replay"].values())
"""What the button of the replay says, in both languages."""

Prepare = Callable[[Any], None]
"""Brings a page of Playwright to what is to be seen of a view."""


@dataclass(frozen=True, slots=True)
class View:
    """One view: name of its pictures, its place in the page's address, who looks, what is waited for.

    `prepare` is called once that is there; `screens` are names of `SCREENS`.
    """

    name: str
    place: str
    wait: str = "main h1, main .map"
    role: str = "supervisor"
    prepare: Prepare | None = None
    screens: tuple[str, ...] = ("desktop", "phone", "night")


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen: pixels, how many of the device each is, colours, language."""

    name: str
    width: int
    height: int
    scheme: str = "light"
    language: str = "en-GB"
    touch: bool = False


SCREENS: Final = {
    each.name: each
    for each in (
        Screen("desktop", 1440, 900),
        Screen("phone", 390, 844, language="zh-CN", touch=True),
        Screen("night", 1440, 900, scheme="dark", language="zh-CN"),
        Screen("wall", 3840, 2160, scheme="dark"),
    )
}


def of_junction(page: Any, part: str = "") -> None:
    """Open the panel of the first junction of the list, and scroll to a part of it."""
    name = page.evaluate("() => fetch('/v1/junctions').then(a => a.json()).then(a => a.junctions[0].junction)")
    page.evaluate(f"location.hash = {json.dumps(f'#/map/{name}')}")
    page.wait_for_selector(".panel .ring")
    page.wait_for_selector(".panel .words li, .panel .diagram")
    if part:
        page.wait_for_selector(part)
        page.eval_on_selector(part, "element => element.scrollIntoView({ block: 'start' })")


def past(page: Any) -> None:
    """Go back two minutes."""
    page.wait_for_timeout(2_000)
    wanted = json.dumps(WORDS, ensure_ascii=False)
    page.evaluate(f"[...document.querySelectorAll('.head button')].find(b => {wanted}.includes(b.innerText)).click()")
    page.wait_for_selector(".replay time")
    for _ in range(2):
        page.click(".replay-keys button:first-child")
        page.wait_for_timeout(1_500)


def street(page: Any) -> None:
    """Choose three junctions of the city that lie on a line and wait for their greens."""
    found = page.evaluate("() => fetch('/v1/junctions').then(a => a.json())")["junctions"]
    for name in straightest([(each["junction"], (each["lon"], each["lat"])) for each in found]):
        page.select_option("select[name=street]", name)
    page.select_option(".bar select >> nth=1", "3")
    page.wait_for_selector(".diagram rect.green")


def straightest(places: Sequence[tuple[str, tuple[float, float]]]) -> tuple[str, str, str]:
    """Return three places of some, one after the other, whose way bends least."""

    def bend(three: tuple[tuple[str, tuple[float, float]], ...]) -> float:
        (_, a), (_, b), (_, c) = three
        detour = math.dist(a, b) + math.dist(b, c)
        return detour / math.dist(a, c) if math.dist(a, c) > 0 else math.inf

    found = min(itertools.permutations(places, 3), key=bend)
    return found[0][0], found[1][0], found[2][0]


def purdue(page: Any) -> None:
    """Wait for arrivals over whole cycles."""
    page.wait_for_selector(".purdue circle.came, .purdue path.came")


def refused_plan(page: Any) -> None:
    """Enter a plan that no site keeps, and have all reasons shown."""
    code = (
        "() => fetch('/v1/plans').then(a => a.json()).then(a => fetch('/v1/plans/' + a[0].name)).then(a => a.json())"
        ".then(a => { const d = a.document; d.signals = d.signals.slice(0, 2); d.signals[0].stages[0] = 'nowhere';"
        " d.signals[1].splits_ds[0] += 10; d.signals[1].offset_ds = d.signals[1].cycle_ds; return JSON.stringify(d) })"
    )
    page.fill("textarea[name=document]", page.evaluate(code))
    page.click(".upload .buttons button:first-child")
    page.wait_for_selector(".upload [role=alert] table")
    page.eval_on_selector(".upload", "element => element.scrollIntoView()")


def green_route(page: Any) -> None:
    """Choose the stored route for a convoy, or three junctions where none is stored."""
    page.wait_for_timeout(1_500)
    if page.query_selector("select[name=stored]") is not None:
        page.select_option("select[name=stored]", index=1)
    else:
        for index in (1, 3, 4):
            page.select_option("select[name=add]", index=index)
            page.wait_for_timeout(400)
    page.wait_for_selector(".stops li")
    page.eval_on_selector(".ends", "element => element.scrollIntoView({ block: 'start' })")


def convoy(page: Any) -> None:
    """Wait for a convoy that is under way."""
    page.wait_for_selector(".convoy li[data-state=green], .convoy li[data-state=turning]")


def corridor(page: Any) -> None:
    """Have a special vehicle called out, and wait until it is under way; another one where that is there already."""
    for _ in range(CORRIDOR_TRIES):
        call_out(page.evaluate("location.origin"))
        page.wait_for_timeout(CORRIDOR_MS)
        if page.query_selector("[data-corridor] [data-ahead]") is not None:
            break
    page.wait_for_selector("[data-corridor] .price-list")


def price(page: Any) -> None:
    """Ask for the price of holding a stage."""
    of_junction(page)
    page.select_option("select[name=kind]", "hold_stage")
    page.fill("input[name=minutes]", str(HOLD_MIN))
    page.select_option("select[name=reason]", "accident")
    page.fill("input[name=case]", "2026-117")
    page.click(".takeover button:not([type=button])")
    page.wait_for_selector(".price")
    page.eval_on_selector(".takeover", "element => element.scrollIntoView({ block: 'end' })")


VIEWS: Final = (
    View("map", "map", "main .map", screens=("desktop", "phone", "night", "wall")),
    View("junction", "map", "main .map", prepare=of_junction),
    View(
        "junction-street",
        "map",
        "main .map",
        prepare=lambda page: of_junction(page, ".panel section:has(.swatch.way-0)"),
    ),
    View("take-over", "map", "main .map", prepare=price),
    View("wall", "wall", "main .figures:has-text('km/h')", screens=("desktop", "night", "wall")),
    View("cockpit", "cockpit", "main .chart, main .cockpit", screens=("desktop", "phone", "night", "wall")),
    View("replay", "map", "main .map", prepare=past),
    View("incidents", "incidents"),
    View("dispatch", "dispatch"),
    View("buses", "buses", "main td, main .empty"),
    View("parking", "parking"),
    View("responses", "responses"),
    View("route", "route", ".panel select", prepare=green_route),
    View("convoy", "route", ".panel select", prepare=convoy),
    View("special", "special", ".panel h1", prepare=corridor),
    View("overrides", "overrides", ".card, .empty"),
    View("alarms", "alarms"),
    View("maintenance", "tickets"),
    View("audit", "audit", "main td", screens=("desktop", "phone", "night", "wall")),
    View("plans", "engineer/plans", ".diagram.bars"),
    View("plan-refused", "engineer/plans", ".upload", role="engineer", prepare=refused_plan),
    View("time-space", "engineer/space", "select[name=street]", prepare=street),
    View("arrivals", "engineer/purdue", "select[name=group]", prepare=purdue),
    View("detectors", "engineer/detectors", "main td"),
    View("reports", "engineer/reports", "main td, main .empty"),
)


def chosen(names: str) -> tuple[View, ...]:
    """Return the views of a list of names, all for an empty one. Raises: ValueError for a name that is none."""
    wanted = [name for name in names.split(",") if name]
    unknown = set(wanted) - {view.name for view in VIEWS}
    if unknown:
        raise ValueError(f"no view {', '.join(sorted(unknown))}; there are {', '.join(view.name for view in VIEWS)}")
    return tuple(view for view in VIEWS if not wanted or view.name in wanted)


def file_of(folder: Path, view: View, screen: Screen) -> Path:
    """Return the file of a picture."""
    return folder / f"{view.name}-{screen.name}.webp"
