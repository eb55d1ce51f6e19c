"""`python -m bench.page_pictures`: pictures of every view of the page, from a living demo city, into docs/screenshots.

A demo city is started, a few acts bring life into its lists, and Debian's Chromium shows each view on a desktop, a
phone, by night and, where it is for that, on a wall of 4K. Pictures are WebP, some tens of kilobytes each.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from bench.page_pictures.city import enliven, living_city
from bench.page_pictures.parking import car_parks
from bench.page_pictures.views import SCREENS, Screen, View, chosen, file_of
from signal_ctrl.domain.errors import BackendError, SignalCtrlError

CHROMIUM: Final = Path("/usr/bin/chromium")
FOLDER: Final = Path("docs/screenshots")
MOST_HEIGHT: Final = 2200
"""What is below is not pictured. [pixels]"""
QUALITY: Final = 62
ARRIVALS_S: Final = 240.0
"""So long the city lives before it is pictured: whole cycles of arrivals, five minutes of states of roads. [s]"""
_PATIENCE_MS: Final = 60_000
_SETTLE_MS: Final = 1_500
_IS_SCROLLED: Final = "[...document.querySelectorAll('html, body, main, main *')].some(each => each.scrollTop > 0)"
_PAUSE_S: Final = 1.0
"""Between two pictures, so that the account of the demo asks no faster than a person does. [s]"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures; 2 for bad input, 3 if something that is needed is missing."""
    given = _parser().parse_args(arguments)
    try:
        views = chosen(given.views)
        check_machine()
        total = take_all(given, views)
    except (SignalCtrlError, ValueError) as error:
        sys.stderr.write(f"bench.page_pictures: {error}\n")
        return 3 if isinstance(error, BackendError) else 2
    sys.stdout.write(f"{total / 1024:.0f} KiB in {given.out}\n")
    return 0


def check_machine() -> None:
    """Raises: BackendError if there is no browser, or no font with Chinese signs."""
    if not CHROMIUM.exists():
        raise BackendError(f"there is no {CHROMIUM}; on Debian: sudo apt-get install chromium")
    try:
        fonts = subprocess.run(("fc-list", ":lang=zh", "family"), capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise BackendError(f"fc-list cannot be asked for fonts: {error}") from error
    if not fonts.strip():
        raise BackendError("no font has Chinese signs; on Debian: sudo apt-get install fonts-noto-cjk")


def take_all(given: argparse.Namespace, views: Sequence[View]) -> int:
    """Take the pictures of some views; return how many bytes they have. Raises: BackendError that names the missing."""
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, _city(given, Path(scratch)) as address, browser() as found:
        total, missing = 0, list[str]()
        for screen, view in ((s, v) for s in SCREENS.values() for v in views):
            if screen.name in view.screens and screen.name in given.screens.split(","):
                try:
                    total += take(found, address, view, screen, given.out)
                except BackendError as error:  # the others are taken all the same
                    sys.stderr.write(f"bench.page_pictures: {error}\n")
                    missing.append(f"{view.name} on {screen.name}")
    if missing:
        raise BackendError(f"not pictured: {', '.join(missing)}")
    return total


@contextmanager
def _city(given: argparse.Namespace, scratch: Path) -> Iterator[str]:
    """Give the address of the page: of a city that runs already, or of one of its own."""
    if given.address:
        yield given.address
        return
    reports = given.reports if given.reports is not None and given.reports.is_dir() else scratch
    with (
        car_parks(given.scenario, scratch) as beside,
        living_city(given.scenario, given.warm_up, reports, scratch, beside.options if beside else ()) as address,
    ):
        enliven(address)
        time.sleep(given.live)
        yield address


@contextmanager
def browser() -> Iterator[Any]:
    """Run Chromium while the block lasts. Raises: BackendError where Playwright is missing."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only for who takes pictures
    except ImportError as error:
        raise BackendError("playwright is not installed; 'make setup' installs it") from error
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


def take(browser: Any, address: str, view: View, screen: Screen, folder: Path) -> int:
    """Take one picture and return its size. [bytes] Raises: BackendError if the view does not come."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        locale=screen.language,
        color_scheme=screen.scheme,
        has_touch=screen.touch,
    )
    context.set_default_timeout(_PATIENCE_MS)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        page.goto(address)
        _bring(page, view, screen)
        size = write(page.screenshot(), file_of(folder, view, screen))
    except Exception as error:
        raise BackendError(f"{view.name} on {screen.name}: {error}") from error
    finally:
        context.close()
        time.sleep(_PAUSE_S)
    sys.stdout.write(f"{file_of(folder, view, screen)}: {size / 1024:.0f} KiB {complaints or ''}\n")
    sys.stdout.flush()
    return size


def _bring(page: Any, view: View, screen: Screen) -> None:
    """Bring a page to a view, as whoever looks at it; a phone becomes as long as the view is, within bounds, unless a
    part of it was scrolled to.
    """
    page.wait_for_selector("nav a")
    if view.role != "supervisor":
        page.click(f".demo button[data-role={view.role}]")
        page.wait_for_selector(f"text=demo-{view.role}")
    page.evaluate(f"location.hash = '#/{view.place}'")
    page.wait_for_selector(view.wait, state="attached")
    if view.prepare is not None:
        view.prepare(page)
    page.wait_for_timeout(_SETTLE_MS)
    if screen.touch and not page.evaluate(_IS_SCROLLED):
        height = page.evaluate("document.querySelector('main').scrollHeight + document.querySelector('main').offsetTop")
        page.set_viewport_size({"width": screen.width, "height": min(max(height, screen.height), MOST_HEIGHT)})
        page.wait_for_timeout(_SETTLE_MS)


def write(png: bytes, path: Path) -> int:
    """Write a picture and return its size. [bytes]"""
    from PIL import Image  # noqa: PLC0415 - only for who takes pictures

    Image.open(BytesIO(png)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)
    return path.stat().st_size


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.page_pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the pictures (%(default)s)")
    parser.add_argument("--views", default="", help="names of views, with commas; default: all")
    parser.add_argument("--screens", default=",".join(SCREENS), help="names of screens, with commas (%(default)s)")
    parser.add_argument("--scenario", default="newtown", help="city that is shown (%(default)s)")
    parser.add_argument("--warm-up", type=float, default=300.0, help="seconds that go by first (%(default)s)")
    parser.add_argument("--live", type=float, default=ARRIVALS_S, help="seconds before the first picture (%(default)s)")
    parser.add_argument("--reports", type=Path, help="folder of reports that the page lists")
    parser.add_argument("--address", default="", help="page of a demo that runs already")
    return parser


if __name__ == "__main__":
    sys.exit(main())
