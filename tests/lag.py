"""How long something took of itself: what the machine held this process up meanwhile is taken off.

A shared machine lets no process run for a second or two now and then. A limit in seconds that is held against the wall
fails then, though what is tested was quick; with what the machine took it stays as narrow as it was.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

LOOK_EVERY_S: Final = 0.01
SMALL_S: Final = 0.02
"""Who wakes up so much too late was held up by nobody: clocks, and threads that take turns. [s]"""


@dataclass
class Took:
    """How long a block lasted by the wall, and how long of that nothing of this process ran. [s]"""

    wall_s: float = 0.0
    lag_s: float = 0.0

    @property
    def own_s(self) -> float:
        """What the block took of itself. [s]"""
        return self.wall_s - self.lag_s


@contextmanager
def timed() -> Iterator[Took]:
    """Measure the block; what is measured stands once it has ended."""
    took, over, begun_s = Took(), threading.Event(), time.monotonic()

    def watch() -> None:
        before_s, is_over = begun_s, False
        while not is_over:
            is_over = over.wait(LOOK_EVERY_S)
            now_s = time.monotonic()
            late_s = now_s - before_s - LOOK_EVERY_S
            took.lag_s += late_s if late_s > SMALL_S else 0.0
            before_s = now_s

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()
        took.wall_s = time.monotonic() - begun_s
