"""The writer: one thread that owns the only writing connection, and one durable commit for all works that wait.

Each work runs in a savepoint of its own, so that its error undoes it alone. Nobody is answered before the commit that
holds his work is durable. A write or sync that fails is never tried again: nothing is written after it (SAFETY part D;
after a failed fsync the kernel may have dropped the pages, and a second one that succeeds proves nothing).
"""

import asyncio
import contextlib
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from signal_ctrl.centre.ports import Condition, Importance
from signal_ctrl.domain.errors import (
    FencedError,
    StorageBusyError,
    StorageDamagedError,
    StorageError,
    StorageFailedError,
    StorageFullError,
    StorageLostError,
)
from signal_ctrl.stores.database import Database
from signal_ctrl.stores.disk import DiskGuard
from signal_ctrl.stores.failures import RESTART, ours, translated
from signal_ctrl.stores.meta import EPOCH, SqlMeta
from signal_ctrl.stores.migrations import MIGRATIONS, Migration, migrate, version_of
from signal_ctrl.stores.repositories import SqlTransaction

MAX_WAITING: Final = 10_000
MAX_TOGETHER: Final = 256
_SAVEPOINT: Final = "work"
_FATAL: Final = (StorageFailedError, StorageDamagedError, FencedError)

Work = Callable[[SqlTransaction], Any]


