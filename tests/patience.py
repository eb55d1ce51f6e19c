"""Waiting for what comes: generous where it does not, for a busy machine is slow and not wrong."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
PATIENCE_S: Final = 120.0
EVERY_S: Final = 0.05


def until(look: Callable[[], T], what: str, most_s: float = PATIENCE_S, every_s: float = EVERY_S) -> T:
    """Return what a look finds at last: the first that is true. Raises: AssertionError if nothing comes."""
    end_s = time.monotonic() + most_s
    while not (found := look()):
        assert time.monotonic() < end_s, f"{what} did not come"
        time.sleep(every_s)
    return found


def settled(look: Callable[[], T], wanted: T, most_s: float = PATIENCE_S, every_s: float = EVERY_S) -> T:
    """Return what a look finds once it is what is wanted, or after the patience; to be compared by who asks."""
    end_s = time.monotonic() + most_s
    while (found := look()) != wanted and time.monotonic() < end_s:
        time.sleep(every_s)
    return found
