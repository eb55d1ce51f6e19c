"""An adviser in a process of its own: it may crash, hang or answer rubbish, and holds up no frame.

A thread of its own hands one second after the other over and waits for the answer. A process that does not answer in
time, ends, or answers something else is killed and started anew, after a wait that doubles up to a minute. Whoever asks
never waits: what cannot be handed over in time is forgotten, and the adviser begins anew.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final

from signal_ctrl.engine.adviser import Advised, Glimpse, Looking, is_answer

START_S: Final = 120.0
"""So long may a process take until it is ready: the first time the rollout is compiled. [s]"""
PATIENCE_S: Final = 3.0
"""So long may an answer take. [s]"""
MOST_WAITING: Final = 5
"""With more seconds than this not handed over, the adviser is too slow and begins anew."""
WAITS_S: Final = (1.0, 60.0)
"""The shortest and the longest wait before a process is started again. [s]"""
NICE: Final = 10
"""The frames of the agent come first."""
_READY: Final = "ready"

Make = Callable[[], Looking]
"""Makes the adviser, in its process: it has to be a function of a module, or a partial of one."""


class AdviserProcess:
    """Keeps one process that advises. `starts` counts how often it was started, `why` says why it ended last."""

    def __init__(self, make: Make, patience_s: float = PATIENCE_S, waits_s: tuple[float, float] = WAITS_S) -> None:
        self._make = make
        self._patience_s = patience_s
        self._waits_s = waits_s
        self._waiting: deque[Glimpse] = deque()
        self._new = threading.Event()
        self._ending = threading.Event()
        self.answer: Advised | None = None
        self.starts = 0
        self.why = ""
        self._thread = threading.Thread(target=self._keep, name="adviser", daemon=True)
        self._thread.start()

    def ask(self, glimpse: Glimpse) -> None:
        """Hand a second over; it is taken up as soon as the process is free."""
        if len(self._waiting) <= MOST_WAITING:  # the thread sees the one too many and begins anew
            self._waiting.append(glimpse)
        self._new.set()

    def close(self) -> None:
        """End the process."""
        self._ending.set()
        self._new.set()
        self._thread.join()

    def _keep(self) -> None:
        """Start the process, again and again, until it is to end."""
        wait_s = self._waits_s[0]
        while not self._ending.is_set():
            process, line = self._started()
            try:
                if self._served(process, line):
                    wait_s = self._waits_s[0]
            finally:
                line.close()
                process.kill()
                process.join()
                self.answer = None
            self._ending.wait(wait_s)
            wait_s = min(2 * wait_s, self._waits_s[1])

    def _started(self) -> tuple[BaseProcess, Connection]:
        context = get_context("spawn")  # a fork would copy the locks of the other threads
        ours, theirs = context.Pipe()
        process = context.Process(target=advise, args=(self._make, theirs), name="adviser", daemon=True)
        process.start()
        theirs.close()
        self.starts += 1
        return process, ours

    def _served(self, process: BaseProcess, line: Connection) -> bool:
        """Serve one process until it is no good any more; return whether it ever answered."""
        answered = False
        try:
            self._expect(line, START_S, str)
            self._waiting.clear()
            while not self._ending.is_set():
                glimpse = self._next()
                if glimpse is None:
                    continue
                line.send(glimpse)
                self.answer = self._expect(line, self._patience_s, Advised)
                answered = True
        except Exception as error:  # whatever it sends or does ends it, and nothing else
            self.why = f"{type(error).__name__} {error}".strip()
        return answered

    def _next(self) -> Glimpse | None:
        """Return the next second, None if there is none yet. Raises: ValueError if too many wait."""
        if len(self._waiting) > MOST_WAITING:
            raise ValueError("it is too slow")
        if not self._waiting:
            self._new.wait(1.0)
            self._new.clear()
            return None
        return self._waiting.popleft()

    def _expect(self, line: Connection, patience_s: float, kind: type[Any]) -> Any:
        """Return what the process says next. Raises: OSError, EOFError, ValueError if it is not what is expected."""
        waited_s = 0.0
        while not line.poll(0.05):
            waited_s += 0.05
            if waited_s >= patience_s or self._ending.is_set():
                raise ValueError(f"no answer for {patience_s:g} s")
        said = line.recv()
        if type(said) is not kind or (kind is Advised and not is_answer(said)):
            raise ValueError(f"it answered {type(said).__name__}")
        return said


def advise(make: Make, line: Connection) -> None:
    """Be the process: say that it is ready, then answer one second after the other, until the line is cut."""
    with suppress(OSError):
        os.nice(NICE)
    with suppress(OSError, EOFError, KeyboardInterrupt):
        looking = make()
        line.send(_READY)
        while True:
            line.send(looking.look(line.recv()))
