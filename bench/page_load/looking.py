"""One browser on the page: its share of a processor, what comes over the wire, how soon there is something to see."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.page_load.process import Town, drawing_processes, total_cpu_s
from signal_ctrl.domain.errors import BackendError

CHROMIUM: Final = Path("/usr/bin/chromium")
SETTLE_S: Final = 8.0
"""The page is left to itself for so long before it is measured. [s]"""
_PATIENCE_MS: Final = 60_000
_USEFUL: Final = """() => {
    const canvas = document.querySelector('.leaflet-overlay-pane canvas');
    if (!canvas || document.querySelectorAll('.junctions a').length === 0) return false;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 3; at < data.length; at += 4 * 97) if (data[at]) return performance.now();
    return false;
}"""


@contextmanager
def chromium() -> Iterator[Any]:
    """Run Chromium while the block lasts. Raises: BackendError if it is not there."""
    if not CHROMIUM.exists():
        raise BackendError(f"there is no {CHROMIUM}; on Debian: sudo apt-get install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only for who measures a browser

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def first_paint_ms(browser: Any, town: Town) -> float:
    """Return after how long streets and junctions are drawn and the list is there, from the address on. [ms]"""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.goto(town.address, wait_until="commit")
        return float(page.wait_for_function(_USEFUL, timeout=_PATIENCE_MS, polling="raf").json_value())
    finally:
        context.close()


def looked_at(browser: Any, town: Town, place: str, lasts_s: float) -> dict[str, float]:
    """Look at a view and return its share of one core and its bytes a second. [s]"""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        received = [0.0]
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.dataReceived", lambda said: _add(received, said["encodedDataLength"]))
        session.on("Network.responseReceived", lambda said: _add(received, said["response"]["encodedDataLength"]))
        page.goto(f"{town.address}/#/{place}")
        page.wait_for_selector("nav a")
        page.wait_for_timeout(1000 * SETTLE_S)
        drawing, begun_s = drawing_processes(os.getpid()), time.monotonic()
        before_s, before_bytes = total_cpu_s(drawing), received[0]
        page.wait_for_timeout(1000 * lasts_s)
        took_s = time.monotonic() - begun_s
        core, wire = (total_cpu_s(drawing) - before_s) / took_s, (received[0] - before_bytes) / took_s
        _check_alive(page, place)
        return {"core": round(core, 4), "bytes_per_s": round(wire, 1)}
    finally:
        context.close()


def _check_alive(page: Any, place: str) -> None:
    """Raises: BackendError if the page shows nothing new: then nothing was measured."""
    words = page.inner_text("main")
    try:
        page.wait_for_function("words => document.querySelector('main').innerText !== words", arg=words, timeout=10_000)
    except Exception as error:
        raise BackendError(f"nothing changes on {place}: {error}") from error


def _add(total: list[float], more: float) -> None:
    total[0] += more
