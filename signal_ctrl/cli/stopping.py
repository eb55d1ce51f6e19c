"""Ctrl-C and the system's request to end: the first asks for a tidy end, the second breaks off."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


class Stop:
    """Whether somebody asked to end."""

    asked = False


@contextlib.contextmanager
def tidy_end(also: Callable[[], None] = lambda: None) -> Iterator[Stop]:
    """Yield a note that is set by the first signal; `also` is called then. A second one raises KeyboardInterrupt."""
    stop = Stop()

    def take(_number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        also()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before: dict[signal.Signals, Any] = {each: signal.signal(each, take) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
