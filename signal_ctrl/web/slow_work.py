"""Work that hashes passwords: a few at a time, in threads of its own.

One check takes 19 MiB, which the allocator keeps for the thread that asked for it; in threads that serve everything,
each of them would keep as much in the end.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from signal_ctrl.domain.errors import TooManyError
from signal_ctrl.web.metrics import Metrics

T = TypeVar("T")
AT_ONCE: Final = 2
MOST_WAITING: Final = 20


class SlowWork:
    """Two threads and a short queue."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(AT_ONCE, "hashing")
        self._under_way = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Carry out work and return what it returns. Raises: TooManyError if too many wait; what the work raises."""
        if self._under_way >= AT_ONCE + MOST_WAITING:
            self._metrics.refused.labels("login_queue").inc()
            raise TooManyError("too many logins at once; try again", 5)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1
