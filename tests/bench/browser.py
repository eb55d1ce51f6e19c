"""A page in headless Chromium, and everything that it complained of or asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

CHROMIUM: Final = Path("/usr/bin/chromium")


@dataclass
class Shown:
    """A page, what its console said, and the addresses that it asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def shown(file: Path, width: int, scheme: str) -> Iterator[Shown]:
    """Open a file of that width in pixels, `light` or `dark`, for as long as the context lasts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        found = Shown(browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme))
        found.page.on("console", lambda message: found.complaints.append(message.text))
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.goto(file.as_uri())
        yield found
        browser.close()