@dataclass(slots=True)
class Job:
    """A work that waits, and how it came out."""

    work: Work
    importance: Importance
    waiting: "Future[Any] | asyncio.Future[Any]"
    value: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Answer whoever waits; he may have gone."""
        if self.waiting.done():
            return
        if self.error is not None:
            self.waiting.set_exception(self.error)
        else:
            self.waiting.set_result(self.value)


@dataclass(slots=True)
class Writer:
    """The thread, its queue and what has become of it."""

    database: Database
    disk: DiskGuard
    epoch: int = 0
    """Read when the database is opened. A transaction that meets another one is refused: somebody has taken over."""
    gate: Callable[[], int] | None = None
    """Returns the epoch under which may be written now, where there is a lease; raises StandbyError where not."""
    inspect: Callable[[Connection], tuple[str, ...]] = lambda _connection: ()
    """Returns what is wrong with a database that is there already, before anything of it is used."""
    before_migration: Callable[[int], None] = lambda _version: None
    """Makes the backup, called with the version of the schema that is about to be left."""
    migrations: Sequence[Migration] = MIGRATIONS
    """The steps of the schema: those of the centre, or of the parking service."""
    failure: StorageError | None = None
    commits: int = 0
    _queue: "queue.SimpleQueue[Job | None]" = field(default_factory=queue.SimpleQueue)
    _door: threading.Lock = field(default_factory=threading.Lock)
    _closing: bool = False
    _thread: threading.Thread | None = None
    _connection: Connection | None = None

    def start(self) -> None:
        """Open the writing connection in the writer's thread. Raises: what `Database.open_writer` raises."""
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="store-writer", daemon=True)
        self._thread.start()
        opened.result()

    def submit(self, job: Job) -> None:
        """Let a job wait for the writer. Raises: StorageError if nothing is written any more or too many wait."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a work may not call the store: it is handed its transaction")
        if self.failure is not None:
            raise type(self.failure)(str(self.failure))
        if self._queue.qsize() >= MAX_WAITING:
            raise StorageBusyError(f"{MAX_WAITING:,} writes wait already; try again")
        if self.gate is not None:
            self.gate()
        self.disk.check(job.importance)
        with self._door:
            if self._closing:
                raise StorageFailedError("the store is closed")
            self._queue.put(job)

    def stop(self) -> None:
        """Take nothing more, finish what waits and close the database."""
        with self._door:
            self._closing = True
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def condition(self) -> Condition:
        """Return how the store is just now."""
        return self.disk.condition() if self.failure is None else Condition.FAILED

    def _run(self, opened: "Future[None]") -> None:
        try:
            self._connection = self._open()
        except BaseException as error:
            self.database.close(sound=False)
            opened.set_exception(error)
            return
        opened.set_result(None)
        while (jobs := self._take()) is not None:
            self._carry_out(jobs)
            _settle(jobs)
        self.database.close(sound=self.failure is None)

    def _open(self) -> Connection:
        with ours():
            connection = self.database.open_writer()
            with connection.begin():
                wrong = self.inspect(connection) if version_of(connection) else ()
            if wrong:
                raise StorageDamagedError("; ".join(wrong))
            migrate(connection, self.before_migration, self.migrations)
            with connection.begin():
                self.epoch = SqlMeta(connection).number(EPOCH)
        return connection

    def _take(self) -> list[Job] | None:
        """Return what waits, at least one job; None when it is time to stop."""
        first = self._queue.get()
        if first is None:
            return None
        jobs = [first]
        while len(jobs) < MAX_TOGETHER and not self._queue.empty():
            job = self._queue.get()
            if job is None:
                self._queue.put(None)
                break
            jobs.append(job)
        return jobs

    def _carry_out(self, jobs: Sequence[Job]) -> None:
        """Carry out works; those that must be written have the ballast thrown off for them where there is no room."""
        failed = self._together(jobs)
        if isinstance(failed, StorageFullError):
            urgent = [job for job in jobs if job.importance is Importance.ESSENTIAL]
            if urgent and self.disk.free_ballast():
                self._together(urgent)

    def _together(self, jobs: Sequence[Job]) -> StorageError | None:
        """Carry out works and commit them; return what failed the whole transaction, if anything did."""
        try:
            if self.failure is not None:
                raise self.failure
            self.epoch = self.epoch if self.gate is None else self.gate()
            connection = self._begun()
            transaction = SqlTransaction(connection, self.epoch)
            transaction.meta.check_epoch(self.epoch)
            for job in jobs:
                _attempt(connection, transaction, job)
            connection.commit()
        except Exception as error:
            return self._fail_all(jobs, error)
        self.commits += 1
        self._after_commit()
        return None

    def _begun(self) -> Connection:
        """Return the writing connection in a new transaction; one that was lost is opened anew."""
        if self._connection is None:
            self._connection = self.database.open_writer()
        self._connection.begin()
        return self._connection

    def _fail_all(self, jobs: Sequence[Job], error: Exception) -> StorageError:
        plain = _plain(error)
        failed = plain if isinstance(plain, StorageError) else StorageFailedError(f"internal error: {error!r}")
        if isinstance(failed, _FATAL):
            self._give_up(failed)
        for job in jobs:
            job.value, job.error = None, type(failed)(str(failed))  # one for each: it is raised in his thread
            job.error.__cause__ = error
        self._undo(failed)
        return failed

    def _undo(self, failed: StorageError) -> None:
        """Leave nothing of the transaction behind; a connection that is lost is let go."""
        if self._connection is None:
            return
        try:
            if isinstance(failed, StorageLostError):
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
            else:
                self._connection.rollback()
        except Exception as error:
            self._give_up(StorageFailedError(str(error)))

    def _give_up(self, failure: StorageError) -> None:
        if self.failure is None:
            self.failure = type(failure)(f"{failure}; {RESTART}")

    def _after_commit(self) -> None:
        """What was committed is durable already; a failure here stops the writes to come."""
        try:
            self.database.committed()
        except Exception as error:
            failed = _plain(error)
            self._give_up(failed if isinstance(failed, StorageError) else StorageFailedError(repr(error)))


def _attempt(connection: Connection, transaction: SqlTransaction, job: Job) -> None:
    """Carry out one work in its savepoint. Raises: what dooms the whole transaction."""
    connection.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")
    job.value = job.error = None
    try:
        job.value = job.work(transaction)
    except Exception as error:
        job.error = _plain(error)
        if isinstance(job.error, StorageError):
            raise
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        transaction.audit.forget_head()
    connection.exec_driver_sql(f"RELEASE SAVEPOINT {_SAVEPOINT}")


def _plain(error: Exception) -> Exception:
    """Return our error for one of the database, and every other as it is."""
    return (translated(error) or error) if isinstance(error, DBAPIError) else error


def _settle(jobs: Sequence[Job]) -> None:
    """Answer everybody: threads at once, each event loop with one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = defaultdict(list)
    for job in jobs:
        if isinstance(job.waiting, Future):
            job.settle()
        else:
            by_loop[job.waiting.get_loop()].append(job)
    for loop, theirs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle_here, theirs)


def _settle_here(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.settle()
