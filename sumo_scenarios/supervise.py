"""Work in child processes: one simulation each, because libsumo holds one per process and may abort it.

Children are forked, so start no thread before. A child takes SIGINT or SIGTERM as a wish to stop between
steps; the second one that reaches the parent kills it.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType
from typing import Any, Final, Generic, TypeVar

from signal_ctrl.domain.errors import (
    BackendError,
    BackendLostError,
    IllegalStepError,
    InvalidInputError,
    RefusedError,
    SignalCtrlError,
)
from sumo_scenarios.outcome import Report, Stop

T = TypeVar("T")

LOG_LINES: Final = 10
_REPORT_EVERY_S: Final = 0.1
_WAIT_S: Final = 0.5
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SENT: Final[tuple[type[SignalCtrlError], ...]] = (
    InvalidInputError,
    RefusedError,
    IllegalStepError,
    BackendError,
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a child has come: simulation time [s], vehicles running and arrived [veh]."""

    time_s: float
    running: int
    arrived: int


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """Work for one child; what it and SUMO print goes to the file `log`, temporary files into its folder."""

    work: Callable[[Report, Stop], T]
    log: Path


@dataclass(frozen=True, slots=True)
class Ending(Generic[T]):
    """How a child ended: an outcome, or an error with the log's last lines, or neither if interrupted."""

    outcome: T | None = None
    error: SignalCtrlError | None = None
    log: tuple[str, ...] = ()
    trace: str = ""
    interrupted: bool = False


@dataclass(slots=True)
class _Child:
    index: int
    job: "Job[Any]"
    process: ForkProcess
    pipe: Connection
    ending: "Ending[Any] | None" = None


@dataclass(slots=True)
class _Wishes:
    """How often the user asked to stop, and who has to hear of it."""

    asked: int = 0
    children: list[_Child] = field(default_factory=list)

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.asked += 1
        for child in self.children:
            self.tell(child)

    def tell(self, child: _Child) -> None:
        if child.process.pid is not None and self.asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.process.pid, signal.SIGINT if self.asked == 1 else signal.SIGKILL)


def supervise(
    jobs: Sequence[Job[T]], report: Callable[[int, Progress], None], at_once: int = 1
) -> tuple[Ending[T], ...]:
    """Run the jobs in children, `at_once` at a time, and return how each ended, in order.

    `report` is called in this process with the index of the job. Nothing a child does raises here.
    """
    endings: dict[int, Ending[T]] = {}
    queue = list(enumerate(jobs))
    with _listening() as wishes:
        try:
            while queue or wishes.children:
                while queue and len(wishes.children) < at_once and not wishes.asked:
                    wishes.children.append(_start(*queue.pop(0)))
                if wishes.asked:
                    queue.clear()
                for child in _turn(wishes.children, report):
                    wishes.children.remove(child)
                    endings[child.index] = _end(child, wishes.asked > 0)
        finally:
            for child in wishes.children:  # only left over if report raised
                child.process.kill()
                child.process.join()
    return tuple(endings.get(index, Ending(interrupted=True)) for index in range(len(jobs)))


@contextlib.contextmanager
def _listening() -> Iterator[_Wishes]:
    """Turn SIGINT and SIGTERM into wishes to stop for as long as children run."""
    wishes = _Wishes()
    if threading.current_thread() is not threading.main_thread():  # only the main thread can hear signals
        yield wishes
        return
    before = {number: signal.signal(number, wishes) for number in _SIGNALS}
    try:
        yield wishes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(index: int, job: "Job[Any]") -> _Child:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    held = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until the child listens for itself
    try:
        process = context.Process(target=_child, args=(job, sender, receiver, held), daemon=True)
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    sender.close()  # so that the death of the child ends the pipe
    return _Child(index, job, process, receiver)


def _turn(children: list[_Child], report: Callable[[int, Progress], None]) -> list[_Child]:
    """Take one message from every child that has one; return the children whose pipe has ended."""
    ended = []
    ready = wait([child.pipe for child in children], timeout=_WAIT_S)
    for child in children:
        if child.pipe in ready:
            try:
                message = child.pipe.recv()
            except (EOFError, OSError):
                ended.append(child)
                continue
            if isinstance(message, Progress):
                report(child.index, message)
            else:
                child.ending = message
    return ended


def _end(child: _Child, asked: bool) -> "Ending[Any]":
    child.pipe.close()
    child.process.join()
    if child.ending is not None:
        lines = _tail(child.job.log) if child.ending.error else ()
        ending = child.ending
        return Ending(ending.outcome, ending.error, lines, ending.trace, asked)
    if asked:
        return Ending(interrupted=True)
    error = BackendLostError(f"the simulation died ({_cause(child.process.exitcode)})")
    return Ending(error=error, log=_tail(child.job.log))


def _cause(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name if -code in {int(number) for number in signal.Signals} else f"signal {-code}"


def _tail(log: Path) -> tuple[str, ...]:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    lines = [line.rstrip() for line in text.replace("\r", "\n").splitlines() if line.strip()]
    return tuple(lines[-LOG_LINES:])


def _child(job: "Job[Any]", sender: Connection, receiver: Connection, mask: set[signal.Signals]) -> None:
    """Do the work of a child process: redirect, listen, work, send how it ended."""
    receiver.close()
    stopping: list[bool] = []
    for number in _SIGNALS:
        signal.signal(number, lambda *_: stopping.append(True))
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    _redirect(job.log)
    tempfile.tempdir = str(job.log.parent)  # whoever owns the folder clears it, even if this process is killed
    sender.send(_work(job, _reporter(sender, stopping), lambda: bool(stopping)))
    sender.close()


def _work(job: "Job[Any]", report: Report, stop: Stop) -> "Ending[Any]":
    try:
        return Ending(outcome=job.work(report, stop))
    except SignalCtrlError as error:
        return Ending(error=_plain(error), trace=traceback.format_exc())
    except MemoryError:
        return Ending(error=BackendError("the machine ran out of memory"))
    except Exception as error:  # the parent must hear of every fault, ours too
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        text = f"the run failed at {place}: {type(error).__name__}: {error}"
        return Ending(error=BackendError(text), trace=traceback.format_exc())


def _plain(error: SignalCtrlError) -> SignalCtrlError:
    """Return an error that can be sent: the class of the tree that the parent maps, with the text."""
    if isinstance(error, RefusedError):
        return IllegalStepError(str(error))  # a RefusedError takes two arguments, which pickle does not know
    return next((known(str(error)) for known in _SENT if isinstance(error, known)), BackendError(str(error)))


def _reporter(sender: Connection, stopping: list[bool]) -> Report:
    last_s = -1.0

    def report(time_s: float, running: int, arrived: int) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s < _REPORT_EVERY_S:
            return
        last_s = now_s
        try:
            sender.send(Progress(time_s, running, arrived))
        except OSError:  # the parent is gone: nobody waits for this run
            stopping.append(True)

    return report


def _redirect(log: Path) -> None:
    """Send what this process writes to standard output and error, C++ included, to the log."""
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(target, stream)
    os.close(target)
    sys.stdout, sys.stderr = (open(stream, "w", buffering=1, closefd=False) for stream in (1, 2))  # noqa: SIM115
