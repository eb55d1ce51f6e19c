"""Opens a page in the browser of whoever sits at this machine."""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from typing import Final

_WINDOWED: Final = frozenset({"darwin", "win32"})
_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")


def somebody_looks() -> bool:
    """Tell whether somebody sits at this machine: a terminal that is written to, and a screen with windows."""
    return sys.stdout.isatty() and has_screen(os.environ, sys.platform)


def has_screen(environment: Mapping[str, str], platform: str) -> bool:
    """Tell whether there are windows. Without them a browser would take the terminal for itself.

    >>> has_screen({}, "linux"), has_screen({"DISPLAY": ":0"}, "linux"), has_screen({}, "darwin")
    (False, True, True)
    """
    return platform in _WINDOWED or any(environment.get(name) for name in _SCREENS)


def open_page(address: str, say: Callable[[str], None], browse: Callable[[str], bool] = webbrowser.open) -> None:
    """Open a page in a thread that nobody waits for, since some browsers return when closed; say if there is none."""

    def work() -> None:
        try:
            opened = browse(address)
        except (webbrowser.Error, OSError):
            opened = False
        if not opened:
            say(f"no browser opens here; open {address} yourself")

    threading.Thread(target=work, daemon=True).start()
