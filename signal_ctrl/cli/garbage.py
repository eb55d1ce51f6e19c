"""When a service looks for garbage: seldom, and at times that it chooses.

Python looks through all objects whenever enough new ones have come. With 2,000 cabinets connected that is 0.15 to 0.3 s
in which nobody is answered, several times a minute, and a fifth of the processor's work (`python -m bench.load`).
"""

import gc
from typing import Final

from signal_ctrl.domain.clock import Clock

YOUNG: Final = 10_000
"""New objects after which the youngest are looked through; Python's own figure is 700."""
MIDDLE: Final = 20
"""Looks at the youngest before one at those that outlived it."""
_NEVER: Final = 1_000_000_000
FULL_EVERY_MS: Final = 600_000
"""All objects are looked through so often. [ms]"""


def settle_collector() -> None:
    """Look through young objects less often, and through all of them only when asked."""
    gc.set_threshold(YOUNG, MIDDLE, _NEVER)


def keep_what_is_there() -> None:
    """Never look through what the start made: modules, routes, statements."""
    gc.collect()
    gc.freeze()


class FullCollection:
    """A full look whenever it is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_ms = clock.mono_ms()

    def look(self) -> bool:
        """Look through all objects if it is due, and tell whether it was."""
        now_ms = self._clock.mono_ms()
        if now_ms - self._last_ms < FULL_EVERY_MS:
            return False
        self._last_ms = now_ms
        gc.collect()
        return True
