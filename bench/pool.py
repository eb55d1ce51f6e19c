"""Worker processes on this machine: started once, fed with runs one by one, replaced when one dies."""

import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Final, Protocol

from bench.work import Done, Item, Moved
from bench.worker import READY
from signal_ctrl.domain.errors import BackendError

ATTEMPTS: Final = 3
_STOP_S: Final = 20.0
_TICK_S: Final = 0.5
_ONE_THREAD: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")
"""Each worker has a core of its own; libraries that start threads would only crowd it."""

Event = Moved | Done | None
"""A run moved on, a run is done, or (None) time has passed."""


class Pool(Protocol):
    """Makes runs, several at a time."""

    n_workers: int

    def work(self, items: Sequence[Item]) -> Iterator[Event]:
        """Make the runs and yield what happens, until each is done."""
        ...

    def close(self) -> None:
        """Give up what is under way and end the workers."""
        ...


class WorkerProcess:
    """A process of `bench.worker`, the pipe to it, and the run it is at."""

    def __init__(self, scratch: Path) -> None:
        """Args: scratch, folder of its temporary files."""
        self.pipe, theirs = Pipe()
        environment = {**os.environ, "TMPDIR": str(scratch), **dict.fromkeys(_ONE_THREAD, "1")}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "bench.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the bench, which then tells its workers
            )
        except OSError as error:
            raise BackendError(f"cannot start a worker: {error.strerror or error}") from error
        finally:
            theirs.close()
        self.item: Item | None = None
        self.ready = False

    @property
    def pid(self) -> int:
        """Its process id, which is that of its group too."""
        return self._process.pid

    def give(self, item: Item) -> None:
        """Hand it a run. A worker that has died is noticed by whoever listens to its pipe."""
        self.item = item
        with contextlib.suppress(OSError):
            self.pipe.send(item)

    def take(self) -> Moved | Done | None:
        """Return its next message, None if that was no word of a run. Raises: EOFError if it has died."""
        try:
            message = self.pipe.recv()
        except OSError as error:
            raise EOFError from error
        if isinstance(message, Done):
            self.item = None
        self.ready = self.ready or message == READY
        return message if isinstance(message, Moved | Done) else None

    def stop(self) -> None:
        """End it; close its pipe before. A run that it is at is given up at its next word, and leaves nothing."""
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.bury()

    def bury(self) -> None:
        """Kill it and the simulation that it forked."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self.pipe.close()


class LocalPool:
    """The pool of this machine."""

    def __init__(self, n_workers: int, scratch: Path) -> None:
        """Args: scratch, an existing folder for temporary files."""
        self.n_workers = n_workers
        self._scratch = scratch
        self.workers: list[WorkerProcess] = []

    def work(self, items: Sequence[Item]) -> Iterator[Event]:
        """Make the runs, the first ones first; a run whose worker dies is begun again with another."""
        waiting = deque(items)
        attempts: dict[str, int] = {}
        while len(self.workers) < min(self.n_workers, len(items)):
            self.workers.append(WorkerProcess(self._scratch))
        while waiting or any(worker.item for worker in self.workers):
            self._feed(waiting)
            yield from self._listen(waiting, attempts)

    def close(self) -> None:
        """Give up what is under way and end the workers."""
        for worker in self.workers:
            worker.pipe.close()  # all at once, then wait for one after the other
        for worker in self.workers:
            worker.stop()
        self.workers.clear()

    def _feed(self, waiting: deque[Item]) -> None:
        for worker in self.workers:
            if worker.item is None and waiting:
                worker.give(waiting.popleft())

    def _listen(self, waiting: deque[Item], attempts: dict[str, int]) -> Iterator[Event]:
        pipes: list[Connection] = [worker.pipe for worker in self.workers]
        ready = wait(pipes, timeout=_TICK_S)
        yield None
        for worker in [worker for worker in self.workers if worker.pipe in ready]:
            try:
                message = worker.take()
            except EOFError:
                message = self._replace(worker, waiting, attempts)
            if message is not None:
                yield message

    def _replace(self, dead: WorkerProcess, waiting: deque[Item], attempts: dict[str, int]) -> Done | None:
        """Start a worker in place of a dead one. Its run is begun again, or given up after some attempts."""
        item, was_ready = dead.item, dead.ready
        dead.bury()
        self.workers.remove(dead)
        if not was_ready:
            raise BackendError("a worker cannot start; 'signal-ctrl doctor' says what this machine lacks")
        self.workers.append(WorkerProcess(self._scratch))
        if item is None:
            return None
        run_id = item.task.run_id
        attempts[run_id] = attempts.get(run_id, 0) + 1
        if attempts[run_id] >= ATTEMPTS:
            return Done(run_id, "failed", f"its worker died {ATTEMPTS} times")
        waiting.appendleft(item)
        return None
