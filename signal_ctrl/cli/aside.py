"""A job that takes its time, looked after every second: it runs in a thread of its own, never twice at once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from signal_ctrl.domain.errors import BackendError


class Aside:
    """Runs a job that returns what went wrong."""

    def __init__(self, job: Callable[[], tuple[str, ...]]) -> None:
        self._job = job
        self._running: Future[tuple[str, ...]] | None = None

    def look(self) -> None:
        """Start the job if it does not run. Raises: BackendError with what went wrong the last time; what it raised."""
        if self._running is not None and not self._running.done():
            return
        ended, self._running = self._running, Future()
        threading.Thread(target=self._run, args=(self._running,), name="upkeep", daemon=True).start()
        complaints = () if ended is None else ended.result()
        if complaints:
            raise BackendError("; ".join(complaints))

    def _run(self, answer: "Future[tuple[str, ...]]") -> None:
        try:
            answer.set_result(self._job())
        except Exception as error:
            answer.set_exception(error)
